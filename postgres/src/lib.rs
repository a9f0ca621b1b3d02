#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(missing_debug_implementations, unreachable_pub)]

mod connections;
mod error;
mod journal;
mod lock;
mod schema;
mod settings;
mod store;
mod tls;

pub use error::Error;
pub use journal::PostgresJournal;
pub use store::PostgresDeliveries;
// It stands in public signatures, in the version that this crate uses.
pub use tokio_postgres;
