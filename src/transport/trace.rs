//! What a call tells of itself through `tracing`, by the conventions of OpenTelemetry for HTTP clients: one span for each
//! call, an event for each time that it is sent again, and metrics.
//!
//! It says which operation, where, how often, how long and with what result; it has no body, no secret and no signature.
//! Metrics are events of the target `linksfield::metrics` outside of any span, with fields that `tracing-opentelemetry`
//! makes instruments of. Without the feature `tracing` nothing of this is compiled.

#[cfg(feature = "tracing")]
pub(crate) use enabled::Span;

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::Span;

/// Work that another thread carries out as if it were done here.
#[cfg(all(feature = "blocking", feature = "tracing"))]
pub(super) fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    use tracing::instrument::{Instrument, WithSubscriber};
    work.in_current_span().with_current_subscriber()
}

#[cfg(all(feature = "blocking", not(feature = "tracing")))]
pub(super) fn carried<F: Future>(work: F) -> F {
    work
}

#[cfg(feature = "tracing")]
mod enabled {
    use std::time::{Duration, Instant};

    use reqwest::{StatusCode, Url};
    use tracing::field::{Empty, debug};
    use tracing::instrument::{Instrument, Instrumented};
    use tracing::{Level, event};

    use crate::error::{Error, Subject, bounded};
    use crate::transport::intent::Target;
    use crate::transport::progress::Progress;

    /// An event of which a metric is made, outside of any span.
    macro_rules! metric {
        ($($field:tt)*) => { event!(target: "linksfield::metrics", parent: None, Level::DEBUG, $($field)*) };
    }

    /// Most characters of each thing that a server says in one field.
    const LONGEST: usize = 256;

    /// The span of one call. Dropped before its end, it says that the call was cancelled.
    pub(crate) struct Span<'a> {
        span: tracing::Span,
        start: Instant,
        subject: &'a Subject,
        progress: &'a Progress,
        is_ended: bool,
    }

    impl<'a> Span<'a> {
        pub(crate) fn begin(target: &'a Target, base: &Url, progress: &'a Progress) -> Self {
            let subject = &target.subject;
            let span = tracing::info_span!(
                target: "linksfield",
                "linksfield",
                otel.name = &*subject.operation,
                otel.kind = "client",
                otel.status_code = Empty,
                otel.status_description = Empty,
                http.request.method = target.method.as_str(),
                http.request.resend_count = Empty,
                http.response.status_code = Empty,
                server.address = base.host_str(),
                server.port = base.port_or_known_default().map(i64::from),
                url.full = Empty,
                error.type = Empty,
                linksfield.operation = &*subject.operation,
                linksfield.code = Empty,
                linksfield.outcome_unknown = Empty,
                duration_ms = Empty,
            );
            Self { span, start: Instant::now(), subject, progress, is_ended: false }
        }

        pub(crate) fn around<F>(&self, call: F) -> Instrumented<F> {
            call.instrument(self.span.clone())
        }

        /// Tells how long `wait` for the limits took, also if it is given up.
        pub(crate) async fn waiting<T>(&self, wait: impl Future<Output = T>) -> T {
            let _waiting = Waiting { start: Instant::now(), operation: &self.subject.operation };
            wait.await
        }

        /// The same was called lately, and the API takes equal calls for one.
        pub(crate) fn repeated(&self) {
            event!(
                target: "linksfield",
                parent: &self.span,
                Level::WARN,
                "an equal call was made within the time in which equal calls count as one: it may get the first one's answer \
                 and nothing of its own, or be done once more"
            );
        }

        /// It is sent once more, though the first may have done all.
        pub(crate) fn resent(&self) {
            event!(
                target: "linksfield",
                parent: &self.span,
                Level::WARN,
                "the same request is sent once more: it counts as the first one's only if it arrives within the time in which \
                 equal calls count as one, and is done a second time if something holds it back"
            );
        }

        /// Where it is sent, without the query: a signature may stand there. All attempts go to the same place.
        pub(crate) fn url(&self, url: &Url) {
            if self.progress.attempts() == 1 && !self.span.is_disabled() {
                self.span.record("url.full", url.as_str().split('?').next());
            }
        }

        /// It will be sent again after `delay`.
        pub(crate) fn again(&self, failed: &Error, delay: Duration) {
            event!(
                target: "linksfield",
                parent: &self.span,
                Level::INFO,
                error.type = debug(failed.kind()),
                http.response.status_code = failed.status().map(i64::from),
                linksfield.delay_ms = delay.as_secs_f64() * 1000.0,
                "retry",
            );
        }

        /// It was to be sent again, and is not.
        pub(crate) fn given_up(&self, why: &dyn std::fmt::Display) {
            event!(target: "linksfield", parent: &self.span, Level::WARN, "no retry: {why}");
        }

        pub(crate) fn end(mut self, result: Result<StatusCode, &Error>) {
            self.is_ended = true;
            match result {
                Ok(status) => {
                    self.status(Some(status.as_u16()));
                    self.close(None, false);
                }
                Err(error) => {
                    self.status(error.status());
                    self.span.record("linksfield.code", error.code().map(|code| bounded(code, LONGEST)).as_deref());
                    self.failed(&error.bounded(LONGEST));
                    self.close(Some(&error.kind()), error.outcome_unknown());
                    self.count_refusal(error);
                }
            }
        }

        fn status(&self, status: Option<u16>) {
            self.span.record("http.response.status_code", status.map(i64::from));
        }

        fn failed(&self, why: &dyn std::fmt::Display) {
            if self.span.is_disabled() {
                return;
            }
            self.span.record("otel.status_code", "ERROR");
            // The description is the last word: of the status it keeps nothing else.
            self.span.record("otel.status_description", why.to_string());
        }

        /// What became of the call, for the span and the metrics.
        fn close(&self, error: Option<&dyn std::fmt::Debug>, outcome_unknown: bool) {
            let (error, operation) = (error.map(debug), &*self.subject.operation);
            // The convention counts those after the first.
            let resent = self.progress.attempts().checked_sub(1).filter(|resent| *resent > 0);
            self.span.record("http.request.resend_count", resent.map(i64::from));
            self.span.record("duration_ms", self.start.elapsed().as_secs_f64() * 1000.0);
            if let Some(error) = &error {
                self.span.record("error.type", error);
                self.span.record("linksfield.outcome_unknown", outcome_unknown);
            }
            metric!(
                monotonic_counter.linksfield.calls = 1_u64,
                linksfield.operation = operation,
                error.type = error,
            );
            if outcome_unknown {
                metric!(
                    monotonic_counter.linksfield.unknown_outcomes = 1_u64,
                    linksfield.operation = operation,
                    error.type = error,
                );
            }
        }

        fn count_refusal(&self, error: &Error) {
            if let Some(code) = error.code() {
                metric!(
                    monotonic_counter.linksfield.refusals = 1_u64,
                    linksfield.operation = &*self.subject.operation,
                    linksfield.code = &*bounded(code, LONGEST),
                );
            }
        }
    }

    /// An attempt that waits for the limits.
    struct Waiting<'a> {
        start: Instant,
        operation: &'a str,
    }

    impl Drop for Waiting<'_> {
        fn drop(&mut self) {
            metric!(
                histogram.linksfield.limiter.wait = self.start.elapsed().as_secs_f64(),
                linksfield.operation = self.operation,
            );
        }
    }

    impl Drop for Span<'_> {
        fn drop(&mut self) {
            if !self.is_ended {
                let (kind, why) = match std::thread::panicking() {
                    true => ("Panicked", "a panic ended it"),
                    false => ("Cancelled", "the call was dropped before its end"),
                };
                self.failed(&why);
                self.close(Some(&format_args!("{kind}")), self.progress.outcome_unknown(self.subject));
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use std::marker::PhantomData;
    use std::time::Duration;

    use reqwest::{StatusCode, Url};

    use crate::error::Error;
    use crate::transport::intent::Target;
    use crate::transport::progress::Progress;

    /// Nothing.
    pub(crate) struct Span<'a>(PhantomData<&'a ()>);

    impl<'a> Span<'a> {
        pub(crate) fn begin(_: &'a Target, _: &Url, _: &'a Progress) -> Self {
            Self(PhantomData)
        }

        pub(crate) fn url(&self, _: &Url) {}

        pub(crate) fn around<F>(&self, call: F) -> F {
            call
        }

        pub(crate) fn waiting<F>(&self, wait: F) -> F {
            wait
        }

        pub(crate) fn repeated(&self) {}

        pub(crate) fn resent(&self) {}

        pub(crate) fn again(&self, _: &Error, _: Duration) {}

        pub(crate) fn given_up(&self, _: &dyn std::fmt::Display) {}

        pub(crate) fn end(self, _: Result<StatusCode, &Error>) {}
    }
}
