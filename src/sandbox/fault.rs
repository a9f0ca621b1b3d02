//! How a sandbox can be told to misbehave.

use std::fmt;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, HeaderValue, RETRY_AFTER};
use axum::http::{Response, StatusCode};
use futures_util::stream;

use super::api::Asked;
use super::named::named;
use super::refusal::Refusal;
use super::response::{answer, json, parted};

/// Request header that names the fault of this one request, as [`Fault::name`] has it.
pub const FAULT_HEADER: &str = "sandbox-fault";

named! {
    /// What goes wrong with a request.
    ///
    /// A fault is set for all requests with [`Sandbox::misbehave`](super::Sandbox::misbehave), for some by a
    /// [`Story`](super::Story), or for one with the header [`FAULT_HEADER`].
    pub enum Fault {
        /// The answer takes 100 milliseconds.
        Delay = "delay",
        /// No answer ever comes.
        Hang = "hang",
        /// The connection is closed before the body is read.
        DropBeforeReading = "drop-before-reading",
        /// The connection is closed when the body has been read, before anything is done.
        DropAfterReading = "drop-after-reading",
        /// The connection is closed when everything is done, before the answer.
        DropAfterPlacing = "drop-after-placing",
        /// The connection is closed in the middle of the answer.
        HalfAnswer = "half-answer",
        /// The answer is shorter than its Content-Length.
        WrongLength = "wrong-length",
        /// The answer is no JSON.
        NotJson = "not-json",
        /// Nothing is done; the answer is an HTML page with HTTP 500.
        HtmlError = "html-error",
        /// Nothing is done; the answer is HTTP 429 with `Retry-After: 0`.
        TooManyRequests = "too-many-requests",
        /// The answer has 10 MB.
        Huge = "huge",
        /// The answer is nested 100 000 levels deep.
        Deep = "deep",
        /// The answer's `data` is text.
        WrongTypes = "wrong-types",
        /// Nothing is done; the answer has a code that nobody knows.
        UnknownCode = "unknown-code",
        /// The answer has fields that nobody knows, around and in its `data`.
        UnknownFields = "unknown-fields",
    }
}

impl Fault {
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
            Self::HalfAnswer | Self::WrongLength => cut_off(self, response).await,
            Self::NotJson => response.map(|_| "neither {JSON} nor anything else".into()),
            Self::Huge => with_data(asked, &format!(r#"{{"huge":"{}"}}"#, "x".repeat(10_000_000))),
            Self::Deep => with_data(asked, &["[".repeat(100_000), "]".repeat(100_000)].concat()),
            Self::WrongTypes => with_data(asked, r#""text""#),
            Self::UnknownFields => {
                let (head, body) = parted(response).await;
                Response::from_parts(head, with_unknown_fields(&body).into())
            }
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
async fn cut_off(fault: Fault, response: Response<Body>) -> Response<Body> {
    let (mut head, body) = parted(response).await;
    let (announced, sent) = match fault {
        Fault::HalfAnswer => (body.len(), body.chars().take(body.chars().count() / 2).collect()),
        _ => (body.len() + 10, body),
    };
    let chunks = stream::iter([Ok(Bytes::from(sent)), Err(Dropped)]);
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(announced));
    Response::from_parts(head, Body::from_stream(chunks))
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
