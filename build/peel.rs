//! Takes the envelope off: from the specification of the wire to that of what a caller passes and gets.
//!
//! A request loses the signed parameters, a response becomes its `data`, headers belong to the client.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::document::{Document, entries, items, json_schema, reference};

/// The schema of the parameters that the signing hook adds.
pub const SIGNED_PARAMETERS: &str = "SignedParameters";

/// The specification without its envelope. `document` has passed the rules.
pub fn peel(document: &Document) -> Document {
    let mut peeled = document.clone();
    for operation in document.operations() {
        let node = &mut peeled.root["paths"][operation.path][operation.method];
        let mut bare = operation.node.clone();
        strip(&mut bare, &["parameters", "externalDocs"]);
        bare["requestBody"]["content"] = json_content(parameters(document, operation.node));
        bare["responses"]["200"]["content"] = json_content(data(document, operation.node));
        *node = bare;
    }
    peeled.root["components"] = json!({ "schemas": reachable_schemas(document, &peeled.root["paths"]) });
    peeled
}

fn json_content(schema: Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

/// The operation's own parameters: its request body without the signed ones.
fn parameters(document: &Document, operation: &Value) -> Value {
    let composed = document.resolved(json_schema(&operation["requestBody"]));
    items(&composed["allOf"]).find(|part| reference(part) != Some(SIGNED_PARAMETERS)).cloned().unwrap_or_default()
}

/// What the operation returns inside the envelope. A named list becomes a plain one.
pub fn data(document: &Document, operation: &Value) -> Value {
    let composed = document.resolved(json_schema(&operation["responses"]["200"]));
    let data = items(&composed["allOf"]).map(|part| &part["properties"]["data"]).find(|data| !data.is_null());
    match data.and_then(reference).map(|name| document.schema(name)) {
        Some(list) if list["type"] == "array" => without(list, &["nullable", "description"]),
        _ => data.cloned().unwrap_or_default(),
    }
}

/// The schemas that the peeled operations need, each in the form that the generator reads best.
fn reachable_schemas(document: &Document, paths: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    let mut wanted = references(paths);
    while let Some(name) = wanted.pop_first() {
        if !found.contains_key(&name) {
            let schema = simplified(document, document.schema(&name));
            wanted.append(&mut references(&schema));
            found.insert(name, schema);
        }
    }
    found
}

fn references(node: &Value) -> BTreeSet<String> {
    let inner = entries(node).map(|(_, value)| value).chain(items(node));
    inner.flat_map(references).chain(reference(node).map(str::to_owned)).collect()
}

/// A named schema with its parts merged; that it may be `null` is said where it is used: nothing that may be is required.
fn simplified(document: &Document, schema: &Value) -> Value {
    let mut merged = without(&flattened(document, schema), &["nullable", "example"]);
    if let Some(properties) = merged["properties"].as_object_mut() {
        properties.values_mut().for_each(|property| simplify_property(document, property));
    }
    match merged["additionalProperties"] {
        // The generator keeps unknown fields for the first spelling, and drops them for the second.
        Value::Bool(true) => merged["additionalProperties"] = json!({}),
        // An object of no fields: without this it would be one of any.
        Value::Null if merged["properties"] == json!({}) => merged["additionalProperties"] = json!(false),
        _ => {}
    }
    merged
}

/// One object out of an `allOf` of objects.
fn flattened(document: &Document, schema: &Value) -> Value {
    let mut whole = without(schema, &["allOf"]);
    for part in items(&schema["allOf"]) {
        let part = flattened(document, document.resolved(part));
        for (key, value) in entries(&part) {
            match (&mut whole[key], value) {
                (Value::Object(into), Value::Object(from)) => into.extend(from.clone()),
                (Value::Array(into), Value::Array(from)) => into.extend(from.clone()),
                (slot @ Value::Null, value) => *slot = value.clone(),
                _ => {}
            }
        }
    }
    whole
}

fn simplify_property(document: &Document, property: &mut Value) {
    if let Some(name) = reference(property) {
        let description = document.schema(name)["description"].clone();
        *property = json!({ "allOf": [property.take()], "description": description });
    }
    if let Some(name) = property["x-linksfield-type"].as_str() {
        let target = json!([{ "$ref": format!("#/components/schemas/{name}") }]);
        strip(property, &["type", "nullable", "x-linksfield-type"]);
        property["allOf"] = target;
    }
    if property["type"] == "array" {
        strip(property, &["nullable"]);
    }
    strip(property, &["example"]);
}

fn without(node: &Value, keys: &[&str]) -> Value {
    let mut node = node.clone();
    strip(&mut node, keys);
    node
}

fn strip(node: &mut Value, keys: &[&str]) {
    if let Some(fields) = node.as_object_mut() {
        fields.retain(|key, _| !keys.contains(&key.as_str()));
    }
}
