//! The tables, and how they come to be.

use std::time::Duration;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, GenericClient, IsolationLevel};

use crate::Error;
use crate::connections::Connections;

/// How long it may take until the tables are there, with waiting for another server that makes them.
const DEADLINE: Duration = Duration::from_secs(30);

/// How long connecting to a host may take for that, at most.
const CONNECT: Duration = Duration::from_secs(10);

/// Any number that is nobody else's: servers that start at the same time wait for each other.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7310584035290211)";

/// Tables that belong together.
pub(crate) struct Schema {
    /// The table of their version, of one row.
    pub(crate) table: &'static str,
    /// What makes each version of the one before, and writes its number.
    pub(crate) steps: &'static [&'static str],
}

impl Schema {
    /// Makes the tables, unless they are there. Then nothing is written, so that no right to create is needed.
    pub(crate) async fn migrate(&self, connections: &Connections) -> Result<(), Error> {
        let migrating = async {
            let mut connection = connections.connect(CONNECT).await?;
            let migrated = self.migrate_on(connection.work(), connections).await;
            connection.rest();
            migrated
        };
        connections.within(DEADLINE, migrating).await?
    }

    async fn migrate_on(&self, client: &mut Client, connections: &Connections) -> Result<(), Error> {
        let failed = |cause| connections.failed(cause);
        if self.missing(self.version(client).await.map_err(failed)?)?.is_empty() {
            return Ok(());
        }
        // Whatever the database's default is: elsewhere what another server has made meanwhile would not be seen.
        let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).read_only(false);
        let transaction = transaction.start().await.map_err(failed)?;
        transaction.batch_execute(LOCK).await.map_err(failed)?;
        for step in self.missing(self.version(&transaction).await.map_err(failed)?)? {
            transaction.batch_execute(step).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }

    /// The version that is there, from 1; 0 if there is none.
    async fn version(&self, client: &impl GenericClient) -> Result<i32, tokio_postgres::Error> {
        // Read as a table is: what looks a name up may remember that it was not there.
        let table = "SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND pg_table_is_visible(oid))";
        if !client.query_typed_one(table, &[(&self.table, Type::TEXT)]).await?.try_get::<_, bool>(0)? {
            return Ok(0);
        }
        let version = format!("SELECT coalesce(max(version), 0) FROM {}", self.table);
        client.query_typed_one(&version, &[]).await?.try_get(0)
    }

    fn missing(&self, found: i32) -> Result<&[&'static str], Error> {
        let known = self.steps.len();
        let steps = usize::try_from(found).ok().and_then(|found| self.steps.get(found..));
        steps.ok_or_else(|| Error::NewerSchema { found, known: known.try_into().unwrap_or(i32::MAX) })
    }
}
