//! The time of orders: the system's, a test's own, or one that was set.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use super::refusal::Refusal;
use crate::error::Error;
use crate::lock::held;

pub(super) type Source = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// From the beginning of 1970 to the end of 9998 in UTC: what can be printed, in UTC+8 as well.
const SECONDS: RangeInclusive<u64> = 0..=253_370_764_799;

#[derive(Clone)]
pub(super) struct Clock {
    source: Source,
    /// Where it stands still.
    set: Arc<Mutex<Option<SystemTime>>>,
}

impl Clock {
    pub(super) fn new(source: Option<Source>) -> Result<Self, Error> {
        let clock = Self { source: source.unwrap_or_else(|| Arc::new(SystemTime::now)), set: Arc::default() };
        clock.now().map(|_| clock).map_err(|_| Error::settings(OUT_OF_RANGE))
    }

    /// The time, if anything can be done at it.
    pub(super) fn now(&self) -> Result<SystemTime, Refusal> {
        let set = *held(&self.set);
        checked(set.unwrap_or_else(|| (self.source)()))
    }

    /// Lets it stand at `time`, or go on by its source.
    pub(super) fn set(&self, time: Option<SystemTime>) -> Result<(), Error> {
        if let Some(time) = time {
            checked(time).map_err(|_| Error::settings(OUT_OF_RANGE))?;
        }
        *held(&self.set) = time;
        Ok(())
    }
}

const OUT_OF_RANGE: &str = "the sandbox's clock must be in a year from 1970 to 9998";

fn checked(time: SystemTime) -> Result<SystemTime, Refusal> {
    let since = time.duration_since(UNIX_EPOCH);
    since.is_ok_and(|since| SECONDS.contains(&since.as_secs())).then_some(time).ok_or(Refusal::Clock)
}
