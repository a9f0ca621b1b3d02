//! A receiver whose effect is there exactly once: it is written in the transaction that marks the notification as done.
//!
//! `cargo run -p linksfield-postgres --example exactly_once -- "host=/run/postgresql user=me dbname=shop"`, with a
//! string without a password: an argument is seen by everybody on the machine.

use std::error::Error;
use std::sync::Arc;
use std::time::SystemTime;

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Router};
use linksfield::notification::{Claim, Receiver, Signer, Standing, Verified, Verifier};
use linksfield_postgres::PostgresDeliveries;
use linksfield_postgres::tokio_postgres::{self, Client, IsolationLevel, NoTls};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// The database of the effects. All handlers share a connection, here; an application has a pool.
struct Database {
    string: String,
    idle: Mutex<Option<Client>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let string = std::env::args().nth(1).ok_or("the connection string is missing")?;
    let client = connect(&string).await?;
    client.batch_execute("CREATE TABLE IF NOT EXISTS told (body bytea NOT NULL)").await?;
    let database = Arc::new(Database { string: string.clone(), idle: Mutex::new(Some(client)) });

    let verifier = Verifier::builder().key("a key id", "a notification key").build();
    let receiver = Receiver::with(verifier, PostgresDeliveries::connect(&string).await?);
    let app = Router::new().route("/", post(receive).layer(receiver.clone())).layer(Extension(database));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());

    // What Linksfield sends, and sends again.
    let body = r#"{"devices":[{"deviceId":"89314404000816575667","warningCode":"2","expireTime":""}]}"#;
    let headers = Signer::new("a key id", "a notification key").headers(body.as_bytes(), SystemTime::now())?;
    for _ in 0..3 {
        let sent = linksfield::reqwest::Client::new().post(&url).headers(headers.clone()).body(body).send().await?;
        println!("{}: {}", sent.status(), sent.text().await?);
    }
    let told: i64 = connect(&string).await?.query_one("SELECT count(*) FROM told", &[]).await?.get(0);
    println!("told {told} times since the table is there");
    receiver.settled().await;
    Ok(())
}

async fn receive(
    Extension(database): Extension<Arc<Database>>,
    Extension(verified): Extension<Verified>,
    Extension(claim): Extension<Claim>,
) -> (StatusCode, &'static str) {
    match database.write(&verified, &claim).await {
        Ok(Standing::Done) => (StatusCode::OK, "written"),
        // Rolled back, or not known to be committed: the receiver reads which, and Linksfield sends it again.
        Ok(_) | Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "not written"),
    }
}

/// With `NoTls`, for a server on this machine.
async fn connect(string: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(string, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl Database {
    /// Writes the effect, and marks the notification as done, or neither.
    async fn write(&self, verified: &Verified, claim: &Claim) -> Result<Standing, tokio_postgres::Error> {
        let mut idle = self.idle.lock().await;
        let mut client = match idle.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => connect(&self.string).await?,
        };
        let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
        // As bytes: a text of PostgreSQL is UTF-8 without zeros, and a body need not be.
        transaction.execute("INSERT INTO told VALUES ($1)", &[&&*verified.body]).await?;
        let standing = PostgresDeliveries::done_in(&transaction, claim).await?;
        match standing {
            Standing::Done => transaction.commit().await?,
            Standing::Held | Standing::Gone => transaction.rollback().await?,
        }
        // Not after an error: the server may have been restarted, or be another now.
        *idle = Some(client);
        Ok(standing)
    }
}
