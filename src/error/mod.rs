//! The one error of the crate.

mod cause;
pub(crate) mod drift;
mod kind;
mod made;
pub(crate) mod reason;
pub(crate) mod retry_after;
pub(crate) mod tls;
mod transport;
mod words;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use drift::Drift;
use http::HeaderMap;

pub(crate) use cause::{Blame, Cause, Head, Refusal};
pub use kind::ErrorKind;
pub use transport::TransportError;
#[cfg(feature = "tracing")]
pub(crate) use words::bounded;

/// Why a call, or the construction of a client, failed.
///
/// `Display` says what happened to which operation and what to do next; `Debug`, which a `main` that fails prints, says the
/// same with the causes behind. Neither prints bodies, secrets or signatures. What [`source`](StdError::source) gives is
/// not in the message, so that a report of both says nothing twice.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    subject: Subject,
    attempts: u32,
    cause: Cause,
    /// Whether the outcome is unknown, if whoever made the error said so.
    outcome_unknown: Option<bool>,
    retry_after: Option<Duration>,
    /// Host and port of the proxy between.
    proxy: Option<Arc<str>>,
    drift: Option<Drift>,
    /// What to check, where who calls is refused.
    who: &'static str,
    /// Why a signature that is right may be refused.
    doubt: Option<&'static str>,
    /// Whether a caller made it, so that it can be told more.
    is_made: bool,
}

/// What was called.
#[derive(Clone)]
pub(crate) struct Subject {
    /// Name of the operation, or the path of a raw call.
    pub(crate) operation: Cow<'static, str>,
    pub(crate) safe_to_retry: bool,
}

impl Error {
    pub(crate) fn new(subject: Subject, attempts: u32, cause: Cause) -> Self {
        Self(Box::new(Inner {
            subject,
            attempts,
            cause,
            outcome_unknown: None,
            retry_after: None,
            proxy: None,
            drift: None,
            who: "the credentials, and that they are those of this server",
            doubt: None,
            is_made: false,
        }))
    }

    /// What is wrong with the settings, without a word around it.
    pub(crate) fn reason(&self) -> &str {
        match &self.0.cause {
            Cause::Settings(what, _) => what,
            _ => "",
        }
    }

    /// The server asked not to be called again before `delay` has passed.
    pub(crate) fn asking(mut self, delay: Option<Duration>) -> Self {
        self.0.retry_after = delay;
        self
    }

    /// The call went through this proxy.
    pub(crate) fn through(mut self, proxy: Option<Arc<str>>) -> Self {
        self.0.proxy = proxy;
        self
    }

    /// An attempt before this one may have taken effect, whatever became of this one.
    pub(crate) fn undecided(mut self) -> Self {
        self.0.outcome_unknown = Some(true);
        self
    }

    /// The time that was signed is this far from the server's.
    pub(crate) fn drifting(mut self, drift: Option<Drift>) -> Self {
        self.0.drift = drift;
        self
    }

    /// What to check, where who calls is refused; and why a signature that is right may be.
    pub(crate) fn doubting(mut self, who: &'static str, doubt: Option<&'static str>) -> Self {
        (self.0.who, self.0.doubt) = (who, doubt);
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.cause {
            Cause::NotBegun | Cause::CutShort => ErrorKind::Timeout,
            Cause::Transport { source, .. } if source.is_timeout() => ErrorKind::Timeout,
            Cause::Transport { .. } => ErrorKind::Transport,
            Cause::Refused(_) => ErrorKind::Refused,
            Cause::Unreadable { head, .. } => match head.status.as_u16() {
                429 => ErrorKind::RateLimited,
                401 | 403 => ErrorKind::Unauthorised,
                404 => ErrorKind::NotFound,
                // It sends nowhere: it says that something is as it was, which nobody asked.
                304 => ErrorKind::Unreadable,
                300..=399 => ErrorKind::Redirect,
                500..=599 => ErrorKind::Server,
                _ => ErrorKind::Unreadable,
            },
            Cause::UsedUp { .. } => ErrorKind::UsedUp,
            Cause::Ended | Cause::InvalidRequest(_) => ErrorKind::InvalidRequest,
            Cause::Settings(..) => ErrorKind::Settings,
            Cause::Panicked { .. } => ErrorKind::Panicked,
        }
    }

    /// Name of the operation, or the path of a raw call.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.subject.operation
    }

    /// How often it was tried; 0 if the call did not get that far, or nobody knows
    /// ([`Panicked`](crate::ErrorKind::Panicked)): whether anything was sent is said by
    /// [`outcome_unknown`](Self::outcome_unknown) alone. This is the error of the last attempt.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether there was no answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    fn refusal(&self) -> Option<&Refusal> {
        match &self.0.cause {
            Cause::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// What a refusal is because of, by its status and its code.
    pub(crate) fn blame(&self) -> Option<Blame> {
        let refusal = self.refusal()?;
        let by_status = Blame::of_status(refusal.head.status.as_u16());
        Some(if by_status == Blame::Request { refusal.blame } else { by_status })
    }

    /// The code of a refused call. Apart from the one for success, Linksfield documents those of the Cube API alone.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.refusal().map(|refusal| &*refusal.code)
    }

    /// The message of a refused call, in the client's language.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.refusal().map(|refusal| &*refusal.message)
    }

    /// The `data` of a refused call as received, if it has any: JSON; of an API without an envelope around its data, the
    /// whole answer. None is documented.
    #[must_use]
    pub fn data(&self) -> Option<&str> {
        self.refusal()?.data.as_deref()
    }

    /// The HTTP status, if an answer came. A refused call usually has 200.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.cause.head().map(|head| head.status.as_u16())
    }

    /// The headers of the answer, if one came.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.cause.head().map(|head| &*head.headers)
    }

    /// How long the server asks to wait before the next call, if it does.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the status is 429: too many calls.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(429)
    }

    /// Whether the status is 401 or 403: it is not known who calls.
    #[must_use]
    pub fn is_unauthorised(&self) -> bool {
        matches!(self.status(), Some(401 | 403))
    }

    /// Whether the status is 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the status is 5xx: the server failed.
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        matches!(self.status(), Some(500..=599))
    }

    /// The bytes of an answer that can't be read; the first of them if it is too long.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        match &self.0.cause {
            Cause::Unreadable { body, .. } => Some(body),
            _ => None,
        }
    }

    /// Whether the call may have taken effect although it failed: an order may or may not have been placed.
    ///
    /// `true` if the request may have left and no answer says what became of it, unless the operation only queries.
    /// Find out, for example with a query, before you call again: calling again could order twice. [The guide to money
    /// safety](crate::guide::money_safety) says how.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        let by_cause = || !self.0.subject.safe_to_retry && self.0.cause.may_have_taken_effect();
        self.0.outcome_unknown.unwrap_or_else(by_cause)
    }

    /// How far the clock is off, if that can be why the call was refused.
    fn drift(&self) -> Option<Drift> {
        self.0.drift.filter(|_| self.is_unauthorised() || self.speaks_of_signature())
    }

    /// Whether the API refused the call because of its signature, as far as its words tell: no code for that is documented.
    fn speaks_of_signature(&self) -> bool {
        let texts = [self.code(), self.message()].into_iter().flatten().map(str::to_lowercase);
        texts.into_iter().any(|text| {
            let mut words = text.split(|letter: char| !letter.is_alphanumeric());
            text.contains("签名") || words.any(|word| matches!(word, "sign" | "signature"))
        })
    }
}

/// An error, its cause, the cause of that, and so on.
pub(crate) fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What the first of all causes that says anything says.
pub(crate) fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).map(ToString::to_string).filter(|said| !said.is_empty()).last().unwrap_or_default()
}
