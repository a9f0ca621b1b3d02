//! What the sandbox refuses, as the client reports it.

use linksfield::csss::types::{
    IsOpen, OpenPackage, PackageType, PaymentResult, QueryOrder, RenewPackage, TestFlowFlag,
};
use linksfield::csss::{Client, OPERATIONS};
use linksfield::http::Method;
use linksfield::sandbox::{BATCH_LIMIT, ID_LIMIT, ORDER_LIMIT, Sandbox, TEXT_LIMIT};
use linksfield::{Credentials, Error, ErrorKind, Language};
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
    let cases: [(&str, &str, Change); 15] = [
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
        ("SANDBOX-PARAMETER", "pay_amount", |order| order.pay_amount = "".into()),
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
    let mut order = monthly_plan_for((0..BATCH_LIMIT).map(|sim| sim.to_string()));
    for _ in 0..ORDER_LIMIT / BATCH_LIMIT {
        client.batch_order_packages(&order).await?;
    }
    order.device_list.truncate(1);
    assert_refused(client.batch_order_packages(&order).await, "SANDBOX-FULL", "no more orders");
    Ok(())
}

#[tokio::test]
async fn a_batch_of_too_many_sims_and_an_id_that_is_too_long_are_refused() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let mut batch = monthly_plan_for((0..=BATCH_LIMIT).map(|sim| sim.to_string()));
    assert_refused(client.batch_order_packages(&batch).await, "SANDBOX-BATCH-TOO-LARGE", "at most 1000 SIMs");
    batch.device_list = vec!["1".into(), "x".repeat(ID_LIMIT + 1).into()];
    assert_refused(
        client.batch_order_packages(&batch).await,
        "SANDBOX-PARAMETER",
        "deviceList: an id must have at most",
    );
    let mut order = monthly_plan();
    order.device_id = "x".repeat(ID_LIMIT + 1).into();
    assert_refused(client.order_package(&order).await, "SANDBOX-PARAMETER", "device_id: an id must have at most");
    let mut shop = crate::mall::order("NO1", "0");
    shop.order_no = "x".repeat(ID_LIMIT + 1).into();
    let error = crate::mall::client_of(&sandbox).single_order(&shop).await.unwrap_err();
    assert_eq!(error.code(), Some("SANDBOX-PARAMETER"));
    assert_eq!(sandbox.order_count() + sandbox.mall_order_count(), 0);
    order.device_id = "x".repeat(ID_LIMIT).into();
    client.order_package(&order).await?;
    Ok(())
}

#[tokio::test]
async fn the_sandbox_keeps_no_more_texts_than_it_says() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let mall = crate::mall::client_of(&sandbox);
    let mut order = crate::mall::order("0", "0");
    order.service_plan_show_name = "x".repeat(1_000_000);
    let most = TEXT_LIMIT / 1_000_000;
    for number in 0..most {
        order.order_no = number.to_string().into();
        mall.single_order(&order).await?;
    }
    order.order_no = "one more".into();
    assert_eq!(mall.single_order(&order).await.unwrap_err().code(), Some("SANDBOX-FULL"));
    assert_eq!(sandbox.mall_order_count(), most);
    order.service_plan_show_name = "short".to_owned();
    mall.single_order(&order).await?;
    Ok(())
}

#[tokio::test]
async fn an_empty_text_leaves_out_what_may_be_left_out() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let mut order = serde_json::to_value(monthly_plan()).unwrap();
    order["pay_type"] = "".into();
    client.call::<Value>(Method::POST, "/package/orderPackage", &order).await?;
    order["package_name"] = "".into();
    let error = client.call::<Value>(Method::POST, "/package/orderPackage", &order).await.unwrap_err();
    assert_eq!(error.message(), Some("package_name: must not be empty"));
    let all = json!({ "page_no": 1, "page_size": 5, "order_type": "", "device_id": "" });
    client.call::<Value>(Method::POST, "/package/queryOrder", &all).await?;
    Ok(())
}

#[tokio::test]
async fn a_byte_order_mark_before_a_body_is_read() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let key = linksfield::signing::Key::new(linksfield::sandbox::SECRET);
    let body = linksfield::envelope::wrap(b"{}", "SANDBOX", "1643253530", &key).unwrap();
    let body = ["\u{feff}".as_bytes(), &body].concat();
    let url = format!("{}/device/syncAssetInfo", sandbox.url());
    let answer = reqwest::Client::new().post(url).body(body).send().await.unwrap().text().await.unwrap();
    assert!(answer.starts_with(r#"{"code":"0000""#), "{answer}");
    assert_eq!(sandbox.requests()[0].parameters(), json!({}));
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

/// The code and the message of what a call is refused with, in the language that was asked for.
async fn refusal(sandbox: &Sandbox, language: Language, path: &str, parameters: &Value) -> (String, String) {
    let call = client_of(sandbox).call::<Value>(Method::POST, path, parameters).language(language);
    let error = call.await.unwrap_err();
    (error.code().unwrap().to_owned(), error.message().unwrap().to_owned())
}

fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

/// Two words beside each other: a name alone is no English.
fn has_english(text: &str) -> bool {
    let is_word = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase());
    text.split(' ').collect::<Vec<_>>().windows(2).any(|words| words.iter().all(is_word))
}

#[tokio::test]
async fn each_message_is_in_one_language() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let order = |name: &str, value: Value| {
        let mut order = serde_json::to_value(monthly_plan()).unwrap();
        order[name] = value;
        order
    };
    for (path, parameters) in [
        ("/package/orderPackage", order("package_type", "9".into())),
        ("/package/orderPackage", order("pay_rst", "9".into())),
        ("/package/orderPackage", order("pay_type", "9".into())),
        ("/package/orderPackage", order("is_open", "9".into())),
        ("/package/orderPackage", order("pay_amount", "x".into())),
        ("/package/orderPackage", order("order_period", "0".into())),
        ("/package/orderPackage", order("test_flow", "".into())),
        ("/package/orderPackage", order("device_id", "".into())),
        ("/package/orderPackage", order("device_id", "x".repeat(65).into())),
        ("/package/orderPackage", order("device_id", 1.into())),
        ("/package/orderPackage", order("package_code", "none".into())),
        ("/package/orderPackage", json!({})),
        ("/package/openPackage", json!({ "order_id": "1" })),
        ("/package/queryOrder", json!({ "page_no": 1, "page_size": 5000 })),
        ("/package/queryOrder", json!({ "page_no": 1, "page_size": 5, "order_type": "1" })),
        ("/package/batchOrderPackages", serde_json::to_value(monthly_plan_for(vec!["1"; 1001])).unwrap()),
        ("/no/such", json!({})),
    ] {
        let mut parameters = parameters;
        if parameters["test_flow"] == "" {
            parameters["test_flow_flag"] = "1".into();
        }
        let (code, english) = refusal(&sandbox, Language::English, path, &parameters).await;
        assert!(!english.contains(is_chinese) && has_english(&english), "{code}: {english}");
        let (_, chinese) = refusal(&sandbox, Language::SimplifiedChinese, path, &parameters).await;
        assert!(chinese.contains(is_chinese) && !has_english(&chinese), "{code}: {chinese}");
    }
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
