//! What an operation has to be, so that a method can be made of it.

use serde_json::Value;

use super::super::document::{Document, Operation, RESULTS, Result, entries, items, reference, requires, text};
use super::super::shape::Shape;
use super::super::{pages, peel};
use super::document::code_path;
use super::{is_text, require, schema};

const COMPLETENESS: [&str; 4] = ["complete", "partial", "path-only", "name-only"];

pub fn check_path(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let place = format!("paths.{}", operation.path);
    let plain = operation.path.starts_with('/') && !operation.path.contains(['?', '#']);
    require(document, plain, &place, "must begin with / and have no query: what is asked for is a parameter")?;
    let odd = |character: char| character.is_whitespace() || character.is_control() || ['%', '\\'].contains(&character);
    let rule = "must have no white space, % or \\: what is not a parameter goes on the wire as it stands, and one that is \
                gets encoded";
    require(document, !operation.path.contains(odd), &place, rule)?;
    let mut segments = operation.path.split('/').skip(1);
    let whole = segments.all(|segment| {
        named(segment).is_some()
            || !segment.is_empty() && !segment.contains(['{', '}']) && segment != "." && segment != ".."
    });
    let rule =
        "must have segments that are a text or a parameter, {name}: no part of one, and none that is empty or dots";
    require(document, whole, &place, rule)?;
    let shape = |path: &str| {
        path.split('/')
            .map(|segment| if named(segment).is_some() { "{}" } else { segment })
            .collect::<Vec<_>>()
            .join("/")
    };
    let mut others = entries(&document.root["paths"]).map(|(path, _)| path).filter(|path| *path != operation.path);
    let twin = others.find(|path| shape(path) == shape(operation.path));
    let rule = format!("must differ from {} in more than the name of a parameter", twin.unwrap_or_default());
    require(document, twin.is_none(), &place, rule)?;
    let mut seen = Vec::new();
    for name in operation.path.split('/').filter_map(named) {
        let mut placed = operation.placed().filter(|parameter| parameter["in"] == "path");
        let described = placed.any(|parameter| parameter["name"] == name);
        require(
            document,
            described,
            &operation.place(),
            format!("must have the parameter {name}, which its path names"),
        )?;
        require(document, !seen.contains(&name), &place, format!("must name the parameter {name} once"))?;
        seen.push(name);
    }
    Ok(())
}

/// The parameter that a segment is.
fn named(segment: &str) -> Option<&str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    (!name.is_empty() && !name.contains(['{', '}'])).then_some(name)
}

pub fn check_words(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let (place, node) = (operation.place(), operation.node);
    require(document, is_text(&node["operationId"]), &place, "must have an operationId: the method's name")?;
    require(document, is_text(&node["summary"]), &place, "must have a summary")?;
    let documentation = &node["x-linksfield-documentation"];
    let sourced = is_text(&documentation["title"]) && is_text(&documentation["page"]);
    require(document, sourced, &place, "must have x-linksfield-documentation with title and page")?;
    let known = COMPLETENESS.contains(&text(&documentation["completeness"]));
    let all = COMPLETENESS.join(", ");
    require(document, known, &place, format!("must have a completeness in x-linksfield-documentation of {all}"))
}

pub fn check_content(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let (place, node) = (operation.place(), operation.node);
    let bodiless = operation.method != "get" || node["requestBody"].is_null();
    require(
        document,
        bodiless,
        &place,
        "must have no body, as it is a get: pass its fields in the query, or make it a post",
    )?;
    if !node["requestBody"].is_null() {
        check_json(document, &format!("{place}.requestBody"), &node["requestBody"])?;
    }
    let successes = entries(&node["responses"]).filter(|(status, _)| status.starts_with('2')).count();
    let rule = "must have the responses of one status of success, such as 200, and no other of that kind: a call returns one type";
    require(document, successes == 1, &place, rule)?;
    for (status, response) in entries(&node["responses"]) {
        let place = format!("{place}.responses.{status}");
        let rule = "must be a status of three digits, 1XX to 5XX, or default: by it an answer is told from a refusal";
        require(document, is_status(status), &place, rule)?;
        if status.starts_with('2') {
            check_json(document, &place, response)?;
        } else {
            let rule = "must have no content: what a refusal holds is said by the envelope, and kept in Error::body";
            require(document, response["content"].is_null(), &place, rule)?;
        }
    }
    Ok(())
}

/// Whether it is a status, a class of them, or what stands for all others.
fn is_status(name: &str) -> bool {
    let Some((class, rest)) = name.split_at_checked(1) else { return false };
    let digits = rest.len() == 2 && rest.bytes().all(|digit| digit.is_ascii_digit());
    name == "default" || ["1", "2", "3", "4", "5"].contains(&class) && (digits || rest == "XX")
}

fn check_json(document: &Document, place: &str, node: &Value) -> Result<()> {
    let types = entries(&node["content"]).map(|(media_type, _)| media_type).collect::<Vec<_>>();
    require(document, types == ["application/json"], place, "must have the media type application/json and no other")?;
    let schema = &node["content"]["application/json"]["schema"];
    require(document, !schema.is_null(), place, "must have a schema of its content")?;
    let content = &node["content"]["application/json"];
    let one = content["example"].is_null() || content["examples"].is_null();
    require(document, one, place, "must have an example or examples, not both: one would not be looked at")
}

pub fn check_retry(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let decided = operation.node["x-linksfield-safe-to-retry"].is_boolean();
    require(document, decided, &operation.place(), "must have x-linksfield-safe-to-retry, true or false")?;
    let window = &operation.node["x-linksfield-idempotent-for"];
    let useful =
        window.as_u64().is_some_and(|seconds| seconds > 0) && operation.node["x-linksfield-safe-to-retry"] == false;
    let rule = "must have x-linksfield-idempotent-for of whole seconds, where it is not safe to retry, or none";
    require(document, window.is_null() || useful, &operation.place(), rule)?;
    let equal = items(&operation.node["x-linksfield-idempotent-by"]).map(text).collect::<Vec<_>>();
    let set = items(&document.root["x-linksfield-envelope"]["headers"]).map(text).collect::<Vec<_>>();
    let known = equal.is_empty() || useful && equal.iter().all(|header| set.contains(header));
    let rule =
        "must have in x-linksfield-idempotent-by headers of x-linksfield-envelope, beside x-linksfield-idempotent-for";
    require(document, known, &operation.place(), rule)?;
    let ours = operation.node["x-linksfield-recognized-by"].is_null();
    let rule = "must not have x-linksfield-recognized-by: it is no notification, but a call";
    require(document, ours, &operation.place(), rule)
}

pub fn check_confirmed(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let Some(name) = operation.node["x-linksfield-confirm"].as_str() else { return Ok(()) };
    let parameters = peel::parameters(document, operation);
    let is_text = document.resolved(&parameters["properties"][name])["type"] == "string";
    let rule = "must have in x-linksfield-confirm the name of a parameter that is required and text";
    require(document, is_text && requires(&parameters, name), &operation.place(), rule)?;
    let changes = operation.node["x-linksfield-safe-to-retry"] != true;
    require(document, changes, &operation.place(), "must not be safe to retry, as it is confirmed by a person")
}

pub fn check_parameters(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let mut seen = Vec::new();
    for parameter in items(&operation.node["parameters"]) {
        let name = text(&parameter["name"]);
        let place = format!("{}.parameters.{name}", operation.place());
        require(document, is_text(&parameter["name"]), &place, "must have a name")?;
        require(document, is_text(&parameter["description"]), &place, "must have a description")?;
        match text(&parameter["in"]) {
            "header" => {
                check_header(document, &place, name)?;
                continue;
            }
            "path" => {
                let wanted = operation.path.split('/').any(|segment| named(segment) == Some(name));
                require(
                    document,
                    wanted,
                    &place,
                    format!("must be named in its path, as {{{name}}}, or be in the query"),
                )?;
                require(document, parameter["required"] == true, &place, "must be required: a path has no gaps")?;
            }
            "query" => {}
            "cookie" => {
                return Err(
                    document.fault(place, "must not be in a cookie: a client keeps none, so pass it in the query")
                );
            }
            _ => return Err(document.fault(place, "must be in path, query or header")),
        }
        check_placed(document, &place, parameter)?;
        require(document, !seen.contains(&name), &place, "must have a name of its own: it is there twice")?;
        seen.push(name);
    }
    Ok(())
}

/// A header is no parameter of a caller's: it could be one that is signed, or that says how a request is sent.
fn check_header(document: &Document, place: &str, name: &str) -> Result<()> {
    let set = items(&document.root["x-linksfield-envelope"]["headers"]).map(text);
    let known = set.chain(["Accept-Language"]).any(|header| header.eq_ignore_ascii_case(name));
    let rule = format!(
        "must not be a header that a caller sets: if the client sets it, list {name} in x-linksfield-envelope.headers; \
         else leave it out, as a caller may add any by Call::header"
    );
    require(document, known, place, rule)
}

/// A parameter is a field that can stand in a URL.
fn check_placed(document: &Document, place: &str, parameter: &Value) -> Result<()> {
    let schema = &parameter["schema"];
    require(document, !schema.is_null(), place, "must have a schema")?;
    let field = peel::field(parameter);
    schema::check_field(document, place, &field)?;
    let in_query = parameter["in"] == "query";
    let schema = document.resolved(schema);
    let plain = |node: &Value| matches!(Shape::of(document.resolved(node)), Shape::Scalar | Shape::Choice);
    let fits = match Shape::of(schema) {
        Shape::List(item) => in_query && plain(item),
        _ => plain(schema),
    };
    let rule = "must be a text, a number, a boolean or a code, or in the query a list of them: pass objects in a body";
    require(document, fits, place, rule)?;
    require(document, schema["nullable"] != true, place, "must not be nullable: what is not given is left out")?;
    let styles: &[&str] = match Shape::of(schema) {
        Shape::List(_) => &["", "form", "spaceDelimited", "pipeDelimited"],
        _ if in_query => &["", "form"],
        _ => &["", "simple"],
    };
    let rule = "must have the style form in the query, or spaceDelimited or pipeDelimited if it is a list, and simple in the path";
    require(document, styles.contains(&text(&parameter["style"])), place, rule)
}

pub fn check_body(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let body = operation.body();
    if body.is_null() {
        return Ok(());
    }
    let place = format!("{}.requestBody", operation.place());
    let listed = matches!(Shape::of(body), Shape::List(_));
    require(document, reference(body).is_some() || listed, &place, "must refer to a named schema, or be a list")?;
    let schema = document.resolved(body);
    let left_out = operation.node["requestBody"]["required"] != true;
    let needed = items(&schema["required"]).next().is_some();
    let rule = "must be required: true, as its schema requires fields: it can't be left out without them";
    require(document, !(left_out && needed), &place, rule)?;
    match Shape::of(schema) {
        Shape::Object => {
            let shared = operation.placed().find(|parameter| !schema["properties"][text(&parameter["name"])].is_null());
            let rule = |parameter: &Value| {
                format!(
                    "must not have the field {}, which is a parameter too: one would take the place of the other",
                    text(&parameter["name"])
                )
            };
            shared.map_or(Ok(()), |parameter| Err(document.fault(&place, rule(parameter))))
        }
        Shape::List(_) | Shape::Map(_) => {
            if listed {
                schema::check_inner(document, &place, &body["items"])?;
            }
            let free = operation.placed().all(|parameter| parameter["name"] != peel::BODY);
            let rule = "must be an object of fields where a parameter is named body: it is passed under that name";
            require(document, free, &place, rule)
        }
        _ => Err(document.fault(place, "must be an object, a list or a map: wrap a plain value in an object")),
    }
}

pub fn check_signed(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let body = document.resolved(operation.body());
    for signed in items(&document.root["x-linksfield-envelope"]["request"]).map(text) {
        let in_body = !body["properties"][signed].is_null() && requires(body, signed);
        let in_query = operation.placed().any(|parameter| parameter["name"] == signed && parameter["required"] == true);
        let rule = format!("must have and require the signed parameter {signed}");
        require(document, in_body || in_query, &operation.place(), rule)?;
    }
    Ok(())
}

pub fn check_examples(document: &Document, operation: &Operation<'_>) -> Result<()> {
    for parameter in operation.placed() {
        let place = format!("{}.parameters.{}", operation.place(), text(&parameter["name"]));
        require(document, !parameter["example"].is_null(), &place, "must have an example")?;
    }
    let Some(content) = operation.node["requestBody"]["content"].get("application/json") else { return Ok(()) };
    let place = format!("{}.requestBody", operation.place());
    let Some(example) = peel::example(content) else {
        return Err(document.fault(place, "must have an example: what a caller sends"));
    };
    let is_list = matches!(Shape::of(document.resolved(operation.body())), Shape::List(_));
    let fits = if is_list { example.is_array() } else { example.is_object() };
    require(
        document,
        fits,
        &place,
        "must have an example that is a list where the body is one, and an object where it is not",
    )
}

pub fn check_answer(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let Some((status, _)) = operation.success() else { return Ok(()) };
    let place = format!("{}.responses.{status}", operation.place());
    let answer = operation.answer();
    let listed = |node: &Value| matches!(Shape::of(node), Shape::List(_));
    require(
        document,
        reference(answer).is_some() || listed(answer),
        &place,
        "must refer to a named schema, or be a list",
    )?;
    let envelope = || items(&document.root["x-linksfield-envelope"]["response"]).map(text);
    let schema = document.resolved(answer);
    let there = envelope().filter(|name| !schema["properties"][name].is_null()).count();
    if there == 0 {
        return check_data(document, &place, answer);
    }
    let place = reference(answer).map_or(place, |name| format!("components.schemas.{name}"));
    let required = |name: &str| requires(schema, name);
    let whole = there == envelope().count() && envelope().all(required);
    require(document, whole, &place, "must have the fields of the envelope around its data, and require them")?;
    let data = &schema["properties"]["data"];
    let refers = reference(data).is_some() && !required("data");
    require(document, refers, &place, "must have data that refers to a named schema and is not required")?;
    check_data(document, &format!("{place}.properties.data"), data)?;
    check_code(document, &place, schema)?;
    check_refused(document, reference(data).unwrap_or_default())
}

fn check_data(document: &Document, place: &str, data: &Value) -> Result<()> {
    let shape = Shape::of(document.resolved(data));
    if let (None, Shape::List(item)) = (reference(data), shape) {
        schema::check_inner(document, place, item)?;
    }
    let holds = matches!(shape, Shape::Object | Shape::Map(_) | Shape::List(_));
    require(document, holds, place, "must be an object, a list or a map: a plain value has no room to grow")
}

/// The code of the result is where the document says.
fn check_code(document: &Document, place: &str, schema: &Value) -> Result<()> {
    let path = code_path(document);
    let step = |at: &'_ Value, name: &str| document.resolved(&at["properties"][name]).clone();
    let code = path.iter().fold(schema.clone(), |at, name| step(&at, name));
    let rule = format!("must have the code of its result at {}, where x-linksfield-envelope.code says", path.join("."));
    require(document, Shape::of(&code) == Shape::Scalar, place, rule)
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

/// A paginated operation has the parameters and the fields that it says it is paginated by.
pub fn check_pagination(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let Some(pagination) = operation.node.get("x-linksfield-pagination") else { return Ok(()) };
    let rule = format!(
        "must have x-linksfield-pagination with {}, which it has; or with page-number, page-size and a total-count beside \
         its data, a list",
        pages::NAMES.join(", ")
    );
    require(document, pages::of(document, operation).is_some(), &operation.place(), rule.as_str())?;
    let mut keys = entries(pagination).map(|(key, _)| key);
    let known = keys.all(|key| pages::NAMES.contains(&key) || key == pages::COUNT);
    require(document, known, &operation.place(), rule)
}

/// What has a result for each of what was asked has all that it names.
pub fn check_results(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let results = &operation.node[RESULTS];
    if results.is_null() {
        return Ok(());
    }
    let data = document.resolved(peel::inside(document, operation));
    let field = |schema: &Value, key: &str| document.resolved(&schema["properties"][text(&results[key])]).clone();
    let listed = field(data, "list");
    let item = match Shape::of(&listed) {
        Shape::List(item) => document.resolved(item),
        _ => &Value::Null,
    };
    let asked = field(&peel::parameters(document, operation), "asked");
    let whole = ["of", "code", "message"].iter().all(|key| Shape::of(&field(item, key)) == Shape::Scalar)
        && matches!(Shape::of(&asked), Shape::List(_))
        && is_text(&results["success"])
        && operation.node["x-linksfield-pagination"].is_null();
    let rule = "must have in x-linksfield-results a list of its data, its fields of, code and message, the list asked of its \
                parameters and the code of success; and no x-linksfield-pagination";
    require(document, whole, &operation.place(), rule)
}

/// The body is the schema that is named after the operation, and has the fields that it is recognized by.
pub fn check_notification(document: &Document, operation: &Operation<'_>) -> Result<()> {
    require(document, operation.method == "post", &operation.place(), "must be a post: that is how Linksfield sends")?;
    let foreign = [
        "x-linksfield-safe-to-retry",
        "x-linksfield-idempotent-for",
        "x-linksfield-idempotent-by",
        "x-linksfield-command",
        "x-linksfield-confirm",
        "x-linksfield-find-out",
        "x-linksfield-pagination",
        RESULTS,
    ];
    let foreign = foreign.into_iter().find(|key| !operation.node[*key].is_null());
    let rule = format!("must not have {}: nobody calls it", foreign.unwrap_or_default());
    require(document, foreign.is_none(), &operation.place(), rule)?;
    let bare = operation.placed().next().is_none();
    let rule = "must have its parameters in headers alone: what it tells is in its body";
    require(document, bare, &operation.place(), rule)?;
    let name = operation.parameters_name();
    let body = operation.body();
    let rule = format!("must refer to the schema {name}");
    require(document, reference(body) == Some(&name), &format!("{}.requestBody", operation.place()), rule)?;
    let schema = document.resolved(body);
    let place = format!("components.schemas.{name}");
    require(document, Shape::of(schema) == Shape::Object, &place, "must be an object of fields")?;
    let unknown =
        items(&operation.node["x-linksfield-recognized-by"]).find(|field| schema["properties"][text(field)].is_null());
    let rule = format!("must have the field {} that it is recognized by", unknown.map(text).unwrap_or_default());
    require(document, unknown.is_none(), &operation.place(), rule)
}
