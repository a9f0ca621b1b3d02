//! The newer signature: HMAC-SHA1 over version, algorithm, time and the sorted body.

use serde_json::value::RawValue;

use super::body::Body;
use crate::signing::canonical::{ContentError, Parameters, compact, write_json, write_object_as_written};

/// The algorithms that are documented, and accepted.
pub(super) const ALGORITHMS: [&str; 1] = ["HMAC-SHA1"];

/// The headers, apart from the signature, in the order in which they are signed.
pub(super) struct Stamp<'a> {
    pub(super) version: &'a str,
    pub(super) algorithm: &'a str,
    pub(super) timestamp: &'a str,
}

/// The texts that may have been signed. The documentation sorts the keys of the top level and does not speak of those
/// below, nor of those in a list, so there are two: values as written, and sorted at every depth. The second needs each
/// text's characters: where an escape stands for none, only the first is left.
pub(super) fn texts(stamp: &Stamp<'_>, body: &Body<'_>) -> Result<Vec<Vec<u8>>, ContentError> {
    let Stamp { version, algorithm, timestamp } = stamp;
    let json: &RawValue = serde_json::from_str(body.text()).map_err(ContentError::NotAnObject)?;
    let contents = [as_written(json.get()), sorted(json.get())];
    let mut texts = Vec::new();
    for content in contents {
        match content {
            Ok(content) => {
                texts.push([format!("{version}:{algorithm}:{timestamp}").into_bytes(), body.bytes(content)].concat());
            }
            Err(ContentError::NotAnObject(_)) if !texts.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(texts)
}

fn as_written(json: &str) -> Result<Vec<u8>, ContentError> {
    if !json.starts_with('{') {
        return Ok(compact(json).into_bytes());
    }
    let mut content = Vec::new();
    write_object_as_written(&mut content, Parameters::parse(json.as_bytes())?.iter())?;
    Ok(content)
}

fn sorted(json: &str) -> Result<Vec<u8>, ContentError> {
    let mut content = Vec::new();
    write_json(&mut content, json)?;
    Ok(content)
}
