//! Takes the envelope off: from the specification of the wire to that of what a caller passes and gets.
//!
//! A request loses the signed parameters, a response becomes its `data`, headers belong to the client.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::{Map, Value, json};

use super::document::{ALSO_NAMED, Document, Operation, entries, items, reference, text};
use super::rules::code_path;
use super::shape::{LIMITS, Shape};
use super::{coded, generate};

/// What says something about the wire alone, as do [`LIMITS`], which the API judges.
const OF_THE_WIRE: [&str; 5] = ["nullable", "example", "externalDocs", "minProperties", "maxProperties"];

/// The parameter that a body is which has no fields: a list or a map.
pub const BODY: &str = "body";

/// The field of an open object that holds the fields which the documentation does not describe.
pub const EXTRA: &str = "extra";

/// The specification without its envelope. `document` has passed the rules.
pub fn peel(document: &Document) -> Document {
    let mut peeled = document.clone();
    let mut paths = Map::new();
    for operation in document.operations() {
        // Where a request really goes, and how, is the transport's affair.
        paths.insert(format!("/{}", operation.id().to_snake_case()), json!({ "post": bare(document, &operation) }));
        let schemas = &mut peeled.root["components"]["schemas"];
        if !document.is_received() {
            schemas[operation.parameters_name()] = parameters(document, &operation);
        }
        if let Some(name) = output(document, &operation) {
            schemas[name] = output_schema(document.schema(name), operation.id(), name == own_output(&operation));
        }
    }
    for name in generate::by_hand().filter(|name| document.schema(name).is_null()) {
        peeled.root["components"]["schemas"][name] = json!({ "type": "string" });
    }
    let mut roots = references(&paths.clone().into());
    roots.extend(document.operations().filter_map(|operation| result_code(document, &operation)));
    let schemas = reachable_schemas(&peeled, roots);
    peeled.root = json!({
        "openapi": document.root["openapi"],
        "x-linksfield-direction": document.root["x-linksfield-direction"],
        "info": { "title": document.root["info"]["title"], "version": document.root["info"]["version"] },
        "paths": paths,
        "components": { "schemas": schemas },
    });
    peeled
}

/// An operation of parameters that returns data; of a notification, what a receiver answers is left out.
fn bare(document: &Document, operation: &Operation<'_>) -> Value {
    let parameters = json!({ "$ref": format!("#/components/schemas/{}", operation.parameters_name()) });
    let mut response = json!({ "description": "" });
    if !document.is_received() {
        response["content"] = json_content(data(document, operation));
    }
    json!({
        "operationId": operation.id(),
        "requestBody": { "required": true, "content": json_content(parameters) },
        "responses": { "200": response },
    })
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

/// The schema of what the operation returns, if it is an object with a name.
pub fn output<'a>(document: &'a Document, operation: &Operation<'_>) -> Option<&'a str> {
    let data = reference(inside(document, operation))?;
    let (name, _) = document.schemas().find(|(name, _)| *name == data)?;
    (Shape::of(document.schema(name)) == Shape::Object).then_some(name)
}

/// What a schema is called that is what this operation returns, and nothing else.
pub fn own_output(operation: &Operation<'_>) -> String {
    format!("{}Output", operation.parameters_name())
}

/// What an accepted call returns: here, what is required of a success is required.
fn output_schema(schema: &Value, id: &str, is_own: bool) -> Value {
    let mut schema = schema.clone();
    if is_own {
        schema["description"] = described(&format!("What `{id}` returns."), &schema);
    }
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
pub fn whole_request(document: &Document, operation: &Operation<'_>) -> Value {
    let body = operation.body();
    let mut whole = json!({ "type": "object", "properties": {}, "required": [] });
    match Shape::of(document.resolved(body)) {
        Shape::Object => whole = document.resolved(body).clone(),
        Shape::List(_) | Shape::Map(_) => {
            let mut field = body.clone();
            if reference(body).is_none() {
                field["description"] = "The body.".into();
            }
            add(&mut whole, BODY, field, operation.node["requestBody"]["required"] == true);
        }
        _ => {}
    }
    for parameter in operation.placed() {
        add(&mut whole, text(&parameter["name"]), field(parameter), parameter["required"] == true);
    }
    whole
}

fn add(whole: &mut Value, name: &str, field: Value, required: bool) {
    whole["properties"][name] = field;
    if required {
        match whole["required"].as_array_mut() {
            Some(names) => names.push(name.into()),
            None => whole["required"] = json!([name]),
        }
    }
}

/// The field that a parameter in path or query is.
pub fn field(parameter: &Value) -> Value {
    let mut field = parameter["schema"].clone();
    for key in ["description", "example"].into_iter().filter(|key| !parameter[*key].is_null()) {
        field[key] = parameter[key].clone();
    }
    field
}

/// The example of a body: the one, or the first of several.
pub fn example(content: &Value) -> Option<&Value> {
    let several = entries(&content["examples"]).next().map(|(_, example)| &example["value"]);
    several.or_else(|| content.get("example"))
}

/// What the operation returns, inside the envelope if it has one. A named list becomes a plain one.
pub fn data(document: &Document, operation: &Operation<'_>) -> Value {
    let data = inside(document, operation);
    match Shape::of(document.resolved(data)) {
        Shape::List(item) => json!({ "type": "array", "items": simplified_item(document, item) }),
        _ => data.clone(),
    }
}

/// The data of an answer: `data` inside the envelope, or all of it.
pub fn inside<'a>(document: &'a Document, operation: &Operation<'a>) -> &'a Value {
    let answer = operation.answer();
    let whole = document.resolved(answer);
    if is_enveloped(document, whole) { &whole["properties"]["data"] } else { answer }
}

/// The names of the fields beside `data` that the envelope does not have.
pub fn beside<'a>(document: &'a Document, operation: &Operation<'_>) -> Vec<&'a str> {
    let Some(whole) = reference(operation.answer()).map(|name| document.schema(name)) else { return Vec::new() };
    if !is_enveloped(document, whole) {
        return Vec::new();
    }
    let names = entries(&whole["properties"]).map(|(name, _)| name);
    names.filter(|name| *name != "data" && !is_of_envelope(document, name)).collect()
}

/// Whether the envelope of answers has a field of this name.
pub fn is_of_envelope(document: &Document, name: &str) -> bool {
    items(&document.root["x-linksfield-envelope"]["response"]).any(|field| field == name)
}

/// Whether an answer has the fields of the envelope, if there is one.
pub fn is_enveloped(document: &Document, answer: &Value) -> bool {
    let fields = &document.resolved(answer)["properties"];
    let mut envelope = items(&document.root["x-linksfield-envelope"]["response"]).peekable();
    envelope.peek().is_some() && envelope.all(|name| !fields[text(name)].is_null())
}

/// The schema of the code of the operation's result, if it is one of codes.
fn result_code(document: &Document, operation: &Operation<'_>) -> Option<String> {
    let mut node = operation.answer();
    for name in code_path(document) {
        node = &document.resolved(node)["properties"][name];
    }
    let name = reference(node)?;
    coded::values(document.schema(name)).map(|_| name.to_owned())
}

/// The schemas that are needed by those of `wanted`, each in the form that the generator reads best.
fn reachable_schemas(peeled: &Document, mut wanted: BTreeSet<String>) -> Map<String, Value> {
    let mut found = Map::new();
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
    let mut plain = plain(schema);
    strip(&mut plain, &["format"]);
    match Shape::of(schema) {
        Shape::Object => simplify_object(document, &mut plain),
        Shape::Map(values) => plain["additionalProperties"] = simplified_item(document, values),
        Shape::List(item) => plain["items"] = simplified_item(document, item),
        _ => {}
    }
    if plain["properties"].as_object().is_none_or(Map::is_empty) {
        strip(&mut plain, &["properties"]);
    }
    plain
}

fn simplify_object(document: &Document, plain: &mut Value) {
    let has_extra = has_extra(plain);
    let fields = plain["properties"].as_object_mut();
    let bare = fields.as_ref().is_none_or(|fields| fields.is_empty());
    fields.into_iter().flat_map(|fields| fields.values_mut()).for_each(|field| simplify_property(document, field));
    match plain["additionalProperties"] {
        // The generator's name for other fields is taken. Answers get another one, and what is sent has no such field.
        Value::Bool(true) if has_extra => strip(plain, &["additionalProperties"]),
        // The generator keeps unknown fields for the first spelling, and drops them for the second.
        Value::Bool(true) => plain["additionalProperties"] = json!({}),
        // An object of no fields: without this it would be one of any.
        _ if bare => plain["additionalProperties"] = json!(false),
        _ => {}
    }
}

/// Whether it has a field whose name in Rust is that of [`EXTRA`].
pub fn has_extra(schema: &Value) -> bool {
    entries(&schema["properties"]).any(|(name, _)| name.to_snake_case() == EXTRA)
}

/// A property of a named type refers to it and keeps its own description; any other is written out.
fn simplify_property(document: &Document, property: &mut Value) {
    let named = document.resolved(property);
    let description = coded::named(text(property.get("description").unwrap_or(&named["description"])), named);
    let other = property.get(ALSO_NAMED).cloned();
    *property = match type_name(document, property) {
        Some(name) => json!({ "allOf": [to_schema(&name)] }),
        None => written_out(document, named),
    };
    property["description"] = description.into();
    if let Some(other) = other {
        property[ALSO_NAMED] = other;
    }
}

/// What a list or a map holds: of a named type, or plain.
fn simplified_item(document: &Document, item: &Value) -> Value {
    match type_name(document, item) {
        Some(name) => to_schema(&name),
        None if reference(item).is_some() => item.clone(),
        None => written_out(document, item),
    }
}

/// A schema that has no type of its own. How wide a number is says nothing: it is as wide as it gets.
fn written_out(document: &Document, schema: &Value) -> Value {
    let mut plain = plain(schema);
    if let Shape::List(item) = Shape::of(schema) {
        plain["items"] = simplified_item(document, item);
    }
    if schema["type"] != "string" {
        strip(&mut plain, &["format"]);
    }
    plain
}

fn to_schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The name of the type that a property has: that of the schema it refers to, or of the kind of text that its format
/// names; none for a text, number or list of no kind of its own.
fn type_name(document: &Document, property: &Value) -> Option<String> {
    let named = document.resolved(property);
    let shape = Shape::of(named);
    if shape == Shape::Choice {
        return Some(generate::CHOICE.to_owned());
    }
    let has_type = matches!(shape, Shape::Object | Shape::Map(_)) || coded::values(named).is_some();
    let name = reference(property).filter(|_| has_type).map(str::to_owned);
    name.or_else(|| Some(text(&named["format"]).to_upper_camel_case())).filter(|name| !document.schema(name).is_null())
}

/// A schema without what is of the wire.
fn plain(schema: &Value) -> Value {
    let mut plain = schema.clone();
    strip(&mut plain, &OF_THE_WIRE);
    strip(&mut plain, &LIMITS);
    plain
}

fn strip(node: &mut Value, keys: &[&str]) {
    if let Some(fields) = node.as_object_mut() {
        fields.retain(|key, _| !keys.contains(&key.as_str()));
    }
}
