//! The canonical form of JSON that signatures are computed over.
//!
//! Compact, keys in ascending byte order at every depth, characters outside ASCII and `/` as they are, numbers as
//! written. Values stay slices of the body they came in: nothing is built of a flat body but a sorted list.

mod plain;

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::values::object::{Field, Object};
use crate::values::read;

/// How deep arrays and objects may be nested, so that no body can exhaust the stack.
pub(crate) const MAX_DEPTH: usize = 128;

/// Why a body has no canonical form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// The body is not JSON, or its outermost value is not an object.
    #[error("the body must be a JSON object: {}", crate::error::reason::of(.0))]
    NotAnObject(serde_json::Error),
    /// One object has the same key twice, so that its value is ambiguous.
    #[error("the key {0:?} is there twice")]
    DuplicateKey(String),
    /// The body already has a parameter that the signing adds.
    #[error("the parameter {0:?} is set by the signing: leave it out")]
    ReservedKey(String),
    /// Arrays and objects are nested deeper than 128 levels.
    #[error("arrays and objects must not be nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// One `"name": value`.
pub(crate) struct Parameter<'a> {
    pub(crate) name: Cow<'a, str>,
    value: Value<'a>,
}

enum Value<'a> {
    /// Text, and the whole `"name":"text"` in canonical form.
    Plain { field: &'a str, text: &'a str },
    /// JSON as written.
    Json(&'a str),
    /// Text that is not JSON yet.
    Text(&'a str),
}

impl<'a> Parameter<'a> {
    /// A parameter of text.
    fn text(name: &'a str, text: &'a str) -> Self {
        Self { name: name.into(), value: Value::Text(text) }
    }

    /// The value, if it is text.
    pub(crate) fn as_text(&self) -> Option<Cow<'a, str>> {
        match self.value {
            Value::Text(text) | Value::Plain { text, .. } => Some(text.into()),
            Value::Json(json) => serde_json::from_str(json).ok(),
        }
    }

    /// The value as it is written, if it is not text without escapes.
    pub(crate) fn as_json(&self) -> Option<&'a str> {
        match self.value {
            Value::Json(json) => Some(json),
            Value::Text(_) | Value::Plain { .. } => None,
        }
    }

    /// `null`, `""`, `[]` and `{}`; neither `0` nor `false`.
    pub(crate) fn is_empty(&self) -> bool {
        match self.value {
            Value::Text(text) | Value::Plain { text, .. } => text.is_empty(),
            Value::Json(json) => read::is_empty(json),
        }
    }

    /// Appends `"name":value`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), ContentError> {
        self.write_in(out, 1)
    }

    /// Appends `"name":value`, with `depth` arrays and objects around it.
    fn write_in(&self, out: &mut Vec<u8>, depth: usize) -> Result<(), ContentError> {
        match self.value {
            Value::Plain { field, .. } => out.extend_from_slice(field.as_bytes()),
            Value::Json(json) => {
                write_name(out, &self.name);
                write_value(out, json, depth)?;
            }
            Value::Text(text) => {
                write_name(out, &self.name);
                write_text(out, text);
            }
        }
        Ok(())
    }
}

impl<'a> From<Field<'a>> for Parameter<'a> {
    fn from((name, value): Field<'a>) -> Self {
        Self { name, value: Value::Json(value.get()) }
    }
}

fn write_name(out: &mut Vec<u8>, name: &str) {
    write_text(out, name);
    out.push(b':');
}

/// The parameters of one object; in ascending byte order of their names, none twice, unless said otherwise.
pub(crate) struct Parameters<'a>(Vec<Parameter<'a>>);

impl<'a> Parameters<'a> {
    /// Reads an object.
    pub(crate) fn parse(object: &'a [u8]) -> Result<Self, ContentError> {
        Self::with(object, &[])
    }

    /// Reads an object, and keeps the order of its keys.
    pub(crate) fn as_written(object: &'a str) -> Result<Self, ContentError> {
        serde_json::from_str::<Object<_>>(object).map(|object| Self(object.0)).map_err(ContentError::NotAnObject)
    }

    /// Reads an object and adds parameters to it, which it must not have.
    pub(crate) fn with(object: &'a [u8], added: &[(&'a str, &'a str)]) -> Result<Self, ContentError> {
        let text = std::str::from_utf8(object).map_err(|error| not_an_object(error.to_string()))?;
        let mut all = match plain::object(text) {
            Some(all) => all,
            None => serde_json::from_str::<Object<_>>(text).map_err(ContentError::NotAnObject)?.0,
        };
        all.extend(added.iter().map(|(name, text)| Parameter::text(name, text)));
        all.sort_unstable_by(|left, right| left.name.as_bytes().cmp(right.name.as_bytes()));
        match all.iter().zip(all.iter().skip(1)).find(|(left, right)| left.name == right.name) {
            None => Ok(Self(all)),
            Some((twice, _)) if added.iter().any(|(name, _)| *name == twice.name) => {
                Err(ContentError::ReservedKey(twice.name.to_string()))
            }
            Some((twice, _)) => Err(ContentError::DuplicateKey(twice.name.to_string())),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Parameter<'a>> {
        self.0.iter()
    }

    /// Appends an object of those that are signed: all that are not empty.
    pub(crate) fn write_signed(&self, out: &mut Vec<u8>) -> Result<(), ContentError> {
        write_object(out, self.iter().filter(|parameter| !parameter.is_empty()))
    }
}

/// Appends an object of `parameters` whose values are as written, but for white space.
pub(crate) fn write_object_as_written<'p, 'a: 'p>(
    out: &mut Vec<u8>,
    parameters: impl Iterator<Item = &'p Parameter<'a>>,
) -> Result<(), ContentError> {
    write_braced(out, parameters, |out, parameter| match parameter.as_json() {
        Some(json) => {
            write_name(out, &parameter.name);
            out.extend_from_slice(compact(json).as_bytes());
            Ok(())
        }
        None => parameter.write(out),
    })
}

/// `json` without the white space between its tokens.
pub(crate) fn compact(json: &str) -> Cow<'_, str> {
    // Not `any`: without an early exit this is done many bytes at a time.
    if !json.bytes().fold(false, |found, byte| found | byte.is_ascii_whitespace()) {
        return json.into();
    }
    let (mut in_text, mut escaped) = (false, false);
    let kept = json.bytes().filter(|byte| {
        let kept = in_text || !byte.is_ascii_whitespace();
        in_text ^= *byte == b'"' && !escaped;
        escaped = in_text && *byte == b'\\' && !escaped;
        kept
    });
    let mut compact = Vec::with_capacity(json.len());
    compact.extend(kept);
    // Pieces of UTF-8 make UTF-8.
    String::from_utf8(compact).unwrap_or_default().into()
}

fn not_an_object(why: String) -> ContentError {
    ContentError::NotAnObject(serde::de::Error::custom(why))
}

/// Appends any JSON.
#[cfg(feature = "notification")]
pub(crate) fn write_json(out: &mut Vec<u8>, json: &str) -> Result<(), ContentError> {
    write_value(out, json, 0)
}

/// Appends an object of `parameters`.
pub(crate) fn write_object<'p, 'a: 'p>(
    out: &mut Vec<u8>,
    parameters: impl Iterator<Item = &'p Parameter<'a>>,
) -> Result<(), ContentError> {
    write_braced(out, parameters, |out, parameter| parameter.write(out))
}

fn write_braced<'p, 'a: 'p>(
    out: &mut Vec<u8>,
    parameters: impl Iterator<Item = &'p Parameter<'a>>,
    write: impl Fn(&mut Vec<u8>, &Parameter<'a>) -> Result<(), ContentError>,
) -> Result<(), ContentError> {
    out.push(b'{');
    for (index, parameter) in parameters.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, parameter)?;
    }
    out.push(b'}');
    Ok(())
}

/// Appends a value, with `depth` arrays and objects around it.
fn write_value(out: &mut Vec<u8>, json: &str, depth: usize) -> Result<(), ContentError> {
    match json.as_bytes().first() {
        Some(b'[' | b'{') if depth == MAX_DEPTH => return Err(ContentError::TooDeep),
        Some(b'{') => {
            let parameters = Parameters::parse(json.as_bytes())?;
            write_braced(out, parameters.iter(), |out, parameter| parameter.write_in(out, depth + 1))?;
        }
        Some(b'[') => write_array(out, json, depth + 1)?,
        Some(b'"') if json.contains('\\') => {
            let text: String = serde_json::from_str(json).map_err(ContentError::NotAnObject)?;
            write_text(out, &text);
        }
        _ => out.extend_from_slice(json.as_bytes()),
    }
    Ok(())
}

fn write_array(out: &mut Vec<u8>, json: &str, depth: usize) -> Result<(), ContentError> {
    let items: Vec<&RawValue> = serde_json::from_str(json).map_err(ContentError::NotAnObject)?;
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_value(out, item.get(), depth)?;
    }
    out.push(b']');
    Ok(())
}

/// Appends a JSON string with the fewest escapes: `\"`, `\\`, and the control characters.
fn write_text(out: &mut Vec<u8>, text: &str) {
    if needs_escapes(text) {
        // A `Vec` takes all that is written to it, and a `str` is always a JSON string.
        let _ = serde_json::to_writer(out, text);
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

fn needs_escapes(text: &str) -> bool {
    // Not `any`: without an early exit this is done many bytes at a time.
    text.bytes().fold(false, |found, byte| found | (byte == b'"') | (byte == b'\\') | (byte < b' '))
}
