//! The way of one attempt: signed and placed, sent, read, judged. The only place where a client does I/O.

use std::borrow::Cow;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Request, Response, StatusCode};
use serde_json::value::RawValue;

use super::intent::Intent;
use super::retry::{Trouble, retry_after};
use super::trace::Span;
use super::{Accepted, Transport};
use crate::error::tls::hopeless;
use crate::error::{Cause, Refusal};
use crate::family::envelope::is_server_failure;
use crate::family::scheme::{Answer, Received, Unreadable};
use crate::values::read::{has_any, is_empty, names_any};
use crate::values::text::{decode, repaired};

/// What became of an attempt that failed, and the error it would be.
pub(super) type Failure = (Trouble, Cause);

/// An answer that was read to its end.
struct Whole {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Transport {
    /// Sends a call once.
    pub(super) async fn attempt(&self, intent: &Intent, span: &Span) -> Result<Accepted, Failure> {
        let request = self.request(intent).map_err(|cause| (Trouble::Final, cause))?;
        span.url(request.url());
        let answer = self.read(self.send(request).await?).await?;
        self.judge(answer, intent)
    }

    /// The request as it is sent now.
    fn request(&self, intent: &Intent) -> Result<Request, Cause> {
        let signed = self.scheme.sign(&self.unsigned(intent), self.moment(intent));
        let mut outgoing = signed.map_err(Cause::invalid_request)?;
        outgoing.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        outgoing.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(language) = intent.options.language.as_ref().or(self.language.as_ref()) {
            outgoing.headers.insert(ACCEPT_LANGUAGE, language.clone());
        }
        if let Some(name) = intent.options.headers.keys().find(|name| outgoing.headers.contains_key(*name)) {
            return Err(Cause::invalid_request(format!("the header {name} is set by the client")));
        }
        outgoing.headers.extend(intent.options.headers.clone());
        let mut request = Request::new(intent.target.method.clone(), outgoing.url);
        *request.headers_mut() = outgoing.headers;
        *request.body_mut() = outgoing.body.map(Into::into);
        *request.timeout_mut() = intent.options.timeout.or(self.timeout);
        Ok(request)
    }

    async fn send(&self, request: Request) -> Result<Response, Failure> {
        // An HTTP client of our own follows no redirect.
        let asked = self.is_foreign.then(|| request.url().clone());
        // Lets the runtime see which of the kept connections were closed while nobody drove it: an order that is sent on
        // one of these is lost, and nobody knows whether it was placed.
        tokio::task::yield_now().await;
        let response =
            self.http.execute(request).await.map_err(|error| (no_answer(&error), Cause::transport(error)))?;
        if asked.is_some_and(|asked| *response.url() != asked) {
            let reason = "your http_client followed a redirect with it: set its redirect policy to none";
            return Err((Trouble::Final, Cause::unreadable(response.status(), Bytes::new(), reason.to_owned())));
        }
        Ok(response)
    }

    /// The whole answer; it is dropped with its connection where it grows too long.
    async fn read(&self, mut response: Response) -> Result<Whole, Failure> {
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| (Trouble::Lost, Cause::transport(error)))? {
            if body.len() + chunk.len() > self.answer_limit {
                let reason = format!("it is longer than the limit of {} bytes", self.answer_limit);
                return Err((Trouble::Final, Cause::unreadable(status, body.freeze(), reason)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Whole { status, headers, body: body.freeze() })
    }

    fn judge(&self, answer: Whole, intent: &Intent) -> Result<Accepted, Failure> {
        let Whole { status, headers, body } = answer;
        let target = &intent.target;
        let failed = |cause| Err((answered(status, &headers), cause));
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let mut text = decode(&body, content_type);
        if serde_json::from_str::<&RawValue>(&text).is_err()
            && let Some(repaired) = repaired(&text)
        {
            text = Cow::Owned(repaired);
        }
        let received = Received { status, text: &text, fields: target.telling_fields() };
        let (data, message) = match self.scheme.read(&received) {
            Ok(Answer::Accepted { data, message }) => (data, message.map(Cow::into_owned)),
            Ok(Answer::Refused { code, message, data }) => {
                let names_an_order = names_any(&text, target.order_ids);
                return failed(Cause::Refused(Refusal {
                    status,
                    code: code.to_string(),
                    message: message.into_owned(),
                    data: data.map(Into::into),
                    outcome_unknown: status.is_server_error() || is_server_failure(&code) || names_an_order,
                }));
            }
            Err(Unreadable(reason)) => {
                return failed(Cause::unreadable(status, body.clone(), by_status(status, &headers, reason)));
            }
        };
        // Some put the fields beside the envelope instead of into it.
        let data = data.or_else(|| has_any(&text, target.fields).then_some(&text));
        if target.places_orders && !names_any(data.unwrap_or_default(), target.order_ids) {
            let reason = "it says success, but names no order".to_owned();
            return failed(Cause::unreadable(status, body.clone(), reason));
        }
        // An empty one of another type says that there is none.
        let data = data.filter(|data| target.no_data == "null" || !is_empty(data));
        let data = match (data, &text) {
            (None, _) => Bytes::from_static(target.no_data.as_bytes()),
            (Some(data), Cow::Borrowed(_)) => body.slice_ref(data.as_bytes()),
            (Some(data), Cow::Owned(_)) => Bytes::copy_from_slice(data.as_bytes()),
        };
        Ok(Accepted { status, headers, data, message, raw: body, attempts: 0 })
    }
}

fn answered(status: StatusCode, headers: &HeaderMap) -> Trouble {
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    // The clock of requests may be shifted to suit the API; delays pass by the system's.
    let retry_after = asked.and_then(|value| retry_after(value, SystemTime::now()));
    Trouble::Answered { status: status.as_u16(), retry_after }
}

fn no_answer(error: &reqwest::Error) -> Trouble {
    match error {
        error if error.is_builder() || hopeless(error).is_some() => Trouble::Final,
        error if error.is_connect() => Trouble::Unsent,
        _ => Trouble::Lost,
    }
}

/// Why an answer says nothing: the status speaks first.
fn by_status(status: StatusCode, headers: &HeaderMap, reason: String) -> String {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let encoding = text(CONTENT_ENCODING).filter(|encoding| !matches!(encoding.trim(), "" | "identity"));
    match (encoding, text(LOCATION)) {
        (Some(encoding), _) => format!("its encoding is {encoding}, which was not asked for"),
        (None, Some(target)) if status.is_redirection() => {
            // A query may have a signature.
            let target = target.split(['?', '#']).next().unwrap_or_default();
            format!("it redirects to {target}, which is not followed")
        }
        _ => reason,
    }
}
