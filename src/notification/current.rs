//! The newer signature: HMAC-SHA1 over version, algorithm, time and the sorted body.

use serde_json::value::RawValue;

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
/// below, nor of those in a list, so there are two: values as written, and sorted at every depth.
pub(super) fn texts(stamp: &Stamp<'_>, body: &[u8]) -> Result<[Vec<u8>; 2], ContentError> {
    let Stamp { version, algorithm, timestamp } = stamp;
    let prefix = format!("{version}:{algorithm}:{timestamp}").into_bytes();
    let (mut as_written, mut sorted) = (prefix.clone(), prefix);
    let json: &RawValue = serde_json::from_slice(body).map_err(ContentError::NotAnObject)?;
    if json.get().starts_with('{') {
        write_object_as_written(&mut as_written, Parameters::parse(body)?.iter())?;
    } else {
        as_written.extend_from_slice(compact(json.get()).as_bytes());
    }
    write_json(&mut sorted, json.get())?;
    Ok([as_written, sorted])
}
