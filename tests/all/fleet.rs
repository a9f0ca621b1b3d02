//! A fleet orders once for every SIM, whatever happens to it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use linksfield::csss::types::QueryOrder;
use linksfield::fleet::{FileJournal, Fleet, Journal, Purpose};
use linksfield::sandbox::{Fault, Sandbox};
use tokio::process::{Child, Command};

use crate::support::{PLAN, client_of};

/// How often it is killed, and how many SIMs it has: `FLEET_KILLS` and `FLEET_SIMS`.
fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

pub const SIMS: usize = 120;

/// The example beside this test; `cargo test` builds it first.
pub fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().and_then(Path::parent).unwrap().join("examples/order_fleet")
}

/// Writes the list of a fleet.
pub fn list(folder: &Path, sims: usize) {
    let list = (0..sims).map(|sim| format!("{sim}\n")).collect::<String>();
    std::fs::write(folder.join("sims"), format!("device_id\n{list}")).unwrap();
}

fn start(sandbox: &Sandbox, folder: &Path) -> Child {
    spawn(Command::new(program()), sandbox, folder)
}

/// Starts the example by `command`.
pub fn spawn(mut command: Command, sandbox: &Sandbox, folder: &Path) -> Child {
    let program = program();
    let journal = folder.join("journal");
    let results = std::fs::File::options().create(true).append(true).open(folder.join("results")).unwrap();
    command
        .args([folder.join("sims"), journal.clone(), PLAN.into()])
        .args((!journal.exists()).then_some("--new-journal"))
        .env("LINKSFIELD_BASE_URL", sandbox.url())
        .env("LINKSFIELD_ACCESS_CODE", linksfield::sandbox::ACCESS_CODE)
        .env("LINKSFIELD_SECRET", linksfield::sandbox::SECRET)
        // Longer than the sandbox takes for an order where other tests have the machine, or it would be ordered again.
        .env("SETTLE_MILLISECONDS", number("FLEET_SETTLE", 1000).to_string())
        .env("DEADLINE_MILLISECONDS", "1000")
        .stdout(results)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{}: {error}; cargo build --examples --all-features builds it", program.display())
        })
}

/// How many SIMs had an order begun, and not ended, at the end of a run that was not the last.
fn twice_begun(journal: &Path) -> usize {
    let (mut open, mut looked_up) = (HashSet::new(), 0);
    for line in std::fs::read_to_string(journal).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let did = line["did"].as_object().unwrap();
        let (what, about) = did.iter().next().unwrap();
        match (&**what, about["sim"].as_str()) {
            ("run", _) => looked_up += open.len(),
            ("begun", Some(sim)) => drop(open.insert(sim.to_owned())),
            (_, Some(sim)) => drop(open.remove(sim)),
            _ => {}
        }
    }
    looked_up
}

/// For whom and what the example orders.
fn purpose(sandbox: &Sandbox) -> Purpose {
    let mut defaults = crate::fleet_runs::defaults();
    defaults["package_name"] = PLAN.into();
    Fleet::builder().client(client_of(sandbox)).defaults(&defaults).build().unwrap().purpose().clone()
}

/// Looks, as a person does, at each SIM that stays unknown after two orders, and tells the journal; says how many there are.
pub async fn look(sandbox: &Sandbox, journal: &Path, purpose: &Purpose) -> usize {
    let mut unknown = HashSet::new();
    for line in std::fs::read_to_string(journal).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let (what, about) = line["did"].as_object().unwrap().iter().next().unwrap();
        match (&**what, about["sim"].as_str()) {
            ("begun", Some(sim)) if about["orders"]["sent"] == 2 => drop(unknown.insert(sim.to_owned())),
            ("begun" | "ordered" | "released", Some(sim)) => drop(unknown.remove(sim)),
            _ => {}
        }
    }
    let (journal, client) = (FileJournal::open(journal, purpose).await.unwrap(), client_of(sandbox));
    for sim in &unknown {
        let query = QueryOrder::builder().device_id(sim.clone()).page_no(1).page_size(2).build();
        let order = client.query_order(&query).await.unwrap().package_order.first().cloned();
        let id = order.and_then(|order| order.order_code).map(|id| id.to_string());
        journal.found_out(sim.parse().unwrap(), id.as_deref()).await.unwrap();
    }
    unknown.len()
}

pub async fn assert_one_order_each(sandbox: &Sandbox, folder: &Path, sims: usize) {
    let journal = std::fs::read_to_string(folder.join("journal")).unwrap();
    let client = client_of(sandbox);
    for sim in 0..sims {
        let query = QueryOrder::builder().device_id(sim.to_string()).page_no(1).page_size(1).build();
        let orders = client.query_order(&query).await.unwrap().page.unwrap().total_count;
        let about = || journal.lines().filter(|line| line.contains(&format!("\"sim\":\"{sim}\""))).collect::<Vec<_>>();
        assert_eq!(orders, Some(1), "SIM {sim}: {:#?}", about());
    }
    assert_eq!(sandbox.order_count(), sims);
}

/// The ids of the orders that all runs together told, by SIM: one each, which the server has too.
fn assert_each_order_was_told(sandbox: &Sandbox, folder: &Path, sims: usize) {
    let mut told: HashMap<String, String> = HashMap::new();
    // A line of a run that was killed may be cut off.
    let results = std::fs::read_to_string(folder.join("results")).unwrap();
    for event in results.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
        let settled = event.as_object().and_then(|event| event.values().next()).unwrap();
        if let (Some(sim), Some(order)) = (settled["sim"].as_str(), settled["outcome"]["ordered"].as_str()) {
            let before = told.insert(sim.to_owned(), order.to_owned());
            assert!(before.is_none_or(|before| before == order), "SIM {sim}: another order than before, {order}");
        }
    }
    assert_eq!(told.len(), sims, "each SIM");
    assert_eq!(told.into_values().collect::<HashSet<_>>().len(), sandbox.order_count());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_is_killed_at_any_moment_orders_once_for_every_sim_and_tells_each_order() {
    let (mut kills, mut fleets, mut looked_up, mut by_a_person) = (0, 0, 0, 0);
    let (least, sims) = (number("FLEET_KILLS", 20), number("FLEET_SIMS", SIMS));
    // Kills before the first order and after the last do not count.
    while kills < least {
        let sandbox = Sandbox::start().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        list(directory.path(), sims);
        let mut longest = 300_000;
        loop {
            let mut child = start(&sandbox, directory.path());
            let moment = Duration::from_micros(fastrand::u64(10_000..longest));
            // Later than it takes to settle, in the end, or it would never get on.
            longest += 100_000;
            match tokio::time::timeout(moment, child.wait()).await {
                Ok(status) if matches!(status.as_ref().unwrap().code(), Some(0 | 3)) => break,
                // Killed twice between the journal and the sending.
                Ok(status) if status.as_ref().unwrap().code() == Some(4) => {
                    let looked = look(&sandbox, &directory.path().join("journal"), &purpose(&sandbox)).await;
                    assert!(looked > 0, "{:?}", child.wait_with_output().await);
                    by_a_person += looked;
                }
                Ok(_) => panic!("{:?}", child.wait_with_output().await),
                Err(_) => {
                    child.kill().await.unwrap();
                    if fastrand::bool() {
                        // Who read its results was killed too.
                        std::fs::write(directory.path().join("results"), "").unwrap();
                    }
                    kills += usize::from((1..sims).contains(&sandbox.order_count()));
                }
            }
        }
        assert_one_order_each(&sandbox, directory.path(), sims).await;
        assert_each_order_was_told(&sandbox, directory.path(), sims);
        looked_up += twice_begun(&directory.path().join("journal"));
        fleets += 1;
    }
    println!(
        "{kills} kills of {fleets} fleets, {} orders, {looked_up} begun when it was killed, {by_a_person} left to a person",
        fleets * sims
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_whose_answers_are_lost_orders_once_for_every_sim() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    list(directory.path(), SIMS);
    let mut child = start(&sandbox, directory.path());
    let ended = loop {
        let faults = [None, None, Some(Fault::DropAfterPlacing), Some(Fault::DropAfterReading)];
        sandbox.misbehave(faults[fastrand::usize(0..faults.len())]);
        match tokio::time::timeout(Duration::from_millis(20), child.wait()).await {
            Ok(status) if matches!(status.as_ref().unwrap().code(), Some(0 | 3)) => break true,
            // Its queries were lost too often, or two orders for a SIM: a person looks, and starts it again.
            Ok(_) => {
                sandbox.misbehave(None);
                look(&sandbox, &directory.path().join("journal"), &purpose(&sandbox)).await;
                child = start(&sandbox, directory.path());
            }
            Err(_) if sandbox.order_count() > 10 * SIMS => break false,
            Err(_) => {}
        }
    };
    sandbox.misbehave(None);
    assert!(ended, "it orders again and again");
    assert_one_order_each(&sandbox, directory.path(), SIMS).await;
}

/// What the program said when it ended, and its exit code.
pub async fn end(child: Child) -> (String, Option<i32>) {
    let output = child.wait_with_output().await.unwrap();
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

/// Starts the example by a command that lets writing the journal fail, and once more without.
pub async fn assert_stops_at_a_failed_disk(command: Command, sandbox: &Sandbox, folder: &Path) {
    let (said, code) = end(spawn(command, sandbox, folder)).await;
    assert_eq!(code, Some(9), "{said}");
    assert!(said.contains("the journal can't be written") && said.contains("no more orders are placed"), "{said}");
    let placed = sandbox.order_count();
    assert!((1..SIMS).contains(&placed), "{placed} orders: {said}");
    // Whatever was placed is in the journal or was printed.
    let journal = std::fs::read_to_string(folder.join("journal")).unwrap();
    let lines = journal.lines().chain(said.lines()).filter(|line| line.contains("\"ordered\":") && line.ends_with('}'));
    // Some are in both: whole lines of a piece that could not be written to its end.
    let known: HashSet<_> = lines.filter_map(|line| line.split_once("\"ORDER_")?.1.split_once('"')).collect();
    assert_eq!(known.iter().map(|(id, _)| id).collect::<HashSet<_>>().len(), placed, "{said}");
    let (said, code) = end(start(sandbox, folder)).await;
    assert_eq!(code, Some(0), "{said}");
    assert_one_order_each(sandbox, folder, SIMS).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_begins_no_order_any_more_and_loses_none() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    list(directory.path(), SIMS);
    // A file may have 8 blocks of 512 or 1024 bytes; the signal that says so is ignored, so that the write fails.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""]).arg(program());
    assert_stops_at_a_failed_disk(limited, &sandbox, directory.path()).await;
}

/// Sends a signal once it has ordered: to the example, or to the one that its wrapper has started.
#[cfg(unix)]
async fn assert_stops(signal: &str, sandbox: &Sandbox, mut child: Child) {
    let before = sandbox.order_count();
    while sandbox.order_count() == before {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("it ended before it ordered, {status}: {}", end(child).await.0);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let id = child.id().unwrap().to_string();
    let wrapped = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    let id = wrapped.split_whitespace().next().unwrap_or(&id);
    assert!(Command::new("kill").args([signal, id]).status().await.unwrap().success());
    let (said, code) = end(child).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("stopped: of 120 SIMs") && said.contains("0 unknown"), "{said}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_is_stopped_finishes_the_orders_under_way() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    list(directory.path(), SIMS);
    sandbox.misbehave(Some(Fault::Delay));
    for signal in ["-TERM", "-HUP", "-INT"] {
        assert_stops(signal, &sandbox, start(&sandbox, directory.path())).await;
    }
    sandbox.misbehave(None);
    let journal = std::fs::read_to_string(directory.path().join("journal")).unwrap();
    let count = |what: &str| journal.matches(&format!("\"{what}\":{{")).count();
    assert_eq!((count("begun"), count("ordered")), (sandbox.order_count(), sandbox.order_count()));
    let (said, code) = end(start(&sandbox, directory.path())).await;
    assert_eq!(code, Some(0), "{said}");
    assert_one_order_each(&sandbox, directory.path(), SIMS).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs namespaces of users and processes"]
async fn so_does_the_first_process_of_a_container() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    list(directory.path(), SIMS);
    sandbox.misbehave(Some(Fault::Delay));
    let mut container = Command::new("unshare");
    container.args(["--user", "--map-root-user", "--pid", "--fork", "--kill-child"]).arg(program());
    assert_stops("-TERM", &sandbox, spawn(container, &sandbox, directory.path())).await;
}
