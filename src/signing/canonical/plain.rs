//! The short way for a compact object that holds text without escapes and nothing else, as most requests do.
//!
//! Without escapes every `"` begins or ends a text, so that no parser is needed: it would take longer than the HMAC.

use super::{Parameter, Value};

/// The fields of such an object; `None` if `json` is anything else.
pub(super) fn object(json: &str) -> Option<Vec<Parameter<'_>>> {
    // Not `any`: without an early exit this is done many bytes at a time.
    if json.bytes().fold(false, |found, byte| found | (byte == b'\\') | (byte < b' ')) {
        return None;
    }
    let bytes = json.as_bytes();
    let quotes = quotes(bytes);
    let (fields @ [_, ..], []) = quotes.as_chunks() else { return None };
    let mut all = Vec::with_capacity(fields.len() + 3);
    let (mut end, mut separator) = (0, b"{");
    for &[name, name_end, text, text_end] in fields {
        if bytes.get(end..name)? != separator || bytes.get(name_end + 1..text)? != b":" {
            return None;
        }
        (end, separator) = (text_end + 1, b",");
        let value = Value::Plain { field: json.get(name..end)?, text: json.get(text + 1..text_end)? };
        all.push(Parameter { name: json.get(name + 1..name_end)?.into(), value });
    }
    (bytes.get(end..)? == b"}").then_some(all)
}

/// Where every `"` is: many bytes at a time, a bit for each.
fn quotes(text: &[u8]) -> Vec<usize> {
    let mut positions = Vec::with_capacity(96);
    let (blocks, rest) = text.as_chunks::<32>();
    for (block, start) in blocks.iter().map(<[u8; 32]>::as_slice).chain([rest]).zip((0..).step_by(32)) {
        let bits = block.iter().enumerate().map(|(position, byte)| u32::from(*byte == b'"') << position);
        let mut found = bits.fold(0, |all, bit| all | bit);
        while found != 0 {
            positions.push(start + found.trailing_zeros() as usize);
            found &= found - 1;
        }
    }
    positions
}
