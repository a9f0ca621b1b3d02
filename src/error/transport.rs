//! What an HTTP client met, as a type that anybody can make.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use tokio::time::error::Elapsed;

use super::tls::hopeless;
use super::{chain, innermost};

/// What the HTTP client met where no answer came: a [`source`](StdError::source) of [`Error`](crate::Error).
///
/// Its own source is the client's error, unless the message of the [`Error`](crate::Error) has the words of that already, for
/// want of better ones: [`get_ref`](Self::get_ref) gives it always. Which type it has is no promise. [`io::Error`] stands
/// behind many.
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
    /// What happened, in words that none of the sources has.
    happened: Option<&'static str>,
    is_timeout: bool,
    /// Why it fails however often it is tried, if it says so.
    hopeless: Option<&'static str>,
}

/// Words of HTTP clients that have no type, and what they mean.
const WORDS: [(&str, &str); 3] = [
    ("dns error", "the name can't be looked up"),
    ("before message completed", "it was closed before an answer came"),
    ("end of file before message length reached", "it was closed before the answer was whole"),
];

/// What the operating system says of a connection, in other words than its own: those are printed with the causes. Whose side
/// it is they don't say: the other may be a proxy.
const KINDS: [(ErrorKind, &str); 10] = [
    (ErrorKind::AddrNotAvailable, "this machine has no address or port left for it"),
    (ErrorKind::BrokenPipe, "the other side closed it while the request was sent"),
    (ErrorKind::ConnectionAborted, "it was given up"),
    (ErrorKind::ConnectionRefused, "nothing accepts connections there"),
    (ErrorKind::ConnectionReset, "the other side cut it off"),
    (ErrorKind::HostUnreachable, "no way leads there"),
    (ErrorKind::NetworkDown, "this machine's network is off"),
    (ErrorKind::NetworkUnreachable, "no way leads into that network"),
    (ErrorKind::PermissionDenied, "it is not allowed"),
    (ErrorKind::UnexpectedEof, "the other side closed it too early"),
];

impl TransportError {
    /// With any error behind it; a [`reqwest::Error`] without its URL, in which a signature may stand. One that stands behind
    /// another error keeps its URL: give that one alone.
    ///
    /// ```
    /// use std::io;
    ///
    /// use linksfield::TransportError;
    ///
    /// assert!(TransportError::new(io::Error::from(io::ErrorKind::TimedOut)).is_timeout());
    /// assert_eq!(TransportError::new("the cable is out").get_ref().to_string(), "the cable is out");
    /// ```
    #[must_use]
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = match source.into().downcast::<Self>() {
            Ok(known) => return *known,
            Err(source) => source,
        };
        match source.downcast::<reqwest::Error>() {
            Ok(error) => Self { hopeless: hopeless(&error), ..Self::of(Arc::new(error.without_url())) },
            Err(source) => Self::of(source.into()),
        }
    }

    fn of(source: Arc<dyn StdError + Send + Sync>) -> Self {
        let is_timeout = chain(&*source).any(is_timeout);
        let happened =
            chain(&*source).find_map(|cause| cause.downcast_ref().and_then(of_system).or_else(|| of_words(cause)));
        Self { source, happened, is_timeout, hopeless: None }
    }

    /// Whether the time for it was up.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.is_timeout
    }

    /// The error that stands behind it.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.source
    }

    pub(super) fn hopeless(&self) -> Option<&'static str> {
        self.hopeless
    }

    /// What happened to the connection, as the message says it; where there are no words for that, those of the first cause.
    pub(super) fn what_happened(&self) -> Option<String> {
        self.happened.map(str::to_owned).or_else(|| self.lent_words())
    }

    /// The words of the first cause, if the message has none of its own.
    fn lent_words(&self) -> Option<String> {
        let has_own = self.is_timeout || self.happened.is_some() || self.hopeless.is_some();
        (!has_own).then(|| innermost(&*self.source))
    }
}

fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::TimedOut)
        || error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
        || error.is::<Elapsed>()
}

fn of_system(error: &io::Error) -> Option<&'static str> {
    KINDS.iter().find(|(kind, _)| *kind == error.kind()).map(|(_, meaning)| *meaning)
}

fn of_words(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    let said = error.to_string();
    WORDS.iter().find(|(words, _)| said.contains(words)).map(|(_, meaning)| *meaning)
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the HTTP client failed")?;
        let Some(said) = self.lent_words() else { return Ok(()) };
        // These are no sources then.
        let between = chain(&*self.source).map(ToString::to_string).filter(|cause| !cause.contains(&said));
        between.into_iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TransportError").field(&self.source).finish()
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.lent_words().is_none().then_some(&*self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_words_of_ours_are_those_of_the_system_or_name_a_side_that_a_proxy_may_be() {
        for (kind, words) in KINDS {
            let theirs = io::Error::from(kind).to_string().to_lowercase();
            assert!(!words.contains(&theirs) && !theirs.contains(words), "{kind:?}");
        }
        for (said, words) in WORDS.into_iter().chain(KINDS.map(|(_, words)| ("", words))) {
            assert!(said.is_empty() || !words.contains(said));
            assert!(!words.contains("server"), "{words}");
        }
    }

    #[test]
    fn an_empty_cause_hides_none_that_says_something() {
        let said = io::Error::other(io::Error::other(String::new())).to_string();
        assert_eq!(said, "");
        #[derive(Debug, thiserror::Error)]
        #[error("the cable is out")]
        struct Outer(#[source] io::Error);
        let error = TransportError::new(Outer(io::Error::other(String::new())));
        assert_eq!(error.what_happened().as_deref(), Some("the cable is out"));
    }
}
