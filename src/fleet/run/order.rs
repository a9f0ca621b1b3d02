//! One SIM: its orders are listed, one is begun and sent, and what became of it is found out.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::check::RECENT;
use super::{FleetError, Work};
use crate::error::Blame;
use crate::fleet::input::Row;
use crate::fleet::journal::{Claim, Confirmation, Journal, JournalError, MOST, Orders, Terms};
use crate::fleet::progress::{Counters, Event, Outcome};
use crate::fleet::purchase::{Placed, Purchase};
use crate::lock::held;
use crate::transport::clock;
use crate::transport::intent::{Holds, Ready};

/// How often an order is tried that takes too long from the journal to the connection, so that nothing is sent.
const ATTEMPTS: usize = 5;

/// Longest time between the journal's confirmation and the sending: who slept longer may have lost the SIM to another.
const FRESH: Duration = Duration::from_secs(2);

/// What is said where there is no list in which an order could be found.
const UNLISTED: &str = "no documented call lists orders: find out whether it was placed, and tell the journal";

/// What is said where as many orders may have been sent as may be, and none is listed.
const UNSEEN: &str =
    "more than one order may have been sent, and none is listed: find out whether one was placed, and tell the journal";

/// That the journal may have forgotten what was begun for a SIM, since it was created.
#[derive(Clone, Copy)]
struct Forgotten {
    since: Option<SystemTime>,
}

/// What was begun for a SIM, now or in a run before, and may have placed an order.
struct Suspect {
    orders: Orders,
    /// How long to wait until it is looked up.
    wait: Duration,
    why: String,
}

/// What to look up next, or what came of the SIM.
type Next = Result<Suspect, Outcome>;

/// What became of one order.
enum Sent {
    Accepted(String),
    Refused(Blame, String),
    /// Nothing left the client.
    Nothing(String),
    Unclear(String),
}

/// The turn of a SIM in a run.
struct Turn {
    /// That it is worked on: not while it waits.
    permit: Option<OwnedSemaphorePermit>,
    /// Whether it was begun to send an order.
    has_sent: bool,
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
        let mut turn = Turn { permit: Some(permit), has_sent: false };
        let outcome = match self.outcome_for(&row, claim, &mut turn).await {
            Err(FleetError::Journal(JournalError::Lost { sim })) => {
                self.leave(sim);
                return Ok(());
            }
            outcome => outcome?,
        };
        let Turn { permit, has_sent } = turn;
        self.count(&outcome, has_sent);
        // The next can begin while the journal takes this.
        drop(permit);
        self.settled(&row, outcome, has_sent).await
    }

    async fn outcome_for(
        &self,
        row: &Row<C::Parameters>,
        claim: Claim,
        turn: &mut Turn,
    ) -> Result<Outcome, FleetError> {
        let mut next = match claim {
            Claim::Begun { orders, wait } => {
                Ok(Suspect { orders, wait, why: "it was begun in a run before".to_owned() })
            }
            Claim::Forgotten { since } => self.order_first(row, Some(Forgotten { since }), turn).await?,
            _ => self.order_first(row, None, turn).await?,
        };
        loop {
            let suspect = match next {
                Ok(suspect) => suspect,
                Err(outcome) => return Ok(outcome),
            };
            next = match self.look_up(row, &suspect, &mut turn.permit).await {
                Found::Placed(order) => Err(Outcome::Ordered(order)),
                Found::Unclear(why) => Err(Outcome::Unknown(why)),
                Found::NotPlaced if suspect.orders.sent >= MOST => {
                    Err(Outcome::Unknown(format!("{}; {UNSEEN}", suspect.why)))
                }
                Found::NotPlaced => self.order_again(row, suspect, turn).await?,
            };
        }
    }

    async fn order_first(
        &self,
        row: &Row<C::Parameters>,
        forgotten: Option<Forgotten>,
        turn: &mut Turn,
    ) -> Result<Next, FleetError> {
        let orders = match self.orders_before(row, forgotten).await {
            Ok(before) => Orders::first(before),
            Err(outcome) => return Ok(Err(outcome)),
        };
        if self.stopper.halted().is_some() {
            return Ok(Err(Outcome::NotSent("the run was stopped before it was ordered".to_owned())));
        }
        turn.has_sent = true;
        let (end, wait) = self.send(row, &orders).await?;
        Ok(match end {
            Sent::Accepted(order) => Err(Outcome::Ordered(order)),
            Sent::Unclear(why) => Ok(Suspect { orders, wait, why }),
            // What is refused because of who calls, or how often, says nothing of the order: the next run tries it.
            Sent::Refused(Blame::Caller, why) | Sent::Nothing(why) => Err(Outcome::NotSent(why)),
            Sent::Refused(_, why) => Err(Outcome::Refused(why)),
        })
    }

    /// Orders a second time, as the first is not listed: whatever becomes of that, the first may still be placed.
    async fn order_again(&self, row: &Row<C::Parameters>, first: Suspect, turn: &mut Turn) -> Result<Next, FleetError> {
        let because = |then: String| format!("{}; {then}", first.why);
        if self.stopper.halted().is_some() {
            return Ok(Err(Outcome::Unknown(because("the run was stopped before it was ordered again".to_owned()))));
        }
        let orders = Orders { sent: first.orders.sent + 1, ..first.orders.clone() };
        turn.has_sent = true;
        let (end, wait) = self.send(row, &orders).await?;
        Ok(match end {
            Sent::Accepted(order) => return self.accepted(row, orders, order).await,
            Sent::Unclear(why) => Ok(Suspect { orders, wait, why: because(format!("it was ordered again: {why}")) }),
            // Maybe because of the first: it says nothing of that.
            Sent::Refused(_, why) => {
                let why = because(format!("it was ordered again, and refused: {why}"));
                Ok(Suspect { orders, wait: self.settings.terms.settle, why })
            }
            Sent::Nothing(why) => {
                self.journal.begun(&row.wanted, &first.orders, &self.settings.terms).await?;
                Err(Outcome::Unknown(because(format!("it was not ordered again: {why}"))))
            }
        })
    }

    /// What to look up when the second order for a SIM was accepted, once the journal has that: the server may have been late
    /// with the first. Or what comes of the SIM if the journal doubts it.
    async fn accepted(&self, row: &Row<C::Parameters>, mut orders: Orders, order: String) -> Result<Next, FleetError> {
        let why = format!("it was ordered again, as {order}");
        orders.accepted = Some(order);
        match self.journal.begun(&row.wanted, &orders, &self.settings.terms).await {
            Ok(_) => Ok(Ok(Suspect { orders, wait: self.settings.terms.settle, why })),
            Err(JournalError::Doubtful { why, .. }) => Ok(Err(Outcome::Unknown(why))),
            // The id stands in the event alone: a journal that takes the next step would let the SIM go without it.
            Err(error) => {
                let outcome = Outcome::Unknown(format!("{why}; {error}"));
                self.count(&outcome, true);
                self.tell(Event::Settled { sim: row.sim, line: row.line, outcome, recorded: false });
                Err(error.into())
            }
        }
    }

    /// The ids of the orders that a SIM has before the first that is ordered, or what comes of it without them.
    async fn orders_before(
        &self,
        row: &Row<C::Parameters>,
        forgotten: Option<Forgotten>,
    ) -> Result<BTreeSet<String>, Outcome> {
        if !C::LISTS_ORDERS {
            let unknown = || Outcome::Unknown(format!("the journal may have forgotten its order; {UNLISTED}"));
            return if forgotten.is_some() { Err(unknown()) } else { Ok(BTreeSet::new()) };
        }
        let orders = match self.settings.client.orders_of(row.sim.to_string()).await {
            Ok(orders) => orders,
            Err(error) if forgotten.is_some() => return Err(Outcome::Unknown(self.said(&error))),
            Err(error) => return Err(Outcome::NotSent(self.said(&error))),
        };
        if let Some(order) = forgotten.and_then(|forgotten| orders.iter().find(|order| forgotten.may_be(order))) {
            let (order, date) = order.names();
            let why = "the journal may have forgotten what was begun, and it has the order";
            return Err(Outcome::Unknown(format!("{why} {order} of {date}: look whether that is yours")));
        }
        ids(orders).map_err(Outcome::NotSent)
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
        if !self.stopper.wait(suspect.wait).await {
            return Found::Unclear(format!("{why}; the run was stopped before it was looked up"));
        }
        *permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        Counters::count(&self.counters.looked_up);
        let listed = self.settings.client.orders_of(sim.to_string()).await;
        let listed = match listed.map_err(|error| self.said(&error)).and_then(ids) {
            Ok(listed) => listed,
            Err(unlisted) => return Found::Unclear(format!("{why}; its orders can't be listed: {unlisted}")),
        };
        let Orders { before, accepted, .. } = &suspect.orders;
        let mut new = listed.difference(before);
        match (new.next(), new.next(), accepted) {
            (Some(first), Some(second), _) => Found::Unclear(format!(
                "{why}; it has several new orders ({first}, {second}): look which of them is yours"
            )),
            (Some(order), None, Some(accepted)) if order != accepted => {
                Found::Unclear(format!("it was ordered again, as {accepted}, but {order} is listed: look for both"))
            }
            (Some(order), None, _) => Found::Placed(order.clone()),
            (None, _, Some(accepted)) => {
                Found::Unclear(format!("it was ordered again, as {accepted}, which is not listed"))
            }
            (None, _, None) => Found::NotPlaced,
        }
    }

    /// Orders once, and says how long to wait until it is looked up: a server may act on what it was sent whether or not its
    /// connection lives.
    async fn send(&self, row: &Row<C::Parameters>, orders: &Orders) -> Result<(Sent, Duration), FleetError> {
        let Terms { deadline, settle, .. } = self.settings.terms;
        for _ in 0..ATTEMPTS {
            let way = Shared::default();
            let ready = self.ready(row, orders, &way);
            let result = self.settings.client.order(&row.parameters, deadline, ready).await;
            let Way { begun, failed, lapsed } = std::mem::take(&mut *held(&way));
            let end = match (result, failed) {
                (Ok(order), _) => Sent::Accepted(order),
                (Err(error), None) if error.outcome_unknown() => Sent::Unclear(self.said(&error)),
                (Err(_), Some(failed)) => return Err(failed.into()),
                (Err(_), None) if lapsed => continue,
                (Err(error), None) => match error.blame() {
                    Some(blame) => Sent::Refused(blame, self.said(&error)),
                    None => Sent::Nothing(self.said(&error)),
                },
            };
            let under_way = begun.map_or(Duration::ZERO, |begun| deadline.saturating_sub(begun.elapsed()));
            return Ok((end, under_way.saturating_add(settle)));
        }
        let why = "it took too long from the journal to the connection, again and again";
        Ok((Sent::Nothing(why.to_owned()), Duration::ZERO))
    }

    /// Begins the order in the journal, and lets it go out while that is fresh.
    fn ready(&self, row: &Row<C::Parameters>, orders: &Orders, way: &Shared<Way>) -> Ready {
        let (journal, clock, terms) =
            (Arc::clone(&self.journal), Arc::clone(&self.settings.clock), self.settings.terms);
        let (about, way) = (Arc::new((row.wanted.clone(), orders.clone())), Arc::clone(way));
        Arc::new(move || {
            let (journal, clock, about, way) =
                (Arc::clone(&journal), Arc::clone(&clock), Arc::clone(&about), Arc::clone(&way));
            Box::pin(async move {
                match journal.begun(&about.0, &about.1, &terms).await {
                    Ok(Confirmation(at)) => {
                        held(&way).begun = Some(Instant::now());
                        // Each span is by one clock. What passes between these two lines counts twice.
                        let stamp = clock();
                        let age = clock::now().checked_sub(at);
                        let is_fresh = move || {
                            // A clock that is behind its own stamp tells nothing.
                            let waited = clock().checked_sub(stamp);
                            let is_fresh =
                                age.zip(waited).is_some_and(|(age, waited)| age.saturating_add(waited) <= FRESH);
                            held(&way).lapsed = !is_fresh;
                            is_fresh
                        };
                        Ok(Box::new(is_fresh) as Holds)
                    }
                    Err(error) => {
                        held(&way).failed = Some(error.clone());
                        Err(error.into())
                    }
                }
            })
        })
    }
}

fn ids(orders: Vec<Placed>) -> Result<BTreeSet<String>, String> {
    let ids = orders.into_iter().map(|order| order.id).collect::<Option<_>>();
    ids.ok_or_else(|| "an order without an id is listed".to_owned())
}

impl Forgotten {
    /// Whether an order may be one that was forgotten: unless it is surely older than the journal.
    fn may_be(self, order: &Placed) -> bool {
        let (Some(date), Some(since)) = (order.instant(), self.since) else { return true };
        since.duration_since(date).unwrap_or_default() < RECENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_may_be_forgotten_unless_it_is_surely_older_than_the_journal() {
        let since = "2026-11-20T00:00:00Z".parse::<jiff::Timestamp>().and_then(SystemTime::try_from).ok();
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
