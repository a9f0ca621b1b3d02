//! A notification's body: the text to read, and the way back to the bytes that were signed.

use std::borrow::Cow;
use std::collections::HashSet;

use encoding_rs::{Encoding, UTF_8};
use serde_json::value::RawValue;
use serde_json::{Error, Value};

use crate::values::exact;
use crate::values::text::{decode, encoding, repaired, trimmed};

/// A body as text. What is signed of it is signed as the bytes that came, whatever their encoding is, and also where
/// control characters stand in its texts as they are, which JSON wants escaped: an SMS may have any.
pub(super) struct Body<'a> {
    text: Cow<'a, str>,
    /// The text to read, where it is not the one above: with replacement characters, or control characters escaped.
    replaced: Option<String>,
    written_in: WrittenIn,
    /// The first of the 32 characters that stand for the control characters in `text`.
    stand_ins: Option<u32>,
}

enum WrittenIn {
    Utf8,
    Encoding(&'static Encoding),
    /// Nothing that is known: each byte stands for itself.
    Bytes,
}

impl<'a> Body<'a> {
    pub(super) fn new(bytes: &'a [u8], content_type: Option<&str>) -> Self {
        let body = Self::decoded(bytes, content_type);
        let Some((text, stand_ins)) = stood_in(&body.text) else { return body };
        let replaced = repaired(body.replaced.as_deref().unwrap_or(&body.text)).or(body.replaced);
        Self { text: text.into(), replaced, stand_ins: Some(stand_ins), ..body }
    }

    fn decoded(bytes: &'a [u8], content_type: Option<&str>) -> Self {
        let whole = |text, written_in| Self { text, replaced: None, written_in, stand_ins: None };
        let text = decode(bytes, content_type);
        if let Cow::Borrowed(_) = text {
            return whole(text, WrittenIn::Utf8);
        }
        let encoding = encoding(bytes, content_type);
        // The way back must be that of the bytes that came: some characters can be written in two ways.
        if encoding != UTF_8 && *encoding.encode(&text).0 == *trimmed(bytes) {
            return whole(text, WrittenIn::Encoding(encoding));
        }
        let each: String = trimmed(bytes).iter().map(|byte| char::from(*byte)).collect();
        Self { replaced: Some(text.into_owned()), ..whole(each.into(), WrittenIn::Bytes) }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A part of the text as the bytes that came.
    pub(super) fn bytes(&self, part: Vec<u8>) -> Vec<u8> {
        let part = match self.stand_ins {
            Some(first) => without_stand_ins(&String::from_utf8_lossy(&part), first).into_bytes(),
            None => part,
        };
        let text = || String::from_utf8_lossy(&part);
        match self.written_in {
            WrittenIn::Utf8 => part,
            WrittenIn::Encoding(encoding) => encoding.encode(&text()).0.into_owned(),
            WrittenIn::Bytes => text().chars().filter_map(|character| u8::try_from(character).ok()).collect(),
        }
    }

    /// The JSON that it is. One that is not known to be sound, with no key twice and no escape that stands for nothing, is
    /// read whole first.
    pub(super) fn json(&self, is_sound: bool) -> Result<Cow<'_, str>, Error> {
        match &self.replaced {
            None if is_sound && self.is_flat() => Ok(self.text.trim_ascii().into()),
            replaced => {
                let json: &RawValue = serde_json::from_str(replaced.as_deref().unwrap_or(&self.text))?;
                exact::read::<Value>(json.get()).map(|json| json.to_string().into())
            }
        }
    }

    /// Whether so little is opened in it that it can't be nested too deep.
    fn is_flat(&self) -> bool {
        self.text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() <= usize::from(exact::MAX_DEPTH)
    }
}

/// Characters of a plane for private use, a block of which no text is likely to have.
const PRIVATE: std::ops::Range<u32> = 0xf_0000..0xf_ffe0;

/// A JSON in which another character stands for each control character inside a text, and the first of those; none if it
/// has none, or no 32 characters are free.
fn stood_in(json: &str) -> Option<(String, u32)> {
    // Not `any`: without an early exit this is done many bytes at a time.
    if !json.bytes().fold(false, |found, byte| found | (byte < b' ')) {
        return None;
    }
    let inside = || {
        let (mut in_text, mut escaped) = (false, false);
        json.chars().map(move |character| {
            let is_inside = in_text && character < ' ';
            in_text ^= character == '"' && !escaped;
            escaped = in_text && character == '\\' && !escaped;
            (character, is_inside)
        })
    };
    if !inside().any(|(_, is_inside)| is_inside) {
        return None;
    }
    let used: HashSet<u32> = json.chars().map(|character| u32::from(character) / 32).collect();
    let first = PRIVATE.step_by(32).find(|first| !used.contains(&(first / 32)))?;
    let stand_in = |(character, is_inside): (char, bool)| match is_inside {
        true => char::from_u32(first + u32::from(character)).unwrap_or(character),
        false => character,
    };
    Some((inside().map(stand_in).collect(), first))
}

fn without_stand_ins(text: &str, first: u32) -> String {
    let control = |character: char| u32::from(character).checked_sub(first).filter(|control| *control < 32);
    text.chars().map(|character| control(character).and_then(char::from_u32).unwrap_or(character)).collect()
}
