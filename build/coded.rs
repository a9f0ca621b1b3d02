//! Codes (`"0"`, `"1"`, … or `10`, `23`, …) as open enums with the names that the specification gives them.

use proc_macro2::Literal;
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{Document, items, text};

/// The codes of a schema, closed (`enum`) or open-ended (`x-extensible-enum`).
pub fn values(schema: &Value) -> Option<&Vec<Value>> {
    schema["enum"].as_array().or_else(|| schema["x-extensible-enum"].as_array())
}

/// What a schema says of its codes, each with its name behind it: "Usually `0` (`NotHostNumber`)".
pub fn named(description: &str, schema: &Value) -> String {
    let codes = values(schema).into_iter().flatten();
    let pairs = codes.zip(items(&schema["x-enum-varnames"]).map(text));
    pairs.fold(description.to_owned(), |description, (code, name)| {
        let code = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
        description.replace(&format!("`{code}`"), &format!("`{code}` (`{name}`)"))
    })
}

/// One open enum for each schema of codes.
pub fn enums(peeled: &Document) -> Vec<syn::Item> {
    peeled.schemas().filter_map(|(name, schema)| Some(open_enum(name, schema, values(schema)?))).collect()
}

fn open_enum(name: &str, schema: &Value, values: &[Value]) -> syn::Item {
    let ident = format_ident!("{name}");
    let description = named(text(&schema["description"]), schema);
    let names = items(&schema["x-enum-varnames"]).map(|name| format_ident!("{}", text(name)));
    let descriptions = items(&schema["x-enum-descriptions"]).map(text);
    let (codes, kind) = match schema["type"] == "integer" {
        true => (values.iter().filter_map(Value::as_i64).map(Literal::i64_unsuffixed).collect(), quote!(i64)),
        false => (values.iter().map(text).map(Literal::string).collect::<Vec<_>>(), quote!()),
    };
    syn::parse_quote! {
        crate::values::coded::open_enum! {
            #[doc = #description]
            #ident #kind { #( #[doc = #descriptions] #names = #codes, )* }
        }
    }
}
