//! What differs from one API family to the next: what is put around parameters and data. All else they share.

pub(crate) mod environment;
pub(crate) mod place;

use std::fmt;

use http::HeaderMap;
use reqwest::StatusCode;

use crate::csss::envelope::Answer;
use crate::error::Error;
use crate::signing::{ContentError, TimestampUnit};

/// An API family. There is one for each specification; it can't be implemented elsewhere.
pub trait Family: private::Sealed + Send + Sync + Sized + 'static {
    /// Who calls.
    type Credentials;
    /// Which server: one that the documentation names, or any other.
    type Environment: Environment;

    /// The parameters that a call adds which the specification does not know.
    #[doc(hidden)]
    const ADDED: &[&str];

    #[doc(hidden)]
    fn envelope(credentials: Self::Credentials, unit: Option<TimestampUnit>) -> Result<Box<dyn Envelope>, Error>;
}

pub(crate) mod private {
    pub trait Sealed {}
}

/// The servers of a family.
pub trait Environment: Send + Sync {
    /// The name of a documented one.
    #[doc(hidden)]
    fn name(&self) -> Option<&'static str>;

    /// The URL before the operations' paths.
    #[doc(hidden)]
    fn base_url(&self) -> &str;
}

/// What is put around the parameters of a call, and taken off an answer.
pub trait Envelope: fmt::Debug + Send + Sync {
    /// The whole request as a JSON object: `parameters`, and what the family adds; only those of `added` where it
    /// depends on the operation.
    fn wrap(&self, parameters: &[u8], added: &[&str], now: std::time::SystemTime) -> Result<Vec<u8>, WrapError>;

    /// Adds the headers of the family.
    fn set_headers(&self, _: &mut HeaderMap) {}

    /// What an answer says.
    fn unwrap<'a>(&self, status: StatusCode, body: &'a [u8]) -> Result<Answer<'a>, serde_json::Error>;
}

/// Why a request can't be wrapped.
#[derive(Debug, thiserror::Error)]
pub enum WrapError {
    #[error("the clock shows a time before 1970")]
    Clock,
    #[error(transparent)]
    Content(#[from] ContentError),
}
