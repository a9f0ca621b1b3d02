//! For tests that go through every operation: a function that calls one by its name, with its types.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::document::{Document, Operation};

pub fn calls(document: &Document) -> TokenStream {
    let operations: Vec<_> = document.operations().collect();
    let ids = operations.iter().map(Operation::id);
    let methods = operations.iter().map(|operation| format_ident!("{}", operation.id().to_snake_case()));
    let parameters = operations.iter().map(|operation| format_ident!("{}", operation.parameters_name()));
    quote! {
        /// Calls the operation of this name with its typed parameters, and reads its typed data.
        #[allow(deprecated)]
        pub async fn typed(client: Client, operation: &str, json: Value) -> Result<String, Error> {
            match operation {
                #(#ids => {
                    let parameters: types::#parameters = serde_json::from_value(json).expect("parameters of this type");
                    client.#methods(&parameters).await.map(|data| serde_json::to_string(&data).expect("data is JSON"))
                })*
                other => panic!("{other} is no operation of this API"),
            }
        }
    }
}
