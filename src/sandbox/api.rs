//! What a family is in the sandbox, and the one way of a request for all: found, verified, carried out, answered.

use std::borrow::Cow;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::http::header::{ACCEPT_LANGUAGE, ALLOW, HeaderValue};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde_json::{Map, Value, json};

use super::given::Given;
use super::limits::ID_LIMIT;
use super::refusal::Refusal;
use super::response;
use crate::error::Error;
use crate::family::scheme::Scheme;
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

    /// The language of an answer to whoever asks for none.
    fn default_language(&self) -> Language {
        Language::SimplifiedChinese
    }

    /// What signs the requests of whoever may call it.
    fn scheme(&self) -> Result<Box<dyn Scheme>, Error>;

    /// Whether a request comes from whom it says.
    fn verify(&self, operation: &Operation, request: &Received<'_>, now: SystemTime) -> Result<(), Refusal>;

    /// The operation's own parameters, of a request that does.
    fn own(&self, operation: &Operation, request: Received<'_>) -> Result<Parameters, Refusal>;

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
    /// The same, read.
    pub(super) parameters: Parameters,
}

/// What a request calls.
#[derive(Clone, Copy)]
pub(super) struct Called {
    pub(super) operation: &'static Operation,
    /// Where the paths of its API begin.
    root: &'static str,
}

impl Called {
    fn new(api: &dyn Api, head: &Parts) -> Result<Self, Refusal> {
        let root = api.root();
        let operations = api.document().operations.iter();
        let found = operations.filter(|operation| placeholders(operation.path, root, &head.uri).is_some());
        let found: Vec<_> = found.collect();
        let allowed = found.iter().map(|operation| operation.method.as_str()).collect::<Vec<_>>().join(", ");
        let refusal = if found.is_empty() { Refusal::UnknownPath } else { Refusal::Method { allowed } };
        let operation = found.into_iter().find(|operation| operation.method == head.method).ok_or(refusal)?;
        Ok(Self { operation, root })
    }

    /// The parameters in path and query.
    pub(super) fn placed(self, uri: &Uri) -> Result<Parameters, Refusal> {
        let mut placed = query(uri)?;
        placed.extend(placeholders(self.operation.path, self.root, uri).unwrap_or_default());
        Ok(placed)
    }
}

/// A request for an API, and who answers it.
pub(super) struct Asked<'a> {
    api: &'a dyn Api,
    head: &'a Parts,
    language: Language,
    called: Result<Called, Refusal>,
    /// When it came.
    now: Result<SystemTime, Refusal>,
}

/// The code with which an answer refuses, for whoever keeps what became of a request.
#[derive(Clone)]
pub(super) struct RefusedWith(pub(super) String);

impl<'a> Asked<'a> {
    pub(super) fn new(api: &'a dyn Api, head: &'a Parts, now: Result<SystemTime, Refusal>) -> Self {
        Self {
            api,
            head,
            language: language(&head.headers).unwrap_or_else(|| api.default_language()),
            called: Called::new(api, head),
            now,
        }
    }

    pub(super) fn called(&self) -> Option<Called> {
        self.called.as_ref().ok().copied()
    }

    /// Where in an answer the code is.
    pub(super) fn result_code(&self) -> &'static str {
        self.api.document().result_code
    }

    /// Whether it comes from whom it says, if that could be looked at, and the operation's own parameters if it does.
    pub(super) fn checked(&self, body: &Result<Bytes, Refusal>) -> (Option<bool>, Result<Parameters, Refusal>) {
        let (operation, request, now) = match self.received(body) {
            Ok(received) => received,
            Err(refusal) => return (None, Err(refusal)),
        };
        match self.api.verify(operation, &request, now) {
            Ok(()) => (Some(true), self.api.own(operation, request)),
            Err(refusal) => (Some(false), Err(refusal)),
        }
    }

    fn received<'b>(
        &'b self,
        body: &'b Result<Bytes, Refusal>,
    ) -> Result<(&'static Operation, Received<'b>, SystemTime), Refusal> {
        let (called, body) = (self.called.clone()?, body.as_ref().map_err(Clone::clone)?);
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let (whole, parameters) = whole(called, &self.head.uri, body)?;
        Ok((called.operation, Received { head: self.head, body, whole, parameters }, self.now.clone()?))
    }

    pub(super) fn carry_out(&self, parameters: &Parameters) -> Result<Value, Refusal> {
        self.api.carry_out(self.called.clone()?.operation, parameters, self.now.clone()?)
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
        self.api.answered(self.called().map(|called| called.operation), result, &self.language)
    }
}

/// `Accept-Language` in either of its spellings, if it is of a language that is spoken here.
fn language(headers: &HeaderMap) -> Option<Language> {
    let tag = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?.to_ascii_lowercase();
    let spoken = [("en", Language::English), ("zh", Language::SimplifiedChinese)];
    spoken.into_iter().find_map(|(prefix, language)| tag.starts_with(prefix).then_some(language))
}

/// The parameters in a path, if it is one of `template` below `root`.
fn placeholders(template: &str, root: &str, uri: &Uri) -> Option<Parameters> {
    let path = uri.path().strip_prefix(root)?;
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

/// The query as texts; what is there several times as a list of them.
fn query(uri: &Uri) -> Result<Parameters, Refusal> {
    let path_and_query = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let url = reqwest::Url::parse(&format!("http://sandbox{path_and_query}"));
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

/// All parameters of a request, whatever its method: those of path and query as texts in front of those of the body, which stay
/// as they are written, because those were signed; and the same, read.
fn whole<'a>(called: Called, uri: &Uri, body: &'a [u8]) -> Result<(Cow<'a, [u8]>, Parameters), Refusal> {
    let own: Cow<'_, [u8]> = match called.operation.placing.body {
        Body::FieldsIfAny | Body::Field(_) if body.is_empty() => Cow::Borrowed(b"{}"),
        Body::Field(name) => [b"{\"", name.as_bytes(), b"\":", body, b"}"].concat().into(),
        Body::Fields | Body::FieldsIfAny => body.into(),
    };
    let (mut parameters, placed) = (object(&own)?, called.placed(uri)?);
    if let Some(name) = placed.keys().find(|name| parameters.contains_key(*name)) {
        let words = ("同时出现在路径或查询与请求体中", "is in the path or the query, and in the body");
        return Err(Refusal::parameter(name, words));
    }
    let fields = own.trim_ascii().strip_prefix(b"{").filter(|_| !placed.is_empty());
    let Some(fields) = fields else { return Ok((own, parameters)) };
    let mut whole = Value::Object(placed.clone()).to_string().into_bytes();
    whole.pop();
    whole.extend_from_slice(if parameters.is_empty() { b"" } else { b"," });
    whole.extend_from_slice(fields);
    parameters.extend(placed);
    Ok((whole.into(), parameters))
}

/// The JSON object that a body has to be.
fn object(body: &[u8]) -> Result<Parameters, Refusal> {
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
