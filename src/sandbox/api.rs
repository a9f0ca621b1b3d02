//! What a family is in the sandbox, and the one way of a request for all: found, verified, carried out, answered.

use std::borrow::Cow;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::http::header::{ALLOW, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::response;
use crate::openapi::{Body, Document, Operation};
use crate::values::Language;

pub(super) type Parameters = Map<String, Value>;

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
        not(feature = "esim-qr"),
        expect(dead_code, reason = "the other APIs are called without headers of their own")
    )]
    pub(super) headers: &'a HeaderMap,
    /// All its parameters, from path, query and body, as one JSON object in which each is written as it came.
    pub(super) whole: Cow<'a, [u8]>,
}

/// A request for an API, and who answers it.
pub(super) struct Asked<'a> {
    pub(super) api: &'a dyn Api,
    pub(super) head: &'a Parts,
    pub(super) language: Language,
}

impl Asked<'_> {
    /// The status and the body of the answer, and what it needs of headers.
    pub(super) fn respond(&self, body: Result<Bytes, Refusal>, now: SystemTime) -> Response<axum::body::Body> {
        let found = self.find();
        let operation = found.as_ref().ok().map(|(operation, _)| *operation);
        let result = found.and_then(|(operation, in_path)| self.carry_out(operation, &in_path, &body?, now));
        let allowed = match &result {
            Err(Refusal::Method { allowed }) => HeaderValue::try_from(allowed).ok(),
            _ => None,
        };
        let (status, answer) = self.api.answered(operation, result, &self.language);
        let mut response = response::json(status, answer.to_string());
        response.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
        response
    }

    /// The answer that the operation would have with this data or refusal.
    pub(super) fn answered(&self, result: Result<Value, Refusal>) -> (StatusCode, Value) {
        let operation = self.find().ok().map(|(operation, _)| operation);
        self.api.answered(operation, result, &self.language)
    }

    /// The operation that is called, and the parameters in the path.
    fn find(&self) -> Result<(&'static Operation, Parameters), Refusal> {
        let path = self.head.uri.path().strip_prefix(self.api.root()).unwrap_or_default();
        let operations = self.api.document().operations.iter();
        let found = operations.filter_map(|operation| Some((operation, placeholders(operation.path, path)?)));
        let found: Vec<_> = found.collect();
        let allowed = found.iter().map(|(operation, _)| operation.method.as_str()).collect::<Vec<_>>().join(", ");
        let refusal = if found.is_empty() { Refusal::UnknownPath } else { Refusal::Method { allowed } };
        found.into_iter().find(|(operation, _)| operation.method == self.head.method).ok_or(refusal)
    }

    fn carry_out(
        &self,
        operation: &Operation,
        in_path: &Parameters,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Value, Refusal> {
        let request = Received { headers: &self.head.headers, whole: whole(operation, self.head, in_path, body)? };
        let parameters = self.api.verified(operation, &request, now)?;
        self.api.carry_out(operation, &parameters, now)
    }
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
fn whole<'a>(
    operation: &Operation,
    head: &Parts,
    in_path: &Parameters,
    body: &'a [u8],
) -> Result<Cow<'a, [u8]>, Refusal> {
    let body = match operation.placing.body {
        Body::FieldsIfAny | Body::Field(_) if body.is_empty() => Cow::Borrowed(&b"{}"[..]),
        Body::Field(name) => [b"{\"", name.as_bytes(), b"\":", body, b"}"].concat().into(),
        Body::Fields | Body::FieldsIfAny => body.into(),
    };
    let mut placed = query(head)?;
    placed.extend(in_path.clone());
    with(body, &placed)
}

/// The query as texts; what is there several times as a list of them.
fn query(head: &Parts) -> Result<Parameters, Refusal> {
    let url = reqwest::Url::parse(&format!("http://sandbox{}", head.uri));
    let url = url.map_err(|error| Refusal::Body(error.to_string()))?;
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
    let own = object(&json)?;
    if let Some(name) = added.keys().find(|name| own.contains_key(*name)) {
        return Err(Refusal::parameter(name, "is in the path or the query, and in the body"));
    }
    let is_empty = own.is_empty();
    let (Some(fields), false) = (json.trim_ascii().strip_prefix(b"{"), added.is_empty()) else { return Ok(json) };
    let mut whole = Value::Object(added.clone()).to_string().into_bytes();
    whole.pop();
    whole.extend_from_slice(if is_empty { b"" } else { b"," });
    whole.extend_from_slice(fields);
    Ok(whole.into())
}

/// The JSON object that a body has to be.
pub(super) fn object(body: &[u8]) -> Result<Parameters, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Body(format!("it must be a JSON object: {error}")))
}

/// Parameters of the right types, or which one is not.
pub(super) fn read<T: DeserializeOwned>(parameters: &Parameters) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(parameters).map_err(|error| {
        let path = error.path().to_string();
        Refusal::parameter(if path == "." { "parameters".to_owned() } else { path }, error.inner().to_string())
    })
}

pub(super) fn given(name: &str, value: &str) -> Result<(), Refusal> {
    if value.is_empty() { Err(Refusal::parameter(name, "must not be empty")) } else { Ok(()) }
}
