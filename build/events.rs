//! For a specification of what Linksfield sends: one event for each operation.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::json;

use super::document::{Document, Operation, items, text};
use super::peel;

pub fn events(document: &Document) -> TokenStream {
    let operations: Vec<_> = document.operations().collect();
    let names: Vec<_> = operations.iter().map(|operation| format_ident!("{}", operation.parameters_name())).collect();
    let about: Vec<_> = operations.iter().map(about).collect();
    let ids = operations.iter().map(Operation::id);
    let fields = operations.iter().map(|operation| {
        let fields = items(&operation.node["x-linksfield-recognized-by"]).map(text);
        quote!(&[#(#fields),*])
    });
    let samples = operations.iter().map(sample);
    quote! {
        /// What Linksfield tells.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Event {
            #(#[doc = #about] #names(types::#names),)*
            /// A notification that no documented one is recognized in, as it came.
            Unknown(::serde_json::Value),
        }

        impl Event {
            /// Which kind it is; none of one that is not recognized.
            #[must_use]
            pub fn callback(&self) -> Option<Callback> {
                match self {
                    #(Self::#names(_) => Some(Callback::#names),)*
                    Self::Unknown(_) => None,
                }
            }
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

            /// A body of this kind: the one that is printed, or one whose fields say that they are made up.
            pub(crate) fn sample(self) -> &'static str {
                match self { #(Self::#names => #samples,)* }
            }

            /// The event that `json` is, if it is of this kind.
            pub(super) fn read(self, json: &str) -> ::std::result::Result<Event, ::serde_json::Error> {
                match self {
                    #(Self::#names => crate::values::read::Read::read(json).map(Event::#names),)*
                }
            }
        }
    }
}

/// The first example of the body; where nothing of the body is documented, one of fields that say so.
fn sample(operation: &Operation<'_>) -> String {
    let example = peel::example(&operation.node["requestBody"]["content"]["application/json"]);
    let printed = example.filter(|example| example.as_object().is_some_and(|fields| !fields.is_empty()));
    let note = "The body of this notification is not documented: these fields are made up.";
    let made = || json!({ "SANDBOX-notification": operation.id(), "SANDBOX-note": note });
    printed.cloned().unwrap_or_else(made).to_string()
}

fn about(operation: &Operation<'_>) -> String {
    let documentation = &operation.node["x-linksfield-documentation"];
    let page = text(&documentation["page"]);
    format!("{}. Documentation ({}): <{page}>", text(&operation.node["summary"]), text(&documentation["completeness"]))
}
