//! What all calls of one client share, and how one is sent until it is answered:
//!
//! 1. a span begins;
//! 2. it waits until the limits let it in;
//! 3. an [`attempt`] is made: signed and placed, sent, read, judged;
//! 4. if it failed, and the policy says so, it waits for a delay and goes on at 2;
//! 5. the span ends.
//!
//! A deadline is around all of it, a timeout around each attempt.

mod attempt;
pub(crate) mod clock;
pub mod connect;
mod driver;
mod guard;
pub(crate) mod headers;
pub(crate) mod intent;
mod judge;
pub(crate) mod limits;
mod progress;
pub(crate) mod retry;
mod trace;
#[cfg(feature = "blocking")]
pub(crate) mod waiting;
pub(crate) mod window;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use reqwest::{Request, StatusCode, Url};
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::{Cause, Error, Head};
use crate::family::place::place;
use crate::family::scheme::{Moment, Outgoing, Scheme, Unsigned};
use crate::signing::Explanation;
use attempt::Failed;
use intent::{Intent, Target};
use limits::Limits;
use progress::Progress;
use retry::{RetryPolicy, Tried, Trouble};
use trace::Span;
use window::{Recent, Window, equal};

/// Where the time of requests comes from.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// All that the calls of one client share.
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    /// The same with connections of its own, for calls that are waited for: a connection lives as long as the runtime that
    /// it was made in is driven.
    #[cfg(feature = "blocking")]
    pub(crate) waited: reqwest::Client,
    /// Whether `http` is the caller's own.
    pub(crate) is_foreign: bool,
    /// Host and port of the proxy that `http` goes through, where it is known.
    pub(crate) proxy: Option<Arc<str>>,
    /// The URL before the paths of operations.
    pub(crate) base: Url,
    pub(crate) scheme: Box<dyn Scheme>,
    /// Why this server may refuse a signature that is right.
    pub(crate) doubt: Option<&'static str>,
    pub(crate) language: Option<HeaderValue>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) answer_limit: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) limits: Limits,
    pub(crate) recent: Recent,
    pub(crate) clock: Clock,
    /// What the caller adds to the headers of each request.
    pub(crate) headers: Option<headers::Added>,
}

/// An answer of the API that accepted a call.
#[derive(Clone)]
pub(crate) struct Accepted {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The JSON of its `data`, or what stands for it if it has none.
    pub(crate) data: Bytes,
    /// The number of items that a field beside the data names.
    pub(crate) total_count: Option<i64>,
    pub(crate) message: Option<String>,
    /// The answer as received.
    pub(crate) raw: Bytes,
    pub(crate) attempts: u32,
}

impl Accepted {
    /// What came before the body.
    pub(crate) fn head(&self) -> Head {
        Head::new(self.status, self.headers.clone())
    }
}

impl Transport {
    /// Makes a call, again where that is safe, until an answer accepts or refuses it.
    pub(crate) async fn exchange(self: Arc<Self>, intent: Intent) -> Result<Accepted, Error> {
        let progress = Progress::default();
        let span = Span::begin(&intent.target, &self.base, &progress);
        let work = self.repeat(&intent, &span, &progress);
        #[cfg(feature = "blocking")]
        let work = waiting::caught(work, || progress.panicked(&intent.target.subject));
        let result = span.around(work).await;
        span.end(result.as_ref().map(|accepted| accepted.status));
        result
    }

    async fn repeat(&self, intent: &Intent, span: &Span<'_>, progress: &Progress) -> Result<Accepted, Error> {
        let start = Instant::now();
        let deadline = intent.options.deadline.or(self.deadline).and_then(|limit| start.checked_add(limit));
        let policy = intent.options.retry.as_ref().unwrap_or(&self.retry);
        let subject = &intent.target.subject;
        // What is told if there is no time for another attempt.
        let mut failed = Error::new(subject.clone(), 0, Cause::NotBegun);
        let mut attempt = 1;
        let window = intent.target.known.and_then(|known| known.idempotent_for);
        let sent = || self.placed(intent).map(|placed| equal(self.below(&placed.url), &placed)).unwrap_or_default();
        let mut window = window.map(|length| Window::new(sent(), length, &self.recent));
        loop {
            let turn = span.waiting(within(deadline, self.limits.enter())).await;
            let turn = match turn.filter(|_| deadline.is_none_or(|deadline| Instant::now() < deadline)) {
                Some(Ok(turn)) => turn,
                Some(Err(standstill)) if attempt == 1 => {
                    return Err(Error::new(subject.clone(), 0, Cause::invalid_request(standstill)));
                }
                Some(Err(standstill)) => {
                    span.given_up(&standstill);
                    return Err(failed);
                }
                _ => return Err(failed),
            };
            let mut holds = None;
            if let Some(ready) = &intent.options.ready {
                match within(deadline, ready()).await {
                    Some(Ok(confirmed)) => holds = Some(confirmed),
                    Some(Err(reason)) => {
                        let refused = Error::new(subject.clone(), attempt - 1, Cause::invalid_request(reason));
                        let is_again = window.as_ref().is_some_and(Window::is_again);
                        return Err(if is_again { refused.undecided() } else { refused });
                    }
                    None => return Err(failed),
                }
            }
            let is_over = |window: &Window<'_>| !window.is_open_after(Duration::ZERO, clock::now());
            if window.as_ref().is_some_and(|window| window.is_again() && is_over(window)) {
                return Err(failed);
            }
            progress.attempt(attempt);
            let cut_short = || Err((Trouble::Final, Cause::CutShort).into());
            let answered = within(deadline, self.attempt(intent, span, progress, window.as_mut(), holds)).await;
            let Failed { trouble, cause, drift } = match answered.unwrap_or_else(cut_short) {
                Ok(accepted) => return Ok(Accepted { attempts: attempt, ..accepted }),
                Err(failed) => failed,
            };
            drop(turn);
            let (free_in, is_first) = (cause.free_in(), attempt == 1);
            if free_in.is_some() && !is_first {
                return Err(failed);
            }
            if trouble == Trouble::Unsent {
                self.limits.give_back();
            }
            if cause.is_unsent() && window.as_ref().is_some_and(|window| window.is_again() && is_over(window)) {
                return Err(failed);
            }
            let sent = if cause.is_unsent() { attempt - 1 } else { attempt };
            failed = Error::new(subject.clone(), sent, cause).through(self.proxy.clone());
            failed = failed
                .asking(free_in.or(trouble.retry_after()))
                .drifting(drift)
                .doubting(self.scheme.who(), self.doubt);
            if !failed.outcome_unknown() {
                window.iter_mut().for_each(Window::undone);
            }
            if window.as_ref().is_some_and(Window::is_again) {
                // Only an acceptance says what became of the first.
                return Err(failed.undecided());
            }
            let may_repeat = policy.within_window && intent.target.is_described && !subject.safe_to_retry;
            let uses_window = may_repeat && failed.outcome_unknown();
            let window = window.as_mut().filter(|_| uses_window);
            let (safe_to_retry, in_window) = (subject.safe_to_retry, window.is_some());
            let tried = Tried { safe_to_retry, in_window, attempt, elapsed: start.elapsed(), trouble };
            // A delay that ends at the deadline leads to no attempt.
            let in_time = |delay: &Duration| {
                deadline.is_none_or(|deadline| Instant::now().checked_add(*delay).is_some_and(|next| next < deadline))
            };
            let is_open =
                |delay: &Duration| window.as_ref().is_none_or(|window| window.is_open_after(*delay, clock::now()));
            match policy.delay(&tried, fastrand::f64()).filter(in_time).filter(is_open) {
                Some(delay) => {
                    window.into_iter().for_each(Window::repeat);
                    progress.failed(&failed);
                    span.again(&failed, delay);
                    sleep(delay).await;
                }
                None => return Err(failed),
            }
            attempt += 1;
        }
    }

    /// The HTTP client of who awaits a call, or of who waits for it.
    fn http(&self) -> &reqwest::Client {
        #[cfg(feature = "blocking")]
        if waiting::is_here() {
            return &self.waited;
        }
        &self.http
    }

    /// What is signed of a call, if it were sent now.
    pub(crate) fn explain(&self, intent: &Intent) -> Result<Explanation, Cause> {
        self.signed(intent, self.moment(intent))
    }

    fn signed(&self, intent: &Intent, moment: Moment) -> Result<Explanation, Cause> {
        self.scheme.explain(&self.unsigned(intent), moment).map_err(Cause::invalid_request)
    }

    /// The request of a call, if it were sent now, and what is signed of it.
    pub(crate) fn preview(&self, intent: &Intent) -> Result<(Request, Explanation), Cause> {
        let moment = self.moment(intent);
        Ok((self.request(intent, moment)?, self.signed(intent, moment)?))
    }

    /// Where a call goes and what it sends, before it is signed; none of one that can't be sent.
    pub(crate) fn placed(&self, intent: &Intent) -> Option<Outgoing> {
        place(&self.unsigned(intent), intent.parameters.clone()).ok()
    }

    /// The path of a URL below that of the server.
    pub(crate) fn below<'a>(&self, url: &'a Url) -> &'a str {
        url.path().strip_prefix(self.base.path().trim_end_matches('/')).unwrap_or(url.path())
    }

    fn unsigned<'a>(&'a self, intent: &'a Intent) -> Unsigned<'a> {
        let Intent { target: Target { method, path, added, placing, in_query, .. }, parameters, .. } = intent;
        Unsigned { method, base: &self.base, path, added, placing: *placing, in_query, parameters }
    }

    fn moment(&self, intent: &Intent) -> Moment {
        Moment { now: (self.clock)(), nonce: intent.nonce }
    }
}

/// What `work` gives, unless the deadline passes before.
async fn within<T>(deadline: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, work).await.ok(),
        None => Some(work.await),
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("base_url", &self.base.as_str())
            .field("scheme", &self.scheme)
            .field("language", &self.language)
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .field("answer_limit", &self.answer_limit)
            .field("retry", &self.retry)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
