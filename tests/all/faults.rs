//! Every fault of the sandbox against every operation of every API: what the caller is told, and how many orders there are.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use futures::future::join_all;
use linksfield::csss::types::{
    GetInfoByDeviceId, OpenPackage, PauseService, QueryDevice, QueryDeviceFlowUsage, QueryOrder, RenewPackage,
    SyncAssetInfo,
};
use linksfield::esim_qr::AccessToken;
use linksfield::mall::PartnerCode;
use linksfield::mall::types as shop;
use linksfield::sandbox::{ACCESS_CODE, ACCESS_TOKEN, FAULT_HEADER, Fault, Sandbox};
use linksfield::{Client, Error, ErrorKind, Family, Operation, RetryPolicy, csss, esim_qr, mall};

use crate::mall::{order, renewal_of, single_query, single_verify, webhook};
use crate::support::{SIM, client_of, monthly_plan, monthly_plan_for, ota_plan, placed};

/// A client that sends queries twice at most, and gives up soon where no answer will come.
fn hasty<F: Family>(credentials: F::Credentials, environment: String, fault: Fault) -> Client<F>
where
    F::Environment: From<String>,
{
    Client::builder()
        .credentials(credentials)
        .environment(environment)
        .timeout(if fault == Fault::Hang { Duration::from_millis(500) } else { Duration::from_secs(30) })
        .retry(RetryPolicy::builder().attempts(2).first_delay(Duration::from_millis(1)).build())
        .build()
        .unwrap()
}

/// A SIM with a started order, and another order that is not.
async fn sandbox_with_orders() -> (Sandbox, String) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client_of(&sandbox);
    let started = placed(&client).await;
    client.open_package(&OpenPackage::builder().order_id(started).build()).await.unwrap();
    let waiting = placed(&client).await;
    let mall = crate::mall::client_of(&sandbox);
    mall.single_order(&order("NO1", "1")).await.unwrap();
    (sandbox, waiting.to_string())
}

/// The APIs, by the paths of their documents.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Api {
    Csss,
    Mall,
    EsimQr,
}

impl Api {
    const ALL: [(Self, &[Operation]); 3] =
        [(Self::Csss, csss::OPERATIONS), (Self::Mall, mall::OPERATIONS), (Self::EsimQr, esim_qr::OPERATIONS)];

    async fn call(self, sandbox: &Sandbox, fault: Fault, operation: &str, order: &str) -> Result<(), Error> {
        match self {
            Self::Csss => {
                call_csss(&hasty(sandbox.credentials().clone(), sandbox.url().into(), fault), operation, order).await
            }
            Self::Mall => {
                let partner_code = PartnerCode::new(ACCESS_CODE).unwrap();
                call_mall(&hasty(partner_code, sandbox.mall_url(), fault), operation).await
            }
            Self::EsimQr => {
                let token = AccessToken::new(ACCESS_TOKEN).unwrap();
                let client: esim_qr::Client = hasty(token, sandbox.esim_qr_url(), fault);
                client.webhook(&webhook()).await.map(drop)
            }
        }
    }
}

async fn call_mall(client: &mall::Client, operation: &str) -> Result<(), Error> {
    match operation {
        "singleVerify" => client.single_verify(&single_verify()).await.map(drop),
        "singleServicePlanPage" => {
            let list = shop::SingleServicePlanPage::builder().area("x").device_code(SIM).language_code("1");
            let list = list.mark("0").terminal("0").trade_type("x").build();
            client.single_service_plan_page(&list).await.map(drop)
        }
        "singleOrder" => client.single_order(&order("NO2", "0")).await.map(drop),
        "queryAutoRenewalRecord" => client.query_auto_renewal_record(&renewal_of()).await.map(drop),
        "cancelAutoRenewalRecord" => {
            let cancel = shop::CancelAutoRenewalRecord::builder().device_code(crate::mall::SIM).order_no("NO1");
            let cancel = cancel.language_code("0").mark("0").pay_id("x").terminal("0").trade_type("x").build();
            client.cancel_auto_renewal_record(&cancel).await.map(drop)
        }
        "singleQueryOrder" => client.single_query_order(&single_query()).await.map(drop),
        "SynOrderInfo" => {
            let order: shop::SynOrderInfo = serde_json::from_value(crate::mall::syn_order_info()).unwrap();
            client.syn_order_info(&order).await.map(drop)
        }
        "stripeSubDirectly" => client.stripe_sub_directly(&crate::mall::subscription("PAY-NO1")).await.map(drop),
        "resultQuery" => {
            client.result_query(&shop::ResultQuery::builder().pay_id("1").trade_type("x").build()).await.map(drop)
        }
        "removeGroupSims" => {
            client.remove_group_sims(&shop::RemoveGroupSims::builder().group_id("1").build()).await.map(drop)
        }
        "getGroupSims" => client.get_group_sims(&shop::GetGroupSims::builder().group_id("1").build()).await.map(drop),
        "getBundles" => client.get_bundles(&shop::GetBundles::builder().build()).await.map(drop),
        "getAsyncResult" => {
            client.get_async_result(&shop::GetAsyncResult::builder().request_id("1").build()).await.map(drop)
        }
        "getOrder" => client.get_order(&shop::GetOrder::builder().sim_id("1").build()).await.map(drop),
        other => panic!("{other} has no row in the matrix"),
    }
}

#[expect(deprecated, reason = "the vendor's deprecated operation is callable")]
async fn call_csss(client: &csss::Client, operation: &str, order: &str) -> Result<(), Error> {
    match operation {
        "orderPackage" => client.order_package(&monthly_plan()).await.map(drop),
        "batchOrderPackages" => client.batch_order_packages(&monthly_plan_for([SIM])).await.map(drop),
        "createOtaOrder" => client.create_ota_order(&ota_plan()).await.map(drop),
        "openPackage" => client.open_package(&OpenPackage::builder().order_id(order).build()).await.map(drop),
        "renewPackage" => {
            client.renew_package(&RenewPackage::builder().order_id(order).renew_period(1).build()).await.map(drop)
        }
        "queryOrder" => client.query_order(&QueryOrder::builder().page_no(1).page_size(9).build()).await.map(drop),
        "queryDeviceFlowUsage" => {
            client.query_device_flow_usage(&QueryDeviceFlowUsage::builder().device_id(SIM).build()).await.map(drop)
        }
        "queryDevice" => client.query_device(&QueryDevice::builder().device_id(SIM).build()).await.map(drop),
        "syncAssetInfo" => client.sync_asset_info(&SyncAssetInfo::builder().build()).await.map(drop),
        "getInfoByDeviceId" => {
            client.get_info_by_device_id(&GetInfoByDeviceId::from_iter([("a", "b")])).await.map(drop)
        }
        "pauseService" => client.pause_service(&PauseService::from_iter([("a", "b")])).await.map(drop),
        other => panic!("{other} has no row in the matrix"),
    }
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
async fn outcome(fault: Fault, api: Api, operation: &Operation) -> (String, usize) {
    let (sandbox, order) = sandbox_with_orders().await;
    sandbox.misbehave(Some(fault));
    let call = api.call(&sandbox, fault, operation.id, &order);
    let result = tokio::time::timeout(Duration::from_secs(120), call).await.expect("a call ends");
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
        let all =
            Api::ALL.iter().flat_map(|(api, operations)| operations.iter().map(move |operation| (*api, operation)));
        let outcomes = join_all(all.clone().map(|(api, operation)| outcome(fault, api, operation))).await;
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
    let (sandbox, _) = sandbox_with_orders().await;
    let headers = [(FAULT_HEADER.parse().unwrap(), "html-error".parse().unwrap())].into_iter().collect();
    let http = reqwest::Client::builder().default_headers(headers).build().unwrap();
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
