//! For a specification of what Linksfield sends: one event for each operation.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::document::{Document, Operation, items, text};

pub fn events(document: &Document) -> TokenStream {
    let operations: Vec<_> = document.operations().collect();
    let names: Vec<_> = operations.iter().map(|operation| format_ident!("{}", operation.parameters_name())).collect();
    let about: Vec<_> = operations.iter().map(about).collect();
    let ids = operations.iter().map(Operation::id);
    let fields = operations.iter().map(|operation| {
        let fields = items(&operation.node["x-linksfield-recognized-by"]).map(text);
        quote!(&[#(#fields),*])
    });
    quote! {
        /// What Linksfield tells.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Event {
            #(#[doc = #about] #names(types::#names),)*
            /// A notification that no documented one is recognized in, as it came.
            Unknown(::serde_json::Value),
        }

        /// A kind of notification that the documentation names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Callback {
            #(#[doc = #about] #names,)*
        }

        impl Callback {
            /// Every kind.
            pub const ALL: &[Self] = &[#(Self::#names),*];

            /// Its name in the specification.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { #(Self::#names => #ids,)* }
            }

            /// The fields that tell a notification of this kind; none if its fields are not documented.
            pub(super) fn fields(self) -> &'static [&'static str] {
                match self { #(Self::#names => #fields,)* }
            }

            /// The event that `json` is if it is of this kind, or else `json` as it came.
            pub(super) fn read(self, json: ::serde_json::Value) -> Event {
                match self {
                    #(Self::#names => <types::#names as ::serde::Deserialize>::deserialize(&json)
                        .map_or(Event::Unknown(json), Event::#names),)*
                }
            }
        }
    }
}

fn about(operation: &Operation<'_>) -> String {
    let documentation = &operation.node["x-linksfield-documentation"];
    let page = text(&documentation["page"]);
    format!("{}. Documentation ({}): <{page}>", text(&operation.node["summary"]), text(&documentation["completeness"]))
}
