//! Times as the API writes them.

use std::fmt;
use std::time::SystemTime;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

/// A time as the API writes it; any text, so that an odd time never makes a good answer fail.
///
/// The documentation says `YYYYMMDD`, its examples print `YYYY-MM-DD HH:mm:ss`, and an absent time may be `""`.
///
/// ```
/// use linksfield::Time;
///
/// let time = Time::from("2022-01-27 11:23:43");
/// assert_eq!(time.as_str(), "2022-01-27 11:23:43");
/// let instant = time.in_utc8().expect("a documented form");
/// assert_eq!(instant.duration_since(std::time::UNIX_EPOCH)?.as_secs(), 1_643_253_823);
/// # Ok::<_, std::time::SystemTimeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(description = "A time as the API writes it."))]
pub struct Time(String);

impl Time {
    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The instant, if the text has one of the two documented forms and is in UTC+8; a day means its first moment.
    ///
    /// The documentation states UTC+8 for `order_start_date` and `order_expire_date` only.
    #[must_use]
    pub fn in_utc8(&self) -> Option<SystemTime> {
        let local = DateTime::strptime("%Y-%m-%d %H:%M:%S", &self.0)
            .or_else(|_| Date::strptime("%Y%m%d", &self.0).map(DateTime::from))
            .ok()?;
        let zone = TimeZone::fixed(Offset::constant(8));
        Some(local.to_zoned(zone).ok()?.timestamp().into())
    }
}

impl From<&str> for Time {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Time {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
