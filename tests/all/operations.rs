//! The operations table as a program reads it: parameters, codes, lists, and what a person is asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use futures::StreamExt;
use linksfield::Credentials;
use linksfield::csss::types::OpenPackage;
use linksfield::csss::{Client, OPERATIONS};
use linksfield::openapi::{DOCUMENTS, Kind, Place, RESERVED_FLAGS};
use linksfield::sandbox::Sandbox;
use linksfield::{ErrorKind, Operation};
use serde_json::{Value, json};

use crate::specification::{compile_as, list_as};
use crate::support::{Canned, client_at, client_of, placed, response};

const ORDINARY: &str = include_str!("../fixtures/ordinary.yaml");

fn operation(id: &str) -> &'static Operation {
    OPERATIONS.iter().find(|operation| operation.id == id).unwrap()
}

#[test]
fn a_row_says_of_each_parameter_what_a_caller_has_to_know() {
    let order = operation("orderPackage");
    assert_eq!((order.command, order.summary), ("order-package", "Order a data plan for one SIM"));
    assert_eq!(order.description_zh, "为企业下的单个设备订购一个流量套餐。");
    assert_eq!(order.title, "订购流量套餐 / Order data plan");
    assert!(order.parameters.iter().all(|parameter| !["sign", "access_code"].contains(&parameter.name)));
    let [sim, start] =
        ["device_id", "is_open"].map(|name| order.parameters.iter().find(|one| one.name == name).unwrap());
    assert_eq!(
        (sim.flag, sim.place, sim.kind, sim.format, sim.required),
        ("device-id", Place::Body, Kind::Text, "device-id", true)
    );
    assert!(!sim.description.is_empty() && start.description_zh.contains("立即开通"));
    let codes: Vec<_> = start.codes.iter().map(|code| (code.value, code.name, code.description)).collect();
    assert_eq!(codes, [("0", "start-later", "Not at once."), ("1", "start-at-once", "At once.")]);
    let batch = operation("batchOrderPackages");
    assert_eq!(batch.parameters.iter().find(|one| one.name == "deviceList").unwrap().kind, Kind::List(&Kind::Text));
    assert_eq!(batch.parameters.iter().find(|one| one.name == "deviceList").unwrap().format, "device-id");
    let (list, results) = (batch.list.unwrap(), batch.results.unwrap());
    assert_eq!((list.field, list.item), (Some("device_order"), Kind::Object));
    assert_eq!((results.list, results.of, results.asked), ("device_order", "device_id", "deviceList"));
    assert_eq!((results.code, results.success, results.message), ("error", "0000", "errorMsg"));
    let query = operation("queryOrder");
    let (list, pages) = (query.list.unwrap(), query.pages.unwrap());
    assert_eq!(
        (list.field, list.item, pages.number, pages.size),
        (Some("package_order"), Kind::Object, "page_no", "page_size")
    );
    assert_eq!(order.find_out.map(|find| (find.operation, find.by)), Some(("queryOrder", &["device_id"][..])));
}

#[test]
fn each_parameter_of_an_example_is_in_the_row_and_no_flag_is_one_of_a_command() {
    for operation in DOCUMENTS.iter().flat_map(|document| document.operations) {
        let example: Value = serde_json::from_str(operation.example).unwrap();
        for name in example.as_object().unwrap().keys() {
            assert!(operation.parameters.iter().any(|one| one.name == name), "{}: {name}", operation.id);
        }
        for parameter in operation.parameters {
            assert!(!RESERVED_FLAGS.contains(&parameter.flag), "{}: {}", operation.id, parameter.flag);
        }
    }
}

#[test]
fn the_table_knows_paths_queries_lists_of_codes_and_lists_that_are_the_data() {
    let table = list_as("ordinary.yaml", ORDINARY).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        r#"name: "sim_id", flag: "sim-id", place: super::Place::Path, kind: super::Kind::Text, format: "sim-id", required: true,"#,
        r#"name: "states", flag: "states", place: super::Place::Query, kind: super::Kind::List(&super::Kind::Integer),"#,
        r#"super::Code { value: "10", name: "pre-active","#,
        r#"list: Some(super::List { field: None, item: super::Kind::Object, })"#,
        r#"total_count: (None, "total_count"),"#,
    ] {
        assert!(table.contains(part), "{part}\n{table}");
    }
}

#[test]
fn a_parameter_with_the_name_of_a_flag_gets_a_word_before_it() {
    for name in RESERVED_FLAGS {
        let renamed = ORDINARY.replace("name: tags", &format!("name: '{name}'"));
        assert!(list_as("ordinary.yaml", &renamed).contains(&format!("flag: \"param-{name}\"")), "{name}");
    }
}

#[test]
fn a_document_names_commands_and_what_a_person_is_asked() {
    let told = "operationId: resumeSim\n      x-linksfield-command: wake-up\n      x-linksfield-confirm: sim_id";
    let table = list_as("ordinary.yaml", &ORDINARY.replace("operationId: resumeSim", told));
    assert!(table.contains(r#"command: "wake-up""#) && table.contains(r#"confirm: Some("sim_id")"#), "{table}");
    for (key, fault) in [
        ("x-linksfield-command: Wake up", "must have a name as a command in kebab-case, not Wake up"),
        ("x-linksfield-command: call", "must have another name as a command, by x-linksfield-command: call is taken"),
        ("x-linksfield-command: list-sims", "list-sims is taken"),
        // 33 letters with "ordinary_" before them.
        (
            "x-linksfield-command: wake-up-a-sim-that-was-p",
            "ordinary_wake-up-a-sim-that-was-p has more than 32 letters",
        ),
        ("x-linksfield-confirm: nobody", "must have in x-linksfield-confirm the name of a parameter that is required"),
        ("x-linksfield-idempotent-by: [nonce]", "must have in x-linksfield-idempotent-by headers of"),
        (
            "x-linksfield-idempotent-for: 10\n      x-linksfield-idempotent-by: [x]",
            "must have in x-linksfield-idempotent-by headers of",
        ),
        ("x-linksfield-find-out: { operation: resumeSim, by: [] }", "the operation of one that is safe to retry"),
        ("x-linksfield-find-out: { operation: nobody, by: [] }", "the operation of one that is safe to retry"),
        ("x-linksfield-find-out: { operation: listSims, by: [sim_id] }", "must have the parameter sim_id in both"),
    ] {
        let told = format!("operationId: resumeSim\n      {key}");
        let message = compile_as("ordinary.yaml", &ORDINARY.replace("operationId: resumeSim", &told)).unwrap_err();
        assert!(message.contains(fault), "{message}\n  is not {fault}");
    }
    let longest = "operationId: resumeSim\n      x-linksfield-command: wake-up-a-sim-that-was";
    compile_as("ordinary.yaml", &ORDINARY.replace("operationId: resumeSim", longest)).unwrap();
    let two = ORDINARY.replace("name: tags", "name: param-yes").replace("name: states", "name: 'yes'");
    let message = compile_as("ordinary.yaml", &two).unwrap_err();
    assert!(message.contains("--param-yes, of") && message.contains("is there already"), "{message}");
}

#[test]
fn a_document_that_has_a_result_for_each_says_where_all_of_it_is() {
    let document = std::fs::read_to_string("openapi/csss.yaml").unwrap();
    let broken = |found: &str, other: &str| {
        let broken = document.replacen(found, other, 1);
        assert_ne!(broken, document, "{found}");
        compile_as("csss.yaml", &broken).err()
    };
    for (found, other) in [
        ("list: device_order", "list: nothing"),
        ("of: device_id", "of: nothing"),
        ("asked: deviceList", "asked: package_code"),
        ("code: error", "code: nothing"),
        ("success: '0000'", "success: ''"),
        ("message: errorMsg", "message: nothing"),
    ] {
        let message = broken(found, other).unwrap();
        assert!(message.contains("/package/batchOrderPackages.post: must have in x-linksfield-results"), "{message}");
    }
    assert!(broken("message: errorMsg", "words: errorMsg").unwrap().contains("words"));
    assert!(broken("Order the same data plan for several SIMs", "Order").is_none());
}

#[tokio::test]
async fn any_paged_operation_is_read_to_its_end_by_its_row() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(placed(&client).await.to_string());
    }
    let query = json!({ "page_no": 1, "page_size": 2 });
    let items = client.perform_items(operation("queryOrder"), query).unwrap().into_vec().await.unwrap();
    let mut listed: Vec<_> = items.iter().map(|item| item["orderCode"].as_str().unwrap().to_owned()).collect();
    listed.sort();
    ids.sort();
    assert_eq!(listed, ids);
    assert!(client.perform_items(operation("orderPackage"), json!({})).is_none());
    let mut refused = client.perform_items(operation("queryOrder"), json!([1])).unwrap();
    assert_eq!(refused.next().await.unwrap().unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn an_item_that_is_no_object_is_an_error_and_costs_no_other() {
    let data = json!({ "page": { "total_pages": 1, "total_count": 3 }, "package_order": [{ "orderCode": "1" }, 7, { "orderCode": "3" }] });
    let body = json!({ "code": "0000", "message": "", "success": true, "data": data }).to_string();
    let server = Canned::raw(response("200 OK", "application/json", &body)).await;
    let items = client_at(&server.url).perform_items(operation("queryOrder"), json!({ "page_no": 1, "page_size": 3 }));
    let read: Vec<_> = items.unwrap().map(|item| item.map_err(|error| error.kind())).collect().await;
    assert_eq!(read, [Ok(json!({ "orderCode": "1" })), Err(ErrorKind::Unreadable), Ok(json!({ "orderCode": "3" }))]);
}

#[tokio::test]
async fn a_preview_is_what_is_sent_but_for_the_signature() {
    let body = r#"{"code":"0000","message":"","success":true,"data":{"order_id":"ORDER_1"}}"#;
    let server = Canned::raw(response("200 OK", "application/json", body)).await;
    let call = client_at(&server.url).open_package(&OpenPackage::builder().order_id("ORDER_1").build());
    let preview = call.preview().unwrap();
    call.await.unwrap();
    let sent = server.requests().pop().unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let sign = serde_json::from_str::<Value>(body).unwrap()["sign"].as_str().unwrap().to_owned();
    assert_eq!(preview.body().unwrap(), body.replace(&sign, "…"));
    assert_eq!((preview.method().as_str(), preview.url()), ("POST", &*format!("{}/package/openPackage", server.url)));
    for (name, value) in preview.headers() {
        assert!(head.contains(&format!("{name}: {value}")), "{name}: {value}\n{head}");
    }
    let shown = preview.to_string();
    assert!(shown.contains(preview.signed().content()) && !shown.contains(&sign), "{shown}");
    assert!(!format!("{preview:?}").contains(&sign));
}

#[test]
fn a_preview_shows_the_time_that_it_signs() {
    let moving = AtomicU64::new(1_674_197_059);
    let client = Client::builder()
        .credentials(Credentials::new("P000270", "secret").unwrap())
        .environment("http://127.0.0.1:1")
        .clock(move || UNIX_EPOCH + Duration::from_secs(moving.fetch_add(1, Ordering::Relaxed)))
        .build()
        .unwrap();
    let preview = client.open_package(&OpenPackage::builder().order_id("1").build()).preview().unwrap();
    let sent = serde_json::from_str::<Value>(preview.body().unwrap()).unwrap()["timestamp"].to_string();
    assert!(preview.signed().content().contains(&sent), "{preview}");
}

#[test]
fn a_preview_shows_no_token() {
    let token = linksfield::esim_qr::AccessToken::new("a token that nobody may see").unwrap();
    let client = linksfield::esim_qr::Client::builder().credentials(token).environment("http://127.0.0.1:1").build();
    let row = &linksfield::esim_qr::OPERATIONS[0];
    let preview = client.unwrap().perform::<Value>(row, &json!({})).preview().unwrap().to_string();
    assert!(preview.contains("x-access-token: …") && !preview.contains("nobody may see"), "{preview}");
}
