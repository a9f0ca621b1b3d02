//! Errors as a caller meets, prints and makes them.

use std::error::Error as StdError;
use std::io;

use linksfield::csss::types::{OpenPackage, QueryOrder};
use linksfield::http::header::RETRY_AFTER;
use linksfield::http::{HeaderMap, HeaderValue, Method, StatusCode};
use linksfield::{Error, ErrorKind, TransportError, esim_qr, mall};
use serde_json::{Value, json};

use crate::support::{Canned, client_at, monthly_plan, response};

/// All that an error says of itself.
fn said(error: &Error) -> String {
    let kinds = (error.kind(), error.operation(), error.status(), error.code(), error.message());
    let rest = (error.attempts(), error.outcome_unknown(), error.data(), error.body(), error.retry_after());
    format!("{error}\n{error:?}\n{kinds:?}\n{rest:?}")
}

#[tokio::test]
async fn an_error_that_was_made_says_what_the_one_of_a_call_says() {
    let refusal = r#"{"code":"1001","message":"no such plan","data":{"plan":7}}"#;
    let server = Canned::json(refusal).await;
    let met = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    let made = Error::refused("orderPackage", "1001", "no such plan").with_data(r#"{"plan":7}"#);
    assert_eq!(said(&made), said(&met));

    let busy = response("503 x", "text/html", "busy").replace("\r\n\r\n", "\r\nretry-after: 3\r\n\r\n");
    let server = Canned::raw(busy).await;
    let met = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("3"))]);
    let made = Error::unreadable("orderPackage", StatusCode::SERVICE_UNAVAILABLE, "busy").with_headers(headers);
    assert_eq!(met.headers().unwrap()[RETRY_AFTER], "3");
    assert_eq!((made.kind(), made.status(), made.body()), (met.kind(), met.status(), met.body()));
    assert_eq!((made.retry_after(), made.outcome_unknown()), (met.retry_after(), met.outcome_unknown()));
}

/// What is said where a server answers like this, by the client of each API.
async fn of_each_api(status: &str, body: &str) -> [String; 4] {
    let server = Canned::raw(response(status, "application/json", body)).await;
    let (url, none) = (server.url.as_str(), json!({}));
    let mall = mall::Client::builder().credentials(crate::mall::partner_code()).environment(url).build().unwrap();
    let token = esim_qr::AccessToken::new("t").unwrap();
    let esim_qr = esim_qr::Client::builder().credentials(token).environment(url).build().unwrap();
    [
        client_at(url).call::<Value>(Method::POST, "/a", &none).await,
        mall.call(Method::POST, "/a", &none).await,
        esim_qr.call(Method::POST, "/a", &none).await,
        crate::cube::client_at(url).call(Method::POST, "/a", &none).await,
    ]
    .map(|result| result.unwrap_err().to_string())
}

#[tokio::test]
async fn what_to_check_of_who_calls_is_what_the_api_knows_them_by() {
    let whos = [
        "check the access code and the secret, and that they are those of this server",
        "check the partner code, and that it is of this server",
        "check the access token, and that it is of this server",
        "check that the key id and the key are one pair, and of this server",
    ];
    let signature = r#"{"code":"1","operateCode":"1","message":"the sign is wrong","status":{"code":"1","message":"the sign is wrong"}}"#;
    for (status, body, before) in [
        ("401 x", "<html>", "; "),
        ("403 x", signature, "; look at the suspects in what was signed (Call::explain), then "),
    ] {
        for (said, who) in of_each_api(status, body).await.iter().zip(whos) {
            assert!(said.contains(&format!("{before}{who}")), "{said}");
            assert_eq!(
                (said.matches("check ").count(), said.contains("secret")),
                (1, who.contains("secret")),
                "{said}"
            );
        }
    }
}

#[test]
fn what_was_told_of_an_error_is_what_it_says() {
    let error = Error::transport("renewPackage", io::Error::from(io::ErrorKind::ConnectionReset)).with_attempts(3);
    assert!(error.outcome_unknown());
    assert!(error.to_string().contains("tried 3 times") && error.to_string().contains("may or may not"), "{error}");
    let known = error.clone().with_outcome_unknown(false);
    assert!(!known.outcome_unknown() && !known.to_string().contains("may or may not"), "{known}");
    assert!(!known.to_string().contains("nothing was sent"), "that was not told: {known}");
    let error = error.with_status(StatusCode::OK).with_headers(HeaderMap::new()).with_data("{}");
    assert_eq!((error.status(), error.headers(), error.data()), (None, None, None), "no answer came");
}

#[tokio::test]
async fn the_causes_of_a_lost_connection_stand_behind_a_type_of_this_crate() {
    let error = client_at("http://127.0.0.1:1").order_package(&monthly_plan()).await.unwrap_err();
    let source = error.source().unwrap();
    assert!(source.is::<TransportError>(), "{source:?}");
    let causes = std::iter::successors(Some(source), |&cause| cause.source());
    let system = causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).next().unwrap();
    assert_eq!(system.kind(), io::ErrorKind::ConnectionRefused);
    assert!(error.to_string().contains("nothing accepts connections"), "the message says what happened: {error}");
}

#[tokio::test]
async fn an_error_of_a_call_stays_as_it_is() {
    let lost = client_at(&Canned::raw(String::new()).await.url).order_package(&monthly_plan()).await.unwrap_err();
    let failed = Canned::raw(response("500 x", "application/json", r#"{"code":"1","message":"m"}"#)).await;
    let failed = client_at(&failed.url).order_package(&monthly_plan()).await.unwrap_err();
    for error in [lost, failed] {
        assert!(error.outcome_unknown());
        let told =
            error.clone().with_outcome_unknown(false).with_status(StatusCode::OK).with_attempts(7).with_data("{}");
        assert_eq!(said(&told.with_headers(HeaderMap::new())), said(&error));
    }
}

#[tokio::test]
async fn a_stand_in_makes_what_was_not_sent_and_what_was_late() {
    let met = client_at("http://127.0.0.1:1").order_package(&monthly_plan()).await.unwrap_err();
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    let made = Error::not_sent("orderPackage", refused).with_attempts(3);
    assert_eq!((made.to_string(), made.outcome_unknown()), (met.to_string(), false));
    let late = tokio::time::timeout(std::time::Duration::ZERO, std::future::pending::<()>()).await.unwrap_err();
    let late = Error::transport("orderPackage", late);
    assert!(late.is_timeout() && late.outcome_unknown() && late.to_string().contains("no answer in time"), "{late}");
    let made = TransportError::new(TransportError::new(io::Error::from(io::ErrorKind::TimedOut)));
    assert!(made.is_timeout() && made.get_ref().is::<io::Error>(), "it stands behind no second one");
    let url = "http://127.0.0.1:1/x?sign=SECRET";
    let with_url = crate::support::http().build().unwrap().get(url).send().await.unwrap_err();
    assert!(!said(&Error::transport("orderPackage", with_url)).contains("SECRET"));
}

const KINDS: [io::ErrorKind; 11] = [
    io::ErrorKind::AddrNotAvailable,
    io::ErrorKind::BrokenPipe,
    io::ErrorKind::ConnectionAborted,
    io::ErrorKind::ConnectionRefused,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::HostUnreachable,
    io::ErrorKind::NetworkDown,
    io::ErrorKind::NetworkUnreachable,
    io::ErrorKind::PermissionDenied,
    io::ErrorKind::TimedOut,
    io::ErrorKind::UnexpectedEof,
];

/// Failures that no words of this crate are for.
async fn without_words() -> Vec<Error> {
    let garbage = Canned::raw("SSH-2.0-OpenSSH_9.9\r\n\r\n".to_owned()).await;
    let garbage = client_at(&garbage.url).order_package(&monthly_plan()).await.unwrap_err();
    let nested = io::Error::other(io::Error::other("the cable is out"));
    vec![garbage, Error::transport("x", nested), Error::not_sent("x", "the cable is out")]
}

#[tokio::test]
async fn a_lost_connection_says_why_in_the_first_line() {
    for error in without_words().await {
        let transport = error.source().and_then(|source| source.downcast_ref::<TransportError>()).unwrap();
        let behind: &(dyn StdError + 'static) = transport.get_ref();
        let first = std::iter::successors(Some(behind), |&cause| cause.source()).last().unwrap().to_string();
        assert!(error.to_string().contains(&format!("the connection failed: {first}")), "{first} in {error}");
    }
}

/// A failure of each kind that has causes.
async fn with_causes() -> Vec<Error> {
    let refused = client_at("http://127.0.0.1:1").order_package(&monthly_plan()).await.unwrap_err();
    let closed = client_at(&Canned::raw(String::new()).await.url).order_package(&monthly_plan()).await.unwrap_err();
    let client = client_at("http://127.0.0.1:1");
    let text = client.call::<Value>(Method::POST, "/x", &json!("a text")).await.unwrap_err();
    let list = client.call::<Value>(Method::GET, "/x", &json!([7])).await.unwrap_err();
    let unserialisable = std::collections::HashMap::from([(vec![1], 1)]);
    let unserialisable = client.call::<Value>(Method::POST, "/x", &unserialisable).await.unwrap_err();
    let made = Error::invalid_request("x", io::Error::other(io::Error::other("the disk is full")));
    let of_kinds = KINDS.map(|kind| Error::transport("x", io::Error::from(kind)));
    let met = vec![refused, closed, text, list, unserialisable, made];
    met.into_iter().chain(of_kinds).chain(without_words().await).collect()
}

#[tokio::test]
async fn a_report_of_all_causes_names_each_of_them_once() {
    for error in with_causes().await {
        let causes = std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string);
        let causes: Vec<_> = std::iter::once(error.to_string()).chain(causes).collect();
        let own = format!("{error:?}").to_lowercase();
        let error = anyhow::Error::from(error);
        for report in [format!("{error:#}").to_lowercase(), format!("{error:?}").to_lowercase(), own] {
            for cause in &causes {
                // The number that the system's errors have behind their words.
                let words = cause.split(" (os error").next().unwrap().to_lowercase();
                assert_eq!(report.matches(&words).count(), 1, "{words:?} in {report}");
            }
            assert!(!report.contains("a text"), "what was sent is in {report}");
        }
    }
}

#[tokio::test]
async fn an_error_that_main_returns_reads_as_a_sentence() {
    let error = client_at("http://127.0.0.1:1").order_package(&monthly_plan()).await.unwrap_err();
    let printed = format!("{error:?}");
    assert!(printed.starts_with(&format!("{error} (the HTTP client failed: ")), "{printed}");
    assert!(printed.ends_with("Connection refused (os error 111))"), "{printed}");
    let server = Canned::json(r#"{"code":"1001","message":"no such order"}"#).await;
    let open = OpenPackage::builder().order_id("1").build();
    let error = client_at(&server.url).open_package(&open).await.unwrap_err();
    assert_eq!(format!("{error:?}"), "openPackage: refused with code 1001 (HTTP 200 OK): no such order");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_keeps_its_headers() {
    let page = response("200 OK", "text/html", "<html>").replace("\r\n\r\n", "\r\nx-gateway: g7\r\n\r\n");
    let query = QueryOrder::builder().page_no(1).page_size(1).build();
    let error = client_at(&Canned::raw(page).await.url).query_order(&query).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    assert_eq!(error.headers().unwrap()["x-gateway"], "g7");
    let wrong = Canned::json(r#"{"code":"0000","data":{"page_count":[]}}"#).await;
    let error = client_at(&wrong.url).call::<Vec<u8>>(Method::POST, "/x", &json!({})).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.headers().unwrap()["content-type"].to_str().unwrap()),
        (ErrorKind::Unreadable, "application/json")
    );
}
