//! What a specification says of each operation, as a table that is read at run time.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value};

use super::document::{Document, Operation, Result, entries, json_schema, text};
use super::peel;

/// A row for each operation, in the order of their paths.
pub fn rows(document: &Document) -> Result<TokenStream> {
    let rows = document.operations().map(|operation| row(document, &operation)).collect::<Result<Vec<_>>>()?;
    Ok(quote!(#(#rows),*))
}

fn row(document: &Document, operation: &Operation<'_>) -> Result<TokenStream> {
    let (id, path) = (operation.id(), operation.path);
    let method = match operation.method {
        "get" => quote!(GET),
        "post" => quote!(POST),
        "delete" => quote!(DELETE),
        other => return Err(document.fault(operation.place(), format!("must not have the method {other}"))),
    };
    let added = peel::added(document, operation);
    let documentation = &operation.node["x-linksfield-documentation"];
    let page = text(&documentation["page"]);
    let completeness = match text(&documentation["completeness"]) {
        "complete" => quote!(Complete),
        "partial" => quote!(Partial),
        _ => quote!(PathOnly),
    };
    let deprecated = operation.node["deprecated"] == true;
    let safe_to_retry = operation.node["x-linksfield-safe-to-retry"] == true;
    let data = peel::data(document, operation);
    let fields = entries(&document.resolved(&data)["properties"]).map(|(name, _)| name);
    let order_ids = order_ids(document, &data);
    let parameters = peel::parameters(document, operation);
    let places_orders = !safe_to_retry
        && !order_ids.is_empty()
        && order_ids.iter().all(|id| parameters["properties"][id.as_str()].is_null());
    let order_ids = &order_ids;
    let no_data = if data["type"] == "array" { "[]" } else { "{}" };
    let is_enveloped = peel::is_enveloped(document, json_schema(&operation.node["responses"]["200"]));
    let answer = answer_example(operation, is_enveloped, no_data);
    let example = Value::Object(example(document, operation)).to_string();
    Ok(quote! {
        super::Operation {
            id: #id, method: ::http::Method::#method, path: #path, page: #page,
            completeness: super::Completeness::#completeness,
            safe_to_retry: #safe_to_retry, deprecated: #deprecated, example: #example, no_data: #no_data,
            is_enveloped: #is_enveloped, answer: #answer,
            added: &[#(#added),*], fields: &[#(#fields),*], order_ids: &[#(#order_ids),*],
            places_orders: #places_orders,
        }
    })
}

/// The fields of any data that are the id of an order.
pub fn all_order_ids(document: &Document) -> BTreeSet<String> {
    document.operations().flat_map(|operation| order_ids(document, &peel::data(document, &operation))).collect()
}

/// The fields of the data, at any depth, that are the id of an order.
fn order_ids(document: &Document, data: &Value) -> BTreeSet<String> {
    let is_order = |property: &Value| {
        let kind = text(&document.resolved(property)["format"]).to_upper_camel_case();
        document.schema(&kind)["x-linksfield-identifies"] == "order"
    };
    let schemas = peel::reachable(document, peel::references(data));
    let fields = schemas.iter().flat_map(|name| entries(&document.schema(name)["properties"]));
    fields.filter(|(_, property)| is_order(property)).map(|(name, _)| name.to_owned()).collect()
}

/// The data of the first example of the answer.
fn answer_example(operation: &Operation<'_>, is_enveloped: bool, no_data: &str) -> String {
    let examples = &operation.node["responses"]["200"]["content"]["application/json"]["examples"];
    let value = entries(examples).next().map(|(_, example)| &example["value"]);
    let data = value.map(|value| if is_enveloped { &value["data"] } else { value });
    data.filter(|data| !data.is_null()).map_or(no_data.to_owned(), Value::to_string)
}

/// The first example of the body and those of the parameters, without what the family adds.
fn example(document: &Document, operation: &Operation<'_>) -> Map<String, Value> {
    let body = entries(&operation.node["requestBody"]["content"]["application/json"]["examples"]).next();
    let mut example = body.and_then(|(_, example)| example["value"].as_object().cloned()).unwrap_or_default();
    for parameter in document.placed(operation) {
        example.insert(text(&parameter["name"]).to_owned(), parameter["example"].clone());
    }
    let added = peel::added(document, operation);
    example.retain(|name, _| !added.contains(&name.as_str()));
    example
}
