//! What is wrong with JSON, in words that do not quote it.

use serde_json::error::Category;

/// Says what was expected, or what is missing, and where; never what was found: that is part of a body.
pub(crate) fn of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    // The last time that it stands there: what was found comes before, and may have the same word.
    let what = match (error.classify(), text.rfind("expected ")) {
        (Category::Data, Some(start)) => text.get(start..),
        (Category::Data, None) if !text.starts_with("missing field") => Some("unexpected content"),
        _ => Some(text.as_str()),
    };
    let what = what.unwrap_or_default();
    if error.line() == 0 || what.ends_with(&place) { what.to_owned() } else { format!("{what}{place}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "it is read, not used")]
    struct Numbered {
        number: u8,
    }

    #[test]
    fn a_reason_says_what_was_expected_and_where_but_not_what_was_found() {
        for (json, said) in [
            (r#"{"number":"a secret"}"#, "expected u8 at line 1 column 20"),
            (r#"{"number":"a \"quoted, expected secret"}"#, "expected u8 at line 1 column 39"),
            (r#"{"number":-7}"#, "expected u8"),
            ("{}", "missing field `number` at line 1 column 2"),
            (r#"{"number":1"#, "EOF while parsing an object at line 1 column 11"),
        ] {
            let reason = of(&serde_json::from_str::<Numbered>(json).unwrap_err());
            assert!(reason.starts_with(said), "{json}: {reason}");
        }
    }
}
