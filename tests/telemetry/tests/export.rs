//! What OpenTelemetry is told of calls.

use std::collections::BTreeMap;

use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::csss::types::QueryDevice;
use linksfield_telemetry::{Telemetry, five_calls, inject};
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::trace::SpanData;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;

static EXPORTED: OnceCell<(Telemetry, String)> = OnceCell::const_new();

/// The five calls, and a sixth, of which the text is returned that went over the wire.
async fn exported() -> &'static (Telemetry, String) {
    let export = async || {
        let telemetry = Telemetry::start().unwrap();
        five_calls().await.unwrap();
        let sent = sent().await;
        telemetry.flush().unwrap();
        (telemetry, sent)
    };
    EXPORTED.get_or_init(export).await
}

/// What a server gets of a call whose headers carry the context of its trace.
async fn sent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 8192];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"code\":\"0000\"}").await.unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let credentials = Credentials::new("P000270", "a secret").unwrap();
    let client = Client::builder().credentials(credentials).environment(url).headers(inject).build().unwrap();
    let _ = client.query_device(&QueryDevice::builder().device_id("1").build()).await;
    server.await.unwrap()
}

async fn spans() -> Vec<SpanData> {
    exported().await.0.spans.get_finished_spans().unwrap()
}

fn attributes(span: &SpanData) -> BTreeMap<&str, &Value> {
    let attributes: BTreeMap<_, _> = span.attributes.iter().map(|a| (a.key.as_str(), &a.value)).collect();
    assert_eq!(attributes.len(), span.attributes.len(), "each attribute is told once: {:?}", span.attributes);
    attributes
}

#[tokio::test]
async fn a_span_has_the_name_of_its_operation_and_the_kind_of_a_client() {
    let named: Vec<_> =
        spans().await.iter().take(5).map(|span| (span.name.to_string(), span.span_kind.clone())).collect();
    let expected = ["queryOrder", "openPackage", "openPackage", "queryOrder", "openPackage"];
    assert_eq!(named, expected.map(|name| (name.to_owned(), SpanKind::Client)));
}

#[tokio::test]
async fn refusals_failures_and_cancelled_calls_are_errors_and_others_are_not() {
    let spans = spans().await;
    let told = |index: usize| match &spans[index].status {
        Status::Error { description } => description.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!((told(0), told(3)), ("Unset".to_owned(), "Unset".to_owned()));
    assert!(told(1).contains("refused with code SANDBOX-UNKNOWN-ORDER"), "{}", told(1));
    assert!(told(2).contains("HTTP 500") && told(2).contains("may or may not have taken effect"), "{}", told(2));
    assert!(told(4).contains("dropped before its end"), "{}", told(4));
    let types = [1, 2, 4].map(|index| attributes(&spans[index])["error.type"].to_string());
    assert_eq!(types, ["Refused", "Server", "Cancelled"]);
    let unknown = [1, 2, 4].map(|index| attributes(&spans[index])["linksfield.outcome_unknown"].clone());
    assert_eq!(unknown, [Value::Bool(false), Value::Bool(true), Value::Bool(true)]);
}

#[tokio::test]
async fn what_is_a_number_is_told_as_one() {
    let spans = spans().await;
    for (span, status) in spans.iter().zip([200, 200, 500, 200]) {
        let told = attributes(span);
        assert_eq!(told["http.response.status_code"], &Value::I64(status), "{told:?}");
        assert!(matches!(told["server.port"], Value::I64(port) if *port > 0), "{told:?}");
    }
    assert_eq!(attributes(&spans[3])["http.request.resend_count"], &Value::I64(1));
    assert!(!attributes(&spans[0]).contains_key("http.request.resend_count"));
}

#[tokio::test]
async fn each_time_that_a_call_is_sent_again_is_an_event_with_its_delay() {
    let spans = spans().await;
    let events: Vec<_> = spans.iter().map(|span| span.events.iter().collect::<Vec<_>>()).collect();
    assert_eq!(events.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 0, 1, 0, 0]);
    let [again] = events[3][..] else { panic!("{:?}", events[3]) };
    assert_eq!(again.name, "retry");
    let told: BTreeMap<_, _> = again.attributes.iter().map(|a| (a.key.as_str(), a.value.clone())).collect();
    assert!(matches!(told["linksfield.delay_ms"], Value::F64(delay) if (0.0..=20.0).contains(&delay)), "{told:?}");
    assert_eq!(told["http.response.status_code"], Value::I64(429));
}

#[tokio::test]
async fn calls_refusals_unknown_outcomes_and_waiting_are_counted() {
    let exported = &exported().await.0;
    let (mut counted, mut waited) = (BTreeMap::new(), 0);
    for metrics in exported.metrics.get_finished_metrics().unwrap() {
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            match metric.data() {
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    assert!(sum.is_monotonic());
                    counted.insert(metric.name().to_owned(), sum.data_points().map(|point| point.value()).sum::<u64>());
                }
                AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                    assert_eq!((metric.name(), metric.unit()), ("linksfield.limiter.wait", "s"));
                    let bounds: Vec<_> = histogram.data_points().flat_map(|point| point.bounds()).collect();
                    assert!(bounds.contains(&0.25) && bounds.contains(&60.0), "{bounds:?}");
                    waited = histogram.data_points().map(|point| point.count()).sum();
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let expected = [("linksfield.calls", 6), ("linksfield.refusals", 1), ("linksfield.unknown_outcomes", 2)];
    assert_eq!(counted, BTreeMap::from(expected.map(|(name, count)| (name.to_owned(), count))));
    assert_eq!(waited, 7, "once for each attempt");
}

#[tokio::test]
async fn the_context_of_a_call_goes_with_its_request() {
    let sent = &exported().await.1;
    let context = sent.lines().find_map(|line| line.strip_prefix("traceparent: ")).expect(sent);
    let spans = spans().await;
    let ids = &spans.last().unwrap().span_context;
    assert_eq!(context.trim(), format!("00-{}-{}-01", ids.trace_id(), ids.span_id()));
}
