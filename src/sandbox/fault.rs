//! How a sandbox can be told to misbehave.

use std::fmt;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{Response, StatusCode};
use futures_util::stream;

use super::api::Asked;
use super::refusal::Refusal;
use super::response::{answer, json, text};

/// Request header that names the fault of this one request, as [`Fault::name`] has it.
pub const FAULT_HEADER: &str = "sandbox-fault";

/// What goes wrong with a request.
///
/// A fault is set for all requests with [`Sandbox::misbehave`](super::Sandbox::misbehave), for some by a
/// [`Story`](super::Story), or for one with the header [`FAULT_HEADER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The answer takes 100 milliseconds.
    Delay,
    /// No answer ever comes.
    Hang,
    /// The connection is closed before the body is read.
    DropBeforeReading,
    /// The connection is closed when the body has been read, before anything is done.
    DropAfterReading,
    /// The connection is closed when everything is done, before the answer.
    DropAfterPlacing,
    /// The connection is closed in the middle of the answer.
    HalfAnswer,
    /// The answer is shorter than its Content-Length.
    WrongLength,
    /// The answer is no JSON.
    NotJson,
    /// Nothing is done; the answer is an HTML page with HTTP 500.
    HtmlError,
    /// Nothing is done; the answer is HTTP 429 with `Retry-After: 0`.
    TooManyRequests,
    /// The answer has 10 MB.
    Huge,
    /// The answer is nested 100 000 levels deep.
    Deep,
    /// The answer's `data` is text.
    WrongTypes,
    /// Nothing is done; the answer has a code that nobody knows.
    UnknownCode,
    /// The answer has fields that nobody knows, around and in its `data`.
    UnknownFields,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Delay,
        Self::Hang,
        Self::DropBeforeReading,
        Self::DropAfterReading,
        Self::DropAfterPlacing,
        Self::HalfAnswer,
        Self::WrongLength,
        Self::NotJson,
        Self::HtmlError,
        Self::TooManyRequests,
        Self::Huge,
        Self::Deep,
        Self::WrongTypes,
        Self::UnknownCode,
        Self::UnknownFields,
    ];

    /// Its name in the header and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Hang => "hang",
            Self::DropBeforeReading => "drop-before-reading",
            Self::DropAfterReading => "drop-after-reading",
            Self::DropAfterPlacing => "drop-after-placing",
            Self::HalfAnswer => "half-answer",
            Self::WrongLength => "wrong-length",
            Self::NotJson => "not-json",
            Self::HtmlError => "html-error",
            Self::TooManyRequests => "too-many-requests",
            Self::Huge => "huge",
            Self::Deep => "deep",
            Self::WrongTypes => "wrong-types",
            Self::UnknownCode => "unknown-code",
            Self::UnknownFields => "unknown-fields",
        }
    }

    /// The fault of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// Happens when the body is read, before anything is done: the connection's end, or an answer instead of the operation's.
    pub(super) async fn before(self, asked: &Asked<'_>) -> Result<Option<Response<Body>>, Dropped> {
        match self {
            Self::DropBeforeReading | Self::DropAfterReading => return Err(Dropped),
            Self::Hang => std::future::pending().await,
            Self::Delay => tokio::time::sleep(Duration::from_millis(100)).await,
            _ => {}
        }
        Ok(match self {
            Self::HtmlError => {
                Some(answer(StatusCode::INTERNAL_SERVER_ERROR, "text/html", "<html>broken</html>".into()))
            }
            Self::TooManyRequests => {
                let mut busy = answer(StatusCode::TOO_MANY_REQUESTS, "text/html", Bytes::new());
                busy.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("0"));
                Some(busy)
            }
            Self::UnknownCode => {
                Some(asked.respond(Err(Refusal::Told { code: "SANDBOX-FAULT".into(), message: "?".into() })))
            }
            _ => None,
        })
    }

    /// Happens when everything is done: what becomes of the answer.
    pub(super) async fn after(self, asked: &Asked<'_>, response: Response<Body>) -> Result<Response<Body>, Dropped> {
        Ok(match self {
            Self::DropAfterPlacing => return Err(Dropped),
            Self::HalfAnswer | Self::WrongLength => cut_off(self, text(response).await),
            Self::NotJson => json(StatusCode::OK, "neither {JSON} nor anything else".into()),
            Self::Huge => with_data(asked, &format!(r#"{{"huge":"{}"}}"#, "x".repeat(10_000_000))),
            Self::Deep => with_data(asked, &["[".repeat(100_000), "]".repeat(100_000)].concat()),
            Self::WrongTypes => with_data(asked, r#""text""#),
            Self::UnknownFields => json(StatusCode::OK, with_unknown_fields(&text(response).await)),
            _ => response,
        })
    }
}

/// An answer of success whose `data` is this JSON.
fn with_data(asked: &Asked<'_>, data: &str) -> Response<Body> {
    const DATA: &str = "SANDBOX-DATA";
    let (status, answer) = asked.answer(Ok(DATA.into()));
    json(status, answer.to_string().replace(&format!("\"{DATA}\""), data))
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(super) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sandbox was told to drop this connection")
    }
}

impl std::error::Error for Dropped {}

/// Announces more than comes: the whole body of which half comes, or ten bytes more than the whole.
fn cut_off(fault: Fault, body: String) -> Response<Body> {
    let (announced, sent) = match fault {
        Fault::HalfAnswer => (body.len(), body.chars().take(body.chars().count() / 2).collect()),
        _ => (body.len() + 10, body),
    };
    let chunks = stream::iter([Ok(Bytes::from(sent)), Err(Dropped)]);
    let mut response = Response::new(Body::from_stream(chunks));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(announced));
    response
}

fn with_unknown_fields(body: &str) -> String {
    let mut answer: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let unknown = serde_json::json!({ "new": [1, "x", null] });
    if let Some(data) = answer["data"].as_object_mut() {
        data.insert("unknown".into(), unknown.clone());
    }
    answer["unknown"] = unknown;
    answer.to_string()
}
