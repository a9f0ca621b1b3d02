//! A clock that goes on while the machine sleeps, as `Instant` does not on Linux and macOS.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

/// The time since some moment before, suspend included.
pub(crate) fn now() -> Duration {
    #[cfg(all(target_os = "linux", any(feature = "cube", feature = "fleet")))]
    if let Ok(time) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME) {
        return time.into();
    }
    since_first()
}

/// The time since it was asked first: by the wall clock if that went on further, for it counts suspend.
fn since_first() -> Duration {
    static START: LazyLock<(Instant, SystemTime)> = LazyLock::new(|| (Instant::now(), SystemTime::now()));
    let (instant, wall) = *START;
    instant.elapsed().max(wall.elapsed().unwrap_or_default())
}
