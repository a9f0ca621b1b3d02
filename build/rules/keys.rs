//! Every key of OpenAPI 3.0, object by object: what is done with it, or what to write instead.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::document::{ALSO_NAMED, Document, Result, entries, items, text};
use super::{is_text, require};

/// An object of OpenAPI 3.0.
pub struct Object {
    pub name: &'static str,
    /// Where it stands among the components, if `$ref` may stand for it.
    shared: Option<&'static str>,
    pub keys: &'static [Key],
}

/// A key of an object, what is done with it, and why or how.
pub struct Key(pub &'static str, pub Done, pub &'static str);

pub enum Done {
    /// The client is made of it.
    Used(Holds),
    /// It is for readers, and for other tools.
    Told(Holds),
    /// What the key is said to be instead begins with `must`.
    Refused,
}

/// What a key holds.
pub enum Holds {
    Anything,
    /// An empty list.
    Nothing,
    Text,
    Flag,
    Texts,
    /// A text for each code, as the rule of codes has it.
    ForCodes,
    One(&'static Object),
    List(&'static Object),
    Named(&'static Object),
    /// A flag, or a schema.
    FlagOr(&'static Object),
}

use Done::{Refused, Told, Used};
use Holds::{Anything, Flag, FlagOr, ForCodes, List, Named, Nothing, One, Text, Texts};

pub static DOCUMENT: Object = Object {
    name: "document",
    shared: None,
    keys: &[
        Key("openapi", Used(Text), "3.0.x"),
        Key("info", Used(One(&INFO)), "what the document is called"),
        Key("servers", Used(List(&SERVER)), "each without variables is a variant of `Environment`"),
        Key(
            "paths",
            Used(Named(&PATH)),
            "each operation is a method; a path begins with `/`, and a parameter in it is a whole segment",
        ),
        Key("components", Used(One(&COMPONENTS)), "what has a name"),
        Key(
            "security",
            Told(Nothing),
            "must be `[]`: who calls is known to the client, and `x-linksfield-envelope` says where it stands",
        ),
        Key("tags", Told(List(&TAG)), "the chapters of the reference"),
        Key("externalDocs", Told(Anything), "where the documentation is"),
        Key("x-linksfield-direction", Used(Text), "who sends what it describes: `to-linksfield` or `from-linksfield`"),
        Key(
            "x-linksfield-feature",
            Used(Text),
            "the feature of the crate that it is part of; always compiled without it",
        ),
        Key(
            "x-linksfield-envelope",
            Used(Anything),
            "what the client adds to a request (`request`, `request-where-documented`, `headers`), what is around the data of an answer (`response`), and where in it the result's code is (`code`)",
        ),
    ],
};

static INFO: Object = Object {
    name: "info",
    shared: None,
    keys: &[
        Key("title", Used(Text), "what the document is called"),
        Key("version", Used(Text), "the version of the contract"),
        Key("description", Told(Text), "in the reference"),
        Key("license", Told(Anything), "of the document"),
        Key("contact", Told(Anything), "of the documentation"),
        Key("termsOfService", Told(Text), "for readers"),
        Key("x-linksfield-guide", Told(Text), "what a reader needs, but no generated file"),
    ],
};

static SERVER: Object = Object {
    name: "server",
    shared: None,
    keys: &[
        Key("url", Used(Text), "what comes before the paths"),
        Key("description", Used(Text), "the words of the variant"),
        Key("variables", Used(Anything), "a server with variables is none that the documentation names: no variant"),
        Key("x-linksfield-environment", Used(Text), "the name of the variant"),
    ],
};

static TAG: Object = Object {
    name: "tag",
    shared: None,
    keys: &[
        Key("name", Told(Text), "what operations name"),
        Key("description", Told(Text), "for readers"),
        Key("externalDocs", Told(Anything), "for readers"),
    ],
};

static COMPONENTS: Object = Object {
    name: "components",
    shared: None,
    keys: &[
        Key("schemas", Used(Named(&SCHEMA)), "each that is reached is a type, and its name is the type's"),
        Key("parameters", Used(Named(&PARAMETER)), "parameters of several operations"),
        Key("requestBodies", Used(Named(&BODY)), "bodies of several operations"),
        Key("responses", Used(Named(&RESPONSE)), "answers of several operations"),
        Key("examples", Refused, "must have no examples: they stand where they are examples of something"),
        Key(
            "headers",
            Refused,
            "must have no headers: those of answers reach a caller untyped, by `Response::headers`",
        ),
        Key(
            "securitySchemes",
            Refused,
            "must have no securitySchemes: who calls is known to the client, so name its headers in `x-linksfield-envelope`",
        ),
        Key("links", Refused, "must have no links: say in a description what leads where"),
        Key(
            "callbacks",
            Refused,
            "must have no callbacks: what Linksfield sends is a document of its own, with `x-linksfield-direction: from-linksfield`",
        ),
    ],
};

static PATH: Object = Object {
    name: "path",
    shared: None,
    keys: &[
        Key("get", Used(One(&OPERATION)), "an operation without a body"),
        Key("post", Used(One(&OPERATION)), "an operation, with a body or without"),
        Key("put", Used(One(&OPERATION)), "an operation, with a body or without"),
        Key("patch", Used(One(&OPERATION)), "an operation, with a body or without"),
        Key("delete", Used(One(&OPERATION)), "an operation, with a body or without"),
        Key("parameters", Used(List(&PARAMETER)), "of each of its operations"),
        Key("summary", Told(Text), "for readers"),
        Key("description", Told(Text), "for readers"),
        Key(
            "servers",
            Refused,
            "must have no servers of its own: a document has them at its root, as some tools ignore others and some call them whatever the base URL is",
        ),
        Key("head", Refused, "must not have the method head: its answer says nothing"),
        Key("options", Refused, "must not have the method options: it is the server's, not an operation"),
        Key("trace", Refused, "must not have the method trace: it is the server's, not an operation"),
        Key("$ref", Refused, "must not refer to a path elsewhere: write it out"),
    ],
};

static OPERATION: Object = Object {
    name: "operation",
    shared: None,
    keys: &[
        Key("operationId", Used(Text), "in snake_case the method's name, in UpperCamelCase that of its parameters"),
        Key("summary", Used(Text), "the first line of the method's documentation"),
        Key("description", Used(Text), "in the method's documentation"),
        Key("x-description-zh", Told(Text), "the vendor's own words in Chinese, in the reference"),
        Key(
            "x-description-zh-translated",
            Told(Text),
            "a translation of ours, where the vendor has no words in Chinese",
        ),
        Key("tags", Told(Texts), "one of those that `tags` lists: its chapter of the reference"),
        Key("parameters", Used(List(&PARAMETER)), "fields of the method's argument, beside those of the body"),
        Key(
            "requestBody",
            Used(One(&BODY)),
            "its fields are those of the method's argument; a list or a map is the field `body` of it",
        ),
        Key(
            "responses",
            Used(Named(&RESPONSE)),
            "the one of success is what the method returns; others are for readers",
        ),
        Key("deprecated", Used(Flag), "the method is marked"),
        Key("externalDocs", Told(Anything), "for readers"),
        Key(
            "servers",
            Refused,
            "must have no servers of its own: a document has them at its root, as some tools ignore others and some call them whatever the base URL is",
        ),
        Key("x-linksfield-documentation", Used(One(&DOCUMENTATION)), "the page it comes from"),
        Key(
            "x-linksfield-idempotent-for",
            Used(Anything),
            "of a call that is not safe to retry: for how many seconds equal calls count as one, by its page",
        ),
        Key(
            "x-linksfield-idempotent-by",
            Used(Texts),
            "of such a call: the headers, which the client sets, that are equal in these too, by its page",
        ),
        Key(
            "x-linksfield-safe-to-retry",
            Used(Flag),
            "of a call: whether calling twice does no more than calling once",
        ),
        Key(
            "x-linksfield-command",
            Used(Text),
            "of a call: its name as a command, if not the operationId in kebab-case",
        ),
        Key(
            "x-linksfield-confirm",
            Used(Text),
            "of a call that can't be taken back: the parameter that a person types once more before it is sent",
        ),
        Key(
            "x-linksfield-find-out",
            Used(One(&FIND_OUT)),
            "of a call: what tells what became of it, where the outcome is unknown",
        ),
        Key("x-linksfield-pagination", Used(Anything), "of a call: by what its pages are asked for and counted"),
        Key(
            "x-linksfield-results",
            Used(One(&RESULTS)),
            "of a call: where its data has a result of its own for each of what was asked, whatever the code of the whole",
        ),
        Key("x-linksfield-recognized-by", Used(Texts), "of a notification: the fields that tell it from others"),
        Key("security", Refused, "must have no security of its own: who calls is known to the client"),
        Key(
            "callbacks",
            Refused,
            "must have no callbacks: what Linksfield sends is a document of its own, with `x-linksfield-direction: from-linksfield`",
        ),
    ],
};

static FIND_OUT: Object = Object {
    name: "find out",
    shared: None,
    keys: &[
        Key("operation", Used(Text), "the operationId of a call that changes nothing"),
        Key("by", Used(Texts), "the parameters of both that have the same value"),
    ],
};

static RESULTS: Object = Object {
    name: "results",
    shared: None,
    keys: &[
        Key("list", Used(Text), "the field of the data that lists them"),
        Key("of", Used(Text), "the field of a result with the id of what it is of"),
        Key("asked", Used(Text), "the parameter that lists those ids"),
        Key("code", Used(Text), "the field of a result with its code"),
        Key("success", Used(Text), "the code of success"),
        Key("message", Used(Text), "the field of a result with its words"),
    ],
};

static DOCUMENTATION: Object = Object {
    name: "documentation",
    shared: None,
    keys: &[
        Key("title", Used(Text), "of the page"),
        Key("page", Used(Text), "its address"),
        Key("completeness", Used(Text), "how much of the operation is documented"),
        Key("note", Told(Text), "what is unsure about it"),
        Key("modified", Told(Text), "when the page was, as it says"),
        Key("also", Told(List(&DOCUMENTATION)), "other pages"),
    ],
};

static PARAMETER: Object = Object {
    name: "parameter",
    shared: Some("parameters"),
    keys: &[
        Key("name", Used(Text), "the field's name"),
        Key(
            "in",
            Used(Text),
            "`path` or `query`; `header` for those that the client sets: `Accept-Language`, and what `x-linksfield-envelope` has as `headers`",
        ),
        Key("description", Used(Text), "the field's documentation"),
        Key("x-description-zh", Told(Text), "the vendor's own words in Chinese, in the reference"),
        Key(
            "x-description-zh-translated",
            Told(Text),
            "a translation of ours, where the vendor has no words in Chinese",
        ),
        Key("required", Used(Flag), "as for a field; what is in the path is required"),
        Key("schema", Used(One(&SCHEMA)), "the field's type, by the rules of a field"),
        Key(
            "style",
            Used(Text),
            "of a list in the query: `form`, `spaceDelimited` or `pipeDelimited`; of one value `form`, in the path `simple`",
        ),
        Key(
            "explode",
            Used(Flag),
            "whether each item of a list in the query stands alone, as OpenAPI has it; an item with the separator in it is not sent. Of one value it says nothing",
        ),
        Key("example", Used(Anything), "part of the operation's example"),
        Key("examples", Refused, "must have one example, not examples"),
        Key("deprecated", Refused, "must not be deprecated: say it in the description"),
        Key("content", Refused, "must have a schema, not content: JSON in a parameter is not written"),
        Key("allowEmptyValue", Refused, "must not have allowEmptyValue: an empty text is a value like any other"),
        Key("allowReserved", Refused, "must not have allowReserved: all that a URL reserves is encoded"),
    ],
};

static BODY: Object = Object {
    name: "body",
    shared: Some("requestBodies"),
    keys: &[
        Key("description", Told(Text), "for readers"),
        Key("required", Used(Flag), "a body that need not be there is left out if it has nothing in it"),
        Key("content", Used(Named(&CONTENT)), "`application/json`, and no other"),
    ],
};

static CONTENT: Object = Object {
    name: "content",
    shared: None,
    keys: &[
        Key("schema", Used(One(&SCHEMA)), "its type"),
        Key(
            "example",
            Used(Anything),
            "of a request, the operation's example; of an answer, what the sandbox answers if it knows no better",
        ),
        Key("examples", Used(Named(&EXAMPLE)), "the same, if there is no `example`: the first of them"),
        Key("encoding", Refused, "must have no encoding: a body is JSON"),
    ],
};

static EXAMPLE: Object = Object {
    name: "example",
    shared: None,
    keys: &[
        Key("value", Used(Anything), "what it shows"),
        Key("summary", Told(Text), "in the reference"),
        Key("description", Told(Text), "in the reference"),
        Key("externalValue", Refused, "must have a value, not an externalValue: it is nowhere at hand"),
    ],
};

static RESPONSE: Object = Object {
    name: "response",
    shared: Some("responses"),
    keys: &[
        Key("description", Told(Text), "for readers"),
        Key(
            "content",
            Used(Named(&CONTENT)),
            "`application/json`, and no other; only of success: a refusal has the envelope",
        ),
        Key(
            "headers",
            Refused,
            "must have no headers: those of answers reach a caller untyped, by `Response::headers`",
        ),
        Key("links", Refused, "must have no links: say in a description what leads where"),
    ],
};

static SCHEMA: Object = Object {
    name: "schema",
    shared: Some("schemas"),
    keys: &[
        Key("type", Used(Text), "text, number, boolean, list, object"),
        Key(
            "format",
            Used(Text),
            "of a text: the kind that it is, a type of its own if a schema has this name in UpperCamelCase; of a number: `int32`, `int64`, `float`, `double`, which change nothing",
        ),
        Key("description", Used(Text), "the documentation of type or field"),
        Key("properties", Used(Named(&SCHEMA)), "the fields"),
        Key("required", Used(Texts), "these fields are not optional"),
        Key(
            "additionalProperties",
            Used(FlagOr(&SCHEMA)),
            "`true`: other fields are kept in `extra`, as those of an answer always are; a schema: a map, if there are no properties; `false`: no others are sent",
        ),
        Key("items", Used(One(&SCHEMA)), "what a list holds: named, or plain"),
        Key("enum", Used(Anything), "codes, texts or integers: an open enum by `x-enum-varnames`; not in answers"),
        Key("nullable", Used(Flag), "a field that is not required is none if it is null"),
        Key("oneOf", Used(List(&SCHEMA)), "of scalars: the liberal type `Scalar`"),
        Key("example", Told(Anything), "for readers and other tools; a field has one, unless what it refers to has"),
        Key("pattern", Told(Text), "what the API judges, not the client; not in answers"),
        Key("minLength", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("maxLength", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("minimum", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("maximum", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("exclusiveMinimum", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("exclusiveMaximum", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("multipleOf", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("minItems", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("maxItems", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("uniqueItems", Told(Anything), "what the API judges, not the client; not in answers"),
        Key("minProperties", Told(Anything), "what the API judges, not the client"),
        Key("maxProperties", Told(Anything), "what the API judges, not the client"),
        Key("externalDocs", Told(Anything), "for readers"),
        Key("x-extensible-enum", Used(Anything), "codes, where others are valid too"),
        Key("x-enum-varnames", Used(ForCodes), "a name for each code"),
        Key("x-enum-descriptions", Used(ForCodes), "a description for each code"),
        Key("x-enum-descriptions-zh", Told(Texts), "the same in Chinese, in the reference"),
        Key("x-description-zh", Told(Text), "the vendor's own words in Chinese, in the reference"),
        Key(
            "x-description-zh-translated",
            Told(Text),
            "a translation of ours, where the vendor has no words in Chinese",
        ),
        Key(
            "x-linksfield-also-named",
            Used(Text),
            "of a field of an answer: the other name that it has in some answers, and is read by if the first has no value",
        ),
        Key(
            "x-linksfield-codes",
            Used(Anything),
            "of a named schema: codes, by the names of their schemas, of which it is documented that it has them, but not in which field",
        ),
        Key(
            "x-linksfield-identifies",
            Used(Text),
            "of a text: what it is the id of: `order`, or `request`, of what goes on after the answer",
        ),
        Key(
            "x-linksfield-required-on-success",
            Used(Texts),
            "of the data of an answer: what is there in that of a success, if not in that of a refusal",
        ),
        Key(
            "default",
            Refused,
            "must not have a default: it would be sent and signed on every call, so say it in the description",
        ),
        Key(
            "allOf",
            Refused,
            "must not be an allOf: a schema says in one place what is on the wire, so write its fields out",
        ),
        Key("anyOf", Refused, "must not be an anyOf: write a oneOf of scalars, or an object with the fields of all"),
        Key("not", Refused, "must not have not: no type leaves out a value, so say it in the description"),
        Key(
            "discriminator",
            Refused,
            "must not have a discriminator: write an object with the fields of all, and its codes as an open enum",
        ),
        Key("title", Refused, "must not have a title: a schema is known by its name among the components"),
        Key("readOnly", Refused, "must not be readOnly: write a schema for the request and one for the answer"),
        Key("writeOnly", Refused, "must not be writeOnly: write a schema for the request and one for the answer"),
        Key("deprecated", Refused, "must not be deprecated: say it in the description"),
        Key("xml", Refused, "must not have xml: a body is JSON"),
    ],
};

/// All objects, in the order of a document.
pub static OBJECTS: [&Object; 16] = [
    &DOCUMENT,
    &INFO,
    &SERVER,
    &TAG,
    &PATH,
    &OPERATION,
    &DOCUMENTATION,
    &FIND_OUT,
    &RESULTS,
    &PARAMETER,
    &BODY,
    &CONTENT,
    &EXAMPLE,
    &RESPONSE,
    &COMPONENTS,
    &SCHEMA,
];

/// Whether each key of `node` and of all below it is one that the build knows.
pub fn check(document: &Document, object: &Object, place: &str, node: &Value) -> Result<()> {
    require(document, node.is_object(), or_whole(place), format!("must be an object: {}", object.name))?;
    if let (Some(target), Some(kind)) = (node.get("$ref"), object.shared) {
        return check_reference(document, kind, place, node, target);
    }
    for (key, value) in entries(node) {
        let inside = format!("{place}.{key}");
        let inside = inside.trim_start_matches('.');
        let known = object.keys.iter().find(|known| known.0 == key);
        if known.is_none() && key.starts_with("x-") {
            check_extension(document, inside, key)?;
            continue;
        }
        let rule = || {
            format!("must not have the key {key}: the keys of its kind ({}) are {}", object.name, known_keys(object))
        };
        match known.ok_or_else(|| document.fault(or_whole(place), rule()))? {
            Key(_, Refused, rule) => return Err(document.fault(or_whole(place), *rule)),
            Key(_, Used(Nothing) | Told(Nothing), rule) => require(document, value == &json!([]), inside, *rule)?,
            Key(_, Used(holds) | Told(holds), _) => check_value(document, inside, holds, value)?,
        }
    }
    Ok(())
}

/// The keys that an object may have.
fn known_keys(object: &Object) -> String {
    let known = object.keys.iter().filter(|key| !matches!(key.1, Refused)).map(|key| key.0);
    known.collect::<Vec<_>>().join(", ")
}

fn or_whole(place: &str) -> &str {
    if place.is_empty() { "(whole file)" } else { place }
}

fn check_value(document: &Document, place: &str, holds: &Holds, value: &Value) -> Result<()> {
    match holds {
        Anything | Nothing => Ok(()),
        Text => {
            require(document, value.is_string(), place, "must be text")?;
            check_text(document, place, value)
        }
        Flag => require(document, value.is_boolean(), place, "must be true or false"),
        Texts => {
            let texts = value.as_array().is_some_and(|texts| texts.iter().all(is_text));
            require(document, texts, place, "must be a list of texts")?;
            items(value).try_for_each(|text| check_text(document, place, text))
        }
        ForCodes => items(value).try_for_each(|text| check_text(document, place, text)),
        One(object) => check(document, object, place, value),
        FlagOr(_) if value.is_boolean() => Ok(()),
        FlagOr(object) => check(document, object, place, value),
        List(object) => {
            require(document, value.is_array(), place, "must be a list")?;
            items(value)
                .enumerate()
                .try_for_each(|(index, item)| check(document, object, &format!("{place}.{index}"), item))
        }
        Named(object) => {
            require(document, value.is_object(), place, "must have a name for each")?;
            entries(value).try_for_each(|(name, item)| check(document, object, &format!("{place}.{name}"), item))
        }
    }
}

/// A text may stand in a comment of Rust, and in it what looks like code would be run as a test.
fn check_text(document: &Document, place: &str, value: &Value) -> Result<()> {
    let odd = |character: char| {
        character.is_control() && character != '\n'
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let rule =
        "must have no control characters but line feeds, and no marks of direction: Rust takes none in a comment";
    require(document, !text(value).contains(odd), place, rule)?;
    let is_fence = |line: &str| ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
    let is_code = |line: &str| line.starts_with("    ") || is_fence(line);
    let rule = "must have no blocks of code (four spaces, ``` or ~~~ before a line): say it in words, or in an example";
    require(document, !text(value).lines().any(is_code), place, rule)
}

/// Other tools ignore what stands beside a reference, so nothing may.
fn check_reference(document: &Document, kind: &str, place: &str, node: &Value, target: &Value) -> Result<()> {
    let target = target.as_str().unwrap_or_default();
    let name = target.strip_prefix("#/components/").and_then(|name| name.strip_prefix(kind)?.strip_prefix('/'));
    // A name of other characters would have to be written otherwise in a reference.
    let is_plain = |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
    let there = name.is_some_and(|name| is_plain(name) && !document.root["components"][kind][name].is_null());
    require(document, there, place, format!("must refer to something in this file, not {target}"))?;
    for (key, value) in entries(node).filter(|(key, _)| *key != "$ref") {
        let inside = format!("{place}.{key}");
        if key == ALSO_NAMED && kind == "schemas" {
            require(document, is_text(value), &inside, "must be text")?;
        } else if key.starts_with("x-") {
            check_extension(document, &inside, key)?;
        } else {
            let rule = "must have nothing beside its $ref: others ignore it, so say it where it refers to";
            return Err(document.fault(place, rule));
        }
    }
    Ok(())
}

/// What the build would use elsewhere, or a name with a typing error, would say nothing, to nobody's notice.
fn check_extension(document: &Document, place: &str, key: &str) -> Result<()> {
    let homes =
        OBJECTS.iter().filter(|object| object.keys.iter().any(|known| known.0 == key)).map(|object| object.name);
    let homes = homes.collect::<Vec<_>>().join(" or ");
    require(document, homes.is_empty(), place, format!("must not stand here: it is a key of: {homes}"))?;
    let ours = OBJECTS.iter().flat_map(|object| object.keys).map(|known| known.0).filter(|name| is_ours(name));
    let names = ours.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
    require(document, !is_ours(key), place, format!("must be one of {names}"))
}

/// Whether it is a name that no other tool gives.
fn is_ours(key: &str) -> bool {
    key.starts_with("x-linksfield-")
}
