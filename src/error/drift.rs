//! A clock that is off is answered as a bad signature. How far it is off is said, so that nobody changes keys; it is never
//! made good, because that would outlive the repair of the clock.

use std::fmt;
use std::time::{Duration, SystemTime};

/// From here on a difference can't be the way of the request.
const LEAST: Duration = Duration::from_secs(5 * 60);

/// How far the time that was signed is from its server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drift {
    by: Duration,
    is_ahead: bool,
}

impl Drift {
    /// None if the two are as good as the same.
    pub(crate) fn between(signed: SystemTime, server: SystemTime) -> Option<Self> {
        let drift = match signed.duration_since(server) {
            Ok(by) => Self { by, is_ahead: true },
            Err(error) => Self { by: error.duration(), is_ahead: false },
        };
        Some(drift).filter(|drift| drift.by >= LEAST)
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 3] = [(24 * 60, "days"), (60, "hours"), (1, "minutes")];
        let minutes = self.by.as_secs() / 60;
        // The greatest of which it is at least two.
        let (each, unit) = UNITS.into_iter().find(|(each, _)| minutes >= 2 * each).unwrap_or((1, "minutes"));
        let direction = if self.is_ahead { "ahead of" } else { "behind" };
        write!(f, "the time that was signed is {} {unit} {direction} the server's", minutes / each)?;
        f.write_str(": check this machine's clock first")
    }
}
