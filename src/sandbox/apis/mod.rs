//! The APIs of a sandbox, one room a family.

pub(super) mod csss;
#[cfg(feature = "esim-qr")]
pub(super) mod esim_qr;
#[cfg(feature = "mall")]
pub(super) mod mall;
