//! What is a text in one answer and a number in the next.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::read::{self, Read};

/// A value that the API writes now as a text, now as a number or a boolean.
///
/// ```
/// use linksfield::Scalar;
///
/// let (printed, sent) = (Scalar::from("2222"), Scalar::from(2222));
/// assert_eq!(printed.as_str(), sent.as_str());
/// assert_eq!(sent.parse::<u64>()?, 2222);
/// # Ok::<_, std::num::ParseIntError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scalar {
    text: String,
    /// Whether it stands between quotation marks.
    is_text: bool,
}

impl Scalar {
    /// The text, or the digits of the number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number that it is, if it is one.
    ///
    /// # Errors
    ///
    /// It is no number of this type.
    pub fn parse<T: std::str::FromStr>(&self) -> Result<T, T::Err> {
        self.text.parse()
    }

    /// Whether it is a text, and no number and no boolean.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.is_text
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self { text, is_text: true }
    }
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self { text: number.to_string(), is_text: false }
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Self { text: value.to_string(), is_text: false }
    }
}

impl From<serde_json::Number> for Scalar {
    fn from(number: serde_json::Number) -> Self {
        Self { text: number.to_string(), is_text: false }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.text) {
            Ok(json) if !self.is_text => json.serialize(serializer),
            _ => serializer.serialize_str(&self.text),
        }
    }
}

impl Read for Scalar {
    fn read(json: &str) -> Result<Self, serde_json::Error> {
        read::text(json).map(|text| Self { text: text.into_owned(), is_text: json.starts_with('"') })
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::deserialize(deserializer)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Scalar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "number", "boolean"],
            "description": "A value that the API writes now as a text, now as a number or a boolean.",
        })
    }
}
