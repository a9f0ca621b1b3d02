//! Numbers that programs round: whole ones of so many digits are kept as text.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

/// From here on neighbours are told apart by no longer all: JMESPath compares doubles with a tolerance.
const LONG: usize = 16;

/// Where whole numbers of many digits are in JSON, outside texts.
fn long_integers(json: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = json.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            match bytes[at] {
                b'"' => {
                    at += 1;
                    while at < bytes.len() && bytes[at] != b'"' {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                    at += 1;
                }
                b'-' | b'0'..=b'9' => {
                    let start = at;
                    at += 1;
                    while at < bytes.len() && matches!(bytes[at], b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') {
                        at += 1;
                    }
                    let number = &json[start..at];
                    let digits = number.trim_start_matches('-');
                    if digits.len() >= LONG && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                        return Some(start..at);
                    }
                }
                _ => at += 1,
            }
        }
        None
    })
}

/// The first of them.
pub fn long_integer(json: &str) -> Option<&str> {
    long_integers(json).next().map(|range| &json[range])
}

/// JSON in which they are texts.
pub fn as_texts(json: &str) -> Cow<'_, str> {
    let mut ranges = long_integers(json).peekable();
    if ranges.peek().is_none() {
        return json.into();
    }
    let (mut quoted, mut end) = (String::with_capacity(json.len() + 8), 0);
    for range in ranges {
        quoted.push_str(&json[end..range.start]);
        quoted.push('"');
        quoted.push_str(&json[range.clone()]);
        quoted.push('"');
        end = range.end;
    }
    quoted.push_str(&json[end..]);
    quoted.into()
}

/// A value in which they are texts.
pub fn exact(value: Value) -> Value {
    match value {
        Value::Number(number) if long_integer(&number.to_string()).is_some() => Value::String(number.to_string()),
        Value::Array(items) => items.into_iter().map(exact).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, exact(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_many_digits_become_texts_and_nothing_else_does() {
        for (json, texts) in [
            ("89852202508034252912", r#""89852202508034252912""#),
            (
                r#"{"a":[1,-8985220250803425291,{"b":1234567890123456}]}"#,
                r#"{"a":[1,"-8985220250803425291",{"b":"1234567890123456"}]}"#,
            ),
            (
                r#"{"89852202508034252912":"89852202508034252912"}"#,
                r#"{"89852202508034252912":"89852202508034252912"}"#,
            ),
            (r#""a\"8985220250803425""#, r#""a\"8985220250803425""#),
            ("[1.2345678901234567,123456789012345,1e30]", "[1.2345678901234567,123456789012345,1e30]"),
        ] {
            assert_eq!(as_texts(json), texts);
        }
    }
}
