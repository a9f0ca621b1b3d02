//! What a call tells a tracing subscriber.

use std::time::Duration;

use futures::FutureExt;
use linksfield::RetryPolicy;
use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, QueryOrder};
use linksfield::sandbox::Sandbox;
use tokio::net::TcpListener;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::{Canned, Log, client_at, client_of, every_subscriber_is_asked, monthly_plan, placed, response};

/// A subscriber that writes each span when it ends.
fn subscriber(log: &Log) -> impl tracing::Subscriber + use<> {
    tracing_subscriber::fmt().with_span_events(FmtSpan::CLOSE).with_writer(log.clone()).with_ansi(false).finish()
}

#[tokio::test]
async fn a_call_is_one_span_that_says_what_came_of_it() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(subscriber(&log));
    every_subscriber_is_asked();
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    placed(&client).await;
    client.open_package(&OpenPackage::builder().order_id("1").build()).await.unwrap_err();
    let text = log.text();
    let spans: Vec<_> = text.lines().filter(|line| line.contains("linksfield{")).collect();
    assert_eq!(spans.len(), 2, "{text}");
    let port = sandbox.url().rsplit(':').next().unwrap().to_owned();
    for part in [
        "linksfield.operation=\"orderPackage\"",
        "otel.kind=\"client\"",
        "http.request.method=\"POST\"",
        "http.response.status_code=200",
        "server.address=\"127.0.0.1\"",
        &format!("server.port={port}"),
        "/package/orderPackage\"",
        "url.full=\"http://127.0.0.1:",
        "duration_ms=",
    ] {
        assert!(spans[0].contains(part), "{part} in {}", spans[0]);
    }
    for part in [
        "linksfield.operation=\"openPackage\"",
        "linksfield.code=\"SANDBOX-UNKNOWN-ORDER\"",
        "linksfield.outcome_unknown=false",
        "error.type=Refused",
    ] {
        assert!(spans[1].contains(part), "{part} in {}", spans[1]);
    }
}

#[tokio::test]
async fn a_span_counts_the_attempts_after_the_first() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(subscriber(&log));
    every_subscriber_is_asked();
    let busy = response("503 x", "text/html", "");
    let good = response("200 OK", "application/json", r#"{"code":"0000"}"#);
    let server = Canned::sequence(TcpListener::bind("127.0.0.1:0").await.unwrap(), vec![busy.clone(), busy, good]);
    let client = Client::builder()
        .credentials(linksfield::Credentials::new("P000270", "s").unwrap())
        .environment(server.url.as_str())
        .retry(RetryPolicy::builder().first_delay(std::time::Duration::ZERO).build())
        .build()
        .unwrap();
    client.query_order(&QueryOrder::builder().page_no(1).page_size(1).build()).await.unwrap();
    assert!(log.text().contains("http.request.resend_count=2"), "{}", log.text());
}

#[tokio::test]
async fn a_span_has_the_url_that_was_called_without_its_query() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(subscriber(&log));
    every_subscriber_is_asked();
    let server = Canned::json("{}").await;
    let client = linksfield::mall::topup::Client::builder()
        .credentials(linksfield::mall::PartnerCode::new("P000270").unwrap())
        .environment(server.url.as_str())
        .build()
        .unwrap();
    let group = linksfield::mall::topup::types::GetGroupSims::builder().group_id("a b").build();
    client.get_group_sims(&group).await.unwrap();
    let url = format!("url.full=\"{}/mall/bundle-groups/a%20b/sims\"", server.url);
    assert!(log.text().contains(&url) && !log.text().contains("sign="), "{}", log.text());
}

/// A subscriber that writes metrics as well.
fn with_metrics(log: &Log) -> impl tracing::Subscriber + use<> {
    let subscriber = tracing_subscriber::fmt().with_span_events(FmtSpan::CLOSE).with_writer(log.clone());
    subscriber.with_ansi(false).with_max_level(tracing::Level::DEBUG).finish()
}

#[tokio::test]
async fn a_call_that_is_dropped_before_it_is_sent_has_no_unknown_outcome() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(with_metrics(&log));
    every_subscriber_is_asked();
    let client = client_at("http://127.0.0.1:1");
    // It begins, and has sent nothing when it is polled again.
    assert!(client.order_package(&monthly_plan()).now_or_never().is_none());
    // It waits before it is sent again, because nobody listens.
    let minute = Duration::from_secs(60);
    let policy = RetryPolicy::builder().attempts(u32::MAX).first_delay(minute).longest_delay(minute).build();
    let mut again = client.order_package(&monthly_plan()).retry(policy);
    while !log.text().contains("retry") {
        assert!((&mut again).now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(again);
    let text = log.text();
    assert_eq!(text.matches("error.type=Cancelled linksfield.outcome_unknown=false").count(), 2, "{text}");
    assert!(text.contains("retry") && !text.contains("unknown_outcomes"), "{text}");
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_waits_for_the_limits_says_how_long_it_waited() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(with_metrics(&log));
    every_subscriber_is_asked();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::builder()
        .credentials(linksfield::Credentials::new("P000270", "s").unwrap())
        .environment(format!("http://{}", listener.local_addr().unwrap()))
        .in_flight(1)
        .build()
        .unwrap();
    let waited = || log.text().matches("histogram.linksfield.limiter.wait").count();
    let mut holds = client.order_package(&monthly_plan());
    assert!((&mut holds).now_or_never().is_none());
    assert_eq!(waited(), 1, "it has its turn at once");
    assert!(client.order_package(&monthly_plan()).now_or_never().is_none());
    assert_eq!(waited(), 2, "it was dropped");
}

#[tokio::test]
async fn what_a_server_says_without_an_end_has_one_in_each_field() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(with_metrics(&log));
    every_subscriber_is_asked();
    let server = Canned::json(&format!(r#"{{"code":"{}","message":"x"}}"#, "码".repeat(10_000))).await;
    client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    let text = log.text();
    let longest = text.split(|letter| letter != '码').map(|run| run.chars().count()).max();
    assert_eq!(longest, Some(256), "{text}");
}

#[tokio::test]
async fn the_last_words_of_a_failure_stand_behind_what_a_server_says_without_an_end() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(with_metrics(&log));
    every_subscriber_is_asked();
    let long = format!(r#"{{"code":"1","message":"{}"}}"#, "码".repeat(10_000));
    let server = Canned::raw(response("500 x", "application/json", &long)).await;
    client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    let text = log.text();
    let end =
        format!("{}…; the call may or may not have taken effect: find out before you call again", "码".repeat(256));
    assert!(text.contains(&end), "{text}");
}
