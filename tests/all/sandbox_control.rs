//! What a program in any language can tell the sandbox below `/_sandbox/`, and who may.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use linksfield::Error;
use linksfield::csss::types::{OpenPackage, QueryDeviceFlowUsage};
use linksfield::sandbox::{Fault, Sandbox, Story};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{SIM, client_of, monthly_plan, placed, skipped};

const SPECIFICATION: &str = include_str!("../../src/sandbox/control.yaml");

async fn tell(sandbox: &Sandbox, method: Method, path: &str, body: &Value) -> Response {
    let request = Client::new().request(method, format!("{}/_sandbox/{path}", sandbox.url()));
    request.body(body.to_string()).send().await.unwrap()
}

async fn told(sandbox: &Sandbox, method: Method, path: &str, body: Value) -> Value {
    let response = tell(sandbox, method, path, &body).await;
    assert_eq!(response.status(), StatusCode::OK, "{path} {body}");
    response.json().await.unwrap()
}

fn specification() -> Value {
    serde_saphyr::from_str(SPECIFICATION).unwrap()
}

/// The document, in which what may be null says so as JSON Schema has it.
static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
    fn with_nulls(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(with_nulls),
            Value::Object(fields) => {
                if fields.get("nullable") == Some(&json!(true)) {
                    fields["type"] = json!([fields["type"], "null"]);
                }
                fields.values_mut().for_each(with_nulls);
            }
            _ => {}
        }
    }
    let mut document = specification();
    with_nulls(&mut document);
    document["components"].take()
});

/// Holds `value` against a schema of the document.
fn assert_is(value: &Value, schema: &Value) {
    let schema = json!({ "$ref": schema["$ref"], "components": *SCHEMAS });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{value}: {problems:?}");
}

#[tokio::test]
async fn it_serves_its_document_and_does_all_that_it_lists() {
    let sandbox = Sandbox::start().await.unwrap();
    let served = reqwest::get(format!("{}/_sandbox/openapi.yaml", sandbox.url())).await.unwrap().text().await.unwrap();
    assert_eq!(served, SPECIFICATION);
    placed(&client_of(&sandbox)).await;
    let document = specification();
    let mut count = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let content = &operation["requestBody"]["content"]["application/json"];
            let example = content["examples"].as_object().and_then(|examples| examples.values().next());
            let body = example.map_or(Value::Null, |example| example["value"].clone());
            if example.is_some() {
                assert_is(&body, &content["schema"]);
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            let queried = operation["parameters"].as_array().into_iter().flatten();
            let query =
                queried.map(|one| format!("{}={}", one["name"].as_str().unwrap(), one["example"].as_str().unwrap()));
            let target = format!("{}?{}", path.trim_start_matches('/'), query.collect::<Vec<_>>().join("&"));
            let answer = told(&sandbox, method, &target, body).await;
            assert_eq!(operation["responses"]["4XX"], json!({ "$ref": "#/components/responses/Refused" }));
            let response = &operation["responses"]["200"];
            let response = response["$ref"]
                .as_str()
                .map_or(response, |name| &document["components"]["responses"][name.rsplit('/').next().unwrap()]);
            assert_is(&answer, &response["content"]["application/json"]["schema"]);
            count += 1;
        }
        let response = tell(&sandbox, Method::PATCH, path.trim_start_matches('/'), &Value::Null).await;
        assert_eq!(response.status(), 405);
        let allowed = response.headers()["allow"].to_str().unwrap().to_lowercase();
        let mut listed: Vec<_> = item.as_object().unwrap().keys().map(String::as_str).collect();
        let mut allowed: Vec<_> = allowed.split(", ").collect();
        listed.sort_unstable();
        allowed.sort_unstable();
        assert_eq!(listed, allowed, "{path}");
    }
    assert_eq!(count, 12);
    assert_eq!(tell(&sandbox, Method::GET, "no/such", &Value::Null).await.status(), 404);
    assert_eq!(tell(&sandbox, Method::GET, "", &Value::Null).await.status(), 404);
    let described = document["info"]["description"].as_str().unwrap();
    for status in [400, 403, 404, 405, 408, 413, 421] {
        assert!(described.contains(&status.to_string()), "{status}");
    }
}

/// What the sandbox answers to these bytes, after which nothing comes.
async fn said(sandbox: &Sandbox, request: &str) -> String {
    let mut stream = TcpStream::connect(sandbox.url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("an answer").unwrap();
    answer
}

#[tokio::test]
async fn no_body_is_read_of_whoever_may_tell_it_nothing() {
    let sandbox = Sandbox::builder().read_timeout(Duration::from_secs(3600)).start().await.unwrap();
    for (headers, status) in [("host: localhost\r\norigin: null", 403), ("host: evil.example", 421)] {
        let request = format!("POST /_sandbox/faults HTTP/1.1\r\n{headers}\r\ncontent-length: 1000000\r\n\r\n");
        let answer = said(&sandbox, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains("SANDBOX-CONTROL"), "{answer}");
    }
}

#[tokio::test]
async fn nothing_is_done_where_a_body_can_not_be_read() {
    for (body, status) in [
        ("content-length: 10\r\n\r\n{", 408),
        ("transfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (&*format!("content-length: 2000000\r\n\r\n{}", "x".repeat(2_000_000)), 413),
    ] {
        // Only the first is given up on.
        let patience = Duration::from_secs(if status == 408 { 1 } else { 3600 });
        let sandbox = Sandbox::builder().read_timeout(patience).start().await.unwrap();
        sandbox.tell(Story::new(Fault::Hang).always()).unwrap();
        let head = "DELETE /_sandbox/faults HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
        let answer = said(&sandbox, &format!("{head}{body}")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains("SANDBOX-CONTROL"), "{answer}");
        assert_eq!(sandbox.stories_left(), 1, "{status}");
    }
}

#[tokio::test]
async fn nothing_happens_to_sims_while_the_clock_is_out_of_range() {
    let clock = Arc::new(Mutex::new(SystemTime::now()));
    let hands = clock.clone();
    let sandbox = Sandbox::builder().clock(move || *clock.lock().unwrap()).callback("http://127.0.0.1:1/");
    let sandbox = sandbox.start().await.unwrap();
    let client = client_of(&sandbox);
    client.open_package(&OpenPackage::builder().order_id(placed(&client).await).build()).await.unwrap();
    let happens = |sandbox: &Sandbox| {
        let texts = sandbox.send_sms(SIM, "hello") && sandbox.receive_sms("89852022018041800192", "hello");
        (sandbox.use_data(SIM, 5), texts)
    };
    assert_eq!(happens(&sandbox), (true, true));
    *hands.lock().unwrap() = UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(happens(&sandbox), (false, false));
    let usage = json!({ "device_id": SIM, "amount": 5 });
    let sms = json!({ "sim_id": SIM, "text": "hello" });
    for (method, path, body) in
        [(Method::POST, "usage", usage), (Method::POST, "sms", sms), (Method::GET, "clock", Value::Null)]
    {
        let refused = tell(&sandbox, method, path, &body).await;
        assert_eq!(refused.status(), 400, "{path}");
        assert!(refused.text().await.unwrap().contains("from 1970 to 9998"), "{path}");
    }
    *hands.lock().unwrap() = SystemTime::now();
    let usage = client.query_device_flow_usage(&QueryDeviceFlowUsage::builder().device_id(SIM).build()).await.unwrap();
    assert_eq!(usage.order_used_flow.as_deref(), Some("5"));
}

#[tokio::test]
async fn a_story_can_be_told_over_http() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let refusal = json!({ "code": "1001", "message": "no credit", "status": 402, "headers": { "x-a": "b" } });
    let scenes = json!([
        { "fault": "drop-after-placing", "operation": "orderPackage" },
        { "reply": refusal, "operation": "orderPackage", "parameters": { "device_id": SIM }, "times": 2 },
    ]);
    assert_eq!(told(&sandbox, Method::POST, "faults", json!({ "scenes": scenes })).await, json!({ "stories_left": 1 }));
    assert!(client.order_package(&monthly_plan()).await.unwrap_err().outcome_unknown());
    for _ in 0..2 {
        let mut other = monthly_plan();
        other.device_id = "another SIM".into();
        client.order_package(&other).await?;
        let error = client.order_package(&monthly_plan()).await.unwrap_err();
        assert_eq!((error.code(), error.status()), (Some("1001"), Some(402)));
    }
    placed(&client).await;
    assert_eq!(told(&sandbox, Method::GET, "faults", Value::Null).await, json!({ "stories_left": 0 }));
    sandbox.tell(Story::new(Fault::Hang).always())?;
    assert_eq!(told(&sandbox, Method::DELETE, "faults", Value::Null).await, json!({ "stories_left": 0 }));
    let gateway = json!({ "reply": { "body": "<html>", "status": 502, "after_placing": true }, "always": true });
    told(&sandbox, Method::POST, "faults", json!({ "scenes": [gateway] })).await;
    assert_eq!(client.order_package(&monthly_plan()).await.unwrap_err().status(), Some(502));
    assert_eq!(sandbox.order_count(), 5);
    told(&sandbox, Method::DELETE, "faults", Value::Null).await;
    told(&sandbox, Method::POST, "faults", json!({ "scenes": [{ "shape": "half" }, { "any_shape": 7 }] })).await;
    assert_eq!(client.order_package(&monthly_plan()).await.unwrap_err().kind(), linksfield::ErrorKind::Unreadable);
    Ok(())
}

#[tokio::test]
async fn what_was_received_the_clock_and_the_use_of_data_are_there_over_http() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    told(&sandbox, Method::PUT, "clock", json!({ "time": "2022-01-27T03:18:50Z" })).await;
    let opened = client.open_package(&OpenPackage::builder().order_id(placed(&client).await).build()).await?;
    assert_eq!(opened.order_start_date.unwrap().as_str(), "2022-01-27 11:18:50");
    let usage = json!({ "device_id": SIM, "amount": 5 });
    assert_eq!(told(&sandbox, Method::POST, "usage", usage).await, json!({ "is_used": true }));
    let usage = QueryDeviceFlowUsage::builder().device_id(SIM).build();
    assert_eq!(client.query_device_flow_usage(&usage).await?.order_used_flow.as_deref(), Some("5"));
    let now = told(&sandbox, Method::DELETE, "clock", Value::Null).await;
    assert!(now["time"].as_str().unwrap() > "2022-01-27T03:18:50Z");

    let received = told(&sandbox, Method::GET, "requests", Value::Null).await;
    let operations: Vec<_> = received["requests"].as_array().unwrap().iter().map(|one| &one["operation"]).collect();
    assert_eq!(operations, ["orderPackage", "openPackage", "queryDeviceFlowUsage"]);
    assert_eq!(received["requests"][2]["parameters"], json!({ "device_id": SIM }));
    assert_eq!(
        (&received["requests"][2]["status"], &received["requests"][2]["is_verified"]),
        (&json!(200), &json!(true))
    );
    for hidden in ["sign\"", "access_code", "timestamp"] {
        assert!(!received.to_string().contains(hidden), "{received}");
    }
    assert_eq!(told(&sandbox, Method::DELETE, "requests", Value::Null).await, json!({ "requests": [] }));
    Ok(())
}

#[tokio::test]
async fn what_it_can_not_be_told_is_refused_with_a_reason() {
    let sandbox = Sandbox::start().await.unwrap();
    let scene = |scene: Value| json!({ "scenes": [scene] });
    for (method, path, body, words) in [
        (Method::POST, "faults", scene(json!({})), "either a fault or a reply"),
        (Method::POST, "faults", scene(json!({ "fault": "hang", "reply": {} })), "either a fault or a reply"),
        (Method::POST, "faults", scene(json!({ "fault": "none" })), "must be one of delay, hang"),
        (
            Method::POST,
            "faults",
            scene(json!({ "fault": "hang", "operation": "order" })),
            "no operation of this sandbox",
        ),
        (Method::POST, "faults", scene(json!({ "fault": "hang", "times": -1 })), "times: invalid value"),
        (
            Method::POST,
            "faults",
            scene(json!({ "fault": "hang", "times": 1, "always": true })),
            "either for so many times",
        ),
        (Method::POST, "faults", scene(json!({ "fault": "hang", "time": 1 })), "unknown field `time`"),
        (Method::POST, "faults", scene(json!({ "reply": { "code": "1", "body": "" } })), "either a code"),
        (Method::POST, "faults", scene(json!({ "reply": { "status": 100 } })), "from 200 to 599"),
        (Method::POST, "faults", scene(json!({ "shape": "none" })), "must be one of white-space, byte"),
        (Method::POST, "faults", scene(json!({ "shape": "half", "any_shape": 1 })), "either a fault or a reply"),
        (Method::POST, "faults", json!({ "scenes": [] }), "a story has at least one"),
        (Method::POST, "faults", json!({}), "missing field `scenes`"),
        (Method::PUT, "clock", json!({ "time": "noon" }), "must be like 2022-01-27T12:00:00Z"),
        (Method::PUT, "clock", json!({ "time": "1969-12-31T23:59:59Z" }), "from 1970 to 9998"),
        (Method::POST, "usage", json!({ "device_id": "1" }), "missing field `amount`"),
        (Method::POST, "sms", json!("1"), "invalid type"),
        (Method::POST, "notifications", json!({ "body": [1] }), "body: invalid type"),
    ] {
        let response = tell(&sandbox, method, path, &body).await;
        assert_eq!(response.status(), 400, "{path} {body}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], "SANDBOX-CONTROL");
        assert!(problem["message"].as_str().unwrap().contains(words), "{problem}");
        assert_is(&problem, &json!({ "$ref": "#/components/schemas/Problem" }));
    }
    assert_eq!(sandbox.stories_left(), 0);
}

/// The status of a request for what was received, with these headers.
async fn status(url: &str, headers: &[(&str, &str)]) -> u16 {
    let request = headers.iter().fold(Client::new().get(url), |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_page_in_a_browser_may_tell_it_nothing() {
    let sandbox = Sandbox::builder().control_host("sandbox.test").start().await.unwrap();
    let url = format!("{}/_sandbox/requests", sandbox.url());
    for (headers, expected) in [
        (&[("origin", "http://evil.example")][..], 403),
        (&[("origin", "null")], 403),
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("sec-fetch-site", "none")], 200),
        (&[("sec-fetch-site", "same-origin")], 200),
        (&[("host", "evil.example:8787")], 421),
        (&[("host", "localhost.evil.example")], 421),
        (&[("host", "")], 421),
        (&[("host", "127.0.0.1:8787 evil.example")], 421),
        (&[("host", "user@evil.example")], 421),
        (&[("host", "localhost:1")], 200),
        (&[("host", "LOCALHOST")], 200),
        (&[("host", "127.0.0.2")], 200),
        (&[("host", "[::1]:8787")], 200),
        (&[("host", "sandbox.test:80")], 200),
    ] {
        assert_eq!(status(&url, headers).await, expected, "{headers:?}");
    }
    let response = tell(&sandbox, Method::OPTIONS, "requests", &Value::Null).await;
    let page = reqwest::get(sandbox.url()).await.unwrap();
    for response in [response, page] {
        assert!(!response.headers().keys().any(|name| name.as_str().starts_with("access-control")));
    }
}

/// An address of this machine that is not loopback.
fn outer_address() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let SocketAddr::V4(address) = socket.local_addr().ok()? else { return None };
    Some(*address.ip()).filter(|address| !address.is_loopback() && !address.is_unspecified())
}

#[tokio::test]
async fn another_machine_may_tell_it_something_only_if_that_is_allowed() {
    let Some(address) = outer_address() else {
        return skipped("peers on other machines, because this one has no address but loopback");
    };
    for (allowed, expected) in [(false, 403), (true, 200)] {
        let listen = SocketAddr::from((address, 0));
        let sandbox = Sandbox::builder().listen(listen).allow_remote_control(allowed).start().await.unwrap();
        assert_eq!(status(&format!("{}/_sandbox/requests", sandbox.url()), &[]).await, expected);
    }
}

#[tokio::test]
async fn its_front_page_links_to_every_reference() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = reqwest::get(sandbox.url()).await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let page = page.text().await.unwrap();
    let links: Vec<_> = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links.len(), 2 * linksfield::openapi::DOCUMENTS.len() + 1);
    for link in links {
        assert_eq!(reqwest::get(format!("{}{link}", sandbox.url())).await.unwrap().status(), 200, "{link}");
    }
    assert!(page.contains("CORS"));
}
