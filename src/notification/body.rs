//! A notification's body: the text to read, and the way back to the bytes that were signed.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use serde_json::value::RawValue;
use serde_json::{Error, Value};

use crate::values::exact;
use crate::values::text::{decode, encoding, trimmed};

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
        // The way back must be that of the bytes that came: some characters can be written in two ways.
        if encoding != UTF_8 && *encoding.encode(&text).0 == *trimmed(bytes) {
            return Self { text, replaced: None, written_in: WrittenIn::Encoding(encoding) };
        }
        let each: String = trimmed(bytes).iter().map(|byte| char::from(*byte)).collect();
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

    /// The JSON that it is.
    pub(super) fn read(&self) -> Result<Value, Error> {
        let json: &RawValue = serde_json::from_str(self.replaced.as_deref().unwrap_or(&self.text))?;
        exact::read(json.get())
    }
}
