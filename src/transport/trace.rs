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
    use crate::family::place::Call;

    /// The span of one call.
    pub(crate) struct Span {
        span: tracing::Span,
        start: Instant,
    }

    impl Span {
        pub(crate) fn begin(call: &Call<'_>) -> Self {
            let url = Url::parse(&call.url).ok();
            let span = tracing::info_span!(
                "linksfield",
                otel.kind = "client",
                http.request.method = call.method.as_str(),
                http.request.resend_count = Empty,
                http.response.status_code = Empty,
                server.address = url.as_ref().and_then(Url::host_str),
                server.port = url.as_ref().and_then(Url::port_or_known_default),
                url.full = call.url,
                error.type = Empty,
                linksfield.operation = call.failing.operation,
                linksfield.code = Empty,
                linksfield.outcome_unknown = Empty,
                duration_ms = Empty,
            );
            Self { span, start: Instant::now() }
        }

        pub(crate) fn around<F>(&self, call: F) -> Instrumented<F> {
            call.instrument(self.span.clone())
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
    use reqwest::StatusCode;

    use crate::error::Error;
    use crate::family::place::Call;

    /// Nothing.
    pub(crate) struct Span;

    impl Span {
        pub(crate) fn begin(_: &Call<'_>) -> Self {
            Self
        }

        pub(crate) fn around<F>(&self, call: F) -> F {
            call
        }

        pub(crate) fn attempt(&self, _: u32) {}

        pub(crate) fn end(&self, _: Result<StatusCode, &Error>) {}
    }
}
