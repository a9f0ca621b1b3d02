//! An answer of the test's own.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Response, StatusCode};

use super::api::Asked;
use super::refusal::Refusal;
use super::response::{answer, json};

/// An answer of your own instead of the operation's, or around it: a code, message, status, header, body, delay.
///
/// ```
/// use linksfield::sandbox::{Reply, Story};
/// use std::time::Duration;
///
/// let broke = Reply::refusal("1001", "no credit is left").status(402);
/// let gateway = Reply::body("<html>bad gateway</html>").status(502).header("content-type", "text/html").after_placing();
/// let slow = Reply::own().delay(Duration::from_millis(50));
/// let story = Story::new(broke).then(Story::new(gateway)).then(Story::new(slow));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a reply is given by a story"]
pub struct Reply {
    content: Content,
    status: Option<u16>,
    headers: Vec<(String, String)>,
    delay: Duration,
    places: bool,
}

#[derive(Clone, Debug)]
enum Content {
    Own,
    Refusal { code: String, message: String },
    Body(Bytes),
}

impl Reply {
    fn new(content: Content) -> Self {
        Self { content, status: None, headers: Vec::new(), delay: Duration::ZERO, places: false }
    }

    /// The operation is carried out, and its own answer given.
    pub fn own() -> Self {
        Self::new(Content::Own)
    }

    /// Nothing is done; the answer is a refusal with this code, as the API words one.
    pub fn refusal(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Content::Refusal { code: code.into(), message: message.into() })
    }

    /// Nothing is done; these bytes are the answer, of the type `application/json` unless a header says otherwise.
    pub fn body(body: impl Into<Bytes>) -> Self {
        Self::new(Content::Body(body.into()))
    }

    /// The HTTP status; that of the answer without it, or 200.
    pub fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// Sets a header of the answer.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// How long the answer takes, when all is done.
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The operation is carried out all the same: an order is placed, and the answer does not say so.
    pub fn after_placing(self) -> Self {
        Self { places: true, ..self }
    }

    /// What of it no answer can have.
    pub(super) fn problem(&self) -> Option<String> {
        let status = self.status.filter(|status| !(200..=599).contains(status));
        let status = status.map(|status| format!("the status of a reply must be from 200 to 599, not {status}"));
        status.or_else(|| headers(&self.headers).err())
    }

    pub(super) async fn before(&self, asked: &Asked<'_>) -> Option<Response<Body>> {
        if self.places || matches!(self.content, Content::Own) {
            return None;
        }
        Some(self.instead(asked, json(StatusCode::OK, String::new())).await)
    }

    pub(super) async fn after(&self, asked: &Asked<'_>, response: Response<Body>) -> Response<Body> {
        self.instead(asked, response).await
    }

    async fn instead(&self, asked: &Asked<'_>, own: Response<Body>) -> Response<Body> {
        let mut response = match &self.content {
            Content::Own => own,
            Content::Refusal { code, message } => {
                asked.respond(Err(Refusal::Told { code: code.clone(), message: message.clone() }))
            }
            Content::Body(body) => answer(StatusCode::OK, "application/json", body.clone()),
        };
        if let Some(status) = self.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            *response.status_mut() = status;
        }
        response.headers_mut().extend(headers(&self.headers).unwrap_or_default());
        tokio::time::sleep(self.delay).await;
        response
    }
}

fn headers(texts: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in texts {
        let known = HeaderName::try_from(name).map_err(|_| format!("{name:?} can't be the name of a header"))?;
        if [CONTENT_LENGTH, TRANSFER_ENCODING].contains(&known) {
            return Err(format!("the header {known} is the server's: Fault::WrongLength makes a wrong one"));
        }
        let value =
            HeaderValue::from_str(value).map_err(|_| format!("the value of the header {known} can't be one"))?;
        headers.append(known, value);
    }
    Ok(headers)
}
