//! The journal of a fleet: several processes on it, killed, stopped and cut off, order once for every SIM.
//!
//! A process is this program again, which runs the ignored test `worker`.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::csss::types::QueryOrder;
use linksfield::fleet::{
    Claim, Confirmation, Done, End, Event, Fleet, FleetError, Journal, JournalError, Orders, Outcome, Progress, Sim,
    Stopper, Summary, Terms, Wanted,
};
use linksfield::sandbox::{ACCESS_CODE, Reply, SECRET, Sandbox, Story};
use linksfield::serde_json::{Value, from_value, json};
use linksfield_postgres::PostgresJournal;

use crate::support::{Database, Pooler, Proxy, Server, client};

const NAME: &str = "a fleet";

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

fn api(url: &str) -> Client {
    Client::builder().credentials(Credentials::new(ACCESS_CODE, SECRET).unwrap()).environment(url).build().unwrap()
}

fn defaults() -> Value {
    json!({
        "package_code": "DP20190726001274", "package_name": "20M", "package_type": "2", "order_period": "1",
        "pay_amount": "0", "pay_rst": "1", "is_open": "0", "global_order": "0", "test_flow_flag": "0", "test_flow": "0",
    })
}

/// Longer than the sandbox takes where other tests have the machine.
fn terms() -> Terms {
    Terms::new(Duration::from_secs(2), Duration::from_millis(number("FLEET_SETTLE", 1000) as u64))
}

fn fleet(url: &str) -> Fleet<Client> {
    let fleet = Fleet::builder().client(api(url)).defaults(&defaults()).accepts_recent(true);
    fleet.deadline(terms().deadline).settle(terms().settle).build().unwrap()
}

fn list(sims: usize) -> String {
    format!("device_id\n{}", (0..sims).map(|sim| format!("{sim}\n")).collect::<String>())
}

async fn run(
    fleet: &Fleet<Client>,
    sims: usize,
    journal: PostgresJournal,
) -> Result<(Vec<Outcome>, Summary), FleetError> {
    let (mut run, mut outcomes) = (fleet.run(fleet.list_of(list(sims)).unwrap(), journal), Vec::new());
    while let Some(event) = run.next().await {
        if let Event::Settled { outcome, .. } = event {
            outcomes.push(outcome);
        }
    }
    Ok((outcomes, run.finish().await?))
}

async fn orders_of(api: &Client, sim: usize) -> Option<i64> {
    let query = QueryOrder::builder().device_id(sim.to_string()).page_no(1).page_size(1).build();
    api.query_order(&query).await.unwrap().page.unwrap().total_count
}

async fn assert_one_order_each(sandbox: &Sandbox, sims: usize) {
    let api = api(sandbox.url());
    for sim in 0..sims {
        assert_eq!(orders_of(&api, sim).await, Some(1), "SIM {sim}");
    }
    assert_eq!(sandbox.order_count(), sims);
}

/// Orders until all is done. It stops itself before its first order goes out, if it is told to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is a process of the tests below"]
async fn worker() {
    let Ok(url) = std::env::var("FLEETS_URL") else { return };
    let (string, sims) = (std::env::var("FLEETS_POSTGRES").unwrap(), number("FLEET_SIMS", 1));
    let fleet = match std::env::var("FLEETS_STOPS") {
        Err(_) => fleet(&url),
        Ok(_) => {
            // It is read when the journal has the order, and when that is sent.
            let readings = AtomicUsize::new(0);
            let clock = move || {
                if readings.fetch_add(1, Ordering::SeqCst) == 1 {
                    let id = std::process::id().to_string();
                    assert!(Command::new("kill").args(["-STOP", &id]).status().unwrap().success());
                }
                since_boot()
            };
            let fleet = Fleet::builder().client(api(&url)).defaults(&defaults()).accepts_recent(true).clock(clock);
            fleet.deadline(terms().deadline).settle(terms().settle).build().unwrap()
        }
    };
    loop {
        let again = match PostgresJournal::open(&string, NAME, fleet.purpose()).await {
            Ok(journal) => run(&fleet, sims, journal).await,
            Err(error) => Err(error.into()),
        };
        match again {
            Ok((_, Summary { progress: Progress { not_sent: 0, unknown: 0, refused: 0, .. }, .. })) => break,
            Ok((outcomes, Summary { progress, .. })) => assert_eq!(progress.refused, 0, "{outcomes:?}"),
            // The database did not answer in time: a person would start it again.
            Err(error @ FleetError::Journal(JournalError::Failed { .. })) => {
                std::io::stderr().write_all(format!("again: {error}\n").as_bytes()).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn since_boot() -> Duration {
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    Duration::from_secs_f64(uptime.split(' ').next().unwrap().parse().unwrap())
}

fn start(url: &str, string: &str, sims: usize, more: &[(&str, &str)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "fleets::worker"])
        .envs([("FLEETS_URL", url), ("FLEETS_POSTGRES", string), ("FLEET_SIMS", &sims.to_string())])
        .envs(more.iter().copied())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits without holding the runtime, which has the sandbox.
async fn ended(child: &mut Child) -> bool {
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn ordered_by_several(processes: usize) {
    let Some(database) = Database::any().await else { return };
    let (sandbox, sims) = (Sandbox::start().await.unwrap(), number("FLEET_SIMS", 80));
    let purpose = fleet(sandbox.url()).purpose().clone();
    drop(PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap());
    let mut children: Vec<_> = (0..processes).map(|_| start(sandbox.url(), &database.string, sims, &[])).collect();
    // One is killed in the middle.
    while sandbox.order_count() < sims / 3 {
        assert!(children.iter_mut().all(|child| child.try_wait().unwrap().is_none()), "none ends before");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut killed = children.pop().unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    let begun = "SELECT count(*) FROM linksfield_fleet_sims WHERE state = 'begun'";
    let observer = client(&database.string).await;
    let begun: i64 = observer.query_one(begun, &[]).await.unwrap().get(0);
    for mut child in children {
        assert!(ended(&mut child).await);
    }
    println!("{processes} processes, {sims} SIMs, {begun} orders under way when one was killed");
    assert_one_order_each(&sandbox, sims).await;
    let done = "SELECT count(*) FROM linksfield_fleet_sims WHERE state = 'ordered' AND token IS NULL";
    let done: i64 = observer.query_one(done, &[]).await.unwrap().get(0);
    assert_eq!(usize::try_from(done).unwrap(), sims);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_of_which_one_is_killed_order_once_for_every_sim() {
    ordered_by_several(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_of_which_one_is_killed_order_once_for_every_sim() {
    ordered_by_several(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_stopped_beyond_its_lease_sends_nothing_afterwards() {
    let Some(database) = Database::any().await else { return };
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = fleet(sandbox.url());
    let journal = PostgresJournal::create(&database.string, NAME, fleet.purpose()).await.unwrap();
    let mut stopped = start(sandbox.url(), &database.string, 1, &[("FLEETS_STOPS", "1")]);
    let status = format!("/proc/{}/status", stopped.id());
    while !std::fs::read_to_string(&status).unwrap().contains("State:\tT") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Its lease ends, and its order is looked for.
    let (outcomes, _) = run(&fleet, 1, journal).await.unwrap();
    assert!(matches!(&outcomes[..], [Outcome::Ordered(_)]), "{outcomes:?}");
    let go_on = Command::new("kill").args(["-CONT", &stopped.id().to_string()]).status().unwrap();
    assert!(go_on.success() && ended(&mut stopped).await);
    assert_one_order_each(&sandbox, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_answer_was_lost_is_found_as_it_was_written() {
    let Some(server) = Server::start("") else { return };
    let (sandbox, proxy) = (Sandbox::start().await.unwrap(), Proxy::before(&server));
    let fleet = fleet(sandbox.url());
    for (at, text) in [(1, "SET state = 'begun'"), (2, "WITH ended AS"), (3, "INSERT INTO linksfield_fleet_sims")] {
        let name = text.to_owned();
        let journal = PostgresJournal::create(&proxy.string(), &name, fleet.purpose()).await.unwrap();
        let first = fleet.list_of(format!("device_id\n{at}\n")).unwrap();
        proxy.cut_after(text);
        let summary = fleet.run(first, journal).finish().await.unwrap();
        assert!(summary.is_complete() && proxy.cuts() == at, "{text}: {summary}");
        assert_eq!(orders_of(&api(sandbox.url()), at).await, Some(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_restarted_in_the_middle_forgets_no_order() {
    let Some(server) = Server::start("") else { return };
    let (sandbox, sims) = (Sandbox::start().await.unwrap(), 60);
    let fleet = fleet(sandbox.url());
    let mut journal = PostgresJournal::create(&server.string(), NAME, fleet.purpose()).await.unwrap();
    let restart = async {
        while sandbox.order_count() < 10 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let restart = move || {
            server.crash();
            server.go_on();
            server
        };
        tokio::task::spawn_blocking(restart).await.unwrap()
    };
    let (first, server) = tokio::join!(run(&fleet, sims, journal), restart);
    // Where the server takes longer than a step may, the run ends with an error, and the next does the rest.
    let mut ended = first.is_ok_and(|(_, summary)| summary.is_complete());
    while !ended {
        journal = PostgresJournal::open(&server.string(), NAME, fleet.purpose()).await.unwrap();
        ended = run(&fleet, sims, journal).await.unwrap().1.progress.unknown == 0;
    }
    assert_one_order_each(&sandbox, sims).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_disk_is_full_ends_the_run_and_forgets_no_order() {
    let Some(server) = Server::on_a_disk_of(64) else { return };
    let (sandbox, sims) = (Sandbox::start().await.unwrap(), 400);
    let fleet = fleet(sandbox.url());
    let journal = PostgresJournal::create(&server.string(), NAME, fleet.purpose()).await.unwrap();
    let ballast = server.folder().join("ballast");
    let fill = async {
        while sandbox.order_count() < 10 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let full = std::io::copy(&mut std::io::repeat(0), &mut std::fs::File::create(&ballast).unwrap()).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    };
    let (first, ()) = tokio::join!(run(&fleet, sims, journal), fill);
    let error = first.unwrap_err();
    assert!(matches!(error, FleetError::Journal(JournalError::Failed { .. })), "{error}");
    println!("{} of {sims} SIMs ordered when the run ended: {error}", sandbox.order_count());
    std::fs::remove_file(ballast).unwrap();
    server.go_on();
    let journal = PostgresJournal::open(&server.string(), NAME, fleet.purpose()).await.unwrap();
    let (outcomes, summary) = run(&fleet, sims, journal).await.unwrap();
    assert!(summary.is_complete(), "{summary}: {outcomes:?}");
    assert_one_order_each(&sandbox, sims).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_standby_that_took_over_has_forgotten_is_looked_at_before_anything_is_ordered() {
    let Some(server) = Server::start("") else { return };
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = fleet(sandbox.url());
    let created = PostgresJournal::create(&server.string(), NAME, fleet.purpose()).await.unwrap();
    assert!(!created.may_forget());
    let standby = server.standby();
    standby.go_on();
    let attached = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
    let observer = client(&server.string()).await;
    while observer.query_one(attached, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let journal = PostgresJournal::open(&server.string(), NAME, fleet.purpose()).await.unwrap();
    assert!(journal.may_forget(), "nobody waits for it");
    // It misses what comes now.
    standby.crash();
    assert!(run(&fleet, 2, journal).await.unwrap().1.is_complete());
    server.crash();
    standby.go_on();
    standby.run("pg_ctl", &["-D", &standby.data(), "-w", "promote"]);
    let journal = PostgresJournal::open(&standby.string(), NAME, fleet.purpose()).await.unwrap();
    let (outcomes, _) = run(&fleet, 3, journal).await.unwrap();
    let forgotten = |outcome: &&Outcome| matches!(outcome, Outcome::Unknown(why) if why.contains("may have forgotten"));
    assert_eq!(outcomes.iter().filter(forgotten).count(), 2, "{outcomes:?}");
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Outcome::Ordered(_))), "{outcomes:?}");
    assert_one_order_each(&sandbox, 3).await;
}

/// The first order for a SIM that had none.
fn a_first() -> Orders {
    Orders::first([].into())
}

fn wanted(sim: &str) -> Wanted {
    from_value(json!({ "sim": sim, "fingerprint": "0123456789abcdef" })).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_takes_what_is_asked_for_and_waits_for_nobody() {
    let Some(server) = Server::start("-c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off") else {
        return;
    };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&server.string(), NAME, &purpose).await.unwrap();
    let other = PostgresJournal::open(&server.string(), NAME, &purpose).await.unwrap();
    let sims: Vec<_> = (0..20).map(|sim| wanted(&sim.to_string())).collect();
    journal.claim(&sims, &terms()).await.unwrap();
    for wanted in &sims {
        journal.release(wanted, "for the next").await.unwrap();
    }
    let observer = client(&server.string()).await;
    observer.batch_execute("BEGIN; SELECT FROM linksfield_fleet_sims WHERE sim = '1' FOR UPDATE").await.unwrap();
    let claims = journal.claim(&sims[..3], &terms()).await.unwrap();
    assert_eq!(claims, [Claim::Open, Claim::Taken, Claim::Open], "another is at SIM 1");
    observer.batch_execute("COMMIT").await.unwrap();
    let held = "SELECT count(*) FROM linksfield_fleet_sims WHERE token IS NOT NULL";
    assert_eq!(observer.query_one(held, &[]).await.unwrap().get::<_, i64>(0), 2);
    assert_eq!(other.claim(&sims[..3], &terms()).await.unwrap(), [Claim::Taken, Claim::Open, Claim::Taken]);
    let lost = journal.begun(&sims[1], &a_first(), &terms()).await.unwrap_err();
    assert!(matches!(lost, JournalError::Lost { .. }), "{lost}");
    let begun = other.begun(&sims[1], &Orders::first(["ORDER_1".to_owned()].into()), &terms()).await;
    assert!(begun.is_ok());
    observer
        .batch_execute("UPDATE linksfield_fleet_sims SET lease_ends = lease_ends - interval '1 hour'")
        .await
        .unwrap();
    let taken = journal.claim(&sims[1..2], &terms()).await.unwrap();
    assert!(matches!(&taken[..], [Claim::Begun { orders, .. }] if orders.before.contains("ORDER_1")), "{taken:?}");
    let lost = other.done(&sims[1], &Done::Ordered("ORDER_2".to_owned())).await.unwrap_err();
    assert!(matches!(lost, JournalError::Lost { .. }), "{lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_is_created_once_and_for_one_purpose_and_a_person_can_tell_it_what_is_unknown() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let missing = PostgresJournal::open(&database.string, NAME, &purpose).await.unwrap_err();
    assert!(matches!(missing, JournalError::Missing(_)) && missing.to_string().contains(NAME), "{missing}");
    let journal = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let there = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap_err();
    assert!(matches!(there, JournalError::Exists(_)), "{there}");
    let elsewhere = fleet("http://127.0.0.1:2").purpose().clone();
    let other = PostgresJournal::open(&database.string, NAME, &elsewhere).await.unwrap_err();
    assert!(matches!(other, JournalError::OtherPurpose { .. }), "{other}");
    assert!(!journal.is_checked().await.unwrap());
    journal.checked().await.unwrap();

    let sims = ["1", "2"].map(wanted);
    journal.claim(&sims, &terms()).await.unwrap();
    for wanted in &sims {
        let held = journal.found_out(wanted.sim, None).await.unwrap_err();
        assert!(matches!(held, JournalError::NotUnknown { .. }), "{held}");
        journal.begun(wanted, &a_first(), &terms()).await.unwrap();
        journal.unknown(wanted, "several new orders").await.unwrap();
    }
    assert!(journal.is_checked().await.unwrap());
    journal.found_out(sims[0].sim, Some("ORDER_1")).await.unwrap();
    journal.found_out(sims[1].sim, None).await.unwrap();
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    assert!(
        matches!(&claims[..], [Claim::Ordered { order, at: Some(_) }, Claim::Open] if order == "ORDER_1"),
        "{claims:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_that_create_a_journal_at_once_on_an_empty_database_one_does() {
    let Some(database) = Database::any().await else { return };
    let mut creating = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let string = database.string.clone();
        creating.spawn(async move {
            let purpose = fleet("http://127.0.0.1:1").purpose().clone();
            PostgresJournal::create(&string, NAME, &purpose).await
        });
    }
    let made = creating.join_all().await;
    let exists = |made: &&Result<_, JournalError>| matches!(made, Err(JournalError::Exists(_)));
    assert_eq!(
        (made.iter().filter(|made| made.is_ok()).count(), made.iter().filter(exists).count()),
        (1, 7),
        "{made:?}"
    );
}

async fn observed(string: &str, statement: &str) {
    client(string).await.batch_execute(statement).await.unwrap();
}

const LEASES_END: &str = "UPDATE linksfield_fleet_sims SET lease_ends = clock_timestamp()";

#[tokio::test(flavor = "multi_thread")]
async fn a_process_does_not_get_a_sim_twice() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let sims = ["1", "1", "2"].map(wanted);
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    assert_eq!(claims, [Claim::Open, Claim::Taken, Claim::Open]);
    observed(&database.string, LEASES_END).await;
    assert_eq!(journal.claim(&sims, &terms()).await.unwrap(), [Claim::Taken, Claim::Taken, Claim::Taken]);
    for wanted in &sims[1..] {
        journal.release(wanted, "for the next").await.unwrap();
    }
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    assert_eq!(claims, [Claim::Open, Claim::Taken, Claim::Open]);
}

/// Tells a run to stop when it has claimed SIMs, before it comes to any of them.
struct Stopping {
    journal: PostgresJournal,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stopper: OnceLock<Stopper>,
    wanted: OnceLock<Vec<Wanted>>,
}

impl Journal for Stopping {
    async fn recorded(&self, sims: &[Sim]) -> Result<Vec<Option<String>>, JournalError> {
        self.journal.recorded(sims).await
    }

    async fn claim(&self, wanted: &[Wanted], terms: &Terms) -> Result<Vec<Claim>, JournalError> {
        let claims = self.journal.claim(wanted, terms).await;
        self.shared.wanted.set(wanted.to_vec()).unwrap();
        self.shared.stopper.get().unwrap().stop();
        claims
    }

    async fn begun(&self, wanted: &Wanted, orders: &Orders, terms: &Terms) -> Result<Confirmation, JournalError> {
        self.journal.begun(wanted, orders, terms).await
    }

    async fn done(&self, wanted: &Wanted, result: &Done) -> Result<(), JournalError> {
        self.journal.done(wanted, result).await
    }

    async fn unknown(&self, wanted: &Wanted, why: &str) -> Result<(), JournalError> {
        self.journal.unknown(wanted, why).await
    }

    async fn let_go(&self, wanted: &[Wanted]) -> Result<(), JournalError> {
        self.journal.let_go(wanted).await
    }

    async fn release(&self, wanted: &Wanted, why: &str) -> Result<(), JournalError> {
        self.journal.release(wanted, why).await
    }

    async fn is_checked(&self) -> Result<bool, JournalError> {
        self.journal.is_checked().await
    }

    async fn checked(&self) -> Result<(), JournalError> {
        self.journal.checked().await
    }

    async fn found_out(&self, sim: Sim, order: Option<&str>) -> Result<(), JournalError> {
        self.journal.found_out(sim, order).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_stopped_leaves_no_sim_claimed_and_each_as_it_was() {
    let Some(database) = Database::any().await else { return };
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = Fleet::builder().client(api(sandbox.url())).defaults(&defaults()).again_refused(true);
    let fleet = fleet.accepts_recent(true).build().unwrap();
    drop(PostgresJournal::create(&database.string, NAME, fleet.purpose()).await.unwrap());
    let open = async || PostgresJournal::open(&database.string, NAME, fleet.purpose()).await.unwrap();
    let stopped = async || {
        let shared = Arc::new(Shared::default());
        let journal = Stopping { journal: open().await, shared: Arc::clone(&shared) };
        let run = fleet.run(fleet.list_of(list(3)).unwrap(), journal);
        shared.stopper.set(run.stopper()).unwrap();
        assert_eq!(run.finish().await.unwrap().end, End::Stopped);
        shared.wanted.get().unwrap().clone()
    };
    let wanted = stopped().await;
    let journal = open().await;
    assert_eq!(journal.claim(&wanted, &terms()).await.unwrap(), [Claim::Open, Claim::Open, Claim::Open]);
    journal.begun(&wanted[0], &a_first(), &terms()).await.unwrap();
    journal.done(&wanted[0], &Done::Refused("no such plan".to_owned())).await.unwrap();
    journal.begun(&wanted[1], &a_first(), &terms()).await.unwrap();
    journal.unknown(&wanted[1], "no answer").await.unwrap();
    journal.let_go(&wanted[2..]).await.unwrap();
    assert_eq!(stopped().await, wanted);
    let claims = open().await.claim(&wanted, &terms()).await.unwrap();
    let is_as_it_was =
        matches!(&claims[..], [Claim::Refused(why), Claim::Begun { .. }, Claim::Open] if why == "no such plan");
    assert!(is_as_it_was, "{claims:?}");
    assert_eq!(sandbox.order_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_is_refused_for_one_sim_leaves_the_others_free() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let sims = ["1", "2"].map(wanted);
    journal.claim(&sims[..1], &terms()).await.unwrap();
    journal.begun(&sims[0], &a_first(), &terms()).await.unwrap();
    journal.done(&sims[0], &Done::Ordered("ORDER_1".to_owned())).await.unwrap();
    let changed = Wanted { fingerprint: "another".to_owned(), ..sims[0].clone() };
    let different = journal.claim(&[sims[1].clone(), changed], &terms()).await.unwrap_err();
    assert!(matches!(different, JournalError::OtherParameters { .. }), "{different}");
    let other = PostgresJournal::open(&database.string, NAME, &purpose).await.unwrap();
    let claims = other.claim(&sims, &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Ordered { .. }, Claim::Open]), "{claims:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_who_has_lost_the_sim_is_told_and_a_person_has_to_look() {
    let Some(database) = Database::any().await else { return };
    let fleet = fleet("http://127.0.0.1:1");
    let first = PostgresJournal::create(&database.string, NAME, fleet.purpose()).await.unwrap();
    let other = PostgresJournal::open(&database.string, NAME, fleet.purpose()).await.unwrap();
    let sims = ["0", "1", "2"].map(wanted);
    let ordered = |order: &str| Done::Ordered(order.to_owned());
    first.claim(&sims, &terms()).await.unwrap();
    for wanted in &sims {
        first.begun(wanted, &a_first(), &terms()).await.unwrap();
    }
    observed(&database.string, LEASES_END).await;
    other.claim(&sims, &terms()).await.unwrap();
    let names = |error: &JournalError, orders: [&str; 2]| {
        assert!(
            matches!(error, JournalError::Doubtful { why, .. } if orders.iter().all(|id| why.contains(id))),
            "{error}"
        );
    };
    // It comes when the other has ordered, and is found as it was written.
    other.done(&sims[0], &ordered("ORDER_Z")).await.unwrap();
    names(&first.done(&sims[0], &ordered("ORDER_Y")).await.unwrap_err(), ["ORDER_Y", "ORDER_Z"]);
    names(&first.done(&sims[0], &ordered("ORDER_Y")).await.unwrap_err(), ["ORDER_Y", "ORDER_Z"]);
    // It comes before.
    let lost = first.done(&sims[1], &ordered("ORDER_Y")).await.unwrap_err();
    assert!(matches!(lost, JournalError::Lost { .. }), "{lost}");
    let lost = other.begun(&sims[1], &a_first(), &terms()).await;
    assert!(matches!(lost, Err(JournalError::Lost { .. })), "nothing more is ordered");
    // The other finds just that.
    first.done(&sims[2], &ordered("ORDER_Y")).await.unwrap_err();
    other.done(&sims[2], &ordered("ORDER_Y")).await.unwrap();
    assert_eq!(other.claim(&sims[1..2], &terms()).await.unwrap(), [Claim::Taken]);
    observed(&database.string, LEASES_END).await;
    let claims = other.claim(&sims, &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Unknown(_), Claim::Unknown(_), Claim::Ordered { .. }]), "{claims:?}");
    observed(&database.string, "UPDATE linksfield_fleet_sims SET fingerprint = ''").await;
    let different = other.claim(&sims, &terms()).await.unwrap_err();
    assert!(matches!(different, JournalError::OtherParameters { .. }), "{different}");
    first.found_out(sims[0].sim, Some("ORDER_Z")).await.unwrap();
    first.found_out(sims[1].sim, Some("ORDER_Y")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_meets_a_doubtful_sim_is_not_complete_and_orders_nothing_for_it() {
    let Some(database) = Database::any().await else { return };
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = fleet(sandbox.url());
    let journal = PostgresJournal::create(&database.string, NAME, fleet.purpose()).await.unwrap();
    assert!(run(&fleet, 1, journal).await.unwrap().1.is_complete());
    observed(&database.string, "UPDATE linksfield_fleet_sims SET state = 'unknown', result = 'ORDER_Y and ORDER_Z'")
        .await;
    let journal = PostgresJournal::open(&database.string, NAME, fleet.purpose()).await.unwrap();
    let (outcomes, summary) = run(&fleet, 1, journal).await.unwrap();
    assert!(matches!(&outcomes[..], [Outcome::Unknown(why)] if why == "ORDER_Y and ORDER_Z"), "{outcomes:?}");
    assert!(!summary.is_complete() && sandbox.order_count() == 1, "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_forgotten_stays_unknown_for_as_long_as_nobody_tells_the_journal() {
    let Some(database) = Database::any().await else { return };
    let days_ago = |days: u64| SystemTime::now() - Duration::from_secs(days * 24 * 3600);
    let sandbox = Sandbox::builder().clock(move || days_ago(5)).start().await.unwrap();
    let api = Client::builder().credentials(Credentials::new(ACCESS_CODE, SECRET).unwrap());
    let api = api.environment(sandbox.url()).clock(move || days_ago(5)).build().unwrap();
    let fleet = Fleet::builder().client(api).defaults(&defaults()).accepts_recent(true);
    let fleet = fleet.deadline(terms().deadline).settle(terms().settle).build().unwrap();
    let journal = PostgresJournal::create(&database.string, NAME, fleet.purpose()).await.unwrap();
    assert!(run(&fleet, 2, journal).await.unwrap().1.is_complete());
    // What was done is lost, and the database is another.
    observed(&database.string, "DELETE FROM linksfield_fleet_sims").await;
    let another =
        "UPDATE linksfield_fleets SET identity = 'another', created_at = clock_timestamp() - interval '6 days'";
    observed(&database.string, another).await;
    for _ in 0..2 {
        let journal = PostgresJournal::open(&database.string, NAME, fleet.purpose()).await.unwrap();
        let (outcomes, _) = run(&fleet, 2, journal).await.unwrap();
        let forgotten = |outcome: &Outcome| matches!(outcome, Outcome::Unknown(why) if why.contains("forgotten"));
        assert!(outcomes.len() == 2 && outcomes.iter().all(forgotten), "{outcomes:?}");
    }
    let journal = PostgresJournal::open(&database.string, NAME, fleet.purpose()).await.unwrap();
    journal.found_out(wanted("0").sim, Some("ORDER_1")).await.unwrap();
    journal.found_out(wanted("1").sim, None).await.unwrap();
    let (outcomes, summary) = run(&fleet, 2, journal).await.unwrap();
    assert!(matches!(&outcomes[..], [Outcome::Ordered(_)]) && summary.is_complete(), "{outcomes:?}");
    assert_eq!(sandbox.order_count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_under_way_no_longer_than_its_deadline_and_no_shorter_if_that_has_no_end() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let sims = ["1", "2"].map(wanted);
    let endless = Terms::new(Duration::MAX, Duration::ZERO);
    journal.claim(&sims, &terms()).await.unwrap();
    journal.begun(&sims[0], &a_first(), &terms()).await.unwrap();
    journal.begun(&sims[1], &a_first(), &endless).await.unwrap();
    for wanted in &sims {
        journal.unknown(wanted, "no answer").await.unwrap();
    }
    // The clock of the database was set back.
    observed(&database.string, "UPDATE linksfield_fleet_sims SET begun_at = begun_at + interval '1 day'").await;
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    let waits: Vec<_> = claims
        .iter()
        .filter_map(|claim| match claim {
            Claim::Begun { wait, .. } => Some(*wait),
            _ => None,
        })
        .collect();
    assert_eq!(waits, [terms().deadline + terms().settle, Duration::MAX]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_outlives_a_crash_of_the_database_whatever_its_default_is() {
    let Some(server) = Server::start("-c synchronous_commit=off -c wal_writer_delay=10s") else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&server.string(), NAME, &purpose).await.unwrap();
    journal.claim(&[wanted("1")], &terms()).await.unwrap();
    journal.begun(&wanted("1"), &a_first(), &terms()).await.unwrap();
    server.crash();
    server.go_on();
    observed(&server.string(), LEASES_END).await;
    let claims = journal.claim(&[wanted("1")], &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Taken]), "it has it: {claims:?}");
    let other = PostgresJournal::open(&server.string(), NAME, &purpose).await.unwrap();
    let claims = other.claim(&[wanted("1")], &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Begun { .. }]), "{claims:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_process_tells_that_a_fleet_is_complete_whoever_has_ordered() {
    let Some(database) = Database::any().await else { return };
    let (sandbox, sims) = (Sandbox::start().await.unwrap(), 40);
    let fleet = fleet(sandbox.url());
    let first = PostgresJournal::create(&database.string, NAME, fleet.purpose()).await.unwrap();
    let other = PostgresJournal::open(&database.string, NAME, fleet.purpose()).await.unwrap();
    let (first, other) = tokio::join!(run(&fleet, sims, first), run(&fleet, sims, other));
    let (first, other) = (first.unwrap().1, other.unwrap().1);
    assert!(first.is_complete() && other.is_complete(), "{first}; {other}");
    assert_eq!(first.progress.ordered + other.progress.ordered, 40, "{first}; {other}");
    assert_eq!((first.progress.elsewhere, other.progress.elsewhere), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_may_give_each_statement_another_connection() {
    let Some(server) = Server::start("") else { return };
    let Some(pooler) = Pooler::before(&server) else { return };
    let (sandbox, sims) = (Sandbox::start().await.unwrap(), 40);
    let fleet = fleet(sandbox.url());
    let first = PostgresJournal::create(&pooler.string(), NAME, fleet.purpose()).await.unwrap();
    let other = PostgresJournal::open(&pooler.string(), NAME, fleet.purpose()).await.unwrap();
    let (first, other) = tokio::join!(run(&fleet, sims, first), run(&fleet, sims, other));
    assert!(first.unwrap().1.is_complete() && other.unwrap().1.is_complete());
    assert_one_order_each(&sandbox, sims).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_sim_was_lost_meanwhile_is_counted_as_what_becomes_of_it() {
    let Some(database) = Database::any().await else { return };
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = fleet(sandbox.url());
    let journal = PostgresJournal::create(&database.string, NAME, fleet.purpose()).await.unwrap();
    sandbox.tell(Story::new(Reply::own().delay(Duration::from_secs(1))).of("orderPackage")).unwrap();
    let taken = async {
        while sandbox.order_count() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        observed(&database.string, "UPDATE linksfield_fleet_sims SET token = 'another'").await;
    };
    let run = async {
        let mut run = fleet.run(fleet.list_of(list(1)).unwrap(), journal);
        while let Some(event) = run.next().await {
            if let Event::Settled { recorded: false, .. } = event {
                assert_eq!((run.progress().ordered, run.progress().elsewhere), (0, 1));
                observed(&database.string, LEASES_END).await;
            }
        }
        run.finish().await.unwrap().progress
    };
    let (progress, ()) = tokio::join!(run, taken);
    assert_eq!((progress.ordered, progress.unknown, progress.elsewhere), (0, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_claimed_before_another_database_took_over_is_not_begun() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let sims = ["1", "2"].map(wanted);
    journal.claim(&sims, &terms()).await.unwrap();
    journal.begun(&sims[0], &a_first(), &terms()).await.unwrap();
    observed(&database.string, "UPDATE linksfield_fleet_sims SET claimed_at = 'another'").await;
    let lost = journal.begun(&sims[1], &a_first(), &terms()).await.unwrap_err();
    assert!(matches!(lost, JournalError::Lost { .. }), "{lost}");
    // What was accepted is written down all the same: nothing is sent by that.
    let mut second = a_first();
    (second.sent, second.accepted) = (2, Some("ORDER_2".to_owned()));
    journal.begun(&sims[0], &second, &terms()).await.unwrap();
    journal.unknown(&sims[0], "it is not listed").await.unwrap();
    let claims = journal.claim(&sims[..1], &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Begun { orders, .. }] if *orders == second), "{claims:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_order_that_was_accepted_is_written_down_though_the_sim_was_lost() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let first = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let other = PostgresJournal::open(&database.string, NAME, &purpose).await.unwrap();
    let sims = [wanted("1")];
    let mut second = a_first();
    (second.sent, second.accepted) = (2, Some("ORDER_2".to_owned()));
    first.claim(&sims, &terms()).await.unwrap();
    first.begun(&sims[0], &a_first(), &terms()).await.unwrap();
    observed(&database.string, LEASES_END).await;
    other.claim(&sims, &terms()).await.unwrap();
    let lost = first.begun(&sims[0], &second, &terms()).await.unwrap_err();
    assert!(matches!(lost, JournalError::Lost { .. }), "{lost}");
    let lost = other.begun(&sims[0], &a_first(), &terms()).await.unwrap_err();
    assert!(matches!(lost, JournalError::Lost { .. }), "nothing more is ordered: {lost}");
    observed(&database.string, LEASES_END).await;
    let claims = other.claim(&sims, &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Unknown(why)] if why.contains("ORDER_2")), "{claims:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_is_looked_for_after_the_longer_of_two_settles() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let (long, short) = (Duration::from_secs(90), Duration::from_secs(1));
    for (began, claims) in [(long, short), (short, long)] {
        let (began, claims) = (Terms::new(Duration::ZERO, began), Terms::new(Duration::ZERO, claims));
        journal.claim(&[wanted("1")], &began).await.unwrap();
        journal.begun(&wanted("1"), &a_first(), &began).await.unwrap();
        journal.unknown(&wanted("1"), "no answer").await.unwrap();
        let claims = journal.claim(&[wanted("1")], &claims).await.unwrap();
        assert!(matches!(&claims[..], [Claim::Begun { wait, .. }] if *wait == long), "{claims:?}");
        let lease = "SELECT extract(epoch FROM lease_ends - clock_timestamp())::float8 FROM linksfield_fleet_sims";
        let lease: f64 = client(&database.string).await.query_one(lease, &[]).await.unwrap().get(0);
        assert!(lease > 50.0, "it is claimed for {lease} s, and looked for after 90");
        journal.unknown(&wanted("1"), "for the next").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_say_that_a_database_that_took_over_has_forgotten_nothing() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    observed(&database.string, "UPDATE linksfield_fleets SET identity = 'another'").await;
    let sims = [wanted("1")];
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Forgotten { .. }]), "{claims:?}");
    journal.release(&sims[0], "for the next").await.unwrap();
    journal.forgot_nothing().await.unwrap();
    assert_eq!(journal.claim(&sims, &terms()).await.unwrap(), [Claim::Open]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_before_another_database_took_over_is_not_ordered_again_by_any_run() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let sims = ["1", "2"].map(wanted);
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    assert_eq!(claims, [Claim::Open, Claim::Open]);
    for wanted in &sims {
        journal.begun(wanted, &a_first(), &terms()).await.unwrap();
        journal.unknown(wanted, "no answer").await.unwrap();
    }
    // What is there may be older than what was written last: a second order, or the id of one.
    let another =
        "UPDATE linksfield_fleets SET identity = 'another'; UPDATE linksfield_fleet_sims SET begun_in = 'another'";
    observed(&database.string, another).await;
    for _ in 0..2 {
        let claims = journal.claim(&sims, &terms()).await.unwrap();
        let forgotten = |claim: &Claim| matches!(claim, Claim::Unknown(why) if why.contains("forgotten"));
        assert!(claims.iter().all(forgotten), "{claims:?}");
    }
    // A person tells of one, and it is begun anew; then of the whole database.
    journal.found_out(sims[0].sim, None).await.unwrap();
    journal.claim(&sims[..1], &terms()).await.unwrap();
    journal.begun(&sims[0], &a_first(), &terms()).await.unwrap();
    journal.unknown(&sims[0], "no answer").await.unwrap();
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Begun { .. }, Claim::Unknown(_)]), "{claims:?}");
    journal.forgot_nothing().await.unwrap();
    let claims = journal.claim(&sims[1..], &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Begun { .. }]), "{claims:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_comes_late_does_not_overwrite_what_was_begun_after_it() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let sims = [wanted("1")];
    let mut second = a_first();
    (second.sent, second.accepted) = (2, Some("ORDER_2".to_owned()));
    journal.claim(&sims, &terms()).await.unwrap();
    journal.begun(&sims[0], &a_first(), &terms()).await.unwrap();
    journal.begun(&sims[0], &second, &terms()).await.unwrap();
    // As if the next were one that was sent before those.
    observed(&database.string, "UPDATE linksfield_fleet_sims SET step = step + 9").await;
    let late = journal.begun(&sims[0], &a_first(), &terms()).await.unwrap_err();
    assert!(matches!(late, JournalError::Lost { .. }), "{late}");
    observed(&database.string, LEASES_END).await;
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Begun { orders, .. }] if *orders == second), "{claims:?}");
    // Each claim counts anew.
    journal.begun(&sims[0], &second, &terms()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_said_of_one_order_and_comes_late_is_not_taken_for_another() {
    let Some(server) = Server::start("") else { return };
    let (proxy, purpose) = (Proxy::before(&server), fleet("http://127.0.0.1:1").purpose().clone());
    let journal = PostgresJournal::create(&proxy.string(), NAME, &purpose).await.unwrap();
    let sims = [wanted("1")];
    let begin = async || {
        journal.claim(&sims, &terms()).await.unwrap();
        journal.begun(&sims[0], &a_first(), &terms()).await.unwrap();
        journal.unknown(&sims[0], "no answer").await.unwrap();
    };
    begin().await;
    proxy.hold("found AS");
    journal.found_out(sims[0].sim, None).await.unwrap();
    begin().await;
    proxy.hand_on().await;
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Begun { .. }]), "{claims:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_could_not_be_written_can_be_told_again() {
    let Some(server) = Server::start("") else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = PostgresJournal::create(&server.string(), NAME, &purpose).await.unwrap();
    let (sims, ordered) = ([wanted("1")], Done::Ordered("ORDER_1".to_owned()));
    journal.claim(&sims, &terms()).await.unwrap();
    journal.begun(&sims[0], &a_first(), &terms()).await.unwrap();
    server.crash();
    let failed = journal.done(&sims[0], &ordered).await.unwrap_err();
    assert!(matches!(failed, JournalError::Failed { .. }), "{failed}");
    server.go_on();
    journal.done(&sims[0], &ordered).await.unwrap();
    let claims = journal.claim(&sims, &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Ordered { .. }]), "{claims:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_that_was_told_is_not_told_again_in_its_own_words() {
    let Some(database) = Database::any().await else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let first = PostgresJournal::create(&database.string, NAME, &purpose).await.unwrap();
    let other = PostgresJournal::open(&database.string, NAME, &purpose).await.unwrap();
    let sims = [wanted("1")];
    first.claim(&sims, &terms()).await.unwrap();
    first.begun(&sims[0], &a_first(), &terms()).await.unwrap();
    observed(&database.string, LEASES_END).await;
    other.claim(&sims, &terms()).await.unwrap();
    other.done(&sims[0], &Done::Ordered("ORDER_Z".to_owned())).await.unwrap();
    let doubt = |result: Result<(), JournalError>| match result {
        Err(JournalError::Doubtful { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let why = doubt(first.done(&sims[0], &Done::Ordered("ORDER_Y".to_owned())).await);
    assert_eq!(doubt(first.unknown(&sims[0], &why).await), why);
    assert_eq!(other.claim(&sims, &terms()).await.unwrap(), [Claim::Unknown(why)]);
}

/// Claims, begins and ends `FLEET_SIMS` SIMs, on a database that syncs, with nothing else between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn how_many_sims_a_second_the_database_takes() {
    let Some(server) = Server::start("-c fsync=on") else { return };
    let purpose = fleet("http://127.0.0.1:1").purpose().clone();
    let journal = Arc::new(PostgresJournal::create(&server.string(), NAME, &purpose).await.unwrap());
    let (sims, start) = (number("FLEET_SIMS", 1000), Instant::now());
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..16 {
        let journal = Arc::clone(&journal);
        workers.spawn(async move {
            let own: Vec<_> = (worker..sims).step_by(16).map(|sim| wanted(&sim.to_string())).collect();
            for some in own.chunks(16) {
                journal.claim(some, &terms()).await.unwrap();
                for wanted in some {
                    journal.begun(wanted, &a_first(), &terms()).await.unwrap();
                    journal.done(wanted, &Done::Ordered("ORDER_47452122261749760".to_owned())).await.unwrap();
                }
            }
        });
    }
    workers.join_all().await;
    let seconds = start.elapsed().as_secs_f64();
    let size = "SELECT pg_total_relation_size('linksfield_fleet_sims')";
    let size: i64 = client(&server.string()).await.query_one(size, &[]).await.unwrap().get(0);
    let (sims, size) = (sims as f64, size as f64);
    println!(
        "{sims} SIMs: {:.0} a second, {:.0} statements; {:.0} bytes each",
        sims / seconds,
        sims * (2.0 + 1.0 / 16.0) / seconds,
        size / sims
    );
}
