//! What a server in Java may write otherwise than we do: the first suspects when a signature is refused.

use std::fmt;

use serde_json::value::RawValue;

use self::How::{As, Lower, Upper};
use self::Library::{Fastjson1, Fastjson2, Gson, Hutool, Jackson, OrgJson};
use self::Piece::{Character, ClosingTag, Decimal, Exponent, Integer, Names, Null, Object, Unsorted};
use super::canonical::{Parameter, Parameters};

/// What is written otherwise, by whom, and how. Measured: `docs/signing-trouble.md` has an example of each, which the
/// tests hold against this table, and the proof in Java against the libraries.
const TABLE: &[Row] = &[
    (|it| matches!(it, Character('&' | '\'' | '<' | '=' | '>')), &[Gson], Lower),
    (|it| matches!(it, ClosingTag), &[OrgJson], As(r"<\/")),
    (|it| matches!(it, Character('\x0b' | '\x0e' | '\x0f' | '\x1a'..='\x1f')), &[Fastjson1, Jackson], Upper),
    (|it| matches!(it, Character('\u{7f}'..='\u{9f}')), &[Fastjson1], Upper),
    (|it| matches!(it, Character('\u{80}'..='\u{9f}' | '\u{2000}'..='\u{20ff}')), &[OrgJson], Lower),
    (|it| matches!(it, Character('\u{80}'..='\u{a0}' | '\u{2000}'..='\u{2010}')), &[Hutool], Lower),
    (|it| matches!(it, Character('\u{2028}'..='\u{202f}' | '\u{2066}'..='\u{206f}')), &[Hutool], Lower),
    (|it| matches!(it, Character('\u{2028}' | '\u{2029}')), &[Fastjson1, Gson], Lower),
    (|it| matches!(it, Integer(_)), &[Gson], As("with a fraction: 1.0 or 1.2E7")),
    (|it| matches!(it, Integer("-0")), &[Fastjson1, Fastjson2, Jackson], As("without its minus")),
    (|it| matches!(it, Integer(n) if *n == "-0" || n.parse::<i64>().is_err()), &[Hutool], As("as text")),
    (|it| matches!(it, Exponent(_)), &Library::ALL, As("as 1E+3, 1000.0 or 1000")),
    (|it| matches!(it, Decimal(n) if n.is_minus_zero()), &[Fastjson1, Fastjson2], As("without its minus")),
    (
        |it| matches!(it, Decimal(n) if n.fraction.ends_with('0')),
        &[Hutool, OrgJson],
        As("without last zeros: 1 or 1.1"),
    ),
    (|it| matches!(it, Decimal(n) if n.has_needless_zero()), &[Jackson, Gson], As("without last zeros: 1.0 or 1.1")),
    (|it| matches!(it, Decimal(n) if n.is_far_from_one()), &[Jackson, Gson], As("with an exponent: 1.5E7, 5.0E-4")),
    (|it| matches!(it, Decimal(n) if n.is_long()), &[Jackson, Gson], As("as the nearest number of about 16 digits")),
    (|it| matches!(it, Decimal(n) if n.is_below_a_millionth()), &[Fastjson1, OrgJson], As("with an exponent: 1E-7")),
    (|it| matches!(it, Null), &[Fastjson1, Fastjson2, Gson, OrgJson], As("not at all")),
    (|it| matches!(it, Object), &[Fastjson1, OrgJson], As("in an order of its own")),
    (|it| matches!(it, Unsorted), &[Fastjson2, Jackson, Gson, Hutool], As("as they are in the body")),
    (|it| matches!(it, Names), &Library::ALL, As("in the order of UTF-16")),
];

type Row = (fn(&Piece<'_>) -> bool, &'static [Library], How);

/// A JSON library for Java.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Library {
    /// `com.alibaba:fastjson`, version 1.
    Fastjson1,
    /// `com.alibaba.fastjson2:fastjson2`.
    Fastjson2,
    /// `com.fasterxml.jackson.core:jackson-databind`.
    Jackson,
    /// `com.google.code.gson:gson`.
    Gson,
    /// `cn.hutool:hutool-json`.
    Hutool,
    /// `org.json:json`.
    OrgJson,
}

impl Library {
    /// All of them.
    pub const ALL: [Self; 6] = [Fastjson1, Fastjson2, Jackson, Gson, Hutool, OrgJson];
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fastjson1 => "fastjson 1",
            Fastjson2 => "fastjson2",
            Jackson => "Jackson",
            Gson => "Gson",
            Hutool => "Hutool",
            OrgJson => "org.json",
        })
    }
}

/// A value that a server in Java may write otherwise than it is signed here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suspect {
    /// Where it stands, such as `sims[0].note`; empty for the whole body.
    pub at: String,
    /// What is written otherwise.
    pub what: String,
    /// By which libraries.
    pub by: &'static [Library],
    /// How they write it, in words or by an example.
    pub how: String,
}

impl fmt::Display for Suspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, what, by, how } = self;
        let by = by.iter().map(Library::to_string).collect::<Vec<_>>().join(", ");
        write!(f, "{}: {what}, written {how}, by {by}", if at.is_empty() { "the body" } else { at })
    }
}

/// How something is written otherwise.
enum How {
    /// `\u` and four digits in lower case.
    Lower,
    /// `\u` and four digits in upper case.
    Upper,
    /// These words, or like these examples.
    As(&'static str),
}

/// The least that a library writes otherwise.
enum Piece<'a> {
    /// Any of a text or a name.
    Character(char),
    /// `</` in a text or a name.
    ClosingTag,
    Integer(&'a str),
    Decimal(Number<'a>),
    Exponent(&'a str),
    /// A `null` in an object that is not the outermost.
    Null,
    /// The order of names in an object that is not the outermost.
    Object,
    /// The same, if they are not sorted.
    Unsorted,
    /// The order of names in the outermost object, if Java sorts them otherwise.
    Names,
}

/// A number with a fraction and without an exponent.
struct Number<'a> {
    text: &'a str,
    /// The digits before the point.
    whole: &'a str,
    /// The digits behind it.
    fraction: &'a str,
}

impl Number<'_> {
    fn is_zero(&self) -> bool {
        self.whole == "0" && self.fraction.bytes().all(|digit| digit == b'0')
    }

    fn is_minus_zero(&self) -> bool {
        self.is_zero() && self.text.starts_with('-')
    }

    fn has_needless_zero(&self) -> bool {
        self.fraction.len() > 1 && self.fraction.ends_with('0')
    }

    fn is_far_from_one(&self) -> bool {
        let is_small = self.whole == "0" && self.fraction.starts_with("000");
        (is_small || self.whole.len() > 7) && !self.is_zero()
    }

    fn is_below_a_millionth(&self) -> bool {
        self.whole == "0" && self.fraction.len() > 6 && self.fraction.starts_with("000000")
    }

    /// Whether it has more digits than a `double` surely keeps.
    fn is_long(&self) -> bool {
        format!("{}{}", self.whole, self.fraction).trim_start_matches('0').len() > 15
    }
}

impl fmt::Display for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Character(character) => write!(f, "the character U+{:04X}", u32::from(*character)),
            ClosingTag => f.write_str("</"),
            Integer(number) | Exponent(number) | Decimal(Number { text: number, .. }) => {
                write!(f, "the number {number}")
            }
            Null => f.write_str("null"),
            Object | Unsorted | Names => f.write_str("the names"),
        }
    }
}

/// The suspects of a signed object whose values are as the body has them.
pub(super) fn of(object: &str) -> Vec<Suspect> {
    let mut found = Found::default();
    if let Ok(parameters) = Parameters::as_written(object) {
        if !parameters.iter().map(|parameter| parameter.name.encode_utf16().collect::<Vec<_>>()).is_sorted() {
            found.add("", &Names);
        }
        parameters.iter().for_each(|parameter| found.member("", parameter));
    }
    found.0
}

/// What was found, once a place.
#[derive(Default)]
struct Found(Vec<Suspect>);

impl Found {
    fn add(&mut self, at: &str, piece: &Piece<'_>) {
        for (_, by, how) in TABLE.iter().filter(|(is, ..)| is(piece)) {
            let how = match (how, piece) {
                (As(words), _) => (*words).to_owned(),
                (Lower, Character(character)) => format!("\\u{:04x}", u32::from(*character)),
                (_, Character(character)) => format!("\\u{:04X}", u32::from(*character)),
                (Lower | Upper, _) => continue,
            };
            let suspect = Suspect { at: at.to_owned(), what: piece.to_string(), by, how };
            if !self.0.contains(&suspect) {
                self.0.push(suspect);
            }
        }
    }

    fn member(&mut self, around: &str, parameter: &Parameter<'_>) {
        let at = if around.is_empty() { parameter.name.to_string() } else { format!("{around}.{}", parameter.name) };
        self.text(&at, &parameter.name);
        match parameter.as_text() {
            Some(text) => self.text(&at, &text),
            None => self.value(&at, parameter.as_json().unwrap_or_default()),
        }
    }

    /// What can't be read was refused before.
    fn value(&mut self, at: &str, json: &str) {
        match json.as_bytes().first() {
            Some(b'"') => self.text(at, &serde_json::from_str::<String>(json).unwrap_or_default()),
            Some(b'{') => Parameters::as_written(json).into_iter().for_each(|object| self.object(at, &object)),
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
                items.iter().enumerate().for_each(|(index, item)| self.value(&format!("{at}[{index}]"), item.get()));
            }
            Some(b'-' | b'0'..=b'9') => self.number(at, json),
            _ => {}
        }
    }

    fn object(&mut self, at: &str, object: &Parameters<'_>) {
        let names = || object.iter().map(|parameter| parameter.name.as_bytes());
        if names().nth(1).is_some() {
            self.add(at, &Object);
        }
        if !names().is_sorted() {
            self.add(at, &Unsorted);
        }
        for parameter in object.iter() {
            if parameter.as_json() == Some("null") {
                self.add(&format!("{at}.{}", parameter.name), &Null);
            }
            self.member(at, parameter);
        }
    }

    fn number(&mut self, at: &str, text: &str) {
        let digits = text.trim_start_matches('-');
        self.add(
            at,
            &match digits.split_once('.') {
                _ if digits.contains(['e', 'E']) => Exponent(text),
                Some((whole, fraction)) => Decimal(Number { text, whole, fraction }),
                None => Integer(text),
            },
        );
    }

    fn text(&mut self, at: &str, text: &str) {
        text.chars().for_each(|character| self.add(at, &Character(character)));
        if text.contains("</") {
            self.add(at, &ClosingTag);
        }
    }
}
