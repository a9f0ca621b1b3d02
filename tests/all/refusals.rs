//! What the sandbox refuses, as the client reports it.

use linksfield::csss::types::{
    IsOpen, OpenPackage, PackageType, PaymentResult, QueryOrder, RenewPackage, TestFlowFlag,
};
use linksfield::csss::{Client, OPERATIONS};
use linksfield::http::Method;
use linksfield::sandbox::{ORDER_LIMIT, Sandbox};
use linksfield::{Credentials, Error, ErrorKind};
use serde_json::{Value, json};

use crate::support::{SIM, client_of, http, monthly_plan, monthly_plan_for, placed};

fn assert_refused<T>(result: Result<T, Error>, code: &str, words: &str) {
    let Err(error) = result else { panic!("accepted, not {code}") };
    assert_eq!((error.kind(), error.code(), error.status()), (ErrorKind::Refused, Some(code), Some(200)), "{error}");
    assert!(error.message().unwrap().contains(words), "{error}");
    assert!(!error.outcome_unknown(), "a refused call had no effect");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_with_the_content_that_the_server_signed() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let credentials = Credentials::new("SANDBOX", "another secret")?;
    let client = Client::builder()
        .credentials(credentials)
        .environment(sandbox.url())
        .clock(|| std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_643_253_530))
        .build()?;
    let open = OpenPackage::builder().order_id("1").build();
    let signed = client.open_package(&open).explain()?.content().to_owned();
    let error = client.open_package(&open).await.unwrap_err();
    assert!(error.to_string().contains(&signed), "{error}");
    assert!(error.to_string().contains("look at the suspects in what was signed (Call::explain)"), "{error}");
    assert_refused::<()>(Err(error), "SANDBOX-SIGNATURE", "签名");
    Ok(())
}

#[tokio::test]
async fn another_access_code_is_refused() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let credentials = Credentials::new("P000270", "sandbox-secret")?;
    let client = Client::builder().credentials(credentials).environment(sandbox.url()).build()?;
    assert_refused(client.order_package(&monthly_plan()).await, "SANDBOX-ACCESS-CODE", "access_code");
    Ok(())
}

#[tokio::test]
async fn an_order_is_started_once_and_only_if_it_is_there() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let open = OpenPackage::builder().order_id(placed(&client).await).build();
    client.open_package(&open).await?;
    assert_refused(client.open_package(&open).await, "SANDBOX-ORDER-STARTED", "already started");
    let unknown = OpenPackage::builder().order_id("202107061625560742397").build();
    assert_refused(client.open_package(&unknown).await, "SANDBOX-UNKNOWN-ORDER", "no order");
    let renew = RenewPackage::builder().order_id("202107061625560742397").renew_period(1).build();
    assert_refused(client.renew_package(&renew).await, "SANDBOX-UNKNOWN-ORDER", "no order");
    Ok(())
}

#[tokio::test]
async fn the_documented_conditions_of_an_order_are_checked() -> Result<(), Error> {
    let sandbox = Sandbox::builder().plan("OWN-PLAN").start().await?;
    let client = client_of(&sandbox);
    type Change = fn(&mut linksfield::csss::types::OrderPackage);
    let cases: [(&str, &str, Change); 14] = [
        ("SANDBOX-UNPAID", "unpaid", |order| order.is_open = IsOpen::StartAtOnce),
        ("SANDBOX-UNKNOWN-PLAN", "package_code", |order| order.package_code = "DP1".into()),
        ("SANDBOX-NOT-ALLOWED", "schedule", |order| {
            (order.is_open, order.pay_rst, order.package_type) =
                (IsOpen::StartAtOnce, PaymentResult::Paid, PackageType::Schedule);
        }),
        ("SANDBOX-PARAMETER", "test_flow", |order| {
            (order.test_flow_flag, order.test_flow) = (TestFlowFlag::TestData, "".into());
        }),
        ("SANDBOX-PARAMETER", "package_type", |order| order.package_type = "9".into()),
        ("SANDBOX-PARAMETER", "pay_rst", |order| order.pay_rst = "3".into()),
        ("SANDBOX-PARAMETER", "pay_type", |order| order.pay_type = Some("3".into())),
        ("SANDBOX-PARAMETER", "is_open", |order| order.is_open = "yes".into()),
        ("SANDBOX-PARAMETER", "global_order", |order| order.global_order = "2".into()),
        ("SANDBOX-PARAMETER", "pay_amount", |order| order.pay_amount = "1.234".into()),
        ("SANDBOX-PARAMETER", "pay_amount", |order| order.pay_amount = "-1".into()),
        ("SANDBOX-PARAMETER", "order_period", |order| order.order_period = "0".into()),
        ("SANDBOX-PARAMETER", "device_id", |order| order.device_id = "".into()),
        ("SANDBOX-PARAMETER", "package_name", |order| order.package_name = String::new()),
    ];
    for (code, words, change) in cases {
        let mut order = monthly_plan();
        change(&mut order);
        assert_refused(client.order_package(&order).await, code, words);
    }
    let orders = client.query_order(&QueryOrder::builder().page_no(1).page_size(1).build()).await?;
    assert_eq!(orders.page.unwrap().total_count, Some(0), "a refused order is not kept");
    let mut own = monthly_plan();
    own.package_code = "OWN-PLAN".into();
    client.order_package(&own).await?;
    Ok(())
}

#[tokio::test]
async fn test_data_is_for_the_first_order_of_a_sim() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let mut order = monthly_plan();
    (order.test_flow_flag, order.test_flow) = (TestFlowFlag::TestData, "10".into());
    client.order_package(&order).await?;
    assert_refused(client.order_package(&order).await, "SANDBOX-NOT-ALLOWED", "first order");
    Ok(())
}

#[tokio::test]
async fn a_batch_with_nothing_to_order_for_is_refused() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let batch = monthly_plan_for([""; 0]);
    assert_refused(client_of(&sandbox).batch_order_packages(&batch).await, "SANDBOX-PARAMETER", "deviceList");
    Ok(())
}

#[tokio::test]
async fn the_sandbox_keeps_no_more_orders_than_it_says() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let mut order = monthly_plan_for((0..ORDER_LIMIT / 2).map(|sim| sim.to_string()));
    client.batch_order_packages(&order).await?;
    client.batch_order_packages(&order).await?;
    order.device_list.truncate(1);
    assert_refused(client.batch_order_packages(&order).await, "SANDBOX-FULL", "no more orders");
    Ok(())
}

#[tokio::test]
async fn a_parameter_of_the_wrong_type_is_named() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    for (path, parameters, name) in [
        ("/package/queryOrder", json!({ "page_no": "1", "page_size": 2 }), "page_no"),
        ("/package/renewPackage", json!({ "order_id": "1", "renew_period": "1" }), "renew_period"),
        ("/package/openPackage", json!({ "order_id": 1 }), "order_id"),
        ("/package/openPackage", json!({}), "missing field `order_id`"),
        ("/package/batchOrderPackages", json!({ "deviceList": ["1", 2] }), "deviceList[1]"),
    ] {
        let result = client.call::<Value>(Method::POST, path, &parameters).await;
        let Err(error) = result else { panic!("{path} accepted {parameters}") };
        assert_eq!(error.code(), Some("SANDBOX-PARAMETER"), "{error}");
        assert!(error.message().unwrap().contains(name), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_sim_without_a_plan_in_use_has_no_usage() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let usage = linksfield::csss::types::QueryDeviceFlowUsage::builder().device_id(SIM).build();
    let result = client_of(&sandbox).query_device_flow_usage(&usage).await;
    assert_refused(result, "SANDBOX-NO-PLAN-IN-USE", "no plan in use");
    Ok(())
}

#[tokio::test]
async fn messages_are_in_the_language_that_was_asked_for() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let unknown = OpenPackage::builder().order_id("1").build();
    let english = client_of(&sandbox).open_package(&unknown).await.unwrap_err();
    assert_eq!(english.message(), Some("no order has this order_id"));
    let chinese = Client::builder().credentials(sandbox.credentials().clone()).environment(sandbox.url()).build()?;
    let chinese = chinese.open_package(&unknown).await.unwrap_err();
    assert_eq!(chinese.message(), Some("订单不存在"));
    Ok(())
}

#[tokio::test]
async fn what_is_no_call_of_an_operation_has_an_http_status_of_its_own() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = http().build().unwrap();
    let path = format!("{}{}", sandbox.url(), OPERATIONS[0].path);
    for (request, status, code) in [
        (http.post(format!("{}/no/such/path", sandbox.url())).body("{}"), 404, "SANDBOX-UNKNOWN-PATH"),
        (http.get(&path), 405, "SANDBOX-METHOD"),
        (http.post(&path).body("x".repeat(2_000_000)), 413, "SANDBOX-BODY-TOO-LARGE"),
        (http.post(&path).body("not JSON"), 200, "SANDBOX-BODY"),
        (http.post(&path).body("[]"), 200, "SANDBOX-BODY"),
        (http.post(&path).body("{}"), 200, "SANDBOX-PARAMETER"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{code}");
        let body: Value = response.json().await.unwrap();
        assert_eq!((&body["code"], &body["success"]), (&json!(code), &json!(false)));
    }
}
