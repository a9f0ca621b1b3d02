//! What a specification says of the parameters that a caller passes, as part of the operations table.

use heck::ToKebabCase;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use super::document::{Document, Operation, entries, items, requires, text};
use super::shape::Shape;
use super::{coded, peel};

/// The names that a command has for flags of its own: no parameter takes one.
pub const RESERVED_FLAGS: [&str; 25] = [
    "accept-recent",
    "accept-rounded",
    "again-refused",
    "all",
    "concurrency",
    "confirm",
    "deadline",
    "dry-run",
    "help",
    "in-query",
    "journal",
    "json",
    "lang",
    "loose-profile",
    "max-refused",
    "new-journal",
    "output",
    "param",
    "profile",
    "query",
    "results",
    "safe-to-retry",
    "settle",
    "version",
    "yes",
];

/// A row for each parameter that a caller passes.
pub fn rows(document: &Document, operation: &Operation<'_>) -> TokenStream {
    let parameters = peel::parameters(document, operation);
    let rows = entries(&parameters["properties"]).map(|(name, field)| {
        let place = place(operation, name);
        row(document, name, &place, field, requires(&parameters, name))
    });
    quote!(#(#rows),*)
}

fn row(document: &Document, name: &str, place: &str, field: &Value, required: bool) -> TokenStream {
    let schema = document.resolved(field);
    let flag = flag(name);
    let place = quote::format_ident!("{place}");
    let kind = kind(document, schema);
    let said = |key: &str| text(field.get(key).unwrap_or(&schema[key])).trim().to_owned();
    let [description, description_zh] = ["description", "x-description-zh"].map(said);
    let value = match Shape::of(schema) {
        Shape::List(item) => document.resolved(item),
        _ => schema,
    };
    // How wide a number is says nothing.
    let format = if value["type"] == "string" { text(&value["format"]) } else { "" };
    let codes = codes(value);
    quote! {
        super::Parameter {
            name: #name, flag: #flag, place: super::Place::#place, kind: #kind, format: #format, required: #required,
            description: #description, description_zh: #description_zh, codes: &[#(#codes),*],
        }
    }
}

/// Where a parameter goes, as the variant is called.
fn place(operation: &Operation<'_>, name: &str) -> String {
    let placed = operation.placed().find(|parameter| parameter["name"] == name);
    placed.map_or("Body", |parameter| if parameter["in"] == "path" { "Path" } else { "Query" }).to_owned()
}

/// The name of a parameter as a flag. One that a command has itself gets a word before it.
pub fn flag(name: &str) -> String {
    let flag = name.to_kebab_case();
    if RESERVED_FLAGS.contains(&flag.as_str()) { format!("param-{flag}") } else { flag }
}

/// The name of an operation as a command.
pub fn command(operation: &Operation<'_>) -> String {
    operation.node["x-linksfield-command"].as_str().map_or_else(|| operation.id().to_kebab_case(), str::to_owned)
}

/// What a value of a schema is.
pub fn kind(document: &Document, schema: &Value) -> TokenStream {
    match Shape::of(schema) {
        Shape::List(item) => {
            let item = kind(document, document.resolved(item));
            quote!(super::Kind::List(&#item))
        }
        Shape::Choice => quote!(super::Kind::Scalar),
        Shape::Scalar => match text(&schema["type"]) {
            "integer" => quote!(super::Kind::Integer),
            "number" => quote!(super::Kind::Number),
            "boolean" => quote!(super::Kind::Boolean),
            _ => quote!(super::Kind::Text),
        },
        _ => quote!(super::Kind::Object),
    }
}

fn codes(schema: &Value) -> Vec<TokenStream> {
    let (names, descriptions) = (&schema["x-enum-varnames"], &schema["x-enum-descriptions"]);
    let codes = coded::values(schema).into_iter().flatten().zip(items(names)).zip(items(descriptions));
    let row = |((value, name), description): ((&Value, &Value), &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let (name, description) = (text(name).to_kebab_case(), text(description));
        quote!(super::Code { value: #value, name: #name, description: #description })
    };
    codes.map(row).collect()
}
