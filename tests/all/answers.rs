//! Good answers are never refused, and nothing of them is lost.

use linksfield::csss::types::{
    IsOpen, LifeCycle, OpenPackage, PackageType, QueryDevice, QueryOrder, RenewPackage, SyncAssetInfo,
};
use serde_json::json;

use crate::support::{Canned, client_at, monthly_plan};

async fn answering(data: serde_json::Value) -> linksfield::csss::Client {
    let body = json!({ "code": "0000", "message": "成功", "success": true, "data": data }).to_string();
    client_at(&Canned::json(&body).await.url)
}

#[tokio::test]
async fn absent_times_may_be_null_empty_or_missing() {
    for data in [
        json!({ "order_id": "1", "order_start_date": null, "order_expire_date": null, "sign": null }),
        json!({ "order_id": "1" }),
    ] {
        let ordered = answering(data).await.order_package(&monthly_plan()).await.unwrap();
        assert_eq!((ordered.order_start_date, ordered.order_expire_date), (None, None));
    }
    let data = json!({ "order_id": "1", "order_start_date": "", "order_expire_date": "20231127" });
    let opened = answering(data).await.open_package(&OpenPackage::builder().order_id("1").build()).await.unwrap();
    assert_eq!(opened.order_start_date, None);
    let end = opened.order_expire_date.unwrap();
    let instant = end.in_utc8().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(instant.as_secs(), 1_701_014_400, "2023-11-26T16:00:00Z");
}

#[test]
fn an_odd_time_stays_text() {
    for odd in ["2022-13-45 99:99:99", "soon", "2022-01-27T11:23:43Z", "2022-01-27 11:23:43 extra", "99999999", "中"] {
        let time = linksfield::Time::from(odd);
        assert_eq!((time.as_str(), time.in_utc8()), (odd, None));
    }
}

#[tokio::test]
async fn undocumented_codes_and_fields_survive() {
    let data = json!([{ "assetId": "1", "lifeCycle": "7", "imsi": "460", "more": { "a": [1, 2.5] } }]);
    let client = answering(data.clone()).await;
    let sims = client.sync_asset_info(&SyncAssetInfo::builder().build()).await.unwrap();
    assert_eq!(sims[0].life_cycle, Some(LifeCycle::Unknown("7".into())));
    assert_eq!(sims[0].extra["imsi"], "460");
    assert_eq!(serde_json::to_value(&sims).unwrap(), data);
}

#[tokio::test]
async fn lists_may_be_null_or_missing() {
    let query = QueryOrder::builder().page_no(1).page_size(1).build();
    for data in [json!({ "package_order": null }), json!({}), json!(null)] {
        assert!(answering(data).await.query_order(&query).await.unwrap().package_order.is_empty());
    }
    let all = SyncAssetInfo::builder().build();
    assert!(answering(json!(null)).await.sync_asset_info(&all).await.unwrap().is_empty());
}

#[tokio::test]
async fn undocumented_data_may_be_null_or_anything_in_an_object() {
    let query = QueryDevice::builder().device_id("1").build();
    assert!(answering(json!(null)).await.query_device(&query).await.unwrap().is_empty());
    let data = json!({ "number": 12345678901234567890_u64, "nested": [{ "a": null }] });
    let device = answering(data.clone()).await.query_device(&query).await.unwrap();
    assert_eq!(serde_json::to_value(device).unwrap(), data);
}

#[tokio::test]
async fn a_renewal_that_says_nothing_is_still_a_success() {
    let renew = RenewPackage::builder().order_id("1").renew_period(1).build();
    let renewed = answering(json!({})).await.renew_package(&renew).await.unwrap();
    assert_eq!((renewed.order_id, renewed.order_expire_date), (None, None));
}

#[test]
fn codes_print_back_unchanged() {
    for code in ["0", "5", "6", "", "monthly", "中"] {
        assert_eq!(PackageType::from(code).to_string(), code);
        assert_eq!(serde_json::to_value(PackageType::from(code)).unwrap(), code);
        assert_eq!(serde_json::from_value::<PackageType>(json!(code)).unwrap(), PackageType::from(code.to_owned()));
    }
    assert_eq!(PackageType::from("2"), PackageType::Monthly);
    assert_eq!(IsOpen::StartAtOnce.as_str(), "1");
}
