//! A list of an answer, of which no item is lost.

use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::Error;
use serde_json::value::RawValue;

use super::read::{self, Read, is_empty};

/// A list of an answer: a [`Vec`] of what could be read, and apart from it the [odd](Self::odd) items.
///
/// ```
/// use linksfield::Listed;
/// use linksfield::serde_json;
///
/// let orders: Listed<String> = serde_json::from_str(r#"["1", 2, {"id": 3}, null]"#)?;
/// assert_eq!(*orders, ["1", "2"]);
/// assert_eq!(orders.odd().iter().map(|item| (item.position(), item.json())).collect::<Vec<_>>(),
///     [(2, r#"{"id": 3}"#), (3, "null")]);
/// assert!(orders.into_whole().is_err());
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Listed<T> {
    items: Vec<T>,
    odd: Vec<OddItem>,
    total_count: Option<i64>,
    /// Whether there is a list at all: nothing, or null, is an empty one too.
    is_stated: bool,
}

/// An item of a list that could not be read.
///
/// In the answer to an order for several SIMs, it is a SIM whose outcome is unknown.
#[derive(Clone, PartialEq, Eq)]
pub struct OddItem {
    position: usize,
    json: Box<str>,
}

impl OddItem {
    /// Where it stands in the list as it came, from 0.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// The item as received.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// Shows where it stands, but not what it is: that is part of an answer.
impl fmt::Debug for OddItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OddItem").field("position", &self.position).finish_non_exhaustive()
    }
}

impl<T> Listed<T> {
    /// The items that could not be read, in their order. A list with one must not be taken for the whole.
    #[must_use]
    pub fn odd(&self) -> &[OddItem] {
        &self.odd
    }

    /// Whether nothing was listed, odd items included.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.odd.is_empty()
    }

    /// How many items were listed, odd ones included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.items.len() + self.odd.len()
    }

    /// How many items there are on all pages, where the answer says so beside its data. Where it says so elsewhere, or not
    /// at all, there is none.
    #[must_use]
    pub fn total_count(&self) -> Option<i64> {
        self.total_count
    }

    /// Whether it came as a list, and not as something that stands for an empty one.
    pub(crate) fn is_stated(&self) -> bool {
        self.is_stated
    }

    /// The same list of other items.
    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Listed<U> {
        let Self { items, odd, total_count, is_stated } = self;
        Listed { items: items.into_iter().map(change).collect(), odd, total_count, is_stated }
    }

    /// All items, if each could be read.
    ///
    /// # Errors
    ///
    /// The first item that could not.
    pub fn into_whole(self) -> Result<Vec<T>, OddItem> {
        match self.odd.into_iter().next() {
            None => Ok(self.items),
            Some(odd) => Err(odd),
        }
    }

    /// All items in the order in which they were listed, with the odd ones as errors.
    pub fn into_results(self) -> impl Iterator<Item = Result<T, OddItem>> {
        in_order(self.items, self.odd, |odd| odd.position)
    }
}

/// The items and the odd ones, each where it was listed.
fn in_order<T, O>(
    items: impl IntoIterator<Item = T>,
    odd: impl IntoIterator<Item = O>,
    position: fn(&O) -> usize,
) -> impl Iterator<Item = Result<T, O>> {
    let (mut items, mut odd) = (items.into_iter(), odd.into_iter().peekable());
    (0..).map_while(move |next| match odd.next_if(|item| position(item) == next) {
        Some(item) => Some(Err(item)),
        None => items.next().map(Ok),
    })
}

impl<T> Deref for Listed<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.items
    }
}

/// By what was listed, and not by how an empty list is written.
impl<T: PartialEq> PartialEq for Listed<T> {
    fn eq(&self, other: &Self) -> bool {
        let Self { items, odd, total_count, .. } = self;
        (items, odd, total_count) == (&other.items, &other.odd, &other.total_count)
    }
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { items: Vec::new(), odd: Vec::new(), total_count: None, is_stated: false }
    }
}

impl<T> From<Vec<T>> for Listed<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, odd: Vec::new(), total_count: None, is_stated: true }
    }
}

impl<T> FromIterator<T> for Listed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

/// The items that could be read: ask for [`odd`](Listed::odd) ones first, or use [`into_results`](Listed::into_results).
impl<T> IntoIterator for Listed<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

/// The items that could be read.
impl<'a, T> IntoIterator for &'a Listed<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Listed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(&self.items).entries(&self.odd).finish()
    }
}

impl<T: Read> Read for Listed<T> {
    fn read(json: &str) -> Result<Self, Error> {
        if is_empty(json) {
            return Ok(Self { is_stated: json.starts_with('['), ..Self::default() });
        }
        let all: Vec<&RawValue> = serde_json::from_str(json)?;
        let mut listed = Self { is_stated: true, ..Self::default() };
        for (position, json) in all.into_iter().map(RawValue::get).enumerate() {
            match T::read(json) {
                Ok(item) if json != "null" => listed.items.push(item),
                _ => listed.odd.push(OddItem { position, json: json.into() }),
            }
        }
        Ok(listed)
    }

    fn counted(self, total_count: Option<i64>) -> Self {
        Self { total_count, ..self }
    }

    /// One odd item.
    fn odd(json: &str) -> Option<Self> {
        Some(Self { odd: vec![OddItem { position: 0, json: json.into() }], ..Self::default() })
    }

    fn is_none(json: &str) -> bool {
        is_empty(json)
    }
}

impl<'de, T: Read> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::deserialize(deserializer)
    }
}

/// The list as it came, with the odd items in their places.
impl<T: Serialize> Serialize for Listed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.count()))?;
        for result in in_order(&self.items, &self.odd, |odd| odd.position) {
            match result {
                Ok(item) => list.serialize_element(item)?,
                Err(odd) => {
                    let json: &RawValue = serde_json::from_str(&odd.json).map_err(serde::ser::Error::custom)?;
                    list.serialize_element(json)?;
                }
            }
        }
        list.end()
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Listed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Vec::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_the_count_that_stands_beside_it() {
        let listed = Listed::<String>::read(r#"["1","2"]"#).unwrap();
        assert_eq!(listed.total_count(), None);
        let listed = listed.counted(read::field(r#"{"data":["1","2"],"total_count":"105"}"#, "total_count"));
        assert_eq!((listed.total_count(), listed.len()), (Some(105), 2));
        assert_eq!(read::field::<i64>(r#"{"total_count":105,"total_count":1}"#, "total_count"), None);
    }
}
