//! What becomes a name in Rust, and must be there once in its scope.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::Value;

use super::super::document::{ALSO_NAMED, Document, Operation, Result, entries, items, reference, requires, text};
use super::super::{generate, peel};
use super::require;

/// What a client has beside the methods of its operations.
const METHODS: [&str; 10] =
    ["ask", "builder", "call", "clone", "fmt", "from_env", "new", "new_with_client", "perform", "perform_items"];

/// The event that is none of those that a document names.
const OTHER_EVENT: &str = "Unknown";

/// The names of all codes differ: some languages have them in one scope.
pub fn check_codes(document: &Document) -> Result<()> {
    let mut taken = document.schemas().map(|(name, _)| name).collect::<BTreeSet<_>>();
    for (name, schema) in document.schemas() {
        let new = items(&schema["x-enum-varnames"]).all(|code| taken.insert(text(code)));
        let rule = "must have x-enum-varnames that no other schema has, as codes or as its name";
        require(document, new, &format!("components.schemas.{name}"), rule)?;
    }
    Ok(())
}

/// A field that Linksfield sends by two names: it is one of the data of an answer, and neither is that of another.
pub fn check_other_names(document: &Document) -> Result<()> {
    let requests = document.operations().filter(|_| !document.is_received()).flat_map(|operation| {
        let asked = [&operation.node["parameters"], &operation.node["requestBody"]];
        asked.into_iter().flat_map(peel::references).collect::<Vec<_>>()
    });
    let sent = peel::reachable(document, requests.collect());
    let is_envelope = |name: &str| {
        let mut enveloped = document.operations().map(|operation| operation.answer());
        enveloped.any(|answer| reference(answer) == Some(name) && peel::is_enveloped(document, answer))
    };
    let mut named = Vec::new();
    collect_named(&document.root, &mut Vec::new(), &mut named);
    for (path, other) in named {
        let place = path.join(".");
        let rule = "must not have x-linksfield-also-named: it is of a field of an answer, inside the envelope";
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let ["components", "schemas", schema, "properties", field] = path[..] else {
            return Err(document.fault(place, rule));
        };
        require(document, !sent.contains(schema) && !is_envelope(schema), &place, rule)?;
        let fields = &document.schema(schema)["properties"];
        let mut taken = entries(fields).map(|(name, field)| (name, field[ALSO_NAMED].as_str()));
        let own = taken.all(|(name, second)| name != other && (name == field || second != Some(other)));
        let rule = format!("must have x-linksfield-also-named with a name that no other field has, not {other}");
        require(document, own, &place, rule)?;
    }
    Ok(())
}

/// Where something has another name, and which.
fn collect_named<'a>(node: &'a Value, path: &mut Vec<String>, named: &mut Vec<(Vec<String>, &'a str)>) {
    named.extend(node[ALSO_NAMED].as_str().map(|other| (path.clone(), other)));
    let fields = entries(node).map(|(key, value)| (key.to_owned(), value));
    for (key, value) in fields.chain(items(node).enumerate().map(|(index, item)| (index.to_string(), item))) {
        path.push(key);
        collect_named(value, path, named);
        path.pop();
    }
}

pub fn check(document: &Document) -> Result<()> {
    check_methods(document)?;
    check_types(document)?;
    let answered = |operation: Operation<'_>| peel::reachable(document, peel::references(operation.answer()));
    let answers: BTreeSet<_> = document.operations().flat_map(answered).collect();
    for (name, schema) in document.schemas() {
        let is_sent = !document.is_received() && !answers.contains(name);
        check_fields(document, &format!("components.schemas.{name}"), schema, is_sent)?;
    }
    if !document.is_received() {
        for operation in document.operations() {
            check_fields(document, &operation.place(), &peel::whole_request(document, &operation), true)?;
        }
    }
    Ok(())
}

fn check_methods(document: &Document) -> Result<()> {
    let mut taken: BTreeSet<_> = METHODS.iter().map(|name| (*name).to_owned()).collect();
    for operation in document.operations() {
        let name = operation.id().to_snake_case();
        let rule = format!("must have an operationId that is a name in Rust: {name} is none");
        require(document, is_plain(operation.id()) && is_name(&name), &operation.place(), rule)?;
        let pages = operation.node.get("x-linksfield-pagination").map(|_| format!("{name}_items"));
        for name in std::iter::once(name).chain(pages) {
            let rule = format!("must have an operationId of its own: the method {name} is there already");
            require(document, taken.insert(name), &operation.place(), rule)?;
        }
    }
    Ok(())
}

/// The names of all types: each object brings a builder, and the module of that one.
fn check_types(document: &Document) -> Result<()> {
    let of_schemas = document.schemas().map(|(name, _)| (name.to_owned(), format!("components.schemas.{name}")));
    let of_parameters = |operation: Operation<'_>| (operation.parameters_name(), operation.place());
    let of_parameters: Vec<_> = document.operations().filter(|_| !document.is_received()).map(of_parameters).collect();
    let mut taken = BTreeSet::new();
    for (name, place) in of_schemas.chain(of_parameters) {
        let named = is_plain(&name) && is_name(&name);
        require(document, named, &place, format!("must have another name: {name} is none for a type"))?;
        let stable = name.to_upper_camel_case();
        let rule = format!("must have another name: {name} would become {stable}, so let no letter stand alone");
        require(document, name == stable, &place, rule)?;
        let ours = generate::by_hand().any(|by_hand| by_hand == name);
        let rule = format!("must have another name: {name} is a type of the crate, which would take its place");
        require(document, !ours, &place, rule)?;
        let is_other = document.is_received() && name == OTHER_EVENT;
        let rule = format!("must have another name: {name} is the event of every other notification");
        require(document, !is_other, &place, rule)?;
        let own = taken.insert(name.to_snake_case()) && taken.insert(format!("{}_builder", name.to_snake_case()));
        let rule =
            format!("must have another name: {name} is that of a schema, of an operation's parameters or of a builder");
        require(document, own, &place, rule)?;
    }
    Ok(())
}

/// The names of all fields, and those that a type has beside them: of one that is sent `extra` holds what else is sent.
fn check_fields(document: &Document, place: &str, schema: &Value, is_sent: bool) -> Result<()> {
    let open = schema["additionalProperties"] == true;
    let has_extra = peel::has_extra(schema);
    let other = if is_sent { open.then_some(peel::EXTRA) } else { has_extra.then_some("more") };
    let mut taken: BTreeSet<_> = ["build"].into_iter().chain(other).map(str::to_owned).collect();
    for (name, _) in entries(&schema["properties"]) {
        let field = name.to_snake_case();
        let rule =
            format!("must have fields that begin with a letter and have letters, digits, _, - and . alone, not {name}");
        require(document, is_plain(name), place, rule)?;
        let maybe = (!requires(schema, name)).then(|| format!("maybe_{field}"));
        // A builder knows by a type for each field which of them are set.
        let state = field.to_upper_camel_case();
        for new in [field, state].into_iter().chain(maybe) {
            let rule = format!(
                "must have fields whose names in Rust differ: {new}, of the field {name}, is there already, or is one of the type's own"
            );
            require(document, taken.insert(new), place, rule)?;
        }
    }
    Ok(())
}

/// Whether a name begins with a letter and has nothing unusual in it.
fn is_plain(name: &str) -> bool {
    let usual = |letter: char| letter.is_ascii_alphanumeric() || ['_', '-', '.'].contains(&letter);
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.chars().all(usual)
}

/// Whether it is a name in Rust, and no keyword of any edition.
fn is_name(name: &str) -> bool {
    syn::parse_str::<syn::Ident>(name).is_ok()
}
