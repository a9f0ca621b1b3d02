//! The secret, and the signatures made with it, are in no output.

use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, RenewPackageOutput};
use linksfield::http::Method;
use linksfield::sandbox::Sandbox;
use linksfield::signing::{Key, Signature};
use linksfield::{Credentials, Error};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use crate::support::{Canned, Log, SECRET, client_at, every_subscriber_is_asked, monthly_plan, response};

fn assert_hidden(output: &str, sign: &str) {
    assert!(!output.contains(SECRET), "the secret is in {output}");
    assert!(!output.contains(sign), "the signature is in {output}");
}

#[test]
fn debug_of_public_types_hides_the_secret_and_signatures() {
    let credentials = Credentials::new("P000270", SECRET).unwrap();
    let key = Key::new(SECRET);
    let sign = key.sign(b"content");
    let data: RenewPackageOutput = serde_json::from_value(json!({ "sign": sign })).unwrap();
    let client = Client::builder().credentials(credentials.clone()).environment("http://127.0.0.1:1").build().unwrap();
    for output in [
        format!("{credentials:?} {credentials:#?}"),
        format!("{key:?} {key:#?}"),
        format!("{:?}", Signature::from(sign.as_str())),
        format!("{data:?} {data:#?}"),
        format!("{client:?} {client:#?}"),
    ] {
        assert_hidden(&output, sign.as_str());
    }
    assert!(format!("{credentials:?}").contains("P000270"), "the access code helps to find a mistake");
}

#[test]
fn what_is_kept_of_the_secret_is_zeroized_on_drop() {
    fn is_zeroized<T: zeroize::ZeroizeOnDrop>() {}
    is_zeroized::<Key>();
    // The state of the HMAC is two of these.
    is_zeroized::<sha1::Sha1>();
}

/// Every kind of failure once, and the signature of the request that failed.
async fn failures() -> Vec<(Error, String)> {
    let open = OpenPackage::builder().order_id("1").build();
    let mut all = Vec::new();
    for answer in [
        String::new(),
        response("200 OK", "application/json", r#"{"code":"1","message":"no"}"#),
        response("200 OK", "application/json", r#"{"code":"0000","data":{"order_id":["SIGN"]}}"#),
        response("500 x", "text/html", "SIGN"),
    ] {
        // The clock stands still, so every request has the same signature, which an answer may repeat.
        let probe = Canned::json("{}").await;
        let _ = client_at(&probe.url).open_package(&open).await;
        let sign = probe.body()["sign"].as_str().unwrap().to_owned();
        let padding = "....".repeat(6);
        let answer = answer.replace("SIGN", if answer.contains("html") { &sign } else { &padding });
        let length = answer.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
        let answer = answer.split("\r\n").map(|line| match line.split_once(": ") {
            Some(("content-length", _)) => format!("content-length: {length}"),
            _ => line.to_owned(),
        });
        let server = Canned::raw(answer.collect::<Vec<_>>().join("\r\n")).await;
        all.push((client_at(&server.url).open_package(&open).await.unwrap_err(), sign));
    }
    let redirect = "HTTP/1.1 302 x\r\nlocation: http://elsewhere/x?sign=mine\r\ncontent-length: 0\r\n\r\n".to_owned();
    let moved = client_at(&Canned::raw(redirect).await.url).open_package(&open).await.unwrap_err();
    assert!(moved.to_string().contains("http://elsewhere/x"), "{moved}");
    all.push((moved, "mine".into()));
    let unsignable =
        client_at("http://127.0.0.1:1").call::<Value>(Method::POST, "/x", &json!({ "sign": "mine" })).await;
    all.push((unsignable.unwrap_err(), "mine".into()));
    all.push((Credentials::new("P000270", format!(" {SECRET}")).unwrap_err(), "-".repeat(28)));
    all
}

#[tokio::test]
async fn errors_hide_the_secret_signatures_and_bodies() {
    for (error, sign) in failures().await {
        let source = std::error::Error::source(&error).map(|source| format!("{source} {source:?}"));
        assert_hidden(&format!("{error} {error:?} {error:#?} {source:?}"), &sign);
        assert!(!format!("{error:?}").contains("...."), "part of the answer is in {error:?}");
    }
}

#[tokio::test]
async fn logs_at_the_most_verbose_level_hide_the_secret_and_signatures() {
    let log = Log::default();
    let _ = tracing_log::LogTracer::init();
    let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    every_subscriber_is_asked();
    tracing::trace!("the log is on");
    let server = Canned::json(r#"{"code":"1"}"#).await;
    let _ = client_at(&server.url).order_package(&monthly_plan()).await;
    let sign = server.body()["sign"].as_str().unwrap().to_owned();
    let sandbox = Sandbox::builder().credentials(Credentials::new("P000270", SECRET).unwrap()).start().await.unwrap();
    client_at(sandbox.url()).order_package(&monthly_plan()).await.unwrap();
    let output = log.text();
    assert!(output.contains("the log is on"));
    assert!(output.lines().count() > 1, "the HTTP client logs too: {output}");
    assert_hidden(&output, &sign);
}
