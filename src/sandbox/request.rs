//! What the sandbox has received, for a test to look at.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::Value;

use super::api::{BYTE_ORDER_MARK, Called, Parameters, RefusedWith};
use super::limits::{KEPT_BODY_LIMIT, REQUEST_LIMIT};
use crate::lock::held;
use crate::openapi::Body;

/// A request that a sandbox received.
///
/// Its `Debug` has what the caller of an operation passed: no signature, credentials or time of sending.
#[derive(Clone)]
pub struct Request {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    called: Option<Called>,
    body: Bytes,
    outcome: Outcome,
}

/// What became of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    verified: Option<bool>,
    carried_out: bool,
    status: Option<StatusCode>,
    code: Option<String>,
}

impl Outcome {
    pub(super) fn new(verified: Option<bool>) -> Self {
        Self { verified, ..Self::default() }
    }

    pub(super) fn carried_out(self, carried_out: bool) -> Self {
        Self { carried_out, ..self }
    }

    pub(super) fn answered<B>(self, response: &Response<B>) -> Self {
        let code = response.extensions().get::<RefusedWith>().map(|code| code.0.clone());
        Self { status: Some(response.status()), code, ..self }
    }
}

impl Request {
    /// One whose body has not been read.
    pub(super) fn new(head: &Parts, called: Option<Called>) -> Self {
        let (method, uri, headers) = (head.method.clone(), head.uri.clone(), head.headers.clone());
        Self { method, uri, headers, called, body: Bytes::new(), outcome: Outcome::default() }
    }

    pub(super) fn with_body(self, body: Bytes) -> Self {
        Self { body, ..self }
    }

    pub(super) fn ended(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// Its HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Its path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// Its headers, as they came.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Name of the operation that it calls, such as `orderPackage`; none if its path or method is of no operation.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.called.map(|called| called.operation.id)
    }

    /// Its body as it came, of which at most [`KEPT_BODY_LIMIT`] bytes are kept once it is answered.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The parameters that the caller of the operation passed, from path, query and body, as a JSON object; `Null` where the
    /// body is not such an object, or was too long to be kept, and where the path or the method is of no operation: which
    /// of them are credentials is not known then.
    #[must_use]
    pub fn parameters(&self) -> Value {
        let Some(called) = self.called else { return Value::Null };
        let body = if self.body.trim_ascii().is_empty() { &b"{}"[..] } else { &self.body };
        let body = serde_json::from_slice(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body));
        let mut parameters = match (body, called.operation.placing.body) {
            (Ok(body), Body::Field(name)) if !self.body.is_empty() => Parameters::from_iter([(name.into(), body)]),
            (Ok(Value::Object(fields)), _) => fields,
            _ => return Value::Null,
        };
        parameters.extend(called.placed(&self.uri).unwrap_or_default());
        parameters.retain(|name, _| !called.operation.added.contains(&name.as_str()));
        Value::Object(parameters)
    }

    /// Whether its signature, and whose it is, was right; none if that was never looked at, as where the connection was
    /// dropped, the body is no JSON or the path is of no operation. A request that is signed right can be
    /// refused all the same.
    #[must_use]
    pub fn is_verified(&self) -> Option<bool> {
        self.outcome.verified
    }

    /// Whether the sandbox did what it asks, whatever became of the answer: that may have been lost, or made another, by a
    /// fault or a story. Where equal calls count as one, this holds for each of them.
    #[must_use]
    pub fn is_carried_out(&self) -> bool {
        self.outcome.carried_out
    }

    /// HTTP status of its answer; none if it has no answer, or none yet.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.outcome.status.map(|status| status.as_u16())
    }

    /// The code with which it was refused, whatever a story made of the answer.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.outcome.code.as_deref()
    }
}

/// What its caller passed and what became of it.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = self.parameters();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("operation", &self.operation())
            .field("parameters", &format_args!("{parameters}"))
            .field("is_verified", &self.is_verified())
            .field("status", &self.status())
            .field("code", &self.code())
            .finish()
    }
}

/// A line without parameters: `POST /package/orderPackage 200 SANDBOX-UNPAID`.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path().escape_debug())?;
        match self.outcome.status {
            Some(status) => write!(f, " {}", status.as_u16())?,
            None => f.write_str(" no answer")?,
        }
        self.code().map_or(Ok(()), |code| write!(f, " {}", code.escape_debug()))?;
        if self.outcome.verified == Some(false) { f.write_str(" (not verified)") } else { Ok(()) }
    }
}

/// The last requests.
#[derive(Default)]
pub(super) struct Log(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    requests: VecDeque<Request>,
    /// The number of the first of them.
    first: u64,
}

impl Log {
    /// Keeps a request that is to be answered, and returns its number.
    pub(super) fn begin(&self, request: &Request) -> u64 {
        let body = match request.body.get(..KEPT_BODY_LIMIT) {
            Some(kept) => Bytes::copy_from_slice(kept),
            None => request.body.clone(),
        };
        let mut kept = held(&self.0);
        kept.requests.push_back(request.clone().with_body(body));
        if kept.requests.len() > REQUEST_LIMIT {
            kept.requests.pop_front();
            kept.first += 1;
        }
        kept.first + kept.requests.len() as u64 - 1
    }

    /// Changes what became of it, if it is still kept.
    pub(super) fn note(&self, number: u64, outcome: &Outcome) {
        let mut kept = held(&self.0);
        let position = number.checked_sub(kept.first).and_then(|position| usize::try_from(position).ok());
        if let Some(request) = position.and_then(|position| kept.requests.get_mut(position)) {
            request.outcome = outcome.clone();
        }
    }

    pub(super) fn all(&self) -> Vec<Request> {
        held(&self.0).requests.iter().cloned().collect()
    }

    pub(super) fn forget(&self) {
        let mut kept = held(&self.0);
        kept.first += kept.requests.len() as u64;
        kept.requests.clear();
    }
}
