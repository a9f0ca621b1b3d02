//! Times as parameters.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::read::{self, Read};

/// A time as a parameter: milliseconds since 1970-01-01T00:00:00Z, which is sent as text.
///
/// ```
/// use linksfield::EpochMillis;
///
/// let time = EpochMillis::from(1_640_917_845_984);
/// assert_eq!(time.to_string(), "1640917845984");
/// assert_eq!(EpochMillis::from(std::time::UNIX_EPOCH), EpochMillis::from(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EpochMillis(i64);

impl EpochMillis {
    /// The number of milliseconds.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }
}

impl From<i64> for EpochMillis {
    fn from(millis: i64) -> Self {
        Self(millis)
    }
}

impl From<jiff::Timestamp> for EpochMillis {
    fn from(time: jiff::Timestamp) -> Self {
        Self(time.as_millisecond())
    }
}

/// A time before 1970 is a negative number.
impl From<SystemTime> for EpochMillis {
    fn from(time: SystemTime) -> Self {
        let millis = |since: std::time::Duration| i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Self(time.duration_since(UNIX_EPOCH).map_or_else(|before| -millis(before.duration()), millis))
    }
}

impl fmt::Display for EpochMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for EpochMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Read for EpochMillis {
    fn read(json: &str) -> Result<Self, serde_json::Error> {
        i64::read(json).map(Self)
    }

    fn is_none(json: &str) -> bool {
        read::is_empty(json)
    }
}

impl<'de> Deserialize<'de> for EpochMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let millis = value.as_i64().or_else(|| value.as_str()?.parse().ok());
        millis.map(Self).ok_or_else(|| D::Error::custom("expected milliseconds"))
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for EpochMillis {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EpochMillis".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "A time in milliseconds since 1970-01-01T00:00:00Z." })
    }
}
