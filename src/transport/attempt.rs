//! The way of one attempt: signed and placed, sent, read, judged. The only place where a client does I/O.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::Method;
use http::header::{ACCEPT_LANGUAGE, AGE, CONTENT_LENGTH, DATE, HeaderValue};
use reqwest::{Request, Response};

use super::guard::Guard;
use super::intent::{Holds, Intent};
use super::judge::{Failure, Whole};
use super::limits::UsedUp;
use super::progress::Progress;
use super::retry::Trouble;
use super::trace::Span;
use super::window::Window;
use super::{Accepted, Transport, clock, headers};
use crate::error::drift::Drift;
use crate::error::tls::hopeless;
use crate::error::{Cause, Head};
use crate::family::scheme::Moment;

impl Transport {
    /// Sends a call once.
    pub(super) async fn attempt(
        &self,
        intent: &Intent,
        span: &Span<'_>,
        progress: &Progress,
        window: Option<&mut Window<'_>>,
        holds: Option<Holds>,
    ) -> Result<Accepted, Failed> {
        let moment = self.moment(intent);
        let mut request = match window.as_ref().and_then(|window| window.request(clock::now())) {
            Some(request) => request,
            None => self.request(intent, moment).map_err(|cause| (Trouble::Final, cause))?,
        };
        // What can't be signed is none of the day's.
        self.limits.count().map_err(|UsedUp { limit, free_in }| (Trouble::Final, Cause::UsedUp { limit, free_in }))?;
        let is_open = window.as_ref().and_then(|window| window.holds());
        if let Some(window) = window {
            if window.is_again() {
                span.resent();
            } else if window.keep(&request, clock::now()) {
                span.repeated();
            }
        }
        let guard = Guard::new(&mut request, holds.into_iter().chain(is_open).collect());
        span.url(request.url());
        let answer = self.send(request, progress).await;
        if let Some(guard) = guard {
            guard.check().map_err(|lapsed| (Trouble::Final, Cause::invalid_request(lapsed)))?;
        }
        let answer = self.read(answer?).await?;
        let date = date(&answer.headers).cloned();
        let drift = || self.drift(date.as_ref()?, intent, moment);
        self.judge(answer, intent).map_err(|(trouble, cause)| Failed { trouble, cause, drift: drift() })
    }

    /// The request as it is sent now.
    pub(super) fn request(&self, intent: &Intent, moment: Moment) -> Result<Request, Cause> {
        let signed = self.scheme.sign(&self.unsigned(intent), moment);
        let mut outgoing = signed.map_err(Cause::invalid_request)?;
        if let Some(language) = intent.options.language.as_ref().or(self.language.as_ref()) {
            outgoing.headers.insert(ACCEPT_LANGUAGE, language.clone());
        }
        if let Some(name) = intent.options.headers.keys().find(|name| outgoing.headers.contains_key(*name)) {
            return Err(Cause::invalid_request(format!("the header {name} is set by the client: leave it out")));
        }
        outgoing.headers.extend(intent.options.headers.clone());
        let mut request = Request::new(intent.target.method.clone(), outgoing.url);
        *request.headers_mut() = match &self.headers {
            Some(added) => headers::with(outgoing.headers, added),
            None => outgoing.headers,
        };
        if outgoing.body.is_none() && matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
            // Some gateways answer 411 without.
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        *request.body_mut() = outgoing.body.map(Into::into);
        *request.timeout_mut() = intent.options.timeout.or(self.timeout);
        Ok(request)
    }

    async fn send(&self, request: Request, progress: &Progress) -> Result<Response, Failure> {
        // An HTTP client of our own follows no redirect.
        let asked = self.is_foreign.then(|| request.url().clone());
        // Lets the runtime see which of the kept connections were closed while nobody drove it: an order that is sent on
        // one of these is lost, and nobody knows whether it was placed.
        tokio::task::yield_now().await;
        progress.sent();
        let response = self.http().execute(request).await.map_err(|error| match self.is_foreign {
            // It may have been answered with a redirect, and the error be that of where it led.
            true => (Trouble::Lost, Cause::lost(error)),
            false => (no_answer(&error), Cause::transport(error)),
        })?;
        if asked.is_some_and(|asked| *response.url() != asked) {
            let reason = "your http_client followed a redirect with it: set its redirect policy to none";
            let head = Head::new(response.status(), response.headers().clone());
            return Err((Trouble::Final, Cause::unreadable(head, Bytes::new(), reason.to_owned())));
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
                return Err((Trouble::Final, Cause::unreadable(Head::new(status, headers), body.freeze(), reason)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Whole { status, headers, body: body.freeze() })
    }

    /// How far the time that was signed is from that of the server, if a time was signed.
    fn drift(&self, date: &HeaderValue, intent: &Intent, moment: Moment) -> Option<Drift> {
        let drift = Drift::between(moment.now, httpdate::parse_http_date(date.to_str().ok()?).ok()?)?;
        let explain = |moment| self.scheme.explain(&self.unsigned(intent), moment).ok();
        let another = Moment { now: moment.now.checked_add(Duration::from_secs(1))?, ..moment };
        (explain(moment)?.content() != explain(another)?.content()).then_some(drift)
    }
}

/// When the server itself answered; what a cache kept is older, and it says so.
fn date(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(DATE).filter(|_| !headers.contains_key(AGE))
}

/// An attempt that failed.
pub(super) struct Failed {
    pub(super) trouble: Trouble,
    pub(super) cause: Cause,
    pub(super) drift: Option<Drift>,
}

impl From<Failure> for Failed {
    fn from((trouble, cause): Failure) -> Self {
        Self { trouble, cause, drift: None }
    }
}

fn no_answer(error: &reqwest::Error) -> Trouble {
    match error {
        error if error.is_builder() || hopeless(error).is_some() => Trouble::Final,
        error if error.is_connect() => Trouble::Unsent,
        _ => Trouble::Lost,
    }
}
