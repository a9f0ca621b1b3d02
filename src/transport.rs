//! From a finished request to the wire and back: sign, send, read. The only place where I/O happens.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Body, Request, Response, StatusCode};

use crate::envelope::{self, Answer};
use crate::error::Failing;
use crate::limits::Limits;
use crate::retry::{Trouble, retry_after};
use crate::signing::{Explanation, TimestampUnit};
use crate::trace::Span;
use crate::{Credentials, Error, RetryPolicy, signing};

/// Where the time of requests comes from.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// All that the calls of one client share.
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: String,
    pub(crate) credentials: Credentials,
    pub(crate) language: Option<HeaderValue>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) answer_limit: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) timestamp_unit: TimestampUnit,
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
    /// Sends `request`, again where that is safe, until an answer accepts or refuses it.
    pub(crate) async fn exchange(&self, request: Request, failing: Failing<'_>) -> Result<Accepted, Error> {
        let span = Span::begin(failing.operation, request.url());
        let result = span.around(self.repeat(request, failing, &span)).await;
        span.end(result.as_ref().map(|accepted| accepted.status));
        result
    }

    async fn repeat(&self, request: Request, failing: Failing<'_>, span: &Span) -> Result<Accepted, Error> {
        let start = Instant::now();
        let mut attempt = 1;
        loop {
            span.attempt(attempt);
            let copy = request.try_clone().ok_or_else(|| failing.invalid_request("the body is no JSON"))?;
            let (trouble, error) = match self.attempt(copy, failing).await {
                Ok(accepted) => return Ok(accepted),
                Err(failed) => failed,
            };
            match self.retry.delay(failing.safe_to_retry, attempt, start.elapsed(), trouble, fastrand::f64()) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error.after(attempt)),
            }
            attempt += 1;
        }
    }

    /// Signs `request`, sends it once, and takes the answer's envelope off.
    async fn attempt(&self, mut request: Request, failing: Failing<'_>) -> Result<Accepted, (Trouble, Error)> {
        let _permit = self.limits.enter().await;
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let signed = self.sign(body, failing).map_err(|error| (Trouble::Final, error))?;
        *request.body_mut() = Some(signed.into());
        self.set_headers(&mut request);
        let url = request.url().clone();
        let response =
            self.http.execute(request).await.map_err(|error| (no_answer(&error), failing.transport(error)))?;
        let (status, answered) = (response.status(), self.answered(&response));
        if *response.url() != url {
            let reason = "your http_client followed a redirect with it: set its redirect policy to none";
            return Err((Trouble::Final, failing.cut_short(status, Bytes::new(), reason.to_owned())));
        }
        let body = self.read(response, failing).await?;
        let data = match envelope::unwrap(&body) {
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

    /// What of `body` would be signed if it were sent now.
    pub(crate) fn explain(&self, body: &[u8], failing: Failing<'_>) -> Result<Explanation, Error> {
        let signed = self.sign(body, failing)?;
        signing::explain(&signed).map_err(|error| failing.invalid_request(error))
    }

    fn sign(&self, body: &[u8], failing: Failing<'_>) -> Result<Vec<u8>, Error> {
        let timestamp = self.timestamp_unit.format((self.clock)());
        let timestamp = timestamp.ok_or_else(|| failing.invalid_request("the clock shows a time before 1970"))?;
        envelope::wrap(body, self.credentials.access_code(), &timestamp, self.credentials.key())
            .map_err(|error| failing.invalid_request(error))
    }

    fn set_headers(&self, request: &mut Request) {
        let headers = request.headers_mut();
        headers.remove("api-version");
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(language) = &self.language {
            headers.insert(ACCEPT_LANGUAGE, language.clone());
        }
        if self.timeout.is_some() {
            *request.timeout_mut() = self.timeout;
        }
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
            .field("base_url", &self.base_url)
            .field("credentials", &self.credentials)
            .field("language", &self.language)
            .field("timeout", &self.timeout)
            .field("answer_limit", &self.answer_limit)
            .field("retry", &self.retry)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
