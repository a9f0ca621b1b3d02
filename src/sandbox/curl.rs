//! A call as a command of a shell, signed as the sandbox wants it: what the reference lets its readers copy.

use std::time::SystemTime;

use reqwest::Url;

use super::api::Api;
use crate::error::Error;
use crate::family::scheme::{Moment, Outgoing, Unsigned};
use crate::openapi::Operation;

/// Calls `operation` of `api` at `base` with the parameters of its example.
pub(super) fn command(api: &dyn Api, operation: &Operation, base: &Url, now: SystemTime) -> Result<String, Error> {
    let Operation { method, path, added, placing, example, .. } = operation;
    let call = Unsigned { method, base, path, added, placing: *placing, in_query: &[], parameters: example.as_bytes() };
    let moment = Moment { now, nonce: fastrand::u64(..) };
    let signed = api.scheme()?.sign(&call, moment);
    let Outgoing { url, headers, body } = signed.map_err(|error| Error::settings(error.to_string()))?;
    let mut words = vec![format!("curl --request {method} {}", quoted(url.as_str().as_bytes()))];
    words.extend(headers.iter().map(|(name, value)| {
        format!("--header {}", quoted(&[name.as_str().as_bytes(), b": ", value.as_bytes()].concat()))
    }));
    words.extend(body.map(|body| format!("--data-raw {}", quoted(&body))));
    Ok(words.join(" \\\n  "))
}

/// As a shell reads it as one word.
fn quoted(text: &[u8]) -> String {
    format!("'{}'", String::from_utf8_lossy(text).replace('\'', r"'\''"))
}
