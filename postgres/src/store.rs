//! The store: one statement a step, with the clock of the database alone.
//!
//! `clock_timestamp()`, because `now()` is when the transaction began: after waiting for a lock, a lease that counts from
//! there has ended when it begins. A step that locks both locks the row of the signature before that of the delivery.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linksfield::notification::{Begun, Claim, Deliveries, REMEMBERED, Standing, StoreError};
use tokio::time::Instant;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, Row};

use crate::Error;
use crate::connections::Connections;
use crate::lock::held;
use crate::schema::Schema;

/// What was acted on, in a database that several servers share.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct PostgresDeliveries(Arc<Shared>);

struct Shared {
    connections: Connections,
    cleans_itself: AtomicBool,
    cleaned: Mutex<Option<Instant>>,
}

/// Between two times of cleaning.
const CLEANED_EVERY: Duration = Duration::from_secs(60);

/// Most rows that a statement deletes.
const BATCH: i64 = 1000;

const TABLES: Schema = Schema { table: "linksfield_deliveries_schema", steps: &[include_str!("deliveries.sql")] };

/// Takes the id of the delivery, the token, the lease, [`REMEMBERED`] and the signature. What is done or another's is told as
/// it was when the statement began: its row may be locked, by a handler that is about to commit. Only what is new is written.
const BEGIN: &str = "
WITH noted AS (
    SELECT delivery, done FROM linksfield_signatures WHERE id = $5
), first AS (
    INSERT INTO linksfield_signatures AS row (id, delivery, done, seen_at)
    SELECT $5, $1, EXISTS (SELECT FROM linksfield_deliveries
        WHERE id = $1 AND done_at > clock_timestamp() - make_interval(secs => $4)), clock_timestamp()
    WHERE $5 IS NOT NULL AND NOT EXISTS (SELECT FROM noted)
    ON CONFLICT (id) DO UPDATE SET done = row.done
    RETURNING delivery, done
), known AS (
    SELECT delivery, done FROM noted UNION ALL SELECT delivery, done FROM first
), delivery AS (
    SELECT coalesce((SELECT delivery FROM known), $1) AS id, coalesce((SELECT done FROM known), false) AS done
), claimed AS (
    INSERT INTO linksfield_deliveries AS row (id, token, lease_ends)
    SELECT id, $2, clock_timestamp() + make_interval(secs => $3) FROM delivery
    WHERE NOT done AND NOT EXISTS (SELECT FROM linksfield_deliveries AS other WHERE other.id = delivery.id
        AND (other.done_at > clock_timestamp() - make_interval(secs => $4)
            OR other.done_at IS NULL AND other.lease_ends > clock_timestamp() AND other.token <> $2))
    ON CONFLICT (id) DO UPDATE
    SET token = $2, lease_ends = clock_timestamp() + make_interval(secs => $3), done_at = NULL
    WHERE row.done_at IS NULL AND (row.lease_ends <= clock_timestamp() OR row.token = $2)
        OR row.done_at <= clock_timestamp() - make_interval(secs => $4)
    RETURNING id
)
SELECT EXISTS (SELECT FROM claimed),
    delivery.done OR coalesce(row.done_at > clock_timestamp() - make_interval(secs => $4), false),
    coalesce(extract(epoch FROM row.lease_ends - clock_timestamp()), 1)::float8
FROM delivery LEFT JOIN linksfield_deliveries AS row ON row.id = delivery.id";

// The others take the token, which one row has or none, and say whether that is held, and whether it is done.

const RENEW: &str = "
WITH mine AS MATERIALIZED (
    SELECT id, done_at FROM linksfield_deliveries WHERE token = $1 FOR UPDATE
), changed AS (
    UPDATE linksfield_deliveries AS row SET lease_ends = clock_timestamp() + make_interval(secs => $2) FROM mine
    WHERE row.id = mine.id AND mine.done_at IS NULL
)
SELECT EXISTS (SELECT FROM mine WHERE done_at IS NULL), EXISTS (SELECT FROM mine WHERE done_at IS NOT NULL)";

const DONE: &str = "
WITH changed AS (
    UPDATE linksfield_deliveries SET done_at = coalesce(done_at, clock_timestamp()) WHERE token = $1 RETURNING id
)
SELECT false, EXISTS (SELECT FROM changed)";

const RELEASE: &str = "
WITH mine AS MATERIALIZED (
    SELECT id, done_at FROM linksfield_deliveries WHERE token = $1 FOR UPDATE
), released AS (
    DELETE FROM linksfield_deliveries AS row USING mine WHERE row.id = mine.id AND mine.done_at IS NULL
)
SELECT false, EXISTS (SELECT FROM mine WHERE done_at IS NOT NULL)";

const STANDING: &str = "
SELECT EXISTS (SELECT FROM linksfield_deliveries WHERE token = $1 AND done_at IS NULL),
    EXISTS (SELECT FROM linksfield_deliveries WHERE token = $1 AND done_at IS NOT NULL)";

const CLEAN: &str = "
WITH old AS MATERIALIZED (
    SELECT id FROM linksfield_deliveries
    WHERE coalesce(done_at, lease_ends) < clock_timestamp() - make_interval(secs => $1)
    ORDER BY coalesce(done_at, lease_ends) LIMIT $2 FOR UPDATE SKIP LOCKED
), unused AS MATERIALIZED (
    SELECT id FROM linksfield_signatures WHERE seen_at < clock_timestamp() - make_interval(secs => $1)
    ORDER BY seen_at LIMIT $2 FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM linksfield_deliveries WHERE id = ANY(ARRAY(SELECT id FROM old)) RETURNING id
), forgotten AS (
    DELETE FROM linksfield_signatures WHERE id = ANY(ARRAY(SELECT id FROM unused)) RETURNING id
)
SELECT (SELECT count(*) FROM deleted) + (SELECT count(*) FROM forgotten)";

impl PostgresDeliveries {
    /// Connects to the database, and makes the tables if they are not there: `linksfield_deliveries`,
    /// `linksfield_signatures` and `linksfield_deliveries_schema`, in the first schema of the search path. If they are, it writes nothing.
    ///
    /// Where several applications share a database, [name](linksfield::notification::Receiver::named) their receivers.
    ///
    /// `string` is a connection string as libpq has it, as a URL or as words (`host=… user=…`), several hosts and
    /// `target_session_attrs=read-write` included. A host that is not this machine has to show a certificate that is
    /// valid for it (`verify-full`), unless the string has an `sslmode`; `sslrootcert` names the file of the authorities, which
    /// are those of the system if it is not there.
    ///
    /// # Errors
    ///
    /// The string can't be used, the database can't be reached, or its tables are those of a newer release.
    pub async fn connect(string: &str) -> Result<Self, Error> {
        let connections = Connections::new(string)?;
        TABLES.migrate(&connections).await?;
        let (cleans_itself, cleaned) = (AtomicBool::new(true), Mutex::default());
        Ok(Self(Arc::new(Shared { connections, cleans_itself, cleaned })))
    }

    /// Leaves [`clean`](Self::clean) to you. If not called, it is called for you, at most once a minute, beside the
    /// requests.
    #[must_use]
    pub fn cleaned_by_you(self) -> Self {
        self.0.cleans_itself.store(false, Ordering::Relaxed);
        self
    }

    /// Marks a delivery as done in a transaction of yours, which has its effect too: the effect is there exactly once, or
    /// the delivery is not done. Call it last, and commit if it is [`Standing::Done`]; otherwise another has taken the
    /// delivery over: roll back, and answer with an error.
    ///
    /// Let the transaction be `READ COMMITTED`, whatever the database's default is. In a stricter one it fails, and marks
    /// nothing, if the claim was renewed since the transaction began: then a handler that takes longer than a third of the
    /// lease never succeeds.
    ///
    /// # Errors
    ///
    /// The statement has failed: roll back.
    pub async fn done_in(transaction: &impl GenericClient, claim: &Claim) -> Result<Standing, tokio_postgres::Error> {
        let token = claim.token().as_slice();
        standing(&transaction.query_typed_one(DONE, &[(&token, Type::BYTEA)]).await?)
    }

    /// Deletes what is older than [`REMEMBERED`], a thousand rows at a time, and says how many.
    ///
    /// # Errors
    ///
    /// The database can't be reached, or has failed.
    pub async fn clean(&self) -> Result<u64, Error> {
        let mut deleted = 0;
        loop {
            let parameters: [Parameter<'_>; 2] = [(&REMEMBERED.as_secs_f64(), Type::FLOAT8), (&BATCH, Type::INT8)];
            let row = self.0.connections.ask(CLEAN, &parameters).await?;
            let batch: i64 = self.read(row.try_get(0))?;
            deleted += batch.unsigned_abs();
            if batch < BATCH {
                return Ok(deleted);
            }
        }
    }

    async fn step(&self, statement: &str, claim: &Claim) -> Result<Standing, StoreError> {
        self.step_with(statement, claim, &[]).await
    }

    async fn step_with(&self, statement: &str, claim: &Claim, more: &[Parameter<'_>]) -> Result<Standing, StoreError> {
        let token = claim.token().as_slice();
        let of_claim: [Parameter<'_>; 1] = [(&token, Type::BYTEA)];
        let row = self.0.connections.ask(statement, &[&of_claim, more].concat()).await.map_err(StoreError::new)?;
        self.read(standing(&row)).map_err(StoreError::new)
    }

    fn read<T>(&self, result: Result<T, tokio_postgres::Error>) -> Result<T, Error> {
        result.map_err(|cause| self.0.connections.failed(cause))
    }

    /// Cleans beside the request that happens to come when it is time to.
    fn clean_if_it_is_time(&self) {
        let now = Instant::now();
        {
            let mut cleaned = held(&self.0.cleaned);
            let is_time = cleaned.is_none_or(|cleaned| now.saturating_duration_since(cleaned) >= CLEANED_EVERY);
            if !is_time || !self.0.cleans_itself.load(Ordering::Relaxed) {
                return;
            }
            *cleaned = Some(now);
        }
        let this = self.clone();
        // What fails is tried again in a minute.
        tokio::spawn(async move { this.clean().await });
    }
}

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// How it stands with a claim: whether it is held, and whether it is done.
fn standing(row: &Row) -> Result<Standing, tokio_postgres::Error> {
    Ok(match (row.try_get(0)?, row.try_get(1)?) {
        (_, true) => Standing::Done,
        (true, false) => Standing::Held,
        (false, false) => Standing::Gone,
    })
}

impl Deliveries for PostgresDeliveries {
    async fn begin(&self, claim: &Claim, lease: Duration) -> Result<Begun, StoreError> {
        self.clean_if_it_is_time();
        let (delivery, token) = (claim.delivery().as_slice(), claim.token().as_slice());
        let signature = claim.signature().map(<[u8; 32]>::as_slice);
        let parameters: [Parameter<'_>; 5] = [
            (&delivery, Type::BYTEA),
            (&token, Type::BYTEA),
            (&lease.as_secs_f64(), Type::FLOAT8),
            (&REMEMBERED.as_secs_f64(), Type::FLOAT8),
            (&signature, Type::BYTEA),
        ];
        let row = self.0.connections.ask(BEGIN, &parameters).await.map_err(StoreError::new)?;
        let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get::<_, f64>(2)?));
        Ok(match self.read(read()).map_err(StoreError::new)? {
            (true, ..) => Begun::Yours,
            (false, true, _) => Begun::Done,
            (false, false, ends_in) => {
                Begun::Busy { ends_in: Duration::try_from_secs_f64(ends_in).unwrap_or_default() }
            }
        })
    }

    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<Standing, StoreError> {
        self.step_with(RENEW, claim, &[(&lease.as_secs_f64(), Type::FLOAT8)]).await
    }

    async fn done(&self, claim: &Claim) -> Result<Standing, StoreError> {
        self.step(DONE, claim).await
    }

    async fn release(&self, claim: &Claim) -> Result<Standing, StoreError> {
        self.step(RELEASE, claim).await
    }

    async fn standing(&self, claim: &Claim) -> Result<Standing, StoreError> {
        self.step(STANDING, claim).await
    }
}

/// Shows where the database is, and nothing of who asks it.
impl fmt::Debug for PostgresDeliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresDeliveries").field(&self.0.connections.address()).finish()
    }
}
