//! What the generated types are made of.

mod byte_count;
pub(crate) mod coded;
mod epoch_millis;
pub(crate) mod exact;
mod language;
mod listed;
pub(crate) mod object;
pub(crate) mod read;
mod scalar;
pub(crate) mod text;
mod time;

pub use byte_count::ByteCount;
pub use epoch_millis::EpochMillis;
pub use language::Language;
pub use listed::{Listed, OddItem};
pub use scalar::Scalar;
pub use time::Time;
