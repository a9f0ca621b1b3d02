//! Every fault of the sandbox against every operation of every API: what the caller is told, and how often it was done.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::join_all;
use linksfield::csss::types::OpenPackage;
use linksfield::openapi::Document;
use linksfield::sandbox::{FAULT_HEADER, Fault, Request, Sandbox};
use linksfield::{Error, ErrorKind, Operation, RetryPolicy, csss, cube, mall};
use serde_json::Value;

use crate::families::{Caller, documents, example};
use crate::support::{client_of, http, monthly_plan, placed};

/// Sends queries twice at most, and gives up soon where no answer will come.
pub fn hasty(timeout: Duration) -> Caller {
    let retry = RetryPolicy::builder().attempts(2).first_delay(Duration::from_millis(1)).build();
    Caller { timeout, retry, url: None, http: None, time: Some(time()) }
}

/// The time in the sandboxes: equal answers to equal calls.
pub fn time() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_674_197_059)
}

/// What was done in a sandbox.
#[derive(Clone, Copy)]
pub struct Done {
    /// Calls of operations that change something.
    changes: usize,
    /// What they made: orders, bundles, and jobs that send SMS.
    made: usize,
}

impl Done {
    pub fn of(sandbox: &Sandbox) -> Self {
        let changes = |request: &Request| {
            let all = documents().into_iter().flat_map(|document| document.operations);
            let called = all.into_iter().find(|operation| request.operation() == Some(operation.id));
            request.is_carried_out() && called.is_some_and(|operation| !operation.safe_to_retry)
        };
        let orders = sandbox.order_count() + sandbox.mall_order_count() + sandbox.cube_order_count();
        Self {
            changes: sandbox.requests().iter().filter(|request| changes(request)).count(),
            made: orders + sandbox.cube_bundle_count() + sandbox.cube_sms_count(),
        }
    }

    /// How many changes were made since, none of which made more than one thing.
    pub fn since(self, before: Self, what: &str) -> usize {
        let (changes, made) = (self.changes - before.changes, self.made - before.made);
        assert!(changes <= 1, "{what}: done {changes} times");
        assert!(made <= changes, "{what}: done {changes} times, and {made} made");
        changes
    }
}

/// A SIM with a started order, another order that is not, and in the Mall one with the ids of `parameters`; `http` is shared,
/// because it takes long to make one.
pub async fn sandbox_with_orders(parameters: &Value, http: &reqwest::Client) -> (Sandbox, String) {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.set_time(Some(time())).unwrap();
    let client = csss::Client::builder().credentials(sandbox.credentials().clone()).environment(sandbox.url());
    let client = client.http_client(http.clone()).build().unwrap();
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
    let shop = mall::Client::builder().credentials(crate::mall::partner_code()).environment(sandbox.mall_url());
    shop.http_client(http.clone()).build().unwrap().single_order(&order).await.unwrap();
    (sandbox, waiting.to_string())
}

/// A sandbox with orders, and parameters that it accepts for `operation`.
pub async fn prepared(document: &Document, operation: &'static Operation, http: &reqwest::Client) -> (Sandbox, Value) {
    let (sandbox, order) = sandbox_with_orders(&example(operation, ""), http).await;
    let mut parameters = example(operation, &order);
    if document.name == "cube" {
        let client = cube::Client::builder().credentials(sandbox.cube_credentials()).environment(sandbox.cube_url());
        let client = client.http_client(http.clone()).clock(time).build().unwrap();
        crate::cube::prepare(&sandbox, &client, operation, &mut parameters).await;
    }
    (sandbox, parameters)
}

/// What the caller of an operation is told.
pub fn told(result: &Result<(), Error>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(error) => {
            let unknown = if error.outcome_unknown() { ", outcome unknown" } else { "" };
            format!("{:?}{unknown}", error.kind())
        }
    }
}

/// What is asked of every operation: what the caller is told, and how often it was done if it changes something.
pub trait Trial {
    fn outcome(
        &self,
        document: &'static Document,
        operation: &'static Operation,
    ) -> impl Future<Output = (String, usize)>;
}

/// The rows of a table: operations with the same outcome stand together.
pub async fn rows(name: &str, trial: &impl Trial) -> String {
    let documents = documents();
    let all = documents.iter().flat_map(|document| document.operations.iter().map(move |row| (*document, row)));
    let outcomes = join_all(all.clone().map(|(document, operation)| trial.outcome(document, operation))).await;
    let mut rows: BTreeMap<(String, usize), Vec<&str>> = BTreeMap::new();
    for ((_, operation), outcome) in all.zip(outcomes) {
        rows.entry(outcome).or_default().push(operation.id);
    }
    let rows = rows.into_iter();
    rows.map(|((told, new), operations)| format!("| {name} | {} | {told} | {new} |\n", operations.join(", "))).collect()
}

/// Compares a printed page with what happens.
pub fn assert_page(name: &str, page: &str) {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "docs/{name} is not up to date");
}

struct Faulty {
    fault: Fault,
    http: reqwest::Client,
}

impl Trial for Faulty {
    /// Calls `operation` once under the fault.
    async fn outcome(&self, document: &'static Document, operation: &'static Operation) -> (String, usize) {
        let fault = self.fault;
        let (sandbox, parameters) = prepared(document, operation, &self.http).await;
        let before = Done::of(&sandbox);
        sandbox.misbehave(Some(fault));
        let timeout = if fault == Fault::Hang { Duration::from_millis(500) } else { Duration::from_secs(30) };
        let call = hasty(timeout).call(&sandbox, document, operation, parameters);
        let result = tokio::time::timeout(Duration::from_secs(120), call).await.expect("a call ends").map(drop);
        let what = format!("{} under {}", operation.id, fault.name());
        let new = Done::of(&sandbox).since(before, &what);
        let unknown = result.as_ref().is_err_and(Error::outcome_unknown);
        assert!(new == 0 || result.is_ok() || unknown, "{what}: it was done, and nobody says so");
        assert!(!(operation.safe_to_retry && unknown), "{what}: a query changes nothing");
        let refused = result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Refused);
        assert_eq!(refused, fault == Fault::UnknownCode, "{what}: {result:?}");
        (told(&result), new)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_does_twice_what_changes_something_or_hides_that_it_may_be_done() {
    let mut table = include_str!("faults_head.md").to_owned();
    let http = reqwest::Client::new();
    for fault in Fault::ALL.iter().copied() {
        table += &rows(fault.name(), &Faulty { fault, http: http.clone() }).await;
    }
    assert_page("faults.md", &table);
}

#[tokio::test]
async fn a_fault_can_be_asked_for_by_a_header_and_ends() {
    let (sandbox, _) = sandbox_with_orders(&Value::Null, &reqwest::Client::new()).await;
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
    for fault in Fault::ALL.iter().copied() {
        assert_eq!(Fault::from_name(fault.name()), Some(fault));
    }
    assert_eq!(Fault::from_name("no-such-fault"), None);
}
