//! Numbers of which it is documented that they count bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::read::{Read, is_empty};

/// A number of bytes as the API writes it: any text, so that an odd one never makes a good answer fail.
///
/// Only what is documented to be bytes has this type. Other numbers of an API are plain, because their unit is not
/// documented.
///
/// ```
/// use linksfield::ByteCount;
///
/// assert_eq!(ByteCount::from("23153434").bytes(), Some(23_153_434));
/// assert_eq!(ByteCount::from("22.08MB").bytes(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(description = "A number of bytes."))]
pub struct ByteCount(String);

impl ByteCount {
    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many bytes, if the text is a whole number.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.0.trim().parse().ok()
    }
}

impl Read for ByteCount {
    fn read(json: &str) -> Result<Self, serde_json::Error> {
        String::read(json).map(Self)
    }

    fn is_none(json: &str) -> bool {
        is_empty(json)
    }
}

impl From<&str> for ByteCount {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for ByteCount {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
