//! The window in which equal calls count as one: when the first request may be sent once more, as it was, and who calls twice
//! in it without meaning to. The time is that of a [`clock`](super::clock) which goes on in suspend.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::time::Duration;

use reqwest::Request;

use super::clock;
use super::intent::Holds;
use crate::family::scheme::Outgoing;
use crate::lock::held;
use crate::openapi::segments_as_read;
use crate::signing::canonical::Parameters;

/// A call of an operation with a window.
pub(super) struct Window<'a> {
    length: Duration,
    recent: &'a Recent,
    /// What stands for the call and those that are equal to it.
    call: u64,
    /// The request that was sent last, and when it began.
    sent: Option<(Duration, Request)>,
    is_again: bool,
}

impl<'a> Window<'a> {
    pub(super) fn new(call: u64, length: Duration, recent: &'a Recent) -> Self {
        Self { length, recent, call, sent: None, is_again: false }
    }

    /// Keeps a request that is about to be sent; says whether an equal call was made within the window.
    pub(super) fn keep(&mut self, request: &Request, now: Duration) -> bool {
        let is_first = self.sent.is_none();
        self.sent = request.try_clone().map(|request| (now, request));
        is_first && self.recent.note(self.call, self.length, now)
    }

    /// It is known that the first did nothing: it was no call.
    pub(super) fn undone(&mut self) {
        if !self.is_again && self.sent.take().is_some() {
            self.recent.forget(self.call);
        }
    }

    /// Whether the last attempt was the one more that there is.
    pub(super) fn is_again(&self) -> bool {
        self.is_again
    }

    /// Whether the request may be sent once more after `delay`: the first must have begun lately enough, so that the
    /// second is answered inside the window, whenever the server says that it began.
    pub(super) fn is_open_after(&self, delay: Duration, now: Duration) -> bool {
        self.sent
            .as_ref()
            .is_some_and(|(began, _)| is_open(self.length, now.saturating_sub(*began).saturating_add(delay)))
    }

    /// Whether the body of the one more attempt may go out still: until then a connection is made, and the machine may have
    /// slept.
    pub(super) fn holds(&self) -> Option<Holds> {
        let (began, _) = self.sent.as_ref().filter(|_| self.is_again)?;
        let (length, began) = (self.length, *began);
        Some(Box::new(move || is_open(length, clock::now().saturating_sub(began))))
    }

    /// The one more attempt is to be made.
    pub(super) fn repeat(&mut self) {
        self.is_again = true;
    }

    /// The very bytes of the first request, with what is left of the window to answer them.
    pub(super) fn request(&self, now: Duration) -> Option<Request> {
        let (began, request) = self.sent.as_ref().filter(|_| self.is_again)?;
        let mut request = request.try_clone()?;
        let left = self.length.mul_f64(0.8).saturating_sub(now.saturating_sub(*began));
        let limit = request.timeout().map_or(left, |limit| left.min(*limit));
        *request.timeout_mut() = Some(limit);
        Some(request)
    }
}

/// Whether a request may begin this long after the first of its window.
fn is_open(length: Duration, after: Duration) -> bool {
    after <= length.mul_f64(0.4)
}

/// The window may begin when the first call ends: when it does is not documented.
impl Drop for Window<'_> {
    fn drop(&mut self) {
        if self.sent.is_some() {
            self.recent.end(self.call, clock::now());
        }
    }
}

/// What stands for a request and those that are equal to it, however they are written; `path` is below the server's URL.
pub(super) fn equal(path: &str, sent: &Outgoing) -> u64 {
    let (mut content, body) = (Vec::with_capacity(512), sent.body.as_deref().unwrap_or_default());
    let canonical = Parameters::parse(body).and_then(|all| all.write_signed(&mut content));
    let content = if canonical.is_ok() { &content } else { body };
    let mut hasher = DefaultHasher::new();
    (segments_as_read(path), sent.url.query(), content).hash(&mut hasher);
    hasher.finish()
}

/// What a client called lately, of operations with a window.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Vec<Noted>>);

/// A call that was sent, and when it ended; it is under way if it did not.
#[derive(Debug)]
struct Noted {
    call: u64,
    ended: Option<Duration>,
}

impl Noted {
    fn is_under_way(&self, call: u64) -> bool {
        self.call == call && self.ended.is_none()
    }
}

impl Recent {
    /// Notes a call that is sent; says whether an equal one is under way, or ended within `length`.
    fn note(&self, call: u64, length: Duration, now: Duration) -> bool {
        let mut noted = held(&self.0);
        noted.retain(|noted| noted.ended.is_none_or(|ended| now.saturating_sub(ended) < length));
        let is_known = noted.iter().any(|noted| noted.call == call);
        noted.push(Noted { call, ended: None });
        is_known
    }

    /// Notes the end of one of these calls.
    fn end(&self, call: u64, now: Duration) {
        let mut noted = held(&self.0);
        if let Some(noted) = noted.iter_mut().find(|noted| noted.is_under_way(call)) {
            noted.ended = Some(now);
        }
    }

    /// One of these calls was none.
    fn forget(&self, call: u64) {
        let mut noted = held(&self.0);
        if let Some(index) = noted.iter().position(|noted| noted.is_under_way(call)) {
            noted.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn window(recent: &Recent, call: u64) -> Window<'_> {
        Window::new(call, 10 * SECOND, recent)
    }

    fn request() -> Request {
        Request::new(Method::POST, "https://example.com".parse().unwrap())
    }

    #[test]
    fn who_slept_after_the_first_attempt_sends_nothing_again() {
        let (recent, began) = (Recent::default(), 100 * SECOND);
        let mut window = window(&recent, 1);
        window.keep(&request(), began);
        assert!(window.is_open_after(SECOND, began + 3 * SECOND));
        assert!(!window.is_open_after(SECOND, began + 4 * SECOND));
        assert!(!window.is_open_after(Duration::ZERO, began + 60 * SECOND), "asleep for a minute");
        assert!(!window.is_open_after(Duration::MAX, began));
        assert!(window.request(began).is_none(), "nobody asked for it");
        window.repeat();
        let timeout = |now| *window.request(now).unwrap().timeout().unwrap();
        assert_eq!(timeout(began + 3 * SECOND), 5 * SECOND);
        assert_eq!(timeout(began + 60 * SECOND), Duration::ZERO);
    }

    #[test]
    fn a_call_that_did_nothing_warns_nobody() {
        let recent = Recent::default();
        let mut first = window(&recent, 1);
        assert!(!first.keep(&request(), SECOND));
        first.undone();
        let mut second = window(&recent, 1);
        assert!(!second.keep(&request(), 2 * SECOND));
        assert!(first.keep(&request(), 3 * SECOND), "the second is under way");
    }

    #[test]
    fn equal_calls_are_told_from_when_one_is_sent_until_the_window_after_its_end() {
        let recent = Recent::default();
        let sent = |call, at| recent.note(call, 10 * SECOND, at * SECOND);
        assert!(!sent(1, 0) && !sent(2, 1));
        assert!(sent(1, 30), "it is under way");
        recent.end(1, 31 * SECOND);
        recent.end(1, 32 * SECOND);
        assert!(sent(1, 41), "9 seconds after its end");
        recent.end(1, 41 * SECOND);
        assert!(!sent(1, 51));
    }
}
