//! What a family is in the sandbox, and the one way of a request for all: found, verified, carried out, answered.

use std::borrow::Cow;
use std::time::SystemTime;

use axum::http::header::{ACCEPT_LANGUAGE, ALLOW, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde_json::{Map, Value, json};

use super::ID_LIMIT;
use super::given::Given;
use super::refusal::Refusal;
use super::response;
use crate::openapi::{Body, Document, Operation};
use crate::values::Language;

pub(super) type Parameters = Map<String, Value>;

/// May stand before a body.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A family in the sandbox.
pub(super) trait Api: Send + Sync {
    /// What it serves.
    fn document(&self) -> &'static Document;

    /// Where its paths begin.
    fn root(&self) -> &'static str;

    /// The operation's own parameters, if they come from whom they say.
    fn verified(&self, operation: &Operation, request: &Received<'_>, now: SystemTime) -> Result<Parameters, Refusal>;

    /// Does it: the answer's data.
    fn carry_out(&self, operation: &Operation, parameters: &Parameters, now: SystemTime) -> Result<Value, Refusal>;

    /// Puts the envelope on.
    fn answered(
        &self,
        operation: Option<&Operation>,
        result: Result<Value, Refusal>,
        language: &Language,
    ) -> (StatusCode, Value);

    /// The notifications of what has happened since this was asked last.
    fn news(&self, _now: SystemTime) -> Vec<Value> {
        Vec::new()
    }
}

/// A request of an operation.
pub(super) struct Received<'a> {
    #[cfg_attr(
        not(any(feature = "cube", feature = "esim-qr")),
        expect(dead_code, reason = "the other APIs are called without headers of their own")
    )]
    pub(super) head: &'a Parts,
    /// The body as it came.
    #[cfg_attr(not(feature = "cube"), expect(dead_code, reason = "the other APIs sign what is in `whole`"))]
    pub(super) body: &'a [u8],
    /// All its parameters, from path, query and body, as one JSON object in which each is written as it came.
    pub(super) whole: Cow<'a, [u8]>,
}

/// A request for an API, and who answers it.
pub(super) struct Asked<'a> {
    api: &'a dyn Api,
    head: &'a Parts,
    language: Language,
    /// The operation that is called, and the parameters in the path.
    found: Result<(&'static Operation, Parameters), Refusal>,
}

/// The code with which an answer refuses, for whoever keeps what became of a request.
#[derive(Clone)]
pub(super) struct RefusedWith(pub(super) String);

impl<'a> Asked<'a> {
    pub(super) fn new(api: &'a dyn Api, head: &'a Parts) -> Self {
        Self { api, head, language: language(&head.headers), found: find(api, head) }
    }

    pub(super) fn operation(&self) -> Option<&'static Operation> {
        self.found.as_ref().ok().map(|(operation, _)| *operation)
    }

    /// Where in an answer the code is.
    pub(super) fn result_code(&self) -> &'static str {
        self.api.document().result_code
    }

    /// The parameters in path and query.
    pub(super) fn placed(&self) -> Result<Parameters, Refusal> {
        let mut placed = query(self.head)?;
        placed.extend(self.found.iter().flat_map(|(_, in_path)| in_path.clone()));
        Ok(placed)
    }

    /// The operation's own parameters, if they come from whom they say.
    pub(super) fn verified(&self, body: &[u8], now: SystemTime) -> Result<Parameters, Refusal> {
        let (operation, _) = self.found.as_ref().map_err(Clone::clone)?;
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let whole = whole(operation, &self.placed()?, body)?;
        let request = Received { head: self.head, body, whole };
        self.api.verified(operation, &request, now)
    }

    pub(super) fn carry_out(&self, parameters: &Parameters, now: SystemTime) -> Result<Value, Refusal> {
        let (operation, _) = self.found.as_ref().map_err(Clone::clone)?;
        self.api.carry_out(operation, parameters, now)
    }

    /// The answer with this data or refusal, and what it needs of headers.
    pub(super) fn respond(&self, result: Result<Value, Refusal>) -> Response<axum::body::Body> {
        let refused = result.as_ref().err().map(|refusal| RefusedWith(refusal.code().to_owned()));
        let allowed = match &result {
            Err(Refusal::Method { allowed }) => HeaderValue::try_from(allowed).ok(),
            _ => None,
        };
        let (status, answer) = self.answer(result);
        let mut response = response::json(status, answer.to_string());
        response.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
        refused.map(|refused| response.extensions_mut().insert(refused));
        response
    }

    /// The status and the body of that answer.
    pub(super) fn answer(&self, result: Result<Value, Refusal>) -> (StatusCode, Value) {
        self.api.answered(self.operation(), result, &self.language)
    }
}

/// `Accept-Language` in either of its spellings; simplified Chinese without it.
fn language(headers: &HeaderMap) -> Language {
    let tag = headers.get(ACCEPT_LANGUAGE).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    if tag.to_ascii_lowercase().starts_with("en") { Language::English } else { Language::SimplifiedChinese }
}

fn find(api: &dyn Api, head: &Parts) -> Result<(&'static Operation, Parameters), Refusal> {
    let path = head.uri.path().strip_prefix(api.root()).unwrap_or_default();
    let operations = api.document().operations.iter();
    let found = operations.filter_map(|operation| Some((operation, placeholders(operation.path, path)?)));
    let found: Vec<_> = found.collect();
    let allowed = found.iter().map(|(operation, _)| operation.method.as_str()).collect::<Vec<_>>().join(", ");
    let refusal = if found.is_empty() { Refusal::UnknownPath } else { Refusal::Method { allowed } };
    found.into_iter().find(|(operation, _)| operation.method == head.method).ok_or(refusal)
}

/// The parameters in `path`, if it is one of `template`.
fn placeholders(template: &str, path: &str) -> Option<Parameters> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut parameters = Parameters::new();
    for (wanted, segment) in template.split('/').zip(path.split('/')) {
        let text = percent_decode_str(segment).decode_utf8().ok()?;
        match wanted.strip_prefix('{').and_then(|wanted| wanted.strip_suffix('}')) {
            Some(name) => drop(parameters.insert(name.to_owned(), json!(text))),
            None if wanted == segment => {}
            None => return None,
        }
    }
    Some(parameters)
}

/// All parameters of a request, whatever its method: those of path and query as texts before those of the body.
fn whole<'a>(operation: &Operation, placed: &Parameters, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Refusal> {
    let body = match operation.placing.body {
        Body::FieldsIfAny | Body::Field(_) if body.is_empty() => Cow::Borrowed(&b"{}"[..]),
        Body::Field(name) => [b"{\"", name.as_bytes(), b"\":", body, b"}"].concat().into(),
        Body::Fields | Body::FieldsIfAny => body.into(),
    };
    with(body, placed)
}

/// The query as texts; what is there several times as a list of them.
fn query(head: &Parts) -> Result<Parameters, Refusal> {
    let url = reqwest::Url::parse(&format!("http://sandbox{}", head.uri));
    let url = url.map_err(|error| Refusal::body(("网址错误", error.to_string())))?;
    let mut parameters = Parameters::new();
    for (name, value) in url.query_pairs() {
        match parameters.get_mut(&*name) {
            None => drop(parameters.insert(name.into_owned(), json!(value))),
            Some(Value::Array(items)) => items.push(json!(value)),
            Some(first) => *first = json!([first.take(), value]),
        }
    }
    Ok(parameters)
}

/// The object `json` with `added` in front, its own fields as they are written: those were signed.
fn with<'a>(json: Cow<'a, [u8]>, added: &Parameters) -> Result<Cow<'a, [u8]>, Refusal> {
    if added.is_empty() {
        return Ok(json);
    }
    let own = object(&json)?;
    if let Some(name) = added.keys().find(|name| own.contains_key(*name)) {
        let words = ("同时出现在路径或查询与请求体中", "is in the path or the query, and in the body");
        return Err(Refusal::parameter(name, words));
    }
    let Some(fields) = json.trim_ascii().strip_prefix(b"{") else { return Ok(json) };
    let mut whole = Value::Object(added.clone()).to_string().into_bytes();
    whole.pop();
    whole.extend_from_slice(if own.is_empty() { b"" } else { b"," });
    whole.extend_from_slice(fields);
    Ok(whole.into())
}

/// The JSON object that a body has to be.
pub(super) fn object(body: &[u8]) -> Result<Parameters, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let chinese = format!("必须是 JSON 对象 (第 {line} 行第 {column} 列)");
        Refusal::body((chinese, format!("it must be a JSON object: {error}")))
    })
}

/// Parameters of the right types, or which one is not. One that may be left out is left out by an empty text, as the rule
/// for signatures has it.
pub(super) fn read<T: DeserializeOwned>(parameters: &Parameters) -> Result<T, Refusal> {
    let fields = parameters.iter().map(|(name, value)| (name.as_str(), Given(value)));
    serde_path_to_error::deserialize(MapDeserializer::new(fields)).map_err(|error| {
        let (path, problem) = (error.path().to_string(), error.inner().to_string());
        let chinese = match problem.strip_prefix("missing field ") {
            Some(name) => format!("缺少 {name}"),
            None => "类型不符合文档".to_owned(),
        };
        Refusal::parameter(if path == "." { "parameters".to_owned() } else { path }, (chinese, problem))
    })
}

pub(super) fn given(name: &str, value: &str) -> Result<(), Refusal> {
    if value.is_empty() { Err(Refusal::parameter(name, ("不能为空", "must not be empty"))) } else { Ok(()) }
}

/// An id that is kept.
pub(super) fn id(name: &str, value: &str) -> Result<(), Refusal> {
    given(name, value)?;
    short(name, value)
}

pub(super) fn short(name: &str, value: &str) -> Result<(), Refusal> {
    if value.len() <= ID_LIMIT {
        return Ok(());
    }
    let words = (format!("最多 {ID_LIMIT} 字节"), format!("an id must have at most {ID_LIMIT} bytes here"));
    Err(Refusal::parameter(name, words))
}
