//! How much one client and its clones send at once, and how often.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use super::driver::{Counts, Doing, Driver, Drivers, Noted};
use crate::lock::held;

/// Limits of a client. Who waits is served in the order of asking; who stops waiting takes nothing.
#[derive(Debug)]
pub(crate) struct Limits {
    in_flight: Option<InFlight>,
    pace: Option<Pace>,
    per_day: Option<Daily>,
    drivers: Drivers,
}

#[derive(Debug)]
struct InFlight {
    limit: usize,
    permits: Semaphore,
}

/// The turn of one request; it is over when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Turn<'a> {
    // It is no more noted when another may have it.
    _taken: Option<Noted<'a>>,
    _permit: Option<SemaphorePermit<'a>>,
}

/// Whoever waits for calls keeps others, which come before these, from going on.
#[derive(Debug, thiserror::Error)]
#[error(
    "the client's limits are taken by calls that are awaited where this one, and perhaps others, are waited for, and go on \
     only after that: await it as well, or wait on a thread of its own"
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
        let in_flight = in_flight.map(permits).map(|limit| InFlight { limit, permits: Semaphore::new(limit) });
        Self { in_flight, pace: per_second.map(pace), per_day: None, drivers: Drivers::default() }
    }

    /// With a limit of requests in any 24 hours.
    pub(crate) fn per_day(self, limit: Option<u32>) -> Self {
        Self { per_day: limit.map(|limit| Daily { limit, begun: Default::default() }), ..self }
    }

    /// Counts a request that is about to be sent, unless the day's are used up.
    pub(crate) fn count(&self) -> Result<(), UsedUp> {
        let Some(Daily { limit, begun }) = &self.per_day else { return Ok(()) };
        let mut begun = held(begun);
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
            held(begun).pop_back();
        }
    }

    /// Waits until a request may be sent. What is returned is held until its answer is read.
    pub(crate) async fn enter(&self) -> Result<Turn<'_>, Standstill> {
        if self.in_flight.is_none() && self.pace.is_none() {
            return Ok(Turn::default());
        }
        let Some(driver) = Driver::waiting() else { return Ok(self.turn().await) };
        if let Some(turn) = self.turn().now_or_never() {
            return Ok(turn);
        }
        let _stands = self.drivers.stand(driver, |standing| self.are_taken_by(standing)).ok_or(Standstill)?;
        Ok(self.turn().await)
    }

    /// Whether no turn may come as long as these drivers stand.
    fn are_taken_by(&self, standing: &[&Counts]) -> bool {
        let all = |doing| standing.iter().map(|counts| counts.of(doing)).sum::<usize>();
        all(Doing::Paces) > 0 || self.in_flight.as_ref().is_some_and(|in_flight| all(Doing::Takes) >= in_flight.limit)
    }

    async fn turn(&self) -> Turn<'_> {
        let turn = match &self.in_flight {
            Some(in_flight) => {
                let taken = self.drivers.note(Doing::Takes);
                // It is never closed, so this can't fail.
                Turn { _taken: taken, _permit: in_flight.permits.acquire().await.ok() }
            }
            None => Turn::default(),
        };
        if let Some(pace) = &self.pace {
            let _paces = self.drivers.note(Doing::Paces);
            let mut next = pace.next.lock().await;
            if let Some(instant) = *next {
                sleep_until(instant).await;
            }
            *next = Some(Instant::now() + pace.period);
        }
        turn
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

    /// A driver that stands for `limits` until it has its turn, or is told that none may come.
    #[cfg(feature = "blocking")]
    fn waits(limits: &Limits, driver: Driver) -> impl Future<Output = Result<Turn<'_>, Standstill>> {
        driver.waits_for(limits.enter())
    }

    #[cfg(feature = "blocking")]
    fn another() -> Driver {
        Driver::Thread(std::thread::spawn(|| std::thread::current().id()).join().unwrap())
    }

    #[cfg(feature = "blocking")]
    #[tokio::test(start_paused = true)]
    async fn only_who_would_wait_for_itself_is_refused() {
        let limits = limits(2, 0);
        let (mine, foreign) =
            (limits.enter().await, limits.in_flight.as_ref().unwrap().permits.acquire().await.unwrap());
        let mut stands = Box::pin(waits(&limits, Driver::here()));
        assert!((&mut stands).now_or_never().is_none(), "the other goes on elsewhere");
        drop(foreign);
        let turn = stands.await.unwrap();
        // It asked first, and gets what comes free.
        let mut queued = Box::pin(limits.enter());
        assert!((&mut queued).now_or_never().is_none());
        assert!(waits(&limits, Driver::here()).await.is_err(), "one is held here, and the next goes here");
        drop((queued, turn, mine));
        assert!(waits(&limits, Driver::here()).await.is_ok());
    }

    #[cfg(feature = "blocking")]
    #[tokio::test(start_paused = true)]
    async fn of_two_that_would_wait_for_each_other_one_is_refused_and_the_other_goes_on() {
        let limits = limits(2, 0);
        let (here, there) = (Driver::here(), another());
        let (_mine, theirs) =
            (limits.enter().await, limits.in_flight.as_ref().unwrap().permits.acquire().await.unwrap());
        let noted = limits.drivers.noted(there, Doing::Takes);
        let mut stands = Box::pin(waits(&limits, here));
        assert!((&mut stands).now_or_never().is_none());
        assert!(waits(&limits, there).await.is_err());
        // Told so, it goes on.
        drop((noted, theirs));
        assert!(stands.await.is_ok());
    }

    #[cfg(feature = "blocking")]
    #[tokio::test(start_paused = true)]
    async fn who_would_wait_behind_its_own_in_the_order_of_time_is_refused() {
        let limits = limits(0, 1);
        limits.enter().await.unwrap();
        let mut queued = Box::pin(limits.enter());
        assert!((&mut queued).now_or_never().is_none());
        assert!(waits(&limits, Driver::here()).await.is_err());
        queued.await.unwrap();
        assert!(waits(&limits, Driver::here()).await.is_ok(), "its own time is only to be waited for");
    }
}
