//! From a call to the wire and back: put the envelope on, send, read, take it off. The only place where I/O happens.

pub(crate) mod limits;
pub(crate) mod retry;
mod trace;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Request, Response, StatusCode};

use crate::csss::envelope::Answer;
use crate::error::Error;
use crate::error::Failing;
use crate::family::place::{Call, place};
use crate::family::{Envelope, Environment};
use crate::openapi::Operation;
use crate::transport::limits::Limits;
use crate::transport::retry::RetryPolicy;
use crate::transport::retry::{Trouble, retry_after};
use crate::transport::trace::Span;

/// Where the time of requests comes from.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// All that the calls of one client share.
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    pub(crate) environment: Box<dyn Environment>,
    pub(crate) envelope: Box<dyn Envelope>,
    pub(crate) language: Option<HeaderValue>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) answer_limit: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
}

/// An answer of the API that accepted a call.
pub(crate) struct Accepted {
    pub(crate) status: StatusCode,
    /// The answer as received.
    pub(crate) body: Bytes,
    /// The JSON of its `data`, if it has any.
    pub(crate) data: Option<Bytes>,
}

impl Transport {
    /// The URL before the paths of operations.
    pub(crate) fn base_url(&self) -> &str {
        self.environment.base_url().trim_end_matches('/')
    }

    /// A call of `operation`.
    pub(crate) fn call<'a>(&self, operation: &'a Operation, parameters: Bytes) -> Call<'a> {
        let named = self.environment.name().and_then(|name| operation.servers.iter().find(|(known, _)| *known == name));
        let base_url = named.map_or_else(|| self.base_url(), |(_, url)| url);
        Call {
            failing: operation.failing(),
            method: operation.method.parse().unwrap_or_default(),
            url: format!("{base_url}{}", operation.path),
            added: operation.added,
            parameters,
        }
    }

    /// Makes a call, again where that is safe, until an answer accepts or refuses it.
    pub(crate) async fn exchange(&self, call: &Call<'_>) -> Result<Accepted, Error> {
        let span = Span::begin(call);
        let result = span.around(self.repeat(call, &span)).await;
        span.end(result.as_ref().map(|accepted| accepted.status));
        result
    }

    async fn repeat(&self, call: &Call<'_>, span: &Span) -> Result<Accepted, Error> {
        let start = Instant::now();
        let mut attempt = 1;
        loop {
            span.attempt(attempt);
            let (trouble, error) = match self.attempt(call).await {
                Ok(accepted) => return Ok(accepted),
                Err(failed) => failed,
            };
            match self.retry.delay(call.failing.safe_to_retry, attempt, start.elapsed(), trouble, fastrand::f64()) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error.after(attempt)),
            }
            attempt += 1;
        }
    }

    /// Puts the envelope on, sends once, and takes the answer's envelope off.
    async fn attempt(&self, call: &Call<'_>) -> Result<Accepted, (Trouble, Error)> {
        let failing = call.failing;
        let _permit = self.limits.enter().await;
        let request = self.request(call).map_err(|error| (Trouble::Final, error))?;
        let url = request.url().clone();
        let response =
            self.http.execute(request).await.map_err(|error| (no_answer(&error), failing.transport(error)))?;
        let (status, answered) = (response.status(), self.answered(&response));
        if *response.url() != url {
            let reason = "your http_client followed a redirect with it: set its redirect policy to none";
            return Err((Trouble::Final, failing.cut_short(status, Bytes::new(), reason.to_owned())));
        }
        let body = self.read(response, failing).await?;
        let data = match self.envelope.unwrap(status, &body) {
            Ok(Answer::Accepted { data }) => data.map(|data| body.slice_ref(data.as_bytes())),
            Ok(Answer::Refused { code, message }) => return Err((answered, failing.refused(status, &code, &message))),
            Err(error) => return Err((answered, failing.unreadable(status, body.clone(), &error))),
        };
        Ok(Accepted { status, body, data })
    }

    fn answered(&self, response: &Response) -> Trouble {
        let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = asked.and_then(|value| retry_after(value, (self.clock)()));
        Trouble::Answered { status: response.status().as_u16(), retry_after }
    }

    /// The answer's body, which is dropped with its connection where it grows too long.
    async fn read(&self, mut response: Response, failing: Failing<'_>) -> Result<Bytes, (Trouble, Error)> {
        let status = response.status();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| (Trouble::Lost, failing.transport(error)))? {
            if body.len() + chunk.len() > self.answer_limit {
                let reason = format!("it is longer than the limit of {} bytes", self.answer_limit);
                return Err((Trouble::Final, failing.cut_short(status, body.freeze(), reason)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// The whole request as JSON, as it would be sent now.
    pub(crate) fn wrap(&self, call: &Call<'_>) -> Result<Vec<u8>, Error> {
        let wrapped = self.envelope.wrap(&call.parameters, call.added, (self.clock)());
        wrapped.map_err(|error| call.failing.invalid_request(error))
    }

    fn request(&self, call: &Call<'_>) -> Result<Request, Error> {
        let placed = place(&call.method, &call.url, self.wrap(call)?);
        let placed = placed.map_err(|error| call.failing.invalid_request(error))?;
        let mut request = Request::new(call.method.clone(), placed.url);
        *request.body_mut() = placed.body.map(Into::into);
        *request.timeout_mut() = self.timeout;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(language) = &self.language {
            headers.insert(ACCEPT_LANGUAGE, language.clone());
        }
        self.envelope.set_headers(headers);
        Ok(request)
    }
}

fn no_answer(error: &reqwest::Error) -> Trouble {
    match error {
        error if error.is_builder() => Trouble::Final,
        error if error.is_connect() => Trouble::Unsent,
        _ => Trouble::Lost,
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("base_url", &self.base_url())
            .field("envelope", &self.envelope)
            .field("language", &self.language)
            .field("timeout", &self.timeout)
            .field("answer_limit", &self.answer_limit)
            .field("retry", &self.retry)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
