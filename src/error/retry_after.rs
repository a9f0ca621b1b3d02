//! How long a server asks to wait.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// What `Retry-After` says, if it is there and can be read.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?;
    // The clock of requests may be shifted to suit the API; delays pass by the system's.
    read(asked, SystemTime::now())
}

/// Reads `Retry-After`: seconds, or a date in any of the three forms of HTTP; one that has passed asks for no delay.
fn read(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than a number holds is longer than anybody waits.
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_470);
        assert_eq!(read("120", now), Some(Duration::from_secs(120)));
        let in_ten = ["Wed, 21 Oct 2015 07:28:00 GMT", "Wednesday, 21-Oct-15 07:28:00 GMT", "Wed Oct 21 07:28:00 2015"];
        for date in in_ten {
            assert_eq!(read(date, now), Some(Duration::from_secs(10)), "{date}");
        }
        assert_eq!(read("Wed, 21 Oct 2015 07:27:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(read("99999999999999999999", now), Some(Duration::MAX), "it is given up at once");
        for odd in ["", "soon", "-1", "+1", "1.5", "120.0", "120, 120", "0x10"] {
            assert_eq!(read(odd, now), None, "{odd}");
        }
    }
}
