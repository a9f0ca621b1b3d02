//! Where the parameters of a call go: into the path, the query or the body of its request.

use std::collections::BTreeMap;

use http::{HeaderMap, Method};
use reqwest::Url;
use serde_json::value::RawValue;

use super::scheme::{Outgoing, PlaceError, Unsigned};
use crate::openapi::Body;

/// Places the fields of `parameters`: those that the path names as `{field}` in it, those of the query and all others of a
/// `GET` in the query, what is left in the body.
pub(crate) fn place(call: &Unsigned<'_>, parameters: Vec<u8>) -> Result<Outgoing, PlaceError> {
    let headers = HeaderMap::with_capacity(8);
    let (in_path, is_get, placing) = (call.path.contains('{'), *call.method == Method::GET, &call.placing);
    if !in_path && !is_get && placing.query.is_empty() && placing.body == Body::Fields {
        return Ok(Outgoing { url: joined(call.base, call.path), headers, body: Some(parameters) });
    }
    let mut fields: Fields<'_> = serde_json::from_slice(&parameters)?;
    let mut url = if in_path { fill(call, &mut fields)? } else { joined(call.base, call.path) };
    let known = |name: &str| placing.query.iter().find(|(known, _)| *known == name);
    let (in_query, rest): (Fields<'_>, Fields<'_>) =
        fields.into_iter().partition(|(name, _)| is_get || known(name).is_some());
    for (name, value) in &in_query {
        let separator = known(name).and_then(|(_, separator)| *separator);
        ask(&mut url, name, value, separator).ok_or_else(|| PlaceError::InQuery(name.clone()))?;
    }
    let body = if is_get { None } else { body(placing.body, &rest)? };
    Ok(Outgoing { url, headers, body })
}

/// The body of what is neither in the path nor in the query, if there is one.
fn body(body: Body, fields: &Fields<'_>) -> Result<Option<Vec<u8>>, PlaceError> {
    match body {
        Body::FieldsIfAny if fields.is_empty() => Ok(None),
        Body::Fields | Body::FieldsIfAny => Ok(Some(serde_json::to_vec(fields)?)),
        Body::Field(name) => {
            let body = fields.get(name).map(|body| body.get()).filter(|body| *body != "null");
            Ok(body.map(|body| body.as_bytes().to_vec()))
        }
    }
}

/// Adds a parameter to the query: a list as the `separator` between its items, or as one parameter for each. What is null
/// or empty is not asked for.
fn ask(url: &mut Url, name: &str, value: &RawValue, separator: Option<char>) -> Option<()> {
    let values: Vec<String> = match value.get().as_bytes() {
        [b'[', ..] => {
            serde_json::from_str::<Vec<&RawValue>>(value.get()).ok()?.into_iter().map(plain).collect::<Option<_>>()?
        }
        b"null" => Vec::new(),
        _ => vec![plain(value)?],
    };
    let values = match separator {
        Some(separator) if !values.is_empty() => vec![values.join(separator.encode_utf8(&mut [0; 4]))],
        _ => values,
    };
    if !values.is_empty() {
        url.query_pairs_mut().extend_pairs(values.iter().map(|value| (name, value)));
    }
    Some(())
}

/// A text, a number or a boolean as it stands in a URL; none for what can't.
fn plain(value: &RawValue) -> Option<String> {
    text(value).filter(|_| !value.get().starts_with(['[', '{']))
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
                let value = fields.remove(name).and_then(plain).filter(|value| stays_in_its_place(value));
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
