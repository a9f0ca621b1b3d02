//! What can go wrong with the database.

use std::error::Error as _;
use std::fmt;

/// What went wrong with the store. Shows no password and no connection string; what the server says is passed on, and may
/// name the user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection string can't be used.
    #[error("the connection string: {0}")]
    Settings(String),
    /// The tables are those of a newer release: nothing was changed.
    #[error("the tables are of version {found}, and this release knows {known}: use a newer release")]
    NewerSchema {
        /// The version that the database has.
        found: i32,
        /// The newest version that this release knows.
        known: i32,
    },
    /// The database can't be reached, or has failed. Whether a step was carried out is unknown.
    #[error("the database at {address}: {}", Whole(.cause))]
    Database {
        /// Host and port, or socket, and name of the database.
        address: String,
        /// What the driver says.
        #[source]
        cause: tokio_postgres::Error,
    },
    /// The database has not answered in time. Whether a step was carried out is unknown.
    #[error("the database at {address} has not answered in time")]
    Late {
        /// Host and port, or socket, and name of the database.
        address: String,
    },
}

/// An error with what it comes from: the driver's own text is short.
struct Whole<'a>(&'a tokio_postgres::Error);

impl fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        match self.0.source() {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}
