//! One run over a list: SIM by SIM, several at a time, until all are settled or it is told to stop.

mod check;
mod order;
mod parameters;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::timeout;

use super::Settings;
use super::input::{List, ListError, Row, Rows};
use super::journal::{Claim, Done, Journal, JournalError};
use super::progress::{Counters, End, Event, Outcome, Progress, Summary};
use super::purchase::Purchase;
use super::sim::Sim;
use crate::error::{Error, ErrorKind};
use crate::lock::held;

/// Orders that wait until they can be looked up, at most, for each that is worked on. More wait only where everything fails. Nor do
/// more than may go wrong.
const WAITING: usize = 16;

/// How long it waits for what other processes have, before it asks for it again.
const ELSEWHERE: Duration = Duration::from_secs(5);

/// Why a run failed. What was placed is in the journal, or was told as an [`Event`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The list is not any more as it was when it was checked.
    #[error("the list has changed: {0}")]
    List(#[from] ListError),
    /// The journal has orders for SIMs of the list with other parameters. The run stopped before its first order.
    #[error(transparent)]
    OtherParameters(ListError),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal is new, but a SIM has a recent order.
    #[error(
        "the journal is new, but SIM {sim} has the order {order} of {date}: if it is of a run before, find that run's journal; if not, accept recent orders"
    )]
    RecentOrder {
        /// The SIM.
        sim: Sim,
        /// The id of its order.
        order: String,
        /// Its date, as the API writes it.
        date: String,
    },
    /// The journal is new, and whether a SIM has a recent order can't be seen: its list failed, or too many were refused.
    #[error(
        "the journal is new, and whether SIM {sim} has a recent order can't be seen: {source}; nothing was ordered: run it again, or if that does not help, correct the list or accept recent orders"
    )]
    Unlisted {
        /// The SIM.
        sim: Sim,
        /// Why its orders can't be listed.
        source: Error,
    },
}

/// A run, which goes on while it is asked for events or for its end.
///
/// Dropping it cuts off what is under way, as a kill would: the next run looks it up.
#[must_use = "nothing is ordered until it is asked for events"]
pub struct Run {
    driver: BoxFuture<'static, Result<Summary, FleetError>>,
    result: Option<Result<Summary, FleetError>>,
    events: mpsc::UnboundedReceiver<Event>,
    counters: Arc<Counters>,
    stopper: Stopper,
}

/// Tells a run to stop, from anywhere.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<watch::Sender<Option<End>>>);

impl Stopper {
    /// No order is begun from now on. Those under way are finished, those that wait to be looked up are left to the next run.
    pub fn stop(&self) {
        self.halt(End::Stopped);
    }

    fn halt(&self, why: End) {
        self.0.send_if_modified(|end| end.is_none() && end.replace(why).is_none());
    }

    fn halted(&self) -> Option<End> {
        *self.0.borrow()
    }

    /// Waits that long; says whether it was not told to stop meanwhile.
    async fn wait(&self, time: Duration) -> bool {
        let mut told = self.0.subscribe();
        timeout(time, told.wait_for(Option::is_some)).await.is_err()
    }
}

impl Run {
    pub(super) fn new<C: Purchase, J: Journal>(settings: Arc<Settings<C>>, list: List, journal: J) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let counters = Arc::new(Counters::new(list.count()));
        let stopper = Stopper(Arc::new(watch::Sender::new(None)));
        let work = Arc::new(Work {
            permits: Arc::new(Semaphore::new(settings.concurrency)),
            settings,
            journal: Arc::new(journal),
            events: sender,
            counters: Arc::clone(&counters),
            stopper: stopper.clone(),
            elsewhere: Mutex::default(),
        });
        Self { driver: Box::pin(work.drive(list)), result: None, events, counters, stopper }
    }

    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.counters.progress()
    }

    /// What tells it to stop.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Goes on to the end, past events that were not asked for.
    ///
    /// # Errors
    ///
    /// The journal failed, or has other orders for SIMs of the list, the list has changed, or a new journal meets recent orders, or can't see whether there are any.
    /// What was under way was finished before.
    pub async fn finish(mut self) -> Result<Summary, FleetError> {
        while self.next().await.is_some() {}
        match self.result {
            Some(result) => result,
            // It has ended, for there is no other end of its events.
            None => self.driver.await,
        }
    }
}

impl Stream for Run {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        // What was told is taken first: it goes no further while that waits, or its events would pile up.
        if let Poll::Ready(Some(event)) = self.events.poll_recv(context) {
            return Poll::Ready(Some(event));
        }
        if self.result.is_none()
            && let Poll::Ready(result) = self.driver.as_mut().poll(context)
        {
            self.result = Some(result);
        }
        match self.events.poll_recv(context) {
            Poll::Pending if self.result.is_some() => Poll::Ready(None),
            event => event,
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("progress", &self.progress()).finish_non_exhaustive()
    }
}

/// What all SIMs of a run share.
struct Work<C, J> {
    settings: Arc<Settings<C>>,
    journal: Arc<J>,
    /// One for each SIM that is worked on, but not for one that waits.
    permits: Arc<Semaphore>,
    events: mpsc::UnboundedSender<Event>,
    counters: Arc<Counters>,
    stopper: Stopper,
    /// Those that another process has.
    elsewhere: Mutex<HashSet<Sim>>,
}

/// A SIM that this run has.
type Taken<C> = (Row<<C as Purchase>::Parameters>, Claim, OwnedSemaphorePermit);

/// Where a pass over the list is.
struct Pass<C: Purchase> {
    list: List,
    rows: Rows<C::Parameters>,
    /// Those to look at: all, or those that another process had.
    only: Option<HashSet<Sim>>,
    claimed: VecDeque<(Row<C::Parameters>, Claim)>,
}

/// What the journal says of each that it was asked about. It may be anybody's, and one that is left out would be skipped unseen.
fn each<A, S>(asked: Vec<A>, said: Vec<S>) -> Result<impl Iterator<Item = (A, S)>, JournalError> {
    if said.len() != asked.len() {
        let what = format!("it answers for {} of {} SIMs", said.len(), asked.len());
        return Err(JournalError::failed("read", what));
    }
    Ok(asked.into_iter().zip(said))
}

impl<C: Purchase, J: Journal> Work<C, J> {
    async fn drive(self: Arc<Self>, list: List) -> Result<Summary, FleetError> {
        self.compare(&list).await?;
        self.check(&list).await?;
        let mut only = None;
        loop {
            let elsewhere = self.pass(&list, only).await?;
            if elsewhere.is_empty() || !self.stopper.wait(ELSEWHERE).await {
                break;
            }
            only = Some(elsewhere);
        }
        Ok(Summary { progress: self.counters.progress(), end: self.stopper.halted().unwrap_or(End::Finished) })
    }

    /// Goes through the list once; returns the SIMs that another process has. After an error, what is under way is finished.
    async fn pass(self: &Arc<Self>, list: &List, only: Option<HashSet<Sim>>) -> Result<HashSet<Sim>, FleetError> {
        let rows = list.rows(&self.settings.template)?;
        self.counters.elsewhere.store(0, Ordering::Relaxed);
        let pass = Pass { list: list.clone(), rows, only, claimed: VecDeque::new() };
        let work = Arc::clone(self);
        let taken = stream::unfold((work, pass), |(work, mut pass)| async move {
            let next = work.next(&mut pass).await.transpose()?;
            Some((next, (work, pass)))
        });
        let work = Arc::clone(self);
        let settle = move |taken: Result<Taken<C>, FleetError>| {
            let work = Arc::clone(&work);
            async move {
                let (row, claim, permit) = taken?;
                work.order_for(row, claim, permit).await
            }
        };
        let (working, most) = (self.settings.concurrency, usize::try_from(self.settings.max_refused));
        let at_once = working.saturating_mul(WAITING).min(working.saturating_add(most.unwrap_or(usize::MAX)));
        let (mut ends, mut result) = (pin!(taken.map(settle).buffer_unordered(at_once)), Ok(()));
        while let Some(end) = ends.next().await {
            if end.is_err() {
                self.stopper.stop();
                result = result.and(end);
            }
        }
        result.map(|()| std::mem::take(&mut *self.elsewhere()))
    }

    /// The next SIM that this run has to order for or look up, once there is room. Once it was told to stop, those that it has
    /// claimed and will not come to are let go.
    async fn next(&self, pass: &mut Pass<C>) -> Result<Option<Taken<C>>, FleetError> {
        // It is never closed, so this can't fail.
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return Ok(None) };
        while self.stopper.halted().is_none() {
            if let Some((row, claim)) = pass.claimed.pop_front() {
                return Ok(Some((row, claim, permit)));
            }
            if !self.claim(pass).await? {
                break;
            }
        }
        let left: Vec<_> = pass.claimed.drain(..).map(|(row, _)| row.wanted).collect();
        if !left.is_empty() {
            // If the journal does not take it, they are claimed for some time yet: nothing is lost by that.
            drop(self.journal.let_go(&left).await);
        }
        Ok(None)
    }

    /// Claims the next SIMs of the list; says whether there were any.
    async fn claim(&self, pass: &mut Pass<C>) -> Result<bool, FleetError> {
        let only = &pass.only;
        let is_meant = |row: &Result<Row<_>, _>| match (row, only) {
            (Ok(row), Some(only)) => only.contains(&row.sim),
            _ => true,
        };
        let rows = pass.rows.by_ref().filter(is_meant).take(self.settings.concurrency).collect::<Result<Vec<_>, _>>();
        let rows = rows.map_err(|problem| pass.list.changed(problem))?;
        let wanted: Vec<_> = rows.iter().map(|row| row.wanted.clone()).collect();
        let claims = self.journal.claim(&wanted, &self.settings.terms).await?;
        for (row, claim) in each(rows, claims)? {
            match claim {
                Claim::Open | Claim::Forgotten { .. } | Claim::Begun { .. } => pass.claimed.push_back((row, claim)),
                Claim::Unknown(why) => {
                    let outcome = Outcome::Unknown(why);
                    self.count(&outcome, false);
                    self.tell(Event::Settled { sim: row.sim, line: row.line, outcome, recorded: true });
                }
                Claim::Taken => self.leave(row.sim),
                Claim::Ordered { order, at } => {
                    self.counters.count_before(at);
                    self.tell_before(&row, Outcome::Ordered(order));
                }
                Claim::Refused(why) => {
                    Counters::count(&self.counters.refused_before);
                    self.tell_before(&row, Outcome::Refused(why));
                }
            }
        }
        Ok(!wanted.is_empty())
    }

    fn elsewhere(&self) -> MutexGuard<'_, HashSet<Sim>> {
        held(&self.elsewhere)
    }

    /// Leaves a SIM to who has it; this run sees what came of it later.
    fn leave(&self, sim: Sim) {
        if self.elsewhere().insert(sim) {
            Counters::count(&self.counters.elsewhere);
        }
    }

    fn tell(&self, event: Event) {
        // Who does not ask for events any more has dropped the run.
        drop(self.events.send(event));
    }

    /// What an error says; after one that each further call would meet, the run stops.
    fn said(&self, error: &Error) -> String {
        if error.kind() == ErrorKind::UsedUp {
            self.stopper.halt(End::UsedUp { free_in: error.retry_after().unwrap_or_default() });
        }
        error.to_string()
    }

    fn tell_before(&self, row: &Row<C::Parameters>, outcome: Outcome) {
        self.tell(Event::SettledBefore { sim: row.sim, line: row.line, outcome });
    }

    /// Counts what came of a SIM, for which this run has sent an order or not, and stops the run if too much goes wrong.
    fn count(&self, outcome: &Outcome, has_sent: bool) {
        self.counters.count_outcome(outcome, has_sent);
        if self.counters.wrong() >= self.settings.max_refused {
            self.stopper.halt(End::TooManyRefused);
        }
    }

    /// Tells what came of a SIM, for which this run has sent an order or not, once the journal has it.
    async fn settled(&self, row: &Row<C::Parameters>, outcome: Outcome, has_sent: bool) -> Result<(), FleetError> {
        let recorded = match &outcome {
            Outcome::Ordered(order) => self.journal.done(&row.wanted, &Done::Ordered(order.clone())).await,
            Outcome::Refused(why) => self.journal.done(&row.wanted, &Done::Refused(why.clone())).await,
            Outcome::NotSent(why) => self.journal.release(&row.wanted, why).await,
            Outcome::Unknown(why) => self.journal.unknown(&row.wanted, why).await,
        };
        let (outcome, recorded) = match recorded {
            Err(JournalError::Doubtful { why, .. }) => {
                self.counters.take_back(&outcome, has_sent);
                let outcome = Outcome::Unknown(why);
                self.count(&outcome, true);
                (outcome, Ok(()))
            }
            Err(JournalError::Lost { sim }) => {
                // Who has it now finds out, and that is counted.
                self.counters.take_back(&outcome, has_sent);
                self.leave(sim);
                (outcome, Err(None))
            }
            recorded => (outcome, recorded.map_err(Some)),
        };
        self.tell(Event::Settled { sim: row.sim, line: row.line, outcome, recorded: recorded.is_ok() });
        match recorded {
            Err(Some(failed)) => Err(failed.into()),
            _ => Ok(()),
        }
    }
}
