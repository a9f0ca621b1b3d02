//! Why a request is not taken for a notification of Linksfield.

use std::time::Duration;

use http::StatusCode;

use crate::signing::canonical::ContentError;

/// Why a request is not taken for a notification of Linksfield. Says nothing of secrets, signatures and bodies.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// It has no signature at all. Where Linksfield sends none: [`Verifier::accept_unsigned`](super::Verifier::accept_unsigned).
    #[error("the request has neither x-lf-signature nor x-lf-md5")]
    Unsigned,
    /// A header of the signature is missing.
    #[error("the header {0} is missing")]
    MissingHeader(&'static str),
    /// A header of the signature is there more than once.
    #[error("the header {0} is there more than once")]
    DuplicateHeader(&'static str),
    /// A header of the signature is not plain text.
    #[error("the header {0} is not plain text")]
    UnreadableHeader(&'static str),
    /// `x-lf-algo` names an algorithm that is not documented.
    #[error("x-lf-algo is not one of {}", super::current::ALGORITHMS.join(", "))]
    UnsupportedAlgorithm,
    /// `x-lf-signature` is not the id of a key, `/` and a signature.
    #[error("x-lf-signature is not the id of a key, a slash and Base64")]
    MalformedSignature,
    /// `x-lf-timestamp` is not a number of milliseconds.
    #[error("x-lf-timestamp is not a number of milliseconds")]
    MalformedTimestamp,
    /// The verifier has no key of this id: add it while keys change, with [`key`](super::VerifierBuilder::key).
    #[error("the verifier has no key of the id in x-lf-signature; add it to the verifier if it is a new one")]
    UnknownKey,
    /// It was signed with the older signature, which the verifier was not told to accept.
    #[error("the verifier accepts no x-lf-md5: it was given no legacy secret")]
    LegacyNotAccepted,
    /// It was signed longer ago than is tolerated.
    #[error("x-lf-timestamp is {} s old, more than is tolerated", .by.as_secs())]
    Stale {
        /// How long ago.
        by: Duration,
    },
    /// It was signed further in the future than is tolerated: one of the clocks is wrong.
    #[error("x-lf-timestamp is {} s in the future, more than is tolerated", .by.as_secs())]
    FromFuture {
        /// How far.
        by: Duration,
    },
    /// The body is larger than the verifier takes.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// Most bytes of a body.
        limit: usize,
    },
    /// The body is not JSON that has one meaning.
    #[error("the body can't be read: {0}")]
    Body(#[from] ContentError),
    /// The body or a signed header is not what the holder of the key signed.
    #[error("the signature does not match")]
    WrongSignature,
    /// The body was cut off on the way. It says nothing of what was sent.
    #[error("the body was cut off on the way: {0}")]
    Interrupted(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Rejection {
    /// The HTTP status to answer with: 401 where nobody who has the key need have sent it, or not now; else 400.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MissingHeader(_)
            | Self::DuplicateHeader(_)
            | Self::UnreadableHeader(_)
            | Self::MalformedSignature
            | Self::MalformedTimestamp
            | Self::TooLarge { .. }
            | Self::Interrupted(_)
            | Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::Unsigned
            | Self::UnsupportedAlgorithm
            | Self::UnknownKey
            | Self::LegacyNotAccepted
            | Self::Stale { .. }
            | Self::FromFuture { .. }
            | Self::WrongSignature => StatusCode::UNAUTHORIZED,
        }
    }

    /// The text to answer with: what is wrong is for the operator to know, who finds it in the log, and not for a
    /// stranger.
    #[must_use]
    pub fn answer(&self) -> &'static str {
        match self.status() {
            StatusCode::UNAUTHORIZED => "not accepted",
            _ => "not a notification",
        }
    }
}
