//! Activates SIMs, waits until each is active, reads its usage, and sends it an SMS.
//!
//! `cargo run --features cube,sandbox --example cube_fleet` does so with all SIMs of a sandbox of its own that are not active
//! yet; with the ids of SIMs as arguments, with these and the server that the environment names: that costs what Linksfield
//! charges for it.

use std::time::{Duration, SystemTime};

use indicatif::ProgressBar;
use linksfield::Error;
use linksfield::cube::types::{
    ActivateSim, PeriodType, QuerySimUsage, QuerySims, SendSms, SimId, SimStatus, SmsMessage, UsageCategory,
};
use linksfield::cube::{Client, Pending, State};
use linksfield::jiff::Timestamp;
use linksfield::sandbox::Sandbox;
use tokio::task::JoinSet;

/// How long to wait for one SIM. It is asked about some 33 times in that: with 5000 calls a day, give 100 SIMs at most.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

#[tokio::main]
async fn main() -> Result<(), Error> {
    let named: Vec<_> = std::env::args().skip(1).map(SimId::from).collect();
    if !named.is_empty() {
        return welcome(&Client::from_env()?, named).await;
    }
    let sandbox = Sandbox::start().await?;
    let client = Client::builder().credentials(sandbox.cube_credentials()).environment(sandbox.cube_url()).build()?;
    let query = QuerySims::builder().status(SimStatus::PreActive).page_size(100).build();
    let sims = client.query_sims_items(query).into_vec().await?;
    welcome(&client, sims.into_iter().filter_map(|sim| sim.sim_id).collect()).await
}

async fn welcome(client: &Client, sims: Vec<SimId>) -> Result<(), Error> {
    let progress = ProgressBar::new(u64::try_from(sims.len()).unwrap_or(u64::MAX));
    let mut activations = JoinSet::new();
    for id in sims {
        let client = client.clone();
        activations.spawn(async move { (id.clone(), activate(&client, id).await) });
    }
    let mut active = Vec::new();
    while let Some(ended) = activations.join_next().await {
        progress.inc(1);
        match ended {
            Ok((id, Ok(true))) => active.push(id),
            Ok((id, Ok(false))) => progress.println(format!("{id:?} did not become active")),
            // Whoever does not know whether it was begun looks at the SIM before asking again.
            Ok((id, Err(error))) => progress.println(format!("{id:?}: {error}")),
            Err(panicked) => progress.println(panicked.to_string()),
        }
    }
    progress.finish();

    for id in &active {
        match usage(client, id).await {
            Ok(used) => println!("{id:?} used {used}"),
            Err(error) => println!("{id:?}: {error}"),
        }
    }
    // One SMS goes to 100 SIMs at most.
    for some in active.chunks(100) {
        let message = SmsMessage::builder().type_(1).content("welcome").build();
        let sms = SendSms::builder().sim_ids(some.to_vec()).message(message).build();
        println!("sent to {} SIMs by job {:?}", some.len(), client.send_sms(&sms).await?.job_id);
    }
    Ok(())
}

/// Whether a SIM is active in the end.
async fn activate(client: &Client, id: SimId) -> Result<bool, Error> {
    client.activate_sim(&ActivateSim::builder().sim_id(id.clone()).build()).await?;
    let pending = Pending::new(client, "activateSim", id);
    let last = pending.until_status(client, [SimStatus::ActiveLive]).deadline(PATIENCE).await?;
    Ok(matches!(last, State::Done(_)))
}

/// What a SIM used today; the unit is not documented.
async fn usage(client: &Client, id: &SimId) -> Result<String, Error> {
    let today = Timestamp::try_from(SystemTime::now()).map(|now| now.strftime("%Y-%m-%d").to_string());
    let today = today.unwrap_or_default();
    let query = QuerySimUsage::builder()
        .sim_id(id.clone())
        .category(UsageCategory::Data)
        .period_type(PeriodType::Daily)
        .begin_from(today.clone())
        .end_by(today)
        .build();
    let usage = client.query_sim_usage(&query).await?.usage;
    let day = usage.into_iter().next().and_then(|day| day.data?.all);
    Ok(day.map_or_else(|| "nothing".to_owned(), |all| all.to_string()))
}
