//! How much one client and its clones send at once, and how often.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use super::driver::{Awaited, Driver, Noted};

/// Limits of a client. Who waits is served in the order of asking; who stops waiting takes nothing.
#[derive(Debug)]
pub(crate) struct Limits {
    in_flight: Option<Semaphore>,
    pace: Option<Pace>,
    per_day: Option<Daily>,
    /// Those that wait for their turn.
    queued: Awaited,
    /// Those that have it, where there can't be any number of them.
    under_way: Awaited,
}

/// The turn of one request; it is over when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Turn<'a> {
    _permit: Option<SemaphorePermit<'a>>,
    _noted: Option<Noted<'a>>,
}

/// Whoever waits for the call keeps others, which come before it, from going on.
#[derive(Debug, thiserror::Error)]
#[error(
    "the client's limits are taken by calls that are awaited where this one is waited for, and go on only after it: await \
     it as well, or wait on a thread of its own"
)]
pub(crate) struct Standstill;

/// Most requests in any 24 hours, and when those of the last were begun.
#[derive(Debug)]
struct Daily {
    limit: u32,
    begun: std::sync::Mutex<VecDeque<Instant>>,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// No request may be sent for some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsedUp {
    pub(crate) limit: u32,
    pub(crate) free_in: Duration,
}

#[derive(Debug)]
struct Pace {
    period: Duration,
    /// When the next request may be sent.
    next: Mutex<Option<Instant>>,
}

impl Limits {
    /// Neither may be 0.
    pub(crate) fn new(in_flight: Option<u32>, per_second: Option<u32>) -> Self {
        let permits = |limit| usize::try_from(limit).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let pace = |rate: u32| Pace { period: Duration::from_secs(1) / rate.max(1), next: Mutex::default() };
        Self {
            in_flight: in_flight.map(permits).map(Semaphore::new),
            pace: per_second.map(pace),
            per_day: None,
            queued: Awaited::default(),
            under_way: Awaited::default(),
        }
    }

    /// With a limit of requests in any 24 hours.
    pub(crate) fn per_day(self, limit: Option<u32>) -> Self {
        Self { per_day: limit.map(|limit| Daily { limit, begun: Default::default() }), ..self }
    }

    /// Counts a request that is about to be sent, unless the day's are used up.
    pub(crate) fn count(&self) -> Result<(), UsedUp> {
        let Some(Daily { limit, begun }) = &self.per_day else { return Ok(()) };
        let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
        while begun.front().is_some_and(|first| first.elapsed() >= DAY) {
            begun.pop_front();
        }
        if begun.len() >= usize::try_from(*limit).unwrap_or(usize::MAX) {
            let free_in = begun.front().map_or(DAY, |first| DAY.saturating_sub(first.elapsed()));
            return Err(UsedUp { limit: *limit, free_in });
        }
        begun.push_back(Instant::now());
        Ok(())
    }

    /// Takes back the last that was counted: nothing of it left.
    pub(crate) fn give_back(&self) {
        if let Some(Daily { begun, .. }) = &self.per_day {
            begun.lock().unwrap_or_else(PoisonError::into_inner).pop_back();
        }
    }

    /// Waits until a request may be sent. What is returned is held until its answer is read.
    pub(crate) async fn enter(&self) -> Result<Turn<'_>, Standstill> {
        if self.in_flight.is_none() && self.pace.is_none() {
            return Ok(Turn::default());
        }
        let permit = match Driver::waiting() {
            None => {
                let _queued = self.queued.note();
                self.permit().await
            }
            Some(driver) => match self.permit().now_or_never() {
                Some(permit) => permit,
                None if self.stands_still_with(driver) => return Err(Standstill),
                None => self.permit().await,
            },
        };
        let noted = permit.is_some().then(|| self.under_way.note()).flatten();
        Ok(Turn { _permit: permit, _noted: noted })
    }

    /// Whether a turn may never come, as long as `driver` drives nothing.
    fn stands_still_with(&self, driver: Driver) -> bool {
        let is_full = self.in_flight.as_ref().is_some_and(|in_flight| in_flight.available_permits() == 0);
        self.queued.has(driver) || is_full && self.under_way.has(driver)
    }

    async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        let permit = match &self.in_flight {
            // It is never closed, so this can't fail.
            Some(in_flight) => in_flight.acquire().await.ok(),
            None => None,
        };
        if let Some(pace) = &self.pace {
            let mut next = pace.next.lock().await;
            if let Some(instant) = *next {
                sleep_until(instant).await;
            }
            *next = Some(Instant::now() + pace.period);
        }
        permit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(in_flight: u32, per_second: u32) -> Limits {
        let limit = |number| Some(number).filter(|number| *number > 0);
        Limits::new(limit(in_flight), limit(per_second))
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_spread_over_the_second() {
        let (limits, start) = (limits(0, 10), Instant::now());
        for expected in [0, 100, 200, 300] {
            assert!(limits.enter().await.is_ok());
            assert_eq!(start.elapsed().as_millis(), expected);
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        limits.enter().await.unwrap();
        limits.enter().await.unwrap();
        assert_eq!(start.elapsed().as_millis(), 5400, "time that passed unused is not made up for");
    }

    #[tokio::test(start_paused = true)]
    async fn a_day_has_so_many_requests_and_any_24_hours_are_one() {
        let limits = limits(0, 0).per_day(Some(2));
        assert_eq!(limits.count(), Ok(()));
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(limits.count(), Ok(()));
        let used_up = |hours: u64| Err(UsedUp { limit: 2, free_in: Duration::from_secs(hours * 3600) });
        assert_eq!(limits.count(), used_up(23));
        tokio::time::advance(Duration::from_secs(23 * 3600)).await;
        assert_eq!(limits.count(), Ok(()));
        assert_eq!(limits.count(), used_up(1));
        limits.give_back();
        assert_eq!(limits.count(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_waiting_takes_nothing() {
        let (limits, start) = (limits(0, 1), Instant::now());
        limits.enter().await.unwrap();
        for _ in 0..10 {
            assert!(tokio::time::timeout(Duration::from_millis(10), limits.enter()).await.is_err());
        }
        limits.enter().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_first_is_served_first() {
        let limits = limits(1, 100);
        let (first, served) = (limits.enter().await, std::sync::Mutex::new(Vec::new()));
        let wait = async |number| {
            let permit = limits.enter().await;
            served.lock().unwrap().push(number);
            drop(permit);
        };
        tokio::join!(wait(1), wait(2), wait(3), wait(4), async { drop(first) });
        assert_eq!(*served.lock().unwrap(), [1, 2, 3, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_limit_are_in_flight() {
        let limits = limits(2, 0);
        let (first, _second) = (limits.enter().await, limits.enter().await);
        assert!(tokio::time::timeout(Duration::from_secs(1), limits.enter()).await.is_err());
        drop(first);
        assert!(limits.enter().await.is_ok());
    }
}
