//! Orders a plan and is refused, with the client that another generator makes. Its signing is a dozen lines, as in any language.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use csss::apis::{configuration::Configuration, plan_api};
use csss::models::{GlobalOrder, IsOpen, OpenPackageRequest, OrderPackageRequest, PackageType, PaymentResult, TestFlowFlag};
use hmac::Mac;
use serde_json::{Map, Value, json};

fn variable(name: &str) -> String {
    std::env::var(name).unwrap()
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()
}

/// The signature of a body: this map of serde_json sorts its keys by bytes.
fn signature(body: impl serde::Serialize) -> String {
    let mut content: Map<String, Value> = serde_json::from_value(json!(body)).unwrap();
    content.retain(|name, value| name != "sign" && !matches!(value, Value::Null) && value != "");
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(variable("LINKSFIELD_SECRET").as_bytes()).unwrap();
    mac.update(Value::Object(content).to_string().as_bytes());
    base64::prelude::BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let configuration = Configuration { base_path: variable("LINKSFIELD_BASE_URL"), ..Configuration::default() };
    let envelope = || ("2.0".to_owned(), variable("LINKSFIELD_ACCESS_CODE"), (now() / 1_000_000).to_string(), String::new());
    let text = str::to_owned;

    let (version, access_code, timestamp, sign) = envelope();
    let mut terms = OrderPackageRequest::new(
        version,
        access_code,
        timestamp,
        sign,
        format!("8985{:016}", now()),
        GlobalOrder::NotHostNumber,
        IsOpen::StartLater,
        text("1"),
        text("DP20190726001274"),
        text("C_M_0_P_中国20M不限速月套餐"),
        PackageType::Monthly,
        text("0"),
        PaymentResult::Paid,
        text("0"),
        TestFlowFlag::NoTestData,
    );
    terms.sign = signature(&terms);
    let ordered = plan_api::order_package(&configuration, terms, None).await.unwrap();
    assert_eq!(ordered.code, "0000", "{}", ordered.message);
    assert!(ordered.data.flatten().unwrap().order_id.is_some());

    let (version, access_code, timestamp, sign) = envelope();
    let mut start = OpenPackageRequest::new(version, access_code, timestamp, sign, text("no such order"));
    start.sign = signature(&start);
    let refused = plan_api::open_package(&configuration, start, None).await.unwrap();
    assert!(refused.code != "0000" && refused.data.flatten().is_none());
    println!("accepted 1");
}
