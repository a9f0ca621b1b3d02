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
    let value = unchecked(name)?;
    value.iter().try_for_each(|value| check(name, value))?;
    Ok(value)
}

/// The same of one that may have line breaks; an empty one is set.
pub(super) fn unchecked(name: &str) -> Result<Option<Zeroizing<String>>, Error> {
    let Some(value) = env::var_os(name) else { return Ok(None) };
    value.into_string().map(Zeroizing::new).map(Some).map_err(|odd| {
        drop(Zeroizing::new(odd.into_encoded_bytes()));
        Error::settings(format!("{name} is not Unicode text"))
    })
}

/// The language that the environment names, if it does.
pub(crate) fn language() -> Result<Option<Language>, Error> {
    let Some(tag) = optional(LANGUAGE_VARIABLE)? else { return Ok(None) };
    let language = Language::from_tag(&tag);
    let checked = language.header().map_err(|what| Error::settings(format!("{LANGUAGE_VARIABLE} {what}")));
    checked.map(|_| Some(language))
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

const QUOTES: [(char, char); 14] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('“', '”'),
    ('‘', '’'),
    ('„', '“'),
    ('„', '”'),
    ('”', '”'),
    ('’', '’'),
    ('«', '»'),
    ('»', '«'),
    ('「', '」'),
    ('＂', '＂'),
    ('＇', '＇'),
];

/// White space that is no plain space, a mark of direction or of the order of bytes, one of no width or that shows
/// nothing, or what stands for a character that was lost.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_whitespace() && character != ' '
        || matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffd}'
            | '\u{e0000}'..='\u{e0fff}')
}
