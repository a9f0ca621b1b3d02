//! Every fault of the sandbox against every operation of every API: what the caller is told, and how many orders there are.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use futures::future::join_all;
use linksfield::csss::types::OpenPackage;
use linksfield::openapi::Document;
use linksfield::sandbox::{FAULT_HEADER, Fault, Sandbox};
use linksfield::{Error, ErrorKind, Operation, RetryPolicy, csss};
use serde_json::Value;

use crate::families::{Caller, documents, example};
use crate::support::{client_of, http, monthly_plan, placed};

/// Sends queries twice at most, and gives up soon where no answer will come.
fn hasty(fault: Fault) -> Caller {
    let timeout = if fault == Fault::Hang { Duration::from_millis(500) } else { Duration::from_secs(30) };
    let retry = RetryPolicy::builder().attempts(2).first_delay(Duration::from_millis(1)).build();
    Caller { timeout, retry, url: None }
}

/// A SIM with a started order, another order that is not, and in the Mall one with the ids of `parameters`.
async fn sandbox_with_orders(parameters: &Value) -> (Sandbox, String) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let started = placed(&client).await;
    client.open_package(&OpenPackage::builder().order_id(started).build()).await.unwrap();
    let waiting = placed(&client).await;
    let mut order = crate::mall::order("NO1", "1");
    let id = |name: &str| parameters[name].as_str().map(str::to_owned);
    order.device_code = id("deviceCode").map_or(order.device_code, Into::into);
    order.pay_id = id("payId").map_or(order.pay_id, Into::into);
    // What orders has a number of its own.
    if parameters["packageCode"].is_null() {
        order.order_no = id("orderNo").map_or(order.order_no, Into::into);
    }
    crate::mall::client_of(&sandbox).single_order(&order).await.unwrap();
    (sandbox, waiting.to_string())
}

/// What the caller of an operation is told.
fn told(result: &Result<(), Error>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(error) => {
            let unknown = if error.outcome_unknown() { ", outcome unknown" } else { "" };
            format!("{:?}{unknown}", error.kind())
        }
    }
}

/// Calls `operation` once under `fault`: what the caller is told, and the number of new orders.
async fn outcome(fault: Fault, document: &Document, operation: &'static Operation) -> (String, usize) {
    let (sandbox, order) = sandbox_with_orders(&example(operation, "")).await;
    sandbox.misbehave(Some(fault));
    let call = hasty(fault).call(&sandbox, document, operation, example(operation, &order));
    let result = tokio::time::timeout(Duration::from_secs(120), call).await.expect("a call ends").map(drop);
    let new = sandbox.order_count() + sandbox.mall_order_count() - 3;
    let unknown = result.as_ref().is_err_and(Error::outcome_unknown);
    let what = format!("{} under {}", operation.id, fault.name());
    assert!(new <= 1, "{what}: ordered {new} times");
    assert!(new == 0 || result.is_ok() || unknown, "{what}: an order was placed, and nobody says so");
    assert!(!(operation.safe_to_retry && unknown), "{what}: a query changes nothing");
    let refused = result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Refused);
    assert_eq!(refused, fault == Fault::UnknownCode, "{what}: {result:?}");
    (told(&result), new)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_orders_twice_or_hides_that_an_order_may_be_placed() {
    let mut table = include_str!("faults_head.md").to_owned();
    for fault in Fault::ALL {
        let documents = documents();
        let all = documents.iter().flat_map(|document| document.operations.iter().map(move |row| (document, row)));
        let outcomes = join_all(all.clone().map(|(document, operation)| outcome(fault, document, operation))).await;
        let mut rows: BTreeMap<(String, usize), Vec<&str>> = BTreeMap::new();
        for ((_, operation), outcome) in all.zip(outcomes) {
            rows.entry(outcome).or_default().push(operation.id);
        }
        for ((told, new), operations) in rows {
            writeln!(table, "| {} | {} | {told} | {new} |", fault.name(), operations.join(", ")).unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/faults.md");
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), table, "docs/faults.md is not up to date");
}

#[tokio::test]
async fn a_fault_can_be_asked_for_by_a_header_and_ends() {
    let (sandbox, _) = sandbox_with_orders(&Value::Null).await;
    let headers = [(FAULT_HEADER.parse().unwrap(), "html-error".parse().unwrap())].into_iter().collect();
    let http = http().default_headers(headers).build().unwrap();
    let client = csss::Client::builder()
        .credentials(sandbox.credentials().clone())
        .environment(sandbox.url())
        .http_client(http)
        .build()
        .unwrap();
    assert_eq!(client.order_package(&monthly_plan()).await.unwrap_err().status(), Some(500));
    placed(&client_of(&sandbox)).await;
    sandbox.misbehave(Some(Fault::NotJson));
    client_of(&sandbox).order_package(&monthly_plan()).await.unwrap_err();
    sandbox.misbehave(None);
    placed(&client_of(&sandbox)).await;
}

#[test]
fn faults_have_names() {
    for fault in Fault::ALL {
        assert_eq!(Fault::from_name(fault.name()), Some(fault));
    }
    assert_eq!(Fault::from_name("no-such-fault"), None);
}
