//! The servers that a specification names, as an enum.

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{Document, items, text};

/// The servers that the documentation names: one with variables is none of them.
pub fn servers(document: &Document) -> impl Iterator<Item = &Value> {
    items(&document.root["servers"]).filter(|server| server["variables"].is_null())
}

pub fn environment(document: &Document) -> TokenStream {
    let servers: Vec<_> = servers(document).collect();
    let names = servers.iter().map(|server| text(&server["x-linksfield-environment"]));
    let variants: Vec<_> = names.map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let about = servers.iter().map(|server| format!("`{}`\n\n{}", text(&server["url"]), text(&server["description"])));
    let urls: Vec<_> = servers.iter().map(|server| text(&server["url"])).collect();
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
            fn base_url(&self) -> &str { self.url() }
            fn is_documented(&self) -> bool { [#(#urls),*].contains(&self.url().trim_end_matches('/')) }
        }

        impl From<&str> for Environment {
            fn from(url: &str) -> Self { Self::Url(url.to_owned()) }
        }

        impl From<String> for Environment {
            fn from(url: String) -> Self { Self::Url(url) }
        }
    }
}
