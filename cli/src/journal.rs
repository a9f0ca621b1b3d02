//! The journal of a fleet: a file, or one in a PostgreSQL database, on which several machines may work.

use std::path::Path;

use linksfield::csss::Client;
use linksfield::fleet::{FileJournal, Fleet, JournalError, List, Purpose, Run};
#[cfg(feature = "postgres")]
use linksfield_postgres::PostgresJournal;
use zeroize::Zeroizing;

use crate::exit::{Failure, Result};
use crate::settings::variable;

/// The variable with the connection string of the database. It may have a password, so no flag takes it.
const DATABASE: &str = "LINKSFIELD_JOURNAL";

pub enum Journal {
    File(FileJournal),
    #[cfg(feature = "postgres")]
    Postgres(PostgresJournal),
}

impl Journal {
    pub async fn open(name: &Path, purpose: &Purpose) -> Result<Self> {
        check(name)?;
        match variable(DATABASE)? {
            None => FileJournal::open(name, purpose).await.map(Self::File).map_err(not_begun),
            Some(database) => shared(&database, name, purpose, false).await,
        }
    }

    pub async fn create(name: &Path, purpose: &Purpose) -> Result<Self> {
        check(name)?;
        match variable(DATABASE)? {
            None => FileJournal::create(name, purpose).await.map(Self::File).map_err(not_begun),
            Some(database) => shared(&database, name, purpose, true).await,
        }
    }

    pub fn run(self, fleet: &Fleet<Client>, list: List) -> Run {
        match self {
            Self::File(journal) => fleet.run(list, journal),
            #[cfg(feature = "postgres")]
            Self::Postgres(journal) => fleet.run(list, journal),
        }
    }
}

/// Refuses what may hold a password. Quotes nothing of it.
fn check(name: &Path) -> Result {
    let name = name.to_string_lossy().to_lowercase();
    if name.contains("://") || name.contains("password") && name.contains('=') {
        return Err(Failure::usage(format!(
            "a journal is a file, or a name: an address of a database, with a password in it, is seen by all on this machine. Put it in {DATABASE}"
        )));
    }
    Ok(())
}

#[cfg(feature = "postgres")]
async fn shared(database: &Zeroizing<String>, name: &Path, purpose: &Purpose, is_new: bool) -> Result<Journal> {
    let name = name.to_str().ok_or_else(|| Failure::usage("the name of the journal is not Unicode"))?;
    let journal = match is_new {
        true => PostgresJournal::create(database, name, purpose).await,
        false => PostgresJournal::open(database, name, purpose).await,
    };
    let journal = journal.map_err(not_begun)?;
    if journal.may_forget() {
        crate::tell(
            "the database has standbys that are not waited for: if one takes over, SIMs that it may have forgotten are left unknown",
        );
    }
    Ok(Journal::Postgres(journal))
}

#[cfg(not(feature = "postgres"))]
async fn shared(_: &Zeroizing<String>, _: &Path, _: &Purpose, _: bool) -> Result<Journal> {
    Err(Failure::settings(format!(
        "{DATABASE} is set, and this program was built without the feature postgres: unset it to use a file; nothing was sent"
    )))
}

fn not_begun(error: JournalError) -> Failure {
    Failure::settings(format!("{error}; nothing was sent"))
}
