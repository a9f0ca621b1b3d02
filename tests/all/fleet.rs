//! The fleet example, killed at random moments, orders once for every SIM.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use linksfield::csss::types::QueryOrder;
use linksfield::sandbox::{Fault, Sandbox};
use tokio::process::{Child, Command};

use crate::support::{PLAN, client_of};

const KILLS: usize = 50;
const SIMS: usize = 120;

/// The example beside this test; `cargo test` builds it first.
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().and_then(Path::parent).unwrap().join("examples/order_fleet")
}

fn start(sandbox: &Sandbox, directory: &Path) -> Child {
    let program = program();
    Command::new(&program)
        .args([directory.join("sims"), directory.join("journal"), PLAN.into()])
        .env("LINKSFIELD_BASE_URL", sandbox.url())
        .env("LINKSFIELD_ACCESS_CODE", linksfield::sandbox::ACCESS_CODE)
        .env("LINKSFIELD_SECRET", linksfield::sandbox::SECRET)
        .env("SETTLE_MILLISECONDS", "600")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{}: {error}; cargo build --examples --all-features builds it", program.display())
        })
}

async fn assert_one_order_each(sandbox: &Sandbox) {
    let client = client_of(sandbox);
    for sim in 0..SIMS {
        let query = QueryOrder::builder().device_id(sim.to_string()).page_no(1).page_size(1).build();
        let orders = client.query_order(&query).await.unwrap().page.unwrap().total_count;
        assert_eq!(orders, Some(1), "SIM {sim}");
    }
    assert_eq!(sandbox.order_count(), SIMS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_is_killed_at_any_moment_orders_once_for_every_sim() {
    let (mut kills, mut fleets) = (0, 0);
    // Kills before the first order and after the last do not count.
    while kills < KILLS {
        let sandbox = Sandbox::start().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let sims = (0..SIMS).map(|sim| format!("{sim}\n")).collect::<String>();
        std::fs::write(directory.path().join("sims"), sims).unwrap();
        loop {
            let mut child = start(&sandbox, directory.path());
            // Later than it takes to settle, now and then, or it would never get on.
            let longest = if sandbox.order_count() == 0 { 150_000 } else { 900_000 };
            let moment = Duration::from_micros(fastrand::u64(10_000..longest));
            match tokio::time::timeout(moment, child.wait()).await {
                Ok(status) if status.as_ref().unwrap().success() => break,
                Ok(_) => panic!("{:?}", child.wait_with_output().await),
                Err(_) => {
                    child.kill().await.unwrap();
                    kills += usize::from((1..SIMS).contains(&sandbox.order_count()));
                }
            }
        }
        assert_one_order_each(&sandbox).await;
        fleets += 1;
    }
    println!("{kills} kills of {fleets} fleets, {} orders", fleets * SIMS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_whose_answers_are_lost_orders_once_for_every_sim() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let sims = (0..SIMS).map(|sim| format!("{sim}\n")).collect::<String>();
    std::fs::write(directory.path().join("sims"), sims).unwrap();
    let mut child = start(&sandbox, directory.path());
    let ended = loop {
        sandbox.misbehave([None, Some(Fault::DropAfterPlacing), Some(Fault::DropAfterReading)][fastrand::usize(0..3)]);
        match tokio::time::timeout(Duration::from_millis(20), child.wait()).await {
            Ok(status) if status.as_ref().unwrap().success() => break true,
            // Its queries were lost too often: a person would start it again.
            Ok(_) => child = start(&sandbox, directory.path()),
            Err(_) if sandbox.order_count() > 10 * SIMS => break false,
            Err(_) => {}
        }
    };
    sandbox.misbehave(None);
    assert!(ended, "it orders again and again");
    assert_one_order_each(&sandbox).await;
}
