//! Orders a plan at the server that is its argument, and prints what became of it: a program whose other dependencies turn
//! on what `linksfield` does not ask for.

#[path = "../../../examples/support/mod.rs"]
mod support;

use std::error::Error;

use linksfield::Credentials;
use linksfield::csss::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("the URL of a server is missing")?;
    let client = Client::builder().credentials(Credentials::new("P000270", "s")?).environment(url).build()?;
    match client.order_package(&support::monthly_order("89852022018041800192", "DP20190726001274")).await {
        Ok(ordered) => println!("ordered {}", ordered.order_id),
        Err(error) => println!("{error}; unknown: {}", error.outcome_unknown()),
    }
    Ok(())
}
