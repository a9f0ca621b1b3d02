//! What strangers wrote, made harmless for a terminal: an SMS, a name or a refusal may hold what moves the cursor, colours or hides
//! text, or turns its direction.

use std::borrow::Cow;
use std::fmt::Write;

/// Text in which such characters are written as escapes, line breaks and tabs too.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character.is_control() || is_treacherous(character))
}

/// The same of several lines.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character != '\n' && (character.is_control() || is_treacherous(character)))
}

fn escaped(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' if is_hidden('\n') => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            hidden if is_hidden(hidden) => {
                // Writing to a String does not fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(hidden));
            }
            plain => shown.push(plain),
        }
    }
    shown.into()
}

/// JSON in which such characters are escapes of JSON: the same text for a program.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    quoted(json, |shown, character| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    })
}

/// The same of YAML whose texts stand in double quotes.
pub fn visible_yaml(yaml: &str) -> Cow<'_, str> {
    quoted(yaml, |shown, character| {
        let _ = write!(shown, "\\U{:08x}", u32::from(character));
    })
}

/// Texts in quotes, with `escape` writing what is hidden in them.
fn quoted(text: &str, escape: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let is_hidden = |character: char| {
        character == '\u{7f}' || !character.is_ascii_control() && character.is_control() || is_treacherous(character)
    };
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) { escape(&mut shown, character) } else { shown.push(character) }
    }
    shown.into()
}

/// Marks of direction, and what has no width.
fn is_treacherous(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_drives_a_terminal_is_left() {
        for (text, shown) in [
            ("\u{1b}[2K\rpackage 30 days", r"\u{1b}[2K\u{d}package 30 days"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("a\u{7f}\u{202e}b\u{200b}", r"a\u{7f}\u{202e}b\u{200b}"),
            ("one\ntwo\tthree", r"one\ntwo\tthree"),
            ("流量套餐 é", "流量套餐 é"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_lines("one\ntwo\u{1b}"), "one\ntwo\\u{1b}");
    }

    #[test]
    fn json_stays_the_same_value() {
        let json = serde_json::to_string("\u{1b}\u{9b}\u{7f}\u{202e}\u{e0041}流").unwrap();
        let shown = visible_json(&json);
        assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{7f}', '\u{202e}', '\u{e0041}']), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), "\u{1b}\u{9b}\u{7f}\u{202e}\u{e0041}流");
    }
}
