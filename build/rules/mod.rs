//! The rules that a specification of this crate keeps: what is used, what is refused, and why.
//!
//! [`keys`] is the table of all that OpenAPI 3.0 knows, [`RULES`] that of what holds between its parts. Both are printed as
//! `docs/documents.md`.

mod command;
mod document;
mod keys;
mod names;
mod operation;
mod print;
mod schema;

use serde_json::Value;

use super::document::{Document, Operation, Result, text};
pub use document::code_path;
pub use print::page;

/// What holds between the parts of a document.
struct Rule {
    of: &'static str,
    must: &'static str,
    why: &'static str,
    check: Check,
}

enum Check {
    Document(fn(&Document) -> Result<()>),
    /// Of a call of ours or of a notification.
    Operation(fn(&Document, &Operation<'_>) -> Result<()>),
    /// Of an operation that Linksfield is asked for.
    Call(fn(&Document, &Operation<'_>) -> Result<()>),
    /// Of what Linksfield sends.
    Notification(fn(&Document, &Operation<'_>) -> Result<()>),
    /// Of a schema among the components, with its place.
    Schema(fn(&Document, &str, &Value) -> Result<()>),
}

const RULES: &[Rule] = &[
    Rule {
        of: "file",
        must: "is YAML and ends in `.yaml`; its name has lower-case letters, digits and single `-`, and begins with a letter",
        why: "a constant and a module have its name; one with another ending would be passed over",
        check: Check::Document(document::check_name),
    },
    Rule {
        of: "document",
        must: "is OpenAPI 3.0.x, says who sends what it describes, and with what feature of Cargo.toml it is compiled, if not always",
        why: "3.1 is another language, which the generator does not read",
        check: Check::Document(document::check_head),
    },
    Rule {
        of: "document",
        must: "has its servers at its root, each with a description, an `x-linksfield-environment` of its own and an `https` URL without user, query and fragment (`http` on this machine alone), with braces only beside `variables`; it may have none",
        why: "each is a variant of `Environment`",
        check: Check::Document(document::check_servers),
    },
    Rule {
        of: "document",
        must: "has tags with a name, and one of them at each operation",
        why: "a tag that is not listed is a chapter that nobody finds",
        check: Check::Document(document::check_tags),
    },
    Rule {
        of: "document",
        must: "has an envelope: the fields that the client adds to a request, those around the data of an answer, and in which of them the result's code is (`status.code` is the field `code` of the field `status`)",
        why: "a caller passes and gets neither",
        check: Check::Document(document::check_envelope),
    },
    Rule {
        of: "path",
        must: "begins with `/`, has no query, white space, `%` or `\\`, names each parameter in it as a whole segment, `{name}`, and differs from others in more than such a name",
        why: "a value in part of a segment could change which operation is called",
        check: Check::Operation(operation::check_path),
    },
    Rule {
        of: "operation",
        must: "has an operationId that is a name in Rust and no other operation's, a summary, and `x-linksfield-documentation` with title, page and completeness",
        why: "nothing is invented: each says where it stands",
        check: Check::Operation(operation::check_words),
    },
    Rule {
        of: "operation",
        must: "has JSON alone as its body and its answer, one answer of success, answers by a status of three digits, `1XX` to `5XX` or `default`, and no body where it is a `get`",
        why: "proxies drop the body of a `get`; a call returns one type",
        check: Check::Operation(operation::check_content),
    },
    Rule {
        of: "operation",
        must: "says in `x-linksfield-safe-to-retry` whether calling twice does no more than calling once, and not by what it is recognized",
        why: "ordering twice is worse than failing",
        check: Check::Call(operation::check_retry),
    },
    Rule {
        of: "operation",
        must: "has in `x-linksfield-confirm` a parameter that is required and text, and is not safe to retry, if a person confirms it",
        why: "what asks a person for an id has one",
        check: Check::Call(operation::check_confirmed),
    },
    Rule {
        of: "parameter",
        must: "is in the path or the query, by the rules of a field: a text, a number, a boolean or a code; in the query a list of them, too. It is never null, and in the path it is required. One in a header is set by the client",
        why: "a header that a caller sets could be one that is signed",
        check: Check::Call(operation::check_parameters),
    },
    Rule {
        of: "operation",
        must: "has a body that refers to a schema of fields, none of which is a parameter too, or that is a list or a named map, which is the field `body` of the method's argument. One that may be left out requires no field",
        why: "parameters and fields of the body are fields of one argument",
        check: Check::Call(operation::check_body),
    },
    Rule {
        of: "operation",
        must: "has and requires the parameters that the envelope adds to each request, in its body or its query",
        why: "a request without them is refused",
        check: Check::Call(operation::check_signed),
    },
    Rule {
        of: "operation",
        must: "has an example of its body, and of each parameter",
        why: "the examples of all are called in tests, and are what a reader sees first",
        check: Check::Call(operation::check_examples),
    },
    Rule {
        of: "answer",
        must: "is an object, a list or a map: the data itself, or all of the envelope around `data`, which is named, nullable, not required and itself requires nothing. Fields beside `data` are had by `Response::beside`",
        why: "a refusal may have no data, or empty data",
        check: Check::Call(operation::check_answer),
    },
    Rule {
        of: "operation",
        must: "has in `x-linksfield-pagination` the parameters `page-number` and `page-size`, and either, in its data, the fields `position`, in it `total-pages` and `total-count`, none of them required, `items`, and if there is one, `count`, another number of these; or the field `total-count` beside data that is a list. The numbers are integers, the items are named",
        why: "the stream of all pages has to know the last one",
        check: Check::Call(operation::check_pagination),
    },
    Rule {
        of: "operation",
        must: "has in `x-linksfield-results` the fields of its data and of what that lists, a parameter that is a list, and the code of success; and no `x-linksfield-pagination`",
        why: "a success of the whole call says of none of them that it succeeded",
        check: Check::Call(operation::check_results),
    },
    Rule {
        of: "notification",
        must: "is a `post` whose body refers to the schema of its name, and has the fields that it is recognized by; it is neither sent again nor paginated",
        why: "its event is read by them",
        check: Check::Notification(operation::check_notification),
    },
    Rule {
        of: "schema",
        must: "has a name in UpperCamelCase and a description, unless it is the whole body or answer of an operation",
        why: "both are those of the type",
        check: Check::Schema(schema::check_words),
    },
    Rule {
        of: "schema",
        must: "is a text, number, boolean, list, map, an object of fields, or a `oneOf` of scalars, with what belongs to that. Objects and codes have names, and an object without fields is open; what lists and maps hold is named or plain. A field has a description and an example. A format is that of a number, or a kind of text",
        why: "what has no name of its own gets one from a generator, which is ugly and changes",
        check: Check::Schema(schema::check_shape),
    },
    Rule {
        of: "field",
        must: "has in `x-linksfield-also-named` a name that no other field has, and is one of what Linksfield sends",
        why: "what is sent has one name",
        check: Check::Document(names::check_other_names),
    },
    Rule {
        of: "schema",
        must: "requires fields that it has, none that may be null, and not itself; what is required on success is so of the data of an answer",
        why: "a field that is not required is none if it is null: one of both would be neither",
        check: Check::Schema(schema::check_required),
    },
    Rule {
        of: "codes",
        must: "are texts or integers, each with a name and a description (`x-enum-varnames`, `x-enum-descriptions`)",
        why: "they are the variants of an open enum",
        check: Check::Schema(schema::check_codes),
    },
    Rule {
        of: "codes",
        must: "have names that no other code and no schema has",
        why: "some languages have all of them in one scope",
        check: Check::Document(names::check_codes),
    },
    Rule {
        of: "names",
        must: "of operations, schemas and fields become names in Rust that differ: `orderId` and `order_id` are one field, `Order` brings `OrderBuilder`, `line1` and `line_1` are one to it, and a field that need not be there brings `maybe_` and its name. None is that of a type of the crate (`TimeText`, `EpochMillis`, `ByteCount`, `Signature`, `Scalar`), of the event `Unknown`, or of `x-linksfield-codes`",
        why: "what is there twice does not compile",
        check: Check::Document(names::check),
    },
    Rule {
        of: "operation",
        must: "has a name as a command that no other operation has, in kebab-case, not `call` or `help`, and with that of the document no longer than 32 letters; and parameters whose names as flags differ; the operation that `x-linksfield-find-out` names is safe to retry",
        why: "commands are made of the table alone",
        check: Check::Document(command::check),
    },
    Rule {
        of: "answer",
        must: "limits nothing: no closed codes (`x-extensible-enum` names codes that may not be all), no length, no range",
        why: "a good answer is not refused because it has more than was documented",
        check: Check::Document(schema::check_answers),
    },
];

/// What is written, key by key.
pub fn check_keys(document: &Document) -> Result<()> {
    document::check_version(document)?;
    document::check_shared(document)?;
    keys::check(document, &keys::DOCUMENT, "", &document.root)
}

/// What holds between the parts of a document that is written out.
pub fn check(document: &Document) -> Result<()> {
    RULES.iter().try_for_each(|rule| rule.check(document))
}

impl Rule {
    fn check(&self, document: &Document) -> Result<()> {
        let received = document.is_received();
        let mut operations = document.operations();
        match self.check {
            Check::Document(check) => check(document),
            Check::Operation(check) => operations.try_for_each(|operation| check(document, &operation)),
            Check::Call(check) if !received => operations.try_for_each(|operation| check(document, &operation)),
            Check::Notification(check) if received => operations.try_for_each(|operation| check(document, &operation)),
            Check::Call(_) | Check::Notification(_) => Ok(()),
            Check::Schema(check) => {
                let mut schemas = document.schemas();
                schemas.try_for_each(|(name, schema)| check(document, &format!("components.schemas.{name}"), schema))
            }
        }
    }
}

fn require(document: &Document, kept: bool, place: &str, rule: impl Into<String>) -> Result<()> {
    if kept { Ok(()) } else { Err(document.fault(place, rule)) }
}

fn is_text(node: &Value) -> bool {
    !text(node).trim().is_empty()
}
