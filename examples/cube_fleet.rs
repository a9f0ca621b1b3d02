//! Activates every SIM that is not active yet, waits until each is, reads its usage, and sends it an SMS; against the server
//! that the environment names, or a sandbox of its own.
//!
//! `cargo run --features cube,sandbox --example cube_fleet`

use std::time::{Duration, SystemTime};

use indicatif::ProgressBar;
use linksfield::Error;
use linksfield::cube::types::{
    ActivateSim, PeriodType, QuerySimUsage, QuerySims, SendSms, SimId, SimStatus, SmsMessage, UsageCategory,
};
use linksfield::cube::{BASE_URL_VARIABLE, Client, Pending, State};
use linksfield::jiff::Timestamp;
use linksfield::sandbox::Sandbox;
use tokio::task::JoinSet;

/// How long to wait for one SIM.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

#[tokio::main]
async fn main() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = match std::env::var_os(BASE_URL_VARIABLE) {
        Some(_) => Client::from_env()?,
        None => Client::builder().credentials(sandbox.cube_credentials()).environment(sandbox.cube_url()).build()?,
    };

    let query = QuerySims::builder().status(SimStatus::PreActive).page_size(100).build();
    let mut sims = client.query_sims_items(query);
    let mut activations = JoinSet::new();
    while let Some(sim) = sims.next().await {
        if let Some(id) = sim?.sim_id {
            let client = client.clone();
            activations.spawn(async move { (id.clone(), activate(&client, id).await) });
        }
    }

    let progress = ProgressBar::new(u64::try_from(activations.len()).unwrap_or(u64::MAX));
    let mut active = Vec::new();
    while let Some(Ok((id, activated))) = activations.join_next().await {
        progress.inc(1);
        match activated {
            Ok(true) => active.push(id),
            Ok(false) => progress.println(format!("{id:?} did not become active")),
            // Whoever does not know whether it was begun looks at the SIM before asking again.
            Err(error) => progress.println(format!("{id:?}: {error}")),
        }
    }
    progress.finish();

    for id in &active {
        println!("{id:?} used {}", usage(&client, id).await?);
    }
    // One SMS goes to 100 SIMs at most.
    for some in active.chunks(100) {
        let message = SmsMessage::builder().type_(1).content("welcome").build();
        let sms = SendSms::builder().sim_ids(some.to_vec()).message(message).build();
        println!("sent by job {:?}", client.send_sms(&sms).await?.job_id);
    }
    Ok(())
}

/// Whether a SIM is active in the end.
async fn activate(client: &Client, id: SimId) -> Result<bool, Error> {
    client.activate_sim(&ActivateSim::builder().sim_id(id.clone()).build()).await?;
    let pending = Pending::new("activateSim", id);
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
