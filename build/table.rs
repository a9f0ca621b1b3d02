//! What a specification says of each operation, as a table that is read at run time.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value};

use super::document::{ALSO_NAMED, Document, Operation, RESULTS, Result, entries, items, requires_on_success, text};
use super::shape::Shape;
use super::{pages, parameters, peel};

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
        "put" => quote!(PUT),
        "patch" => quote!(PATCH),
        "delete" => quote!(DELETE),
        other => return Err(document.fault(operation.place(), format!("must not have the method {other}"))),
    };
    let added = peel::added(document, operation);
    let documentation = &operation.node["x-linksfield-documentation"];
    let [page, title] = ["page", "title"].map(|key| text(&documentation[key]));
    let command = parameters::command(operation);
    let [summary, description, description_zh] =
        ["summary", "description", "x-description-zh"].map(|key| text(&operation.node[key]).trim());
    let find_out = find_out(operation);
    let completeness = match text(&documentation["completeness"]) {
        "complete" => quote!(Complete),
        "partial" => quote!(Partial),
        _ => quote!(PathOnly),
    };
    let deprecated = operation.node["deprecated"] == true;
    let safe_to_retry = operation.node["x-linksfield-safe-to-retry"] == true;
    let confirm = operation.node["x-linksfield-confirm"].as_str();
    let confirm = confirm.map_or(quote!(None), |name| quote!(Some(#name)));
    let data = peel::data(document, operation);
    let fields = entries(&document.resolved(&data)["properties"]).flat_map(names);
    // One that the envelope has too tells nothing of the data.
    let fields = fields.filter(|name| !peel::is_of_envelope(document, name));
    let order_ids = ids(document, &data, &["order"]);
    let parameters = peel::parameters(document, operation);
    let idempotent_for = match operation.node["x-linksfield-idempotent-for"].as_u64() {
        Some(seconds) => quote!(Some(::std::time::Duration::from_secs(#seconds))),
        None => quote!(None),
    };
    let rows = parameters::rows(document, operation);
    let pages = pages::row(document, operation);
    let list = pages::list(document, operation);
    let results = results(operation);
    let places_orders = !safe_to_retry
        && !order_ids.is_empty()
        && order_ids.iter().all(|id| parameters["properties"][id.as_str()].is_null());
    let data_type = document.resolved(&data);
    let must_name_order = places_orders || order_ids.iter().any(|id| requires_on_success(data_type, id));
    let order_ids = &order_ids;
    let no_data = if data["type"] == "array" { "[]" } else { "{}" };
    let is_enveloped = peel::is_enveloped(document, operation.answer());
    let answer = answer_example(operation, is_enveloped, no_data);
    let beside = peel::beside(document, operation);
    let total_count = text(&operation.node["x-linksfield-pagination"]["total-count"]);
    let total_count = if beside.contains(&total_count) { quote!(Some(#total_count)) } else { quote!(None) };
    let placing = placing(document, operation);
    let example = Value::Object(example(document, operation)).to_string();
    Ok(quote! {
        super::Operation {
            id: #id, command: #command, summary: #summary, description: #description, description_zh: #description_zh,
            method: ::http::Method::#method, path: #path, page: #page, title: #title,
            completeness: super::Completeness::#completeness,
            safe_to_retry: #safe_to_retry, idempotent_for: #idempotent_for, deprecated: #deprecated, confirm: #confirm, find_out: #find_out,
            parameters: &[#rows], example: #example, list: #list, pages: #pages, results: #results, no_data: #no_data,
            is_enveloped: #is_enveloped, answer: #answer,
            added: &[#(#added),*], fields: &[#(#fields),*], order_ids: &[#(#order_ids),*], beside: &[#(#beside),*],
            places_orders: #places_orders, must_name_order: #must_name_order, total_count: #total_count, placing: #placing,
        }
    })
}

/// The fields of an answer that are the id of an order.
pub fn order_ids(document: &Document) -> TokenStream {
    let all = |of: &[&str]| -> BTreeSet<String> {
        let data = document.operations().map(|operation| peel::data(document, &operation));
        data.flat_map(|data| ids(document, &data, of)).collect()
    };
    let in_data = all(&["order", "request"]);
    let in_data = in_data.iter();
    let anywhere = all(&["order"]);
    // An `id` beside the data is that of anything: of the answer, or of what is wrong.
    let anywhere = anywhere.iter().filter(|name| *name != "id");
    quote!(super::OrderIds { in_data: &[#(#in_data),*], anywhere: &[#(#anywhere),*] })
}

/// The fields of the data, at any depth, that are the id of one of these.
fn ids(document: &Document, data: &Value, of: &[&str]) -> BTreeSet<String> {
    let is_one = |property: &Value| {
        let named = document.resolved(property);
        let kind = text(&named["format"]).to_upper_camel_case();
        let item = document.resolved(&named["items"]);
        [named, item, document.schema(&kind)]
            .iter()
            .any(|schema| of.contains(&text(&schema["x-linksfield-identifies"])))
    };
    let schemas = peel::reachable(document, peel::references(data));
    let fields = schemas.iter().flat_map(|name| entries(&document.schema(name)["properties"]));
    fields.filter(|(_, property)| is_one(property)).flat_map(names).map(str::to_owned).collect()
}

/// The names by which a field may come.
fn names<'a>((name, field): (&'a str, &'a Value)) -> impl Iterator<Item = &'a str> {
    std::iter::once(name).chain(field[ALSO_NAMED].as_str())
}

/// The data of the first example of the answer.
fn answer_example(operation: &Operation<'_>, is_enveloped: bool, no_data: &str) -> String {
    let content = operation.success().map(|(_, response)| &response["content"]["application/json"]);
    let value = content.and_then(peel::example);
    let data = value.map(|value| if is_enveloped { &value["data"] } else { value });
    data.filter(|data| !data.is_null()).map_or(no_data.to_owned(), Value::to_string)
}

/// What tells what became of the call.
fn find_out(operation: &Operation<'_>) -> TokenStream {
    let found_out = &operation.node["x-linksfield-find-out"];
    let Some(operation) = found_out["operation"].as_str() else { return quote!(None) };
    let by = items(&found_out["by"]).map(text);
    quote!(Some(super::FindOut { operation: #operation, by: &[#(#by),*] }))
}

/// Where the data has a result for each of what was asked.
fn results(operation: &Operation<'_>) -> TokenStream {
    let results = &operation.node[RESULTS];
    if results.is_null() {
        return quote!(None);
    }
    let [list, of, asked, code, success, message] =
        ["list", "of", "asked", "code", "success", "message"].map(|key| text(&results[key]));
    quote!(Some(super::Results {
        list: #list, of: #of, asked: #asked, code: #code, success: #success, message: #message,
    }))
}

/// Which parameters are in the query and how, and what the others make of the body.
fn placing(document: &Document, operation: &Operation<'_>) -> TokenStream {
    let in_query = operation.placed().filter(|parameter| parameter["in"] == "query");
    let in_query = in_query.map(|parameter| {
        let (name, separator) = (text(&parameter["name"]), separator(parameter));
        let separator = separator.map_or(quote!(None), |separator| quote!(Some(#separator)));
        quote!((#name, #separator))
    });
    let required = operation.node["requestBody"]["required"] == true;
    let body = match Shape::of(document.resolved(operation.body())) {
        Shape::List(_) | Shape::Map(_) => {
            let name = peel::BODY;
            quote!(Field(#name))
        }
        Shape::Object if required => quote!(Fields),
        _ => quote!(FieldsIfAny),
    };
    quote!(super::Placing { query: &[#(#in_query),*], body: super::Body::#body })
}

/// What is between the items of a list in the query; none if each stands alone.
fn separator(parameter: &Value) -> Option<char> {
    let style = text(&parameter["style"]);
    let alone = parameter["explode"].as_bool().unwrap_or(matches!(style, "" | "form"));
    (!alone).then_some(match style {
        "spaceDelimited" => ' ',
        "pipeDelimited" => '|',
        _ => ',',
    })
}

/// The example of the body and those of the parameters, without what the family adds.
pub fn example(document: &Document, operation: &Operation<'_>) -> Map<String, Value> {
    let body = peel::example(&operation.node["requestBody"]["content"]["application/json"]).cloned();
    let mut example = match (body, Shape::of(document.resolved(operation.body()))) {
        (Some(Value::Object(fields)), Shape::Object) => fields,
        (Some(whole), _) => Map::from_iter([(peel::BODY.to_owned(), whole)]),
        (None, _) => Map::new(),
    };
    for parameter in operation.placed() {
        example.insert(text(&parameter["name"]).to_owned(), parameter["example"].clone());
    }
    let added = peel::added(document, operation);
    example.retain(|name, _| !added.contains(&name.as_str()));
    example
}
