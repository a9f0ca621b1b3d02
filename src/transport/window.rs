//! The window in which equal calls count as one: when the first request may be sent once more, as it was, and who calls twice
//! in it without meaning to.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Request;
use tokio::time::Instant;

use super::intent::Intent;

/// A call of an operation with a window whose policy uses it.
pub(super) struct Window {
    length: Duration,
    /// The request that was sent last, and when it began.
    sent: Option<(Instant, Request)>,
    is_again: bool,
}

impl Window {
    pub(super) fn new(length: Duration) -> Self {
        Self { length, sent: None, is_again: false }
    }

    /// Keeps a request that is about to be sent.
    pub(super) fn keep(&mut self, request: &Request) {
        if !self.is_again {
            self.sent = request.try_clone().map(|request| (Instant::now(), request));
        }
    }

    /// Whether the last attempt was the one more that there is.
    pub(super) fn is_again(&self) -> bool {
        self.is_again
    }

    /// Whether the request may be sent once more after `delay`: the first must have begun lately enough, so that the
    /// second is answered inside the window, whenever the server says that it began.
    pub(super) fn is_open_after(&self, delay: Duration) -> bool {
        let latest = self.length.mul_f64(0.4);
        self.sent.as_ref().is_some_and(|(began, _)| began.elapsed() + delay <= latest)
    }

    /// The one more attempt is to be made.
    pub(super) fn repeat(&mut self) {
        self.is_again = true;
    }

    /// The very bytes of the first request, with what is left of the window to answer them.
    pub(super) fn request(&mut self) -> Option<Request> {
        let (began, mut request) = self.sent.take().filter(|_| self.is_again)?;
        let left = self.length.mul_f64(0.8).saturating_sub(began.elapsed());
        let limit = request.timeout().map_or(left, |limit| left.min(*limit));
        *request.timeout_mut() = Some(limit);
        Some(request)
    }
}

/// What a client called lately, of operations with a window.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Vec<(Instant, u64)>>);

impl Recent {
    /// Whether the same was called within the window; the call is noted.
    pub(super) fn has(&self, intent: &Intent, length: Duration) -> bool {
        let mut hasher = DefaultHasher::new();
        (&intent.target.subject.operation, &intent.parameters).hash(&mut hasher);
        let call = hasher.finish();
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|(begun, _)| begun.elapsed() < length);
        let is_known = recent.iter().any(|(_, known)| *known == call);
        recent.push((Instant::now(), call));
        is_known
    }
}
