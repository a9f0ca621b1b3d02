//! Every operation, over HTTP, against a sandbox that checks every signature.

use std::time::{Duration, UNIX_EPOCH};

use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use linksfield::csss::types::{
    GetInfoByDeviceId, IsOpen, LifeCycle, OpenPackage, OrderId, PauseService, PaymentResult, QueryDevice,
    QueryDeviceFlowUsage, QueryOrder, RenewPackage, SyncAssetInfo,
};
use linksfield::csss::{Client, OPERATIONS};
use linksfield::http::Method;
use linksfield::sandbox::Sandbox;
use linksfield::signing::TimestampUnit;
use linksfield::{Credentials, Error};
use serde_json::{Value, json};

use crate::support::{
    Canned, SIM, client_at, client_of, http, monthly_plan, monthly_plan_for, ota_plan, placed, response,
};

#[tokio::test]
async fn an_order_is_placed_started_and_renewed() -> Result<(), Error> {
    let now = UNIX_EPOCH + Duration::from_secs(1_643_253_530);
    let sandbox = Sandbox::builder().clock(move || now).start().await?;
    let client = client_of(&sandbox);

    let ordered = client.order_package(&monthly_plan()).await?;
    assert_eq!((ordered.sign, ordered.order_start_date, ordered.order_expire_date), (None, None, None));

    let opened = client.open_package(&OpenPackage::builder().order_id(ordered.order_id.clone()).build()).await?;
    assert_eq!(opened.order_id, ordered.order_id);
    let start = opened.order_start_date.unwrap();
    assert_eq!(start.as_str(), "2022-01-27 11:18:50");
    assert_eq!(start.in_utc8(), Some(now));
    assert_eq!(opened.order_expire_date.unwrap().as_str(), "2022-02-27 23:59:59");

    let renewal = RenewPackage::builder().order_id(ordered.order_id.clone()).renew_period(10).build();
    let renewed = client.renew_package(&renewal).await?;
    assert_eq!(renewed.order_expire_date.unwrap().as_str(), "2022-12-27 23:59:59");
    assert_eq!(renewed.order_id, Some(ordered.order_id));
    Ok(())
}

#[tokio::test]
async fn a_paid_order_starts_at_once_if_asked() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let mut order = monthly_plan();
    order.is_open = IsOpen::StartAtOnce;
    order.pay_rst = PaymentResult::Paid;
    let ordered = client_of(&sandbox).order_package(&order).await?;
    assert!(ordered.order_start_date.unwrap().in_utc8() < ordered.order_expire_date.unwrap().in_utc8());
    Ok(())
}

#[tokio::test]
async fn a_batch_is_ordered_for_every_sim() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let sims = ["89852022018041800192", "89852022018041800193"];
    let results = client.batch_order_packages(&monthly_plan_for(sims)).await?.device_order;
    assert_eq!(results.len(), 2);
    for (result, sim) in results.iter().zip(sims) {
        assert_eq!(result.error.as_deref(), Some("0000"));
        assert_eq!(result.device_id.as_deref().map(String::as_str), Some(sim));
        let open = OpenPackage::builder().order_id(result.order_id.clone().unwrap()).build();
        client.open_package(&open).await?;
    }
    Ok(())
}

#[tokio::test]
async fn orders_are_listed_a_page_at_a_time() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(placed(&client).await);
    }
    let mut listed: Vec<OrderId> = Vec::new();
    for page_no in 1..=3 {
        let data = client.query_order(&QueryOrder::builder().page_no(page_no).page_size(2).build()).await?;
        let page = data.page.unwrap();
        assert_eq!((page.cur_page_no, page.page_size), (Some(page_no), Some(2)));
        assert_eq!((page.total_count, page.total_pages), (Some(5), Some(3)));
        listed.extend(data.package_order.into_iter().filter_map(|order| order.order_code));
    }
    assert_eq!(listed, ids);
    let one = QueryOrder::builder().order_id(ids[3].clone()).device_id("").page_no(1).page_size(10).build();
    assert_eq!(client.query_order(&one).await?.package_order.len(), 1);
    let other = QueryOrder::builder().device_id("another SIM").page_no(1).page_size(10).build();
    assert!(client.query_order(&other).await?.package_order.is_empty());
    Ok(())
}

#[tokio::test]
async fn all_pages_can_be_read_as_one_stream() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(placed(&client).await);
    }
    for page_size in [1, 2, 5, 9] {
        let parameters = QueryOrder::builder().page_no(1).page_size(page_size).build();
        let orders = client.query_order_items(parameters).map_ok(|order| order.order_code.unwrap());
        assert_eq!(orders.try_collect::<Vec<_>>().await?, ids);
    }
    let some = client.query_order_items(QueryOrder::builder().page_no(2).page_size(2).build());
    assert_eq!(some.try_collect::<Vec<_>>().await?.len(), 3, "it begins where it is told to");
    Ok(())
}

#[tokio::test]
async fn a_stream_of_pages_ends_with_its_first_error_or_an_empty_page() {
    let page = |orders| json!({ "code": "0000", "data": { "package_order": orders } }).to_string();
    let pages = [page(json!([{}, {}])), page(json!([{}])), page(json!([]))];
    let answers = pages.map(|body| response("200 OK", "application/json", &body)).to_vec();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Canned::sequence(listener, answers);
    let all = QueryOrder::builder().page_no(1).page_size(2).build();
    let orders = client_at(&server.url).query_order_items(all.clone()).try_collect::<Vec<_>>().await;
    assert_eq!((orders.unwrap().len(), server.requests().len()), (3, 3));

    let refusing = Canned::json(r#"{"code":"1001"}"#).await;
    let orders: Vec<_> = client_at(&refusing.url).query_order_items(all).collect().await;
    assert_eq!((orders.len(), refusing.requests().len()), (1, 1));
    assert!(orders[0].is_err());
}

#[tokio::test]
async fn usage_is_that_of_the_plan_in_use() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let order_id = placed(&client).await;
    assert!(!sandbox.use_data(SIM, 1), "an order that is not started has no usage");
    client.open_package(&OpenPackage::builder().order_id(order_id.clone()).build()).await?;
    assert!(sandbox.use_data(SIM, 30) && sandbox.use_data(SIM, 12));
    let usage = client.query_device_flow_usage(&QueryDeviceFlowUsage::builder().device_id(SIM).build()).await?;
    assert_eq!(usage.order_used_flow.as_deref(), Some("42"));
    assert_eq!(usage.order_code, Some(order_id));
    Ok(())
}

#[tokio::test]
async fn the_sign_of_an_answer_is_made_as_that_of_a_request() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    placed(&client).await;
    let data: Value =
        client.call(Method::POST, "/package/queryOrder", &json!({ "page_no": 1, "page_size": 1 })).await?;
    let content = linksfield::signing::explain(data.to_string().as_bytes()).unwrap();
    let sign = sandbox.credentials().key().sign(content.content().as_bytes());
    assert_eq!(data["sign"], sign.as_str());
    Ok(())
}

#[tokio::test]
async fn sims_in_use_are_those_with_a_started_plan_that_has_not_ended() -> Result<(), Error> {
    let clock = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(1_643_253_530));
    let hand = std::sync::Arc::clone(&clock);
    let now = move || UNIX_EPOCH + Duration::from_secs(hand.load(std::sync::atomic::Ordering::Relaxed));
    let sandbox = Sandbox::builder().clock(now).start().await?;
    let client = client_of(&sandbox);
    let in_use = SyncAssetInfo::builder().build();

    let order_id = placed(&client).await;
    assert!(client.sync_asset_info(&in_use).await?.is_empty());
    client.open_package(&OpenPackage::builder().order_id(order_id).build()).await?;
    let sims = client.sync_asset_info(&in_use).await?;
    assert_eq!(sims.len(), 1);
    assert_eq!(sims[0].asset_id, Some(SIM.into()));
    assert_eq!(sims[0].life_cycle, Some(LifeCycle::Activation));

    clock.fetch_add(60 * 24 * 3600, std::sync::atomic::Ordering::Relaxed);
    assert!(client.sync_asset_info(&in_use).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_ota_plan_is_ordered_though_its_answer_is_not_documented() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    assert!(client.create_ota_order(&ota_plan()).await?.is_empty());
    let orders = client.query_order(&QueryOrder::builder().page_no(1).page_size(1).build()).await?;
    assert_eq!(orders.page.unwrap().total_count, Some(1));
    Ok(())
}

#[tokio::test]
#[expect(deprecated, reason = "the vendor's deprecated operation is callable")]
async fn operations_without_documented_fields_take_and_return_open_objects() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    assert!(client.query_device(&QueryDevice::builder().device_id(SIM).build()).await?.is_empty());
    assert!(client.get_info_by_device_id(&GetInfoByDeviceId::from_iter([("device_id", SIM)])).await?.is_empty());
    assert!(client.pause_service(&PauseService::from_iter([("anything", json!({ "nested": [1] }))])).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn every_operation_is_served_and_callable_by_its_path() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    assert!(OPERATIONS.len() >= 11);
    for operation in OPERATIONS {
        let result: Result<Value, Error> = client.call(Method::POST, operation.path, &json!({})).await;
        let code = result.as_ref().err().and_then(Error::code);
        assert!(matches!(code, None | Some("SANDBOX-PARAMETER")), "{}: {result:?}", operation.id);
    }
    Ok(())
}

#[tokio::test]
async fn a_raw_call_returns_json_or_a_type_of_the_callers() -> Result<(), Error> {
    #[derive(serde::Deserialize)]
    struct Ordered {
        order_id: String,
    }
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let ordered: Ordered = client.call(Method::POST, "/package/orderPackage", &monthly_plan()).await?;
    let parameters = json!({ "order_id": ordered.order_id });
    let opened: Value = client.call(Method::POST, "/package/openPackage", &parameters).await?;
    assert_eq!(opened["order_id"], ordered.order_id);
    Ok(())
}

#[tokio::test]
async fn milliseconds_are_accepted_as_the_overview_shows_them() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = Client::builder()
        .credentials(sandbox.credentials().clone())
        .environment(sandbox.url())
        .timestamp_unit(TimestampUnit::Milliseconds)
        .build()?;
    placed(&client).await;
    assert!(client.call::<Value>(Method::POST, "/x", &json!({})).explain()?.content().contains(r#""timestamp":"1"#));
    Ok(())
}

#[tokio::test]
async fn many_calls_at_once_place_as_many_orders() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    join_all((0..64).map(|_| placed(&client))).await;
    let orders = client.query_order(&QueryOrder::builder().page_no(1).page_size(1).build()).await?;
    assert_eq!(orders.page.unwrap().total_count, Some(64));
    Ok(())
}

#[tokio::test]
async fn a_client_works_with_the_callers_own_http_client() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = Client::builder()
        .credentials(Credentials::new("SANDBOX", "sandbox-secret")?)
        .environment(sandbox.url().to_owned() + "/")
        .http_client(http().build().unwrap())
        .build()?;
    placed(&client).await;
    Ok(())
}

#[test]
fn a_client_is_cheap_to_clone_and_its_futures_can_move_between_threads() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    fn is_send<T: Send>(_: T) {}
    is_shared::<Client>();
    assert!(size_of::<Client>() <= size_of::<usize>());
    let client = crate::support::client_at("http://127.0.0.1:1");
    is_send(client.order_package(&monthly_plan()));
    is_send(client.call::<Value>(Method::POST, "/x", &json!({})));
}
