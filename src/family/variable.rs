//! What a caller is known by, as the environment or the caller gives it.

use std::env;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::values::Language;

/// Environment variable with the language of the API's messages.
const LANGUAGE_VARIABLE: &str = "LINKSFIELD_LANGUAGE";

/// The value of an environment variable, which is zeroized when it is dropped.
pub(crate) fn variable(name: &str) -> Result<Zeroizing<String>, Error> {
    read(name)?.ok_or_else(|| Error::settings(format!("{name} is not set: set it")))
}

/// The same of one that need not be set; an empty one is not.
pub(crate) fn optional(name: &str) -> Result<Option<Zeroizing<String>>, Error> {
    if env::var_os(name).is_some_and(|value| value.is_empty()) { Ok(None) } else { read(name) }
}

fn read(name: &str) -> Result<Option<Zeroizing<String>>, Error> {
    let Some(value) = env::var_os(name) else { return Ok(None) };
    let value = value.into_string().map(Zeroizing::new).map_err(|odd| {
        drop(Zeroizing::new(odd.into_encoded_bytes()));
        Error::settings(format!("{name} is not Unicode text"))
    })?;
    check(name, &value)?;
    Ok(Some(value))
}

/// The language that the environment names, if it does.
pub(crate) fn language() -> Result<Option<Language>, Error> {
    let Some(tag) = optional(LANGUAGE_VARIABLE)? else { return Ok(None) };
    if tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Ok(Some(Language::from_tag(&tag)))
    } else {
        Err(Error::settings(format!("{LANGUAGE_VARIABLE} must be a language tag, such as en-US")))
    }
}

/// Both, or all that is wrong with either.
pub(crate) fn both<A, B>(one: Result<A, Error>, other: Result<B, Error>) -> Result<(A, B), Error> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(one), Err(other)) => Err(Error::settings(format!("{}; {}", one.reason(), other.reason()))),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

/// Whether a text is as Linksfield gave it, as far as one can see.
pub(crate) fn check(name: &str, value: &str) -> Result<(), Error> {
    let wrong = if value.trim().is_empty() {
        "is empty: set it to what Linksfield gave you"
    } else if value.trim() != value {
        "has white space around it: remove it"
    } else if QUOTES.iter().any(|(open, close)| value.starts_with(*open) && value.ends_with(*close)) {
        "has quotes around it: remove them"
    } else if value.contains(char::is_control) {
        "has a line break or another control character in it: remove it"
    } else if value.contains(is_invisible) {
        "has an invisible character in it, as copied text may: type it, or copy it from elsewhere"
    } else {
        return Ok(());
    };
    Err(Error::settings(format!("{name} {wrong}")))
}

const QUOTES: [(char, char); 5] = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’')];

/// A soft hyphen, a mark of direction or of the order of bytes, or one of no width.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
