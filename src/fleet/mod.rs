//! An order for each SIM of a list, resumed after any kill. The guide to it is [how to run a fleet](crate::guide::fleets).
//!
//! The API documents no idempotency key, so a [journal](Journal) makes up for it. Before an order for a SIM is sent, the
//! journal has the orders that the SIM had; afterwards it has the result. If the process is killed in between, or the
//! outcome of a call is unknown, the SIM's orders are listed again, once that call can't be under way any more:
//!
//! * one order more: that is it;
//! * none more: it is ordered a second time, and looked up once more. A third order is sent by no run;
//! * anything else, such as several more, or a list that can't be had: it stays unknown, with the reason. A person has to look,
//!   and [tells](Journal::found_out) the journal.
//!
//! So after a kill at any moment the same run, started again, does the rest.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use linksfield::csss::Client;
//! use linksfield::fleet::{Event, Fleet, FileJournal};
//! use linksfield::serde_json::json;
//! # let sandbox = linksfield::sandbox::Sandbox::start().await?;
//! # let client = Client::builder().credentials(sandbox.credentials().clone()).environment(sandbox.url()).build()?;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("sims.journal");
//!
//! let defaults = json!({
//!     "package_code": "DP20190726001274", "package_name": "20M", "package_type": "2", "order_period": "1",
//!     "pay_amount": "0", "pay_rst": "1", "is_open": "0", "global_order": "0", "test_flow_flag": "0", "test_flow": "0",
//! });
//! let fleet = Fleet::builder().client(client).defaults(&defaults).build()?;
//! let list = fleet.list_of("device_id\n89852022018041800192\n89852022018041800193\n")?;
//! let journal = FileJournal::create(path, fleet.purpose()).await?;
//! let mut run = fleet.run(list, journal);
//! while let Some(event) = run.next().await {
//!     if let Event::Settled { sim, outcome, .. } = event {
//!         println!("{sim}: {outcome:?}");
//!     }
//! }
//! let summary = run.finish().await?;
//! assert!(summary.is_complete(), "{summary}");
//! # Ok(()) }
//! ```
//!
//! # The list
//!
//! Comma-separated values, with `;` or tabs as well, or JSON lines, in UTF-8 or UTF-16. The columns are named as the
//! parameters of the order; `device_id` has to be one, and each other overrides a default (an empty cell does not). The whole
//! list is checked before the first order, and refused with the numbers of its lines: an unknown column, a SIM that stands
//! there twice, an id that a spreadsheet took for a number, a parameter that is no text, a quote that is not closed in its line.
//!
//! # What this can't know
//!
//! How long a server takes to act on what it was sent, and how soon a listing shows it: what it does and lists within `deadline`
//! and `settle` from when an order was begun is the only order. If it is later, two can be placed for a SIM, never more, and
//! no client can take one back. `settle` is how long to wait; Linksfield documents no time, so ask before you rely on the 5
//! seconds. And whether the orders of a SIM are for the plan that you order: of what is listed, id and date are all that
//! tells them apart.

mod input;
mod journal;
mod progress;
mod purchase;
mod run;
mod sim;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::call::Preview;
use crate::error::Error;
use crate::transport::clock;
use input::{Cell, Template};
pub use input::{List, ListError};
pub use journal::{Claim, Confirmation, Done, FileJournal, Journal, JournalError, Orders, Purpose, Terms, Wanted};
pub use progress::{End, Event, Outcome, Progress, Summary};
pub use purchase::Purchase;
pub use run::{FleetError, Run, Stopper};
pub use sim::{NotASim, Sim};

/// The order that each SIM of a list gets. Cheap to clone.
pub struct Fleet<C: Purchase>(Arc<Settings<C>>);

pub(crate) struct Settings<C> {
    client: C,
    template: Template,
    purpose: Purpose,
    concurrency: usize,
    terms: Terms,
    max_refused: u64,
    accepts_recent: bool,
    accepts_rounded: bool,
    clock: Clock,
}

type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

#[bon::bon]
impl<C: Purchase> Fleet<C> {
    /// Says what is ordered, and how.
    ///
    /// # Errors
    ///
    /// The defaults are no JSON object, or have a name that is no parameter of the order; or a number or time is 0 with
    /// which nothing could be ordered.
    #[builder]
    pub fn new(
        /// Who orders. Limits of the client hold for the fleet as well: an order that waits for them is not begun yet.
        client: C,
        /// The parameters that all orders share: the request with any SIM (`&order`), or a JSON object without those that
        /// the list has (`&json!({…})`).
        #[builder(with = |defaults: &(impl Serialize + ?Sized)| serde_json::to_value(defaults))]
        defaults: Result<serde_json::Value, serde_json::Error>,
        /// How many SIMs are worked on at a time. 16 if not set. Each process has its own: where several share a journal,
        /// divide what Linksfield allows you.
        #[builder(default = 16)]
        concurrency: u32,
        /// Longest time of a call that orders, the waiting for limits of the client included. 60 seconds if not set.
        #[builder(default = Duration::from_secs(60))]
        deadline: Duration,
        /// How long after a call can't be under way any more its order is looked for in the list. 5 seconds if not set.
        #[builder(default = Duration::from_secs(5))]
        settle: Duration,
        /// After how many orders that are refused, can't be sent or stay unknown the run stops. 100 if not set. An order that is
        /// yet to be looked up does not count, but no more wait for that than this and `concurrency`; nor does what is unknown of a
        /// run before. One that takes too long from
        /// the journal to the connection, again and again, counts too: where that happens to many, a machine or a disk is too
        /// slow, and each of them has cost five synced lines.
        #[builder(default = 100)]
        max_refused: u64,
        /// Whether those are ordered for again whose order was refused in a run before.
        #[builder(default)]
        again_refused: bool,
        /// Whether to go on with a new journal though one of the first 20 SIMs whose orders can be listed has one of the last
        /// days: without it, each run stops before its first order, because the journal of the run before may have been lost. So
        /// it does if the list of `max_refused` SIMs, or of all, is refused. (24 hours, and
        /// as much again, because neither the zone nor the form of that date is documented.) The journal keeps that it was
        /// accepted.
        #[builder(default)]
        accepts_recent: bool,
        /// Whether to take ids of SIMs that look as if a spreadsheet had rounded them.
        #[builder(default)]
        accepts_rounded: bool,
        /// What a text of the list stands for, by its column, or why it can't stand there: so that codes go by their names, for
        /// example. It is asked for each but the SIM, when the list is checked and again when the line is ordered for, and has to
        /// say the same. A text is what it is if not set.
        #[builder(with = |cell: impl Fn(&str, &str) -> Result<String, String> + Send + Sync + 'static| Arc::new(cell))]
        cell: Option<Cell>,
        /// What the time from when the journal's confirmation is here to the sending is measured with, so that a machine that
        /// slept in between sends nothing. It has to go on while the machine sleeps, as the clock does that is used if none is
        /// set; from when it counts does not matter. Nothing is sent if it goes back.
        #[builder(with = |clock: impl Fn() -> Duration + Send + Sync + 'static| Arc::new(clock))]
        clock: Option<Clock>,
    ) -> Result<Self, Error> {
        let zeros =
            [("concurrency", concurrency == 0), ("deadline", deadline.is_zero()), ("max_refused", max_refused == 0)];
        if let Some((name, _)) = zeros.into_iter().find(|(_, is_zero)| *is_zero) {
            return Err(Error::settings(format!("{name} must not be 0: nothing could be ordered")));
        }
        let template = Template::new::<C::Parameters>(C::SIM, defaults, cell)?;
        let (server, account) = client.caller();
        let purpose = Purpose {
            server: server.to_owned(),
            account: account.to_owned(),
            operation: C::OPERATION.to_owned(),
            defaults: template.defaults.clone(),
        };
        Ok(Self(Arc::new(Settings {
            client,
            template,
            purpose,
            concurrency: concurrency.try_into().unwrap_or(usize::MAX).min(tokio::sync::Semaphore::MAX_PERMITS),
            terms: Terms { deadline, settle, again_refused },
            max_refused,
            accepts_recent,
            accepts_rounded,
            clock: clock.unwrap_or_else(|| Arc::new(clock::now)),
        })))
    }
}

impl<C: Purchase> Fleet<C> {
    /// For whom and what its journal is.
    #[must_use]
    pub fn purpose(&self) -> &Purpose {
        &self.0.purpose
    }

    /// Checks the list in a file, which has to stay as it is while it is ordered for.
    ///
    /// # Errors
    ///
    /// What is wrong, with the numbers of the lines.
    pub fn list(&self, path: impl AsRef<Path>) -> Result<List, ListError> {
        List::of_file::<C::Parameters>(path.as_ref(), &self.0.template, self.0.accepts_rounded)
    }

    /// Checks the list in a text.
    ///
    /// # Errors
    ///
    /// What is wrong, with the numbers of the lines.
    pub fn list_of(&self, text: impl Into<Vec<u8>>) -> Result<List, ListError> {
        List::of_memory::<C::Parameters>(text.into(), &self.0.template, self.0.accepts_rounded)
    }

    /// The request of the order for the first SIM of a list, as it would be sent now, and what of it is signed. Nothing is sent.
    ///
    /// # Errors
    ///
    /// The list is not any more as it was when it was checked, or the request can't be signed.
    pub fn preview(&self, list: &List) -> Result<Preview, Error> {
        let changed = |error: &ListError| Error::settings(format!("the list has changed: {error}"));
        let first = list.rows::<C::Parameters>(&self.0.template).map_err(|error| changed(&error))?.next();
        let first = first.ok_or_else(|| Error::settings("the list has no SIM any more"))?;
        self.0.client.preview(&first.map_err(|problem| changed(&list.changed(problem)))?.parameters)
    }

    /// Orders for each SIM of the list that the journal does not know as done. Nothing happens until the run is asked for
    /// its [next](Run::next) event, or for its [end](Run::finish).
    #[must_use = "nothing is ordered until it is asked for events"]
    pub fn run<J: Journal>(&self, list: List, journal: J) -> Run {
        Run::new(Arc::clone(&self.0), list, journal)
    }
}

impl<C: Purchase> Clone for Fleet<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Purchase> fmt::Debug for Fleet<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("purpose", &self.0.purpose).finish_non_exhaustive()
    }
}
