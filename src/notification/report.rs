//! What an operator is told, and a stranger is not. Without the feature `tracing` nothing of this is compiled.

#[cfg(feature = "tracing")]
pub(super) use enabled::{Refusals, in_this_span, trouble};

#[cfg(not(feature = "tracing"))]
pub(super) use disabled::{Refusals, in_this_span, trouble};

#[cfg(feature = "tracing")]
mod enabled {
    use std::fmt::Display;
    use std::future::Future;
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use tracing::instrument::Instrument;

    use crate::notification::Rejection;

    /// Most refusals that are told in a second: whoever floods the receiver must not flood the log.
    const A_SECOND: u32 = 10;

    /// Tells of refused requests, a few of them in each second.
    #[derive(Default)]
    pub(in crate::notification) struct Refusals(Mutex<Told>);

    #[derive(Default)]
    struct Told {
        second: Option<Instant>,
        told: u32,
        left_out: u64,
    }

    impl Refusals {
        pub(in crate::notification) fn tell(&self, rejection: &Rejection) {
            if let Some(left_out) = self.admit(Instant::now()) {
                tracing::warn!(reason = %rejection, status = rejection.status().as_u16(), left_out, "a notification was refused");
            }
        }

        /// What anybody sends who looks whether there is a server.
        pub(in crate::notification) fn tell_of_probe(&self, rejection: &Rejection) {
            tracing::debug!(reason = %rejection, status = rejection.status().as_u16(), "an empty request was refused");
        }

        /// How many were left out since the last one that was told, if one more may be told.
        fn admit(&self, now: Instant) -> Option<u64> {
            let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if told.second.is_none_or(|second| now.saturating_duration_since(second) >= Duration::from_secs(1)) {
                (told.second, told.told) = (Some(now), 0);
            }
            if told.told == A_SECOND {
                told.left_out += 1;
                return None;
            }
            told.told += 1;
            Some(std::mem::take(&mut told.left_out))
        }
    }

    /// Tells of what went wrong on this side.
    pub(in crate::notification) fn trouble(what: &'static str, cause: Option<&dyn Display>) {
        tracing::warn!(cause = cause.map(tracing::field::display), "{what}");
    }

    pub(in crate::notification) fn in_this_span<F: Future>(future: F) -> impl Future<Output = F::Output> {
        future.in_current_span()
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use std::fmt::Display;

    use crate::notification::Rejection;

    #[derive(Default)]
    pub(in crate::notification) struct Refusals(());

    impl Refusals {
        pub(in crate::notification) fn tell(&self, _: &Rejection) {}

        pub(in crate::notification) fn tell_of_probe(&self, _: &Rejection) {}
    }

    pub(in crate::notification) fn trouble(_: &'static str, _: Option<&dyn Display>) {}

    pub(in crate::notification) fn in_this_span<F>(future: F) -> F {
        future
    }
}
