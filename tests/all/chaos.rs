//! Orders through a network and to a server that go wrong in every way (`tests/chaos`): none is placed twice, and none is
//! placed of which the client says that it was not.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::{StreamExt, stream};
use linksfield::csss::Client;
use linksfield::csss::types::QueryOrder;
use linksfield::fleet::{FileJournal, Fleet};
use linksfield::sandbox::Sandbox;
use linksfield::{Credentials, RetryPolicy};

use crate::support::{client_of, http, monthly_plan};

/// A program of `tests/chaos`, which ends when its input does and all that came to it is handled.
struct Program {
    port: String,
    process: Child,
}

impl Program {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new("python3");
        command.arg(format!("{}/tests/chaos/{name}.py", env!("CARGO_MANIFEST_DIR"))).args(arguments);
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { port: port.trim().to_owned(), process }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// How many orders (`CHAOS_ORDERS`), and what decides what happens to each of them (`CHAOS_SEED`): with the same seed the
/// same, and to the first, second, third connection. Only which order finds no connection, one that is being closed, or
/// one that goes wrong before it is read, is a matter of time.
fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs python3"]
async fn no_order_is_placed_twice_or_denied_whatever_goes_wrong() {
    let (count, seed) = (number("CHAOS_ORDERS", 500), number("CHAOS_SEED", 1).to_string());
    let server = Program::start("server", &[&seed]);
    let proxy = Program::start("faulty_proxy", &[&server.port, &seed]);
    let client = Client::builder()
        .credentials(Credentials::new("P000270", "s").unwrap())
        .environment(format!("http://127.0.0.1:{}", proxy.port))
        .timeout(Duration::from_millis(300))
        .answer_limit(10_000)
        .retry(RetryPolicy::builder().attempts(5).first_delay(Duration::from_millis(20)).build())
        .build()
        .unwrap();
    let order = |number: usize| {
        let mut order = monthly_plan();
        order.device_id = number.to_string().into();
        let call = client.order_package(&order);
        async move { (number, call.await) }
    };
    let results: Vec<_> = stream::iter(0..count).map(order).buffer_unordered(32).collect().await;
    // What it hands on late has arrived when it has ended.
    drop(client);
    tokio::task::spawn_blocking(|| drop(proxy)).await.unwrap();
    let placed = http().build().unwrap().get(format!("http://127.0.0.1:{}", server.port));
    let placed: HashMap<String, usize> = placed.send().await.unwrap().json().await.unwrap();
    let mut told =
        HashMap::from([("placed", 0), ("not placed", 0), ("unknown, placed", 0), ("unknown, none placed", 0)]);
    for (number, result) in results {
        let placed = placed.get(&number.to_string()).copied().unwrap_or_default();
        assert!(placed <= 1, "order {number} was placed {placed} times: {result:?}");
        let what = match &result {
            Ok(ordered) => {
                assert_eq!((placed, ordered.order_id.as_str()), (1, &*number.to_string()), "{result:?}");
                "placed"
            }
            Err(error) if error.outcome_unknown() && placed == 1 => "unknown, placed",
            Err(error) if error.outcome_unknown() => "unknown, none placed",
            Err(error) => {
                assert_eq!(placed, 0, "order {number} was placed, but: {error}");
                "not placed"
            }
        };
        *told.get_mut(what).unwrap() += 1;
    }
    println!("{told:?}");
    assert!(told.values().all(|count| *count > 0), "everything happens: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs python3"]
async fn a_fleet_behind_a_faulty_network_orders_once_for_every_sim() {
    let (count, seed) = (number("CHAOS_ORDERS", 500), number("CHAOS_SEED", 1).to_string());
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let proxy = Program::start("faulty_proxy", &[sandbox.url().rsplit(':').next().unwrap(), &seed]);
    let client = Client::builder()
        .credentials(sandbox.credentials().clone())
        .environment(format!("http://127.0.0.1:{}", proxy.port))
        .timeout(Duration::from_millis(300))
        .retry(RetryPolicy::builder().attempts(5).first_delay(Duration::from_millis(20)).build())
        .build()
        .unwrap();
    // What is handed on late has arrived when it has settled. The first lists may be lost: they are not what this is about.
    let fleet = Fleet::builder().client(client).defaults(&monthly_plan()).concurrency(32).max_refused(u64::MAX);
    let fleet =
        fleet.accepts_recent(true).deadline(Duration::from_secs(2)).settle(Duration::from_secs(2)).build().unwrap();
    let list = (0..count).map(|sim| format!("{sim}\n")).collect::<String>();
    let list = fleet.list_of(format!("device_id\n{list}")).unwrap();
    let path = folder.path().join("journal");
    let mut journal = FileJournal::create(&path, fleet.purpose()).await.unwrap();
    let (mut runs, mut looked_up, mut unknown, mut by_a_person) = (0, 0, 0, 0);
    loop {
        let summary = fleet.run(list.clone(), journal).finish().await.unwrap();
        (runs, looked_up) = (runs + 1, looked_up + summary.progress.looked_up);
        unknown += summary.progress.unknown;
        println!(
            "run {runs}, {:.0} s: {summary}, {looked_up} looked up so far",
            summary.progress.elapsed.as_secs_f64()
        );
        if summary.is_complete() {
            break;
        }
        by_a_person += crate::fleet::look(&sandbox, &path, fleet.purpose()).await;
        journal = FileJournal::open(&path, fleet.purpose()).await.unwrap();
    }
    println!(
        "{count} SIMs, {runs} runs, {looked_up} orders looked up, {unknown} left unknown by a run, {by_a_person} to a person"
    );
    assert!(looked_up > 0);
    let client = client_of(&sandbox);
    for sim in 0..count {
        let query = QueryOrder::builder().device_id(sim.to_string()).page_no(1).page_size(1).build();
        assert_eq!(client.query_order(&query).await.unwrap().page.unwrap().total_count, Some(1), "SIM {sim}");
    }
    assert_eq!(sandbox.order_count(), count);
}
