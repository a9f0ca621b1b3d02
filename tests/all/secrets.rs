//! The secret, and the signatures made with it, are in no output.

use std::future::IntoFuture;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, RenewPackageOutput};
use linksfield::cube;
use linksfield::cube::types::QuerySims;
use linksfield::http::Method;
use linksfield::sandbox::{CUBE_KEY, CUBE_KEY_ID, Sandbox};
use linksfield::signing::{Key, Signature};
use linksfield::{Credentials, Error};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use crate::cube::{key, renewal};
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

/// The signatures that requests of Cube came with.
type Signatures = Arc<Mutex<Vec<String>>>;

/// A server that repeats in its answer what signs a request, and keeps that.
async fn repeating(status: StatusCode, answer: &'static str) -> (String, Signatures) {
    let signatures = Signatures::default();
    let kept = Arc::clone(&signatures);
    let app = Router::new().fallback(move |headers: HeaderMap| async move {
        let authorization = headers["authorization"].to_str().unwrap().to_owned();
        let signature = authorization.strip_prefix("LF sandbox/").unwrap().to_owned();
        kept.lock().unwrap().push(signature);
        (status, [("content-type", "application/json")], answer.replace("SIGNED", &authorization))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, app).into_future());
    (url, signatures)
}

fn assert_hidden_of_cube(output: &str, signatures: &Signatures) {
    assert!(!output.contains("LF sandbox/"), "the header is in {output}");
    for line in CUBE_KEY.lines().filter(|line| !line.starts_with('-')) {
        assert!(!output.contains(line), "the private key is in {output}");
    }
    for signature in &*signatures.lock().unwrap() {
        assert!(!output.contains(signature.as_str()), "the signature is in {output}");
    }
}

#[tokio::test]
async fn debug_errors_and_panics_hide_the_key_and_the_signatures_of_cube() {
    let none = Signatures::default();
    let credentials = cube::Credentials::new(CUBE_KEY_ID, key()).unwrap();
    let client = crate::cube::client_at("http://127.0.0.1:1");
    let call = client.create_renewal_order(&renewal());
    let explanation = call.explain().unwrap();
    for output in [
        format!("{credentials:?} {credentials:#?} {:?} {:#?}", key(), key()),
        format!("{client:?} {client:#?}"),
        format!("{call:?} {explanation:?} {explanation}"),
    ] {
        assert_hidden_of_cube(&output, &none);
    }
    let cut = CUBE_KEY.split_at(CUBE_KEY.len() / 2).0;
    assert_hidden_of_cube(&format!("{:?}", cube::PrivateKey::from_text(cut).unwrap_err()), &none);
    for (status, answer) in [
        (StatusCode::OK, r#"{"status":{"code":"CB-00-0000"},"data":{"order_id":["SIGNED"]}}"#),
        (StatusCode::OK, r#"{"status":{"code":"CB-00-0000"},"data":"SIGNED"}"#),
        (StatusCode::FORBIDDEN, r#"{"status":{"code":"CB-99-9403"},"data":"SIGNED"}"#),
        (StatusCode::INTERNAL_SERVER_ERROR, "<html>SIGNED"),
    ] {
        let (url, signatures) = repeating(status, answer).await;
        let error = crate::cube::client_at(&url).create_renewal_order(&renewal()).await.unwrap_err();
        assert_eq!(signatures.lock().unwrap().len(), 1, "{answer}");
        let source = std::error::Error::source(&error).map(|source| format!("{source} {source:?}"));
        assert_hidden_of_cube(&format!("{error} {error:?} {error:#?} {source:?}"), &signatures);
        let panic = catch_unwind(AssertUnwindSafe(|| panic!("{error:?}"))).unwrap_err();
        assert_hidden_of_cube(panic.downcast_ref::<String>().unwrap(), &signatures);
    }
}

#[tokio::test]
async fn logs_at_the_most_verbose_level_hide_the_key_and_the_signatures_of_cube() {
    let log = Log::default();
    let _ = tracing_log::LogTracer::init();
    let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    every_subscriber_is_asked();
    let (url, signatures) =
        repeating(StatusCode::FORBIDDEN, r#"{"status":{"code":"CB-99-9403"},"data":"SIGNED"}"#).await;
    let client = crate::cube::client_at(&url);
    client.create_renewal_order(&renewal()).await.unwrap_err();
    client.query_sims(&QuerySims::builder().build()).await.unwrap_err();
    assert_eq!(signatures.lock().unwrap().len(), 2);
    let sandbox = Sandbox::start().await.unwrap();
    crate::cube::client_of(&sandbox).create_renewal_order(&renewal()).await.unwrap();
    tracing::trace!("of the sandbox {sandbox:?} {:?}", sandbox.requests());
    let header =
        |request: &linksfield::sandbox::Request| request.headers()["authorization"].to_str().unwrap().to_owned();
    let of_sandbox = sandbox.requests().iter().map(header).collect::<Vec<_>>();
    signatures.lock().unwrap().extend(of_sandbox.iter().map(|header| header.split_once('/').unwrap().1.to_owned()));
    let output = log.text();
    assert!(output.contains("createRenewalOrder") && output.contains("of the sandbox"), "{output}");
    assert_hidden_of_cube(&output, &signatures);
}
