//! Errors that a caller makes: for a stand-in of the client in tests of what uses it.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::cause::{Blame, Cause, Head, Refusal};
use super::retry_after::retry_after;
use super::transport::TransportError;
use super::{Error, Inner, Subject};

/// # Errors that you make
///
/// Whoever puts this client behind a trait of their own, to test what comes after it, can make each error that it returns. What
/// became of the call is taken as for an operation that changes something: where no readable answer came, the
/// [outcome is unknown](Self::outcome_unknown) unless [told otherwise](Self::with_outcome_unknown).
///
/// What begins with `with_` tells more of such an error. An error that a call returned stays as it is: an unknown outcome can't
/// be made a known one.
impl Error {
    /// The API refused the call, with HTTP 200 and no data unless told.
    ///
    /// ```
    /// use linksfield::http::StatusCode;
    /// use linksfield::{Error, ErrorKind};
    ///
    /// let error = Error::refused("orderPackage", "1001", "no such plan").with_data(r#"{"plan":"DP1"}"#);
    /// assert_eq!((error.kind(), error.code(), error.message()), (ErrorKind::Refused, Some("1001"), Some("no such plan")));
    /// assert_eq!((error.status(), error.data()), (Some(200), Some(r#"{"plan":"DP1"}"#)));
    /// assert!(!error.outcome_unknown());
    /// // A server that failed may have ordered before.
    /// assert!(error.with_status(StatusCode::INTERNAL_SERVER_ERROR).outcome_unknown());
    /// ```
    #[must_use]
    pub fn refused(operation: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        let head = Head::new(StatusCode::OK, HeaderMap::new());
        let (code, message) = (code.into(), message.into());
        let refusal =
            Refusal { head, code, message, meaning: None, data: None, blame: Blame::Request, outcome_unknown: false };
        Self::made(operation, 1, Cause::Refused(Box::new(refusal)))
    }

    /// An answer came that can't be read; which [kind](crate::ErrorKind) of error that is depends on its status.
    ///
    /// ```
    /// use linksfield::http::StatusCode;
    /// use linksfield::{Error, ErrorKind};
    ///
    /// let error = Error::unreadable("openPackage", StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>");
    /// assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(502)));
    /// assert_eq!(error.body().unwrap(), "<html>Bad Gateway</html>");
    /// assert!(error.outcome_unknown());
    /// for (status, kind) in [
    ///     (StatusCode::OK, ErrorKind::Unreadable),
    ///     (StatusCode::TOO_MANY_REQUESTS, ErrorKind::RateLimited),
    ///     (StatusCode::UNAUTHORIZED, ErrorKind::Unauthorised),
    ///     (StatusCode::NOT_FOUND, ErrorKind::NotFound),
    ///     (StatusCode::TEMPORARY_REDIRECT, ErrorKind::Redirect),
    /// ] {
    ///     assert_eq!(Error::unreadable("openPackage", status, "").kind(), kind);
    /// }
    /// ```
    #[must_use]
    pub fn unreadable(operation: impl Into<String>, status: StatusCode, body: impl Into<Bytes>) -> Self {
        let head = Head::new(status, HeaderMap::new());
        Self::made(operation, 1, Cause::unreadable(head, body.into(), "it is not as documented".to_owned()))
    }

    /// The connection broke after something may have been sent; `source` becomes a [`TransportError`] with it behind, by
    /// [`TransportError::new`]. If that [is a timeout](TransportError::is_timeout), so is the error.
    ///
    /// ```
    /// use linksfield::{Error, ErrorKind};
    /// use std::io;
    ///
    /// let error = Error::transport("renewPackage", io::Error::from(io::ErrorKind::ConnectionReset));
    /// assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    /// assert!(error.outcome_unknown() && !error.with_outcome_unknown(false).outcome_unknown());
    /// let late = Error::transport("renewPackage", io::Error::from(io::ErrorKind::TimedOut));
    /// assert!(late.is_timeout());
    /// ```
    #[must_use]
    pub fn transport(operation: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::made(operation, 1, Cause::Transport { source: TransportError::new(source), may_be_sent: true })
    }

    /// The connection could not be made; nothing was sent.
    ///
    /// ```
    /// use linksfield::{Error, ErrorKind};
    /// use std::io;
    ///
    /// let error = Error::not_sent("renewPackage", io::Error::from(io::ErrorKind::ConnectionRefused));
    /// assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false));
    /// assert!(error.to_string().contains("nothing was sent"));
    /// ```
    #[must_use]
    pub fn not_sent(operation: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::made(operation, 1, Cause::Transport { source: TransportError::new(source), may_be_sent: false })
    }

    /// No answer came in time, after something may have been sent.
    ///
    /// ```
    /// use linksfield::Error;
    ///
    /// let error = Error::timeout("orderPackage").with_attempts(2);
    /// assert!(error.is_timeout() && error.outcome_unknown());
    /// assert_eq!(error.attempts(), 2);
    /// ```
    #[must_use]
    pub fn timeout(operation: impl Into<String>) -> Self {
        Self::made(operation, 1, Cause::CutShort)
    }

    /// The deadline passed before anything was sent.
    ///
    /// ```
    /// use linksfield::Error;
    ///
    /// let error = Error::not_begun("orderPackage");
    /// assert_eq!((error.is_timeout(), error.attempts(), error.outcome_unknown()), (true, 0, false));
    /// ```
    #[must_use]
    pub fn not_begun(operation: impl Into<String>) -> Self {
        Self::made(operation, 0, Cause::NotBegun)
    }

    /// The client has made the `limit` calls of 24 hours; the next is free in this time.
    ///
    /// ```
    /// use linksfield::{Error, ErrorKind};
    /// use std::time::Duration;
    ///
    /// let error = Error::used_up("querySim", 5000, Duration::from_secs(60));
    /// assert_eq!((error.kind(), error.retry_after()), (ErrorKind::UsedUp, Some(Duration::from_secs(60))));
    /// assert!(!error.outcome_unknown());
    /// ```
    #[must_use]
    pub fn used_up(operation: impl Into<String>, limit: u32, free_in: Duration) -> Self {
        Self::made(operation, 0, Cause::UsedUp { limit, free_in }).asking(Some(free_in))
    }

    /// A panic ended the call, after something may have been sent.
    ///
    /// ```
    /// use linksfield::{Error, ErrorKind};
    ///
    /// let error = Error::panicked("orderPackage");
    /// assert!(error.kind() == ErrorKind::Panicked && error.outcome_unknown());
    /// ```
    #[must_use]
    pub fn panicked(operation: impl Into<String>) -> Self {
        Self::made(operation, 1, Cause::Panicked { may_be_sent: true })
    }

    /// The request can't be sent as it is; nothing was sent.
    ///
    /// ```
    /// use linksfield::{Error, ErrorKind};
    ///
    /// let error = Error::invalid_request("queryOrder", "the page must be 1 or more");
    /// assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::InvalidRequest, 0, false));
    /// ```
    #[must_use]
    pub fn invalid_request(operation: impl Into<String>, reason: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::made(operation, 0, Cause::invalid_request(reason))
    }

    /// The settings of a client are missing or malformed.
    ///
    /// ```
    /// use linksfield::{Error, ErrorKind};
    ///
    /// let error = Error::settings("the profile \"fleet\" is not there");
    /// assert_eq!((error.kind(), error.operation(), error.attempts()), (ErrorKind::Settings, "settings", 0));
    /// ```
    #[must_use]
    pub fn settings(what: impl Into<String>) -> Self {
        Self::of_settings(what.into(), None)
    }

    /// What the system does not let be used.
    #[cfg(feature = "sandbox")]
    pub(crate) fn of_system(what: &str, source: std::io::Error) -> Self {
        Self::of_settings(format!("{what}: {source}"), Some(source.into()))
    }

    fn of_settings(what: String, source: Option<Arc<std::io::Error>>) -> Self {
        let subject = Subject { operation: "settings".into(), safe_to_retry: true };
        Self::of(subject, 0, Cause::Settings(what, source))
    }

    fn made(operation: impl Into<String>, attempts: u32, cause: Cause) -> Self {
        Self::of(Subject { operation: operation.into().into(), safe_to_retry: false }, attempts, cause)
    }

    fn of(subject: Subject, attempts: u32, cause: Cause) -> Self {
        let mut error = Self::new(subject, attempts, cause);
        error.0.is_made = true;
        error
    }

    fn with(mut self, tell: impl FnOnce(&mut Inner)) -> Self {
        if self.0.is_made {
            tell(&mut self.0);
        }
        self
    }

    /// The status of the answer. Where none came, there is no status either.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        self.with(|inner| {
            if let Some(head) = inner.cause.head_mut() {
                head.status = status;
            }
        })
    }

    /// The headers of the answer. Where none came, there are no headers either.
    ///
    /// ```
    /// use linksfield::Error;
    /// use linksfield::http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER};
    /// use std::time::Duration;
    ///
    /// let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("3"))]);
    /// let error = Error::unreadable("queryOrder", StatusCode::TOO_MANY_REQUESTS, "").with_headers(headers);
    /// assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    /// assert_eq!(error.headers().unwrap()[RETRY_AFTER], "3");
    /// ```
    #[must_use]
    pub fn with_headers(self, headers: HeaderMap) -> Self {
        self.with(|inner| {
            if let Some(head) = inner.cause.head_mut() {
                inner.retry_after = retry_after(&headers);
                *head.headers = headers;
            }
        })
    }

    /// How often it was sent.
    #[must_use]
    pub fn with_attempts(self, attempts: u32) -> Self {
        self.with(|inner| inner.attempts = attempts)
    }

    /// The JSON of a refusal's `data`. What was not refused has none.
    #[must_use]
    pub fn with_data(self, json: impl Into<Box<str>>) -> Self {
        self.with(|inner| {
            if let Cause::Refused(refusal) = &mut inner.cause {
                refusal.data = Some(json.into());
            }
        })
    }

    /// Whether the call may have taken effect although it failed. Of an error that a call returned it changes nothing: only a
    /// query tells what became of that.
    #[must_use]
    pub fn with_outcome_unknown(self, unknown: bool) -> Self {
        self.with(|inner| inner.outcome_unknown = Some(unknown))
    }
}
