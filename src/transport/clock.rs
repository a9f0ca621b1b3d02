//! A clock that goes on while the machine sleeps, as `Instant` does not on Linux and macOS, and never back.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use crate::lock::held;

/// The time since some moment before, suspend included.
pub(crate) fn now() -> Duration {
    #[cfg(all(target_os = "linux", any(feature = "cube", feature = "fleet")))]
    if let Ok(time) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME) {
        return time.into();
    }
    since_first()
}

/// The time since it was asked first.
fn since_first() -> Duration {
    static LAST: Mutex<Option<(Both, Duration)>> = Mutex::new(None);
    let mut last = held(&LAST);
    let now = Both { instant: Instant::now(), wall: SystemTime::now() };
    let total = last.map_or(Duration::ZERO, |(before, total)| total.saturating_add(now.since(before)));
    *last = Some((now, total));
    total
}

/// What both clocks of the system show.
#[derive(Clone, Copy)]
struct Both {
    instant: Instant,
    wall: SystemTime,
}

impl Both {
    /// By the wall clock if that went on further, for it counts suspend: who sets it back turns nothing back.
    fn since(self, before: Self) -> Duration {
        let wall = self.wall.duration_since(before.wall).unwrap_or_default();
        self.instant.saturating_duration_since(before.instant).max(wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_counts_and_a_clock_that_is_set_back_does_not() {
        let second = Duration::from_secs(1);
        let before = Both { instant: Instant::now(), wall: SystemTime::now() };
        let asleep = Both { instant: before.instant + second, wall: before.wall + 60 * second };
        assert_eq!(asleep.since(before), 60 * second);
        let set_back = Both { instant: asleep.instant + 3 * second, wall: asleep.wall - 5 * second };
        assert_eq!(set_back.since(asleep), 3 * second);
    }
}
