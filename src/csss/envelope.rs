//! The envelope of a CSSS body, bytes in and bytes out: signed parameters around a request, code and message around
//! an answer.
//!
//! The client does this for every call; use it yourself to send a body by other means.

use serde::de::Error;

use crate::family::envelope::{Envelope, unsaid};
pub use crate::family::scheme::Answer;
use crate::family::scheme::Unreadable;
use crate::signing::body::signed_body;
use crate::signing::{ContentError, Key};

/// Version of the API that requests name.
pub const VERSION: &str = "2.0";

/// The code of an answer that means success.
pub const SUCCESS: &str = "0000";

/// Signs `body`: the bytes to send.
///
/// They hold the non-empty parameters and the signed ones in the order they were signed in, then `sign`, then the
/// empty parameters.
///
/// # Errors
///
/// `body` is not a JSON object, has a key twice or one that this function sets, or is nested too deep.
pub fn wrap(body: &[u8], access_code: &str, timestamp: &str, key: &Key) -> Result<Vec<u8>, ContentError> {
    let added = [("access_code", access_code), ("timestamp", timestamp), ("version", VERSION)];
    signed_body(body, &added, |content| key.base64(content))
}

/// Reads the envelope of an answer.
///
/// The code decides: [`SUCCESS`] is success. Only `code` must be there, because no refused answer is documented. Scalars
/// are read whatever their type: a code of `401` says what `"401"` says.
///
/// # Errors
///
/// `body` is not a JSON object with a `code`, or contradicts itself: the code of a success with a false `success`, another
/// code with a true one, or a code of zero in another form than [`SUCCESS`].
pub fn read(body: &[u8]) -> Result<Answer<'_>, serde_json::Error> {
    let text = std::str::from_utf8(body).map_err(serde_json::Error::custom)?;
    judge(text).map_err(|Unreadable(reason)| serde_json::Error::custom(reason))
}

pub(super) fn judge(text: &str) -> Result<Answer<'_>, Unreadable> {
    Envelope::parse(text)?.judge(SUCCESS)?.ok_or_else(|| unsaid("code"))
}
