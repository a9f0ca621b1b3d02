//! The newer signature: HMAC-SHA1 over version, algorithm, time and the sorted body.

use serde_json::value::RawValue;

use super::body::Body;
use crate::signing::canonical::{ContentError, Parameters, compact, write_json, write_object, write_object_as_written};

/// The algorithms that are documented, and accepted.
pub(super) const ALGORITHMS: [&str; 1] = ["HMAC-SHA1"];

/// The headers, apart from the signature, in the order in which they are signed.
pub(super) struct Stamp<'a> {
    pub(super) version: &'a str,
    pub(super) algorithm: &'a str,
    pub(super) timestamp: &'a str,
}

/// What may have been signed of a body.
pub(super) struct Signed {
    /// The documentation sorts the keys of the top level and does not speak of those below, nor of those in a list, so there are
    /// two, unless they are equal: values as written, and sorted at every depth. The second needs each text's characters:
    /// where an escape stands for none, only the first is left.
    pub(super) texts: Vec<Vec<u8>>,
    pub(super) content: Content,
}

pub(super) fn signed(stamp: &Stamp<'_>, body: &Body<'_>) -> Result<Signed, ContentError> {
    let Stamp { version, algorithm, timestamp } = stamp;
    let stamp = format!("{version}:{algorithm}:{timestamp}");
    let text = |content: &[u8]| [stamp.as_bytes(), &body.bytes(content.to_vec())].concat();
    let (as_written, sorted) = contents(body.text())?;
    let texts = match &sorted {
        Some(sorted) if *sorted != as_written => vec![text(&as_written), text(sorted)],
        _ => vec![text(&as_written)],
    };
    Ok(Signed { texts, content: Content::new(as_written, sorted) })
}

/// What a body says, whichever signature it came with.
pub(super) struct Content {
    /// What does not change with white space and the like.
    pub(super) canonical: Vec<u8>,
    /// Whether no key is there twice, at any depth, and all escapes stand for characters.
    pub(super) is_sound: bool,
}

impl Content {
    pub(super) fn of(body: &Body<'_>) -> Result<Self, ContentError> {
        let (as_written, sorted) = contents(body.text())?;
        Ok(Self::new(as_written, sorted))
    }

    fn new(as_written: Vec<u8>, sorted: Option<Vec<u8>>) -> Self {
        Self { is_sound: sorted.is_some(), canonical: sorted.unwrap_or(as_written) }
    }
}

/// A body with its values as written, and sorted at every depth, unless an escape in it stands for no character.
fn contents(json: &str) -> Result<(Vec<u8>, Option<Vec<u8>>), ContentError> {
    let (mut as_written, mut sorted) = (Vec::with_capacity(json.len()), Vec::with_capacity(json.len()));
    let json = json.trim_start_matches([' ', '\t', '\n', '\r']);
    let result = if json.starts_with('{') {
        let parameters = Parameters::parse(json.as_bytes())?;
        write_object_as_written(&mut as_written, parameters.iter())?;
        write_object(&mut sorted, parameters.iter())
    } else {
        let json: &RawValue = serde_json::from_str(json).map_err(ContentError::NotAnObject)?;
        as_written = compact(json.get()).into_owned().into_bytes();
        write_json(&mut sorted, json.get())
    };
    match result {
        Ok(()) => Ok((as_written, Some(sorted))),
        Err(ContentError::NotAnObject(_)) => Ok((as_written, None)),
        Err(error) => Err(error),
    }
}
