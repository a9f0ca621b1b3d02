//! What has to be known of each SIM after a kill, and who keeps it.

mod file;
mod filesystem;
mod index;
mod line;
mod pen;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::sim::Sim;
use crate::transport::clock;
pub use file::FileJournal;

/// Keeps what was begun and done for each SIM, so that a run which was killed can be run again.
///
/// Each method returns when what it was told would outlive the process; [`begun`](Self::begun) when it would outlive the
/// loss of power. After an error nothing more is ordered in this process.
pub trait Journal: Send + Sync + 'static {
    /// The [fingerprint](Wanted::fingerprint) of the order that was begun or placed for each of the SIMs, if one was and it is
    /// known. Nothing is taken: a run asks it of the whole list before its first order.
    ///
    /// What is returned stands in the order of `sims`.
    fn recorded(&self, sims: &[Sim]) -> impl Future<Output = Result<Vec<Option<String>>, JournalError>> + Send;

    /// Takes each of the SIMs for this run, unless it is done or another has it, or this run itself.
    ///
    /// What is returned stands in the order of `wanted`.
    fn claim(&self, wanted: &[Wanted], terms: &Terms) -> impl Future<Output = Result<Vec<Claim>, JournalError>> + Send;

    /// This is how it stands with the orders of the SIM: one is about to be sent, or what became of the last is known. It is
    /// [`JournalError::Lost`] if another has taken the SIM meanwhile: nothing is sent then, and the run goes on with the
    /// others. An order that was [accepted](Orders::accepted) is written down all the same, and it is
    /// [`JournalError::Doubtful`] as in [`done`](Self::done).
    fn begun(
        &self,
        wanted: &Wanted,
        orders: &Orders,
        terms: &Terms,
    ) -> impl Future<Output = Result<Confirmation, JournalError>> + Send;

    /// The SIM needs nothing any more. It is [`JournalError::Doubtful`] if it has another order, which is not this one.
    fn done(&self, wanted: &Wanted, result: &Done) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// What became of the order is not known, and why. It stays begun, and can be claimed again.
    fn unknown(&self, wanted: &Wanted, why: &str) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// These SIMs were claimed, and nothing was done for them since: they are as they were, and can be claimed again.
    fn let_go(&self, wanted: &[Wanted]) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// No order was placed for the SIM, and none is under way; it can be claimed again.
    fn release(&self, wanted: &Wanted, why: &str) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Whether a run has [looked](Self::checked) for orders that the journal should know. Nothing is begun before.
    fn is_checked(&self) -> impl Future<Output = Result<bool, JournalError>> + Send;

    /// The first SIMs have no recent order, or a person accepts them: this is not the journal of a run that was lost.
    fn checked(&self) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Takes down what a person found out of a SIM that stays unknown: that this is its order, or that none was placed, so
    /// that the next run orders. It is [`JournalError::NotUnknown`] if no order for it was begun or may have been forgotten,
    /// if it is done, or if a run has it. Look while no run goes on: one in between may have ordered a second time.
    fn found_out(&self, sim: Sim, order: Option<&str>) -> impl Future<Output = Result<(), JournalError>> + Send;
}

/// How a run orders, as far as its journal has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// Longest time of a call that orders.
    pub deadline: Duration,
    /// How long after it an order is looked for.
    pub settle: Duration,
    /// Whether those are taken again whose order was refused before.
    pub again_refused: bool,
}

impl Terms {
    /// Those of a run that leaves alone what was refused.
    #[must_use]
    pub fn new(deadline: Duration, settle: Duration) -> Self {
        Self { deadline, settle, again_refused: false }
    }
}

/// A SIM and a fingerprint of what is ordered for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The SIM.
    pub sim: Sim,
    /// What stands for the parameters of its order: 16 hexadecimal digits.
    pub fingerprint: String,
}

impl Wanted {
    pub(super) fn new(sim: Sim, parameters: &[u8]) -> Self {
        Self { sim, fingerprint: hexadecimal(parameters, 8) }
    }
}

/// The first bytes of the SHA-1 of something.
fn hexadecimal(bytes: &[u8], count: usize) -> String {
    Sha1::digest(bytes).iter().take(count).map(|byte| format!("{byte:02x}")).collect()
}

/// What a journal says to who wants a SIM.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// It is yours, and nothing was begun for it.
    Open,
    /// It is yours, and whether something was begun for it is not known: the journal may have forgotten it.
    Forgotten {
        /// When the journal was created, if that is known: what it has forgotten is not older.
        since: Option<SystemTime>,
    },
    /// It is yours, and an order for it was begun.
    Begun {
        /// How it stands with its orders.
        orders: Orders,
        /// How long to wait until that order is looked for: as long as it may be under way, and then the longer `settle` of
        /// who began it and who claims it.
        wait: Duration,
    },
    /// Its order was placed.
    Ordered {
        /// Its id.
        order: String,
        /// When it was begun or placed, if that is known.
        at: Option<SystemTime>,
    },
    /// Its order was refused, for this reason.
    Refused(String),
    /// A person has to find out what became of it, for this reason, and [tell](Journal::found_out) the journal.
    Unknown(String),
    /// Another has it at the moment.
    Taken,
}

/// How a SIM came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Done {
    /// This order was placed.
    Ordered(String),
    /// The API refused to place one, in these words.
    Refused(String),
}

/// How it stands with the orders for a SIM of which none is known to be the only one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Orders {
    /// Those that the SIM had before the first was sent.
    pub before: BTreeSet<String>,
    /// How many may have been sent since. After the second, only a person can say that there shall be another.
    pub sent: u8,
    /// The order that the API accepted as the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

/// How many orders may be sent for a SIM of which none is known to be the only one: then a person has to look.
pub(in crate::fleet) const MOST: u8 = 2;

impl Orders {
    /// Those of a SIM for which the first order is about to be sent.
    #[must_use]
    pub fn first(before: BTreeSet<String>) -> Self {
        Self { before, sent: 1, accepted: None }
    }
}

/// That a journal has what it was told, and since when at the latest the world may know it.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation(pub(super) Duration);

impl Confirmation {
    /// Of something that is confirmed now. A journal elsewhere makes it *before* it asks there.
    #[must_use]
    pub fn now() -> Self {
        Self(clock::now())
    }
}

/// For whom and what a journal is: that of another is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Purpose {
    /// The URL of the server.
    pub server: String,
    /// Who calls, by the name that is no secret.
    pub account: String,
    /// The operation that orders.
    pub operation: String,
    /// Its parameters, but for what stands in the list.
    pub defaults: serde_json::Map<String, serde_json::Value>,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let defaults = serde_json::Value::from(self.defaults.clone());
        write!(f, "{} for {} at {} with {defaults}", self.operation, self.account, self.server)
    }
}

/// Why a journal can't be used, or any more.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// It is not there.
    #[error(
        "there is no journal {}: if one was kept, find it, for without it every SIM would be ordered for again; if this is the first run, create one", .0.display()
    )]
    Missing(PathBuf),
    /// It is there, and was to be created.
    #[error("{} is there already: open it to go on with it, or name another", .0.display())]
    Exists(PathBuf),
    /// It is for another account, server, operation, plan or defaults.
    #[error(
        "the journal is for {recorded}, and not for {wanted}: nothing was ordered; use a journal of its own for that"
    )]
    OtherPurpose {
        /// What it is for.
        recorded: Box<Purpose>,
        /// What it was to be used for.
        wanted: Box<Purpose>,
    },
    /// An order for a SIM was begun or placed with other parameters.
    #[error(
        "SIM {sim} was ordered for with other parameters (fingerprint {recorded}, now {wanted}): use a journal of its own for another order"
    )]
    OtherParameters {
        /// The SIM.
        sim: Sim,
        /// The fingerprint of its order.
        recorded: String,
        /// The fingerprint of what was to be ordered.
        wanted: String,
    },
    /// Another has taken over a SIM that was claimed. This is an error of the SIM alone.
    #[error("another has taken over SIM {sim}, because this claim of it had run out")]
    Lost {
        /// The SIM.
        sim: Sim,
    },
    /// What became of a SIM is in doubt: an order was placed by who had lost it. A person has to look, and to
    /// [tell](Journal::found_out) the journal. This is an error of the SIM alone.
    #[error("SIM {sim}: {why}: look which of them is yours, and tell the journal")]
    Doubtful {
        /// The SIM.
        sim: Sim,
        /// What is known, with the ids of the orders.
        why: String,
    },
    /// There is nothing to find out of a SIM: no order for it was begun, it is done, or a run has it.
    #[error("SIM {sim} is not unknown: no order for it was begun, or it is done, or a run has it")]
    NotUnknown {
        /// The SIM.
        sim: Sim,
    },
    /// Another run has it, or may have it.
    #[error("{0}: stop the other run, or use a journal in PostgreSQL for several")]
    Locked(String),
    /// It is where a lock can't be relied on.
    #[error("{0}: put it on a disk of this machine, or use a journal in PostgreSQL")]
    Unfit(String),
    /// It was written by a newer version of this crate.
    #[error(
        "the journal has format {0}, which is newer than this program: use the newer one; the journal was not touched"
    )]
    Newer(u64),
    /// It was written before the first release, in a format that does not tell how many orders were sent.
    #[error(
        "the journal has format {0}, from before the first release, and this program can't read it: go on with it by the program that wrote it; the journal was not touched"
    )]
    Older(u64),
    /// A line of it is not as it was written. Nothing was changed.
    #[error("line {line} of the journal is damaged ({what}): restore it; nothing was ordered and nothing changed")]
    Damaged {
        /// Its number, the first is 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// It can't be read or written. Nothing more is ordered.
    #[error("the journal can't be {doing}: {source}; no more orders are placed")]
    Failed {
        /// What was tried.
        doing: &'static str,
        /// What went wrong.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl JournalError {
    /// That something went wrong while it was `doing` (`"read"`, `"written"`).
    pub fn failed(doing: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed { doing, source: source.into().into() }
    }
}
