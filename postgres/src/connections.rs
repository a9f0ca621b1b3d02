//! Connections to the database: a new one after any that was closed, is read-only or has failed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::settings::Settings;
use crate::tls::connector;

/// How long a step may take, with all its attempts: less than a sender waits.
const DEADLINE: Duration = Duration::from_secs(5);

/// How long connecting may take, unless the connection string says so.
const CONNECT: Duration = Duration::from_secs(2);

/// Before the second attempt; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(50);

/// Most connections at a time.
const MOST: usize = 8;

/// The parameters of a statement, with their types: so that a statement needs no name, which a pooler between could give
/// to another's connection.
pub(crate) type Parameters<'a> = &'a [(&'a (dyn ToSql + Sync), Type)];

pub(crate) struct Connections {
    config: Config,
    tls: MakeRustlsConnect,
    pub(crate) address: String,
    idle: Mutex<Vec<Client>>,
    room: Semaphore,
}

impl Connections {
    pub(crate) fn new(string: &str) -> Result<Self, Error> {
        let settings = Settings::read(string)?;
        let (tls, address) = (connector(&settings)?, settings.address());
        let mut config = settings.config;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        Ok(Self { config, tls, address, idle: Mutex::default(), room: Semaphore::new(MOST) })
    }

    /// The row that a statement returns. It may be carried out more than once.
    pub(crate) async fn ask(&self, statement: &str, parameters: Parameters<'_>) -> Result<Row, Error> {
        let mut last = None;
        let attempts = async {
            let mut pause = PAUSE;
            loop {
                match self.attempt(statement, parameters).await {
                    Err(error) if passes(&error) => last = Some(error),
                    result => return result,
                }
                sleep(pause).await;
                pause *= 2;
            }
        };
        let result = timeout(DEADLINE, attempts).await;
        let address = || self.address.clone();
        match (result, last) {
            (Ok(Ok(row)), _) => Ok(row),
            (Ok(Err(cause)), _) | (Err(_), Some(cause)) => Err(Error::Database { address: address(), cause }),
            (Err(_), None) => Err(Error::Late { address: address() }),
        }
    }

    /// A connection of its own, for a few statements that belong together.
    pub(crate) async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        // It ends with the client, or with an error that the next statement meets.
        tokio::spawn(connection);
        Ok(client)
    }

    async fn attempt(&self, statement: &str, parameters: Parameters<'_>) -> Result<Row, tokio_postgres::Error> {
        // It is never closed.
        let _room = self.room.acquire().await;
        let idle = self.idle().pop().filter(|client| !client.is_closed());
        let client = match idle {
            Some(client) => client,
            None => self.connect().await?,
        };
        let row = client.query_typed_one(statement, parameters).await;
        match &row {
            Ok(_) => self.idle().push(client),
            // The others are connections to the same server.
            Err(error) if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => self.idle().clear(),
            Err(_) => {}
        }
        row
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether another attempt may be answered otherwise: the connection is gone, or the server goes, comes or has gone over to
/// another.
fn passes(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else { return true };
    let classes = ["08", "57P", "53", "40"];
    *code == SqlState::READ_ONLY_SQL_TRANSACTION || classes.iter().any(|class| code.code().starts_with(class))
}
