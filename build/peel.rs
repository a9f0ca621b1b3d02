//! Takes the envelope off: from the specification of the wire to that of what a caller passes and gets.
//!
//! A request loses the signed parameters, a response becomes its `data`, headers belong to the client.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use serde_json::{Map, Value, json};

use super::document::{Document, Operation, entries, items, json_schema, reference, text};
use super::{coded, generate};

/// What says something about the wire alone: limits, which the API judges, and examples.
const OF_THE_WIRE: [&str; 6] = ["nullable", "example", "pattern", "minLength", "maxLength", "minProperties"];

/// The specification without its envelope. `document` has passed the rules.
pub fn peel(document: &Document) -> Document {
    let mut peeled = document.clone();
    peeled.root["paths"] = json!({});
    for operation in document.operations() {
        // Where a request really goes, and how, is the transport's affair.
        peeled.root["paths"][format!("/{}", operation.id())] = json!({ "post": bare(document, &operation) });
        if !document.is_received() {
            let schemas = &mut peeled.root["components"]["schemas"];
            schemas[operation.parameters_name()] = parameters(document, &operation);
            let output = format!("{}Output", operation.parameters_name());
            schemas[&*output] = output_schema(document.schema(&output), operation.id());
        }
    }
    for name in generate::by_hand().filter(|name| document.schema(name).is_null()) {
        peeled.root["components"]["schemas"][name] = json!({ "type": "string" });
    }
    let schemas = reachable_schemas(&peeled);
    peeled.root["components"] = json!({ "schemas": schemas });
    peeled
}

/// An operation of parameters that returns data; of a notification, what a receiver answers is left out.
fn bare(document: &Document, operation: &Operation<'_>) -> Value {
    let parameters = json!({ "$ref": format!("#/components/schemas/{}", operation.parameters_name()) });
    let mut bare = without(operation.node, &["parameters", "externalDocs"]);
    bare["requestBody"] = json!({ "required": true, "content": json_content(parameters) });
    bare["responses"] = json!({ "200": { "description": operation.node["responses"]["200"]["description"] } });
    if !document.is_received() {
        bare["responses"]["200"]["content"] = json_content(data(document, operation));
    }
    bare
}

fn json_content(schema: Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

/// The parameters of the operation that the envelope adds.
pub fn added<'a>(document: &'a Document, operation: &Operation<'_>) -> Vec<&'a str> {
    let envelope = &document.root["x-linksfield-envelope"];
    let fields = whole_request(document, operation);
    let documented = items(&envelope["request-where-documented"]).map(text);
    let documented = documented.filter(|name| !fields["properties"][name].is_null());
    items(&envelope["request"]).map(text).chain(documented).collect()
}

/// The operation's own parameters, wherever they go: all but those that the envelope adds.
pub fn parameters(document: &Document, operation: &Operation<'_>) -> Value {
    let added = added(document, operation);
    let mut schema = whole_request(document, operation);
    strip(&mut schema["properties"], &added);
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| !added.contains(&text(name)));
    }
    schema["description"] = described(&format!("Parameters of `{}`.", operation.id()), &schema);
    schema
}

/// What an accepted call returns: here, what is required of a success is required.
fn output_schema(schema: &Value, id: &str) -> Value {
    let mut schema = schema.clone();
    schema["description"] = described(&format!("What `{id}` returns."), &schema);
    if let Some(required) = schema.get("x-linksfield-required-on-success") {
        schema["required"] = required.clone();
    }
    schema
}

/// What a type is, and what its schema says of itself.
fn described(what: &str, schema: &Value) -> Value {
    format!("{what} {}", text(&schema["description"])).trim().into()
}

/// One object of the fields of the body and of the parameters in path and query.
fn whole_request(document: &Document, operation: &Operation<'_>) -> Value {
    let mut whole = json!({ "type": "object", "properties": {}, "required": [] });
    if operation.has_body() {
        whole = document.resolved(json_schema(&operation.node["requestBody"])).clone();
    }
    for parameter in document.placed(operation) {
        let name = text(&parameter["name"]);
        let mut field = parameter["schema"].clone();
        field["description"] = parameter["description"].clone();
        whole["properties"][name] = field;
        if let Some(required) = whole["required"].as_array_mut().filter(|_| parameter["required"] == true) {
            required.push(name.into());
        }
    }
    whole
}

/// What the operation returns, inside the envelope if it has one. A named list becomes a plain one.
pub fn data(document: &Document, operation: &Operation<'_>) -> Value {
    let answer = json_schema(&operation.node["responses"]["200"]);
    let data = if is_enveloped(document, answer) { &document.resolved(answer)["properties"]["data"] } else { answer };
    match document.resolved(data) {
        list if list["type"] == "array" => without(list, &["nullable", "description"]),
        _ => data.clone(),
    }
}

/// Whether an answer has the fields of the envelope.
pub fn is_enveloped(document: &Document, answer: &Value) -> bool {
    let fields = &document.resolved(answer)["properties"];
    items(&document.root["x-linksfield-envelope"]["response"]).all(|name| !fields[text(name)].is_null())
}

/// The schemas that the peeled operations need, each in the form that the generator reads best.
fn reachable_schemas(peeled: &Document) -> Map<String, Value> {
    let mut found = Map::new();
    let mut wanted = references(&peeled.root["paths"]);
    while let Some(name) = wanted.pop_first() {
        if !found.contains_key(&name) {
            let schema = simplified(peeled, peeled.schema(&name));
            wanted.append(&mut references(&schema));
            found.insert(name, schema);
        }
    }
    found
}

/// The names of schemas, and of all that these refer to.
pub fn reachable(document: &Document, mut wanted: BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    while let Some(name) = wanted.pop_first() {
        if found.insert(name.clone()) {
            wanted.append(&mut references(document.schema(&name)));
        }
    }
    found
}

/// The names of all schemas that `node` refers to.
pub fn references(node: &Value) -> BTreeSet<String> {
    let inner = entries(node).map(|(_, value)| value).chain(items(node));
    inner.flat_map(references).chain(reference(node).map(str::to_owned)).collect()
}

/// A named schema as a caller sees it; that it may be `null` is said where it is used: nothing that may be is required.
fn simplified(document: &Document, schema: &Value) -> Value {
    let mut plain = without(schema, &OF_THE_WIRE);
    strip(&mut plain, &["format"]);
    if let Some(properties) = plain["properties"].as_object_mut() {
        properties.values_mut().for_each(|property| simplify_property(document, property));
    }
    let bare = plain["properties"].as_object().is_none_or(Map::is_empty);
    match plain["additionalProperties"] {
        // The generator keeps unknown fields for the first spelling, and drops them for the second.
        Value::Bool(true) => plain["additionalProperties"] = json!({}),
        // An object of no fields: without this it would be one of any.
        Value::Null if bare && plain["type"] == "object" => plain["additionalProperties"] = json!(false),
        _ => {}
    }
    if bare {
        strip(&mut plain, &["properties"]);
    }
    plain
}

/// A property of a named type refers to it and keeps its own description; any other is written out.
fn simplify_property(document: &Document, property: &mut Value) {
    let named = document.resolved(property);
    let description = property.get("description").unwrap_or(&named["description"]).clone();
    *property = match type_name(document, property) {
        Some(name) => json!({ "allOf": [{ "$ref": format!("#/components/schemas/{name}") }] }),
        None => without(named, &OF_THE_WIRE),
    };
    property["description"] = description;
}

/// The name of the type that a property has: that of the schema it refers to, or of the kind of text that its format
/// names; none for a text, number or list of no kind of its own.
fn type_name(document: &Document, property: &Value) -> Option<String> {
    let named = document.resolved(property);
    let has_type = named["type"] == "object" || coded::values(named).is_some();
    let name = reference(property).filter(|_| has_type).map(str::to_owned);
    name.or_else(|| Some(text(&named["format"]).to_upper_camel_case())).filter(|name| !document.schema(name).is_null())
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
