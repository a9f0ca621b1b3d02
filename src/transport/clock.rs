//! A clock that goes on while the machine sleeps, as `Instant` does not on Linux and macOS.

use std::time::Duration;

/// The time since some moment before, suspend included.
#[cfg(all(target_os = "linux", any(feature = "cube", feature = "fleet")))]
pub(crate) fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let nanoseconds = time.tv_nsec.try_into().unwrap_or(0);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), nanoseconds)
}

/// The time since it was asked first: by the wall clock if that went on further, for it counts suspend.
#[cfg(not(all(target_os = "linux", any(feature = "cube", feature = "fleet"))))]
pub(crate) fn now() -> Duration {
    use std::sync::LazyLock;
    use std::time::{Instant, SystemTime};
    static START: LazyLock<(Instant, SystemTime)> = LazyLock::new(|| (Instant::now(), SystemTime::now()));
    let (instant, wall) = *START;
    instant.elapsed().max(wall.elapsed().unwrap_or_default())
}
