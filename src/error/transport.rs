//! What an HTTP client met, as a type that anybody can make.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use super::chain;
use super::tls::hopeless;

/// What the HTTP client met where no answer came: a [`source`](StdError::source) of [`Error`](crate::Error).
///
/// Its own source is the client's error; which type that has is no promise. [`io::Error`] stands behind many.
///
/// ```
/// use std::error::Error as _;
/// use std::io;
///
/// let reset = io::Error::from(io::ErrorKind::ConnectionReset);
/// let error = linksfield::Error::transport("orderPackage", reset);
/// let transport = error.source().and_then(|source| source.downcast_ref::<linksfield::TransportError>()).unwrap();
/// let behind = transport.source().and_then(|source| source.downcast_ref::<io::Error>()).unwrap();
/// assert_eq!(behind.kind(), io::ErrorKind::ConnectionReset);
/// ```
#[derive(Clone)]
pub struct TransportError {
    source: Arc<dyn StdError + Send + Sync>,
    is_timeout: bool,
    /// Why it fails however often it is tried, if it says so.
    hopeless: Option<&'static str>,
}

/// Words of HTTP clients that have no type, and what they mean.
const WORDS: [(&str, &str); 3] = [
    ("dns error", "the server's name can't be looked up"),
    ("before message completed", "it was closed before an answer came"),
    ("end of file before message length reached", "it was closed before the answer was whole"),
];

impl TransportError {
    /// What any error stands behind.
    pub(super) fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: source.into().into(), is_timeout: false, hopeless: None }
    }

    /// What this crate's HTTP client met; without the URL, in which a signature may stand.
    pub(super) fn of_client(error: reqwest::Error) -> Self {
        let (is_timeout, hopeless) = (error.is_timeout(), hopeless(&error));
        Self { source: Arc::new(error.without_url()), is_timeout, hopeless }
    }

    /// Whether the time for it was up.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.is_timeout
    }

    pub(super) fn hopeless(&self) -> Option<&'static str> {
        self.hopeless
    }

    /// What happened to the connection, in words that none of the sources has.
    pub(super) fn what_happened(&self) -> Option<String> {
        let of_words = |cause: &(dyn StdError + 'static)| {
            let said = cause.to_string();
            WORDS.iter().find(|(words, _)| said.contains(words)).map(|(_, meaning)| (*meaning).to_owned())
        };
        chain(&*self.source).find_map(|cause| cause.downcast_ref().and_then(of_system).or_else(|| of_words(cause)))
    }
}

/// What the operating system says, if it is about a connection.
fn of_system(error: &io::Error) -> Option<String> {
    let known = matches!(
        error.kind(),
        ErrorKind::AddrNotAvailable
            | ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::NetworkUnreachable
            | ErrorKind::PermissionDenied
            | ErrorKind::TimedOut
            | ErrorKind::UnexpectedEof
    );
    known.then(|| error.kind().to_string())
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the HTTP client failed")
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TransportError").field(&self.source).finish()
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
