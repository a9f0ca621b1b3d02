//! The one error of the crate.

pub(crate) mod drift;
pub(crate) mod reason;
pub(crate) mod tls;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;

use drift::Drift;
use tls::hopeless;

/// Why a call, or the construction of a client, failed.
///
/// `Display` says what happened to which operation and what to do next. Neither it nor `Debug` prints bodies, secrets or
/// signatures.
pub struct Error(Box<Inner>);

struct Inner {
    subject: Subject,
    attempts: u32,
    cause: Cause,
    retry_after: Option<Duration>,
    /// Host and port of the proxy between.
    proxy: Option<Arc<str>>,
    drift: Option<Drift>,
}

/// What was called.
#[derive(Clone)]
pub(crate) struct Subject {
    /// Name of the operation, or the path of a raw call.
    pub(crate) operation: Cow<'static, str>,
    pub(crate) safe_to_retry: bool,
}

/// What happened.
#[derive(Clone)]
pub(crate) enum Cause {
    /// The deadline passed before anything was sent.
    NotBegun,
    /// It was awaited again after its end.
    Ended,
    /// The deadline passed while an attempt was under way.
    CutShort,
    Transport {
        source: Arc<reqwest::Error>,
        may_be_sent: bool,
    },
    Refused(Refusal),
    Unreadable {
        status: StatusCode,
        body: Bytes,
        reason: String,
    },
    InvalidRequest(Arc<dyn StdError + Send + Sync>),
    Settings(String),
}

/// What the API said when it refused a call.
#[derive(Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) data: Option<Box<str>>,
    /// Whether the call may have taken effect all the same.
    pub(crate) outcome_unknown: bool,
}

impl Cause {
    pub(crate) fn transport(source: reqwest::Error) -> Self {
        if source.is_builder() {
            return Self::invalid_request(source.without_url());
        }
        let may_be_sent = !source.is_connect();
        Self::Transport { source: Arc::new(source.without_url()), may_be_sent }
    }

    /// Of an HTTP client that may have sent the request before, and then followed a redirect.
    pub(crate) fn lost(source: reqwest::Error) -> Self {
        Self::Transport { source: Arc::new(source.without_url()), may_be_sent: true }
    }

    /// Of an answer that can't be read, or was read in part only.
    pub(crate) fn unreadable(status: StatusCode, body: Bytes, reason: String) -> Self {
        Self::Unreadable { status, body, reason }
    }

    pub(crate) fn is_invalid_request(&self) -> bool {
        matches!(self, Self::InvalidRequest(_))
    }

    pub(crate) fn invalid_request(reason: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::InvalidRequest(reason.into().into())
    }
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection could not be made, or broke.
    Transport,
    /// No answer in time.
    Timeout,
    /// The API answered with another code than success.
    Refused,
    /// An answer came, but it can't be read: it is not as documented, cut off, or contradicts itself.
    Unreadable,
    /// HTTP 429 without a readable answer: too many calls. [`Error::retry_after`] says when to come again.
    RateLimited,
    /// HTTP 401 or 403 without a readable answer: a gateway, or the API, does not know who calls. If it was signed by a clock
    /// that is five minutes or more from the server's (its `Date`), the message says how far.
    Unauthorised,
    /// HTTP 404 without a readable answer: the server's URL, or the path, is another's.
    NotFound,
    /// HTTP 3xx, but 304: the server sends elsewhere, where a signed request must not go. The message says where.
    Redirect,
    /// HTTP 5xx without a readable answer: the server, or a gateway before it, failed.
    Server,
    /// The request can't be sent as it is; nothing was sent.
    InvalidRequest,
    /// The settings of the client are missing or malformed; nothing was sent.
    Settings,
}

impl Error {
    pub(crate) fn settings(what: impl Into<String>) -> Self {
        let subject = Subject { operation: "settings".into(), safe_to_retry: true };
        Self::new(subject, 0, Cause::Settings(what.into()))
    }

    pub(crate) fn new(subject: Subject, attempts: u32, cause: Cause) -> Self {
        Self(Box::new(Inner { subject, attempts, cause, retry_after: None, proxy: None, drift: None }))
    }

    /// What is wrong with the settings, without a word around it.
    pub(crate) fn reason(&self) -> &str {
        match &self.0.cause {
            Cause::Settings(what) => what,
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

    /// The time that was signed is this far from the server's.
    pub(crate) fn drifting(mut self, drift: Option<Drift>) -> Self {
        self.0.drift = drift;
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
            Cause::Unreadable { status, .. } => match status.as_u16() {
                429 => ErrorKind::RateLimited,
                401 | 403 => ErrorKind::Unauthorised,
                404 => ErrorKind::NotFound,
                // It sends nowhere: it says that something is as it was, which nobody asked.
                304 => ErrorKind::Unreadable,
                300..=399 => ErrorKind::Redirect,
                500..=599 => ErrorKind::Server,
                _ => ErrorKind::Unreadable,
            },
            Cause::Ended | Cause::InvalidRequest(_) => ErrorKind::InvalidRequest,
            Cause::Settings(_) => ErrorKind::Settings,
        }
    }

    /// Name of the operation, or the path of a raw call.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.subject.operation
    }

    /// How often it was tried; 0 if the call did not get that far. This is the error of the last attempt.
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

    /// The code of a refused call. Apart from the one for success, Linksfield documents none.
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
        match &self.0.cause {
            Cause::Refused(Refusal { status, .. }) | Cause::Unreadable { status, .. } => Some(status.as_u16()),
            _ => None,
        }
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
    /// Find out, for example with a query, before you call again: calling again could order twice.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        !self.0.subject.safe_to_retry
            && match &self.0.cause {
                Cause::Transport { may_be_sent, .. } => *may_be_sent,
                Cause::Refused(refusal) => refusal.outcome_unknown,
                // Only a proxy answers so, before it hands anything on.
                Cause::Unreadable { status, .. } => *status != StatusCode::PROXY_AUTHENTICATION_REQUIRED,
                Cause::Ended | Cause::CutShort => true,
                Cause::NotBegun | Cause::InvalidRequest(_) | Cause::Settings(_) => false,
            }
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation())?;
        match &self.0.cause {
            Cause::NotBegun => write!(f, "its deadline passed before it could be sent; nothing was sent")?,
            Cause::Ended => write!(f, "it has ended: its result was given before, and can't be had again")?,
            Cause::CutShort => write!(f, "no answer before its deadline")?,
            Cause::Transport { source, .. } if source.is_timeout() => write!(f, "no answer in time")?,
            Cause::Transport { source, .. } => {
                write!(f, "the connection failed: {}", innermost(&**source))?;
                hopeless(source).map_or(Ok(()), |why| write!(f, "; {why}"))?;
            }
            Cause::Refused(Refusal { status, code, message, .. }) => {
                write!(f, "refused with code {code} (HTTP {status}): {message}")?
            }
            Cause::Unreadable { status, body, reason } => {
                write!(
                    f,
                    "the answer (HTTP {status}, {} bytes) can't be read: {reason}; its bytes are in Error::body",
                    body.len()
                )?;
            }
            Cause::InvalidRequest(reason) => write!(f, "the request can't be sent: {reason}")?,
            Cause::Settings(what) => write!(f, "{what}")?,
        }
        if let (Some(proxy), Cause::Transport { .. } | Cause::CutShort | Cause::Unreadable { .. }) =
            (&self.0.proxy, &self.0.cause)
        {
            write!(f, "; it went through the proxy {proxy}")?;
        }
        if self.attempts() > 1 {
            write!(f, "; tried {} times", self.attempts())?;
        }
        if let Some(drift) = self.drift() {
            write!(f, "; {drift}")?;
        }
        if self.speaks_of_signature() {
            write!(f, "; look at the suspects in what was signed (Call::explain), then check the secret")?;
        }
        if self.outcome_unknown() {
            write!(f, "; the call may or may not have taken effect: find out before you call again")?;
        } else if let Cause::Transport { source, may_be_sent } = &self.0.cause {
            write!(f, "{}", if *may_be_sent { "" } else { "; nothing was sent" })?;
            if hopeless(source).is_none() {
                write!(f, "; check the network and the server's URL, then call again")?;
            }
        }
        Ok(())
    }
}

/// An error, its cause, the cause of that, and so on.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What the first of all causes says.
pub(crate) fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("code", &self.code())
            .field("attempts", &self.attempts())
            .field("outcome_unknown", &self.outcome_unknown())
            .field("text", &self.to_string())
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.cause {
            Cause::Transport { source, .. } => Some(&**source),
            Cause::InvalidRequest(source) => Some(&**source),
            _ => None,
        }
    }
}
