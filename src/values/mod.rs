//! What the generated types are made of.

pub(crate) mod coded;
pub(crate) mod exact;
mod language;
mod listed;
pub(crate) mod object;
pub(crate) mod read;
mod scalar;
pub(crate) mod text;
mod time;

pub use language::Language;
pub use listed::{Listed, OddItem};
pub use scalar::Scalar;
pub use time::Time;
