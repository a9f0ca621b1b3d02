//! One SIM: its orders are listed, one is begun and sent, and what became of it is found out.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::OwnedSemaphorePermit;

use super::{FleetError, Work};
use crate::error::{Error, ErrorKind};
use crate::fleet::input::Row;
use crate::fleet::journal::{Claim, Confirmation, Journal, JournalError};
use crate::fleet::progress::{Counters, Event, Outcome};
use crate::fleet::purchase::{Placed, Purchase};
use crate::transport::intent::Ready;

/// How often a run orders for a SIM of which no order is listed.
const ATTEMPTS: usize = 5;

/// Longest time between the journal's confirmation and the sending: who slept longer may have lost the SIM to another.
const FRESH: Duration = Duration::from_secs(2);

/// How old an order may be that counts as recent: 24 hours, and as much again, because neither the zone nor the form of its
/// date is documented.
const RECENT: Duration = Duration::from_secs(48 * 3600);

/// What was begun for a SIM, now or in a run before, and may have placed an order.
struct Suspect {
    /// The orders that the SIM had before.
    before: BTreeSet<String>,
    under_way: Duration,
    why: String,
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
        let outcome = self.outcome_for(&row, claim, &mut permit).await?;
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
                None => match self.orders_before(row).await? {
                    Ok(before) => before,
                    Err(why) => return Ok(Outcome::NotSent(why)),
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
            why = match self.send(row, &before).await? {
                outcome @ Outcome::Ordered(_) => return Ok(outcome),
                outcome @ (Outcome::Refused(_) | Outcome::NotSent(_)) if is_first => return Ok(outcome),
                // The one before may be listed late: what is begun stays so, with the orders that the SIM had before it.
                Outcome::NotSent(why) => return Ok(Outcome::Unknown(why)),
                // It may be refused because of the one before.
                Outcome::Refused(why) => {
                    let suspect = Suspect { before, under_way: Duration::ZERO, why: why.clone() };
                    return Ok(match self.look_up(row, &suspect, permit).await {
                        Found::Placed(order) => Outcome::Ordered(order),
                        Found::NotPlaced => Outcome::Refused(why),
                        Found::Unclear(why) => Outcome::Unknown(why),
                    });
                }
                Outcome::Unknown(why) => why,
            };
            suspect = Some(Suspect { before, under_way: Duration::ZERO, why: why.clone() });
        }
        Ok(Outcome::Unknown(format!("ordered {ATTEMPTS} times, the last time: {why}")))
    }

    /// The ids of the orders that a SIM has before the first that is ordered, or why they can't be had.
    async fn orders_before(&self, row: &Row<C::Parameters>) -> Result<Result<BTreeSet<String>, String>, FleetError> {
        let orders = match self.settings.client.orders_of(row.sim.to_string()).await {
            Ok(orders) => orders,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let unchecked = self.unchecked.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if unchecked.is_ok()
            && let Some(recent) = orders.iter().find(|order| is_recent(order))
        {
            let text = |text: Option<&str>| text.unwrap_or("unknown").to_owned();
            return Err(FleetError::RecentOrder {
                sim: row.sim,
                order: text(recent.id.as_deref()),
                date: text(recent.date.as_ref().map(|date| date.as_str())),
            });
        }
        Ok(ids(orders))
    }

    /// Finds out what became of an order, once it can't be under way any more. Meanwhile another SIM has the permit.
    async fn look_up(
        &self,
        row: &Row<C::Parameters>,
        suspect: &Suspect,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Found {
        let (sim, why) = (row.sim, &suspect.why);
        self.tell(Event::LookingUp { sim, why: why.clone() });
        drop(permit.take());
        if !self.stopper.wait(suspect.under_way.saturating_add(self.settings.settle)).await {
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

    /// Orders once. The order is begun in the journal when nothing is between that and the sending any more.
    async fn send(&self, row: &Row<C::Parameters>, before: &BTreeSet<String>) -> Result<Outcome, FleetError> {
        let failed = Arc::new(Mutex::new(None));
        let ready = self.ready(row, before, &failed);
        let result = self.settings.client.order(&row.parameters, self.settings.deadline, ready).await;
        let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        match result {
            Ok(order) => Ok(Outcome::Ordered(order)),
            Err(error) => match failed {
                // Nothing was sent.
                Some(failed) => Err(FleetError::Journal(failed)),
                None => Ok(sent(&error)),
            },
        }
    }

    fn ready(
        &self,
        row: &Row<C::Parameters>,
        before: &BTreeSet<String>,
        failed: &Arc<Mutex<Option<JournalError>>>,
    ) -> Ready {
        let (journal, clock, failed) =
            (Arc::clone(&self.journal), Arc::clone(&self.settings.clock), Arc::clone(failed));
        let (about, deadline) = (Arc::new((row.wanted.clone(), before.clone())), self.settings.deadline);
        Arc::new(move || {
            let (journal, clock, failed) = (Arc::clone(&journal), Arc::clone(&clock), Arc::clone(&failed));
            let about = Arc::clone(&about);
            Box::pin(async move {
                let (wanted, before) = &*about;
                for _ in 0..ATTEMPTS {
                    match journal.begun(wanted, before, deadline).await {
                        Ok(Confirmation(at)) if clock().saturating_sub(at) <= FRESH => return Ok(()),
                        Ok(_) => {}
                        Err(error) => {
                            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
                            return Err(error.into());
                        }
                    }
                }
                Err("the journal confirmed it too late, again and again".into())
            })
        })
    }
}

fn sent(error: &Error) -> Outcome {
    let why = error.to_string();
    match error.kind() {
        _ if error.outcome_unknown() => Outcome::Unknown(why),
        ErrorKind::Refused => Outcome::Refused(why),
        _ => Outcome::NotSent(why),
    }
}

fn ids(orders: Vec<Placed>) -> Result<BTreeSet<String>, String> {
    let ids = orders.into_iter().map(|order| order.id).collect::<Option<_>>();
    ids.ok_or_else(|| "an order without an id is listed".to_owned())
}

fn is_recent(order: &Placed) -> bool {
    let date = order.date.as_ref().and_then(|date| date.instant().or_else(|| date.in_utc8()));
    // What is yet to come has no age, and counts.
    date.is_some_and(|date| SystemTime::now().duration_since(date).unwrap_or_default() < RECENT)
}
