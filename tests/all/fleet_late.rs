//! Orders that arrive late, or not at all, because something stands between the fleet and the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use linksfield::csss::Client;
use linksfield::fleet::{FileJournal, Fleet, Outcome, Summary};
use linksfield::sandbox::Sandbox;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::fleet_runs::{defaults, outcomes};
use crate::support::http;

/// Stands before a sandbox. The first order is handed on only when it is told to, and who sent it is hung up on.
struct Relay {
    sandbox: Sandbox,
    url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    orders: AtomicUsize,
    is_held: Notify,
    hand_on: Notify,
    is_handed_on: Notify,
    /// Whether the answer to the second order names another than is listed.
    is_renamed: AtomicBool,
}

impl Relay {
    async fn start() -> Self {
        let (sandbox, seen) = (Sandbox::start().await.unwrap(), Arc::<Seen>::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (server, sees) = (sandbox.url().trim_start_matches("http://").to_owned(), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                sees.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(pass(client, server.clone(), Arc::clone(&sees)));
            }
        });
        Self { sandbox, url, seen }
    }

    /// A client that makes a connection for each call.
    fn client(&self) -> Client {
        let http = http().pool_max_idle_per_host(0).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let client = Client::builder().credentials(self.sandbox.credentials().clone()).environment(&*self.url);
        client.http_client(http).build().unwrap()
    }

    async fn order(&self, fleet: &Fleet<Client>) -> (Outcome, Summary) {
        let folder = tempfile::tempdir().unwrap();
        let journal = FileJournal::create(folder.path().join("journal"), fleet.purpose()).await.unwrap();
        let list = fleet.list_of("device_id\n1\n").unwrap();
        let (mut outcomes, summary) = outcomes(fleet.run(list, journal)).await.unwrap();
        (outcomes.pop().unwrap(), summary)
    }
}

async fn pass(mut client: TcpStream, server: String, seen: Arc<Seen>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !is_whole(&request) {
        if client.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let is_order = String::from_utf8_lossy(&request).contains("/package/orderPackage");
    if is_order && seen.orders.fetch_add(1, Ordering::SeqCst) == 0 {
        drop(client);
        seen.is_held.notify_one();
        seen.hand_on.notified().await;
        let mut server = TcpStream::connect(server).await?;
        server.write_all(&request).await?;
        server.read_buf(&mut Vec::new()).await?;
        seen.is_handed_on.notify_one();
        return Ok(());
    }
    let mut server = TcpStream::connect(server).await?;
    server.write_all(&request).await?;
    if is_order && seen.is_renamed.load(Ordering::SeqCst) {
        let mut answer = Vec::new();
        while !is_whole(&answer) {
            server.read_buf(&mut answer).await?;
        }
        let answer = String::from_utf8(answer).unwrap().replace("ORDER_0", "ORDER_9");
        return client.write_all(answer.as_bytes()).await;
    }
    let ((mut from, mut to), (mut back, mut out)) = (client.split(), server.split());
    tokio::select! { _ = copy(&mut from, &mut out) => {}, _ = copy(&mut back, &mut to) => {} }
    Ok(())
}

/// Whether a request is there with its body.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_does_within_deadline_and_settle_is_seen_though_the_connection_was_cut_at_once() {
    let relay = Relay::start().await;
    let fleet = Fleet::builder().client(relay.client()).defaults(&defaults()).deadline(Duration::from_secs(4));
    let fleet = fleet.settle(Duration::from_millis(10)).build().unwrap();
    let seen = Arc::clone(&relay.seen);
    tokio::spawn(async move {
        seen.is_held.notified().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        seen.hand_on.notify_one();
    });
    let (outcome, summary) = relay.order(&fleet).await;
    relay.seen.is_handed_on.notified().await;
    assert!(matches!(outcome, Outcome::Ordered(_)), "{outcome:?}");
    assert_eq!((summary.progress.looked_up, relay.sandbox.order_count()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_does_later_than_that_is_told_and_not_called_one_order() {
    let relay = Relay::start().await;
    let fleet = Fleet::builder().client(relay.client()).defaults(&defaults()).deadline(Duration::from_secs(1));
    let fleet = fleet.settle(Duration::from_secs(1)).build().unwrap();
    let order = relay.order(&fleet);
    let late = async {
        while relay.sandbox.order_count() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        relay.seen.hand_on.notify_one();
    };
    let ((outcome, _), ()) = tokio::join!(order, late);
    assert!(matches!(&outcome, Outcome::Unknown(why) if why.contains("several new orders")), "{outcome:?}");
    assert_eq!(relay.sandbox.order_count(), 2, "no client can take back what is on its way to the server");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_another_order_is_listed_than_the_answer_names_it_is_not_called_one_order() {
    let relay = Relay::start().await;
    relay.seen.is_renamed.store(true, Ordering::SeqCst);
    let fleet = Fleet::builder().client(relay.client()).defaults(&defaults()).deadline(Duration::from_secs(1));
    let fleet = fleet.settle(Duration::from_millis(10)).build().unwrap();
    let (outcome, _) = relay.order(&fleet).await;
    let names_both = |why: &str| why.contains("ORDER_9") && why.contains("ORDER_0");
    assert!(matches!(&outcome, Outcome::Unknown(why) if names_both(why)), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_slept_while_the_connection_was_made_sends_nothing() {
    let relay = Relay::start().await;
    let seen = Arc::clone(&relay.seen);
    // The machine sleeps an hour while each connection is made.
    let hour = Duration::from_secs(3600);
    let clock = move || hour * u32::try_from(seen.connections.load(Ordering::SeqCst)).unwrap();
    let fleet = Fleet::builder().client(relay.client()).defaults(&defaults()).clock(clock).build().unwrap();
    let (outcome, _) = relay.order(&fleet).await;
    assert!(matches!(&outcome, Outcome::NotSent(why) if why.contains("too long")), "{outcome:?}");
    assert_eq!((relay.seen.orders.load(Ordering::SeqCst), relay.sandbox.order_count()), (0, 0));
}
