//! The rules that a specification of this crate keeps, beyond those of OpenAPI.

use std::collections::BTreeSet;

use heck::{ToLowerCamelCase, ToUpperCamelCase};
use serde_json::Value;

use super::document::{
    Document, FROM_LINKSFIELD, Operation, Result, TO_LINKSFIELD, entries, items, json_schema, reference, text,
};
use super::{coded, generate, pages, peel};

const COMPLETENESS: [&str; 4] = ["complete", "partial", "path-only", "name-only"];

/// What a document may say beyond OpenAPI.
const EXTENSIONS: [&str; 12] = [
    "x-linksfield-codes",
    "x-linksfield-direction",
    "x-linksfield-documentation",
    "x-linksfield-envelope",
    "x-linksfield-environment",
    "x-linksfield-feature",
    "x-linksfield-guide",
    "x-linksfield-identifies",
    "x-linksfield-pagination",
    "x-linksfield-recognized-by",
    "x-linksfield-required-on-success",
    "x-linksfield-safe-to-retry",
];

/// What generators misread.
const TRAPS: [(&str, &str); 4] = [
    ("default", "must not have a default: it would be sent and signed on every call"),
    ("oneOf", "must not be a oneOf: generators make it a closed enum"),
    ("anyOf", "must not be an anyOf: generators can't express it"),
    ("allOf", "must not be an allOf: a schema says in one place what is on the wire"),
];

/// What would refuse a good answer of which the documentation does not tell.
const LIMITS: [&str; 8] = ["enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"];

pub fn check(document: &Document) -> Result<()> {
    check_version(document)?;
    check_direction(document)?;
    check_extension_names(document, "", &document.root)?;
    check_servers(document)?;
    if !document.is_received() {
        check_envelope(document)?;
    }
    check_references(document, "", &document.root)?;
    let mut seen = BTreeSet::new();
    for operation in document.operations() {
        check_operation(document, &operation)?;
        require(
            document,
            seen.insert(operation.id().to_owned()),
            &operation.place(),
            "must have an operationId of its own",
        )?;
    }
    for (name, schema) in document.schemas() {
        let place = format!("components.schemas.{name}");
        let described = is_text(&schema["description"]) || is_wrapping(document, name);
        require(document, described, &place, "must have a description")?;
        require(document, name == name.to_upper_camel_case(), &place, "must have a name in UpperCamelCase")?;
        check_schema(document, &place, schema)?;
    }
    check_code_names(document)?;
    check_answers(document)
}

fn require(document: &Document, kept: bool, place: &str, rule: impl Into<String>) -> Result<()> {
    if kept { Ok(()) } else { Err(document.fault(place, rule)) }
}

/// Whether a schema is the whole request or answer of an operation: its name says so.
fn is_wrapping(document: &Document, name: &str) -> bool {
    let operation = name.strip_suffix("Request").or_else(|| name.strip_suffix("Answer"));
    document.operations().any(|known| Some(&*known.parameters_name()) == operation)
}

fn is_text(node: &Value) -> bool {
    !text(node).trim().is_empty()
}

fn check_version(document: &Document) -> Result<()> {
    let version = text(&document.root["openapi"]);
    require(document, version.starts_with("3.0."), "openapi", "must be 3.0.x")
}

fn check_direction(document: &Document) -> Result<()> {
    let known = [TO_LINKSFIELD, FROM_LINKSFIELD].contains(&text(&document.root["x-linksfield-direction"]));
    let rule = format!("must be {TO_LINKSFIELD} or {FROM_LINKSFIELD}: who sends what is described");
    require(document, known, "x-linksfield-direction", rule)?;
    let feature = &document.root["x-linksfield-feature"];
    require(document, feature.is_null() || is_text(feature), "x-linksfield-feature", "must be the name of a feature")
}

/// A name with a typing error would say nothing, to nobody's notice.
fn check_extension_names(document: &Document, place: &str, node: &Value) -> Result<()> {
    for (key, value) in fields(node).filter(|(key, _)| key != "example" && key != "examples") {
        let place = format!("{place}.{key}");
        let place = place.trim_start_matches('.');
        let known = !key.starts_with("x-linksfield-") || EXTENSIONS.contains(&key.as_str());
        require(document, known, place, format!("must be one of {}", EXTENSIONS.join(", ")))?;
        check_extension_names(document, place, value)?;
    }
    Ok(())
}

/// The fields of an object, or the items of a list with their positions.
fn fields(node: &Value) -> impl Iterator<Item = (String, &Value)> {
    let fields = entries(node).map(|(key, value)| (key.to_owned(), value));
    fields.chain(items(node).enumerate().map(|(index, value)| (index.to_string(), value)))
}

/// Servers stand at the root: below it, some generators call them whatever the base URL is, and others never.
fn check_servers(document: &Document) -> Result<()> {
    for (path, item) in entries(&document.root["paths"]) {
        let mut parts = std::iter::once(item).chain(entries(item).map(|(_, part)| part));
        let bare = parts.all(|part| part["servers"].is_null());
        let rule = "must have no servers of its own: a document has them at its root";
        require(document, bare, &format!("paths.{path}"), rule)?;
    }
    for (index, server) in items(&document.root["servers"]).enumerate() {
        let named = is_text(&server["x-linksfield-environment"]) && is_text(&server["description"]);
        require(document, named, &format!("servers.{index}"), "must have a description and x-linksfield-environment")?;
    }
    Ok(())
}

/// The envelope says which fields the signing hook adds to a request, and takes off an answer.
fn check_envelope(document: &Document) -> Result<()> {
    for side in ["request", "response"] {
        let names = document.root["x-linksfield-envelope"][side].as_array();
        let listed = names.is_some_and(|names| names.iter().all(is_text));
        let place = format!("x-linksfield-envelope.{side}");
        require(document, listed, &place, "must list the fields around the data")?;
    }
    Ok(())
}

/// Every reference, and every format, names something that is there.
fn check_references(document: &Document, place: &str, node: &Value) -> Result<()> {
    if let Some(target) = node["$ref"].as_str() {
        let pointer = target.strip_prefix('#').and_then(|pointer| document.root.pointer(pointer));
        require(document, pointer.is_some(), place, format!("must refer to something in this file, not {target}"))?;
    }
    for (key, value) in fields(node).filter(|(key, _)| key != "example" && key != "examples") {
        check_references(document, format!("{place}.{key}").trim_start_matches('.'), value)?;
    }
    Ok(())
}

fn check_operation(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let place = operation.place();
    let node = operation.node;
    let last = operation.path.rsplit('/').next().unwrap_or_default();
    let named = operation.id() == last || operation.id().to_lower_camel_case() == operation.id();
    let rule = format!("must have the operationId {last}, the last part of its path, or one in lowerCamelCase");
    require(document, named && !operation.id().is_empty(), &place, rule)?;
    require(document, is_text(&node["summary"]), &place, "must have a summary")?;
    require(document, node["tags"].as_array().is_some_and(|tags| tags.len() == 1), &place, "must have one tag")?;
    check_extensions(document, &place, node)?;
    let known =
        ["get", "post", "delete"].contains(&operation.method) && operation.has_body() != (operation.method == "get");
    require(document, known, &place, "must be a post or delete with a body, or a get without one")?;
    let statuses = entries(&node["responses"]).map(|(status, _)| status).collect::<Vec<_>>();
    // What nobody has seen is not declared: it would cost each call its type. A receiver of yours may refuse.
    let expected: &[&str] = if document.is_received() { &["200", "401"] } else { &["200"] };
    require(document, statuses == expected, &place, format!("must have the responses {expected:?} and no other"))?;
    if operation.has_body() {
        check_media_type(document, &format!("{place}.requestBody"), &node["requestBody"])?;
    }
    check_media_type(document, &format!("{place}.responses.200"), &node["responses"]["200"])?;
    if document.is_received() { check_notification(document, operation) } else { check_call(document, operation) }
}

fn check_call(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let decided = operation.node["x-linksfield-safe-to-retry"].is_boolean();
    require(document, decided, &operation.place(), "must have x-linksfield-safe-to-retry, true or false")?;
    check_request(document, operation)?;
    check_response(document, operation)?;
    check_pagination(document, operation)
}

/// A paginated operation has the parameter and the fields that it says it is paginated by.
fn check_pagination(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let Some(pagination) = operation.node.get("x-linksfield-pagination") else { return Ok(()) };
    let [number, size, position, total_pages, total_count, items] = pages::NAMES.map(|name| text(&pagination[name]));
    let parameters = document.schema(&format!("{}Request", operation.parameters_name()));
    let data = document.schema(&format!("{}Output", operation.parameters_name()));
    let totals = &document.resolved(&data["properties"][position])["properties"];
    let counts = [
        &parameters["properties"][number],
        &parameters["properties"][size],
        &totals[total_pages],
        &totals[total_count],
    ];
    let counted = counts.into_iter().all(|count| count["type"] == "integer");
    let counted = counted
        && requires(parameters, number)
        && requires(parameters, size)
        && !requires(data, position)
        && [total_pages, total_count]
            .iter()
            .all(|total| !requires(document.resolved(&data["properties"][position]), total));
    let listed = reference(&data["properties"][items]["items"]).is_some();
    let rule = format!("must have x-linksfield-pagination with {}, which it has", pages::NAMES.join(", "));
    require(document, counted && listed, &operation.place(), rule)
}

fn check_extensions(document: &Document, place: &str, node: &Value) -> Result<()> {
    let documentation = &node["x-linksfield-documentation"];
    let sourced = is_text(&documentation["title"]) && is_text(&documentation["page"]);
    require(document, sourced, place, "must have x-linksfield-documentation with title and page")?;
    let completeness = text(&documentation["completeness"]);
    let known = COMPLETENESS.contains(&completeness);
    require(
        document,
        known,
        place,
        format!("must have a completeness in x-linksfield-documentation of {}", COMPLETENESS.join(", ")),
    )
}

fn check_media_type(document: &Document, place: &str, node: &Value) -> Result<()> {
    let types = entries(&node["content"]).map(|(media_type, _)| media_type).collect::<Vec<_>>();
    require(document, types == ["application/json"], place, "must have the media type application/json and no other")
}

/// The body is the schema that is named after the operation, and has the fields that it is recognized by.
fn check_notification(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let name = operation.parameters_name();
    let body = json_schema(&operation.node["requestBody"]);
    let rule = format!("must refer to the schema {name}");
    require(document, reference(body) == Some(&name), &format!("{}.requestBody", operation.place()), rule)?;
    let fields = &document.resolved(body)["properties"];
    let unknown = items(&operation.node["x-linksfield-recognized-by"]).find(|field| fields[text(field)].is_null());
    let rule = format!("must have the field {} that it is recognized by", unknown.map(text).unwrap_or_default());
    require(document, unknown.is_none(), &operation.place(), rule)
}

/// The body is `…Request`: the signed parameters and those of the operation.
fn check_request(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let name = operation.parameters_name();
    let place = operation.place();
    let body = json_schema(&operation.node["requestBody"]);
    let rule = format!("must refer to the schema {name}Request as its body");
    require(document, !operation.has_body() || reference(body) == Some(&format!("{name}Request")), &place, rule)?;
    let schema = document.resolved(body);
    let placed = || document.placed(operation);
    for signed in items(&document.root["x-linksfield-envelope"]["request"]).map(text) {
        let in_body = !schema["properties"][signed].is_null() && requires(schema, signed);
        let in_query = placed().any(|parameter| parameter["name"] == signed && parameter["required"] == true);
        require(document, in_body || in_query, &place, format!("must have and require the signed parameter {signed}"))?;
    }
    for part in operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let described = placed().any(|parameter| parameter["in"] == "path" && parameter["name"] == part);
        require(document, described, &place, format!("must have the parameter {part}, which its path names"))?;
    }
    let rule = format!("must have another name: {name} is that of the operation's parameters");
    require(document, document.schema(&name).is_null(), &format!("components.schemas.{name}"), rule)
}

/// The answer is `…Answer`, the envelope around `…Output`, or `…Output` itself.
fn check_response(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let (response, data) =
        (format!("{}Answer", operation.parameters_name()), format!("{}Output", operation.parameters_name()));
    let place = format!("{}.responses.200", operation.place());
    let answer = json_schema(&operation.node["responses"]["200"]);
    if reference(answer) != Some(&data) {
        let rule = format!("must refer to the schema {response}");
        require(document, reference(answer) == Some(&response), &place, rule)?;
        let schema = document.schema(&response);
        let place = format!("components.schemas.{response}");
        let envelope = items(&document.root["x-linksfield-envelope"]["response"]).map(text).collect::<BTreeSet<_>>();
        let around = entries(&schema["properties"]).map(|(name, _)| name).filter(|name| *name != "data");
        let enveloped =
            around.collect::<BTreeSet<_>>() == envelope && envelope.iter().all(|name| requires(schema, name));
        require(document, enveloped, &place, "must have the fields of the envelope around its data, and require them")?;
        let refers = reference(&schema["properties"]["data"]) == Some(&data) && !requires(schema, "data");
        require(document, refers, &place, format!("must have data that refers to {data} and is not required"))?;
        check_refused(document, &data)?;
    }
    let data = document.schema(&data);
    let place = format!("components.schemas.{}Output", operation.parameters_name());
    let mut known = items(&data["x-linksfield-required-on-success"]).map(|field| &data["properties"][text(field)]);
    let kept = known.all(|field| !field.is_null() && document.resolved(field)["nullable"] != true);
    require(
        document,
        kept,
        &place,
        "must have x-linksfield-required-on-success of fields that it has, and never as null",
    )
}

/// Strict readers of a refusal take its data for that of a success, or for nothing.
fn check_refused(document: &Document, data: &str) -> Result<()> {
    let (schema, place) = (document.schema(data), format!("components.schemas.{data}"));
    require(document, schema["nullable"] == true, &place, "must be nullable: a failed call may have no data")?;
    let open = schema["required"].is_null() && schema["minProperties"].is_null();
    let rule = "must have x-linksfield-required-on-success instead of required and minProperties: a failed call may have \
                the data {}";
    require(document, open, &place, rule)
}

/// The names of all codes differ: some languages have them in one scope.
fn check_code_names(document: &Document) -> Result<()> {
    let mut taken = document.schemas().map(|(name, _)| name).collect::<BTreeSet<_>>();
    for (name, schema) in document.schemas() {
        let new = items(&schema["x-enum-varnames"]).all(|code| taken.insert(text(code)));
        let rule = "must have x-enum-varnames that no other schema has, as codes or as its name";
        require(document, new, &format!("components.schemas.{name}"), rule)?;
    }
    Ok(())
}

/// No schema of what Linksfield sends limits what it may send.
fn check_answers(document: &Document) -> Result<()> {
    for operation in document.operations() {
        let sent = if document.is_received() { "requestBody" } else { "responses" };
        for name in peel::reachable(document, peel::references(&operation.node[sent])) {
            let schema = document.schema(&name);
            let place = format!("components.schemas.{name}");
            let closed = schema["type"] == "object"
                && entries(&schema["properties"]).next().is_none()
                && schema["additionalProperties"] != true;
            let rule = "must have additionalProperties: true, as it has no fields: an answer with one would be refused";
            require(document, !closed, &place, rule)?;
            for part in std::iter::once(schema).chain(entries(&schema["properties"]).map(|(_, property)| property)) {
                let limit = LIMITS.iter().find(|limit| !part[**limit].is_null()).unwrap_or(&"");
                let rule = format!("must not have the limit {limit}: an answer that breaks it would be refused");
                require(document, limit.is_empty(), &place, rule)?;
            }
        }
    }
    Ok(())
}

fn requires(schema: &Value, property: &str) -> bool {
    items(&schema["required"]).any(|required| required == property)
}

fn check_schema(document: &Document, place: &str, schema: &Value) -> Result<()> {
    check_value(document, place, schema)?;
    check_codes(document, place, schema)?;
    for (name, property) in entries(&schema["properties"]) {
        let place = format!("{place}.properties.{name}");
        check_property(document, &place, property)?;
        let nullable = document.resolved(property)["nullable"] == true;
        require(document, !(requires(schema, name) && nullable), &place, "must not be both required and nullable")?;
    }
    for required in items(&schema["required"]).filter_map(Value::as_str) {
        let known = !schema["properties"][required].is_null();
        require(document, known, place, format!("must have the property {required}, which it requires"))?;
    }
    check_value(document, place, &schema["items"])?;
    require(
        document,
        schema["items"].is_null() || reference(&schema["items"]).is_some(),
        place,
        "must have named items",
    )
}

/// A property is described, has an example, and is of a simple type or a named one.
fn check_property(document: &Document, place: &str, property: &Value) -> Result<()> {
    if reference(property).is_some() {
        return Ok(());
    }
    require(document, is_text(&property["description"]), place, "must have a description")?;
    check_value(document, place, property)?;
    let unnamed =
        property["type"] == "object" || coded::values(property).is_some() || !property["properties"].is_null();
    require(document, !unnamed, place, "must refer to a named schema: objects and coded strings are named")?;
    let item = &property["items"];
    let named_items = item.is_null() || reference(item).is_some() || item["type"] == "string";
    require(document, named_items, place, "must have named items")?;
    let shown = reference(item).is_some() || !property["example"].is_null();
    require(document, shown, place, "must have an example")
}

fn check_value(document: &Document, place: &str, schema: &Value) -> Result<()> {
    for (trap, rule) in TRAPS {
        require(document, schema[trap].is_null(), place, rule)?;
    }
    let format = text(&schema["format"]);
    let kind = format.to_upper_camel_case();
    let named = !document.schema(&kind).is_null() || generate::by_hand().any(|name| name == kind);
    let known = schema["format"].is_null() || format == "int64" || named;
    require(document, known, place, format!("must have the format int64 or that of a kind of text, not {format}"))
}

/// A coded string has a name and a description for each code.
fn check_codes(document: &Document, place: &str, schema: &Value) -> Result<()> {
    let Some(codes) = coded::values(schema) else { return Ok(()) };
    require(document, codes.iter().all(Value::is_string), place, "must have text as its codes: quote them")?;
    for (extension, what) in [("x-enum-varnames", "name"), ("x-enum-descriptions", "description")] {
        let texts = items(&schema[extension]).filter(|text| is_text(text)).count();
        let rule = format!("must have {extension} with a {what} for each of its {} codes, as text", codes.len());
        require(document, texts == codes.len() && items(&schema[extension]).count() == texts, place, rule)?;
    }
    let names = items(&schema["x-enum-varnames"]).filter_map(Value::as_str).collect::<BTreeSet<_>>();
    let idiomatic =
        names.iter().all(|name| name.to_upper_camel_case() == **name && syn::parse_str::<syn::Ident>(name).is_ok());
    require(
        document,
        idiomatic && names.len() == codes.len(),
        place,
        "must have x-enum-varnames that differ and are in UpperCamelCase",
    )
}
