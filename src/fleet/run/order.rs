//! One SIM: its orders are listed, one is begun and sent, and what became of it is found out.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::{FleetError, Work};
use crate::error::{Error, ErrorKind};
use crate::fleet::input::Row;
use crate::fleet::journal::{Claim, Confirmation, Journal, JournalError};
use crate::fleet::progress::{Counters, Event, Outcome};
use crate::fleet::purchase::{Placed, Purchase};
use crate::transport::clock;
use crate::transport::intent::{Holds, Ready};
use crate::values::Time;

/// How often a run orders for a SIM of which no order is listed.
const ATTEMPTS: usize = 5;

/// Longest time between the journal's confirmation and the sending: who slept longer may have lost the SIM to another.
const FRESH: Duration = Duration::from_secs(2);

/// What is said where there is no list in which an order could be found.
const UNLISTED: &str = "no documented call lists orders: find out whether it was placed, and tell the journal";

/// How old an order may be that counts as recent: 24 hours, and as much again, because neither the zone nor the form of its
/// date is documented.
const RECENT: Duration = Duration::from_secs(48 * 3600);

/// That the journal may have forgotten what was begun for a SIM, since it was created.
#[derive(Clone, Copy)]
struct Forgotten {
    since: Option<SystemTime>,
}

/// What was begun for a SIM, now or in a run before, and may have placed an order.
struct Suspect {
    /// The orders that the SIM had before.
    before: BTreeSet<String>,
    /// How much longer the order may be under way.
    under_way: Duration,
    why: String,
}

/// What happened while one order was on its way.
#[derive(Default)]
struct Way {
    /// When the journal had it.
    begun: Option<Instant>,
    /// The journal failed, and nothing was sent.
    failed: Option<JournalError>,
    /// It took too long from the journal to the connection, and nothing was sent.
    lapsed: bool,
}

type Shared<T> = Arc<Mutex<T>>;

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the list says of an order that was begun.
enum Found {
    Placed(String),
    NotPlaced,
    Unclear(String),
}

impl<C: Purchase, J: Journal> Work<C, J> {
    /// Settles a SIM. An error is one of the whole run.
    pub(super) async fn order_for(
        &self,
        row: Row<C::Parameters>,
        claim: Claim,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), FleetError> {
        let mut permit = Some(permit);
        let outcome = match self.outcome_for(&row, claim, &mut permit).await {
            Err(FleetError::Journal(JournalError::Lost { sim })) => {
                self.elsewhere().insert(sim);
                return Ok(());
            }
            outcome => outcome?,
        };
        self.count(&outcome);
        // The next can begin while the journal takes this.
        drop(permit);
        self.settled(&row, outcome).await
    }

    async fn outcome_for(
        &self,
        row: &Row<C::Parameters>,
        claim: Claim,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Outcome, FleetError> {
        let forgotten = match claim {
            Claim::Forgotten { since } => Some(Forgotten { since }),
            _ => None,
        };
        let mut suspect = match claim {
            Claim::Begun { before, under_way } => {
                Some(Suspect { before, under_way, why: "it was begun in a run before".to_owned() })
            }
            _ => None,
        };
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let is_first = suspect.is_none();
            let before = match suspect.take() {
                None => match self.orders_before(row, forgotten).await? {
                    Ok(before) => before,
                    Err(outcome) => return Ok(outcome),
                },
                Some(suspect) => match self.look_up(row, &suspect, permit).await {
                    Found::Placed(order) => return Ok(Outcome::Ordered(order)),
                    Found::Unclear(why) => return Ok(Outcome::Unknown(why)),
                    Found::NotPlaced => suspect.before,
                },
            };
            if self.stopper.halted().is_some() {
                let outcome = if is_first { Outcome::NotSent } else { Outcome::Unknown };
                return Ok(outcome("the run was stopped before it was ordered".to_owned()));
            }
            let (outcome, under_way) = self.send(row, &before).await?;
            why = match outcome {
                Outcome::Unknown(why) => why,
                outcome if is_first => return Ok(outcome),
                outcome => return Ok(self.once_more(row, before, outcome, permit).await),
            };
            suspect = Some(Suspect { before, under_way, why: why.clone() });
        }
        Ok(Outcome::Unknown(format!("ordered {ATTEMPTS} times, the last time: {why}")))
    }

    /// What comes of a SIM for which an order was sent before, of which none was listed when it could not be under way any
    /// more. The server may have been later than that: so the list has to agree with what came of the last.
    async fn once_more(
        &self,
        row: &Row<C::Parameters>,
        before: BTreeSet<String>,
        last: Outcome,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Outcome {
        let why = match &last {
            Outcome::Ordered(order) => format!("it was ordered again, as {order}"),
            Outcome::Refused(why) => why.clone(),
            // What is begun stays so, with the orders that the SIM had before it.
            Outcome::NotSent(why) | Outcome::Unknown(why) => return Outcome::Unknown(why.clone()),
        };
        let suspect = Suspect { before, under_way: Duration::ZERO, why };
        match (self.look_up(row, &suspect, permit).await, last) {
            // It may be refused because of the one before.
            (Found::Placed(order), Outcome::Refused(_)) => Outcome::Ordered(order),
            (Found::Placed(found), Outcome::Ordered(order)) if found != order => {
                Outcome::Unknown(format!("it was ordered again, as {order}, but {found} is listed: look for both"))
            }
            (Found::Placed(_), last) | (Found::NotPlaced, last @ Outcome::Refused(_)) => last,
            (Found::NotPlaced, _) => Outcome::Unknown(format!("{}; but it is not listed", suspect.why)),
            (Found::Unclear(why), _) => Outcome::Unknown(why),
        }
    }

    /// The ids of the orders that a SIM has before the first that is ordered, or what comes of it without them.
    async fn orders_before(
        &self,
        row: &Row<C::Parameters>,
        forgotten: Option<Forgotten>,
    ) -> Result<Result<BTreeSet<String>, Outcome>, FleetError> {
        if !C::LISTS_ORDERS {
            let unknown = || Outcome::Unknown(format!("the journal may have forgotten its order; {UNLISTED}"));
            return Ok(if forgotten.is_some() { Err(unknown()) } else { Ok(BTreeSet::new()) });
        }
        let orders = match self.settings.client.orders_of(row.sim.to_string()).await {
            Ok(orders) => orders,
            Err(error) if forgotten.is_some() => return Ok(Err(Outcome::Unknown(error.to_string()))),
            Err(error) => return Ok(Err(Outcome::NotSent(error.to_string()))),
        };
        let unchecked = self.unchecked.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        let text = |text: Option<&str>| text.unwrap_or("unknown").to_owned();
        let names = |order: &Placed| (text(order.id.as_deref()), text(order.date.as_ref().map(Time::as_str)));
        if let Some(order) = forgotten.and_then(|forgotten| orders.iter().find(|order| forgotten.may_be(order))) {
            let (order, date) = names(order);
            let why = "the journal may have forgotten what was begun, and it has the order";
            return Ok(Err(Outcome::Unknown(format!("{why} {order} of {date}: look whether that is yours"))));
        }
        if unchecked.is_ok()
            && let Some(order) = orders.iter().find(|order| is_recent(order))
        {
            let (order, date) = names(order);
            return Err(FleetError::RecentOrder { sim: row.sim, order, date });
        }
        Ok(ids(orders).map_err(Outcome::NotSent))
    }

    /// Finds out what became of an order, once it can't be under way any more. Meanwhile another SIM has the permit.
    async fn look_up(
        &self,
        row: &Row<C::Parameters>,
        suspect: &Suspect,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Found {
        let (sim, why) = (row.sim, &suspect.why);
        if !C::LISTS_ORDERS {
            return Found::Unclear(format!("{why}; {UNLISTED}"));
        }
        self.tell(Event::LookingUp { sim, why: why.clone() });
        drop(permit.take());
        if !self.stopper.wait(suspect.under_way.saturating_add(self.settings.terms.settle)).await {
            return Found::Unclear(format!("{why}; the run was stopped before it was looked up"));
        }
        *permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        Counters::count(&self.counters.looked_up);
        let listed = self.settings.client.orders_of(sim.to_string()).await;
        let listed = match listed.map_err(|error| error.to_string()).and_then(ids) {
            Ok(listed) => listed,
            Err(unlisted) => return Found::Unclear(format!("{why}; its orders can't be listed: {unlisted}")),
        };
        let mut new = listed.difference(&suspect.before);
        match (new.next(), new.next()) {
            (None, _) => Found::NotPlaced,
            (Some(order), None) => Found::Placed(order.clone()),
            (Some(first), Some(second)) => Found::Unclear(format!(
                "{why}; it has several new orders ({first}, {second}): look which of them is yours"
            )),
        }
    }

    /// Orders once, and says how much longer that order may be under way: a server may act on what it was sent whether or
    /// not its connection lives.
    async fn send(
        &self,
        row: &Row<C::Parameters>,
        before: &BTreeSet<String>,
    ) -> Result<(Outcome, Duration), FleetError> {
        let deadline = self.settings.terms.deadline;
        for _ in 0..ATTEMPTS {
            let way = Shared::default();
            let ready = self.ready(row, before, &way);
            let result = self.settings.client.order(&row.parameters, deadline, ready).await;
            let Way { begun, failed, lapsed } = std::mem::take(&mut *lock(&way));
            let outcome = match (result, failed) {
                (Ok(order), _) => Outcome::Ordered(order),
                (Err(error), None) if error.outcome_unknown() => Outcome::Unknown(error.to_string()),
                (Err(_), Some(failed)) => return Err(failed.into()),
                (Err(_), None) if lapsed => continue,
                (Err(error), None) => not_placed(&error),
            };
            let under_way = begun.map_or(Duration::ZERO, |begun| deadline.saturating_sub(begun.elapsed()));
            return Ok((outcome, under_way));
        }
        let why = "it took too long from the journal to the connection, again and again";
        Ok((Outcome::NotSent(why.to_owned()), Duration::ZERO))
    }

    /// Begins the order in the journal, and lets it go out while that is fresh.
    fn ready(&self, row: &Row<C::Parameters>, before: &BTreeSet<String>, way: &Shared<Way>) -> Ready {
        let (journal, clock, terms) =
            (Arc::clone(&self.journal), Arc::clone(&self.settings.clock), self.settings.terms);
        let (about, way) = (Arc::new((row.wanted.clone(), before.clone())), Arc::clone(way));
        Arc::new(move || {
            let (journal, clock, about, way) =
                (Arc::clone(&journal), Arc::clone(&clock), Arc::clone(&about), Arc::clone(&way));
            Box::pin(async move {
                match journal.begun(&about.0, &about.1, &terms).await {
                    Ok(Confirmation(at)) => {
                        lock(&way).begun = Some(Instant::now());
                        // Each span is by one clock. What passes between these two lines counts twice.
                        let stamp = clock();
                        let age = clock::now().checked_sub(at);
                        let is_fresh = move || {
                            // A clock that is behind its own stamp tells nothing.
                            let waited = clock().checked_sub(stamp);
                            let is_fresh =
                                age.zip(waited).is_some_and(|(age, waited)| age.saturating_add(waited) <= FRESH);
                            lock(&way).lapsed = !is_fresh;
                            is_fresh
                        };
                        Ok(Box::new(is_fresh) as Holds)
                    }
                    Err(error) => {
                        lock(&way).failed = Some(error.clone());
                        Err(error.into())
                    }
                }
            })
        })
    }
}

/// What came of an order that was certainly not placed.
fn not_placed(error: &Error) -> Outcome {
    let why = error.to_string();
    match error.kind() {
        ErrorKind::Refused => Outcome::Refused(why),
        _ => Outcome::NotSent(why),
    }
}

fn ids(orders: Vec<Placed>) -> Result<BTreeSet<String>, String> {
    let ids = orders.into_iter().map(|order| order.id).collect::<Option<_>>();
    ids.ok_or_else(|| "an order without an id is listed".to_owned())
}

fn date_of(order: &Placed) -> Option<SystemTime> {
    order.date.as_ref().and_then(|date| date.instant().or_else(|| date.in_utc8()))
}

/// What has no date that can be read is not: a new journal is a question, which an old order must not ask.
fn is_recent(order: &Placed) -> bool {
    // What is yet to come has no age, and counts.
    date_of(order).is_some_and(|date| SystemTime::now().duration_since(date).unwrap_or_default() < RECENT)
}

impl Forgotten {
    /// Whether an order may be one that was forgotten: unless it is surely older than the journal.
    fn may_be(self, order: &Placed) -> bool {
        let (Some(date), Some(since)) = (date_of(order), self.since) else { return true };
        since.duration_since(date).unwrap_or_default() < RECENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_may_be_forgotten_unless_it_is_surely_older_than_the_journal() {
        let since = "2026-11-20T00:00:00Z".parse::<jiff::Timestamp>().map(SystemTime::from).ok();
        let may_be = |since, date: serde_json::Value| {
            let date = serde_json::from_value(date).unwrap();
            Forgotten { since }.may_be(&Placed { id: Some("1".to_owned()), date })
        };
        for date in ["2026/11/10 04:00", "26-11-2026", "2026-11-21 00:00:00", "2026-11-19 00:00:00"] {
            assert!(may_be(since, date.into()), "{date}");
        }
        assert!(may_be(since, serde_json::Value::Null));
        assert!(may_be(None, "2026-11-10 00:00:00".into()));
        assert!(!may_be(since, "2026-11-10 00:00:00".into()));
    }
}
