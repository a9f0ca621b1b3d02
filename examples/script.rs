//! A script without a runtime: lists the orders of a SIM, and starts the first that has no end yet.
//!
//! `cargo run --features blocking --example script -- ICCID`, with the server of `LINKSFIELD_BASE_URL`,
//! `LINKSFIELD_ACCESS_CODE` and `LINKSFIELD_SECRET`: the program `linksfield-sandbox`, say.

use linksfield::Error;
use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, QueryOrder};

fn main() -> Result<(), Error> {
    let client = Client::from_env()?;
    let sim = std::env::args().nth(1).ok_or_else(|| Error::settings("which SIM? Give its ICCID"))?;
    let query = QueryOrder::builder().device_id(sim).page_no(1).page_size(50).build();
    for order in client.query_order_items(query).wait() {
        let order = order?;
        println!("{:?}: until {:?}", order.order_code, order.expire_date);
        if let (Some(id), None) = (order.order_code, order.expire_date) {
            let opened = client.open_package(&OpenPackage::builder().order_id(id).build()).wait()?;
            println!("started, ends {:?}", opened.order_expire_date);
            break;
        }
    }
    Ok(())
}
