//! How long plans run, in UTC+8.

use std::time::SystemTime;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

use crate::csss::types::PackageType;

/// Most periods of a plan.
pub(super) const PERIOD_LIMIT: i64 = 1200;

/// The instant in UTC+8.
pub(super) fn local(now: SystemTime) -> DateTime {
    let timestamp = Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::fixed(Offset::constant(8)).to_datetime(timestamp)
}

/// As the examples print a time.
pub(super) fn print(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// One period of a plan; `None` for a type that is not documented.
pub(super) fn period(package_type: &PackageType) -> Option<Span> {
    Some(match package_type {
        PackageType::Schedule | PackageType::Daily => Span::new().days(1),
        PackageType::Monthly => Span::new().months(1),
        PackageType::Quarterly => Span::new().months(3),
        PackageType::HalfYearly => Span::new().months(6),
        PackageType::Yearly => Span::new().months(12),
        _ => return None,
    })
}

/// The last second of a plan that starts at `start` and runs for `periods`, of which there are at most 2400.
pub(super) fn end(start: DateTime, period: Span, periods: i64) -> DateTime {
    let whole = period.checked_mul(periods).and_then(|span| start.checked_add(span)).unwrap_or(DateTime::MAX);
    whole.date().at(23, 59, 59, 0)
}
