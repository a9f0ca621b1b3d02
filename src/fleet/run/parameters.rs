//! Whether the list orders what was ordered before: found out for all of it before anything is begun.

use super::{FleetError, Work, each};
use crate::fleet::input::{List, Problem};
use crate::fleet::journal::{Journal, JournalError};
use crate::fleet::purchase::Purchase;

/// SIMs that the journal is asked about at a time.
const PIECE: usize = 1000;

impl<C: Purchase, J: Journal> Work<C, J> {
    /// Refuses the list if an order for one of its SIMs was begun or placed with other parameters.
    pub(super) async fn compare(&self, list: &List) -> Result<(), FleetError> {
        let mut rows = list.rows::<C::Parameters>(&self.settings.template)?.peekable();
        let mut others = list.problems();
        while rows.peek().is_some() && self.stopper.halted().is_none() {
            let wanted = rows.by_ref().take(PIECE).map(|row| row.map(|row| (row.line, row.wanted)));
            let wanted = wanted.collect::<Result<Vec<_>, _>>().map_err(|problem| list.changed(problem))?;
            let sims: Vec<_> = wanted.iter().map(|(_, wanted)| wanted.sim).collect();
            let recorded = self.journal.recorded(&sims).await?;
            for ((line, wanted), recorded) in each(wanted, recorded)? {
                if let Some(recorded) = recorded.filter(|recorded| *recorded != wanted.fingerprint) {
                    let other = JournalError::OtherParameters { sim: wanted.sim, recorded, wanted: wanted.fingerprint };
                    others.push(Problem { line, what: other.to_string() });
                }
            }
        }
        others.none().map_err(FleetError::OtherParameters)
    }
}
