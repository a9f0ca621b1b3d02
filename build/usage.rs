//! How a method is used, with the example of its document as Rust that compiles; and from each type back to its method.

use std::collections::BTreeSet;
use std::fmt::Write;

use heck::ToSnakeCase;
use serde_json::{Map, Value};
use syn::{Ident, Item, parse_quote};

use super::document::{Document, Operation, entries, items, reference, requires, text};
use super::shape::Shape;
use super::{coded, peel, polish, table};

/// An example of a call, as a test of the documentation.
pub fn example(document: &Document, operation: &Operation<'_>) -> String {
    let (name, method) = (operation.parameters_name(), operation.id().to_snake_case());
    let module = module(document);
    let given = table::example(document, operation);
    let mut types = BTreeSet::from([name.clone()]);
    let built = built(document, &name, &peel::parameters(document, operation), &given, 0, &mut types);
    let (types, parameters) = match built {
        Some(built) => (listed(types), format!("let parameters = {built};")),
        // What no builder can be told is read from JSON.
        None => {
            let json = raw(&Value::Object(given).to_string());
            let read = format!("linksfield::serde_json::from_str({json})?");
            (name.clone(), format!("let parameters: {name} = {read};"))
        }
    };
    format!(
        "```no_run\n# async fn example(client: {module}::Client) -> Result<(), Box<dyn std::error::Error>> {{\nuse \
         {module}::types::{types};\n\n{parameters}\nlet data = client.{method}(&parameters).await?;\nprintln!(\"{{data:?}}\");\
         \n# Ok(()) }}\n```"
    )
}

/// Names as an import has them.
fn listed(names: BTreeSet<String>) -> String {
    let text = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() == 1 { text } else { format!("{{{text}}}") }
}

/// The module of an API: named as its document, in that of the feature that turns it on.
fn module(document: &Document) -> String {
    let name = document.name();
    let around = document.feature().filter(|feature| *feature != name);
    let path: Vec<_> = around.into_iter().chain([name]).map(str::to_snake_case).collect();
    format!("linksfield::{}", path.join("::"))
}

/// An object of the type `name` by its builder; none if a value can't be told to one.
fn built(
    document: &Document,
    name: &str,
    schema: &Value,
    given: &Map<String, Value>,
    depth: usize,
    types: &mut BTreeSet<String>,
) -> Option<String> {
    // An object of any fields is a map, which has no builder.
    entries(&schema["properties"]).next()?;
    let margin = "    ".repeat(depth + 1);
    let mut text = format!("{name}::builder()");
    for (field, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        let property = schema["properties"].get(field)?;
        let value = expression(document, property, value, depth + 1, types)?;
        write!(text, "\n{margin}.{}({value})", member(field)).ok()?;
    }
    let is_whole =
        entries(&schema["properties"]).all(|(field, _)| given.contains_key(field) || !requires(schema, field));
    is_whole.then(|| format!("{text}\n{margin}.build()"))
}

/// What the generator makes of a field's name: it adds to the words of Rust.
pub fn member(field: &str) -> String {
    let name = field.to_snake_case();
    // `syn` does not know this word of the edition.
    if syn::parse_str::<Ident>(&name).is_ok() && name != "gen" { name } else { format!("{name}_") }
}

/// A text as a literal without escapes.
fn raw(text: &str) -> String {
    let mut marks = "#".to_owned();
    while text.contains(&format!("\"{marks}")) {
        marks.push('#');
    }
    format!("r{marks}\"{text}\"{marks}")
}

/// A value as a builder takes it.
fn expression(
    document: &Document,
    property: &Value,
    value: &Value,
    depth: usize,
    types: &mut BTreeSet<String>,
) -> Option<String> {
    let schema = document.resolved(property);
    if let Some(codes) = coded::values(schema) {
        let names = items(&schema["x-enum-varnames"]).map(text);
        let known = codes.iter().zip(names).find(|(code, _)| *code == value);
        let (name, (_, variant)) = reference(property).zip(known)?;
        types.insert(name.to_owned());
        return Some(format!("{name}::{variant}"));
    }
    match (Shape::of(schema), value) {
        // The type of these is made of numbers.
        (Shape::Scalar, Value::String(millis)) if schema["format"] == "epoch-millis" => Some(format!("{millis}_i64")),
        (Shape::Scalar | Shape::Choice, Value::String(text)) => Some(format!("{text:?}")),
        (Shape::Scalar, Value::Bool(value)) => Some(value.to_string()),
        (Shape::Scalar, Value::Number(number)) if schema["type"] == "integer" => Some(number.to_string()),
        (Shape::Choice, Value::Number(number)) => number.as_i64().map(|number| format!("{number}_i64")),
        (Shape::List(item), Value::Array(values)) if !values.is_empty() => {
            let values = values.iter().map(|value| expression(document, item, value, depth, types));
            Some(format!("[{}]", values.collect::<Option<Vec<_>>>()?.join(", ")))
        }
        (Shape::Object, Value::Object(given)) => {
            let name = reference(property)?;
            types.insert(name.to_owned());
            built(document, name, schema, given, depth, types)
        }
        _ => None,
    }
}

/// Lets the types of parameters and answers say which method they are of; only in the documentation, for JSON Schemas have
/// no use of it.
pub fn link(wire: &mut syn::File, document: &Document) {
    let Some(types) = wire.items.iter_mut().find_map(polish::types_module) else { return };
    // What is received has no methods.
    if document.is_received() {
        return;
    }
    for operation in document.operations() {
        let method = operation.id().to_snake_case();
        for (name, what) in
            [(operation.parameters_name(), "Parameters of"), (peel::own_output(&operation), "Returned by")]
        {
            let about = format!("\n\n{what} [`Client::{method}`](super::super::Client::{method}).");
            let named = types.iter_mut().find_map(|item| match item {
                Item::Struct(definition) if definition.ident == name => Some(definition),
                _ => None,
            });
            if let Some(definition) = named {
                definition.attrs.push(parse_quote!(#[cfg_attr(doc, doc = #about)]));
            }
        }
    }
}
