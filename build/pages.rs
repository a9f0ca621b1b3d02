//! For an operation that answers a page at a time: a method that goes through all pages.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{Document, Operation, reference, text};

/// What `x-linksfield-pagination` names.
pub const NAMES: [&str; 4] = ["page-number", "position", "total-pages", "items"];

/// `x_items`, for the method `x` of an operation with `x-linksfield-pagination`.
pub fn items_method(document: &Document, operation: &Operation<'_>, method: &syn::Ident) -> Option<TokenStream> {
    let pagination = operation.node.get("x-linksfield-pagination")?;
    let [number, position, total, items] = NAMES.map(|name| text(&pagination[name]));
    let item = item(document, operation, items)?;
    let name = format_ident!("{method}_items");
    let parameters = format_ident!("{}", operation.parameters_name());
    let item = format_ident!("{item}");
    let [number, position, total, items] =
        [number, position, total, items].map(|field| format_ident!("{}", field.to_snake_case()));
    let about = format!(
        "All items that [`{method}`](Self::{method}) lists, from the page that `parameters` name to the last, a page at \
         a time and only as far as they are asked for.\n\nItems that come or go meanwhile may be missed or come twice.\n\n\
         # Errors\n\nAs for [`{method}`](Self::{method}); the stream ends after the first."
    );
    Some(quote! {
        #[doc = #about]
        pub fn #name(
            &self,
            parameters: types::#parameters,
        ) -> impl ::futures_util::Stream<Item = ::std::result::Result<types::#item, crate::Error>> + Send + use<> {
            let client = self.clone();
            crate::call::pages::items(parameters.#number, move |page| {
                let (client, mut parameters) = (client.clone(), parameters.clone());
                parameters.#number = page;
                async move {
                    let data = client.#method(&parameters).await?;
                    Ok((data.#items, data.#position.and_then(|position| position.#total)))
                }
            })
        }
    })
}

/// The name of the items' schema.
fn item<'a>(document: &'a Document, operation: &Operation<'_>, items: &str) -> Option<&'a str> {
    let data: &Value = document.schema(&format!("{}Data", operation.parameters_name()));
    reference(&data["properties"][items]["items"])
}
