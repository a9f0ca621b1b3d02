//! The journal of a fleet: a file, or one in a PostgreSQL database, on which several machines may work.

use std::path::Path;

use linksfield::csss::Client;
use linksfield::fleet::{FileJournal, Fleet, Journal as _, JournalError, List, Purpose, Run, Sim};
#[cfg(feature = "postgres")]
use linksfield_postgres::PostgresJournal;
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure, Result};
use crate::settings::variable_or_file;
use crate::tell;

/// What a journal is named by.
pub const PLACE: &str = "FILE|NAME";

/// The variable with the connection string of the database. It may have a password, so no flag takes it.
const DATABASE: &str = "LINKSFIELD_JOURNAL";

/// The variable with the name of a file that holds it.
const DATABASE_FILE: &str = "LINKSFIELD_JOURNAL_FILE";

pub enum Journal {
    File(FileJournal),
    #[cfg(feature = "postgres")]
    Postgres(PostgresJournal),
}

impl Journal {
    pub async fn open(name: &Path, purpose: &Purpose) -> Result<Self> {
        check(name)?;
        match database()? {
            None => FileJournal::open(name, purpose).await.map(in_a_file).map_err(not_begun),
            Some(database) => shared(&database, name, purpose, false).await,
        }
    }

    pub async fn create(name: &Path, purpose: &Purpose) -> Result<Self> {
        check(name)?;
        match database()? {
            None => FileJournal::create(name, purpose).await.map(in_a_file).map_err(not_begun),
            Some(database) => shared(&database, name, purpose, true).await,
        }
    }

    /// Opens one to tell it something, and says for what it is.
    pub async fn to_tell(name: &Path) -> Result<(Self, Purpose)> {
        check(name)?;
        let purpose = match database()? {
            None => FileJournal::purpose_of(name).await.map_err(not_begun)?,
            Some(database) => purpose_of_shared(&database, name).await?,
        };
        Ok((Self::open(name, &purpose).await?, purpose))
    }

    /// Takes down what a person found out: the id of a SIM's order, or that it has none.
    pub async fn found_out(&self, sim: Sim, order: Option<&str>) -> Result {
        let told = match self {
            Self::File(journal) => journal.found_out(sim, order).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(journal) => journal.found_out(sim, order).await,
        };
        told.map_err(|error| Failure::new(Exit::Other, error.to_string()))
    }

    pub fn run(self, fleet: &Fleet<Client>, list: List) -> Run {
        match self {
            Self::File(journal) => fleet.run(list, journal),
            #[cfg(feature = "postgres")]
            Self::Postgres(journal) => fleet.run(list, journal),
        }
    }
}

/// The connection string of the database, if journals are in one.
fn database() -> Result<Option<Zeroizing<String>>> {
    let string = variable_or_file(DATABASE, Some(DATABASE_FILE))?;
    Ok(string.map(|string| Zeroizing::new(string.trim().to_owned())))
}

fn in_a_file(journal: FileJournal) -> Journal {
    if journal.may_forget() {
        tell(
            "the journal is in memory (tmpfs): when power is lost or this machine starts again, it is gone, and nobody knows what was ordered",
        );
    }
    Journal::File(journal)
}

/// Refuses what may hold a password. Quotes nothing of it.
fn check(name: &Path) -> Result {
    let name = name.to_string_lossy().to_lowercase();
    if name.contains("://") || name.contains("password") && name.contains('=') {
        return Err(Failure::usage(format!(
            "a journal is a file, or a name: an address of a database, with a password in it, is seen by all on this machine. Put it in {DATABASE}, or in a file that {DATABASE_FILE} names"
        )));
    }
    Ok(())
}

#[cfg(feature = "postgres")]
async fn shared(database: &Zeroizing<String>, name: &Path, purpose: &Purpose, is_new: bool) -> Result<Journal> {
    let name = unicode(name)?;
    let journal = match is_new {
        true => PostgresJournal::create(database, name, purpose).await,
        false => PostgresJournal::open(database, name, purpose).await,
    };
    let journal = journal.map_err(not_begun)?;
    if journal.may_forget() {
        tell(
            "the database has standbys that are not waited for: if one takes over, SIMs that it may have forgotten are left unknown",
        );
    }
    Ok(Journal::Postgres(journal))
}

#[cfg(feature = "postgres")]
async fn purpose_of_shared(database: &Zeroizing<String>, name: &Path) -> Result<Purpose> {
    PostgresJournal::purpose_of(database, unicode(name)?).await.map_err(not_begun)
}

#[cfg(feature = "postgres")]
fn unicode(name: &Path) -> Result<&str> {
    name.to_str().ok_or_else(|| Failure::usage("the name of the journal is not Unicode"))
}

#[cfg(not(feature = "postgres"))]
async fn shared(_: &Zeroizing<String>, _: &Path, _: &Purpose, _: bool) -> Result<Journal> {
    Err(without_postgres())
}

#[cfg(not(feature = "postgres"))]
async fn purpose_of_shared(_: &Zeroizing<String>, _: &Path) -> Result<Purpose> {
    Err(without_postgres())
}

#[cfg(not(feature = "postgres"))]
fn without_postgres() -> Failure {
    Failure::settings(format!(
        "{DATABASE} is set, and this program was built without the feature postgres: unset it to use a file; nothing was sent"
    ))
}

fn not_begun(error: JournalError) -> Failure {
    Failure::settings(format!("{error}; nothing was sent"))
}
