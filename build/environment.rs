//! The servers that a specification names, as an enum.

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{Document, Operation, items, text};

/// The servers of an operation: those of its path, or else those of all.
pub fn servers<'a>(document: &'a Document, operation: &Operation<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let own = &document.root["paths"][operation.path]["servers"];
    let servers = if own.is_null() { &document.root["servers"] } else { own };
    named(servers).map(|server| (text(&server["x-linksfield-environment"]), text(&server["url"])))
}

/// The servers that the documentation names, and so without variables.
fn named(servers: &Value) -> impl Iterator<Item = &Value> {
    items(servers).filter(|server| server["variables"].is_null())
}

pub fn environment(document: &Document) -> TokenStream {
    let servers: Vec<_> = named(&document.root["servers"]).collect();
    let names: Vec<_> = servers.iter().map(|server| text(&server["x-linksfield-environment"])).collect();
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let about = servers.iter().map(|server| format!("`{}`\n\n{}", text(&server["url"]), text(&server["description"])));
    let urls = servers.iter().map(|server| text(&server["url"]));
    quote! {
        /// Which server a client calls.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Environment {
            #(#[doc = #about] #variants,)*
            /// Any other server, for example a sandbox: the URL before the operations' paths.
            Url(String),
        }

        impl Environment {
            /// The URL before the operations' paths.
            #[must_use]
            pub fn url(&self) -> &str {
                match self { #(Self::#variants => #urls,)* Self::Url(url) => url }
            }
        }

        impl crate::Environment for Environment {
            fn name(&self) -> Option<&'static str> {
                match self { #(Self::#variants => Some(#names),)* Self::Url(_) => None }
            }

            fn base_url(&self) -> &str { self.url() }
        }

        impl From<&str> for Environment {
            fn from(url: &str) -> Self { Self::Url(url.to_owned()) }
        }

        impl From<String> for Environment {
            fn from(url: String) -> Self { Self::Url(url) }
        }
    }
}
