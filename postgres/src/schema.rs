//! The tables, and how they come to be.

use tokio_postgres::Client;

use crate::Error;
use crate::connections::Connections;

/// The tables of the first version.
const FIRST: &str = include_str!("schema.sql");

/// The newest version that this release knows.
const VERSION: i32 = 1;

/// Any number that is nobody else's: servers that start at the same time wait for each other.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7310584035290211)";

/// Makes the tables, unless they are there. Then nothing is written, so that no right to create is needed.
pub(crate) async fn migrate(connections: &Connections) -> Result<(), Error> {
    let failed = |cause| Error::Database { address: connections.address.clone(), cause };
    let mut client = connections.connect().await.map_err(failed)?;
    if is_there(version(&client).await.map_err(failed)?)? {
        return Ok(());
    }
    let transaction = client.transaction().await.map_err(failed)?;
    transaction.batch_execute(LOCK).await.map_err(failed)?;
    if !is_there(version(transaction.client()).await.map_err(failed)?)? {
        transaction.batch_execute(FIRST).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

async fn version(client: &Client) -> Result<Option<i32>, tokio_postgres::Error> {
    // Read as a table is: what looks a name up may remember that it was not there.
    let table = "SELECT EXISTS (SELECT FROM pg_class
        WHERE relname = 'linksfield_deliveries_schema' AND pg_table_is_visible(oid))";
    if !client.query_typed_one(table, &[]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    let version = "SELECT max(version) FROM linksfield_deliveries_schema";
    client.query_typed_one(version, &[]).await?.try_get(0)
}

fn is_there(found: Option<i32>) -> Result<bool, Error> {
    match found {
        Some(found) if found > VERSION => Err(Error::NewerSchema { found, known: VERSION }),
        found => Ok(found.is_some()),
    }
}
