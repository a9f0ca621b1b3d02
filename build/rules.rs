//! The rules that a specification of this crate keeps, beyond those of OpenAPI.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use serde_json::Value;

use super::document::{Document, Operation, Result, entries, items, json_schema, reference, text, type_name};
use super::peel::SIGNED_PARAMETERS;
use super::{coded, pages};

const ENVELOPE: &str = "Envelope";
const COMPLETENESS: [&str; 3] = ["complete", "partial", "path-only"];

/// What the generator misreads, or what would refuse a good answer.
const TRAPS: [(&str, &str); 5] = [
    ("default", "must not have a default: it would be sent and signed on every call"),
    ("oneOf", "must not be a oneOf: the generator makes it a closed enum"),
    ("anyOf", "must not be an anyOf: the generator can't express it"),
    ("pattern", "must not have a pattern: an answer that breaks it would be refused"),
    ("format", "must not be of format date-time: the API does not write RFC 3339"),
];

pub fn check(document: &Document) -> Result<()> {
    check_version(document)?;
    check_servers(document)?;
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
        require(document, name == name.to_upper_camel_case(), &place, "must have a name in UpperCamelCase")?;
        check_schema(document, &place, schema)?;
    }
    Ok(())
}

fn require(document: &Document, kept: bool, place: &str, rule: impl Into<String>) -> Result<()> {
    if kept { Ok(()) } else { Err(document.fault(place, rule)) }
}

fn is_text(node: &Value) -> bool {
    !text(node).trim().is_empty()
}

fn check_version(document: &Document) -> Result<()> {
    let version = text(&document.root["openapi"]);
    require(document, version.starts_with("3.0."), "openapi", "must be 3.0.x")
}

fn check_servers(document: &Document) -> Result<()> {
    for (index, server) in items(&document.root["servers"]).enumerate() {
        let named = is_text(&server["x-linksfield-environment"]) && is_text(&server["description"]);
        require(document, named, &format!("servers.{index}"), "must have a description and x-linksfield-environment")?;
    }
    Ok(())
}

/// Every reference, and every `x-linksfield-type`, names something that is there.
fn check_references(document: &Document, place: &str, node: &Value) -> Result<()> {
    if let Some(target) = node["$ref"].as_str() {
        let pointer = target.strip_prefix('#').and_then(|pointer| document.root.pointer(pointer));
        require(document, pointer.is_some(), place, format!("must refer to something in this file, not {target}"))?;
    }
    if let Some(name) = node["x-linksfield-type"].as_str() {
        let known = !document.schema(name).is_null();
        require(
            document,
            known,
            place,
            format!("must have the name of a schema as its x-linksfield-type, not {name}"),
        )?;
    }
    let fields = entries(node).map(|(key, value)| (key.to_owned(), value));
    let all = fields.chain(items(node).enumerate().map(|(index, value)| (index.to_string(), value)));
    for (key, value) in all.filter(|(key, _)| key != "example" && key != "examples") {
        check_references(document, format!("{place}.{key}").trim_start_matches('.'), value)?;
    }
    Ok(())
}

fn check_operation(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let place = operation.place();
    let node = operation.node;
    let last = operation.path.rsplit('/').next().unwrap_or_default();
    require(
        document,
        operation.id() == last,
        &place,
        format!("must have the operationId {last}, the last part of its path"),
    )?;
    require(document, is_text(&node["summary"]), &place, "must have a summary")?;
    require(document, node["tags"].as_array().is_some_and(|tags| tags.len() == 1), &place, "must have one tag")?;
    check_extensions(document, &place, node)?;
    require(document, operation.method == "post", &place, "must be a post: the signing hook signs bodies")?;
    let statuses = entries(&node["responses"]).map(|(status, _)| status).collect::<Vec<_>>();
    require(document, statuses == ["200"], &place, "must have the response 200 and no other")?;
    check_media_type(document, &format!("{place}.requestBody"), &node["requestBody"])?;
    check_media_type(document, &format!("{place}.responses.200"), &node["responses"]["200"])?;
    check_request(document, operation)?;
    check_response(document, operation)?;
    check_pagination(document, operation)
}

/// A paginated operation has the parameter and the fields that it says it is paginated by.
fn check_pagination(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let Some(pagination) = operation.node.get("x-linksfield-pagination") else { return Ok(()) };
    let [number, position, total, items] = pages::NAMES.map(|name| text(&pagination[name]));
    let parameters = document.schema(&operation.parameters_name());
    let data = document.schema(&format!("{}Data", operation.parameters_name()));
    let place_of = type_name(&data["properties"][position]).unwrap_or_default();
    let counted = parameters["properties"][number]["type"] == "integer"
        && document.schema(place_of)["properties"][total]["type"] == "integer";
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
    )?;
    let decided = node["x-linksfield-safe-to-retry"].is_boolean();
    require(document, decided, place, "must have x-linksfield-safe-to-retry, true or false")
}

fn check_media_type(document: &Document, place: &str, node: &Value) -> Result<()> {
    let types = entries(&node["content"]).map(|(media_type, _)| media_type).collect::<Vec<_>>();
    require(document, types == ["application/json"], place, "must have the media type application/json and no other")
}

/// The body is `…Request`: the signed parameters and those of the operation, which are named after it.
fn check_request(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let name = operation.parameters_name();
    let place = format!("{}.requestBody", operation.place());
    let body = reference(json_schema(&operation.node["requestBody"]));
    require(
        document,
        body == Some(&format!("{name}Request")),
        &place,
        format!("must refer to the schema {name}Request"),
    )?;
    let parts = items(&document.schema(&format!("{name}Request"))["allOf"]).map(reference).collect::<Vec<_>>();
    let composed = parts == [Some(SIGNED_PARAMETERS), Some(&name)];
    require(
        document,
        composed,
        &format!("components.schemas.{name}Request"),
        format!("must be allOf {SIGNED_PARAMETERS} and {name}"),
    )
}

/// The answer is `…Response`: the envelope around `…Data`.
fn check_response(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let name = operation.parameters_name();
    let place = format!("{}.responses.200", operation.place());
    let answer = reference(json_schema(&operation.node["responses"]["200"]));
    require(
        document,
        answer == Some(&format!("{name}Response")),
        &place,
        format!("must refer to the schema {name}Response"),
    )?;
    let schema = document.schema(&format!("{name}Response"));
    let place = format!("components.schemas.{name}Response");
    let enveloped = reference(&schema["allOf"][0]) == Some(ENVELOPE);
    let data = reference(&schema["allOf"][1]["properties"]["data"]);
    let composed = enveloped && data == Some(&format!("{name}Data"));
    require(
        document,
        composed,
        &place,
        format!("must be allOf {ENVELOPE} and an object whose data refers to {name}Data"),
    )?;
    let nullable = document.schema(&format!("{name}Data"))["nullable"] == true;
    require(
        document,
        nullable,
        &format!("components.schemas.{name}Data"),
        "must be nullable: a failed call may have no data",
    )
}

fn check_schema(document: &Document, place: &str, schema: &Value) -> Result<()> {
    require(document, is_text(&schema["description"]), place, "must have a description")?;
    check_value(document, place, schema)?;
    check_codes(document, place, schema)?;
    let parts = std::iter::once(schema).chain(items(&schema["allOf"]));
    for part in parts {
        for (name, property) in entries(&part["properties"]) {
            let place = format!("{place}.properties.{name}");
            check_property(document, &place, property)?;
            let required = items(&part["required"]).any(|required| required == name);
            let nullable = type_name(property).map_or(property, |name| document.schema(name))["nullable"] == true;
            require(document, !(required && nullable), &place, "must not be both required and nullable")?;
        }
        for required in items(&part["required"]).filter_map(Value::as_str) {
            let known = parts_have(document, schema, required);
            require(document, known, place, format!("must have the property {required}, which it requires"))?;
        }
    }
    check_value(document, place, &schema["items"])?;
    require(
        document,
        schema["items"].is_null() || reference(&schema["items"]).is_some(),
        place,
        "must have named items",
    )
}

fn parts_have(document: &Document, schema: &Value, property: &str) -> bool {
    let here = !schema["properties"][property].is_null();
    here || items(&schema["allOf"]).any(|part| parts_have(document, document.resolved(part), property))
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
    let shown = !property["allOf"].is_null() || reference(item).is_some() || !property["example"].is_null();
    require(document, shown, place, "must have an example")
}

fn check_value(document: &Document, place: &str, schema: &Value) -> Result<()> {
    for (trap, rule) in TRAPS {
        let caught = !schema[trap].is_null() && (trap != "format" || schema["format"] == "date-time");
        require(document, !caught, place, rule)?;
    }
    Ok(())
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
