//! Calls of every operation for an independent judge between the client and a server: `openapi/tools/contract` sets
//! `LINKSFIELD_CONTRACT_URL` to a proxy, or a mock, that holds each request and answer against the specification.

use linksfield::Error;
use linksfield::csss::types::{
    GetInfoByDeviceId, OpenPackage, PauseService, QueryDevice, QueryDeviceFlowUsage, QueryOrder, RenewPackage,
    SyncAssetInfo,
};
use linksfield::csss::{Client, OPERATIONS};
use linksfield::sandbox::Sandbox;

use crate::support::{SIM, client_of, monthly_plan, monthly_plan_for, ota_plan};

/// A client of the judge, or of a sandbox of its own; the sandbox lives as long as it is kept.
async fn server() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = match std::env::var("LINKSFIELD_CONTRACT_URL") {
        Ok(url) => Client::builder().credentials(sandbox.credentials().clone()).environment(url).build().unwrap(),
        Err(_) => client_of(&sandbox),
    };
    (sandbox, client)
}

#[tokio::test]
async fn every_operation_is_called_and_answered_as_specified() -> Result<(), Error> {
    let (_sandbox, client) = server().await;
    let order_id = client.order_package(&monthly_plan()).await?.order_id;
    client.open_package(&OpenPackage::builder().order_id(order_id.clone()).build()).await?;
    client.renew_package(&RenewPackage::builder().order_id(order_id.clone()).renew_period(1).build()).await?;
    client.query_order(&QueryOrder::builder().order_id(order_id).page_no(1).page_size(10).build()).await?;
    client.query_device(&QueryDevice::builder().device_id(SIM).build()).await?;
    client.query_device_flow_usage(&QueryDeviceFlowUsage::builder().device_id(SIM).build()).await?;
    client.sync_asset_info(&SyncAssetInfo::builder().build()).await?;
    client.batch_order_packages(&monthly_plan_for([SIM, "89852022018041800193"])).await?;
    client.create_ota_order(&ota_plan()).await?;
    client.get_info_by_device_id(&GetInfoByDeviceId::from_iter([("device_id", SIM)])).await?;
    #[allow(deprecated, reason = "the specification has it")]
    client.pause_service(&PauseService::from_iter([("device_id", SIM)])).await?;
    assert_eq!(OPERATIONS.len(), 11, "each is called above");
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_answered_as_specified() {
    let (_sandbox, client) = server().await;
    let error = client.open_package(&OpenPackage::builder().order_id("no such order").build()).await.unwrap_err();
    assert_eq!((error.code(), error.status()), (Some("SANDBOX-UNKNOWN-ORDER"), Some(200)));
}
