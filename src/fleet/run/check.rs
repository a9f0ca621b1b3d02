//! Whether a journal with which no run has passed this yet is that of a first run, or another was lost.

use std::time::{Duration, SystemTime};

use super::{FleetError, Work};
use crate::error::Blame;
use crate::fleet::input::List;
use crate::fleet::journal::Journal;
use crate::fleet::purchase::{Placed, Purchase};

/// SIMs whose orders are looked at.
const FIRST: usize = 20;

/// How old an order may be that counts as recent: 24 hours, and as much again, because neither the zone nor the form of its
/// date is documented.
pub(super) const RECENT: Duration = Duration::from_secs(48 * 3600);

impl<C: Purchase, J: Journal> Work<C, J> {
    /// Looks whether the first SIMs have recent orders, and lets the journal know that they have none or are accepted. Until
    /// then nothing is begun, in this run or another.
    pub(super) async fn check(&self, list: &List) -> Result<(), FleetError> {
        if self.journal.is_checked().await? {
            return Ok(());
        }
        if C::LISTS_ORDERS && !self.settings.accepts_recent {
            let (mut listed, mut refused, mut unlisted) = (0, 0, None);
            for row in list.rows::<C::Parameters>(&self.settings.template)? {
                if listed == FIRST {
                    break;
                }
                if self.stopper.halted().is_some() {
                    return Ok(());
                }
                let sim = row.map_err(|problem| list.changed(problem))?.sim;
                match self.settings.client.orders_of(sim.to_string()).await {
                    Ok(orders) => match orders.iter().find(|order| is_recent(order)) {
                        // It may be of another process, which was through with this before.
                        Some(_) if self.journal.is_checked().await? => return Ok(()),
                        Some(order) => {
                            let (order, date) = order.names();
                            return Err(FleetError::RecentOrder { sim, order, date });
                        }
                        None => listed += 1,
                    },
                    // One that the API does not know says nothing of the others. With so many, the run would stop.
                    Err(source)
                        if source.blame() == Some(Blame::Request) && refused + 1 < self.settings.max_refused =>
                    {
                        refused += 1;
                        unlisted = Some(FleetError::Unlisted { sim, source });
                    }
                    Err(source) => return Err(FleetError::Unlisted { sim, source }),
                }
            }
            if let Some(unlisted) = unlisted.filter(|_| listed == 0) {
                return Err(unlisted);
            }
        }
        Ok(self.journal.checked().await?)
    }
}

/// What has no date that can be read is not: a new journal is a question, which an old order must not ask.
fn is_recent(order: &Placed) -> bool {
    // What is yet to come has no age, and counts.
    order.instant().is_some_and(|date| SystemTime::now().duration_since(date).unwrap_or_default() < RECENT)
}
