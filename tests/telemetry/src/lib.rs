//! How an operator sees the calls of `linksfield`: spans and metrics through OpenTelemetry, here into memory.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, QueryOrder};
use linksfield::http::{HeaderMap, HeaderName, HeaderValue};
use linksfield::sandbox::{FAULT_HEADER, Fault, Sandbox};
use linksfield::{Error, RetryPolicy};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{Aggregation, InMemoryMetricExporter, Instrument, SdkMeterProvider, Stream};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::{Level, Span};
use tracing_opentelemetry::{MetricsLayer, OpenTelemetrySpanExt};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

/// Where spans and metrics go.
pub struct Telemetry {
    pub spans: InMemorySpanExporter,
    pub metrics: InMemoryMetricExporter,
    meters: SdkMeterProvider,
}

impl Telemetry {
    /// Sends the spans and metrics of this process to OpenTelemetry.
    pub fn start() -> Result<Self, tracing::subscriber::SetGlobalDefaultError> {
        let (spans, metrics) = (InMemorySpanExporter::default(), InMemoryMetricExporter::default());
        let tracers = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
        let meters = SdkMeterProvider::builder().with_view(in_seconds).with_periodic_exporter(metrics.clone()).build();
        let calls = tracing_opentelemetry::layer().with_tracer(tracers.tracer("operator"));
        let calls = calls.with_location(false).with_threads(false).with_tracked_inactivity(false);
        let subscriber = tracing_subscriber::registry()
            .with(calls.with_filter(Targets::new().with_target("linksfield", Level::INFO)))
            .with(
                MetricsLayer::new(meters.clone())
                    .with_filter(Targets::new().with_target("linksfield::metrics", Level::DEBUG)),
            );
        tracing::subscriber::set_global_default(subscriber)?;
        Ok(Self { spans, metrics, meters })
    }

    /// Sends what was measured and is not sent yet.
    pub fn flush(&self) -> OTelSdkResult {
        self.meters.force_flush()
    }
}

/// Seconds, in buckets that fit: those that are usual are for milliseconds.
fn in_seconds(instrument: &Instrument) -> Option<Stream> {
    let boundaries = vec![0.001, 0.01, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
    let buckets = Aggregation::ExplicitBucketHistogram { boundaries, record_min_max: true };
    let is_meant = instrument.name() == "linksfield.limiter.wait";
    is_meant.then(|| Stream::builder().with_unit("s").with_aggregation(buckets).build().ok()).flatten()
}

/// Adds the context of the trace that a call belongs to: for `ClientBuilder::headers`.
pub fn inject(headers: &mut HeaderMap) {
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut HeaderInjector(headers));
}

/// A client of `sandbox` whose first request meets `fault`.
fn client(sandbox: &Sandbox, fault: Option<Fault>) -> Result<Client, Error> {
    let is_first = AtomicBool::new(true);
    Client::builder()
        .credentials(sandbox.credentials().clone())
        .environment(sandbox.url())
        .retry(RetryPolicy::builder().first_delay(Duration::from_millis(20)).build())
        .headers(move |headers| {
            inject(headers);
            if let Some(fault) = fault.filter(|_| is_first.swap(false, Relaxed)) {
                headers.insert(HeaderName::from_static(FAULT_HEADER), HeaderValue::from_static(fault.name()));
            }
        })
        .build()
}

/// Five calls of a sandbox: one is accepted, one refused, one meets HTTP 500, one is sent again, one is cancelled.
pub async fn five_calls() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let orders = QueryOrder::builder().page_no(1).page_size(10).build();
    let open = OpenPackage::builder().order_id("1").build();
    client(&sandbox, None)?.query_order(&orders).await?;
    let _refused = client(&sandbox, None)?.open_package(&open).await;
    let _failed = client(&sandbox, Some(Fault::HtmlError))?.open_package(&open).await;
    client(&sandbox, Some(Fault::TooManyRequests))?.query_order(&orders).await?;
    let hangs = client(&sandbox, Some(Fault::Hang))?;
    let _cancelled = tokio::time::timeout(Duration::from_millis(500), hangs.open_package(&open)).await;
    Ok(())
}
