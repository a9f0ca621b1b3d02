//! Cube: keys in all shapes, signed requests as a server sees them, and SIMs through their life in the sandbox.

use std::future::IntoFuture;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use linksfield::cube::types::{
    ActivateSim, AddBundle, BundleStatus, BundleType, CancelSim, CreateRenewalOrder, ListReceivedSms, ListSentSms,
    MessageType, QueryAsyncResult, QueryAsyncResultOutput, QueryRenewalOrder, QuerySim, QuerySimBundles, QuerySimUsage,
    QuerySims, RenewalItem, ResultCode, ResumeSim, SendSms, SimStatus, SmsMessage,
};
use linksfield::cube::{
    Client, Credentials, Environment, OPERATIONS, Pending, PrivateKey, Progress, PublicKey, SignedRequest, State,
    verify,
};
use linksfield::http::{HeaderMap, HeaderName, HeaderValue, Method};
use linksfield::jiff::Timestamp;
use linksfield::jiff::civil::Date;
use linksfield::jiff::tz::TimeZone;
use linksfield::openapi::DOCUMENTS;
use linksfield::sandbox::{CUBE_KEY, CUBE_KEY_ID, Sandbox};
use linksfield::{Environment as _, Error, ErrorKind, Operation, RetryPolicy};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::documented_examples::without_null;
use crate::families::Caller;
use crate::support::{Canned, in_its_own_process, response};

pub const SIM: &str = "89852202209089971478";

pub fn key() -> PrivateKey {
    PrivateKey::from_text(CUBE_KEY).unwrap()
}

pub fn client_of(sandbox: &Sandbox) -> Client {
    Client::builder().credentials(sandbox.cube_credentials()).environment(sandbox.cube_url()).build().unwrap()
}

/// A client whose clock stands.
pub fn client_at(url: &str) -> Client {
    Client::builder()
        .credentials(Credentials::new(CUBE_KEY_ID, key()).unwrap())
        .environment(url)
        .clock(|| UNIX_EPOCH + Duration::from_millis(1_674_197_059_220))
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

pub fn renewal() -> CreateRenewalOrder {
    let item = RenewalItem::builder().id("CP-6HPXRQI88QSM").quantity(2).sim_ids([SIM]).build();
    CreateRenewalOrder::builder().items([item]).build()
}

pub fn sms(content: &str) -> SendSms {
    let message = SmsMessage::builder().type_(MessageType::Text).content(content).build();
    SendSms::builder().sim_ids([SIM]).message(message).build()
}

/// Makes the example of an operation one that a new sandbox accepts.
pub async fn prepare(sandbox: &Sandbox, client: &Client, operation: &Operation, parameters: &mut Value) {
    match operation.id {
        "resumeSim" => sandbox.set_sim_status(SIM, SimStatus::Paused),
        // The example is older than what is listed.
        "querySimUsage" => {
            let day = day_of(crate::faults::time());
            assert!(sandbox.set_usage(parameters["sim_id"].as_str().unwrap(), day, 2222));
            (parameters["begin_from"], parameters["end_by"]) = (json!(day.to_string()), json!(day.to_string()));
        }
        "queryAccumulatedUsage" => {
            let activate = ActivateSim::builder().sim_id(parameters["sim_id"].as_str().unwrap()).build();
            client.activate_sim(&activate).await.unwrap();
            sandbox.set_time(Some(crate::faults::time() + Duration::from_secs(1))).unwrap();
        }
        "queryRenewalOrder" => {
            parameters["order_id"] = json!(client.create_renewal_order(&renewal()).await.unwrap().order_id);
        }
        "queryAsyncResult" => {
            let cancelled = client.cancel_sim(&CancelSim::builder().sim_id(SIM).build()).await.unwrap();
            parameters["request_id"] = json!(cancelled.request_id);
        }
        _ => {}
    }
}

/// The day of UTC 0.
pub fn day_of(time: SystemTime) -> Date {
    TimeZone::UTC.to_datetime(Timestamp::try_from(time).unwrap()).date()
}

async fn status(client: &Client) -> SimStatus {
    client.query_sim(&QuerySim::builder().sim_id(SIM).build()).await.unwrap().status.unwrap()
}

/// A clock that is moved by hand, and a sandbox with it.
pub async fn sandbox_with_a_clock() -> (Sandbox, impl Fn(u64)) {
    let time = Arc::new(Mutex::new(SystemTime::now()));
    let clock = Arc::clone(&time);
    let sandbox = Sandbox::builder().clock(move || *clock.lock().unwrap()).start().await.unwrap();
    (sandbox, move |seconds| *time.lock().unwrap() += Duration::from_secs(seconds))
}

pub fn refusal(error: &Error) -> ResultCode {
    ResultCode::from(error.code().unwrap())
}

#[tokio::test]
async fn a_sim_lives_through_the_sandbox() {
    let (sandbox, pass) = sandbox_with_a_clock().await;
    let client = client_of(&sandbox);
    assert_eq!(status(&client).await, SimStatus::PreActive);
    let activate = ActivateSim::builder().sim_id(SIM).build();
    client.activate_sim(&activate).await.unwrap();
    let error = client.activate_sim(&activate).await.unwrap_err();
    assert_eq!((refusal(&error), error.outcome_unknown()), (ResultCode::LastRequestInProcess, false));
    pass(1);
    assert_eq!(status(&client).await, SimStatus::ActiveLive);
    assert_eq!(refusal(&client.activate_sim(&activate).await.unwrap_err()), ResultCode::AlreadyActivated);

    let add = AddBundle::builder().sim_id(SIM).bundle_id("LP09823222320").bundle_type(10).cycles(3).build();
    client.add_bundle(&add).await.unwrap();
    client.add_bundle(&AddBundle::builder().sim_id(SIM).bundle_type(BundleType::AddOn).build()).await.unwrap();
    let waiting = [BundleStatus::BundleNotStarted, BundleStatus::BundlePaused];
    let query = QuerySimBundles::builder().sim_id(SIM).status(waiting).page_size(1).build();
    let bundles = client.query_sim_bundles(&query).await.unwrap();
    assert_eq!((bundles.len(), bundles[0].cycles), (1, Some(3)));
    assert_eq!(bundles.total_count(), Some(1));

    sandbox.set_sim_status(SIM, SimStatus::Paused);
    client.resume_sim(&ResumeSim::builder().sim_id(SIM).build()).await.unwrap();
    pass(1);
    assert_eq!(status(&client).await, SimStatus::ActiveLive);
    let cancelled = client.cancel_sim(&CancelSim::builder().sim_id(SIM).build()).await.unwrap();
    let result = QueryAsyncResult::builder().request_id(cancelled.request_id.unwrap()).build();
    assert_eq!(client.query_async_result(&result).await.unwrap()["SANDBOX-result"], "processing");
    pass(1);
    assert_eq!(status(&client).await, SimStatus::Expired);
    assert_eq!(client.query_async_result(&result).await.unwrap()["SANDBOX-result"], "done");
}

#[tokio::test]
async fn orders_messages_and_usage_come_back() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let ordered = client.create_renewal_order(&renewal()).await.unwrap();
    let query = QueryRenewalOrder::builder().order_id(ordered.order_id.clone()).build();
    let order = client.query_renewal_order(&query).await.unwrap();
    assert_eq!((order.id, order.items[0].sim_ids[0].as_str()), (Some(ordered.order_id), SIM));

    client.send_sms(&sms("你好 / \"hi\"")).await.unwrap();
    let sent = client.list_sent_sms(&ListSentSms::builder().sim_id(SIM).build()).await.unwrap();
    assert_eq!(sent[0].content.as_ref().unwrap().message.as_deref(), Some("你好 / \"hi\""));
    let before = SystemTime::now();
    sandbox.receive_sms(SIM, "pong");
    let list = ListReceivedSms::builder().sim_id(SIM).begin_from(before).page_no(1).page_size(5).build();
    let received = client.list_received_sms(&list).await.unwrap();
    assert_eq!(received[0].message.as_ref().unwrap().content.as_deref(), Some("pong"));

    let today = day_of(SystemTime::now());
    assert!(sandbox.set_usage(SIM, today, 2222));
    let usage = QuerySimUsage::builder().sim_id(SIM).category("data").period_type("1").begin_from(today.to_string());
    let usage = client.query_sim_usage(&usage.end_by(today.to_string()).build()).await.unwrap();
    assert_eq!(usage.usage[0].data.as_ref().unwrap().all.as_ref().unwrap().as_str(), "2222");

    let all = client.query_sims_items(QuerySims::builder().page_size(10).build()).into_vec().await.unwrap();
    assert!(all.len() > 25, "more than two pages");
    let later = client.query_sims_items(QuerySims::builder().page_no(2).build()).into_vec().await.unwrap();
    assert_eq!(later.len(), all.len() - 10, "of a page whose size is not given nobody knows how many are before it");
}

#[tokio::test]
async fn an_answer_without_sims_and_their_number_does_not_say_that_there_are_none() {
    for (rest, is_whole) in [
        (r#""data":null"#, false),
        (r#""data":"""#, false),
        (r#""sims":[]"#, false),
        (r#""data":[]"#, true),
        (r#""data":null,"total_count":0"#, true),
    ] {
        let server = Canned::json(&format!(r#"{{"status":{{"code":"CB-00-0000"}},{rest}}}"#)).await;
        let client = client_at(&format!("{}/cube/v4", server.url));
        let typed = client.query_sims_items(QuerySims::builder().build()).into_vec().await;
        assert_eq!(typed.is_ok(), is_whole, "{rest}: {typed:?}");
        let operation = OPERATIONS.iter().find(|operation| operation.id == "querySims").unwrap();
        let told = client.perform_items(operation, json!({})).unwrap().into_vec().await;
        assert_eq!(told.is_ok(), is_whole, "{rest}: {told:?}");
    }
}

#[tokio::test]
async fn a_request_is_sent_as_documented() {
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":null}"#).await;
    let client = client_at(&format!("{}/cube/v4", server.url));
    client.activate_sim(&ActivateSim::builder().sim_id(SIM).build()).await.unwrap();
    client.resume_sim(&ResumeSim::builder().sim_id(SIM).build()).await.unwrap();
    let [activate, resume] = server.requests().try_into().unwrap();
    assert!(activate.starts_with(&format!("POST /cube/v4/sims/{SIM}/activate HTTP/1.1\r\n")), "{activate}");
    assert!(activate.ends_with("\r\n\r\n{}"), "{activate}");
    assert!(resume.starts_with("PUT ") && resume.ends_with("\r\n\r\n"), "{resume}");
    assert!(resume.contains("content-length: 0\r\n"), "a gateway may answer 411 without: {resume}");
    for header in [
        "authorization: LF sandbox/",
        "timestamp: 1674197059220\r\n",
        "x-lf-signature-type: 2.0\r\n",
        "accept-language: en-US\r\n",
    ] {
        assert!(activate.contains(header), "{header} in {activate}");
    }
    assert!(!activate.contains("x-lf-api-version"));
    let nonce = activate.split_once("nonce: ").unwrap().1.split("\r\n").next().unwrap().parse::<u32>().unwrap();
    assert!((1..1 << 31).contains(&nonce));
}

#[tokio::test]
async fn a_version_of_the_api_and_another_signed_path_can_be_named() {
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":null}"#).await;
    let builder = || Client::builder().credentials(Credentials::new(CUBE_KEY_ID, key()).unwrap());
    let url = format!("{}/gateway/linksfield/", server.url);
    let client = builder().environment(url).api_version("1.0").signed_base_path("/cube/v4").build().unwrap();
    let call = client.query_sim(&QuerySim::builder().sim_id(SIM).build());
    let explanation = call.explain().unwrap();
    assert!(explanation.content().contains(&format!(r#""x-sign-uri":"/cube/v4/sims/{SIM}""#)));
    let both = format!("the path /gateway/linksfield/sims/{SIM} is signed as /cube/v4/sims/{SIM}");
    assert!(explanation.notes().contains(&both) && explanation.to_string().contains(&both), "{explanation}");
    call.await.unwrap();
    assert!(server.requests()[0].contains("x-lf-api-version: 1.0\r\n"));
    for wrong in ["cube/v4", "/cube/v4/", "/a?b", "/a#b", "/a b", "/é", "/a\nb", "/a/../b", "/a\\b"] {
        let error = builder().environment("https://example.com").signed_base_path(wrong).build().unwrap_err();
        assert!(error.to_string().contains("signed_base_path must begin with /"), "{error}");
    }
    for wrong in ["1\n0", "", " ", "1.0 ", "é"] {
        assert!(builder().environment("https://example.com").api_version(wrong).build().is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn explain_says_what_is_decided_and_not_stated() {
    let client = client_at("https://example.com/cube/v4");
    let notes = client.send_sms(&sms("a b é")).explain().unwrap().notes().join("\n");
    for word in ["no white space between tokens", "white space inside a value is kept", "outside ASCII"] {
        assert!(notes.contains(word), "{word} in {notes}");
    }
    let usage = QuerySimUsage::builder().sim_id(SIM).category("data").period_type("1").begin_from("2022-10-01");
    let notes = client.query_sim_usage(&usage.end_by("").build()).explain().unwrap().notes().join("\n");
    assert!(notes.contains("`category` is signed by its own name") && notes.contains("what is left out"), "{notes}");
}

#[tokio::test]
async fn a_raw_call_is_signed_and_has_none_of_the_signatures_parameters() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let sims: Value = client.call(Method::GET, "/sims", &json!({ "page_size": 1 })).await.unwrap();
    assert_eq!(sims.as_array().unwrap().len(), 1);
    let path = "/sims/{sim_id}/bundles";
    let parameters = json!({ "sim_id": SIM, "status": [0, 1] });
    client.call::<Value>(Method::GET, path, &parameters).await.unwrap();
    for reserved in ["timestamp", "nonce", "x-sign-uri"] {
        let error = client.call::<Value>(Method::POST, "/x", &json!({ reserved: "1" })).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(reserved), "{error}");
        let error = client.call::<Value>(Method::GET, "/sims", &json!({ reserved: "1" })).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidRequest && error.to_string().contains(reserved), "{error}");
    }
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":null}"#).await;
    let client = client_at(&server.url);
    client.call::<Value>(Method::GET, "/sims", &json!({ "a": [1, "3"], "b": 2 })).await.unwrap();
    assert!(server.requests()[0].starts_with("GET /sims?a=1%2C3&b=2 HTTP/1.1"), "{:?}", server.requests());
    for (ambiguous, name) in [
        (json!({ "a": ["1,2", 3] }), "a"),
        (json!({ "a": [1, "2,3"] }), "a"),
        (json!({ "a": [1, 2], "b": ["x,y", "z"] }), "b"),
    ] {
        let error = client.call::<Value>(Method::GET, "/sims", &ambiguous).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(&format!("the parameter {name} ")), "{error}");
    }
}

#[tokio::test]
async fn a_raw_call_puts_what_it_names_into_the_query_signed_and_all_else_into_the_body() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let parameters = json!({ "sim_id": SIM, "a": [1, "b ü+"], "c": 2, "d": [3] });
    // The sandbox checks the signatures of the operations that it knows.
    for (method, path) in [(Method::PUT, "/sims/{sim_id}/cancel"), (Method::POST, "/sims/{sim_id}/activate")] {
        let _ = client.call::<Value>(method.clone(), path, &parameters).in_query(["a"]).in_query(["c"]).await;
        let request = sandbox.requests().pop().unwrap();
        assert_eq!((request.method(), request.is_verified()), (&method, Some(true)));
        assert_eq!(request.body(), &br#"{"d":[3]}"#[..]);
    }
    let path = "/sims/{sim_id}/cancel";
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":null}"#).await;
    let client = client_at(&server.url);
    client.call::<Value>(Method::PUT, path, &parameters).in_query(["a", "c"]).await.unwrap();
    let request = server.requests().remove(0);
    assert!(request.starts_with(&format!("PUT /sims/{SIM}/cancel?a=1%2Cb%20%C3%BC%2B&c=2 HTTP/1.1")), "{request}");
    assert!(request.ends_with(r#"{"d":[3]}"#), "{request}");
    client.call::<Value>(Method::GET, "/sims", &json!({ "a": 1, "b": 2 })).in_query(["a"]).await.unwrap();
    assert!(server.requests()[1].starts_with("GET /sims?a=1&b=2 HTTP/1.1"), "all of a GET go there anyway");
}

#[tokio::test]
async fn a_name_for_the_query_that_gets_nothing_there_is_refused() {
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":null}"#).await;
    let client = client_at(&server.url);
    let cancel = |order: Value| {
        let parameters = json!({ "sim_id": SIM, "order_id": order });
        client.call::<Value>(Method::PUT, "/sims/{sim_id}/cancel", &parameters)
    };
    for (name, order) in [
        ("orderId", json!("1")),
        ("sim_id", json!("1")),
        ("", json!("1")),
        ("order_id", json!(null)),
        ("order_id", json!("")),
        ("order_id", json!([])),
        ("order_id", json!([""])),
    ] {
        let call = cancel(order.clone()).in_query([name]);
        assert!(call.explain().is_err() && call.preview().is_err(), "{name} {order}");
        let error = call.await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{name} {order}");
        assert!(
            error.to_string().contains(&format!("{name} is named as a parameter that goes into the query")),
            "{error}"
        );
    }
    for (name, value, what) in [
        ("order_id", json!({ "a": 1 }), "which is part of the query, must be a text"),
        ("order_id", json!(["a,b"]), "it would arrive as two"),
    ] {
        let error = cancel(value).in_query([name]).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidRequest && error.to_string().contains(what), "{error}");
    }
    let reserved = client.call::<Value>(Method::POST, "/x", &json!({ "nonce": 1 })).in_query(["nonce"]);
    assert!(reserved.await.unwrap_err().to_string().contains("nonce"));
    let described = client.cancel_sim(&CancelSim::builder().sim_id(SIM).build()).in_query(["order_id"]);
    let error = described.await.unwrap_err().to_string();
    assert!(error.contains("what goes into the query is said by the specification"), "{error}");
    // It is the documented one still.
    let call = cancel(json!("1")).in_query(["order_id"]);
    assert_eq!(call.documented_as().unwrap().id, "cancelSim");
    let error = call.safe_to_retry(true).await.unwrap_err().to_string();
    assert!(error.contains("it is cancelSim, which the document does not call safe to retry"), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn the_servers_of_the_document_are_those_of_the_environment() {
    let document = DOCUMENTS.iter().find(|document| document.name == "cube").unwrap();
    let servers: Vec<_> = document.servers.iter().map(|server| server.url).collect();
    assert_eq!(servers, [Environment::Production.url(), Environment::Uat.url()]);
}

#[test]
fn only_what_cannot_be_taken_back_is_confirmed_by_the_id_of_the_sim() {
    let confirmed: Vec<_> =
        OPERATIONS.iter().filter_map(|operation| Some((operation.id, operation.confirm?))).collect();
    assert_eq!(confirmed, [("cancelSim", "sim_id")]);
}

#[tokio::test]
async fn a_sim_of_dots_or_of_nothing_is_no_sim() {
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":null}"#).await;
    let client = client_at(&server.url);
    // Servers in Java take what follows a `;` for parameters of the segment.
    for id in [
        "",
        " ",
        ".",
        "..",
        "%2e%2e",
        ".%2E",
        "\u{7}",
        ";x",
        "..;",
        ".;x",
        "%2e%2E%3bx",
        ".. ",
        "\u{200b}",
        "\u{feff}..",
        "%E2%80%8B",
    ] {
        let error = client.cancel_sim(&CancelSim::builder().sim_id(id).build()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{id:?}");
        let error = client.call::<Value>(Method::PUT, "/sims/{id}/cancel", &json!({ "id": id })).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{id:?}");
    }
    for path in ["/sims/..;/cancel", "/sims/;x/cancel", "/sims/%3B/cancel", r"/sims/..\x/cancel"] {
        let error = client.call::<Value>(Method::PUT, path, &json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{path}");
    }
    assert!(server.requests().is_empty());
    client.cancel_sim(&CancelSim::builder().sim_id("0").build()).await.unwrap();
    client.cancel_sim(&CancelSim::builder().sim_id("../a?b#c;d").build()).await.unwrap();
    client.cancel_sim(&CancelSim::builder().sim_id(r"..\a").build()).await.unwrap();
    client.call::<Value>(Method::PUT, "/sims/{id}/cancel", &json!({ "id": r"a\../b" })).await.unwrap();
    let lines: Vec<_> = server.requests().iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
    // As many segments as the template has.
    let paths = ["0", "..%2Fa%3Fb%23c%3Bd", "..%5Ca", "a%5C..%2Fb"].map(|id| format!("PUT /sims/{id}/cancel HTTP/1.1"));
    assert_eq!(lines, paths);
}

#[tokio::test]
async fn what_ends_every_plan_takes_no_parameter_that_is_not_documented() {
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":null}"#).await;
    let client = client_at(&server.url);
    let operation = |id: &str| OPERATIONS.iter().find(|operation| operation.id == id).unwrap();
    for guessed in ["order_id", "keep_alive", "orderId"] {
        let parameters = json!({ "sim_id": SIM, guessed: "1" });
        let error = client.perform::<Value>(operation("cancelSim"), &parameters).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{guessed}");
        assert!(error.to_string().contains(&format!("the parameter {guessed} is not documented for it")), "{error}");
    }
    for odd in [r#"{"sim_id":"1","order_id":1e999}"#, r#"{"sim_id":"1","order_id":"\ud800"}"#, r#"["1"]"#] {
        let odd = RawValue::from_string(odd.to_owned()).unwrap();
        let error = client.perform::<Value>(operation("cancelSim"), &odd).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{odd}");
    }
    assert!(server.requests().is_empty());
    client.perform::<Value>(operation("cancelSim"), &json!({ "sim_id": SIM })).await.unwrap();
    client.perform::<Value>(operation("activateSim"), &json!({ "sim_id": SIM, "new": 1 })).await.unwrap();
    assert_eq!(server.requests().len(), 2, "what can be taken back may be told more");
}

#[tokio::test]
async fn a_raw_call_of_a_documented_operation_keeps_its_rules_however_it_is_written() {
    let server = Canned::raw(response("503 x", "text/plain", "")).await;
    let client = client_at(&server.url);
    for (path, parameters) in [
        ("/sims/{sim_id}/cancel", json!({ "sim_id": SIM })),
        ("/sims/1/%63ancel", json!({})),
        ("/SIMS/1/CANCEL", json!({})),
        ("/sims/1/cancel;v=1", json!({})),
        ("/sims/1/cancel%20", json!({})),
        ("/sims/1%2Fcancel", json!({})),
        ("/sims/1/{what}", json!({ "what": "cancel" })),
    ] {
        let call = client.call::<Value>(Method::PUT, path, &parameters).safe_to_retry(true);
        let error = call.await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{path}");
        assert!(
            error.to_string().contains("it is cancelSim, which the document does not call safe to retry"),
            "{error}"
        );
    }
    assert!(server.requests().is_empty());
    for (method, path) in [(Method::GET, "/sims/1"), (Method::POST, "/sims/1/sms"), (Method::PUT, "/v2/sims/1/cancel")]
    {
        let error = client.call::<Value>(method, path, &json!({})).safe_to_retry(true).await.unwrap_err();
        assert!(error.attempts() > 1, "{path} is no documented one that changes something: {error}");
    }
}

/// Base64 of SHA1withRSA, past the crate.
fn signature(content: &str) -> String {
    use rsa::pkcs8::DecodePrivateKey;
    use rsa::signature::{SignatureEncoding, Signer};
    let key = rsa::PrivateKey::from_pkcs8_pem(CUBE_KEY).unwrap();
    let key = rsa::pkcs1v15::SigningKey::<sha1::Sha1>::new(key);
    STANDARD.encode(key.sign(content.as_bytes()).to_bytes())
}

#[test]
fn a_server_takes_no_request_with_a_header_twice_or_a_nonce_that_is_no_number() {
    let preview = |nonce: &str, twice: Option<&str>| {
        let now = UNIX_EPOCH + Duration::from_millis(1_674_197_059_220);
        let content = format!(r#"{{"nonce":"{nonce}","timestamp":"1674197059220","x-sign-uri":"/cube/v4/sims"}}"#);
        let mut headers = HeaderMap::new();
        let mut add = |name: &str, value: &str| {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        };
        add("authorization", &format!("LF {CUBE_KEY_ID}/{}", signature(&content)));
        add("timestamp", "1674197059220");
        add("nonce", nonce);
        add("x-lf-signature-type", "2.0");
        twice.into_iter().for_each(|name| add(name, "7"));
        if nonce == "8" {
            headers.insert("x-lf-signature-type", HeaderValue::from_bytes(b"1.0\xff").unwrap());
        }
        let request = SignedRequest { path: "/cube/v4/sims", query: "", headers: &headers, body: b"" };
        let known = |id: &str| (id == CUBE_KEY_ID).then(|| key().public_key());
        verify(&request, known, now).map(|signed| signed.content().to_owned()).map_err(|error| error.to_string())
    };
    assert!(preview("7", None).is_ok());
    for name in ["authorization", "timestamp", "nonce", "x-lf-signature-type"] {
        assert!(preview("7", Some(name)).unwrap_err().contains(&format!("the header {name} is missing, there twice")));
    }
    for nonce in ["abc", "-1", "1.5"] {
        assert!(preview(nonce, None).unwrap_err().contains("the header nonce is"), "{nonce}");
    }
    assert!(preview("8", None).unwrap_err().contains("the header x-lf-signature-type is"));
}

#[tokio::test]
async fn the_other_tasks_of_a_runtime_go_on_between_two_signatures_of_one_task() {
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":[]}"#).await;
    let turns = Arc::new(AtomicUsize::new(0));
    let (counted, seen) = (Arc::clone(&turns), Arc::new(Mutex::new(Vec::new())));
    let other = tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    let at_each_signature = Arc::clone(&seen);
    let client = Client::builder()
        .credentials(Credentials::new(CUBE_KEY_ID, key()).unwrap())
        .environment(&*server.url)
        .in_flight(100)
        .per_second(u32::MAX)
        .clock(move || {
            at_each_signature.lock().unwrap().push(turns.load(Ordering::Relaxed));
            SystemTime::now()
        })
        .build()
        .unwrap();
    let query = QuerySims::builder().build();
    futures::future::join_all((0..20).map(|_| client.query_sims(&query).into_future())).await;
    other.abort();
    let seen = seen.lock().unwrap();
    assert!(seen.len() >= 20 && seen.windows(2).all(|turns| turns[0] < turns[1]), "{seen:?}");
}

#[tokio::test]
async fn the_sandbox_refuses_who_did_not_sign_or_not_now() {
    let sandbox = Sandbox::start().await.unwrap();
    let code = async |credentials: Credentials, off: i64| {
        let now = SystemTime::now();
        let now = if off < 0 {
            now - Duration::from_secs(off.unsigned_abs())
        } else {
            now + Duration::from_secs(off.unsigned_abs())
        };
        let client =
            Client::builder().credentials(credentials).environment(sandbox.cube_url()).clock(move || now).build();
        let result = client.unwrap().query_sims(&QuerySims::builder().build()).await;
        result.err().map(|error| (error.status().unwrap(), refusal(&error)))
    };
    let own = || sandbox.cube_credentials();
    assert_eq!(code(own(), 0).await, None);
    assert_eq!(code(own(), -590).await, None);
    assert_eq!(code(own(), 590).await, None);
    assert_eq!(code(own(), -620).await, Some((403, ResultCode::AuthenticationFailed)));
    assert_eq!(code(own(), 620).await, Some((403, ResultCode::AuthenticationFailed)));
    let other = PrivateKey::from_text(OTHER_KEY).unwrap();
    assert_eq!(
        code(Credentials::new(CUBE_KEY_ID, other).unwrap(), 0).await,
        Some((403, ResultCode::AuthenticationFailed))
    );
    assert_eq!(
        code(Credentials::new("somebody", key()).unwrap(), 0).await,
        Some((403, ResultCode::AuthenticationFailed)),
        "it is signed, by nobody who is known"
    );
    let unsigned = reqwest::get(format!("{}/sims", sandbox.cube_url())).await.unwrap();
    assert_eq!(unsigned.status(), 401);
}

#[tokio::test]
async fn what_is_refused_is_known_unless_the_service_failed_or_an_order_is_named() {
    for (status, body, kind, unknown) in [
        ("200 OK", r#"{"status":{"code":"CB-01-0006","message":"no"},"data":null}"#, ErrorKind::Refused, false),
        ("400 x", r#"{"status":{"code":"CB-99-9400"}}"#, ErrorKind::Refused, false),
        ("429 x", r#"{"status":{"code":"CB-99-9403"}}"#, ErrorKind::Refused, false),
        ("200 OK", r#"{"status":{"code":"CB-99-9500"}}"#, ErrorKind::Refused, true),
        ("400 x", r#"{"status":{"code":"CB-99-9999"}}"#, ErrorKind::Refused, true),
        ("200 OK", r#"{"status":{"code":"cb-99-9500 "}}"#, ErrorKind::Refused, true),
        ("200 OK", r#"{"status":{"code":500,"message":"timeout"},"data":null}"#, ErrorKind::Refused, true),
        ("200 OK", r#"{"status":{"code":"504"}}"#, ErrorKind::Refused, true),
        ("500 x", r#"{"status":{"code":"CB-01-0006"}}"#, ErrorKind::Refused, true),
        ("500 x", r#"{"status":{"code":"CB-00-0000"},"data":{"order_id":"1"}}"#, ErrorKind::Server, true),
        ("400 x", r#"{"status":{"code":"CB-00-0000"},"data":{"order_id":"1"}}"#, ErrorKind::Unreadable, true),
        ("200 OK", r#"{"status":{"code":"CB-01-0006"},"data":{"order_id":"1"}}"#, ErrorKind::Refused, true),
        ("200 OK", r#"{"status":{"code":"CB-00-0000"},"data":null}"#, ErrorKind::Unreadable, true),
        ("200 OK", r#"{"code":"CB-00-0000","data":{"order_id":"1"}}"#, ErrorKind::Unreadable, true),
        (
            "200 OK",
            r#"{"code":"500","status":{"code":"CB-00-0000"},"data":{"order_id":"1"}}"#,
            ErrorKind::Unreadable,
            true,
        ),
        ("200 OK", r#"{"code":0,"status":{"code":"CB-01-0006"},"data":{"order_id":"1"}}"#, ErrorKind::Unreadable, true),
        (
            "200 OK",
            r#"{"success":true,"status":{"code":"CB-00-0000","success":false},"data":{"order_id":"1"}}"#,
            ErrorKind::Unreadable,
            true,
        ),
        (
            "200 OK",
            r#"{"success":"maybe","status":{"code":"CB-00-0000","success":false},"data":{"order_id":"1"}}"#,
            ErrorKind::Unreadable,
            true,
        ),
        (
            "200 OK",
            r#"{"success":false,"status":{"code":"CB-00-0000"},"data":{"order_id":"1"}}"#,
            ErrorKind::Unreadable,
            true,
        ),
    ] {
        let server = Canned::raw(response(status, "application/json", body)).await;
        let error = client_at(&server.url).create_renewal_order(&renewal()).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (kind, unknown), "{status} {body}: {error}");
    }
}

#[tokio::test]
async fn a_refusal_without_a_message_says_what_its_code_is_documented_as() {
    for (status, words) in [
        (
            r#"{"code":"CB-01-0111"}"#,
            "refused with code CB-01-0111 (HTTP 200 OK), which is documented as: Last request is being processed; operation \
             not allowed. Wait",
        ),
        (
            r#"{"code":"cb-01-0001","message":" "}"#,
            "cb-01-0001 (HTTP 200 OK), which is documented as: SIM does not exist",
        ),
        (r#"{"code":"CB-01-0001","message":"no"}"#, "refused with code CB-01-0001 (HTTP 200 OK): no"),
        (r#"{"code":"CB-77-0001","message":null}"#, "refused with code CB-77-0001 (HTTP 200 OK)"),
    ] {
        let server = Canned::json(&format!(r#"{{"status":{status}}}"#)).await;
        let error = client_at(&server.url).create_renewal_order(&renewal()).await.unwrap_err();
        assert!(error.to_string().ends_with(words), "{error}");
    }
    assert_eq!(ResultCode::LastRequestInProcess.meaning().map(|meaning| meaning.ends_with("Wait.")), Some(true));
    assert_eq!(ResultCode::from("CB-77-0001").meaning(), None);
    assert_eq!(BundleType::AddOn.meaning(), Some("Add-on."));
}

#[tokio::test]
async fn success_is_believed_only_of_a_call_whose_answer_names_what_it_made() {
    for data in [r#"{"status":1,"items":[{"id":"CP-1"}]}"#, r#"{"status":1,"request_id":"r-1"}"#, r#"[{"code":"X"}]"#] {
        let server = Canned::json(&format!(r#"{{"status":{{"code":"CB-00-0000"}},"data":{data}}}"#)).await;
        let client = client_at(&server.url);
        for (id, named) in [("createRenewalOrder", "order_id"), ("sendSms", "job_id")] {
            let operation = OPERATIONS.iter().find(|operation| operation.id == id).unwrap();
            let parameters: Value = serde_json::from_str(operation.example).unwrap();
            let error = client.perform::<Value>(operation, &parameters).await.unwrap_err();
            assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Unreadable, true), "{id} {data}: {error}");
            assert!(error.to_string().contains(&format!("names no {named};")), "{error}");
        }
        let error = client.send_sms(&sms("x")).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Unreadable, true), "{data}: {error}");
    }
}

#[tokio::test]
async fn a_refusal_that_names_what_was_ordered_or_begun_is_not_believed() {
    let refusing = async |data: &str| {
        let body = format!(r#"{{"status":{{"code":"CB-01-0107","message":"no"}},"data":{data}}}"#);
        client_at(&Canned::json(&body).await.url)
    };
    let cancel = CancelSim::builder().sim_id(SIM).build();
    let add = AddBundle::builder().sim_id(SIM).bundle_type(10).build();
    for (data, unknown) in [
        (r#"{"request_id":"1"}"#, true),
        (r#"{"order_id":"1"}"#, true),
        (r#"{"request_id":null,"order_id":""}"#, false),
        ("null", false),
    ] {
        let client = refusing(data).await;
        assert_eq!(client.cancel_sim(&cancel).await.unwrap_err().outcome_unknown(), unknown, "cancelSim: {data}");
        assert_eq!(client.add_bundle(&add).await.unwrap_err().outcome_unknown(), unknown, "addBundle: {data}");
    }
    let printed = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":null}"#).await;
    assert_eq!(client_at(&printed.url).add_bundle(&add).await.unwrap().order_id, None, "success need not name it");
    assert_eq!(client_at(&printed.url).cancel_sim(&cancel).await.unwrap().request_id, None);
    let named = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":{"order_id":17}}"#).await;
    assert_eq!(client_at(&named.url).add_bundle(&add).await.unwrap().order_id.as_deref(), Some("17"));
}

#[tokio::test]
async fn what_agrees_around_an_envelope_takes_no_order_away() {
    for around in [r#""code":0,"#, r#""code":"200","success":true,"#, r#""code":"","#, r#""success":"maybe","#] {
        let body = format!(r#"{{{around}"status":{{"code":"CB-00-0000"}},"data":{{"order_id":"OL-1"}}}}"#);
        let server = Canned::json(&body).await;
        let ordered = client_at(&server.url).create_renewal_order(&renewal()).await.unwrap();
        assert_eq!(ordered.order_id.as_str(), "OL-1", "{body}");
    }
}

#[tokio::test]
async fn what_a_server_says_drives_no_terminal_where_an_error_prints_it() {
    let body = r#"{"status":{"code":"CB-01-0006\u001b[2K","message":"no\u202e\r\u0007 余额不足"}}"#;
    let server = Canned::json(body).await;
    let error = client_at(&server.url).create_renewal_order(&renewal()).await.unwrap_err();
    assert!(
        error.to_string().contains("CB-01-0006\\u{1b}[2K")
            && error.to_string().contains("no\\u{202e}\\r\\u{7} 余额不足"),
        "{error}"
    );
    assert_eq!(error.message(), Some("no\u{202e}\r\u{7} 余额不足"), "as it was received");
}

#[tokio::test]
async fn an_answer_without_data_is_not_the_sim() {
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000","message":"x"},"data":null}"#).await;
    let sim = client_at(&server.url).query_sim(&QuerySim::builder().sim_id(SIM).build()).await.unwrap();
    assert_eq!(serde_json::to_value(&sim).unwrap(), json!({}), "the envelope's status is not that of a SIM");
}

/// Another throw-away key, PKCS#1.
const OTHER_KEY: &str = include_str!("../fixtures/cube/keys/pkcs1.pem");

fn file(name: &str) -> String {
    let path = format!("{}/tests/fixtures/cube/keys/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn a_key_is_read_in_every_shape_that_secret_stores_and_editors_make() {
    let pem = CUBE_KEY.trim_end();
    let bare: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let wrapped =
        bare.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\r\n");
    for shape in [
        CUBE_KEY.to_owned(),
        pem.replace('\n', "\r\n"),
        pem.replace('\n', "\r"),
        pem.replace('\n', " "),
        pem.replace('\n', ""),
        pem.replace('\n', "\\n"),
        pem.replace('\n', "\\\\n"),
        pem.replace('\n', "\\r\\n"),
        format!("\u{feff}{pem}"),
        format!("Bag Attributes\n    friendlyName: x\nKey Attributes: <No Attributes>\n{pem}"),
        format!("{pem}\n\nsome words after it"),
        format!("  \n{pem}   "),
        format!("{}\n{pem}", key().public_key().to_pem()),
        bare.clone(),
        bare.replace('+', "-").replace('/', "_"),
        bare.trim_end_matches('=').to_owned(),
        wrapped,
        STANDARD.encode(CUBE_KEY),
        // As writers of JSON escape it, once or twice.
        pem.replace('/', "\\/").replace('\n', "\\n"),
        bare.replace('/', "\\\\/"),
        pem.replace('\n', "\\u000a").replace('+', "\\u002b").replace('=', "\\u003d"),
        format!("`{bare}`"),
        format!("\"{bare}\""),
        format!("'{}'", pem.replace('\n', "\\n")),
        // The label is wrong, the content says what it is.
        pem.replace("PRIVATE KEY", "RSA PRIVATE KEY"),
    ] {
        let read = PrivateKey::from_text(&shape).unwrap_or_else(|error| panic!("{error}: {shape}"));
        assert_eq!(read.fingerprint(), key().fingerprint());
    }
    let other = PrivateKey::from_text(OTHER_KEY).unwrap();
    assert_ne!(other.fingerprint(), key().fingerprint());
    let again = PublicKey::from_text(&other.public_key().to_pem()).unwrap();
    assert_eq!((again.fingerprint(), again), (other.fingerprint(), other.public_key()));
    let pem = other.public_key().to_pem();
    let bare: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    for shape in [STANDARD.encode(&pem), format!("'{bare}'"), pem.replace('/', "\\/").replace('\n', "\\n")] {
        assert_eq!(PublicKey::from_text(&shape).unwrap(), other.public_key(), "{shape}");
    }
}

#[test]
fn what_is_no_key_is_told_by_a_sentence_that_does_not_quote_it() {
    let pem = CUBE_KEY.trim_end();
    let lines: Vec<_> = pem.lines().collect();
    let cut = lines[..lines.len() - 2].join("\n");
    let openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
    let without_middle = [&lines[..3], &lines[5..]].concat().join("\n");
    for (text, expected) in [
        (key().public_key().to_pem(), "is a public key: give the private one"),
        (lines[1..lines.len() - 1].concat()[..400].to_owned(), "is cut off"),
        (cut, "is cut off"),
        (without_middle, "is cut off"),
        (file("encrypted.pem"), "is encrypted: decrypt it first"),
        (
            file("encrypted.pem").lines().filter(|line| !line.starts_with('-')).collect(),
            "is encrypted: decrypt it first",
        ),
        (file("traditional-encrypted.pem"), "is encrypted: decrypt it first"),
        (file("1023.pem"), "has fewer than 1024 bits"),
        (file("three-primes.pem"), "has more than two primes"),
        (openssh.to_owned(), "is written as OpenSSH does"),
        (
            file("certificate.pem").lines().filter(|line| !line.starts_with('-')).collect(),
            "is something else than a key",
        ),
        (file("ec.pem"), "is one of another kind than RSA"),
        (format!("{pem}\n{OTHER_KEY}"), "is there twice: give one"),
        (file("certificate.pem"), "is something else than a key"),
        ("c2VjcmV0".to_owned(), "is something else than a key"),
        ("my secret!".to_owned(), "is no key, or is cut off"),
        (String::new(), "is empty"),
    ] {
        let error = PrivateKey::from_text(&text).unwrap_err().to_string();
        assert!(error.contains(&format!("the private key {expected}")), "{error} is not {expected}");
        let quoted = text.split_whitespace().filter(|word| word.len() > 5).find(|word| error.contains(*word));
        assert!(quoted.is_none(), "{error}");
    }
    let debug = format!("{:?} {:?}", key(), Credentials::new("id", key()).unwrap());
    assert_eq!(debug, r#"PrivateKey(…) Credentials { key_id: "id", .. }"#);
}

/// A private key and the public key of it, whose numbers are made up but for the public ones.
fn of_numbers(modulus: &[u8], exponent: &[u8]) -> [String; 2] {
    let tagged = |tag: u8, content: &[u8]| {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        let length = match content.len() {
            ..128 => vec![low],
            128..256 => vec![0x81, low],
            _ => vec![0x82, high, low],
        };
        [&[tag], &length[..], content].concat()
    };
    let number = |content: &[u8]| tagged(2, content);
    let public = [number(modulus), number(exponent)].concat();
    let private = [number(&[0]), public.clone(), number(&[3]).repeat(6)].concat();
    [private, public].map(|numbers| STANDARD.encode(tagged(0x30, &numbers)))
}

#[test]
fn a_key_that_can_not_be_calculated_with_is_told_why() {
    let number = |bytes: usize| [vec![0], vec![0xc5; bytes]].concat();
    for (modulus, exponent, expected) in [
        (number(2048), vec![1, 0, 1], "has more than 8192 bits: such keys are not supported"),
        (number(1025), vec![1, 0, 1], "has more than 8192 bits"),
        (number(256), number(9), "has a public exponent of more than 33 bits"),
        (number(256), vec![2, 0, 0, 0, 1], "has a public exponent of more than 33 bits"),
        (number(256), vec![2], "can't be used as one of RSA"),
    ] {
        let [private, public] = of_numbers(&modulus, &exponent);
        let error = PrivateKey::from_text(&private).unwrap_err().to_string();
        assert!(error.contains(&format!("the private key {expected}")), "{error} is not {expected}");
        let error = PublicKey::from_text(&public).unwrap_err().to_string();
        assert!(error.contains(&format!("the public key {expected}")), "{error} is not {expected}");
    }
    let [private, _] = of_numbers(&number(1024), &[1, 0xff, 0xff, 0xff, 0xff]);
    let error = PrivateKey::from_text(&private).unwrap_err().to_string();
    assert!(error.contains("can't be used as one of RSA"), "the largest that fit: {error}");
    let error = |text: &str| PublicKey::from_text(text).unwrap_err().to_string();
    assert!(error(CUBE_KEY).contains("the public key is a private key: give the public one"));
    assert!(error("c2VjcmV0").contains("the public key is no public RSA key"));
    assert!(error("my secret!").contains("is neither PEM nor Base64"));
    assert!(error(&of_numbers(&number(100), &[3])[1]).contains("the public key has fewer than 1024 bits"));
}

#[test]
fn a_key_id_stands_in_a_header() {
    for wrong in ["", " ", "a/b", "a b", "ключ", "a\n", " a"] {
        assert!(Credentials::new(wrong, key()).is_err(), "{wrong:?}");
    }
}

#[test]
#[ignore = "runs in a process of its own"]
fn client_of_the_environment() {
    tracing_subscriber::fmt().with_writer(std::io::stdout).with_ansi(false).init();
    match Client::from_env() {
        Ok(client) => println!("client: {client:?}"),
        Err(error) => println!("error: {error}"),
    }
}

#[test]
fn the_environment_sets_up_a_client() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/apis/cube/key.pem");
    let url = ("LINKSFIELD_CUBE_BASE_URL", "https://api.linksfield.net/cube/v4");
    let id = ("LINKSFIELD_CUBE_KEY_ID", "b30a5e0e135d42e6ab43b021a30b7987");
    let escaped = CUBE_KEY.replace('\n', "\\n");
    let run = |environment: &[(&str, &str)]| in_its_own_process("cube::client_of_the_environment", environment);
    for key in [
        ("LINKSFIELD_CUBE_PRIVATE_KEY", CUBE_KEY),
        ("LINKSFIELD_CUBE_PRIVATE_KEY", &*escaped),
        ("LINKSFIELD_CUBE_PRIVATE_KEY_FILE", path),
    ] {
        let printed = run(&[url, id, key]);
        assert!(printed.contains("client: ApiClient") && printed.contains(id.1), "{printed}");
        assert!(!printed.contains("MIICd"), "{printed}");
    }
    let folder = tempfile::tempdir().unwrap();
    let utf16 = folder.path().join("utf16.pem");
    let bytes: Vec<u8> = std::iter::once(0xfeff).chain(CUBE_KEY.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    std::fs::write(&utf16, bytes).unwrap();
    let printed = run(&[
        url,
        ("LINKSFIELD_CUBE_KEY_ID", "b30a5e0e135d42e6ab43b021a30b7987\n"),
        ("LINKSFIELD_CUBE_PRIVATE_KEY", ""),
        ("LINKSFIELD_CUBE_PRIVATE_KEY_FILE", utf16.to_str().unwrap()),
    ]);
    assert!(printed.contains("client: ApiClient"), "an empty variable is not set: {printed}");
    let printed = run(&[url, id, ("LINKSFIELD_CUBE_PRIVATE_KEY_FILE", "/dev/zero")]);
    assert!(printed.contains("LINKSFIELD_CUBE_PRIVATE_KEY_FILE: the private key"), "{printed}");
    let printed = run(&[]);
    for name in ["LINKSFIELD_CUBE_BASE_URL", "LINKSFIELD_CUBE_KEY_ID", "LINKSFIELD_CUBE_PRIVATE_KEY"] {
        assert!(printed.contains(&format!("{name} is not set")), "{name} in {printed}");
    }
    let both = [("LINKSFIELD_CUBE_PRIVATE_KEY", CUBE_KEY), ("LINKSFIELD_CUBE_PRIVATE_KEY_FILE", path)];
    let printed = run(&[url, id, both[0], both[1]]);
    assert!(
        printed.contains("LINKSFIELD_CUBE_PRIVATE_KEY and LINKSFIELD_CUBE_PRIVATE_KEY_FILE are both set"),
        "{printed}"
    );
    let printed = run(&[url, id, ("LINKSFIELD_CUBE_PRIVATE_KEY_FILE", "/no/such/file")]);
    assert!(printed.contains("LINKSFIELD_CUBE_PRIVATE_KEY_FILE names a file that can't be read"), "{printed}");
    let printed = run(&[url, id, ("LINKSFIELD_CUBE_PRIVATE_KEY", "secret-that-is-no-key")]);
    assert!(printed.contains("LINKSFIELD_CUBE_PRIVATE_KEY: the private key is no key"), "{printed}");
    assert!(!printed.contains("secret-that-is-no-key"), "{printed}");
}

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn a_query_of_the_environment() {
    match Client::from_env() {
        Ok(client) => println!("{:?}", client.query_sim(&QuerySim::builder().sim_id(SIM).build()).await),
        Err(error) => println!("error: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_names_a_version_of_the_api_and_another_signed_path() {
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":{"sim_id":"1"}}"#).await;
    let url = format!("{}/gateway", server.url);
    let (path, version) = ("LINKSFIELD_CUBE_SIGNED_BASE_PATH", "LINKSFIELD_CUBE_API_VERSION");
    let run = |path: (&str, &str), version: (&str, &str)| {
        let key = ("LINKSFIELD_CUBE_PRIVATE_KEY", CUBE_KEY);
        let all = [("LINKSFIELD_CUBE_BASE_URL", &*url), ("LINKSFIELD_CUBE_KEY_ID", CUBE_KEY_ID), key, path, version];
        in_its_own_process("cube::a_query_of_the_environment", &all)
    };
    for (base, number) in [("/cube/v4", "1.0"), ("", "")] {
        let printed = run((path, base), (version, number));
        assert!(printed.contains("Ok(QuerySimOutput"), "{printed}");
        let request = server.requests().pop().unwrap();
        let headers = request.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers = headers
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.trim().parse::<HeaderValue>().unwrap()));
        let headers = headers.collect::<HeaderMap>();
        let named = headers.get("x-lf-api-version").map(|version| version.to_str().unwrap());
        assert_eq!(named, (!number.is_empty()).then_some(number));
        let signed = format!("{}/sims/{SIM}", if base.is_empty() { "/gateway" } else { base });
        let signed = SignedRequest { path: &signed, query: "", headers: &headers, body: b"" };
        verify(&signed, |_| Some(key().public_key()), SystemTime::now()).unwrap();
    }
    let printed = run((path, "cube/v4"), (version, "1 0"));
    assert!(printed.contains(&format!("{version} must be like 1.0")), "{printed}");
    assert!(printed.contains(&format!("{path} must begin with /")), "{printed}");
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_read_is_used_with_a_warning() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("key.pem"), folder.path().join("link.pem"));
    std::fs::write(&path, CUBE_KEY).unwrap();
    symlink(&path, &link).unwrap();
    for (mode, warns) in [(0o600, false), (0o400, false), (0o644, true), (0o440, true), (0o604, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let environment = [
            ("LINKSFIELD_CUBE_BASE_URL", "https://api.linksfield.net/cube/v4"),
            ("LINKSFIELD_CUBE_KEY_ID", CUBE_KEY_ID),
            ("LINKSFIELD_CUBE_PRIVATE_KEY_FILE", link.to_str().unwrap()),
        ];
        let printed = in_its_own_process("cube::client_of_the_environment", &environment);
        assert!(printed.contains("client: ApiClient"), "{printed}");
        assert_eq!(printed.contains("others may read the file of a secret: give it the mode 600"), warns, "{printed}");
        assert_eq!(
            printed.contains(&format!("LINKSFIELD_CUBE_PRIVATE_KEY_FILE\" mode=\"{mode:o}\"")),
            warns,
            "{printed}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_key_is_read_from_a_named_pipe_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("key");
    assert!(std::process::Command::new("mkfifo").arg("-m").arg("644").arg(&pipe).status().unwrap().success());
    let written = pipe.clone();
    // It waits for whoever reads.
    std::thread::spawn(move || std::fs::write(written, CUBE_KEY));
    let environment = [
        ("LINKSFIELD_CUBE_BASE_URL", "https://api.linksfield.net/cube/v4"),
        ("LINKSFIELD_CUBE_KEY_ID", CUBE_KEY_ID),
        ("LINKSFIELD_CUBE_PRIVATE_KEY_FILE", pipe.to_str().unwrap()),
    ];
    let printed = in_its_own_process("cube::client_of_the_environment", &environment);
    assert!(printed.contains("client: ApiClient") && !printed.contains("others may read"), "{printed}");
}

#[tokio::test]
async fn a_refused_signature_names_the_path_unless_the_server_is_the_vendors() {
    let hint = "signed_base_path must be that one";
    for (status, body, hints) in [
        ("403 x", r#"{"status":{"code":"CB-99-9403","message":"no"}}"#, true),
        ("403 x", "", true),
        ("401 x", r#"{"status":{"code":"CB-99-9401"}}"#, false),
        ("200 OK", r#"{"status":{"code":"CB-99-9403"}}"#, false),
    ] {
        let server = Canned::raw(response(status, "application/json", body)).await;
        let error = client_at(&server.url).query_sim(&QuerySim::builder().sim_id(SIM).build()).await.unwrap_err();
        assert_eq!(error.to_string().contains(hint), hints, "{error}");
        assert_eq!(error.to_string().contains("LINKSFIELD_CUBE_SIGNED_BASE_PATH"), hints, "{error}");
    }
    for (url, is_documented) in [
        ("https://api.linksfield.net/cube/v4", true),
        ("https://api-uat.io.linksfield.net/cube/v4/", true),
        ("https://gateway.example/linksfield/cube/v4", false),
    ] {
        assert_eq!(Environment::from(url).is_documented(), is_documented, "{url}");
    }
}

#[tokio::test]
async fn trouble_is_asked_about_again_while_waiting() {
    let done = response("200 OK", "application/json", r#"{"status":{"code":"CB-00-0000"},"data":{"status":23}}"#);
    let waits = ["200 OK {\"status\":{\"code\":\"CB-99-9500\"}}", "200 OK <html>maintenance", "403 x <html>"].map(
        async |trouble| {
            let (status, body) = trouble.split_at(trouble.find(['{', '<']).unwrap());
            let first = response(status.trim(), "application/json", body);
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let server = Canned::sequence(listener, vec![first, done.clone()]);
            let client = client_at(&server.url);
            let pending = Pending::new(&client, "activateSim", SIM);
            let state = pending.until_status(&client, [SimStatus::ActiveLive]).await.unwrap();
            assert!(matches!(state, State::Done(_)), "{trouble}: {state:?}");
        },
    );
    futures::future::join_all(waits).await;
}

/// A pending operation, as it is after a restart.
fn kept(pending: &Pending) -> Pending {
    serde_json::from_str(&serde_json::to_string(pending).unwrap()).unwrap()
}

#[tokio::test]
async fn an_asynchronous_operation_is_awaited_also_after_a_restart() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    client.activate_sim(&ActivateSim::builder().sim_id(SIM).build()).await.unwrap();
    let pending = kept(&Pending::new(&client, "activateSim", SIM));
    assert_eq!((pending.operation(), pending.sim_id().as_str(), pending.request_id()), ("activateSim", SIM, None));
    let error = pending.until_result(&client, |_| Progress::Done).unwrap_err();
    assert!(error.to_string().contains("it has no request id"), "{error}");
    match pending.until_status(&client, [SimStatus::ActiveLive]).await.unwrap() {
        State::Done(sim) => assert_eq!(sim.status, Some(SimStatus::ActiveLive)),
        other => panic!("{other:?}"),
    }
    let cancelled = client.cancel_sim(&CancelSim::builder().sim_id(SIM).build()).await.unwrap();
    let pending = kept(&Pending::new(&client, "cancelSim", SIM).with_request_id(cancelled.request_id));
    let judge = |answer: &QueryAsyncResultOutput| match answer["SANDBOX-result"].as_str() {
        Some("done") => Progress::Done,
        Some("processing") => Progress::NotYet,
        _ => Progress::Failed,
    };
    assert!(matches!(pending.until_result(&client, judge).unwrap().await.unwrap(), State::Done(_)));
}

#[tokio::test]
async fn the_sandbox_takes_no_list_for_an_object() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let mut order = serde_json::to_value(renewal()).unwrap();
    order["extra"] = json!([null, null]);
    let error = client.call::<Value>(Method::POST, "/orders/service", &order).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
}

#[tokio::test]
async fn a_bundle_that_the_sandbox_refuses_to_activate_is_not_added() {
    let (sandbox, _) = sandbox_with_a_clock().await;
    let client = client_of(&sandbox);
    let add = AddBundle::builder().sim_id(SIM).bundle_id("LP09823222320").bundle_type(10).activate(true).build();
    let count = async || client.query_sim_bundles(&QuerySimBundles::builder().sim_id(SIM).build()).await.unwrap().len();
    client.add_bundle(&add).await.unwrap();
    let before = count().await;
    assert_eq!(refusal(&client.add_bundle(&add).await.unwrap_err()), ResultCode::LastRequestInProcess);
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn waiting_can_be_ended_from_elsewhere_by_a_deadline_or_a_refusal() {
    let server = Canned::json(r#"{"status":{"code":"CB-00-0000"},"data":{"sim_id":"1","status":10}}"#).await;
    let client = client_at(&server.url);
    let pending = Pending::new(&client, "activateSim", SIM);
    let wait = |limit| pending.until_status(&client, [SimStatus::ActiveLive]).deadline(Duration::from_secs(limit));

    let mut watch = wait(600);
    assert!(matches!(watch.next().await, Some(Ok(State::NotYet(_)))));
    let waiting = tokio::spawn(wait(600).into_future());
    kept(&pending).complete("of another program");
    pending.complete(json!({ "event": "activated" }));
    let told = State::Completed(json!({ "event": "activated" }));
    assert_eq!(waiting.await.unwrap().unwrap(), told);
    assert_eq!(watch.next().await.unwrap().unwrap(), told);
    assert!(watch.next().await.is_none());
    assert_eq!(watch.await.unwrap_err().kind(), ErrorKind::InvalidRequest, "it has ended");

    let pending = Pending::new(&client, "activateSim", SIM);
    let wait = |limit, client: &Client| {
        pending.until_status(client, [SimStatus::ActiveLive]).deadline(Duration::from_millis(limit))
    };
    let error = wait(1, &client).await.unwrap_err();
    assert_eq!((error.kind(), error.operation(), error.outcome_unknown()), (ErrorKind::Timeout, "activateSim", true));
    let refusing = Canned::json(r#"{"status":{"code":"CB-01-0001"}}"#).await;
    let error = wait(600_000, &client_at(&refusing.url)).await.unwrap_err();
    assert_eq!((refusal(&error), error.outcome_unknown()), (ResultCode::SimNotFound, true), "it may go on");
    let kept = serde_json::to_string(&pending).unwrap();
    let changed: Pending = serde_json::from_str(&kept.replace("activateSim", "\\u001b[2K\\u202e\\\"")).unwrap();
    let refused = changed.until_result(&client, |_| Progress::Done).err();
    assert!(refused.is_some(), "it has no request id");
    let watch = changed.until_status(&client, [SimStatus::ActiveLive]).deadline(Duration::from_millis(1));
    let error = watch.await.unwrap_err().to_string();
    assert!(error.starts_with("\\u{1b}[2K\\u{202e}\": "), "{error}");
}

#[tokio::test]
async fn what_a_raw_call_began_is_waited_for_after_a_restart() {
    let (sandbox, _) = sandbox_with_a_clock().await;
    sandbox.set_sim_status(SIM, SimStatus::Paused);
    let client = client_of(&sandbox);
    let pending = kept(&Pending::new(&client, "/sims/{sim_id}/suspend/v2", SIM));
    assert_eq!(pending.operation(), "/sims/{sim_id}/suspend/v2");
    let state = pending.until_status(&client, [SimStatus::Paused]).await.unwrap();
    assert!(matches!(state, State::Done(sim) if sim.status == Some(SimStatus::Paused)));
}

#[tokio::test]
async fn what_one_account_waits_for_is_asked_of_no_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let cancelled = client.cancel_sim(&CancelSim::builder().sim_id(SIM).build()).await.unwrap();
    let pending = kept(&Pending::new(&client, "cancelSim", SIM).with_request_id(cancelled.request_id));
    assert_eq!(pending.key_id(), CUBE_KEY_ID);
    let credentials = Credentials::new("of-another-account", key()).unwrap();
    let other = Client::builder().credentials(credentials).environment(sandbox.cube_url()).build().unwrap();
    let requests = sandbox.requests().len();
    let by_status = async { pending.until_status(&other, [SimStatus::ActiveLive]).await.unwrap_err() };
    let by_result = async { pending.until_result(&other, |_| Progress::Done).unwrap().await.unwrap_err() };
    for error in <[Error; 2]>::from(futures::future::join(by_status, by_result).await) {
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::InvalidRequest, true), "{error}");
        assert!(error.to_string().contains("it was sent with another key"), "{error}");
    }
    assert_eq!(sandbox.requests().len(), requests);
}

/// The fixtures, with the operation that each is of, and whether it is an answer.
const PRINTED: [(&str, &str, bool); 16] = [
    ("orders.service.create.request", "createRenewalOrder", false),
    ("orders.service.create.response", "createRenewalOrder", true),
    ("orders.service.query.response", "queryRenewalOrder", true),
    ("signature.v2.post.body", "addBundle", false),
    ("sims.activate.response", "activateSim", true),
    ("sims.activate.response", "resumeSim", true),
    ("sims.bundle.add.response", "addBundle", true),
    ("sims.detail.response", "querySim", true),
    ("sims.list.response", "querySims", true),
    ("sims.usage.cn.response", "querySimUsage", true),
    ("sims.usage.en.response", "querySimUsage", true),
    ("sms.mo.list.response", "listReceivedSms", true),
    ("sms.mt.list.response", "listSentSms", true),
    ("sms.send.request", "sendSms", false),
    ("sms.send.response", "sendSms", true),
    ("usage.accu_usage.response", "queryAccumulatedUsage", true),
];

fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/cube/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}

/// The same with the one name that a field has in Rust, and without a list of nothing that is typed.
fn renamed(value: &Value) -> Value {
    let text = value.to_string().replace("\"update_at\":\"2023-07", "\"updated_at\":\"2023-07");
    let text = text.replace(",\"bundles\":[]", "").replace("\"bundles\":[],", "");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn every_printed_answer_is_read_without_loss_and_every_printed_request_is_sent() {
    let sandbox = Sandbox::start().await.unwrap();
    let document = DOCUMENTS.iter().find(|document| document.name == "cube").unwrap();
    for (name, id, is_answer) in PRINTED {
        let printed = fixture(name);
        let answer = if is_answer { printed.clone() } else { json!({ "status": { "code": "CB-01-0001" } }) };
        let server = Canned::json(&answer.to_string()).await;
        let caller = Caller {
            timeout: Duration::from_secs(30),
            retry: RetryPolicy::never(),
            url: Some(server.url.clone()),
            http: None,
            time: None,
        };
        let operation = OPERATIONS.iter().find(|operation| operation.id == id).unwrap();
        let mut parameters: Value = serde_json::from_str(operation.example).unwrap();
        if !is_answer {
            parameters.as_object_mut().unwrap().extend(printed.as_object().unwrap().clone());
        }
        let result = caller.call(&sandbox, document, operation, parameters).await;
        if is_answer {
            let data: Value = serde_json::from_str(&result.unwrap()).unwrap();
            let expected = if printed["data"].is_null() { json!({}) } else { renamed(&printed["data"]) };
            assert_eq!(without_null(&data), without_null(&expected), "{name}");
        } else {
            assert_eq!(server.body(), printed, "{name}");
        }
    }
}

#[test]
fn the_examples_of_the_document_are_the_printed_ones() {
    let document: Value = serde_saphyr::from_str(include_str!("../../openapi/cube.yaml")).unwrap();
    for (name, id, is_answer) in PRINTED {
        let operation = OPERATIONS.iter().find(|operation| operation.id == id).unwrap();
        let node = &document["paths"][operation.path][operation.method.as_str().to_lowercase()];
        let part = if is_answer { &node["responses"]["200"] } else { &node["requestBody"] };
        let examples = part["content"]["application/json"]["examples"].as_object().unwrap();
        assert!(examples.values().any(|example| example["value"] == fixture(name)), "{name} of {id}");
    }
    let bundles = &document["paths"]["/sims/{sim_id}/bundles"]["get"]["responses"]["200"];
    let made = &bundles["content"]["application/json"]["examples"]["made"]["value"];
    assert_eq!(made["data"][0], fixture("sims.bundles.response.first-item"));
}

#[tokio::test]
async fn unions_and_odd_shapes_are_read_either_way() {
    let usage = async |body: &str| {
        let server = Canned::json(&format!(r#"{{"status":{{"code":"CB-00-0000"}},"data":{body}}}"#)).await;
        let query = QuerySimUsage::builder().sim_id(SIM).category("data").period_type("1").begin_from("a").end_by("b");
        client_at(&server.url).query_sim_usage(&query.build()).await.unwrap()
    };
    for (body, all, updated) in [
        (r#"{"usage":[{"updated_at":"x","data":{"all":"2222"}}]}"#, "2222", "x"),
        (r#"{"usage":[{"update_at":"y","data":{"all":32000}}]}"#, "32000", "y"),
        (r#"{"usage":[{"updated_at":null,"update_at":"y","data":{"all":true}}]}"#, "true", "y"),
    ] {
        let usage = usage(body).await;
        let day = &usage.usage[0];
        assert_eq!(day.data.as_ref().unwrap().all.as_ref().unwrap().as_str(), all, "{body}");
        assert_eq!(day.updated_at.as_ref().unwrap().as_str(), updated, "{body}");
    }
    assert!(usage(r#"{"usage":""}"#).await.usage.is_empty());
    let odd = usage(r#"{"usage":[{"data":{"all":{"x":1}}},3]}"#).await;
    assert_eq!(odd.usage[0].data.as_ref().unwrap().extra["all"], json!({ "x": 1 }));
    assert_eq!(odd.usage.odd().len(), 1);

    let server = Canned::json(r#"{"status":{"code":"CB-00-0000","detail":[]},"data":[{"sim_id":89852202508034252912,"status":"30"},{"status":77}],"total_count":"2"}"#).await;
    let sims = client_at(&server.url).query_sims(&QuerySims::builder().build()).await.unwrap();
    assert_eq!(sims[0].sim_id.as_ref().unwrap().as_str(), "89852202508034252912");
    assert_eq!((sims[0].status, sims[1].status), (Some(SimStatus::Paused), Some(SimStatus::Unknown(77))));
    assert_eq!(sims.total_count(), Some(2));
}
