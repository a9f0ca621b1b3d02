//! What an operator is told, and a stranger is not. Without the feature `tracing` nothing of this is compiled.

#[cfg(feature = "tracing")]
pub(super) use enabled::{Refusals, in_this_span, trouble};

#[cfg(not(feature = "tracing"))]
pub(super) use disabled::{Refusals, in_this_span, trouble};

#[cfg(feature = "tracing")]
mod enabled {
    use std::fmt::Display;
    use std::future::Future;
    use std::sync::{Arc, Mutex, MutexGuard};
    use std::thread;
    use std::time::{Duration, Instant};

    use tracing::dispatcher::{get_default, with_default};
    use tracing::instrument::Instrument;

    use crate::lock::held;
    use crate::notification::Rejection;

    /// Most refusals that are told in a second: whoever floods the receiver must not flood the log.
    const A_SECOND: u32 = 10;

    /// Tells of refused requests, a few of them in each second.
    #[derive(Default)]
    pub(in crate::notification) struct Refusals(Arc<Mutex<Told>>);

    #[derive(Default)]
    struct Told {
        ends: Option<Instant>,
        told: u32,
        left_out: u64,
    }

    impl Refusals {
        pub(in crate::notification) fn tell(&self, rejection: &Rejection) {
            let now = Instant::now();
            let mut told = self.told();
            let ends = *told.ends.get_or_insert_with(|| now + Duration::from_secs(1));
            if ends <= now {
                (told.ends, told.told) = (Some(now + Duration::from_secs(1)), 0);
            }
            if told.told == A_SECOND {
                told.left_out += 1;
                let is_first = told.left_out == 1;
                drop(told);
                if is_first {
                    self.tell_after(ends.saturating_duration_since(now));
                }
                return;
            }
            told.told += 1;
            let left_out = std::mem::take(&mut told.left_out);
            drop(told);
            tracing::warn!(reason = %rejection, status = rejection.status().as_u16(), left_out, "a notification was refused");
        }

        /// What anybody sends who looks whether there is a server.
        pub(in crate::notification) fn tell_of_probe(&self, rejection: &Rejection) {
            tracing::debug!(reason = %rejection, status = rejection.status().as_u16(), "an empty request was refused");
        }

        /// Tells how many were left out when the second ends, should no other refusal come. A thread does it, as there may be
        /// no runtime, or one without timers. Where there is none, the next refusal tells it, or the end of the verifier.
        fn tell_after(&self, rest: Duration) {
            let (told, subscriber) = (Arc::downgrade(&self.0), get_default(Clone::clone));
            let telling = move || {
                thread::sleep(rest);
                let Some(told) = told.upgrade() else { return };
                with_default(&subscriber, || tell_left_out(Self(told).take_left_out()));
            };
            let _ = thread::Builder::new().name("linksfield-refusals".to_owned()).spawn(telling);
        }

        fn take_left_out(&self) -> u64 {
            std::mem::take(&mut self.told().left_out)
        }

        fn told(&self) -> MutexGuard<'_, Told> {
            held(&self.0)
        }
    }

    /// Without the lock: a subscriber may be slow, or verify a notification itself.
    fn tell_left_out(left_out: u64) {
        if left_out > 0 {
            tracing::warn!(left_out, "more notifications were refused");
        }
    }

    /// When nobody else has it, so that there is no lock to hold.
    impl Drop for Told {
        fn drop(&mut self) {
            tell_left_out(self.left_out);
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
