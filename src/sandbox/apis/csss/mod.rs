//! The CSSS API of the sandbox.

pub(in crate::sandbox) mod answers;
pub(in crate::sandbox) mod calendar;
pub(in crate::sandbox) mod ledger;
