//! A script without a runtime: lists the orders of a SIM, and starts the one that is named.
//!
//! `cargo run --features blocking --example script -- ICCID [ORDER_ID]`, with the server of `LINKSFIELD_BASE_URL`,
//! `LINKSFIELD_ACCESS_CODE` and `LINKSFIELD_SECRET`: the program `linksfield-sandbox`, say.

use linksfield::Error;
use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, QueryOrder};

fn main() -> Result<(), Error> {
    let client = Client::from_env()?;
    let mut arguments = std::env::args().skip(1);
    let sim = arguments.next().ok_or_else(|| Error::settings("which SIM? Give its ICCID"))?;
    let query = QueryOrder::builder().device_id(sim).page_no(1).page_size(50).build();
    for order in client.query_order_items(query).wait() {
        let order = order?;
        println!("{:?}: until {:?}", order.order_code, order.expire_date);
    }
    let Some(order) = arguments.next() else { return Ok(()) };
    match client.open_package(&OpenPackage::builder().order_id(order).build()).wait() {
        Ok(opened) => println!("started, ends {:?}", opened.order_expire_date),
        Err(error) if error.outcome_unknown() => {
            println!("It may be started or not: list the orders before you start it again.");
            return Err(error);
        }
        Err(error) => return Err(error),
    }
    Ok(())
}
