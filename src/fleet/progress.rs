//! What a run tells while it goes on.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;

use super::sim::Sim;

/// What happened to a SIM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An order for it was begun, now or in a run before, and what became of it is not known: its orders will be listed,
    /// once that order can't be under way any more and `settle` is over.
    LookingUp {
        /// The SIM.
        sim: Sim,
        /// Why it is not known.
        why: String,
    },
    /// This run has no more to do for it.
    Settled {
        /// The SIM.
        sim: Sim,
        /// The line of the list that it stands in; the first is 1.
        line: u64,
        /// What came of it.
        outcome: Outcome,
        /// Whether the journal has it. If not, this is the only place where it is said.
        recorded: bool,
    },
    /// It was settled before this run came to it, by a run before or another process, and the journal has that. A run tells it
    /// of each such SIM, as that run may have been killed before it could.
    SettledBefore {
        /// The SIM.
        sim: Sim,
        /// The line of the list that it stands in; the first is 1.
        line: u64,
        /// What came of it: it was ordered or refused.
        outcome: Outcome,
    },
}

/// What came of an order for a SIM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It was placed, and this is its id.
    Ordered(String),
    /// The API refused it, for this reason. It is not tried again, unless that is asked for.
    Refused(String),
    /// Nothing was ordered, for this reason. The next run tries again.
    NotSent(String),
    /// How many orders were placed is not known, for this reason. The next run looks again where orders can be listed (with
    /// Cube they can't); it orders only if one was sent so far and none is listed. Otherwise the SIM stays unknown until a
    /// person [tells](super::Journal::found_out) the journal.
    Unknown(String),
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// SIMs of the list.
    pub total: u64,
    /// Orders that were placed.
    pub ordered: u64,
    /// Orders that were refused.
    pub refused: u64,
    /// SIMs for which nothing was ordered, because something failed before.
    pub not_sent: u64,
    /// Orders of which nobody knows whether they were placed.
    pub unknown: u64,
    /// SIMs whose order was placed before this run came to them: by a run before, or by another process.
    pub ordered_before: u64,
    /// SIMs whose order was refused before this run came to them.
    pub refused_before: u64,
    /// SIMs that another process had when this run came to them last.
    pub elsewhere: u64,
    /// Orders that were looked up.
    pub looked_up: u64,
    /// When the last order of the runs before was begun or placed, if that is known.
    pub last_before: Option<SystemTime>,
    /// How long the run has taken.
    pub elapsed: Duration,
}

impl Progress {
    /// SIMs that this run has settled.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.ordered + self.refused + self.not_sent + self.unknown
    }

    /// SIMs that need nothing any more, now or before.
    #[must_use]
    pub fn behind(&self) -> u64 {
        self.settled() + self.ordered_before + self.refused_before
    }

    /// SIMs a second that this run settles.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.settled() as f64 / seconds } else { 0.0 }
    }

    /// How long the rest takes at this rate; `None` while nothing is settled.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        let left = self.total.saturating_sub(self.behind()) as f64;
        Duration::try_from_secs_f64(left / self.rate()).ok()
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { total, ordered, refused, not_sent, unknown, ordered_before, refused_before, elsewhere, .. } = self;
        write!(f, "of {total} SIMs {ordered} ordered, {refused} refused, {not_sent} not sent, {unknown} unknown")?;
        if ordered_before + refused_before > 0 {
            write!(f, "; by other runs {ordered_before} ordered, {refused_before} refused")?;
        }
        if *elsewhere > 0 {
            write!(f, "; another process has {elsewhere}")?;
        }
        Ok(())
    }
}

/// How a run came to its end, and how far it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How far it was.
    pub progress: Progress,
    /// Why it ended.
    pub end: End,
}

impl Summary {
    /// Whether each SIM of the list has its order.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.progress.ordered + self.progress.ordered_before == self.progress.total
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// It went through the whole list.
    Finished,
    /// It was told to stop.
    Stopped,
    /// As many orders were refused, could not be sent or stay unknown as `max_refused` says.
    TooManyRefused,
    /// The calls that the client may make in 24 hours are used up. What has no order yet is left to a later run. Wait that
    /// long before it: the calls are counted in this process, and one that begins again counts from 0.
    UsedUp {
        /// In which time the next is free, as it was when the run stopped.
        free_in: Duration,
    },
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { total, ordered_before, last_before, .. } = self.progress;
        match (self.end, last_before) {
            (End::Finished, Some(last)) if ordered_before == total => {
                let last = jiff::Timestamp::try_from(last).unwrap_or_default();
                return write!(f, "nothing ordered: all {total} SIMs were ordered for until {last:.0}");
            }
            (End::Finished, _) if ordered_before == total => {
                return write!(f, "nothing ordered: all {total} SIMs were ordered for before");
            }
            (End::Finished, _) => write!(f, "finished: ")?,
            (End::Stopped, _) => write!(f, "stopped: ")?,
            (End::TooManyRefused, _) => {
                write!(f, "stopped because too many orders were refused, not sent or stay unknown: ")?
            }
            (End::UsedUp { free_in }, _) => write!(
                f,
                "stopped because the calls that the client may make in 24 hours are used up (the next is free in {} \
                 seconds: wait that long before the next run, as a process that begins again counts from 0): ",
                free_in.as_secs() + 1
            )?,
        }
        self.progress.fmt(f)
    }
}

/// Counts what happens.
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) total: u64,
    pub(super) ordered: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) not_sent: AtomicU64,
    pub(super) unknown: AtomicU64,
    /// Those of them for which this run has sent no order.
    pub(super) unknown_before: AtomicU64,
    pub(super) ordered_before: AtomicU64,
    pub(super) refused_before: AtomicU64,
    pub(super) elsewhere: AtomicU64,
    pub(super) looked_up: AtomicU64,
    /// Seconds since 1970, or 0.
    pub(super) last_before: AtomicU64,
    pub(super) start: Instant,
}

impl Counters {
    pub(super) fn new(total: u64) -> Self {
        Self {
            total,
            ordered: AtomicU64::default(),
            refused: AtomicU64::default(),
            not_sent: AtomicU64::default(),
            unknown: AtomicU64::default(),
            unknown_before: AtomicU64::default(),
            ordered_before: AtomicU64::default(),
            refused_before: AtomicU64::default(),
            elsewhere: AtomicU64::default(),
            looked_up: AtomicU64::default(),
            last_before: AtomicU64::default(),
            start: Instant::now(),
        }
    }

    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what came of a SIM, for which this run has sent an order or not.
    pub(super) fn count_outcome(&self, outcome: &Outcome, has_sent: bool) {
        self.counters(outcome, has_sent).for_each(Self::count);
    }

    /// How many SIMs have gone wrong in this run: what is unknown of a run before has not.
    pub(super) fn wrong(&self) -> u64 {
        let Progress { refused, not_sent, unknown, .. } = self.progress();
        (refused + not_sent + unknown).saturating_sub(self.unknown_before.load(Ordering::Relaxed))
    }

    /// Those that an outcome is counted in.
    fn counters(&self, outcome: &Outcome, has_sent: bool) -> impl Iterator<Item = &AtomicU64> {
        let (counter, also) = match outcome {
            Outcome::Ordered(_) => (&self.ordered, None),
            Outcome::Refused(_) => (&self.refused, None),
            Outcome::NotSent(_) => (&self.not_sent, None),
            Outcome::Unknown(_) => (&self.unknown, (!has_sent).then_some(&self.unknown_before)),
        };
        std::iter::once(counter).chain(also)
    }

    /// What was [counted](Self::count_outcome) is not so.
    pub(super) fn take_back(&self, outcome: &Outcome, has_sent: bool) {
        for counter in self.counters(outcome, has_sent) {
            counter.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(super) fn count_before(&self, at: Option<SystemTime>) {
        Self::count(&self.ordered_before);
        let seconds = at.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        self.last_before.fetch_max(seconds.map_or(0, |since| since.as_secs()), Ordering::Relaxed);
    }

    pub(super) fn progress(&self) -> Progress {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let last = Some(read(&self.last_before)).filter(|seconds| *seconds > 0);
        Progress {
            total: self.total,
            ordered: read(&self.ordered),
            refused: read(&self.refused),
            not_sent: read(&self.not_sent),
            unknown: read(&self.unknown),
            ordered_before: read(&self.ordered_before),
            refused_before: read(&self.refused_before),
            elsewhere: read(&self.elsewhere),
            looked_up: read(&self.looked_up),
            last_before: last.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
            elapsed: self.start.elapsed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_hides_nothing_that_goes_wrong() {
        let (counters, unknown) = (Counters::new(3), Outcome::Unknown("it was begun in a run before".to_owned()));
        for has_sent in [false, true] {
            counters.count_outcome(&unknown, has_sent);
            assert_eq!(counters.wrong(), u64::from(has_sent));
            counters.take_back(&unknown, has_sent);
            assert_eq!((counters.wrong(), counters.progress().unknown), (0, 0));
        }
        counters.count_outcome(&Outcome::Refused("no such plan".to_owned()), true);
        assert_eq!(counters.wrong(), 1);
    }
}
