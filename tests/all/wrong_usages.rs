//! What an error says to whom it happens: a table of mistakes that are made easily.

use std::fmt::Write;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use linksfield::csss::Client;
use linksfield::csss::types::OpenPackage;
use linksfield::http::Method;
use linksfield::sandbox::Sandbox;
use linksfield::{Call, Credentials, Error, Language, RetryPolicy, mall};
use serde_json::{Value, json};

use crate::support::{Canned, SECRET, client_at, monthly_plan, response};

type Row = (&'static str, Error);

fn credentials() -> Credentials {
    Credentials::new("P000270", "secret").unwrap()
}

fn at(url: &str) -> Result<Client, Error> {
    Client::builder().credentials(credentials()).environment(url).build()
}

/// Mistakes in what a client is made of.
fn settings() -> Vec<Row> {
    let here = || Client::builder().credentials(credentials()).environment("http://127.0.0.1:1");
    let never = RetryPolicy::builder().attempts(0).build();
    let own = reqwest::Client::new();
    let second = Duration::from_secs(1);
    vec![
        ("no access code", Credentials::new("", "secret").unwrap_err()),
        ("no secret", Credentials::new("P000270", "").unwrap_err()),
        ("a secret that was copied with a space", Credentials::new("P000270", " secret").unwrap_err()),
        ("a secret that was copied with its quotes", Credentials::new("P000270", "\"secret\"").unwrap_err()),
        ("a server without `https://`", at("apiv3.linksfield.net").unwrap_err()),
        ("a server with `http://`", at("http://apiv3.linksfield.net").unwrap_err()),
        ("a server with a user and a password", at("https://me:secret@apiv3.linksfield.net").unwrap_err()),
        ("a language that is none", here().language(Language::Other("en\nUS".into())).build().unwrap_err()),
        ("`timeout` of zero", here().timeout(Duration::ZERO).build().unwrap_err()),
        ("`in_flight` of zero", here().in_flight(0).build().unwrap_err()),
        ("`answer_limit` of zero", here().answer_limit(0).build().unwrap_err()),
        ("a policy of no attempts", here().retry(never).build().unwrap_err()),
        ("`connect_timeout` beside an own `http_client`", {
            here().connect_timeout(second).http_client(own).build().unwrap_err()
        }),
    ]
}

/// What a call is told that it can't be; nothing is sent.
async fn calls() -> Vec<Row> {
    let client = client_at("http://127.0.0.1:1");
    let raw = |path: &str, parameters: Value| client.call::<Value>(Method::POST, path, &parameters);
    let order = || client.order_package(&monthly_plan());
    let foreign = mall::OPERATIONS.iter().find(|operation| operation.id == "singleVerify").unwrap();
    let mut ended = order().timeout(Duration::ZERO);
    let _ = poll_fn(|context| Pin::new(&mut ended).poll(context)).await;
    vec![
        ("parameters that have a `sign`", raw("/x", json!({ "sign": "mine" })).await.unwrap_err()),
        ("parameters that are a list", raw("/x", json!([1])).await.unwrap_err()),
        ("a path without `/` before it", raw("device/queryDevice", json!({})).await.unwrap_err()),
        ("a path with a query", raw("/device/queryDevice?device_id=1", json!({})).await.unwrap_err()),
        ("a path that leads elsewhere", raw("/device/../package/openPackage", json!({})).await.unwrap_err()),
        ("a header that the client sets", order().header("content-type", "text/plain").await.unwrap_err()),
        ("a header with a line break", order().header("x-trace", "a\nb").await.unwrap_err()),
        ("`timeout` of zero for a call", order().timeout(Duration::ZERO).await.unwrap_err()),
        ("a policy of no attempts for a call", {
            order().retry(RetryPolicy::builder().attempts(0).build()).await.unwrap_err()
        }),
        ("`safe_to_retry` of an operation that is documented", order().safe_to_retry(true).await.unwrap_err()),
        ("an operation of another API", client.perform::<Value>(foreign, &json!({})).await.unwrap_err()),
        ("a call that is awaited again after its end", ended.await.unwrap_err()),
        ("a call that is awaited without a runtime", without_runtime(order())),
    ]
}

fn without_runtime<T: Send + std::fmt::Debug + 'static>(call: Call<T>) -> Error {
    std::thread::spawn(|| futures::executor::block_on(call).unwrap_err()).join().unwrap()
}

/// Calls that reach the wrong server, none, or one that refuses them.
async fn servers() -> Vec<Row> {
    let sandbox = Sandbox::builder().credentials(Credentials::new("P000270", SECRET).unwrap()).start().await.unwrap();
    let stranger = Client::builder().credentials(Credentials::new("P1", SECRET).unwrap()).environment(sandbox.url());
    let stranger = stranger.language(Language::English).build().unwrap();
    let known = client_at(sandbox.url());
    let another = Canned::raw(response("404 Not Found", "text/html", "<html>")).await;
    let plain = sandbox.url().replace("http:", "https:");
    let open = OpenPackage::builder().order_id("1").build();
    vec![
        ("an order that is not there", known.open_package(&open).language(Language::English).await.unwrap_err()),
        ("an access code that the server does not know", stranger.open_package(&open).await.unwrap_err()),
        ("a server where nobody listens", client_at("http://127.0.0.1:1").open_package(&open).await.unwrap_err()),
        ("a server of somebody else", client_at(&another.url).open_package(&open).await.unwrap_err()),
        ("`https` of a port without TLS", client_at(&plain).open_package(&open).await.unwrap_err()),
    ]
}

#[tokio::test]
async fn the_table_of_mistakes_has_what_their_errors_say() {
    let rows: Vec<_> = settings().into_iter().chain(calls().await).chain(servers().await).collect();
    assert_eq!(rows.len(), 31);
    let mut table = include_str!("errors_head.md").to_owned();
    for (what, error) in rows {
        assert!(!error.outcome_unknown() || error.body().is_some() || error.attempts() == 0, "{what}: {error}");
        assert!(!format!("{error} {error:?}").contains("me:secret"), "{error}");
        writeln!(table, "| {what} | {} |", error.to_string().replace('|', "\\|").replace('\n', " ")).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), table, "docs/errors.md is not up to date:\n{table}");
}
