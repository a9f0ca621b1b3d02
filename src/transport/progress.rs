//! How far a call got: for what ends it without a result.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

#[cfg(feature = "blocking")]
use crate::error::Cause;
use crate::error::Error;
#[cfg(any(feature = "blocking", feature = "tracing"))]
use crate::error::Subject;

#[derive(Debug, Default)]
pub(super) struct Progress {
    /// How many attempts were begun.
    attempts: AtomicU32,
    /// Whether one of them may have reached the server, and nothing says what became of it.
    may_be_sent: AtomicBool,
}

impl Progress {
    /// Attempts count from 1.
    pub(super) fn attempt(&self, attempt: u32) {
        self.attempts.store(attempt, Relaxed);
    }

    /// It is being sent.
    pub(super) fn sent(&self) {
        self.may_be_sent.store(true, Relaxed);
    }

    /// An attempt failed, and another will follow.
    pub(super) fn failed(&self, failed: &Error) {
        self.may_be_sent.store(failed.outcome_unknown(), Relaxed);
    }

    #[cfg(feature = "tracing")]
    pub(super) fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }

    /// Whether a call of `subject` that ends now may have taken effect.
    #[cfg(feature = "tracing")]
    pub(super) fn outcome_unknown(&self, subject: &Subject) -> bool {
        !subject.safe_to_retry && self.may_be_sent.load(Relaxed)
    }

    /// The error of a call that a panic ended now.
    #[cfg(feature = "blocking")]
    pub(super) fn panicked(&self, subject: &Subject) -> Error {
        let may_be_sent = self.may_be_sent.load(Relaxed);
        Error::new(subject.clone(), self.attempts.load(Relaxed), Cause::Panicked { may_be_sent })
    }
}
