//! The one error of the crate.

pub(crate) mod reason;

use std::error::Error as StdError;
use std::fmt;

use bytes::Bytes;
use reqwest::StatusCode;

/// Why a call, or the construction of a client, failed.
///
/// `Display` says what happened to which operation and what to do next. Neither it nor `Debug` prints bodies, secrets or
/// signatures.
pub struct Error(Box<Inner>);

struct Inner {
    operation: String,
    safe_to_retry: bool,
    attempts: u32,
    cause: Cause,
}

enum Cause {
    Transport(reqwest::Error),
    Refused { status: StatusCode, code: String, message: String },
    Unreadable { status: StatusCode, body: Bytes, reason: String },
    InvalidRequest(Box<dyn StdError + Send + Sync>),
    Settings(String),
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
    /// An answer came, but it can't be read.
    Unreadable,
    /// The request can't be sent as it is; nothing was sent.
    InvalidRequest,
    /// The settings of the client are missing or malformed; nothing was sent.
    Settings,
}

impl Error {
    pub(crate) fn settings(what: impl Into<String>) -> Self {
        Self::new("settings", true, Cause::Settings(what.into()))
    }

    fn new(operation: &str, safe_to_retry: bool, cause: Cause) -> Self {
        Self(Box::new(Inner { operation: operation.to_owned(), safe_to_retry, attempts: 0, cause }))
    }

    pub(crate) fn after(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.cause {
            Cause::Transport(source) if source.is_timeout() => ErrorKind::Timeout,
            Cause::Transport(_) => ErrorKind::Transport,
            Cause::Refused { .. } => ErrorKind::Refused,
            Cause::Unreadable { .. } => ErrorKind::Unreadable,
            Cause::InvalidRequest(_) => ErrorKind::InvalidRequest,
            Cause::Settings(_) => ErrorKind::Settings,
        }
    }

    /// Name of the operation, or the path of a raw call.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
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

    /// The code of a refused call. Apart from the one for success, Linksfield documents none.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The message of a refused call, in the client's language.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Refused { message, .. } => Some(message),
            _ => None,
        }
    }

    /// The HTTP status, if an answer came. A refused call usually has 200.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match &self.0.cause {
            Cause::Refused { status, .. } | Cause::Unreadable { status, .. } => Some(status.as_u16()),
            _ => None,
        }
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
        !self.0.safe_to_retry
            && match &self.0.cause {
                Cause::Transport(source) => !source.is_connect(),
                Cause::Refused { status, .. } => status.is_server_error(),
                Cause::Unreadable { .. } => true,
                Cause::InvalidRequest(_) | Cause::Settings(_) => false,
            }
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

/// Builds the errors of one operation.
#[derive(Clone, Copy)]
pub(crate) struct Failing<'a> {
    pub(crate) operation: &'a str,
    pub(crate) safe_to_retry: bool,
}

impl Failing<'_> {
    fn with(self, cause: Cause) -> Error {
        Error::new(self.operation, self.safe_to_retry, cause)
    }

    pub(crate) fn transport(self, source: reqwest::Error) -> Error {
        if source.is_builder() {
            return self.invalid_request(source.without_url());
        }
        self.with(Cause::Transport(source.without_url()))
    }

    pub(crate) fn refused(self, status: StatusCode, code: &str, message: &str) -> Error {
        self.with(Cause::Refused { status, code: code.to_owned(), message: message.to_owned() })
    }

    pub(crate) fn unreadable(self, status: StatusCode, body: Bytes, error: &serde_json::Error) -> Error {
        self.cut_short(status, body, reason::of(error))
    }

    /// Of an answer that was read in part only, or not at all.
    pub(crate) fn cut_short(self, status: StatusCode, body: Bytes, reason: String) -> Error {
        self.with(Cause::Unreadable { status, body, reason })
    }

    pub(crate) fn invalid_request(self, reason: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        self.with(Cause::InvalidRequest(reason.into()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation())?;
        match &self.0.cause {
            Cause::Transport(source) if source.is_timeout() => write!(f, "no answer in time")?,
            Cause::Transport(source) => write!(f, "the connection failed: {}", innermost(source))?,
            Cause::Refused { status, code, message } => {
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
        if self.attempts() > 1 {
            write!(f, "; tried {} times", self.attempts())?;
        }
        if self.speaks_of_signature() {
            write!(
                f,
                "; compare what was signed (Client::explain) with what the server expects, then check the secret"
            )?;
        }
        if self.outcome_unknown() {
            write!(f, "; the call may or may not have taken effect: find out before you call again")?;
        } else if let Cause::Transport(source) = &self.0.cause {
            let sent = if source.is_connect() { "; nothing was sent" } else { "" };
            write!(f, "{sent}; check the network and the server's URL, then call again")?;
        }
        Ok(())
    }
}

fn innermost(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
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
            Cause::Transport(source) => Some(source),
            Cause::InvalidRequest(source) => Some(&**source),
            _ => None,
        }
    }
}
