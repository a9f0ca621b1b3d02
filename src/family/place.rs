//! Where the parameters of a call go: into the path, the query or the body of its request.

use std::collections::BTreeMap;

use http::{HeaderMap, Method};
use reqwest::Url;
use serde_json::value::RawValue;

use super::scheme::{Outgoing, PlaceError, Unsigned};

/// Places the fields of `parameters`: those that the path names as `{field}` in it, the others in the query of a `GET`
/// and in the body of all else.
pub(crate) fn place(call: &Unsigned<'_>, parameters: Vec<u8>) -> Result<Outgoing, PlaceError> {
    let headers = HeaderMap::with_capacity(8);
    let (in_path, in_query) = (call.path.contains('{'), *call.method == Method::GET);
    if !in_path && !in_query {
        return Ok(Outgoing { url: joined(call.base, call.path), headers, body: Some(parameters) });
    }
    let mut fields: Fields<'_> = serde_json::from_slice(&parameters)?;
    let mut url = if in_path { fill(call, &mut fields)? } else { joined(call.base, call.path) };
    if !in_query {
        return Ok(Outgoing { url, headers, body: Some(serde_json::to_vec(&fields)?) });
    }
    url.query_pairs_mut().extend_pairs(fields.iter().filter_map(|(name, value)| Some((name, text(value)?))));
    Ok(Outgoing { url, headers, body: None })
}

/// Whether `path` can be that of a call: one that stays where it says.
pub(crate) fn check(path: &str) -> Result<(), PlaceError> {
    if !path.starts_with('/') {
        Err(PlaceError::Relative)
    } else if path.contains(|character: char| character.is_ascii_control()) {
        Err(PlaceError::Control)
    } else if path.contains(['?', '#']) {
        Err(PlaceError::Query)
    } else if path.split(['/', '\\']).any(is_dots) {
        Err(PlaceError::Dots)
    } else {
        Ok(())
    }
}

/// The parameters as they are written: a number that is read and printed may be another text, which nobody signed.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

fn joined(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    match base.path() {
        "/" => url.set_path(path),
        prefix => url.set_path(&[prefix, path].concat()),
    }
    url
}

/// The URL with each `{field}` replaced by the field, which is taken out of `fields`.
fn fill(call: &Unsigned<'_>, fields: &mut Fields<'_>) -> Result<Url, PlaceError> {
    let mut url = call.base.clone();
    let mut path = url.path_segments_mut().map_err(|()| PlaceError::Base)?;
    path.pop_if_empty();
    for segment in call.path.split('/').skip(1) {
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            None => path.push(segment),
            Some(name) => {
                let value = fields.remove(name).filter(|value| !value.get().starts_with(['{', '[', 't', 'f']));
                let value = value.and_then(text).filter(|value| stays_in_its_place(value));
                path.push(&value.ok_or_else(|| PlaceError::Parameter(name.to_owned()))?)
            }
        };
    }
    drop(path);
    Ok(url)
}

/// A URL drops some control characters, and nothing at all leads to another operation.
fn stays_in_its_place(value: &str) -> bool {
    !value.trim().is_empty() && !value.contains(|character: char| character.is_ascii_control()) && !is_dots(value)
}

/// Whether a URL would resolve this segment to another path: `.` and `..`, encoded or not.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

/// A value as it stands in a URL; none for `null`.
fn text(value: &RawValue) -> Option<String> {
    match value.get() {
        "null" => None,
        json => Some(serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())),
    }
}
