//! What is wrong with JSON, in words that do not quote it.

use serde_json::error::Category;

/// Says what was expected, or what is missing, and where; never what was found: that is part of a body.
pub(crate) fn of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = match (error.classify(), text.find("expected ")) {
        (Category::Data, Some(start)) => text.get(start..),
        (Category::Data, None) if !text.starts_with("missing field") => Some("unexpected content"),
        _ => Some(text.as_str()),
    };
    let what = what.unwrap_or_default();
    if error.line() == 0 || what.ends_with(&place) { what.to_owned() } else { format!("{what}{place}") }
}
