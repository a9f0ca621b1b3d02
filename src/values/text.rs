//! The text that bytes are, whatever wrote them.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};

/// Decodes a body: UTF-8, with or without its mark; else by the charset that its `Content-Type` names, else as GB18030 if it
/// can be that, else with replacement characters. NUL bytes at the end are no part of it.
pub(crate) fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let body = body.get(..body.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)).unwrap_or_default();
    match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => encoding(body, content_type).decode_without_bom_handling(body).0,
    }
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
