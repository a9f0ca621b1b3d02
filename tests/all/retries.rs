//! What is sent again, and what never is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, QueryOrder, RenewPackage};
use linksfield::http::Method;
use linksfield::{Credentials, Error, ErrorKind, RetryPolicy};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket};

use crate::support::{Canned, monthly_plan, monthly_plan_for, response};

const GOOD: &str = r#"{"code":"0000","message":"成功","success":true,"data":{"order_id":"1"}}"#;

fn good() -> String {
    response("200 OK", "application/json", GOOD)
}

fn unavailable() -> String {
    response("503 Service Unavailable", "text/html", "<html>busy</html>")
}

async fn answering(answers: Vec<String>) -> Canned {
    Canned::sequence(TcpListener::bind("127.0.0.1:0").await.unwrap(), answers)
}

/// A client whose clock goes on by a second each time it is read.
fn client(url: &str, retry: RetryPolicy) -> Client {
    let seconds = AtomicU64::new(1_643_253_530);
    Client::builder()
        .credentials(Credentials::new("P000270", "s").unwrap())
        .environment(url)
        .clock(move || UNIX_EPOCH + Duration::from_secs(seconds.fetch_add(1, Ordering::Relaxed)))
        .retry(retry)
        .build()
        .unwrap()
}

fn at_once(attempts: u32) -> RetryPolicy {
    RetryPolicy::builder().attempts(attempts).first_delay(Duration::from_millis(1)).build()
}

fn all_orders() -> QueryOrder {
    QueryOrder::builder().page_no(1).page_size(1).build()
}

#[tokio::test]
async fn a_query_is_sent_again_each_time_with_a_signature_of_its_own() -> Result<(), Error> {
    let asked = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let server = answering(vec![unavailable(), String::new(), asked.to_owned(), good()]).await;
    client(&server.url, at_once(4)).query_order(&all_orders()).await?;
    let mut signs = Vec::new();
    for body in server.bodies() {
        assert_eq!((&body["page_no"], &body["page_size"]), (&json!(1), &json!(1)));
        signs.push(body["sign"].to_string());
    }
    signs.sort();
    signs.dedup();
    assert_eq!(signs.len(), 4, "{signs:?}");
    Ok(())
}

#[tokio::test]
async fn a_query_is_sent_again_if_its_answer_breaks_off() -> Result<(), Error> {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"code\":\"0000\"".to_owned();
    let server = answering(vec![half, good()]).await;
    client(&server.url, at_once(2)).query_order(&all_orders()).await?;
    assert_eq!(server.requests().len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_orders_is_sent_once_whatever_happens_to_it() {
    for trouble in
        [unavailable(), String::new(), "HTTP/1.1 429 x\r\nretry-after: 0\r\n\r\n".into(), "HTTP/1.1 200 OK\r\n".into()]
    {
        let server = answering(vec![trouble.clone()]).await;
        let client = client(&server.url, at_once(5));
        let renewal = RenewPackage::builder().order_id("1").renew_period(1).build();
        let errors = [
            client.order_package(&monthly_plan()).await.unwrap_err(),
            client.batch_order_packages(&monthly_plan_for(["1", "2"])).await.unwrap_err(),
            client.renew_package(&renewal).await.unwrap_err(),
            client.open_package(&OpenPackage::builder().order_id("1").build()).await.unwrap_err(),
            client.call::<Value>(Method::POST, "/package/anything", &json!({})).await.unwrap_err(),
        ];
        assert_eq!(server.requests().len(), errors.len(), "{trouble:?}");
        for error in errors {
            assert_eq!((error.attempts(), error.outcome_unknown()), (1, true), "{trouble:?}: {error}");
        }
    }
}

#[tokio::test]
async fn an_order_is_sent_as_soon_as_a_connection_can_be_made() -> Result<(), Error> {
    // Its port is taken, but refuses connections until it listens.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let patient = RetryPolicy::builder().attempts(1000).longest_delay(Duration::from_millis(20)).build();
    let client = client(&format!("http://{address}"), patient);
    let call = tokio::spawn(async move { client.order_package(&monthly_plan()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let server = Canned::sequence(socket.listen(16).unwrap(), vec![good()]);
    assert_eq!(call.await.unwrap()?.order_id.as_str(), "1");
    assert_eq!(server.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_port_without_tls_gets_nothing_and_is_tried_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"this is not TLS").await;
        }
    });
    let error = client(&url, at_once(3)).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Transport, 1, false), "{error}");
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
}

#[tokio::test]
async fn a_server_that_asks_for_too_long_a_delay_is_not_waited_for() {
    let busy = |after: &str| format!("HTTP/1.1 503 x\r\nretry-after: {after}\r\nconnection: close\r\n\r\n");
    let server = answering(vec![busy("3600")]).await;
    let error = client(&server.url, at_once(3)).query_order(&all_orders()).await.unwrap_err();
    assert_eq!((error.attempts(), error.retry_after()), (1, Some(Duration::from_secs(3600))), "{error:?}");
    // The clock of requests stands in 2022, where these are in the future.
    for date in ["Sat, 01 Jul 2023 00:00:00 GMT", "Saturday, 01-Jul-23 00:00:00 GMT", "Sat Jul  1 00:00:00 2023"] {
        let server = answering(vec![busy(date)]).await;
        let error = client(&server.url, at_once(2)).query_order(&all_orders()).await.unwrap_err();
        assert_eq!((error.attempts(), error.retry_after()), (2, Some(Duration::ZERO)), "{date}: {error:?}");
    }
}

#[tokio::test]
async fn an_error_says_how_often_it_was_tried() {
    let server = answering(vec![unavailable()]).await;
    let error = client(&server.url, at_once(3)).query_order(&all_orders()).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Server, Some(503), 3));
    assert!(error.to_string().contains("tried 3 times"), "{error}");
    let odd = response("200 OK", "application/json", r#"{"code":"0000","data":7}"#);
    let server = answering(vec![unavailable(), odd]).await;
    let error = client(&server.url, at_once(3)).query_order(&all_orders()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unreadable, 2), "also where the data can't be read");
    let server = answering(vec![unavailable()]).await;
    client(&server.url, at_once(3)).query_order(&all_orders()).await.unwrap_err();
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_refusal_and_an_unreadable_answer_are_final() {
    for answer in
        [response("200 OK", "application/json", r#"{"code":"1001"}"#), response("200 OK", "text/html", "<html>")]
    {
        let server = answering(vec![answer]).await;
        client(&server.url, at_once(3)).query_order(&all_orders()).await.unwrap_err();
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn retries_can_be_switched_off() {
    let server = answering(vec![unavailable(), good()]).await;
    let error = client(&server.url, RetryPolicy::never()).query_order(&all_orders()).await.unwrap_err();
    assert_eq!((error.attempts(), server.requests().len()), (1, 1));
}
