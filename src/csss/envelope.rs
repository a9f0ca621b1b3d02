//! The envelope of a CSSS body, bytes in and bytes out: signed parameters around a request, code and message around
//! an answer.
//!
//! The client does this for every call; use it yourself to send a body by other means.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::signing::canonical::{Parameters, write_object};
use crate::signing::{ContentError, Key, SIGN};

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
    wrap_signed(body, &added, |content| key.base64(content))
}

/// Adds parameters and the signature that `sign` makes of the content.
pub(crate) fn wrap_signed<S: AsRef<[u8]>>(
    body: &[u8],
    added: &[(&str, &str)],
    sign: impl FnOnce(&[u8]) -> S,
) -> Result<Vec<u8>, ContentError> {
    let parameters = Parameters::with(body, added)?;
    if parameters.iter().any(|parameter| parameter.name == SIGN) {
        return Err(ContentError::ReservedKey(SIGN.to_owned()));
    }
    let mut out = Vec::with_capacity(body.len() + 192);
    write_object(&mut out, parameters.iter().filter(|parameter| !parameter.is_empty()))?;
    let sign = sign(&out);
    // Open the signed object again: what follows is not part of the content. Base64 and hex need no escapes.
    out.pop();
    out.extend_from_slice(b",\"sign\":\"");
    out.extend_from_slice(sign.as_ref());
    out.push(b'"');
    for parameter in parameters.iter().filter(|parameter| parameter.is_empty()) {
        out.push(b',');
        parameter.write(&mut out)?;
    }
    out.push(b'}');
    Ok(out)
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
    },
    /// The call failed.
    #[non_exhaustive]
    Refused {
        /// Result code. Apart from success, none is documented.
        code: Cow<'a, str>,
        /// Result in words.
        message: Cow<'a, str>,
    },
}

#[derive(Deserialize)]
struct Envelope<'a> {
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
pub fn unwrap(body: &[u8]) -> Result<Answer<'_>, serde_json::Error> {
    let Envelope { code, message, success, data } = serde_json::from_slice(body)?;
    let denied = success.is_some_and(|success| success.get() == "false");
    match code == SUCCESS {
        true if denied => Err(serde::de::Error::custom("`code` says success, but `success` is false")),
        true => Ok(Answer::Accepted { data: data.map(RawValue::get) }),
        false => Ok(Answer::Refused { code, message: message.map(in_words).unwrap_or_default() }),
    }
}

/// A message that is not text is shown as the JSON it is.
pub(crate) fn in_words(message: &RawValue) -> Cow<'_, str> {
    serde_json::from_str::<String>(message.get()).map_or_else(|_| message.get().into(), Cow::from)
}
