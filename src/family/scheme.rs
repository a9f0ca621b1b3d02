//! The seam between families: all in which they differ on the wire. Pure: time and chance are parameters.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;

use crate::error::{Blame, reason};
use crate::openapi::Placing;
use crate::signing::{ContentError, Explanation};

/// What is put around the parameters of a call, and taken off an answer.
pub trait Scheme: fmt::Debug + Send + Sync {
    /// Who calls, by the name that is no secret, if there is one.
    #[cfg(any(feature = "cube", feature = "fleet"))]
    fn account(&self) -> &str {
        ""
    }

    /// The request of `call` as it is sent at `moment`. Families whose signature covers the body alone sign, then place;
    /// one whose signature covers the URL places, then signs.
    fn sign(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Outgoing, SignError>;

    /// What of that request is signed.
    fn explain(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Explanation, SignError>;

    /// What an answer says.
    fn read<'a>(&self, answer: &Received<'a>) -> Result<Answer<'a>, Unreadable>;

    /// Why a server that is not the documented one may refuse a signature that is right.
    fn doubt_elsewhere(&self) -> Option<&'static str> {
        None
    }

    /// What the code of a refusal is documented as.
    fn meaning(&self, _: &str) -> Option<&'static str> {
        None
    }

    /// What to check, where who calls is refused: an error says it behind "check".
    fn who(&self) -> &'static str;

    /// What the code of a refusal blames.
    fn blame(&self, code: &str) -> Blame {
        by_number(code)
    }
}

/// A call before it is signed and placed.
#[allow(missing_debug_implementations, reason = "it holds what nobody may see")]
pub struct Unsigned<'a> {
    pub method: &'a Method,
    /// The server's URL, before the paths of operations.
    pub base: &'a Url,
    /// With `{name}` for each parameter in it.
    pub path: &'a str,
    /// The parameters that the family adds to this operation.
    pub added: &'a [&'a str],
    /// Where the parameters go.
    pub(crate) placing: Placing,
    /// Those in the query that the caller named, beside those that the document has there.
    pub(crate) in_query: &'a [String],
    /// The operation's own parameters as JSON.
    pub parameters: &'a [u8],
}

/// When a call is sent: the time of the attempt, and the nonce of the call, which all its attempts share.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub now: SystemTime,
    pub nonce: u64,
}

/// A request that is ready to be sent.
#[allow(missing_debug_implementations, reason = "it holds what nobody may see")]
pub struct Outgoing {
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Vec<u8>>,
}

/// An answer as it came.
#[allow(missing_debug_implementations, reason = "it holds what nobody may see")]
pub struct Received<'a> {
    pub status: StatusCode,
    pub text: &'a str,
    /// The fields of the data that are documented; none if none is, or nothing is known of the operation.
    pub fields: &'a [&'a str],
}

/// An answer without its envelope.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer<'a> {
    /// The call succeeded.
    #[non_exhaustive]
    Accepted {
        /// The JSON of `data`, or `None` if it is `null` or not there.
        data: Option<&'a str>,
        /// Result in words, if there are any.
        message: Option<Cow<'a, str>>,
    },
    /// The call failed.
    #[non_exhaustive]
    Refused {
        /// Result code. Apart from success, those of the Cube API alone are documented.
        code: Cow<'a, str>,
        /// Result in words.
        message: Cow<'a, str>,
        /// The JSON of `data`, or `None` if it is `null` or not there.
        data: Option<&'a str>,
    },
}

/// Why an answer says nothing, in words that do not quote it.
#[derive(Debug)]
pub struct Unreadable(pub(crate) String);

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self(reason::of(&error))
    }
}

/// What a code blames that is an HTTP status, however its number is written: it says the same.
pub(crate) fn by_number(code: &str) -> Blame {
    // A number that is none of a status is cast to one that is none either.
    code.trim().parse::<f64>().map_or(Blame::Request, |code| Blame::of_status(code as u16))
}

/// Why a call can't be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("the clock shows a time before 1970")]
    Clock,
    #[cfg(feature = "cube")]
    #[error("the system gives no random numbers")]
    Random,
    #[error(transparent)]
    Content(#[from] ContentError),
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// Why parameters can't be placed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("the path must begin with /")]
    Relative,
    #[error("the path has a query or a fragment of its own, which nobody would sign: pass its fields as parameters")]
    Query,
    #[error("the path has a control character")]
    Control,
    #[error("the path has a segment with nothing in it: what is one in the documentation would be all")]
    Blank,
    #[error("the parameter {0} is there twice")]
    Twice(String),
    #[error(
        "the parameter {name} is a list whose items are separated by {separator:?} in the query, and one of them has it in itself: it would arrive as two"
    )]
    Separator { name: String, separator: char },
    #[error("the path has a segment of dots, which would lead to another operation")]
    Dots,
    #[error("the path would lead to another operation: write it as the documentation does")]
    Elsewhere,
    #[error(
        "the parameter {0}, which is part of the path, must be a text, a number or a truth value, not empty, no dots, and without control characters"
    )]
    Parameter(String),
    #[error("the parameter {0}, which is part of the query, must be a text, a number, a boolean or a list of them")]
    InQuery(String),
    #[error(
        "{0} is named as a parameter that goes into the query, and none of those that the path leaves over is named so and says something"
    )]
    NoneInQuery(String),
    #[error("the parameters must be a JSON object: {}", reason::of(.0))]
    Parameters(serde_json::Error),
}

// What it says is in the message, without what was found, so that it is no source.
impl From<serde_json::Error> for PlaceError {
    fn from(error: serde_json::Error) -> Self {
        Self::Parameters(error)
    }
}
