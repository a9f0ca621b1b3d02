//! A notification's body: the text to read, and the way back to the bytes that were signed.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use serde_json::{Error, Value};

use crate::values::exact;
use crate::values::text::{decode, encoding};

/// A body as text. What is signed of it is signed as the bytes that came, whatever their encoding is.
pub(super) struct Body<'a> {
    text: Cow<'a, str>,
    /// The text to read, where it is not the one above: with replacement characters.
    replaced: Option<String>,
    written_in: WrittenIn,
}

enum WrittenIn {
    Utf8,
    Encoding(&'static Encoding),
    /// Nothing that is known: each byte stands for itself.
    Bytes,
}

impl<'a> Body<'a> {
    pub(super) fn new(bytes: &'a [u8], content_type: Option<&str>) -> Self {
        let text = decode(bytes, content_type);
        if let Cow::Borrowed(_) = text {
            return Self { text, replaced: None, written_in: WrittenIn::Utf8 };
        }
        let encoding = encoding(bytes, content_type);
        if encoding != UTF_8 {
            return Self { text, replaced: None, written_in: WrittenIn::Encoding(encoding) };
        }
        let each: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        Self { text: each.into(), replaced: Some(text.into_owned()), written_in: WrittenIn::Bytes }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A part of the text as the bytes that came.
    pub(super) fn bytes(&self, part: Vec<u8>) -> Vec<u8> {
        let text = || String::from_utf8_lossy(&part);
        match self.written_in {
            WrittenIn::Utf8 => part,
            WrittenIn::Encoding(encoding) => encoding.encode(&text()).0.into_owned(),
            WrittenIn::Bytes => text().chars().filter_map(|character| u8::try_from(character).ok()).collect(),
        }
    }

    /// The JSON that it is. An escape that stands for no character is read as one that replaces it.
    pub(super) fn read(&self) -> Result<Value, Error> {
        let text = self.replaced.as_deref().unwrap_or(&self.text);
        exact::read(text).or_else(|error| match without_lone_surrogates(text) {
            Some(text) => exact::read(&text),
            None => Err(error),
        })
    }
}

/// The text with each half of a surrogate pair replaced, if it has any.
fn without_lone_surrogates(json: &str) -> Option<String> {
    let (mut text, mut rest, mut found) = (String::with_capacity(json.len()), json, false);
    while let Some(start) = rest.find('\\') {
        let (before, escape) = rest.split_at(start);
        text.push_str(before);
        let length = match (half(escape), escape.get(6..).and_then(half)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                found = true;
                text.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            // Any other escape: the character behind the backslash is part of it.
            _ => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let (whole, behind) = escape.split_at(length);
        text.push_str(whole);
        rest = behind;
    }
    text.push_str(rest);
    found.then_some(text)
}

/// The number of an escape `\uXXXX` that a text begins with.
fn half(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}
