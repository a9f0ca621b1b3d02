//! One call, and where its parameters go: into the path, the query or the body of its request.

use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::{Method, Url};
use serde_json::value::RawValue;

use crate::error::Failing;

/// One call: which operation, where, and its own parameters as JSON.
pub(crate) struct Call<'a> {
    pub(crate) failing: Failing<'a>,
    pub(crate) method: Method,
    /// With `{name}` for each parameter in the path.
    pub(crate) url: String,
    /// The parameters that the envelope adds.
    pub(crate) added: &'a [&'a str],
    pub(crate) parameters: Bytes,
}

/// A request's URL and body.
pub(crate) struct Placed {
    pub(crate) url: Url,
    pub(crate) body: Option<Vec<u8>>,
}

/// Why parameters can't be placed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("the URL can't be one: {0}")]
    Url(String),
    #[error("the parameter {0}, which is part of the path, must be a text or a number, and not empty")]
    Path(String),
    #[error("the parameters must be a JSON object: {}", crate::error::reason::of(.0))]
    Parameters(#[from] serde_json::Error),
}

/// Places the fields of `parameters`: those that `template` names as `{field}` in the path, the others in the query of a
/// `GET` and in the body of all else.
pub(crate) fn place(method: &Method, template: &str, parameters: Vec<u8>) -> Result<Placed, PlaceError> {
    if !template.contains('{') && *method != Method::GET {
        return Ok(Placed { url: parse(template)?, body: Some(parameters) });
    }
    let mut fields: Fields<'_> = serde_json::from_slice(&parameters)?;
    let mut url = fill(template, &mut fields)?;
    if *method != Method::GET {
        return Ok(Placed { url, body: Some(serde_json::to_vec(&fields)?) });
    }
    url.query_pairs_mut().extend_pairs(fields.iter().filter_map(|(name, value)| Some((name, text(value)?))));
    Ok(Placed { url, body: None })
}

/// The parameters as they are written: a number that is read and printed may be another text, which nobody signed.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The URL with each `{field}` replaced by the field, which is taken out of `fields`.
fn fill(template: &str, fields: &mut Fields<'_>) -> Result<Url, PlaceError> {
    let (start, segments) = template.split_at(template.find("/{").unwrap_or(template.len()));
    let mut url = parse(start)?;
    for segment in segments.split('/').skip(1) {
        let field = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
        let value = match field {
            Some(name) => fields.remove(name).and_then(text).ok_or_else(|| PlaceError::Path(name.to_owned()))?,
            None => segment.to_owned(),
        };
        // A dot segment would lead to another path.
        if matches!(value.as_str(), "" | "." | "..") {
            return Err(PlaceError::Path(field.unwrap_or(segment).to_owned()));
        }
        let mut path = url.path_segments_mut().map_err(|()| PlaceError::Url("it has no path".into()))?;
        path.push(&value);
    }
    Ok(url)
}

fn parse(url: &str) -> Result<Url, PlaceError> {
    Url::parse(url).map_err(|error| PlaceError::Url(error.to_string()))
}

/// A value as it stands in a URL; none for `null`.
fn text(value: &RawValue) -> Option<String> {
    match value.get() {
        "null" => None,
        json => Some(serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())),
    }
}
