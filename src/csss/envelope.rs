//! The envelope of a CSSS body, bytes in and bytes out: signed parameters around a request, code and message around
//! an answer.
//!
//! The client does this for every call; use it yourself to send a body by other means.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

pub use crate::family::scheme::Answer;
use crate::family::scheme::in_words;
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

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    success: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Reads the envelope of an answer.
///
/// The code decides: [`SUCCESS`] is success. Only `code` must be there, because no refused answer is documented.
///
/// # Errors
///
/// `body` is not a JSON object with a `code`, or contradicts itself: the code of a success with `success: false`.
pub fn read(body: &[u8]) -> Result<Answer<'_>, serde_json::Error> {
    let Fields { code, message, success, data } = serde_json::from_slice(body)?;
    let denied = success.is_some_and(|success| success.get() == "false");
    let message = message.map(in_words);
    match code == SUCCESS {
        true if denied => Err(serde::de::Error::custom("`code` says success, but `success` is false")),
        true => Ok(Answer::Accepted { data: data.map(RawValue::get), message }),
        false => Ok(Answer::Refused { code, message: message.unwrap_or_default() }),
    }
}
