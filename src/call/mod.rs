//! One call.

pub(crate) mod pages;
