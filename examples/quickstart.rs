//! Orders a data plan for a SIM, starts it, renews it, and reads its usage and the list of orders.
//!
//! Without settings it runs against a sandbox of its own. With `LINKSFIELD_BASE_URL`, `LINKSFIELD_ACCESS_CODE` and
//! `LINKSFIELD_SECRET` it orders on that server; give it the SIM and the plan then:
//! `cargo run --features sandbox --example quickstart -- ICCID PACKAGE_CODE`.

mod support;

use std::env;
use std::process::ExitCode;

use linksfield::csss::types::{OpenPackage, QueryDeviceFlowUsage, QueryOrder, RenewPackage};
use linksfield::csss::{BASE_URL_VARIABLE, Client};
use linksfield::sandbox::Sandbox;
use linksfield::{ACCESS_CODE_VARIABLE, Error, Language, SECRET_VARIABLE, Time};
use support::monthly_order;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let configured = [BASE_URL_VARIABLE, ACCESS_CODE_VARIABLE, SECRET_VARIABLE].map(env::var_os);
    if configured.iter().any(Option::is_some) {
        println!("Using the server of {BASE_URL_VARIABLE}.");
        return order_a_plan(&Client::from_env()?).await;
    }
    let sandbox = Sandbox::start().await?;
    println!("No {BASE_URL_VARIABLE}, so this is a sandbox on {}: nothing is really ordered.", sandbox.url());
    let client = Client::builder()
        .credentials(sandbox.credentials().clone())
        .environment(sandbox.url())
        .language(Language::English)
        .build()?;
    order_a_plan(&client).await
}

async fn order_a_plan(client: &Client) -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let sim = arguments.next().unwrap_or_else(|| "89852022018041800192".into());
    let plan = arguments.next().unwrap_or_else(|| "DP20190726001274".into());

    let order_id = client.order_package(&monthly_order(&sim, &plan)).await?.order_id;
    println!("Ordered  {plan} for SIM {sim}: order {order_id}");

    let opened = client.open_package(&OpenPackage::builder().order_id(order_id.clone()).build()).await?;
    println!("Started  from {} to {}", text(&opened.order_start_date), text(&opened.order_expire_date));

    let renewal = RenewPackage::builder().order_id(order_id).renew_period(1).build();
    println!("Renewed  to {}", text(&client.renew_package(&renewal).await?.order_expire_date));

    let usage = QueryDeviceFlowUsage::builder().device_id(sim.as_str()).build();
    let usage = client.query_device_flow_usage(&usage).await?;
    println!("Usage    {} in this cycle (unit not documented)", usage.order_used_flow.as_deref().unwrap_or("unknown"));

    let query = QueryOrder::builder().device_id(sim.as_str()).page_no(1).page_size(10).build();
    for order in client.query_order(&query).await?.package_order {
        let id = order.order_code.map_or_else(String::new, String::from);
        let status = order.order_status.unwrap_or_default();
        println!("Order    {id} of {}, status {status}", text(&order.order_date));
    }
    Ok(())
}

fn text(time: &Option<Time>) -> &str {
    time.as_ref().map_or("(not said)", Time::as_str)
}
