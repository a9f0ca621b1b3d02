//! Calls that get no readable answer.

use std::time::Duration;

use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, QueryOrder};
use linksfield::http::Method;
use linksfield::{Credentials, Error, ErrorKind, RetryPolicy};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::support::{Canned, client_at, http, monthly_plan, response};

fn all_orders() -> QueryOrder {
    QueryOrder::builder().page_no(1).page_size(1).build()
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    // Its port is taken, but it does not listen.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let error = client_at(&url).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false));
    assert!(error.to_string().starts_with("orderPackage: the connection failed"), "{error}");
    assert!(error.to_string().contains("nothing was sent"), "{error}");
}

#[tokio::test]
async fn a_timeout_leaves_the_outcome_of_an_order_unknown_but_not_that_of_a_query() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::builder()
        .credentials(Credentials::new("P000270", "s").unwrap())
        .environment(format!("http://{}", listener.local_addr().unwrap()))
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let error = client.order_package(&monthly_plan()).await.unwrap_err();
    assert!(error.is_timeout() && error.outcome_unknown(), "{error:?}");
    assert_eq!(error.attempts(), 1, "it may have been placed, so that it is not sent again");
    assert!(error.to_string().contains("may or may not have taken effect"), "{error}");
    let error = client.query_order(&all_orders()).await.unwrap_err();
    assert!(error.is_timeout() && !error.outcome_unknown(), "{error:?}");
    let error = client.call::<Value>(Method::POST, "/some/path", &json!({})).await.unwrap_err();
    assert!(error.is_timeout() && error.outcome_unknown(), "a raw call may change something: {error:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_the_outcome_unknown() {
    let server = Canned::raw(String::new()).await;
    let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, true), "{error}");

    let half = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"code\":\"0000\"".to_owned();
    let server = Canned::raw(half).await;
    let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, true), "{error}");
}

#[tokio::test]
async fn an_error_page_is_told_by_its_status_and_kept() {
    let page = "<html>Internal Server Error</html>";
    let server = Canned::raw(response("500 Internal Server Error", "text/html", page)).await;
    let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(500)));
    assert_eq!(error.body().unwrap(), page);
    assert!(error.outcome_unknown());
    assert!(!format!("{error} {error:?}").contains("<html>"), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_not_as_documented_is_unreadable_and_kept_whole() {
    for body in [
        r#"{"code":"0000","message":"成功","success":true,"data":{"order_id":[7]}}"#,
        r#"{"code":"0000","message":"成功","success":true,"data":{"sign":null}}"#,
        r#"{"code":"0000","message":"成功","success":true,"data":null}"#,
        r#"{"code":"0000","message":"成功","success":true}"#,
        r#"{"code":"0000","success":false,"data":{"order_id":"1"}}"#,
        r#"{"message":"no code"}"#,
        r#"{"code":0}"#,
        r#"{"code":"0000","data":{"order_id":"1"}"#,
        "[]",
        "\"0000\"",
        "",
    ] {
        let server = Canned::json(body).await;
        let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unreadable, Some(200)), "{body}: {error}");
        assert_eq!(error.body().unwrap(), body);
        assert!(error.outcome_unknown(), "{body}: the order may have been placed");
        assert_eq!(error.operation(), "orderPackage");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let long = format!(r#"{{"code":"0000","data":{{"order_id":"{}"}}}}"#, "x".repeat(1_000_000));
    let server = Canned::json(&long).await;
    let client = |limit| {
        Client::builder()
            .credentials(Credentials::new("P000270", "s").unwrap())
            .environment(server.url.as_str())
            .answer_limit(limit)
            .build()
            .unwrap()
    };
    client(long.len()).order_package(&monthly_plan()).await.unwrap();
    let error = client(long.len() - 1).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Unreadable, true));
    assert!(error.to_string().contains("longer than the limit of"), "{error}");
    assert!(error.body().unwrap().len() < long.len());
    let sent = server.requests().len();
    let error = client(10).query_order(&all_orders()).await.unwrap_err();
    assert_eq!((error.attempts(), server.requests().len()), (1, sent + 1), "the next would be as long");
}

#[tokio::test]
async fn an_answer_that_is_nested_deep_is_an_error_not_a_crash() {
    let deep = |depth: usize| format!(r#"{{"code":"0000","data":{{"x":{}{}}}}}"#, "[".repeat(depth), "]".repeat(depth));
    for body in [deep(1_000), deep(1_000_000)] {
        let server = Canned::json(&body).await;
        let error = client_at(&server.url).query_order(&all_orders()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreadable, "{error}");
        assert_eq!(error.body().unwrap().len(), body.len());
    }
}

#[tokio::test]
async fn a_raw_calls_unreadable_data_is_kept_too() {
    let body = r#"{"code":"0000","data":{"order_id":7}}"#;
    let server = Canned::json(body).await;
    let error = client_at(&server.url).call::<Vec<String>>(Method::POST, "/some/path", &json!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unreadable, "/some/path"));
    assert_eq!(error.body().unwrap(), body);
}

#[tokio::test]
async fn a_refusal_needs_no_more_than_a_code() {
    for body in [
        r#"{"code":"1001"}"#,
        r#"{"code":"1001","message":null,"success":null,"data":"anything"}"#,
        r#"{"code":1001,"data":[1,2],"more":{}}"#,
        r#"{"code":"1001","message":{"zh":"错误"},"success":"no"}"#,
    ] {
        let server = Canned::json(body).await;
        let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Refused, Some("1001")), "{body}: {error}");
        assert!(!error.outcome_unknown());
    }
}

#[tokio::test]
async fn a_refusal_that_speaks_of_the_signature_points_to_explain() {
    for (message, points) in
        [("签名错误", true), ("Invalid sign.", true), ("Signature mismatch", true), ("not assigned", false)]
    {
        let server = Canned::json(&json!({ "code": "1", "message": message }).to_string()).await;
        let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
        assert_eq!(error.to_string().contains("Call::explain"), points, "{error}");
    }
}

#[tokio::test]
async fn a_refusal_by_a_failing_server_leaves_the_outcome_unknown() {
    let body = response("500 Internal Server Error", "application/json", r#"{"code":"9999","message":"oops"}"#);
    let server = Canned::raw(body).await;
    let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.status()), (ErrorKind::Refused, Some("9999"), Some(500)));
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn a_refusal_under_a_status_of_the_4xx_is_a_refusal() {
    let body = response("400 Bad Request", "application/json", r#"{"code":"1001","message":"no"}"#);
    let server = Canned::raw(body).await;
    let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.status()), (ErrorKind::Refused, Some("1001"), Some(400)));
    assert!(!error.outcome_unknown(), "{error:?}");
}

/// An address where nobody answers a connection that is asked for: its queue is full.
async fn unanswered() -> (TcpListener, Vec<TcpStream>, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let (address, mut queue) = (listener.local_addr().unwrap(), Vec::new());
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        queue.push(stream);
    }
    (listener, queue, format!("http://{address}"))
}

#[tokio::test]
async fn a_connection_that_is_not_made_in_time_sent_nothing() {
    let (_listener, _queue, url) = unanswered().await;
    for limit in [Some(Duration::from_millis(50)), None] {
        let client = Client::builder()
            .credentials(Credentials::new("P000270", "s").unwrap())
            .environment(url.as_str())
            .maybe_connect_timeout(limit)
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        assert!(format!("{client:?}").contains("timeout: Some(60s)"), "{client:?}");
        let error = match limit {
            Some(_) => client.order_package(&monthly_plan()).await.unwrap_err(),
            None => {
                // Nothing happens but that time passes: that of the client's own limit.
                tokio::time::pause();
                let start = tokio::time::Instant::now();
                let error = client.order_package(&monthly_plan()).await.unwrap_err();
                assert_eq!(start.elapsed().as_secs(), 10);
                error
            }
        };
        assert_eq!((error.is_timeout(), error.outcome_unknown()), (true, false), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Canned::json(r#"{"code":"0000","data":{"order_id":"1"}}"#).await;
    let redirect = format!("HTTP/1.1 307 x\r\nlocation: {}/\r\ncontent-length: 0\r\n\r\n", elsewhere.url);
    let server = Canned::raw(redirect).await;
    let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Redirect, Some(307)));
    assert!(error.to_string().contains(&elsewhere.url), "it says where to: {error}");
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_answer_that_nothing_has_changed_is_unreadable_and_sends_nowhere() {
    let server = Canned::raw("HTTP/1.1 304 x\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n".to_owned()).await;
    let error = client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Unreadable, true), "{error}");
    let text = error.to_string();
    assert!(text.contains("nothing has changed, which was not asked") && !text.contains("elsewhere"), "{text}");
}

/// A client whose caller's own HTTP client follows redirects.
fn client_that_follows(url: &str) -> Client {
    let client = Client::builder().credentials(Credentials::new("P000270", "s").unwrap()).environment(url);
    client.http_client(http().build().unwrap()).build().unwrap()
}

#[tokio::test]
async fn an_answer_of_another_server_is_an_error() {
    let elsewhere = Canned::json(r#"{"code":"0000","data":{"order_id":"1"}}"#).await;
    let redirect = format!("HTTP/1.1 307 x\r\nlocation: {}/\r\ncontent-length: 0\r\n\r\n", elsewhere.url);
    let server = Canned::raw(redirect).await;
    let client = client_that_follows(&server.url);
    let error = client.order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Unreadable, true));
    assert!(error.to_string().contains("redirect policy"), "{error}");
}

#[tokio::test]
async fn an_order_that_was_redirected_to_nowhere_may_be_placed() {
    for target in ["http://127.0.0.1:1/", "ftp://elsewhere/"] {
        let redirect = format!("HTTP/1.1 303 x\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
        let server = Canned::raw(redirect).await;
        let client = client_that_follows(&server.url);
        let error = client.order_package(&monthly_plan()).await.unwrap_err();
        assert!(error.outcome_unknown() && !error.to_string().contains("nothing was sent"), "{target}: {error}");
        assert_eq!((server.requests().len(), error.attempts()), (1, 1), "{target}: {error}");
    }
}

#[tokio::test]
async fn parameters_that_cannot_be_signed_are_not_sent() {
    let server = Canned::json("{}").await;
    let client = client_at(&server.url);
    for (parameters, words) in [
        (json!({ "sign": "mine" }), "\"sign\" is set by the signing"),
        (json!([1]), "must be a JSON object"),
        (json!("text"), "must be a JSON object"),
    ] {
        let error = client.call::<Value>(Method::POST, "/some/path", &parameters).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::InvalidRequest, false), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(client.call::<Value>(Method::POST, "/some/path", &parameters).explain().is_err());
    }
    let unserialisable = std::collections::HashMap::from([(vec![1], 1)]);
    let error = client.call::<Value>(Method::POST, "/some/path", &unserialisable).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    let error = client.call::<Value>(Method::POST, "some/path", &json!({})).await.unwrap_err();
    assert!(error.to_string().contains("must begin with /"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_clock_before_1970_is_an_error_not_a_panic() {
    let client = Client::builder()
        .credentials(Credentials::new("P000270", "s").unwrap())
        .environment("http://127.0.0.1:1")
        .clock(|| std::time::UNIX_EPOCH - Duration::from_secs(1))
        .build()
        .unwrap();
    let error = client.open_package(&OpenPackage::builder().order_id("1").build()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
}

#[tokio::test]
async fn errors_carry_their_source_and_fit_in_a_result() {
    let error = client_at("http://127.0.0.1:1").query_order(&all_orders()).await.unwrap_err();
    let source =
        std::error::Error::source(&error).and_then(|transport| transport.source()).expect("the client's error");
    let source = source.downcast_ref::<reqwest::Error>().unwrap();
    assert!(source.is_connect() && source.url().is_none(), "what was asked may stand in the URL: {source:?}");
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_error::<Error>();
    assert!(size_of::<Error>() <= size_of::<usize>());
}
