//! What a document says at its root.

use heck::ToKebabCase;
use serde_json::Value;

use super::super::document::{Document, FROM_LINKSFIELD, Result, TO_LINKSFIELD, entries, items, text};
use super::{is_text, require};

/// The name of the file is that of constants and of a module.
pub fn check_name(document: &Document) -> Result<()> {
    let name = document.name();
    let begins_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    let kept = begins_well && name.is_ascii() && name == name.to_kebab_case() && name != "documents";
    let rule =
        "must have a name of lower-case letters, digits and single -, that begins with a letter and is not documents";
    require(document, kept, "(whole file)", rule)
}

/// What is shared is written out where it stands: a reference leads there in one step.
pub fn check_shared(document: &Document) -> Result<()> {
    for kind in ["parameters", "requestBodies", "responses"] {
        for (name, shared) in entries(&document.root["components"][kind]) {
            let rule = "must be written out: what only refers is a second name";
            require(document, shared["$ref"].is_null(), &format!("components.{kind}.{name}"), rule)?;
        }
    }
    Ok(())
}

pub fn check_version(document: &Document) -> Result<()> {
    let version = text(&document.root["openapi"]);
    require(document, version.starts_with("3.0."), "openapi", "must be 3.0.x")
}

pub fn check_head(document: &Document) -> Result<()> {
    let named = is_text(&document.root["info"]["title"]) && is_text(&document.root["info"]["version"]);
    require(document, named, "info", "must have a title and a version")?;
    let known = [TO_LINKSFIELD, FROM_LINKSFIELD].contains(&text(&document.root["x-linksfield-direction"]));
    let rule = format!("must be {TO_LINKSFIELD} or {FROM_LINKSFIELD}: who sends what is described");
    require(document, known, "x-linksfield-direction", rule)?;
    let feature = &document.root["x-linksfield-feature"];
    require(document, feature.is_null() || is_text(feature), "x-linksfield-feature", "must be the name of a feature")
}

pub fn check_servers(document: &Document) -> Result<()> {
    let mut variants = Vec::new();
    for (index, server) in items(&document.root["servers"]).enumerate() {
        let place = format!("servers.{index}");
        let name = &server["x-linksfield-environment"];
        let named = is_text(name) && is_text(&server["description"]);
        require(document, named, &place, "must have a description and x-linksfield-environment")?;
        require(document, is_text(&server["url"]), &place, "must have a url")?;
        let rule = "must have a url like https://host/path, without user, query, fragment and white space, in plaintext only \
                    on this machine, and with braces only if it has variables";
        require(document, is_url(text(&server["url"]), !server["variables"].is_null()), &place, rule)?;
        if server["variables"].is_null() {
            let variant = heck::AsUpperCamelCase(text(name)).to_string();
            let rust =
                syn::parse_str::<syn::Ident>(&variant).is_ok() && variant != "Url" && !variants.contains(&variant);
            let rule = "must have an x-linksfield-environment that is a name in Rust and no other server's, nor url";
            require(document, rust, &place, rule)?;
            variants.push(variant);
        }
    }
    Ok(())
}

/// Whether it is what the URL of a server may be: what a client would refuse that is given it.
fn is_url(url: &str, has_variables: bool) -> bool {
    let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"].into_iter();
    let local =
        local.filter_map(|start| url.strip_prefix(start)).any(|rest| rest.is_empty() || rest.starts_with([':', '/']));
    let host =
        url.strip_prefix("https://").is_some_and(|rest| rest.starts_with(|first: char| first != '/' && first != ':'));
    let odd = |character: char| character.is_whitespace() || character.is_control() || "@?#\\%".contains(character);
    (local || host) && !url.contains(odd) && (has_variables || !url.contains(['{', '}']))
}

pub fn check_tags(document: &Document) -> Result<()> {
    let tags: Vec<_> = items(&document.root["tags"]).map(|tag| text(&tag["name"])).collect();
    for operation in document.operations() {
        let used = items(&operation.node["tags"]).map(text).collect::<Vec<_>>();
        require(document, used.len() == 1, &operation.place(), "must have one tag")?;
        let listed = tags.contains(&used[0]);
        let rule = format!("must have a tag that the document's tags list: add {} to them", used[0]);
        require(document, listed, &operation.place(), rule)?;
    }
    Ok(())
}

/// The envelope says what the client adds to a request, and takes off an answer.
pub fn check_envelope(document: &Document) -> Result<()> {
    const LISTS: [(&str, &str, bool); 4] = [
        ("request", "the parameters that the client adds", true),
        ("request-where-documented", "the parameters that the client adds to some operations", false),
        ("response", "the fields around the data", true),
        ("headers", "the headers that the client sets", false),
    ];
    let envelope = &document.root["x-linksfield-envelope"];
    let place = |name: &str| format!("x-linksfield-envelope.{name}");
    for (name, what, needed) in LISTS {
        let listed = envelope[name]
            .as_array()
            .map_or(envelope[name].is_null() && (!needed || document.is_received()), |names| names.iter().all(is_text));
        require(document, listed, &place(name), format!("must list {what}"))?;
    }
    let known = |name: &str| name == "code" || LISTS.iter().any(|list| list.0 == name);
    if let Some((name, _)) = entries(envelope).find(|(name, _)| !known(name)) {
        let rule = "must be one of request, request-where-documented, headers, response, code";
        return Err(document.fault(place(name), rule));
    }
    if document.is_received() {
        return Ok(());
    }
    let code = code_path(document);
    let first = code.first().copied().unwrap_or_default();
    let inside = items(&envelope["response"]).any(|name| name == first);
    let none = envelope["code"].is_null() && items(&envelope["response"]).next().is_none();
    require(
        document,
        inside || none,
        &place("code"),
        "must say where the result's code is: a field that response lists, or as status.code a field of one",
    )
}

/// Where the code of a result is in an answer: the fields on the way to it.
pub fn code_path(document: &Document) -> Vec<&str> {
    let code: &Value = &document.root["x-linksfield-envelope"]["code"];
    text(code).split('.').filter(|name| !name.is_empty()).collect()
}
