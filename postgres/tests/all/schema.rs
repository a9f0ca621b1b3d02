//! How the tables come to be.

use linksfield::notification::{Begun, Deliveries};
use linksfield_postgres::{Error, PostgresDeliveries};

use crate::support::{Database, Server, claim, client, until, waiting};

const MIGRATION: &str = "SELECT pg_advisory_xact_lock(7310584035290211)";

#[tokio::test(flavor = "multi_thread")]
async fn several_servers_may_start_at_once_on_an_empty_database() {
    let Some(database) = Database::any().await else { return };
    let mut starting = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let string = database.string.clone();
        starting.spawn(async move { PostgresDeliveries::connect(&string).await });
    }
    for started in starting.join_all().await {
        started.unwrap();
    }
}

#[tokio::test]
async fn tables_of_a_newer_release_are_refused_and_left_alone() {
    let Some(database) = Database::any().await else { return };
    PostgresDeliveries::connect(&database.string).await.unwrap();
    let client = client(&database.string).await;
    client.batch_execute("UPDATE linksfield_deliveries_schema SET version = 2").await.unwrap();
    let refused = PostgresDeliveries::connect(&database.string).await.unwrap_err();
    assert!(matches!(refused, Error::NewerSchema { found: 2, known: 1 }), "{refused}");
}

#[tokio::test]
async fn where_the_tables_are_no_right_to_create_is_needed() {
    let Some(server) = Server::start("") else { return };
    PostgresDeliveries::connect(&server.string()).await.unwrap();
    let limited = "CREATE ROLE limited LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        GRANT SELECT, INSERT, UPDATE, DELETE ON linksfield_deliveries, linksfield_signatures TO limited;
        GRANT SELECT ON linksfield_deliveries_schema TO limited";
    client(&server.string()).await.batch_execute(limited).await.unwrap();
    let string = server.string().replace("user=postgres", "user=limited");
    let store = PostgresDeliveries::connect(&string).await.unwrap();
    assert_eq!(store.begin(&claim(1), std::time::Duration::from_secs(1)).await.unwrap(), Begun::Yours);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_see_each_others_tables_whatever_the_isolation_is() {
    for level in ["read committed", "repeatable read", "serializable"] {
        let Some(server) = Server::start("") else { return };
        let observer = client(&server.string()).await;
        observer.batch_execute(&format!("BEGIN; {MIGRATION}")).await.unwrap();
        let mut starting = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let string = server.isolated(level);
            starting.spawn(async move { PostgresDeliveries::connect(&string).await });
        }
        until(&client(&server.string()).await, &waiting(3)).await;
        observer.batch_execute("COMMIT").await.unwrap();
        for started in starting.join_all().await {
            started.unwrap_or_else(|error| panic!("{level}: {error}"));
        }
    }
}

#[tokio::test]
async fn a_start_that_is_given_up_waits_for_nothing_at_the_server() {
    let Some(server) = Server::start("") else { return };
    let (holder, observer) = (client(&server.string()).await, client(&server.string()).await);
    holder.batch_execute(&format!("BEGIN; {MIGRATION}")).await.unwrap();
    let string = server.string();
    let starting = tokio::spawn(async move { PostgresDeliveries::connect(&string).await });
    until(&observer, &waiting(1)).await;
    starting.abort();
    until(&observer, &waiting(0)).await;
}
