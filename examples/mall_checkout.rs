//! A purchase in the Mall, as the vendor's business flow describes it: check the SIM, list the plans, order, pay, and
//! look at what was bought; against a sandbox of its own.
//!
//! `cargo run --features mall,sandbox --example mall_checkout`

use linksfield::Error;
use linksfield::mall::payment::types::{ResultQuery, StripeSubDirectly};
use linksfield::mall::types::{
    QueryAutoRenewalRecord, SingleOrder, SingleQueryOrder, SingleServicePlanPage, SingleVerify,
};
use linksfield::mall::{Client, PartnerCode, payment};
use linksfield::sandbox::{ACCESS_CODE, Sandbox};

const SIM: &str = "89852420180910340793";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let partner_code = PartnerCode::new(ACCESS_CODE)?;
    let client = Client::builder().credentials(partner_code.clone()).environment(sandbox.mall_url()).build()?;
    let cashier = payment::Client::builder().credentials(partner_code).environment(sandbox.payment_url()).build()?;

    // The values of languageCode, mark and terminal are those of the printed examples; their meanings are not documented.
    let verify = SingleVerify::builder().device_code(SIM).language_code("1").mark("0").terminal("1");
    client.single_verify(&verify.trade_type("singleVerify").url("https://example.com/shop").build()).await?;
    println!("the SIM {SIM} is valid");

    let list =
        SingleServicePlanPage::builder().area("欧洲").device_code(SIM).language_code("1").mark("0").terminal("0");
    let plans = client.single_service_plan_page(&list.trade_type("singleServicePlanPage").build()).await?;
    println!("plans for sale, whose fields are not documented: {plans:?}");

    let order = SingleOrder::builder()
        .device_code(SIM)
        .order_no("NO-1")
        .pay_id("PAY-1")
        .request_order_id("000000000001")
        .package_code("PACKAGE20180428000007")
        .service_plan_code("plan-1")
        .service_plan_show_name("Europe, 30 days")
        .order_period("1")
        .pay_amount("4.99")
        .pay_currency("USD")
        .auto_renewal("0")
        .language_code("0")
        .mark("0")
        .terminal("0")
        .trade_type("verify")
        .build();
    let ordered = client.single_order(&order).await?;
    println!("ordered {:?}, to be paid as {:?}", ordered.order_no, ordered.pay_id);

    let subscription = StripeSubDirectly::builder()
        .email("buyer@example.com")
        .pay_amount("4.99")
        .pay_currency("usd")
        .pay_id("PAY-1")
        .plan_id("plan-1")
        .pm_id("pm-1")
        .trade_type("payPalPay")
        .build();
    println!("renews by itself: {}", cashier.stripe_sub_directly(&subscription).await?.sub_id);
    let result =
        cashier.result_query(&ResultQuery::builder().pay_id("PAY-1").trade_type("resultQuery").build()).await?;
    println!("payment, whose fields are not documented: {result:?}");

    let renewal = QueryAutoRenewalRecord::builder().device_code(SIM).language_code("0").mark("0").terminal("0");
    let renewal = client.query_auto_renewal_record(&renewal.trade_type("singleVerify").build()).await?;
    println!("the renewal is of {:?}", renewal.order_no);
    let query = SingleQueryOrder::builder().device_code(SIM).language_code("1").mark("0").terminal("0");
    for bought in client.single_query_order(&query.trade_type("verify").build()).await?.order_list {
        println!("bought {:?}: {:?}", bought.service_plan_show_name, bought.order_status);
    }
    Ok(())
}
