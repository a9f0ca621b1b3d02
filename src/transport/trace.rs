//! One span for each call, with the attribute names of OpenTelemetry's conventions for HTTP clients.
//!
//! It says which operation, where, how often, how long and with what result; it has no body, no secret and no signature.
//! Without the feature `tracing` nothing of this is compiled.

#[cfg(feature = "tracing")]
pub(crate) use enabled::Span;

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::Span;

#[cfg(feature = "tracing")]
mod enabled {
    use std::time::Instant;

    use reqwest::{StatusCode, Url};
    use tracing::field::Empty;
    use tracing::instrument::{Instrument, Instrumented};

    use crate::error::Error;
    use crate::transport::intent::Target;

    /// The span of one call.
    pub(crate) struct Span {
        span: tracing::Span,
        start: Instant,
    }

    impl Span {
        pub(crate) fn begin(target: &Target, base: &Url) -> Self {
            let span = tracing::info_span!(
                "linksfield",
                otel.kind = "client",
                http.request.method = target.method.as_str(),
                http.request.resend_count = Empty,
                http.response.status_code = Empty,
                server.address = base.host_str(),
                server.port = base.port_or_known_default(),
                url.full = Empty,
                error.type = Empty,
                linksfield.operation = &*target.subject.operation,
                linksfield.code = Empty,
                linksfield.outcome_unknown = Empty,
                duration_ms = Empty,
            );
            Self { span, start: Instant::now() }
        }

        pub(crate) fn around<F>(&self, call: F) -> Instrumented<F> {
            call.instrument(self.span.clone())
        }

        /// Where it is sent, without the query: a signature may stand there.
        pub(crate) fn url(&self, url: &Url) {
            if !self.span.is_disabled() {
                self.span.record("url.full", url.as_str().split('?').next());
            }
        }

        /// Attempts count from 1; the convention counts those after the first.
        pub(crate) fn attempt(&self, attempt: u32) {
            if attempt > 1 {
                self.span.record("http.request.resend_count", attempt - 1);
            }
        }

        pub(crate) fn end(&self, result: Result<StatusCode, &Error>) {
            self.span.record("duration_ms", self.start.elapsed().as_secs_f64() * 1000.0);
            match result {
                Ok(status) => {
                    self.span.record("http.response.status_code", status.as_u16());
                }
                Err(error) => {
                    self.span.record("http.response.status_code", error.status());
                    self.span.record("linksfield.code", error.code());
                    self.span.record("linksfield.outcome_unknown", error.outcome_unknown());
                    self.span.record("error.type", tracing::field::debug(error.kind()));
                }
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use reqwest::{StatusCode, Url};

    use crate::error::Error;
    use crate::transport::intent::Target;

    /// Nothing.
    pub(crate) struct Span;

    impl Span {
        pub(crate) fn begin(_: &Target, _: &Url) -> Self {
            Self
        }

        pub(crate) fn url(&self, _: &Url) {}

        pub(crate) fn around<F>(&self, call: F) -> F {
            call
        }

        pub(crate) fn attempt(&self, _: u32) {}

        pub(crate) fn end(&self, _: Result<StatusCode, &Error>) {}
    }
}
