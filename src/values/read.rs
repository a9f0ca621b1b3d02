//! How answers are read: each field for itself, in any spelling that means the same, so that an odd one spoils no other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::value::RawValue;
use serde_json::{Error, Map, Value};

use super::exact::{self, MAX_DEPTH};
use super::object::{Field, Object, has_a_key_twice};

/// A type of an answer's field.
pub trait Read: Sized {
    /// Reads JSON, whatever the scalar's type is.
    fn read(json: &str) -> Result<Self, Error>;

    /// With the number of items that is named beside it, if it is a list.
    fn counted(self, _: Option<i64>) -> Self {
        self
    }

    /// What stands for JSON of another type where that must not read as if there were none.
    fn odd(_: &str) -> Option<Self> {
        None
    }

    /// Whether this says that there is none.
    fn is_none(json: &str) -> bool {
        json == "null"
    }
}

/// Reads an answer with any deserializer that can give it as JSON.
pub(crate) fn deserialize<'de, T: Read, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let json = Box::<RawValue>::deserialize(deserializer)?;
    T::read(json.get()).map_err(D::Error::custom)
}

/// What a list, an object or a number of which there is none may be written as.
pub(crate) fn is_empty(json: &str) -> bool {
    match json.as_bytes() {
        b"null" | b"\"\"" => true,
        [b'[', inner @ .., b']'] | [b'{', inner @ .., b'}'] => inner.trim_ascii().is_empty(),
        _ => false,
    }
}

/// The fields of an object that are not read yet.
pub(crate) struct Fields<'a>(Vec<Field<'a>>);

impl<'a> Fields<'a> {
    pub(crate) fn parse(json: &'a str) -> Result<Self, Error> {
        let Object(fields) = serde_json::from_str(json)?;
        if has_a_key_twice(&fields) { Err(Error::custom("expected each key once")) } else { Ok(Self(fields)) }
    }

    fn take(&mut self, name: &str) -> Option<Field<'a>> {
        let position = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(position))
    }

    /// The field by the one of its names that says something, or else by the first that is there. If several say
    /// something else, none is believed.
    fn take_any<T: Read>(&mut self, names: &[&str]) -> Result<Option<Field<'a>>, Error> {
        if let [name] = names {
            return Ok(self.take(name));
        }
        let there = names.iter().filter_map(|name| self.0.iter().find(|(known, _)| known == name)).collect::<Vec<_>>();
        let said = there.iter().filter(|(_, json)| !is_empty(json.get()) && T::read(json.get()).is_ok());
        let said = said.collect::<Vec<_>>();
        if said.windows(2).any(|pair| pair[0].1.get() != pair[1].1.get()) {
            return Err(Error::custom(format!("expected one value of {}", names.join(" and "))));
        }
        let name = said.first().copied().or(there.first()).map(|(name, _)| name.clone());
        Ok(name.and_then(|name| self.take(&name)))
    }

    /// A field without which the answer says nothing, by any of its names.
    pub(crate) fn required<T: Read>(&mut self, names: &[&'static str]) -> Result<T, Error> {
        let field = self.take_any::<T>(names)?.filter(|(_, json)| json.get() != "null");
        let missing = || Error::missing_field(names.first().copied().unwrap_or_default());
        T::read(field.ok_or_else(missing)?.1.get())
    }

    /// A field that need not be there, by any of its names; one that can't be read is left with those that nobody knows.
    pub(crate) fn optional<T: Read + Default>(&mut self, names: &[&'static str]) -> T {
        let Ok(Some((name, json))) = self.take_any::<T>(names) else { return T::default() };
        T::read(json.get()).ok().or_else(|| T::odd(json.get())).unwrap_or_else(|| {
            self.0.push((name, json));
            T::default()
        })
    }

    /// All other fields.
    pub(crate) fn rest(self) -> Result<Map<String, Value>, Error> {
        self.0.into_iter().map(|(name, json)| Ok((name.into_owned(), exact::read(json.get())?))).collect()
    }
}

/// A field of an object, if it is there once and of this type.
pub(crate) fn field<T: Read>(json: &str, name: &str) -> Option<T> {
    let Object(fields) = serde_json::from_str::<Object<Field<'_>>>(json).ok()?;
    let mut named = fields.into_iter().filter(|(known, _)| known == name);
    let (Some((_, json)), None) = (named.next(), named.next()) else { return None };
    T::read(json.get()).ok()
}

/// Whether an object has one of these fields, and something in it.
pub(crate) fn has_any(json: &str, names: &[&str]) -> bool {
    let Ok(Fields(fields)) = Fields::parse(json) else { return false };
    fields.iter().any(|(name, value)| names.contains(&&**name) && says_something(value.get()))
}

/// Whether a value is more than a spelling of "none".
fn says_something(json: &str) -> bool {
    !is_empty(json) && json != "false" && !text(json).is_ok_and(|text| matches!(text.trim(), "" | "null"))
}

/// Whether one of these fields has a value at any depth, or may: so may a text that begins as JSON, is none, and has such a
/// word.
pub(crate) fn names_any(json: &str, names: &[&str]) -> bool {
    is_named(json, names, MAX_DEPTH, false)
}

/// The same, where also an object in a list may stand for something that was done.
pub(crate) fn may_name_any(json: &str, names: &[&str]) -> bool {
    is_named(json, names, MAX_DEPTH, true)
}

fn is_named(json: &str, names: &[&str], depth: u8, or_lists: bool) -> bool {
    let is_inside = |json: &str| is_named(json, names, depth - 1, or_lists);
    let json = json.trim_ascii_start();
    // `[order_id] must not be empty` is a message.
    let is_data = || or_lists || json.contains(['{', '"']);
    let may_be = || is_data() && names.iter().any(|name| json.contains(name));
    match json.as_bytes().first() {
        _ if names.is_empty() => false,
        Some(b'{' | b'[') if depth == 0 => true,
        Some(b'{') => match serde_json::from_str::<Object<Field<'_>>>(json) {
            Ok(Object(fields)) => fields
                .iter()
                .any(|(name, value)| names.contains(&&**name) && says_something(value.get()) || is_inside(value.get())),
            Err(_) => may_be(),
        },
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(items) => items.iter().any(|item| or_lists && item.get().starts_with('{') || is_inside(item.get())),
            Err(_) => may_be(),
        },
        // JSON in a text.
        Some(b'"') if depth > 0 => {
            text(json).is_ok_and(|text| text.trim_start().starts_with(['{', '[']) && is_inside(text.trim()))
        }
        _ => false,
    }
}

/// The text that a scalar is, with all its digits.
pub(crate) fn text(json: &str) -> Result<Cow<'_, str>, Error> {
    match json.as_bytes().first() {
        Some(b'"') => exact::read::<String>(json).map(Cow::from),
        Some(b'{' | b'[') => Err(Error::custom("expected a text")),
        _ => Ok(json.into()),
    }
}

impl Read for String {
    fn read(json: &str) -> Result<Self, Error> {
        text(json).map(Cow::into_owned)
    }
}

impl<T: Read> Read for Option<T> {
    fn read(json: &str) -> Result<Self, Error> {
        if T::is_none(json) { Ok(None) } else { T::read(json).map(Some) }
    }
}

/// Numbers and truth values, also as text.
macro_rules! read_from_text {
    ($spelling:expr; $($name:ty)*) => {
        $(impl Read for $name {
            fn read(json: &str) -> Result<Self, Error> {
                serde_json::from_str($spelling(text(json)?.trim()))
            }

            fn is_none(json: &str) -> bool {
                is_empty(json)
            }
        })*
    };
}

read_from_text!(whole; i32 i64 u32 u64);
read_from_text!(std::convert::identity; bool f64);

/// A whole number may have a fraction of nothing.
fn whole(digits: &str) -> &str {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if fraction.bytes().all(|digit| digit == b'0') { whole } else { digits }
}

impl Read for Value {
    fn read(json: &str) -> Result<Self, Error> {
        exact::read(json)
    }
}

impl<T: Read> Read for Box<T> {
    fn read(json: &str) -> Result<Self, Error> {
        T::read(json).map(Self::new)
    }

    fn is_none(json: &str) -> bool {
        T::is_none(json)
    }
}

impl<T: Read> Read for BTreeMap<String, T> {
    fn read(json: &str) -> Result<Self, Error> {
        if is_empty(json) {
            return Ok(Self::new());
        }
        let Fields(fields) = Fields::parse(json)?;
        fields.into_iter().map(|(name, value)| Ok((name.into_owned(), T::read(value.get())?))).collect()
    }

    fn is_none(json: &str) -> bool {
        is_empty(json)
    }
}

impl Read for Map<String, Value> {
    fn read(json: &str) -> Result<Self, Error> {
        if is_empty(json) { Ok(Self::new()) } else { exact::read(json) }
    }

    fn is_none(json: &str) -> bool {
        is_empty(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_with_two_names_is_read_by_the_one_that_has_a_value() {
        for (json, value, rest) in [
            (r#"{"updated_at":"1"}"#, Some("1"), "{}"),
            (r#"{"update_at":"2"}"#, Some("2"), "{}"),
            (r#"{"update_at":"1","updated_at":"1"}"#, Some("1"), r#"{"update_at":"1"}"#),
            // It contradicts itself.
            (r#"{"update_at":"2","updated_at":"1"}"#, None, r#"{"update_at":"2","updated_at":"1"}"#),
            (r#"{"update_at":"2","updated_at":[]}"#, Some("2"), r#"{"updated_at":[]}"#),
            (r#"{"update_at":"2","updated_at":""}"#, Some("2"), r#"{"updated_at":""}"#),
            (r#"{"update_at":"2","updated_at":null}"#, Some("2"), r#"{"updated_at":null}"#),
            (r#"{"update_at":null}"#, None, "{}"),
            (r#"{"update_at":[]}"#, None, r#"{"update_at":[]}"#),
        ] {
            let mut fields = Fields::parse(json).unwrap();
            let read: Option<String> = fields.optional(&["updated_at", "update_at"]);
            assert_eq!(read.as_deref(), value, "{json}");
            assert_eq!(Value::Object(fields.rest().unwrap()).to_string(), rest, "{json}");
        }
        let required = |json| Fields::parse(json).unwrap().required::<String>(&["updated_at", "update_at"]);
        assert_eq!(required(r#"{"updated_at":null,"update_at":"2"}"#).unwrap(), "2");
        assert!(required(r#"{"update_at":null}"#).unwrap_err().to_string().contains("updated_at"));
        let error = required(r#"{"updated_at":"1","update_at":"2"}"#).unwrap_err().to_string();
        assert!(error.contains("expected one value of updated_at and update_at"), "{error}");
    }
}
