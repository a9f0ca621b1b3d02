//! The database is restarted, read-only, or cut off in the middle.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use linksfield::notification::{Answer, Begun, Deliveries, Receiver, Signer, Standing, Verifier};
use linksfield_postgres::{PostgresDeliveries, tokio_postgres};
use tokio::sync::Mutex;

use crate::support::{Pooler, Proxy, Server, claim, client, signed, until, waiting};

const LEASE: Duration = Duration::from_secs(60);

fn receiver(store: PostgresDeliveries) -> Receiver<PostgresDeliveries> {
    Receiver::with(Verifier::builder().key("1", "a key").build(), store)
}

/// Acts in the transaction that marks the delivery.
async fn receive(
    receiver: &Receiver<PostgresDeliveries>,
    client: &Arc<Mutex<tokio_postgres::Client>>,
    body: &'static str,
) -> Answer {
    let headers =
        Signer::new("1", "a key").headers(body.as_bytes(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let client = client.clone();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let handle = move |_, claim| async move {
        let mut client = client.lock().await;
        let transaction = client.transaction().await?;
        transaction.execute("INSERT INTO effect VALUES ($1)", &[&body]).await?;
        assert_eq!(PostgresDeliveries::done_in(&transaction, &claim).await?, Standing::Done);
        transaction.commit().await
    };
    receiver.receive(&headers.unwrap(), body.as_bytes(), now, handle).await
}

async fn effects(server: &Server) -> i64 {
    client(&server.string()).await.query_one("SELECT count(*) FROM effect", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_answer_to_commit_that_is_lost_does_not_act_twice() {
    let Some(server) = Server::start("") else { return };
    let proxy = Proxy::before(&server);
    let receiver = receiver(PostgresDeliveries::connect(&server.string()).await.unwrap());
    client(&server.string()).await.batch_execute("CREATE TABLE effect (body text)").await.unwrap();
    let through = Arc::new(Mutex::new(client(&proxy.string()).await));
    proxy.cut_after("COMMIT");
    let first = receive(&receiver, &through, "[1]").await;
    assert_eq!((proxy.cuts(), effects(&server).await), (1, 1), "it was committed, and nobody was told");
    assert_eq!((first.status().as_u16(), first.text()), (200, "this notification was acted on before"));

    // Cut before: the transaction is rolled back, and the next time it is acted on.
    let through = Arc::new(Mutex::new(client(&proxy.string()).await));
    proxy.cut_after("INSERT INTO effect");
    assert_eq!(receive(&receiver, &through, "[2]").await.status(), 500);
    assert_eq!(effects(&server).await, 1);
    let through = Arc::new(Mutex::new(client(&proxy.string()).await));
    assert_eq!(receive(&receiver, &through, "[2]").await.text(), "done");
    assert_eq!(receive(&receiver, &through, "[2]").await.text(), "this notification was acted on before");
    assert_eq!(effects(&server).await, 2);
}

#[tokio::test]
async fn a_step_whose_answer_is_lost_is_carried_out_again_and_says_the_same() {
    let Some(server) = Server::start("") else { return };
    let proxy = Proxy::before(&server);
    let store = PostgresDeliveries::connect(&proxy.string()).await.unwrap();
    let (begun, lost) = (signed(1, 2), claim(3));
    proxy.cut_after("INSERT INTO linksfield_deliveries");
    assert_eq!(store.begin(&begun, LEASE).await.unwrap(), Begun::Yours);
    proxy.cut_after("done_at = coalesce");
    assert_eq!(store.done(&begun).await.unwrap(), Standing::Done);
    store.begin(&lost, LEASE).await.unwrap();
    proxy.cut_after("DELETE FROM");
    assert_eq!(store.release(&lost).await.unwrap(), Standing::Gone);
    assert_eq!(proxy.cuts(), 3);
}

#[tokio::test]
async fn no_statement_has_a_name_that_a_pooler_could_give_to_another() {
    let Some(server) = Server::start("") else { return };
    let proxy = Proxy::before(&server);
    let store = PostgresDeliveries::connect(&proxy.string()).await.unwrap();
    let claim = claim(1);
    store.begin(&claim, LEASE).await.unwrap();
    store.renew(&claim, LEASE).await.unwrap();
    store.standing(&claim).await.unwrap();
    let mut client = client(&proxy.string()).await;
    let transaction = client.transaction().await.unwrap();
    PostgresDeliveries::done_in(&transaction, &claim).await.unwrap();
    transaction.commit().await.unwrap();
    store.release(&claim).await.unwrap();
    store.clean().await.unwrap();
    let (statements, named) = proxy.statements();
    assert!(statements >= 7, "{statements}");
    assert_eq!(named, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_may_give_each_statement_another_connection() {
    let Some(server) = Server::start("") else { return };
    let Some(pooler) = Pooler::before(&server) else { return };
    let mut working = tokio::task::JoinSet::new();
    for id in 0..8 {
        let store = PostgresDeliveries::connect(&pooler.string()).await.unwrap();
        working.spawn(async move {
            for round in 0..10 {
                let claim = claim(id * 10 + round);
                assert_eq!(store.begin(&claim, LEASE).await.unwrap(), Begun::Yours);
                assert_eq!(store.renew(&claim, LEASE).await.unwrap(), Standing::Held);
                assert_eq!(store.done(&claim).await.unwrap(), Standing::Done);
            }
            store.clean().await.unwrap()
        });
    }
    assert_eq!(working.join_all().await.len(), 8);
    let held = claim(200);
    PostgresDeliveries::connect(&server.string()).await.unwrap().begin(&held, LEASE).await.unwrap();
    let mut client = client(&pooler.string()).await;
    let transaction = client.transaction().await.unwrap();
    assert_eq!(PostgresDeliveries::done_in(&transaction, &held).await.unwrap(), Standing::Done);
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn it_connects_anew_after_the_server_was_restarted_and_is_an_error_while_it_is_down() {
    let Some(server) = Server::start("") else { return };
    let store = PostgresDeliveries::connect(&server.string()).await.unwrap();
    let (done, held) = (claim(1), claim(2));
    store.begin(&done, LEASE).await.unwrap();
    store.begin(&held, LEASE).await.unwrap();
    store.done(&done).await.unwrap();
    server.crash();
    let error = store.standing(&done).await.unwrap_err().to_string();
    assert!(error.contains(&server.folder().display().to_string()), "{error}");
    let (receiver, headers) = (receiver(store.clone()), Signer::new("1", "a key").headers(b"{}", SystemTime::now()));
    let answer = receiver.receive(&headers.unwrap(), b"{}", SystemTime::now(), |_, _| async { Ok::<_, ()>(()) }).await;
    assert_eq!(answer.status(), 503);
    server.go_on();
    assert_eq!(store.standing(&done).await.unwrap(), Standing::Done);
    assert_eq!(store.done(&held).await.unwrap(), Standing::Done);

    // In the middle of a step: what waits for a lock is cut off, and carried out when the server is there again.
    let waits = claim(3);
    store.begin(&waits, LEASE).await.unwrap();
    let (holder, observer) = (client(&server.string()).await, client(&server.string()).await);
    holder.batch_execute("BEGIN; SELECT FROM linksfield_deliveries FOR UPDATE").await.unwrap();
    let (marks, claim) = (store.clone(), waits.clone());
    let marking = tokio::spawn(async move { marks.done(&claim).await });
    until(&observer, &waiting(1)).await;
    let restart = move || {
        server.crash();
        server.go_on();
        server
    };
    let _server = tokio::task::spawn_blocking(restart).await.unwrap();
    // Done by itself, or, where the server took longer than a step may, when it is asked again.
    let marked = marking.await.unwrap();
    assert!(matches!(marked, Ok(Standing::Done) | Err(_)), "{marked:?}");
    assert_eq!(store.done(&waits).await.unwrap(), Standing::Done);
}

#[tokio::test]
async fn a_server_that_has_become_read_only_is_left() {
    let (Some(old), Some(new)) = (Server::start(""), Server::start("")) else { return };
    let hosts = format!("{},{}", old.folder().display(), new.folder().display());
    PostgresDeliveries::connect(&new.string()).await.unwrap();
    let string = format!("host={hosts} user=postgres dbname=postgres target_session_attrs=read-write");
    let store = PostgresDeliveries::connect(&string).await.unwrap();
    store.begin(&claim(1), LEASE).await.unwrap();
    let count = async |server: &Server| {
        client(&server.string())
            .await
            .query_one("SELECT count(*) FROM linksfield_deliveries", &[])
            .await
            .unwrap()
            .get::<_, i64>(0)
    };
    assert_eq!((count(&old).await, count(&new).await), (1, 0));
    // As a primary that is a standby now: the connection that is open stays open.
    client(&old.string()).await.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    client(&old.string()).await.query_one("SELECT pg_reload_conf()", &[]).await.unwrap();
    // The server takes the setting up when it comes to it.
    for _ in 0..600 {
        store.begin(&claim(2), LEASE).await.unwrap();
        if count(&new).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the one that is read-only was not left");
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_cancelled_at_the_server() {
    let Some(server) = Server::start("") else { return };
    let store = PostgresDeliveries::connect(&server.string()).await.unwrap();
    let held = claim(1);
    store.begin(&held, LEASE).await.unwrap();
    let (holder, observer) = (client(&server.string()).await, client(&server.string()).await);
    holder.batch_execute("BEGIN; SELECT FROM linksfield_deliveries FOR UPDATE").await.unwrap();
    // It is late: all of its attempts are.
    let late = store.done(&held).await.unwrap_err().to_string();
    assert!(late.contains("has not answered in time"), "{late}");
    until(&observer, &waiting(0)).await;
    // It is dropped.
    let (marks, claim) = (store.clone(), held.clone());
    let marking = tokio::spawn(async move { marks.done(&claim).await });
    until(&observer, &waiting(1)).await;
    marking.abort();
    until(&observer, &waiting(0)).await;
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(store.standing(&held).await.unwrap(), Standing::Held, "what was given up is not carried out later");
}

#[tokio::test]
async fn a_host_that_takes_connections_and_says_nothing_does_not_stand_before_the_others() {
    let Some(server) = Server::start("") else { return };
    let folder = tempfile::tempdir().unwrap();
    let _mute = std::os::unix::net::UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
    let hosts = format!("{},{}", folder.path().display(), server.folder().display());
    let connect = async |hosts: &str| {
        PostgresDeliveries::connect(&format!("host={hosts} user=postgres dbname=postgres connect_timeout=1")).await
    };
    let store = connect(&hosts).await.unwrap();
    assert_eq!(store.begin(&claim(1), LEASE).await.unwrap(), Begun::Yours);
    let late = connect(&folder.path().display().to_string()).await.unwrap_err().to_string();
    assert!(late.contains("has not answered in time"), "{late}");
}

/// A store that has reached a server by way of what falls mute, and next to that another server.
async fn beside_another(server: &Server, other: &Server, setting: &str) -> (Proxy, PostgresDeliveries) {
    let proxy = Proxy::before(server);
    PostgresDeliveries::connect(&other.string()).await.unwrap();
    let hosts = proxy.string().replace(" user=", &format!(",{} user=", other.folder().display()));
    let store = PostgresDeliveries::connect(&format!("{hosts} {setting}")).await.unwrap();
    (proxy, store)
}

#[tokio::test]
async fn a_host_that_falls_mute_is_passed_over_however_long_connecting_may_take() {
    let (Some(server), Some(other)) = (Server::start(""), Server::start("")) else { return };
    let (proxy, store) = beside_another(&server, &other, "connect_timeout=10").await;
    store.begin(&claim(1), LEASE).await.unwrap();
    proxy.fall_mute();
    // Where the machine is slow, the first step ends before it comes to the other host: the second begins there.
    let _ = store.begin(&claim(2), LEASE).await;
    assert_eq!(store.begin(&claim(3), LEASE).await.unwrap(), Begun::Yours);
}

#[tokio::test]
async fn one_late_statement_closes_all_connections_to_a_host_that_has_fallen_mute() {
    let (Some(server), Some(other)) = (Server::start(""), Server::start("")) else { return };
    let (proxy, store) = beside_another(&server, &other, "connect_timeout=1").await;
    let begin = async |delivery| store.begin(&claim(delivery), LEASE).await.unwrap();
    assert_eq!(tokio::join!(begin(1), begin(2), begin(3)), (Begun::Yours, Begun::Yours, Begun::Yours));
    proxy.fall_mute();
    assert_eq!(begin(4).await, Begun::Yours);
}

#[tokio::test]
async fn no_error_shows_a_password() {
    let string = "host=/nowhere port=5433 user=somebody password=secret dbname=shop";
    let error = PostgresDeliveries::connect(string).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("/nowhere:5433/shop"), "{shown}");
    assert!(!shown.contains("secret") && !shown.contains("somebody"), "{shown}");

    // What the server says is told as it is: it may name the user.
    let Some(server) = Server::start("") else { return };
    let string = server.string().replace("user=postgres", "user=somebody password=secret");
    let error = PostgresDeliveries::connect(&string).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("somebody") && !shown.contains("secret"), "{shown}");
}
