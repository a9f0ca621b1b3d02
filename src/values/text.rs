//! The text that bytes are, whatever wrote them.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// A JSON text, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The type that the headers of a body name, if they can be read.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
}

/// Decodes a body: UTF-8, with or without its mark; else by the charset that its `Content-Type` names, else as GB18030 if it
/// can be that, else with replacement characters. NUL bytes at the end are no part of it.
pub(crate) fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let body = trimmed(body);
    match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => encoding(body, content_type).decode_without_bom_handling(body).0,
    }
}

/// A body without the mark of its encoding before it, and without NUL bytes and white space behind it.
pub(crate) fn trimmed(body: &[u8]) -> &[u8] {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let last = body.iter().rposition(|byte| *byte != 0 && !byte.is_ascii_whitespace());
    body.get(..last.map_or(0, |last| last + 1)).unwrap_or_default()
}

/// How a body that is not UTF-8 is written.
pub(crate) fn encoding(body: &[u8], content_type: Option<&str>) -> &'static Encoding {
    let named = content_type.and_then(charset).filter(|encoding| *encoding != UTF_8);
    let chinese = || GB18030.decode_without_bom_handling_and_without_replacement(body).map(|_| GB18030);
    named.or_else(chinese).unwrap_or(UTF_8)
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, name) = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Encoding::for_label(name.trim().trim_matches('"').as_bytes())
}

/// JSON with each escape that stands for no character replaced, and each control character in a text escaped, if it has
/// any.
pub(crate) fn repaired(json: &str) -> Option<String> {
    let (mut text, mut rest, mut in_text) = (String::with_capacity(json.len()), json, false);
    while let Some(next) = rest.chars().next() {
        let (length, instead) = match next {
            '\\' if in_text => escape(rest),
            '"' => {
                in_text = !in_text;
                (1, None)
            }
            control if in_text && control < ' ' => (1, Some(format!("\\u{:04x}", u32::from(control)))),
            other => (other.len_utf8(), None),
        };
        let (whole, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        text.push_str(instead.as_deref().unwrap_or(whole));
        rest = behind;
    }
    (text != json).then_some(text)
}

/// How long the escape is that a text begins with, and what stands for it if it is none.
fn escape(text: &str) -> (usize, Option<String>) {
    match (half(text), text.get(6..).and_then(half)) {
        (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (12, None),
        (Some(0xd800..0xe000), _) => (6, Some("\\ufffd".to_owned())),
        (Some(_), _) => (6, None),
        (None, _) => match text.chars().nth(1) {
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => (2, None),
            _ => (1, Some("\\\\".to_owned())),
        },
    }
}

/// The number of an escape `\uXXXX` that a text begins with.
fn half(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}
