//! The steps of the store, and receivers over it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use linksfield::notification::{Begun, Claim, Deliveries, Receiver, Signer, Standing, Verifier};
use linksfield_postgres::PostgresDeliveries;
use linksfield_postgres::tokio_postgres::IsolationLevel;
use linksfield_postgres::tokio_postgres::error::SqlState;

use crate::support::{Database, Server, claim, client, signed, until, waiting};

const LEASE: Duration = Duration::from_secs(60);

/// Lets time pass for what is in the store: the database's clock can't be set.
async fn age(string: &str, seconds: u32) {
    let interval = format!("interval '{seconds} seconds'");
    let aged = format!(
        "UPDATE linksfield_deliveries SET lease_ends = lease_ends - {interval}, done_at = done_at - {interval};
        UPDATE linksfield_signatures SET seen_at = seen_at - {interval}"
    );
    client(string).await.batch_execute(&aged).await.unwrap();
}

#[tokio::test]
async fn one_whose_lease_has_ended_changes_nothing_of_anothers_claim() {
    let Some(database) = Database::any().await else { return };
    let store = PostgresDeliveries::connect(&database.string).await.unwrap();
    let (stalled, other) = (signed(1, 10), signed(2, 10));
    assert_eq!(store.begin(&stalled, LEASE).await.unwrap(), Begun::Yours);
    let Begun::Busy { ends_in } = store.begin(&other, LEASE).await.unwrap() else { panic!() };
    assert!(ends_in <= LEASE && ends_in > LEASE / 2, "{ends_in:?}");
    assert_eq!(store.begin(&stalled, LEASE).await.unwrap(), Begun::Yours, "a step that is repeated");
    assert_eq!(store.renew(&stalled, LEASE).await.unwrap(), Standing::Held);
    age(&database.string, 60).await;
    assert_eq!(store.begin(&other, LEASE).await.unwrap(), Begun::Yours);
    assert_eq!(store.renew(&stalled, LEASE).await.unwrap(), Standing::Gone);
    assert_eq!(store.done(&stalled).await.unwrap(), Standing::Gone);
    assert_eq!(store.release(&stalled).await.unwrap(), Standing::Gone);
    assert_eq!(store.standing(&other).await.unwrap(), Standing::Held);
    assert_eq!(store.done(&other).await.unwrap(), Standing::Done);
    assert_eq!(store.done(&other).await.unwrap(), Standing::Done, "a step that is repeated");
    assert_eq!(store.renew(&other, LEASE).await.unwrap(), Standing::Done);
    assert_eq!(store.release(&other).await.unwrap(), Standing::Done, "what is done is not released");
    assert_eq!(store.begin(&signed(3, 10), LEASE).await.unwrap(), Begun::Done);
    assert_eq!(store.begin(&claim(3), LEASE).await.unwrap(), Begun::Yours);
    age(&database.string, 25 * 3600 - 5).await;
    assert_eq!(store.begin(&claim(1), LEASE).await.unwrap(), Begun::Done);
    age(&database.string, 5).await;
    assert_eq!(store.begin(&claim(1), LEASE).await.unwrap(), Begun::Yours, "25 hours are over");
}

#[tokio::test]
async fn a_signature_counts_for_the_delivery_that_it_first_came_with_whatever_became_of_that() {
    let Some(database) = Database::any().await else { return };
    let store = PostgresDeliveries::connect(&database.string).await.unwrap();
    let begin = async |claim: &Claim| store.begin(claim, LEASE).await.unwrap();
    let (failed, acts) = (signed(1, 10), signed(1, 11));
    assert_eq!(begin(&failed).await, Begun::Yours);
    assert_eq!(store.release(&failed).await.unwrap(), Standing::Gone);
    assert_eq!(begin(&acts).await, Begun::Yours);
    assert!(matches!(begin(&signed(1, 12)).await, Begun::Busy { .. }));
    assert!(matches!(begin(&signed(9, 10)).await, Begun::Busy { .. }), "what failed is known too");
    assert_eq!(store.done(&acts).await.unwrap(), Standing::Done);
    assert_eq!(begin(&signed(1, 13)).await, Begun::Done);
    for signature in 10..14 {
        assert_eq!(begin(&signed(9, signature)).await, Begun::Done, "a copy of {signature} under another id");
    }
    assert_eq!(begin(&signed(9, 14)).await, Begun::Yours, "no copy has swallowed it");

    // A re-send that comes late can be copied for longer than its delivery is known.
    age(&database.string, 20 * 3600).await;
    assert_eq!(begin(&signed(1, 15)).await, Begun::Done);
    age(&database.string, 5 * 3600).await;
    assert_eq!(begin(&claim(1)).await, Begun::Yours);
    assert_eq!(begin(&signed(8, 15)).await, Begun::Done);
}

#[tokio::test]
async fn receivers_of_other_names_act_on_the_same_notification_each() {
    let Some(database) = Database::any().await else { return };
    let headers = Signer::new("1", "a key").headers(b"{}", SystemTime::now()).unwrap();
    for (name, text) in [("a shop", "done"), ("a ledger", "done"), ("a shop", "this notification was acted on before")]
    {
        let verifier = Verifier::builder().key("1", "a key").build();
        let receiver =
            Receiver::with(verifier, PostgresDeliveries::connect(&database.string).await.unwrap()).named(name);
        let handle = |_, _| async { Ok::<_, ()>(()) };
        assert_eq!(receiver.receive(&headers, b"{}", SystemTime::now(), handle).await.text(), text, "{name}");
    }
}

#[tokio::test]
async fn a_claim_whose_lease_has_ended_can_be_done_while_nobody_else_has_it() {
    let Some(database) = Database::any().await else { return };
    let store = PostgresDeliveries::connect(&database.string).await.unwrap();
    let slow = claim(1);
    store.begin(&slow, LEASE).await.unwrap();
    age(&database.string, 70).await;
    assert_eq!(store.done(&slow).await.unwrap(), Standing::Done);
    let released = claim(2);
    store.begin(&released, LEASE).await.unwrap();
    assert_eq!(store.release(&released).await.unwrap(), Standing::Gone);
    assert_eq!(store.done(&released).await.unwrap(), Standing::Gone);
}

#[tokio::test]
async fn a_lease_that_was_taken_after_waiting_for_a_lock_counts_from_then() {
    let Some(database) = Database::any().await else { return };
    let store = PostgresDeliveries::connect(&database.string).await.unwrap();
    let lease = Duration::from_millis(200);
    store.begin(&claim(1), lease).await.unwrap();
    age(&database.string, 10).await;
    // Somebody holds the row for longer than a lease.
    let (holder, observer) = (client(&database.string).await, client(&database.string).await);
    holder.batch_execute("BEGIN; SELECT FROM linksfield_deliveries FOR UPDATE").await.unwrap();
    let (waits, next) = (store.clone(), claim(1));
    let begins = tokio::spawn(async move { waits.begin(&next, lease).await });
    until(&observer, &waiting(1)).await;
    tokio::time::sleep(2 * lease).await;
    let now = "SELECT extract(epoch FROM clock_timestamp())::float8";
    let released: f64 = holder.query_one(now, &[]).await.unwrap().get(0);
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(begins.await.unwrap().unwrap(), Begun::Yours);
    let ends = "SELECT extract(epoch FROM lease_ends)::float8 FROM linksfield_deliveries";
    let ends: f64 = observer.query_one(ends, &[]).await.unwrap().get(0);
    assert!(ends >= released + lease.as_secs_f64(), "it was counted from before the row was free: {ends}, {released}");
}

#[tokio::test]
async fn who_comes_while_another_commits_is_told_so_and_waits_for_no_lock() {
    let Some(database) = Database::any().await else { return };
    let store = PostgresDeliveries::connect(&database.string).await.unwrap();
    let acts = signed(1, 10);
    store.begin(&acts, LEASE).await.unwrap();
    let mut handler = client(&database.string).await;
    let transaction = handler.transaction().await.unwrap();
    assert_eq!(PostgresDeliveries::done_in(&transaction, &acts).await.unwrap(), Standing::Done);
    transaction.execute("SELECT FROM linksfield_signatures FOR UPDATE", &[]).await.unwrap();
    for copy in [signed(1, 10), signed(1, 11), signed(2, 10), claim(1)] {
        assert!(matches!(store.begin(&copy, LEASE).await.unwrap(), Begun::Busy { .. }), "not committed yet");
    }
    transaction.commit().await.unwrap();
    let locks = "BEGIN; SELECT FROM linksfield_deliveries FOR UPDATE; SELECT FROM linksfield_signatures FOR UPDATE";
    handler.batch_execute(locks).await.unwrap();
    for copy in [signed(1, 10), signed(1, 12), signed(2, 10), claim(1)] {
        assert_eq!(store.begin(&copy, LEASE).await.unwrap(), Begun::Done, "committed, and locked by another");
    }
}

#[tokio::test]
async fn a_transaction_that_has_not_seen_the_last_renewal_fails_and_marks_nothing() {
    let Some(server) = Server::start("") else { return };
    for level in ["repeatable read", "serializable"] {
        let store = PostgresDeliveries::connect(&server.isolated(level)).await.unwrap();
        let claim = claim(1);
        store.begin(&claim, LEASE).await.unwrap();
        let mut client = client(&server.isolated(level)).await;
        let transaction = client.transaction().await.unwrap();
        transaction.query_one("SELECT count(*) FROM linksfield_deliveries", &[]).await.unwrap();
        assert_eq!(store.renew(&claim, LEASE).await.unwrap(), Standing::Held);
        let failed = PostgresDeliveries::done_in(&transaction, &claim).await.unwrap_err();
        assert_eq!(failed.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE));
        transaction.rollback().await.unwrap();
        assert_eq!(store.standing(&claim).await.unwrap(), Standing::Held);

        let committed =
            client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await.unwrap();
        committed.query_one("SELECT count(*) FROM linksfield_deliveries", &[]).await.unwrap();
        assert_eq!(store.renew(&claim, LEASE).await.unwrap(), Standing::Held);
        assert_eq!(PostgresDeliveries::done_in(&committed, &claim).await.unwrap(), Standing::Done);
        committed.rollback().await.unwrap();
        assert_eq!(store.release(&claim).await.unwrap(), Standing::Gone);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_one_acts() {
    let Some(database) = Database::any().await else { return };
    one_acts(&database.string).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_one_acts_whatever_the_isolation_is() {
    let Some(server) = Server::start("") else { return };
    one_acts(&server.isolated("serializable")).await;
}

async fn one_acts(string: &str) {
    let acted = Arc::new(AtomicU32::new(0));
    let mut servers = Vec::new();
    for _ in 0..2 {
        let verifier = Verifier::builder().key("1", "a key").build();
        servers.push(Receiver::with(verifier, PostgresDeliveries::connect(string).await.unwrap()));
    }
    let signer = Signer::new("1", "a key");
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..40 {
        let body = format!("[{number}]");
        let mut headers = signer.headers(body.as_bytes(), SystemTime::now()).unwrap();
        headers.insert("x-lf-delivery", number.into());
        for server in servers.iter().cycle().take(4) {
            let (server, headers, body, acted) = (server.clone(), headers.clone(), body.clone(), acted.clone());
            sending.spawn(async move {
                // As Linksfield does: again, as long as another is at work, or the database is busy.
                loop {
                    let acted = acted.clone();
                    let handle = move |_, _| async move {
                        acted.fetch_add(1, Ordering::SeqCst);
                        Ok::<_, ()>(())
                    };
                    let answer = server.receive(&headers, body.as_bytes(), SystemTime::now(), handle).await;
                    if answer.status() != 503 {
                        return answer.status().as_u16();
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
        }
    }
    assert_eq!(sending.join_all().await, [200; 160]);
    assert_eq!(acted.load(Ordering::SeqCst), 40);
}

#[tokio::test]
async fn what_is_older_than_25_hours_is_deleted_and_nothing_younger() {
    let Some(database) = Database::any().await else { return };
    let store = PostgresDeliveries::connect(&database.string).await.unwrap().cleaned_by_you();
    let rows = "INSERT INTO linksfield_deliveries
        SELECT decode(lpad(to_hex(n), 64, '0'), 'hex'), decode(lpad(to_hex(n), 32, '0'), 'hex'), clock_timestamp() - interval '30 hours',
            CASE WHEN n % 3 = 0 THEN NULL ELSE clock_timestamp() - interval '1 hour' * (CASE WHEN n <= 2500 THEN 26 ELSE 24 END) END
        FROM generate_series(1, 3000) AS n";
    let client = client(&database.string).await;
    client.batch_execute(rows).await.unwrap();
    // One that another is at work on is left, and nobody waits for it.
    client.batch_execute("BEGIN; SELECT FROM linksfield_deliveries ORDER BY id LIMIT 1 FOR UPDATE").await.unwrap();
    assert_eq!(store.clean().await.unwrap(), 2499 + 166 + 1);
    client.batch_execute("COMMIT").await.unwrap();
    assert_eq!(store.clean().await.unwrap(), 1);
    let left = "SELECT count(*), coalesce(max(clock_timestamp() - done_at) < interval '25 hours', false)
        FROM linksfield_deliveries";
    let left = client.query_one(left, &[]).await.unwrap();
    assert_eq!((left.get::<_, i64>(0), left.get::<_, bool>(1)), (333, true));

    let rows = "INSERT INTO linksfield_signatures
        SELECT decode(lpad(to_hex(n), 64, '0'), 'hex'), '\\x00', false,
            clock_timestamp() - interval '1 hour' * (CASE WHEN n <= 2500 THEN 26 ELSE 24 END)
        FROM generate_series(1, 3000) AS n";
    client.batch_execute(rows).await.unwrap();
    assert_eq!(store.clean().await.unwrap(), 2500);
}

#[tokio::test]
async fn it_cleans_itself_beside_a_request() {
    let Some(database) = Database::any().await else { return };
    let store = PostgresDeliveries::connect(&database.string).await.unwrap();
    store.begin(&claim(1), LEASE).await.unwrap();
    age(&database.string, 26 * 3600).await;
    // The first step of a process cleans, the next ones of this minute do not.
    let store = PostgresDeliveries::connect(&database.string).await.unwrap();
    store.begin(&claim(2), LEASE).await.unwrap();
    let client = client(&database.string).await;
    let count =
        async || client.query_one("SELECT count(*) FROM linksfield_deliveries", &[]).await.unwrap().get::<_, i64>(0);
    while count().await != 1 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
