//! Orders one data plan for each SIM of a list, several at a time, and can be stopped and started again at any moment.
//!
//! `order_fleet SIMS JOURNAL PACKAGE_CODE`: `SIMS` is a file with one ICCID a line, `JOURNAL` a file that this program
//! keeps. The server is that of `LINKSFIELD_BASE_URL`, `LINKSFIELD_ACCESS_CODE` and `LINKSFIELD_SECRET`.
//!
//! The API documents no idempotency key, so the journal makes up for it. Before a SIM is ordered for, the orders that it
//! has are written down; afterwards, the new order. If the program is stopped in between, or the outcome of a call is
//! unknown, it waits until the call can't be under way any more, lists the SIM's orders again, and compares:
//!
//! * one order more: that is it;
//! * none more: nothing was placed, so it orders again;
//! * several more: somebody else orders for this SIM too. A person has to look.
//!
//! What this can't know: how soon a listing shows a new order. `SETTLE_MILLISECONDS` is how long to wait; Linksfield
//! documents no time, so ask before you rely on one.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::sync::Mutex;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use linksfield::Credentials;
use linksfield::csss::types::QueryOrder;
use linksfield::csss::{Client, Environment};
use serde::{Deserialize, Serialize};
use support::monthly_order;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const IN_FLIGHT: u32 = 16;

/// One line of the journal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    /// The orders that the SIM had before it was ordered for.
    About { sim: String, before: BTreeSet<String> },
    /// The order that was placed for the SIM.
    Ordered { sim: String, order: String },
}

/// What was written down, on disk before it is relied on.
struct Journal {
    file: Mutex<File>,
    about: BTreeMap<String, BTreeSet<String>>,
    ordered: BTreeMap<String, String>,
}

impl Journal {
    fn open(path: &str) -> Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        // A line that was cut off by the end of the last run was not relied on.
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        file.set_len(bytes.len().try_into()?)?;
        let mut journal = Self { file: Mutex::new(file), about: BTreeMap::new(), ordered: BTreeMap::new() };
        for entry in serde_json::Deserializer::from_slice(&bytes).into_iter() {
            match entry? {
                Entry::About { sim, before } => drop(journal.about.insert(sim, before)),
                Entry::Ordered { sim, order } => drop(journal.ordered.insert(sim, order)),
            }
        }
        Ok(journal)
    }

    fn write(&self, entry: &Entry) -> Result<()> {
        let line = serde_json::to_string(entry)? + "\n";
        let mut file = self.file.lock().map_err(|_| "another task failed while it wrote the journal")?;
        file.write_all(line.as_bytes())?;
        Ok(file.sync_data()?)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [sims, journal, plan] = &arguments[..] else {
        return Err("usage: order_fleet SIMS JOURNAL PACKAGE_CODE".into());
    };
    let sims = std::fs::read_to_string(sims)?;
    let sims: BTreeSet<_> = sims.lines().map(str::trim).filter(|sim| !sim.is_empty()).collect();
    let journal = Journal::open(journal)?;
    let client = Client::builder()
        .credentials(Credentials::from_env()?)
        .environment(Environment::from_env()?)
        .in_flight(IN_FLIGHT)
        .build()?;
    let progress = ProgressBar::new(sims.len().try_into()?);
    let open: Vec<_> = sims.iter().filter(|sim| !journal.ordered.contains_key(**sim)).collect();
    progress.set_position((sims.len() - open.len()).try_into()?);
    let orders = stream::iter(open).map(|sim| order_once(&client, &journal, sim, plan));
    let mut orders = orders.buffer_unordered(IN_FLIGHT.try_into()?);
    while let Some(result) = orders.next().await {
        result?;
        progress.inc(1);
    }
    progress.finish();
    println!("{} SIMs have their order", sims.len());
    Ok(())
}

/// Places one order for `sim`, whatever was begun before.
async fn order_once(client: &Client, journal: &Journal, sim: &str, plan: &str) -> Result<()> {
    let mut begun = journal.about.contains_key(sim);
    let before = match journal.about.get(sim) {
        Some(before) => before.clone(),
        None => {
            let before = orders_of(client, sim).await?;
            journal.write(&Entry::About { sim: sim.to_owned(), before: before.clone() })?;
            before
        }
    };
    loop {
        if begun && let Some(order) = placed_since(client, sim, &before).await? {
            return journal.write(&Entry::Ordered { sim: sim.to_owned(), order });
        }
        begun = true;
        match client.order_package(&monthly_order(sim, plan)).await {
            Ok(data) => {
                return journal.write(&Entry::Ordered { sim: sim.to_owned(), order: data.order_id.to_string() });
            }
            Err(error) if error.outcome_unknown() => {}
            Err(error) => return Err(format!("SIM {sim}: {error}").into()),
        }
    }
}

/// The order that was placed for `sim` since it had the orders `before`, if there is one.
async fn placed_since(client: &Client, sim: &str, before: &BTreeSet<String>) -> Result<Option<String>> {
    let settle = std::env::var("SETTLE_MILLISECONDS").map_or(Ok(5_000), |text| text.parse())?;
    tokio::time::sleep(Duration::from_millis(settle)).await;
    let mut new = orders_of(client, sim).await?.difference(before).cloned().collect::<Vec<_>>();
    match (new.pop(), new.len()) {
        (order, 0) => Ok(order),
        _ => Err(format!("SIM {sim} has several new orders: look which of them is yours").into()),
    }
}

async fn orders_of(client: &Client, sim: &str) -> Result<BTreeSet<String>> {
    let orders = client.query_order_items(QueryOrder::builder().device_id(sim).page_no(1).page_size(50).build());
    let ids = orders.map_ok(|order| order.order_code.map(String::from)).try_collect::<Vec<_>>().await?;
    ids.into_iter().collect::<Option<_>>().ok_or_else(|| format!("SIM {sim} has an order without an id").into())
}
