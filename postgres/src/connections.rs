//! Connections to the database: a new one after any that was closed, is read-only or has failed; and no statement that goes on
//! at the server when nobody waits for it any more.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::lock::held;
use crate::settings::Settings;
use crate::tls::connector;

/// How long a step may take, with all its attempts: less than a sender waits.
const DEADLINE: Duration = Duration::from_secs(5);

/// How long one attempt may take, once it is connected.
const ATTEMPT: Duration = Duration::from_secs(2);

/// How long connecting to a host may take in a step, at most.
const CONNECT: Duration = Duration::from_secs(2);

/// How long it is tried to cancel a statement.
const CANCEL: Duration = Duration::from_secs(5);

/// Before the second attempt; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(50);

/// Most connections at a time.
const MOST: usize = 8;

/// The parameters of a statement, with their types: so that a statement needs no name, which a pooler between could give
/// to another's connection.
pub(crate) type Parameters<'a> = &'a [(&'a (dyn ToSql + Sync), Type)];

pub(crate) struct Connections {
    /// One for each host.
    hosts: Vec<Config>,
    /// The host that was reached last.
    reached: AtomicUsize,
    tls: MakeRustlsConnect,
    address: String,
    idle: Mutex<Vec<Connection>>,
    room: Semaphore,
}

impl Connections {
    pub(crate) fn new(string: &str) -> Result<Self, Error> {
        let settings = Settings::read(string)?;
        let (hosts, tls, address) = (settings.hosts()?, connector(&settings)?, settings.address());
        Ok(Self {
            hosts,
            reached: AtomicUsize::new(0),
            tls,
            address,
            idle: Mutex::default(),
            room: Semaphore::new(MOST),
        })
    }

    /// Where the database is, without who asks it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The row that a statement returns. It may be carried out more than once: when it was cut off, or was late.
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
        result.unwrap_or_else(|_| Err(last.unwrap_or_else(|| self.late())))
    }

    /// What is done by a time: what it is at then is cancelled.
    pub(crate) async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Result<T, Error> {
        timeout(limit, work).await.map_err(|_| self.late())
    }

    /// A connection of its own, for statements that belong together: to the host that was reached last, or else to the next. Each
    /// has a limit of its own, so that one that takes a connection and says nothing does not stand before the others: this one,
    /// or that of the connection string if it is less. Whoever comes next begins behind a host that was late, also if this is given
    /// up before another was reached.
    pub(crate) async fn connect(&self, limit: Duration) -> Result<Connection, Error> {
        let first = self.reached.load(Ordering::Relaxed);
        let hosts = self.hosts.iter().enumerate().cycle().skip(first).take(self.hosts.len());
        let mut last = None;
        for (at, config) in hosts {
            let limit = config.get_connect_timeout().map_or(limit, |timeout| limit.min(*timeout));
            match self.within(limit, config.connect(self.tls.clone())).await {
                Ok(Ok((client, driver))) => {
                    self.reached.store(at, Ordering::Relaxed);
                    let (driver, tls) = (Some(tokio::spawn(driver)), self.tls.clone());
                    return Ok(Connection { client, driver, tls, is_at_work: false });
                }
                Ok(Err(cause)) => last = Some(self.failed(cause)),
                Err(late) => {
                    self.reached.store((at + 1) % self.hosts.len(), Ordering::Relaxed);
                    last = Some(late);
                }
            }
        }
        Err(last.unwrap_or_else(|| self.late()))
    }

    /// An error of the driver.
    pub(crate) fn failed(&self, cause: tokio_postgres::Error) -> Error {
        Error::Database { address: self.address.clone(), cause }
    }

    fn late(&self) -> Error {
        Error::Late { address: self.address.clone() }
    }

    async fn attempt(&self, statement: &str, parameters: Parameters<'_>) -> Result<Row, Error> {
        // It is never closed.
        let _room = self.room.acquire().await;
        let idle = self.idle().pop().filter(|connection| !connection.client.is_closed());
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect(CONNECT).await?,
        };
        let answer = self.within(ATTEMPT, connection.work().query_typed_one(statement, parameters)).await;
        if answer.is_ok() {
            connection.rest();
        }
        let result = answer.and_then(|row| row.map_err(|cause| self.failed(cause)));
        match &result {
            Ok(_) => self.idle().push(connection),
            // The others are connections to the same server.
            Err(error) if is_of_server(error) => self.idle().clear(),
            Err(_) => {}
        }
        result
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        held(&self.idle)
    }
}

/// A connection. If it is dropped while it is at work, its statement is cancelled: otherwise that goes on at the server, waits for
/// a lock, say, and is carried out when nobody expects it any more.
pub(crate) struct Connection {
    client: Client,
    /// What carries its bytes. There until it is dropped.
    driver: Option<JoinHandle<Result<(), tokio_postgres::Error>>>,
    tls: MakeRustlsConnect,
    is_at_work: bool,
}

impl Connection {
    /// At work until it may [`rest`](Self::rest).
    pub(crate) fn work(&mut self) -> &mut Client {
        self.is_at_work = true;
        &mut self.client
    }

    /// Its statements have ended.
    pub(crate) fn rest(&mut self) {
        self.is_at_work = false;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(mut driver) = self.driver.take().filter(|_| self.is_at_work && !self.client.is_closed()) else {
            return;
        };
        let (token, tls) = (self.client.cancel_token(), self.tls.clone());
        let cancelling = async move {
            // It ends with the statement, or is ended if it hears nothing.
            let cancelled = async { (token.cancel_query(tls).await, (&mut driver).await) };
            if timeout(CANCEL, cancelled).await.is_err() {
                driver.abort();
            }
        };
        // Where there is no runtime any more, nothing carries bytes either.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(cancelling);
        }
    }
}

/// Whether it is the server that is silent, goes or has gone over to another, rather than the statement that has failed.
fn is_of_server(error: &Error) -> bool {
    match error {
        Error::Late { .. } => true,
        Error::Database { cause, .. } => cause
            .code()
            .is_none_or(|code| *code == SqlState::READ_ONLY_SQL_TRANSACTION || code.code().starts_with("57P")),
        Error::Settings(_) | Error::NewerSchema { .. } => false,
    }
}

/// Whether another attempt may be answered otherwise: there was no answer, or the connection is gone, or the server goes, comes or
/// has gone over to another.
fn passes(error: &Error) -> bool {
    let cause = match error {
        Error::Late { .. } => return true,
        Error::Database { cause, .. } => cause,
        Error::Settings(_) | Error::NewerSchema { .. } => return false,
    };
    let Some(code) = cause.code() else { return true };
    let classes = ["08", "57P", "53", "40"];
    *code == SqlState::READ_ONLY_SQL_TRANSACTION || classes.iter().any(|class| code.code().starts_with(class))
}
