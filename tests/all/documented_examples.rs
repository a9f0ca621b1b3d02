//! Every body that the documentation prints: as the client sends it, as it reads it, as its JSON Schema accepts it.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use linksfield::csss::types::{
    BatchOrderPackages, BatchOrderPackagesOutput, CreateOtaOrder, OpenPackage, OpenPackageOutput, OrderPackage,
    OrderPackageOutput, QueryDevice, QueryDeviceFlowUsage, QueryDeviceFlowUsageOutput, QueryOrder, QueryOrderOutput,
    RenewPackage, RenewPackageOutput, SyncAssetInfo,
};
use linksfield::csss::{Client, OPERATIONS, json_schemas};
use linksfield::http::Method;
use linksfield::{Credentials, Error};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::{Canned, SECRET, client_at, fixture, specification};

const SIGNED: [&str; 4] = ["access_code", "timestamp", "version", "sign"];

/// The operation's own parameters of a printed request.
fn own(printed: &Value) -> Value {
    let own = printed.as_object().unwrap().iter().filter(|(name, _)| !SIGNED.contains(&name.as_str()));
    Value::Object(own.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn parameters<T: DeserializeOwned>(printed: &Value) -> T {
    serde_json::from_value(own(printed)).unwrap()
}

/// A client with the access code and the time of a printed request.
fn client_of(printed: &Value, url: &str) -> Client {
    let seconds = printed["timestamp"].as_str().unwrap().parse().unwrap();
    Client::builder()
        .credentials(Credentials::new(printed["access_code"].as_str().unwrap(), SECRET).unwrap())
        .environment(url)
        .clock(move || UNIX_EPOCH + Duration::from_secs(seconds))
        .build()
        .unwrap()
}

/// Asserts that `$method` sends the printed request of `$path`, apart from its signature.
macro_rules! assert_sends {
    ($path:literal, $method:ident, $parameters:ty) => {
        let printed = fixture(concat!($path, ".request.json"));
        let server = Canned::json(r#"{"code":"refused"}"#).await;
        let result = client_of(&printed, &server.url).$method(&parameters::<$parameters>(&printed)).await;
        assert_eq!(result.err().as_ref().and_then(Error::code), Some("refused"));
        let mut sent = server.body();
        let sign = std::mem::replace(&mut sent["sign"], printed["sign"].clone());
        assert_eq!(sent, printed, $path);
        assert_eq!(sign.as_str().unwrap().len(), printed["sign"].as_str().unwrap().len());
    };
}

#[tokio::test]
async fn requests_are_sent_as_printed() {
    assert_sends!("device.queryDevice", query_device, QueryDevice);
    assert_sends!("device.syncAssetInfo", sync_asset_info, SyncAssetInfo);
    assert_sends!("flow.queryDeviceFlowUsage", query_device_flow_usage, QueryDeviceFlowUsage);
    assert_sends!("package.orderPackage", order_package, OrderPackage);
    assert_sends!("package.batchOrderPackages", batch_order_packages, BatchOrderPackages);
    assert_sends!("package.renewPackage", renew_package, RenewPackage);
    assert_sends!("package.queryOrder", query_order, QueryOrder);
    assert_sends!("package.openPackage", open_package, OpenPackage);
    assert_sends!("package.createOtaOrder", create_ota_order, CreateOtaOrder);
}

/// Asserts that a printed answer's `data` is `$data` and back again without loss.
macro_rules! assert_reads {
    ($path:literal, $data:ty) => {
        let printed = fixture(concat!($path, ".response.json"));
        let data: $data = serde_json::from_value(printed["data"].clone()).unwrap();
        assert_eq!(without_null(&serde_json::to_value(&data).unwrap()), without_null(&printed["data"]), $path);
        let raw: Value = client_at(&Canned::json(&printed.to_string()).await.url)
            .call(Method::POST, "/x", &json!({}))
            .await
            .unwrap();
        assert_eq!(raw, printed["data"], $path);
    };
}

#[tokio::test]
async fn answers_are_read_without_loss() {
    assert_reads!("flow.queryDeviceFlowUsage", QueryDeviceFlowUsageOutput);
    assert_reads!("package.orderPackage", OrderPackageOutput);
    assert_reads!("package.batchOrderPackages", BatchOrderPackagesOutput);
    assert_reads!("package.renewPackage", RenewPackageOutput);
    assert_reads!("package.openPackage", OpenPackageOutput);
}

#[tokio::test]
async fn the_printed_part_of_the_order_list_is_read_without_loss() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/csss/package.queryOrder.response.partial.txt");
    let cut = std::fs::read_to_string(path).unwrap();
    let closed = format!("{}022-01-27\" }}] }}, \"success\": true }}", cut.trim_end());
    let printed: Value = serde_json::from_str(&closed).unwrap();
    let query = QueryOrder::builder().page_no(1).page_size(2).build();
    let data: QueryOrderOutput = client_at(&Canned::json(&closed).await.url).query_order(&query).await.unwrap();
    assert_eq!(data.page.as_ref().unwrap().total_count, Some(105));
    assert_eq!(data.package_order[0].order_code, Some("L201903020000000617".into()));
    // An empty time is none.
    let mut expected = printed["data"].clone();
    assert_eq!(expected["package_order"][0].as_object_mut().unwrap().remove("expireDate"), Some("".into()));
    assert_eq!(serde_json::to_value(&data).unwrap(), expected);
}

/// A field of `null` means what a missing one means.
pub fn without_null(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name.clone(), without_null(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_null).collect(),
        other => other.clone(),
    }
}

#[test]
fn json_schemas_accept_every_printed_example_of_the_specification() {
    let schemas: BTreeMap<_, _> = json_schemas().into_iter().map(|(name, schema)| (name, schema.to_value())).collect();
    let specification = specification();
    let mut checked = 0;
    for operation in OPERATIONS {
        let node = &specification["paths"][operation.path]["post"];
        let name = operation.id[..1].to_uppercase() + &operation.id[1..];
        if let Some(example) = printed(&node["requestBody"]) {
            assert_valid(&schemas[name.as_str()], &own(example), operation.id);
            checked += 1;
        }
        if let Some(example) = printed(&node["responses"]["200"]) {
            assert_valid(&schemas[format!("{name}Output").as_str()], &example["data"], operation.id);
            checked += 1;
        }
    }
    assert_eq!(checked, 15, "all printed examples");
}

fn printed(body: &Value) -> Option<&Value> {
    body["content"]["application/json"]["examples"].get("printed").map(|example| &example["value"])
}

fn assert_valid(schema: &Value, instance: &Value, operation: &str) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(instance).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{operation}: {errors:?} in {instance}");
}

#[test]
fn json_schemas_refuse_what_is_not_as_documented() {
    let schemas: BTreeMap<_, _> = json_schemas().into_iter().collect();
    for (name, wrong) in [
        ("OpenPackage", json!({})),
        ("OpenPackage", json!({ "order_id": 1 })),
        ("RenewPackage", json!({ "order_id": "1", "renew_period": "1" })),
        ("OrderPackageOutput", json!({ "order_id": null })),
        ("QueryOrderOutput", json!({ "package_order": [1] })),
    ] {
        let validator = jsonschema::validator_for(schemas[name].as_value()).unwrap();
        assert!(!validator.is_valid(&wrong), "{name} accepts {wrong}");
    }
}

#[test]
fn the_examples_of_the_specification_are_the_printed_ones() {
    let specification = specification();
    let directory = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/csss")).unwrap();
    let mut checked = 0;
    for file in directory.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        let Some((path, body)) = file.strip_suffix(".json").and_then(|name| name.rsplit_once('.')) else { continue };
        let node = &specification["paths"][format!("/{}", path.replace('.', "/"))]["post"];
        let part = if body == "request" { &node["requestBody"] } else { &node["responses"]["200"] };
        assert_eq!(part["content"]["application/json"]["examples"]["printed"]["value"], fixture(&file), "{file}");
        checked += 1;
    }
    assert_eq!(checked, 14);
}
