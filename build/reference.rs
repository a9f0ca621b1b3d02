//! A specification as one page of HTML that needs nothing else: no font, no other file. Its script searches, and copies calls.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use pulldown_cmark::{Options, Parser, html::push_html};
use serde_json::Value;

use super::coded;
use super::document::{
    ALSO_NAMED, Document, Operation, entries, items, json_schema, reference, requires_on_success, text,
};
use super::shape::Shape;

const STYLE: &str = include_str!("reference.css");
const SCRIPT: &str = include_str!("reference.js");

pub fn page(document: &Document) -> String {
    let info = &document.root["info"];
    let title = text(&info["title"]);
    let mut operations: Vec<_> = document.operations().collect();
    operations.sort_by_key(|operation| operation.node["deprecated"] == true);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body data-document=(document.name()) {
                header { h1 { (title) " " small { (text(&info["version"])) } } }
                nav aria-label="Operations" { (contents(document, &operations)) }
                main {
                    (markdown(&info["description"]))
                    (markdown(&info["x-linksfield-guide"]))
                    h2 { "Servers" }
                    (servers(document))
                    @for operation in &operations { (section(document, operation)) }
                    p #nothing-found hidden { "No operation has all of these words." }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn contents(document: &Document, operations: &[Operation<'_>]) -> Markup {
    html! {
        input #search type="search" aria-label="Search the operations" placeholder="Search" hidden;
        @for tag in items(&document.root["tags"]) {
            h2 title=(text(&tag["description"])) { (text(&tag["name"])) }
            ul {
                @for operation in operations.iter().filter(|operation| operation.node["tags"][0] == tag["name"]) {
                    li { a href=(format!("#{}", operation.id())) { (operation.id()) } }
                }
            }
        }
    }
}

fn servers(document: &Document) -> Markup {
    html! {
        table {
            tr { th { "address" } th { "what it is" } }
            @for server in items(&document.root["servers"]) {
                tr { td { code { (text(&server["url"])) } } td { (markdown(&server["description"])) } }
            }
        }
    }
}

fn section(document: &Document, operation: &Operation<'_>) -> Markup {
    let node = operation.node;
    let documentation = &node["x-linksfield-documentation"];
    let retry =
        if node["x-linksfield-safe-to-retry"] == true { "safe to retry" } else { "must not be retried blindly" };
    html! {
        section id=(operation.id()) {
            h2 { (text(&node["summary"])) }
            p.call { b { (operation.method.to_uppercase()) } " " code { (operation.path) } }
            p.marks {
                span { "documentation: " (text(&documentation["completeness"])) }
                span { (retry) }
                @if node["deprecated"] == true { span { "deprecated" } }
            }
            (description(node))
            p {
                "Source: " a href=(text(&documentation["page"])) { (text(&documentation["title"])) }
                @for page in items(&documentation["also"]).map(|source| text(&source["page"])) {
                    ", " a href=(page) { (page) }
                }
                @if let Some(note) = documentation["note"].as_str() { ". " (note) }
            }
            h3 { "Request" }
            @if !document.is_received() {
                // Shown where a sandbox shows the page.
                button type="button" hidden { "Copy as curl" } " "
                output {}
            }
            (placed(document, operation))
            (body(document, &node["requestBody"]))
            h3 { "Answer" }
            (body(document, operation.success().map_or(&Value::Null, |(_, response)| response)))
        }
    }
}

/// The parameters in path and query.
fn placed(document: &Document, operation: &Operation<'_>) -> Markup {
    let rows: Vec<_> = operation
        .placed()
        .map(|parameter| {
            let path = format!("{} (in the {})", text(&parameter["name"]), text(&parameter["in"]));
            row(document, &path, parameter, &parameter["schema"], parameter["required"] == true)
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            table.fields {
                tr { th { "parameter (* required)" } th { "type" } th { "meaning" } }
                @for row in rows { (row) }
            }
        }
    }
}

fn body(document: &Document, body: &Value) -> Markup {
    let (whole, content, mut rows) = (json_schema(body), &body["content"]["application/json"], Vec::new());
    let path = inside(document, whole);
    if !path.is_empty() {
        rows.push(row(document, path, whole, whole, body["required"] == true));
    }
    collect_rows(document, path, whole, &mut Vec::new(), &mut rows);
    html! {
        @if !rows.is_empty() {
            table.fields {
                tr { th { "field (* required)" } th { "type" } th { "meaning" } }
                @for row in &rows { (row) }
            }
        }
        @for named in items(&document.resolved(json_schema(body))["x-linksfield-codes"]) {
            (description(document.resolved(named))) (codes(document.resolved(named)))
        }
        @if let Some(value) = content.get("example") {
            details { summary { "Example" } (json(value)) }
        }
        @for (_, example) in entries(&content["examples"]) {
            details {
                summary { "Example: " (text(&example["summary"])) }
                (markdown(&example["description"]))
                (json(&example["value"]))
            }
        }
    }
}

fn json(value: &Value) -> Markup {
    html! { pre tabindex="0" { (serde_json::to_string_pretty(value).unwrap_or_default()) } }
}

/// A row for each field, and below it those of what it holds.
fn collect_rows<'a>(
    document: &'a Document,
    path: &str,
    schema: &'a Value,
    around: &mut Vec<&'a str>,
    rows: &mut Vec<Markup>,
) {
    let name = reference(schema).unwrap_or_default();
    // One that holds itself is shown once.
    if around.contains(&name) {
        return;
    }
    around.extend(reference(schema));
    let depth = around.len();
    let schema = document.resolved(schema);
    let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
    for (name, property) in entries(&schema["properties"]) {
        let path = format!("{prefix}{name}{}", inside(document, property));
        rows.push(row(document, &path, property, property, requires_on_success(schema, name)));
        collect_rows(document, &path, property, around, rows);
        around.truncate(depth);
    }
    if let Some(inner) = Shape::of(schema).inner() {
        collect_rows(document, path, inner, around, rows);
    }
}

/// What leads from a list or a map to what it holds.
fn inside(document: &Document, schema: &Value) -> &'static str {
    match Shape::of(document.resolved(schema)) {
        Shape::List(_) => "[]",
        Shape::Map(_) => "{}",
        _ => "",
    }
}

/// What `described` says of `schema`, or else the schema itself.
fn row(document: &Document, path: &str, described: &Value, schema: &Value, required: bool) -> Markup {
    let named = document.resolved(schema);
    let held = Shape::of(named).inner().map(|inner| document.resolved(inner));
    let described = if described["description"].is_null() { named } else { described };
    html! {
        tr {
            td {
                code { (path) }
                @if let Some(other) = schema[ALSO_NAMED].as_str() { " or " code { (other) } }
                @if required { " " b title="required" { "*" } }
            }
            td { (kind(document, named)) @if named["nullable"] == true { " or null" } }
            td { (description(described)) (codes(held.unwrap_or(named))) }
        }
    }
}

/// What a schema is, in the words of OpenAPI.
fn kind(document: &Document, schema: &Value) -> String {
    let own = [text(&schema["type"]), text(&schema["format"])].join(" ").trim().to_owned();
    match Shape::of(schema) {
        Shape::Choice => items(&schema["oneOf"]).map(|one| kind(document, one)).collect::<Vec<_>>().join(" or "),
        Shape::List(inner) | Shape::Map(inner) => match Shape::of(document.resolved(inner)) {
            Shape::Scalar | Shape::Choice => format!("{own} of {}", kind(document, document.resolved(inner))),
            _ => own,
        },
        _ => own,
    }
}

/// The codes, texts or integers, with what they mean.
fn codes(named: &Value) -> Markup {
    let written = |code: &Value| code.as_str().map_or_else(|| code.to_string(), str::to_owned);
    let codes = coded::values(named).into_iter().flatten().map(written);
    let meanings = items(&named["x-enum-descriptions"]).map(text);
    let chinese = items(&named["x-enum-descriptions-zh"]).map(text).chain(std::iter::repeat(""));
    html! {
        ul {
            @for ((code, meaning), chinese) in codes.zip(meanings).zip(chinese) {
                li { code { (code) } " " (meaning) " " span lang="zh" { (chinese) } }
            }
            @if !named["x-extensible-enum"].is_null() { li { "Other codes are valid too." } }
        }
    }
}

/// In English, and in Chinese: the vendor's own sentence, or else a translation of ours.
fn description(node: &Value) -> Markup {
    html! {
        (markdown(&node["description"]))
        @if let Some(own) = node["x-description-zh"].as_str() { p lang="zh" { (own) } }
        @else if let Some(ours) = node["x-description-zh-translated"].as_str() {
            p lang="zh" { (ours) " " small { "(our translation)" } }
        }
    }
}

fn markdown(node: &Value) -> Markup {
    let mut page = String::new();
    push_html(&mut page, Parser::new_ext(text(node), Options::ENABLE_TABLES));
    PreEscaped(page)
}
