//! Times as the pages have them, in UTC 0.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cube::types::ResultCode;
use crate::sandbox::refusal::Refusal;

pub(super) fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// As a page prints it that has this form.
pub(super) fn printed(time: SystemTime, form: &str) -> String {
    Timestamp::try_from(time).unwrap_or_default().strftime(form).to_string()
}

pub(super) fn day_of(time: SystemTime) -> Date {
    TimeZone::UTC.to_datetime(Timestamp::try_from(time).unwrap_or_default()).date()
}

pub(super) fn in_order<T: PartialOrd>(begin_from: &T, end_by: &T) -> Result<(), Refusal> {
    if begin_from <= end_by {
        return Ok(());
    }
    Err(Refusal::documented(ResultCode::StartAfterEnd, "begin_from is later than end_by"))
}
