//! Nothing is lost, and nothing is acted on twice that need not be, while handlers fail in every way and servers are killed.
//!
//! A server is a process of its own: this program again, which runs the ignored test `server`.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Router};
use linksfield::notification::{Claim, Deliveries, Receiver, Signer, Standing, Verified, Verifier};
use linksfield::reqwest;
use linksfield_postgres::PostgresDeliveries;
use linksfield_postgres::tokio_postgres::Client;
use tokio::sync::Mutex;

use crate::support::{Database, client};

const LEASE: Duration = Duration::from_secs(3);

/// How many notifications: a few in each run of the tests, as many as wished by hand.
fn count() -> usize {
    std::env::var("LINKSFIELD_TEST_NOTIFICATIONS").map_or(150, |count| count.parse().unwrap())
}

/// What becomes of a handler.
enum Fate {
    Acts,
    ActsSlowly,
    FailsBefore,
    PanicsBefore,
    FailsAfter,
    PanicsAfter,
    KilledBefore,
    KilledAfter,
}

fn fate() -> Fate {
    match fastrand::u32(0..1000) {
        0..80 => Fate::FailsBefore,
        80..160 => Fate::PanicsBefore,
        160..200 => Fate::FailsAfter,
        200..240 => Fate::PanicsAfter,
        240..300 => Fate::ActsSlowly,
        300..303 => Fate::KilledBefore,
        303..306 => Fate::KilledAfter,
        _ => Fate::Acts,
    }
}

/// A server until it is killed. It appends a line for each effect that is not in a transaction: number, process, and
/// whether it fails after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is a server of the test below"]
async fn server() {
    let Ok(address) = std::env::var("MEASURE_LISTEN") else { return };
    let verifier = Verifier::builder().key("1", "a key").build();
    let app = match std::env::var("MEASURE_POSTGRES") {
        Ok(string) => {
            let store = PostgresDeliveries::connect(&string).await.unwrap();
            let database: Effects = Effects::Rows(Arc::new(Mutex::new(client(&string).await)));
            app(Receiver::with(verifier, store), database)
        }
        Err(_) => app(Receiver::new(verifier), Effects::Lines(std::env::var("MEASURE_FILE").unwrap().into())),
    };
    axum::serve(tokio::net::TcpListener::bind(address).await.unwrap(), app).await.unwrap();
}

fn app<D: Deliveries + 'static>(receiver: Receiver<D>, effects: Effects) -> Router {
    Router::new().route("/", post(handle).layer(receiver.lease(LEASE))).layer(Extension(effects))
}

#[derive(Clone)]
enum Effects {
    Lines(PathBuf),
    Rows(Arc<Mutex<Client>>),
}

async fn handle(
    Extension(effects): Extension<Effects>,
    Extension(verified): Extension<Verified>,
    Extension(claim): Extension<Claim>,
) -> StatusCode {
    let number: i32 = String::from_utf8_lossy(&verified.body).trim_matches(['[', ']']).parse().unwrap();
    let fate = fate();
    match fate {
        Fate::FailsBefore => return StatusCode::INTERNAL_SERVER_ERROR,
        Fate::PanicsBefore => panic!("before the effect"),
        Fate::KilledBefore => std::process::abort(),
        Fate::ActsSlowly => tokio::time::sleep(Duration::from_millis(300)).await,
        Fate::Acts | Fate::FailsAfter | Fate::PanicsAfter | Fate::KilledAfter => {}
    }
    let fails = matches!(fate, Fate::FailsAfter | Fate::PanicsAfter);
    match &effects {
        Effects::Lines(file) => {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
            file.write_all(format!("{number} {} {fails}\n", std::process::id()).as_bytes()).unwrap();
        }
        Effects::Rows(client) => {
            let mut client = client.lock().await;
            let transaction = client.transaction().await.unwrap();
            transaction.execute("INSERT INTO effect VALUES ($1)", &[&number]).await.unwrap();
            match PostgresDeliveries::done_in(&transaction, &claim).await.unwrap() {
                Standing::Done => transaction.commit().await.unwrap(),
                Standing::Held | Standing::Gone => return StatusCode::INTERNAL_SERVER_ERROR,
            }
        }
    }
    match fate {
        Fate::FailsAfter => StatusCode::INTERNAL_SERVER_ERROR,
        Fate::PanicsAfter => panic!("after the effect"),
        Fate::KilledAfter => std::process::abort(),
        _ => StatusCode::OK,
    }
}

/// Keeps servers running, and counts how often they were killed.
struct Servers {
    addresses: Vec<String>,
    environment: (&'static str, String),
    children: std::sync::Mutex<Vec<Child>>,
    killed: AtomicUsize,
}

impl Servers {
    fn start(count: usize, environment: (&'static str, String)) -> Arc<Self> {
        let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listeners: Vec<_> = (0..count).map(|_| free()).collect();
        let addresses = listeners.iter().map(|listener| listener.local_addr().unwrap().to_string()).collect();
        drop(listeners);
        let this = Self { addresses, environment, children: std::sync::Mutex::default(), killed: AtomicUsize::new(0) };
        let children = this.addresses.iter().map(|address| this.child(address)).collect();
        *this.children.lock().unwrap() = children;
        Arc::new(this)
    }

    fn child(&self, address: &str) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "measure::server"])
            .env("MEASURE_LISTEN", address)
            .env(self.environment.0, &self.environment.1)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Starts anew what was killed.
    fn look_after(&self) {
        for (child, address) in self.children.lock().unwrap().iter_mut().zip(&self.addresses) {
            if child.try_wait().unwrap().is_some() {
                self.killed.fetch_add(1, Ordering::SeqCst);
                *child = self.child(address);
            }
        }
    }

    /// Sends a notification until it is accepted, and some of them once more then, and says how often it was sent.
    async fn deliver(&self, http: &reqwest::Client, number: usize) -> usize {
        let body = format!("[{number}]");
        let signer = Signer::new("1", "a key");
        let mut again = fastrand::u8(0..5) == 0;
        let mut headers = None;
        for attempt in 1..=3000 {
            // As the same bytes, or signed anew.
            let same = headers.take().filter(|_| number.is_multiple_of(2));
            let signed = same.unwrap_or_else(|| signer.headers(body.as_bytes(), SystemTime::now()).unwrap());
            headers = Some(signed.clone());
            let url = format!("http://{}/", self.addresses[fastrand::usize(..self.addresses.len())]);
            // Some are hung up on by the sender.
            let patience = Duration::from_millis(if fastrand::u8(0..20) == 0 { 20 } else { 10_000 });
            let request = http.post(url).headers(signed).header("x-lf-delivery", number).body(body.clone());
            let sent = request.timeout(patience).send().await;
            if sent.is_ok_and(|answer| answer.status().is_success()) && !std::mem::take(&mut again) {
                return attempt;
            }
            tokio::time::sleep(Duration::from_millis(fastrand::u64(5..100))).await;
        }
        panic!("{number} was never accepted");
    }

    async fn deliver_all(self: &Arc<Self>, count: usize) -> usize {
        let (next, sent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (this, next, sent, http) = (self.clone(), next.clone(), sent.clone(), http.clone());
            senders.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= count {
                        return;
                    }
                    sent.fetch_add(this.deliver(&http, number).await, Ordering::SeqCst);
                }
            });
        }
        while !senders.is_empty() {
            self.look_after();
            let _ = tokio::time::timeout(Duration::from_millis(20), senders.join_next()).await;
        }
        sent.load(Ordering::SeqCst)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in self.children.lock().unwrap().iter_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[tokio::test]
async fn in_memory_nothing_is_lost_and_twice_is_only_what_was_killed_or_failed_after_its_effect() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("effects");
    let servers = Servers::start(1, ("MEASURE_FILE", file.display().to_string()));
    let count = count();
    let sent = servers.deliver_all(count).await;
    let killed = servers.killed.load(Ordering::SeqCst);
    drop(servers);
    let (lost, after_kill, after_failure, unexplained) = judged(&file, count);
    let told = format!(
        "in memory: {count} notifications, sent {sent} times, servers killed {killed} times; lost {lost}, acted on once \
         more {after_kill} times after a kill, {after_failure} times after a failure behind the effect, {unexplained} \
         times else\n"
    );
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    assert_eq!((lost, unexplained), (0, 0));
}

/// How many were lost, and how often one was acted on again: after a kill, after a failure behind its effect, or else.
fn judged(file: &Path, count: usize) -> (usize, usize, usize, usize) {
    let mut effects: HashMap<usize, Vec<(String, bool)>> = HashMap::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let parts: Vec<_> = line.split(' ').collect();
        effects.entry(parts[0].parse().unwrap()).or_default().push((parts[1].to_owned(), parts[2] == "true"));
    }
    let (mut after_kill, mut after_failure, mut unexplained) = (0, 0, 0);
    for pair in effects.values().flat_map(|effects| effects.windows(2)) {
        let [(before, failed), (then, _)] = pair else { continue };
        match (*failed, before == then) {
            (true, _) => after_failure += 1,
            (false, false) => after_kill += 1,
            (false, true) => unexplained += 1,
        }
    }
    (count - effects.len(), after_kill, after_failure, unexplained)
}

#[tokio::test]
async fn over_a_database_two_servers_act_exactly_once_where_the_effect_is_in_the_transaction() {
    let Some(database) = Database::any().await else { return };
    let observer = client(&database.string).await;
    observer.batch_execute("CREATE TABLE effect (number integer NOT NULL)").await.unwrap();
    PostgresDeliveries::connect(&database.string).await.unwrap();
    let servers = Servers::start(2, ("MEASURE_POSTGRES", database.string.clone()));
    let count = count();
    let sent = servers.deliver_all(count).await;
    let killed = servers.killed.load(Ordering::SeqCst);
    drop(servers);
    let counted = "SELECT count(DISTINCT number), count(*) FROM effect";
    let row = observer.query_one(counted, &[]).await.unwrap();
    let (different, all): (i64, i64) = (row.get(0), row.get(1));
    let lost = i64::try_from(count).unwrap() - different;
    let twice = all - different;
    let told = format!(
        "PostgreSQL: {count} notifications, sent {sent} times to 2 servers, killed {killed} times; lost {lost}, acted on \
         once more {twice} times\n"
    );
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    assert_eq!((lost, twice), (0, 0));
}
