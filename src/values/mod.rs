//! What the generated types are made of.

pub(crate) mod coded;
mod language;
pub(crate) mod null;
mod time;

pub use language::Language;
pub use time::Time;
