//! The text that bytes are, whatever wrote them.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};

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

/// The text with each half of a surrogate pair replaced, if it has any.
pub(crate) fn without_lone_surrogates(json: &str) -> Option<String> {
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
