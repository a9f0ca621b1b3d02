//! What a schema has to be, so that a type can be made of it.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use serde_json::Value;

use super::super::document::{Document, Result, entries, items, reference, text};
use super::super::shape::{LIMITS, SCALARS, Shape};
use super::super::{coded, generate, peel};
use super::{is_text, require};

/// What holds codes.
const CODED: [&str; 2] = ["enum", "x-extensible-enum"];

/// What says nothing of any other shape.
const OF_A_SHAPE: [(&str, &str); 5] = [
    ("properties", "object"),
    ("required", "object"),
    ("additionalProperties", "object"),
    ("x-linksfield-required-on-success", "object"),
    ("items", "array"),
];

pub fn check_words(document: &Document, place: &str, schema: &Value) -> Result<()> {
    let name = place.rsplit('.').next().unwrap_or_default();
    let described = is_text(&schema["description"]) || is_whole(document, name);
    require(document, described, place, "must have a description")?;
    require(document, name == name.to_upper_camel_case(), place, "must have a name in UpperCamelCase")
}

/// Whether a schema is the whole body or answer of an operation: its name says what it is.
fn is_whole(document: &Document, name: &str) -> bool {
    let mut wholes = document
        .operations()
        .flat_map(|operation| [reference(operation.body()) == Some(name), reference(operation.answer()) == Some(name)]);
    wholes.any(|whole| whole)
}

pub fn check_shape(document: &Document, place: &str, schema: &Value) -> Result<()> {
    require(
        document,
        reference(schema).is_none(),
        place,
        "must be written out: a schema that only refers is a second name",
    )?;
    check_value(document, place, schema)?;
    let empty = Shape::of(schema) == Shape::Object
        && entries(&schema["properties"]).next().is_none()
        && schema["additionalProperties"] != true;
    let rule = "must have additionalProperties: true, as it has no fields: nothing could be said in it, and an answer with \
                a field would be refused";
    require(document, !empty, place, rule)?;
    for (name, field) in entries(&schema["properties"]) {
        check_field(document, &format!("{place}.properties.{name}"), field)?;
    }
    let beside = entries(&schema["properties"]).next().is_some() && schema["additionalProperties"].is_object();
    let rule = "must have additionalProperties: true beside its properties, or none: only a map has a schema there";
    require(document, !beside, place, rule)
}

/// A field is described, has an example, and is of a plain type or a named one.
pub fn check_field(document: &Document, place: &str, field: &Value) -> Result<()> {
    if reference(field).is_some() {
        return Ok(());
    }
    require(document, is_text(&field["description"]), place, "must have a description")?;
    check_value(document, place, field)?;
    check_no_codes(document, place, field)?;
    let shape = Shape::of(field);
    let unnamed = matches!(shape, Shape::Object | Shape::Map(_)) || coded::values(field).is_some();
    require(document, !unnamed, place, "must refer to a named schema: objects and coded strings are named")?;
    let shown = shape.inner().and_then(reference).is_some() || !field["example"].is_null();
    require(document, shown, place, "must have an example")
}

/// It has a type, what belongs to that, and what it holds is named or plain.
fn check_value(document: &Document, place: &str, schema: &Value) -> Result<()> {
    let shape = Shape::of(schema);
    let rule =
        "must have a type: string, integer, number, boolean, array or object; or a oneOf of those that are plain";
    require(document, shape != Shape::Unknown, place, rule)?;
    let kind = text(&schema["type"]);
    let foreign = OF_A_SHAPE.iter().find(|(key, of)| !schema[*key].is_null() && kind != *of);
    let rule = foreign.map(|(key, of)| format!("must not have {key}: it says nothing of another type than {of}"));
    require(document, foreign.is_none(), place, rule.unwrap_or_default())?;
    check_format(document, place, schema)?;
    check_extensions(document, place, schema)?;
    match shape {
        Shape::List(inner) | Shape::Map(inner) => check_inner(document, place, inner),
        Shape::Choice => check_choice(document, place, schema),
        _ => require(document, schema["oneOf"].is_null(), place, "must have a oneOf or a type, not both"),
    }
}

/// What names codes stands where codes are, and what says what a text identifies at a text.
fn check_extensions(document: &Document, place: &str, schema: &Value) -> Result<()> {
    let named = ["x-enum-varnames", "x-enum-descriptions"].into_iter().find(|key| !schema[*key].is_null());
    let rule = format!("must have codes, in enum or x-extensible-enum, for its {}", named.unwrap_or_default());
    require(document, named.is_none() || coded::values(schema).is_some(), place, rule)?;
    let identifies = &schema["x-linksfield-identifies"];
    let known = identifies.is_null() || ["order", "request"].contains(&text(identifies)) && schema["type"] == "string";
    require(
        document,
        known,
        place,
        "must have x-linksfield-identifies at a text, and identify an order or a request: nothing else is known",
    )
}

pub fn check_inner(document: &Document, place: &str, inner: &Value) -> Result<()> {
    if reference(inner).is_some() {
        let listed = matches!(Shape::of(document.resolved(inner)), Shape::List(_));
        return require(document, !listed, place, "must not hold lists: put an object around each");
    }
    let plain = matches!(Shape::of(inner), Shape::Scalar | Shape::Choice) && coded::values(inner).is_none();
    let plain = plain && inner["nullable"] != true;
    require(
        document,
        plain,
        place,
        "must have named items: what it holds refers to a named schema, or is a plain type that is never null",
    )?;
    check_no_codes(document, place, inner)?;
    check_value(document, place, inner)
}

/// Codes without a field are named after the whole that has them somewhere.
fn check_no_codes(document: &Document, place: &str, schema: &Value) -> Result<()> {
    let rule = "must not have x-linksfield-codes: they stand at the named schema that has them somewhere";
    require(document, schema["x-linksfield-codes"].is_null(), place, rule)
}

fn check_choice(document: &Document, place: &str, schema: &Value) -> Result<()> {
    let plain = |choice: &Value| {
        let known = |(key, _): (&str, _)| ["type", "format", "description", "example"].contains(&key);
        SCALARS.contains(&text(&choice["type"])) && entries(choice).all(known)
    };
    let plain = items(&schema["oneOf"]).count() > 1 && items(&schema["oneOf"]).all(plain);
    require(
        document,
        plain,
        place,
        "must be a oneOf of plain types (string, integer, number, boolean), which have no more than a format: of objects, write one with the fields of all",
    )
}

/// A format changes no type, except that a kind of text may have one.
fn check_format(document: &Document, place: &str, schema: &Value) -> Result<()> {
    let format = text(&schema["format"]);
    let known = match text(&schema["type"]) {
        _ if format.is_empty() => true,
        "integer" => ["int32", "int64"].contains(&format),
        "number" => ["float", "double"].contains(&format),
        "string" => is_kind(document, format),
        _ => false,
    };
    let rule = format!(
        "must have the format int64 or that of a kind of text, not {format}: a kind is a schema of this name in \
         UpperCamelCase, TimeText for times"
    );
    require(document, known, place, rule)
}

/// Whether a named text has this format.
fn is_kind(document: &Document, format: &str) -> bool {
    let kind = format.to_upper_camel_case();
    document.schema(&kind)["type"] == "string" || generate::by_hand().any(|name| name == kind)
}

pub fn check_required(document: &Document, place: &str, schema: &Value) -> Result<()> {
    for name in items(&schema["required"]).map(text) {
        let field = &schema["properties"][name];
        require(document, !field.is_null(), place, format!("must have the property {name}, which it requires"))?;
        let nullable = document.resolved(field)["nullable"] == true;
        let place = format!("{place}.properties.{name}");
        require(document, !nullable, &place, "must not be both required and nullable")?;
    }
    let own = place.rsplit('.').next().unwrap_or_default();
    let rule = "must not require itself, through any fields: there is no such value";
    require(document, !needed(document, schema).contains(own), place, rule)?;
    let fields = &schema["properties"];
    let mut known = items(&schema["x-linksfield-required-on-success"]).map(|field| &fields[text(field)]);
    let kept = known.all(|field| !field.is_null() && document.resolved(field)["nullable"] != true);
    let rule = "must have x-linksfield-required-on-success of fields that it has, and never as null";
    require(document, kept, place, rule)?;
    let is_data = document.operations().any(|operation| peel::output(document, &operation) == Some(own));
    let rule = "must have required, not x-linksfield-required-on-success: it is not the data of an answer";
    require(document, schema["x-linksfield-required-on-success"].is_null() || is_data, place, rule)
}

/// The names of the schemas that any value of a schema has a value of in it.
fn needed<'a>(document: &'a Document, schema: &'a Value) -> BTreeSet<&'a str> {
    let of = |schema: &'a Value| {
        let required = ["required", "x-linksfield-required-on-success"].into_iter().flat_map(|key| items(&schema[key]));
        required.filter_map(|name| reference(&schema["properties"][text(name)]))
    };
    let (mut found, mut wanted) = (BTreeSet::new(), of(schema).collect::<Vec<_>>());
    while let Some(name) = wanted.pop() {
        if found.insert(name) {
            wanted.extend(of(document.schema(name)));
        }
    }
    found
}

/// Each code has a name and a description.
pub fn check_codes(document: &Document, place: &str, schema: &Value) -> Result<()> {
    let is_coded = CODED.iter().any(|key| !schema[*key].is_null());
    let Some(codes) = coded::values(schema) else {
        return require(document, !is_coded, place, "must have its codes as a list");
    };
    let one = schema["enum"].is_null() || schema["x-extensible-enum"].is_null();
    require(document, one, place, "must have enum or x-extensible-enum, not both")?;
    let (is_code, rule): (fn(&Value) -> bool, _) = match text(&schema["type"]) {
        "integer" => (Value::is_i64, "must have integers as its codes, within 64 bits"),
        "string" => (Value::is_string, "must have text as its codes: quote them"),
        _ => return Err(document.fault(place, "must be text or an integer, as it has codes")),
    };
    require(document, !codes.is_empty() && codes.iter().all(is_code), place, rule)?;
    for (extension, what) in [("x-enum-varnames", "name"), ("x-enum-descriptions", "description")] {
        let texts = items(&schema[extension]).filter(|text| is_text(text)).count();
        let rule = format!("must have {extension} with a {what} for each of its {} codes, as text", codes.len());
        require(document, texts == codes.len() && items(&schema[extension]).count() == texts, place, rule)?;
    }
    let names = items(&schema["x-enum-varnames"]).map(text).collect::<BTreeSet<_>>();
    let idiomatic = |name: &&str| name.to_upper_camel_case() == **name && syn::parse_str::<syn::Ident>(name).is_ok();
    let rule = "must have x-enum-varnames that differ and are in UpperCamelCase";
    require(document, names.iter().all(idiomatic) && names.len() == codes.len(), place, rule)?;
    let rule = "must have other x-enum-varnames than Unknown, which is that of every other code";
    require(document, !names.contains("Unknown"), place, rule)?;
    let differ = codes.iter().enumerate().all(|(index, code)| !codes[..index].contains(code));
    require(document, differ, place, "must have each code once")
}

/// No schema of what Linksfield sends limits what it may send.
pub fn check_answers(document: &Document) -> Result<()> {
    for operation in document.operations() {
        let sent = if document.is_received() { operation.body() } else { operation.answer() };
        check_limits(document, &operation.place(), sent)?;
        for name in peel::reachable(document, peel::references(sent)) {
            let (schema, place) = (document.schema(&name), format!("components.schemas.{name}"));
            check_limits(document, &place, schema)?;
            entries(&schema["properties"]).try_for_each(|(_, field)| check_limits(document, &place, field))?;
        }
    }
    Ok(())
}

/// Closed codes and limits would refuse a good answer of which the documentation does not tell.
fn check_limits(document: &Document, place: &str, schema: &Value) -> Result<()> {
    for part in std::iter::once(schema).chain(Shape::of(schema).inner()) {
        let mut limits = std::iter::once("enum").chain(LIMITS);
        let limit = limits.find(|limit| !part[*limit].is_null()).unwrap_or_default();
        let rule = format!("must not have the limit {limit}: an answer that breaks it would be refused");
        require(document, limit.is_empty(), place, rule)?;
    }
    Ok(())
}
