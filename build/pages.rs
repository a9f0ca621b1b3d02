//! For an operation that answers a page at a time: a method that goes through all pages.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{Document, Operation, reference, text};

/// What `x-linksfield-pagination` names.
pub const NAMES: [&str; 6] = ["page-number", "page-size", "position", "total-pages", "total-count", "items"];

/// `x_items`, for the method `x` of an operation with `x-linksfield-pagination`.
pub fn items_method(document: &Document, operation: &Operation<'_>, method: &syn::Ident) -> Option<TokenStream> {
    let pagination = operation.node.get("x-linksfield-pagination")?;
    let item = format_ident!("{}", item(document, operation, text(&pagination["items"]))?);
    let name = format_ident!("{method}_items");
    let parameters = format_ident!("{}", operation.parameters_name());
    let fields = NAMES.map(|name| format_ident!("{}", text(&pagination[name]).to_snake_case()));
    let [number, size, position, total_pages, total_count, items] = fields;
    let about = format!(
        "The items that [`{method}`](Self::{method}) lists, from the page that `parameters` name to the last: see \
         [`Items`](crate::Items)."
    );
    Some(quote! {
        #[doc = #about]
        pub fn #name(&self, parameters: types::#parameters) -> crate::Items<types::#item> {
            let client = self.clone();
            let (first, size) = (parameters.#number, parameters.#size);
            let ask = move |page| {
                let mut parameters = parameters.clone();
                parameters.#number = page;
                client.#method(&parameters).response()
            };
            crate::Items::new(first, size, ask, |data| {
                let (total_pages, total_count) =
                    data.#position.map_or((None, None), |position| (position.#total_pages, position.#total_count));
                crate::call::pages::Page { items: data.#items, total_pages, total_count }
            })
        }
    })
}

/// The name of the items' schema.
fn item<'a>(document: &'a Document, operation: &Operation<'_>, items: &str) -> Option<&'a str> {
    let data: &Value = document.schema(&format!("{}Output", operation.parameters_name()));
    reference(&data["properties"][items]["items"])
}
