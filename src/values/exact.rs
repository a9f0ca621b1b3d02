//! JSON that loses no digit: where any value may stand, a number that would be rounded is read as the text of its digits.

use std::borrow::Cow;

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Error;
use serde_json::value::RawValue;

use super::object::{Field, Object, has_a_key_twice};
use super::text::repaired;

/// How deep arrays and objects may be nested.
pub(crate) const MAX_DEPTH: u8 = 127;

/// Any type of serde, from JSON.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    // What begins or ends in white space has no type that its first character tells.
    let exact = |json: &str| T::deserialize(Exact { json: json.trim_ascii(), depth: 0 });
    exact(json)
        // A type that asks for any value first, and for a number of it then, wants the number.
        .or_else(|error| match error.is_data() && !error.to_string().starts_with(TWICE) {
            true => serde_json::from_str(json).map_err(|_| error),
            false => Err(error),
        })
        .or_else(|error| repaired(json).and_then(|json| exact(&json).ok()).ok_or(error))
}

const TWICE: &str = "expected each key once";

/// One value, and how many arrays and objects are around it.
struct Exact<'de> {
    json: &'de str,
    depth: u8,
}

impl<'de> Exact<'de> {
    fn inner(&self, json: &'de RawValue) -> Self {
        Self { json: json.get(), depth: self.depth + 1 }
    }

    fn visit_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.json.as_bytes().first() {
            Some(b'{') => {
                let mut map = MapDeserializer::new(self.fields()?);
                let read = visitor.visit_map(&mut map)?;
                map.end().map(|()| read)
            }
            Some(b'[') => {
                self.check_depth()?;
                let items: Vec<&'de RawValue> = serde_json::from_str(self.json)?;
                let mut list = SeqDeserializer::new(items.into_iter().map(|item| self.inner(item)));
                let read = visitor.visit_seq(&mut list)?;
                list.end().map(|()| read)
            }
            Some(b'-' | b'0'..=b'9') if !is_exact(self.json) => {
                // Only what is JSON gets here whole; a number alone was not read yet.
                let number: &'de RawValue = serde_json::from_str(self.json)?;
                visitor.visit_borrowed_str(number.get())
            }
            _ => self.scalar().deserialize_any(visitor),
        }
    }

    fn fields(&self) -> Result<impl ExactSizeIterator<Item = (Cow<'de, str>, Self)>, Error> {
        self.check_depth()?;
        let Object(fields) = serde_json::from_str::<Object<Field<'de>>>(self.json)?;
        if has_a_key_twice(&fields) {
            return Err(de::Error::custom(TWICE));
        }
        Ok(fields.into_iter().map(|(name, value)| (name, self.inner(value))))
    }

    fn check_depth(&self) -> Result<(), Error> {
        match self.depth {
            MAX_DEPTH => Err(de::Error::custom("expected fewer arrays and objects in each other")),
            _ => Ok(()),
        }
    }

    fn scalar(&self) -> serde_json::Deserializer<serde_json::de::StrRead<'de>> {
        serde_json::Deserializer::from_str(self.json)
    }
}

/// Whether a number is printed as it was written.
fn is_exact(number: &str) -> bool {
    if !number.contains(['.', 'e', 'E']) {
        return number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
    }
    let read = number.parse().ok().and_then(serde_json::Number::from_f64);
    read.is_some_and(|read| read.to_string() == number)
}

/// What asks for a type of number or text gets it from the JSON as written.
macro_rules! as_written {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.scalar().$method(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Exact<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_any(visitor)
    }

    as_written! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char
        deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit
        deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.json == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        // Serde's own name for JSON that is kept as it is.
        if name == "$serde_json::private::RawValue" {
            return self.scalar().deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if !self.json.starts_with('{') {
            return self.scalar().deserialize_enum(name, variants, visitor);
        }
        // A variant with something in it is an object of one field.
        let fields = self.fields()?;
        match fields.len() {
            1 => visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(fields))),
            _ => Err(de::Error::custom("expected an object of one field, which names a variant")),
        }
    }

    forward_to_deserialize_any! { unit_struct seq tuple tuple_struct map struct }
}

impl<'de> IntoDeserializer<'de, Error> for Exact<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
