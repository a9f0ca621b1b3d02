//! What one call can be told before it is awaited, and what it says after.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{StreamExt, stream};
use linksfield::csss::types::{OpenPackage, QueryOrder, SyncAssetInfo};
use linksfield::csss::{Client, OPERATIONS};
use linksfield::esim_qr::{self, AccessToken};
use linksfield::http::{HeaderMap, HeaderValue, Method};
use linksfield::sandbox::Sandbox;
use linksfield::{Call, Credentials, Error, ErrorKind, Language, RetryPolicy, mall};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Canned, client_at, client_of, http, monthly_plan, placed, response};

fn all_sims() -> SyncAssetInfo {
    SyncAssetInfo::builder().build()
}

fn all_orders() -> QueryOrder {
    QueryOrder::builder().page_no(1).page_size(1).build()
}

/// A server that accepts connections and never answers.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn a_call_is_a_future_for_all_that_takes_one() -> Result<(), Error> {
    fn is_value<T: Send + Unpin + 'static>(_: &T) {}
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let call = client.sync_asset_info(&all_sims());
    is_value(&call);
    is_value(&client.sync_asset_info(&all_sims()).response());
    call.await?;
    let (one, two) = tokio::join!(client.sync_asset_info(&all_sims()), client.query_order(&all_orders()));
    drop((one?, two?));
    tokio::try_join!(client.sync_asset_info(&all_sims()), client.query_order(&all_orders()))?;
    tokio::time::timeout(Duration::from_secs(30), client.sync_asset_info(&all_sims())).await.unwrap()?;
    tokio::select! {
        sims = client.sync_asset_info(&all_sims()) => drop(sims?),
        () = tokio::time::sleep(Duration::from_secs(30)) => panic!("no answer"),
    }
    tokio::spawn(client.sync_asset_info(&all_sims())).await.unwrap()?;
    let calls: FuturesUnordered<_> = (0..3).map(|_| client.order_package(&monthly_plan())).collect();
    assert_eq!(calls.filter(|result| std::future::ready(result.is_ok())).count().await, 3);
    let calls = stream::iter((0..4).map(|_| client.order_package(&monthly_plan()))).buffer_unordered(2);
    assert_eq!(calls.filter(|result| std::future::ready(result.is_ok())).count().await, 4);
    assert_eq!(sandbox.order_count(), 7);
    Ok(())
}

#[tokio::test]
async fn a_call_is_sent_when_it_is_awaited_and_only_then() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    drop(client.order_package(&monthly_plan()).timeout(Duration::from_secs(1)));
    assert_eq!(sandbox.order_count(), 0);
    let mut call = client.order_package(&monthly_plan());
    (&mut call).await?;
    let again = call.await.unwrap_err();
    assert_eq!((again.kind(), sandbox.order_count()), (ErrorKind::InvalidRequest, 1), "{again}");
    assert!(again.outcome_unknown(), "what became of it was told before");
    Ok(())
}

#[test]
fn a_call_without_a_runtime_is_an_error_not_a_panic() {
    let call = client_at("http://127.0.0.1:1").order_package(&monthly_plan());
    let error = futures::executor::block_on(call).unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::InvalidRequest, false), "{error}");
}

#[tokio::test]
async fn more_headers_than_a_request_can_have_are_an_error_not_a_panic() {
    let mut call = client_at("http://127.0.0.1:1").order_package(&monthly_plan());
    for number in 0..40_000 {
        call = call.header(format!("x-{number}"), "1");
    }
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn a_call_has_a_timeout_of_its_own() {
    let (_listener, url) = silent().await;
    let client = client_at(&url);
    let call = client.order_package(&monthly_plan()).timeout(Duration::from_millis(50));
    let error = call.await.unwrap_err();
    assert!(error.is_timeout() && error.outcome_unknown(), "{error:?}");
    let query = client.query_order(&all_orders()).timeout(Duration::from_millis(50));
    let error = query.retry(RetryPolicy::builder().first_delay(Duration::ZERO).build()).await.unwrap_err();
    assert_eq!((error.attempts(), error.is_timeout()), (3, true), "a timeout is an attempt's: {error:?}");
}

#[tokio::test]
async fn a_deadline_cuts_a_running_attempt_short_and_says_that_the_outcome_is_unknown() {
    let (_listener, url) = silent().await;
    let client = client_at(&url);
    let error = client.order_package(&monthly_plan()).deadline(Duration::from_millis(80)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Timeout, 1, true), "{error:?}");
    let error = client.query_order(&all_orders()).deadline(Duration::from_millis(80)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, false), "{error:?}");
}

#[tokio::test]
async fn a_deadline_does_not_lengthen_what_a_callers_own_client_waits() {
    let (_listener, url) = silent().await;
    let http = http().timeout(Duration::from_millis(50)).build().unwrap();
    let credentials = Credentials::new("P000270", "s").unwrap();
    let client = Client::builder().credentials(credentials).environment(url).http_client(http).build().unwrap();
    let error = client.order_package(&monthly_plan()).deadline(Duration::from_secs(600)).await.unwrap_err();
    assert!(error.is_timeout() && error.outcome_unknown(), "{error:?}");
    let nothing = client.order_package(&monthly_plan()).deadline(Duration::ZERO).await.unwrap_err();
    assert_eq!((nothing.attempts(), nothing.outcome_unknown()), (0, false), "{nothing:?}");
}

#[tokio::test]
async fn a_deadline_of_the_client_holds_for_each_call_that_has_none() {
    let (_listener, url) = silent().await;
    let client = Client::builder()
        .credentials(Credentials::new("P000270", "s").unwrap())
        .environment(url)
        .deadline(Duration::from_millis(80))
        .build()
        .unwrap();
    let error = client.query_order(&all_orders()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1), "{error:?}");
    let longer = client.query_order(&all_orders()).deadline(Duration::from_secs(3600));
    let error = longer.timeout(Duration::from_millis(20)).retry(at_once()).await.unwrap_err();
    assert_eq!(error.attempts(), 9, "more than the client's: {error:?}");
}

fn at_once() -> RetryPolicy {
    RetryPolicy::builder().attempts(9).first_delay(Duration::ZERO).build()
}

#[tokio::test]
async fn a_deadline_that_passes_in_the_limiter_after_an_attempt_tells_of_that() {
    let server = Canned::raw(response("503 x", "text/html", "")).await;
    let client = Client::builder()
        .credentials(Credentials::new("P000270", "s").unwrap())
        .environment(server.url.as_str())
        .per_second(1)
        .build()
        .unwrap();
    let query = client.query_order(&all_orders()).retry(at_once()).deadline(Duration::from_millis(900));
    let error = query.await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(503), 1), "{error:?}");
}

#[tokio::test]
async fn a_deadline_that_passes_in_the_limiter_sent_nothing() {
    let (listener, url) = silent().await;
    let client = Client::builder()
        .credentials(Credentials::new("P000270", "s").unwrap())
        .environment(url)
        .in_flight(1)
        .build()
        .unwrap();
    let busy = tokio::spawn(client.order_package(&monthly_plan()));
    let _connection = listener.accept().await.unwrap();
    let error = client.order_package(&monthly_plan()).deadline(Duration::from_millis(50)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Timeout, 0, false), "{error:?}");
    assert!(error.to_string().contains("nothing was sent"), "{error}");
    busy.abort();
}

#[tokio::test]
async fn a_deadline_leaves_no_time_for_a_delay_that_leads_nowhere() {
    let busy = response("503 x", "text/html", "");
    for asked in ["3600", "18446744073709551615"] {
        let server = Canned::raw(busy.replace("connection:", &format!("retry-after: {asked}\r\nconnection:"))).await;
        let policy = RetryPolicy::builder().longest_delay(Duration::MAX).total(Duration::MAX).build();
        let call = client_at(&server.url).query_order(&all_orders()).retry(policy).deadline(Duration::from_secs(60));
        let error = call.await.unwrap_err();
        assert_eq!((error.status(), error.attempts()), (Some(503), 1), "the answer is told at once: {error:?}");
    }
}

#[tokio::test]
async fn a_retry_policy_of_one_call_holds_for_it_but_never_repeats_an_order() {
    let busy = response("503 x", "text/html", "");
    let good = response("200 OK", "application/json", r#"{"code":"0000"}"#);
    let two = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
    let server = Canned::sequence(two().await, vec![busy.clone(), good.clone()]);
    let never = client_at(&server.url).query_order(&all_orders()).retry(RetryPolicy::never()).await.unwrap_err();
    assert_eq!((never.attempts(), server.requests().len()), (1, 1));
    let server = Canned::sequence(two().await, vec![busy, good]);
    let often = RetryPolicy::builder().attempts(9).first_delay(Duration::ZERO).build();
    let order = client_at(&server.url).order_package(&monthly_plan()).retry(often).await.unwrap_err();
    assert_eq!((order.attempts(), order.outcome_unknown(), server.requests().len()), (1, true, 1));
}

#[tokio::test]
async fn a_call_takes_headers_but_none_that_the_client_sets_or_signs() {
    let server = Canned::json(r#"{"code":"0000","data":{"order_id":"1"}}"#).await;
    let client = client_at(&server.url);
    client.order_package(&monthly_plan()).header("X-Trace", "a-b-c").header("x-trace", "d").await.unwrap();
    let request = server.requests().remove(0).to_lowercase();
    assert!(request.contains("x-trace: a-b-c\r\n") && request.contains("x-trace: d\r\n"), "{request}");
    for (name, value) in [
        ("Content-Type", "text/plain"),
        ("accept", "x"),
        ("Accept-Language", "en"),
        ("content-length", "1"),
        ("HOST", "example.com"),
        ("transfer-encoding", "chunked"),
        ("user-agent", "me"),
        ("not a name", "x"),
        ("x-trace", "line\nbreak secret"),
    ] {
        let error = client.order_package(&monthly_plan()).header(name, value).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{name}: {error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
    let token = AccessToken::new("t").unwrap();
    let client = esim_qr::Client::builder().credentials(token).environment(server.url.as_str()).build().unwrap();
    let call = client.report_payment(&crate::mall::report()).header("x-access-token", "another");
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(server.requests().len(), 1, "nothing else was sent");
}

#[tokio::test]
async fn a_client_adds_headers_to_each_attempt_but_never_over_what_is_set_or_signed() {
    let busy = response("503 x", "text/html", "");
    let good = response("200 OK", "application/json", r#"{"code":"0000"}"#);
    let server = Canned::sequence(TcpListener::bind("127.0.0.1:0").await.unwrap(), vec![busy, good]);
    let attempts = Arc::new(AtomicU32::new(0));
    let add = move |headers: &mut HeaderMap| {
        let attempt = attempts.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(headers.is_empty(), "what is set, and may be secret, is not shown");
        headers.insert("traceparent", attempt.into());
        for name in ["content-type", "accept", "accept-language", "content-length", "host", "user-agent", "x-told"] {
            headers.insert(name, HeaderValue::from_static("of the hook"));
        }
        headers.insert("x-access-token", HeaderValue::from_static("of the hook"));
    };
    let client = Client::builder()
        .credentials(Credentials::new("P000270", "s").unwrap())
        .environment(server.url.as_str())
        .retry(RetryPolicy::builder().first_delay(Duration::ZERO).build())
        .headers(add.clone())
        .build()
        .unwrap();
    client.query_order(&QueryOrder::builder().page_no(1).page_size(1).build()).header("x-told", "mine").await.unwrap();
    for (request, number) in server.requests().iter().zip(1..) {
        assert!(request.contains(&format!("traceparent: {number}\r\n")), "{request}");
        assert_eq!(request.matches("of the hook").count(), 1, "nothing but the token that this API has not: {request}");
        assert!(request.contains("x-told: mine\r\n") && request.contains("content-type: application/json\r\n"));
    }
    let (token, server) = (AccessToken::new("t").unwrap(), Canned::json(r#"{"code":"0000"}"#).await);
    let client = esim_qr::Client::builder().credentials(token).environment(server.url.as_str()).headers(add);
    let _ = client.build().unwrap().report_payment(&crate::mall::report()).await;
    let request = server.requests().remove(0);
    assert!(request.contains("x-access-token: t\r\n"), "what signs is not replaced: {request}");
}

#[tokio::test]
async fn a_call_is_answered_in_the_language_that_it_asks_for() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let unknown = OpenPackage::builder().order_id("1").build();
    let call = client_of(&sandbox).open_package(&unknown).language(Language::SimplifiedChinese);
    assert_eq!(call.await.unwrap_err().message(), Some("订单不存在"));
    for odd in ["not\na tag", "", "zh_CN"] {
        let call = client_of(&sandbox).open_package(&unknown).language(Language::Other(odd.into()));
        assert_eq!(call.await.unwrap_err().kind(), ErrorKind::InvalidRequest, "{odd}");
    }
    Ok(())
}

#[tokio::test]
async fn a_response_has_what_came_around_the_data() -> Result<(), Error> {
    let body = r#"{"code":"0000","message":"成功","success":true,"data":[{"assetId":"1"}],"more":1}"#;
    let busy = response("503 x", "text/html", "");
    let good = response("202 x", "application/json", body).replace("connection:", "x-request: 7\r\nconnection:");
    let server = Canned::sequence(TcpListener::bind("127.0.0.1:0").await.unwrap(), vec![busy, good]);
    let policy = RetryPolicy::builder().first_delay(Duration::ZERO).build();
    let response = client_at(&server.url).sync_asset_info(&all_sims()).retry(policy).response().await?;
    assert_eq!((response.status().as_u16(), response.attempts()), (202, 2));
    assert_eq!(response.headers()["x-request"], "7");
    assert_eq!((response.message(), response.raw().as_ref()), (Some("成功"), body.as_bytes()));
    assert!(!format!("{response:?}").contains("assetId"));
    assert_eq!(response.data().len(), 1);
    assert_eq!(response.into_data()[0].asset_id, Some("1".into()));
    Ok(())
}

#[tokio::test]
async fn a_call_explains_itself_and_is_sent_as_it_said() -> Result<(), Error> {
    let server = Canned::json(r#"{"code":"0000","data":{"order_id":"1"}}"#).await;
    let call = client_at(&server.url).order_package(&monthly_plan());
    let explanation = call.explain()?;
    call.await?;
    let sent = linksfield::signing::explain(server.body().to_string().as_bytes()).unwrap();
    assert_eq!(explanation.content(), sent.content());
    let mut call = client_at(&server.url).order_package(&monthly_plan());
    (&mut call).await?;
    assert_eq!(call.explain().unwrap_err().kind(), ErrorKind::InvalidRequest);
    Ok(())
}

#[test]
fn a_mall_call_explains_the_time_only_where_it_is_signed() {
    let partner_code = mall::PartnerCode::new("P000270").unwrap();
    let client = mall::Client::builder().credentials(partner_code).environment("http://127.0.0.1:1").build().unwrap();
    for operation in mall::OPERATIONS {
        let parameters: Value = serde_json::from_str(operation.example).unwrap();
        let content = client.perform::<Value>(operation, &parameters).explain().unwrap().content().to_owned();
        assert!(content.contains(r#""partnerCode":"P000270""#), "{content}");
        // Its page has no such parameter.
        assert_eq!(content.contains("tradeTime"), operation.id != "SynOrderInfo", "{}", operation.id);
    }
}

#[tokio::test]
async fn a_raw_call_is_sent_again_if_it_is_said_to_be_safe() {
    let busy = response("503 x", "text/html", "");
    let good = response("200 OK", "application/json", r#"{"code":"0000","data":7}"#);
    let server = Canned::sequence(TcpListener::bind("127.0.0.1:0").await.unwrap(), vec![busy, good]);
    let client = client_at(&server.url);
    let policy = RetryPolicy::builder().first_delay(Duration::ZERO).build();
    let call: Call<i32> = client.call(Method::POST, "/x", &json!({}));
    assert_eq!(call.safe_to_retry(true).retry(policy).await.unwrap(), 7);
    let typed = client.order_package(&monthly_plan()).safe_to_retry(true).await.unwrap_err();
    assert_eq!(typed.kind(), ErrorKind::InvalidRequest, "{typed}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_raw_call_goes_where_its_path_says_or_nowhere() {
    let server = Canned::json(r#"{"code":"0000"}"#).await;
    let client = client_at(&server.url);
    for path in [
        "x",
        "",
        "/a/../b",
        "/a/%2E%2e/b",
        "/a/./b",
        "/a\\..\\b",
        "/sims/a\\b/cancel",
        "/sims/1/x%2F..%2Fcancel",
        "/sims/1/%252e%252e/1/cancel",
        "/sims/1/x%255c%2e%2e%255cy",
        &format!("/sims/%{}41", "25".repeat(50_000)),
        "/a?b=c",
        "/a#b",
        "/a/.\t./b",
        "/sims/",
        "/sims//cancel",
        "/sims/ /cancel",
        "/sims/%20",
        "/sims/%09/cancel",
        "/sims/%C2%A0/cancel",
    ] {
        let error = client.call::<Value>(Method::POST, path, &json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{path}: {error}");
    }
    for id in [
        json!(".."),
        json!("%2e%2E"),
        json!(""),
        json!("  "),
        json!("%20"),
        json!(null),
        json!("..\n"),
        json!(".\t."),
        json!("1\t2"),
        json!([".."]),
        json!({ "a": 1 }),
    ] {
        let error = client.call::<Value>(Method::PUT, "/sims/{id}/cancel", &json!({ "id": id })).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{id}: {error}");
    }
    assert!(server.requests().is_empty());
    client.call::<Value>(Method::PUT, "/sims/{id}/cancel", &json!({ "id": "a/b%?" })).await.unwrap();
    let request = server.requests().remove(0);
    assert!(request.starts_with("PUT /sims/a%2Fb%25%3F/cancel HTTP/1.1"), "{request}");
}

#[tokio::test]
async fn a_path_stands_behind_that_of_the_server_with_one_slash_between() {
    let server = Canned::json(r#"{"code":"0000"}"#).await;
    for (base, prefix) in [("", ""), ("/", ""), ("/gw/v4", "/gw/v4"), ("/gw/v4/", "/gw/v4"), ("/a%20b//", "/a%20b")] {
        let client = client_at(&format!("{}{base}", server.url));
        for (path, placed) in [
            ("/sims", "/sims"),
            ("/sims/{id}/usage", "/sims/1/usage"),
            // What is encoded is not encoded again.
            ("/a%20b", "/a%20b"),
            ("/a%20b/{id}", "/a%20b/1"),
            ("/a b/{id}", "/a%20b/1"),
        ] {
            client.call::<Value>(Method::PUT, path, &json!({ "id": 1 })).await.unwrap();
            let request = server.requests().pop().unwrap();
            assert!(request.starts_with(&format!("PUT {prefix}{placed} HTTP/1.1")), "{base} {path}: {request}");
        }
    }
    let client = client_at(&server.url);
    for (id, placed) in
        [("89 \"#<>?`{}^|\\é", "89%20%22%23%3C%3E%3F%60%7B%7D%5E|%5C%C3%A9"), ("a:b@c;d=e,f+g~", "a:b@c%3Bd=e,f+g~")]
    {
        client.call::<Value>(Method::PUT, "/{id}", &json!({ "id": id })).await.unwrap();
        let request = server.requests().pop().unwrap();
        assert!(request.starts_with(&format!("PUT /{placed} HTTP/1.1")), "{id}: {request}");
    }
}

#[tokio::test]
async fn a_list_in_the_query_stands_there_item_by_item_and_an_object_can_t() {
    let server = Canned::json(r#"{"code":"0000"}"#).await;
    let client = client_at(&server.url);
    for nested in [json!({ "a": 1 }), json!([[1]]), json!(["a", null])] {
        let error = client.call::<Value>(Method::GET, "/sims", &json!({ "which": nested })).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{nested}: {error}");
        assert!(error.to_string().contains("the parameter which, which is part of the query, must be"), "{error}");
    }
    assert!(server.requests().is_empty());
    let parameters = json!({ "tags": ["a b", 2, true], "none": null, "empty": [] });
    client.call::<Value>(Method::GET, "/sims", &parameters).await.unwrap();
    let request = server.requests().remove(0);
    assert!(request.contains("&tags=a%20b&tags=2&tags=true&"), "{request}");
    assert!(!request.contains("none=") && !request.contains("empty="), "{request}");
}

#[tokio::test]
async fn an_api_whose_signature_is_a_parameter_has_none_in_the_query_and_one_that_signs_nothing_has() {
    let server = Canned::json(r#"{"code":"0000"}"#).await;
    let error = |call: Call<Value>| call.in_query(["a"]).explain().unwrap_err();
    let parameters = json!({ "a": 1 });
    let shop = mall::Client::builder()
        .credentials(mall::PartnerCode::new("P000270").unwrap())
        .environment(&*server.url)
        .build()
        .unwrap();
    for error in [
        error(client_at(&server.url).call(Method::PUT, "/x", &parameters)),
        error(shop.call(Method::POST, "/x", &parameters)),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains("none of them can go into the query"), "{error}");
    }
    let token = AccessToken::new("token").unwrap();
    let unsigned = esim_qr::Client::builder().credentials(token).environment("https://host").build().unwrap();
    let call = unsigned.call::<Value>(Method::PUT, "/x", &json!({ "a": [1, 2], "b": 2 })).in_query(["a"]);
    let preview = call.preview().unwrap();
    assert_eq!((preview.url(), preview.body()), ("https://host/x?a=1&a=2", Some(r#"{"b":2}"#)));
}

#[tokio::test]
async fn any_operation_can_be_performed_by_its_row_but_not_that_of_another_api() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let order = placed(&client).await;
    for operation in OPERATIONS {
        let parameters = crate::families::example(operation, order.as_str());
        let result: Result<Value, Error> = client.perform(operation, &parameters).await;
        assert!(result.is_ok() || operation.id == "queryDeviceFlowUsage", "{}: {result:?}", operation.id);
    }
    let error = client.perform::<Value>(&mall::OPERATIONS[0], &json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    Ok(())
}
