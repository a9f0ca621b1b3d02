//! Times as the API writes them.

use std::fmt;
use std::time::SystemTime;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};

use super::read::{Read, is_empty};

/// A time as the API writes it; any text, so that an odd time never makes a good answer fail.
///
/// The documentation says `YYYYMMDD`, its examples print `YYYY-MM-DD HH:mm:ss`. An absent time may be `""`, which answers
/// read as none.
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
        let zone = TimeZone::fixed(Offset::constant(8));
        self.local()?.to_zoned_datetime(zone).ok()?.timestamp().try_into().ok()
    }

    /// The time in a zone that you know it to be in, if the text has one of the two documented forms; a day means its first
    /// moment. A text that carries its [instant](Self::instant) is converted to that zone.
    ///
    /// ```
    /// use linksfield::Time;
    /// use linksfield::jiff::tz::TimeZone;
    ///
    /// let zone = TimeZone::fixed(linksfield::jiff::tz::offset(8));
    /// let time = Time::from("20220127").to_zoned(zone.clone()).expect("a documented form");
    /// assert_eq!(time.to_string(), "2022-01-27T00:00:00+08:00[+08:00]");
    /// assert_eq!(Time::from("2022-01-26T16:00:00Z").to_zoned(zone), Some(time));
    /// ```
    #[must_use]
    pub fn to_zoned(&self, zone: TimeZone) -> Option<ZonedDateTime> {
        match self.local() {
            Some(local) => local.to_zoned_datetime(zone).ok(),
            None => Some(self.timestamp()?.to_zoned_datetime(zone)),
        }
    }

    /// The instant, if the text carries it: RFC 3339, or seconds (10 digits) or milliseconds (13 digits) since 1970.
    /// None of these is documented for a text of this type.
    #[must_use]
    pub fn instant(&self) -> Option<SystemTime> {
        self.timestamp()?.try_into().ok()
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let is_number = self.0.bytes().all(|byte| byte.is_ascii_digit());
        match self.0.len() {
            10 if is_number => Timestamp::from_second(self.0.parse().ok()?).ok(),
            13 if is_number => Timestamp::from_millisecond(self.0.parse().ok()?).ok(),
            _ => self.0.parse().ok(),
        }
    }

    fn local(&self) -> Option<DateTime> {
        let day = |_| Date::strptime("%Y%m%d", &self.0).map(DateTime::from);
        DateTime::strptime("%Y-%m-%d %H:%M:%S", &self.0).or_else(day).ok()
    }
}

/// An absent time may be `""`.
impl Read for Time {
    fn read(json: &str) -> Result<Self, serde_json::Error> {
        String::read(json).map(Self)
    }

    fn is_none(json: &str) -> bool {
        is_empty(json)
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
