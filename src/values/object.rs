//! A JSON object in the order and the words of its source.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::Text;

/// A field as it is written.
pub(crate) type Field<'a> = (Cow<'a, str>, &'a RawValue);

/// The fields of an object, each made a `T`.
pub(crate) struct Object<T>(pub(crate) Vec<T>);

impl<'de, T: From<Field<'de>>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: From<Field<'de>>> Visitor<'de> for Fields<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<T>, A::Error> {
        let mut all = Vec::with_capacity(16);
        while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            all.push(T::from((name, value)));
        }
        Ok(Object(all))
    }
}

/// Whether two fields have one name.
pub(super) fn has_a_key_twice(fields: &[Field<'_>]) -> bool {
    if fields.len() <= 8 {
        return fields
            .iter()
            .enumerate()
            .any(|(index, (name, _))| fields.iter().skip(index + 1).any(|(next, _)| name == next));
    }
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    names.iter().zip(names.iter().skip(1)).any(|(name, next)| name == next)
}
