//! The journal of a fleet: one statement a step, with the clock of the database alone, as the store of deliveries has it.
//!
//! A SIM is claimed for as long as an order may be under way and looked for, and the statement that writes *begun* claims it
//! anew. Whoever has lost a claim begins no order any more; of what it has placed, only the id is written down.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, UNIX_EPOCH};

use linksfield::fleet::{Claim, Confirmation, Done, Journal, JournalError, Orders, Purpose, Sim, Terms, Wanted};
use linksfield::serde_json;
use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Error;
use crate::connections::{Connections, Parameters};
use crate::lock::held;
use crate::schema::Schema;

type Result<T> = std::result::Result<T, JournalError>;

/// What this release writes.
const FORMAT: i64 = 1;

/// How much longer a SIM is claimed than an order may be under way and looked for.
const MARGIN: Duration = Duration::from_secs(10);

/// Longest claim.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

const TABLES: Schema = Schema { table: "linksfield_fleets_schema", steps: &[include_str!("fleets.sql")] };

/// Which database this is, and which of the ways that it may have gone: a standby that takes over begins another.
macro_rules! identity {
    () => {
        "(SELECT system_identifier FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
    };
}

const CREATE: &str = concat!(
    "WITH made AS (
        INSERT INTO linksfield_fleets (name, format, purpose, identity) VALUES ($1, $2, $3, ",
    identity!(),
    ") ON CONFLICT (name) DO NOTHING RETURNING id
    )
    SELECT count(*) FROM made"
);

/// A standby that is not waited for may take over without the last that was committed.
const OPEN: &str = "
SELECT max(id), max(format), max(purpose), gen_random_uuid()::text,
    current_setting('synchronous_standby_names') = '' AND EXISTS (SELECT FROM pg_stat_replication)
FROM linksfield_fleets WHERE name = $1";

/// Takes nothing, and waits for nobody.
const RECORDED: &str = "
SELECT json_agg(row.fingerprint ORDER BY place)::text
FROM unnest($2::text[]) WITH ORDINALITY AS wanted (sim, place) LEFT JOIN linksfield_fleet_sims AS row
    ON row.fleet = $1 AND row.sim = wanted.sim AND row.state IN ('begun', 'ordered', 'unknown')";

const CLAIM: &str = concat!(
    "WITH fleet AS MATERIALIZED (
        SELECT created_at, identity = identity_now AS is_as_it_was, identity_now
        FROM linksfield_fleets, (SELECT ",
    identity!(),
    " AS identity_now) AS now WHERE id = $1
    ), wanted AS MATERIALIZED (
        SELECT * FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS wanted (sim, fingerprint, place)
    ), made AS (
        INSERT INTO linksfield_fleet_sims (fleet, sim, fingerprint, token, lease_ends, claimed_at)
        SELECT $1, sim, fingerprint, $4, clock_timestamp() + make_interval(secs => least($5 + $7 + $8, $9)), identity_now
        FROM wanted CROSS JOIN fleet ORDER BY sim
        ON CONFLICT DO NOTHING RETURNING sim
    ), known AS MATERIALIZED (
        SELECT row.*, row.state = 'begun' AND NOT fleet.is_as_it_was
            AND row.begun_in IS DISTINCT FROM fleet.identity_now AS may_be_further
        FROM linksfield_fleet_sims AS row JOIN wanted USING (sim) CROSS JOIN fleet
        WHERE row.fleet = $1 ORDER BY row.sim FOR UPDATE OF row SKIP LOCKED
    ), taken AS (
        UPDATE linksfield_fleet_sims AS row
        SET token = $4, claimed_at = fleet.identity_now, step = CASE known.token WHEN $4 THEN known.step END,
            lease_ends = clock_timestamp() + make_interval(
                secs => least(greatest($5, known.deadline) + greatest($7, known.settle) + $8, $9)),
            fingerprint = CASE known.state WHEN 'begun' THEN known.fingerprint ELSE wanted.fingerprint END
        FROM known JOIN wanted USING (sim) CROSS JOIN fleet
        WHERE row.fleet = $1 AND row.sim = known.sim
            AND (known.state IN ('open', 'begun') OR known.state = 'refused' AND $6)
            AND (known.token IS NULL OR known.token = $4 OR known.lease_ends <= clock_timestamp())
            AND known.stray IS NULL AND NOT known.may_be_further
        RETURNING row.sim
    )
    SELECT json_agg(json_build_object(
            'state', coalesce(known.state, 'open'),
            'is_mine', made.sim IS NOT NULL OR taken.sim IS NOT NULL,
            'fingerprint', known.fingerprint,
            'orders', known.orders::json,
            'under_way', least(extract(epoch FROM known.begun_at - clock_timestamp())::float8 + known.deadline,
                known.deadline),
            'settle', known.settle,
            'begun_at', extract(epoch FROM known.begun_at)::float8,
            'result', CASE WHEN known.state IN ('ordered', 'refused') THEN known.result END,
            'unknown', CASE WHEN known.state = 'unknown' THEN known.result
                WHEN known.stray IS NOT NULL AND known.state <> 'ordered' AND known.lease_ends <= clock_timestamp()
                THEN 'it was ordered as ' || known.stray || ' by a process that had lost it'
                WHEN known.may_be_further AND (known.token IS NULL OR known.lease_ends <= clock_timestamp())
                THEN 'it was begun, and the database that took over may have forgotten how often it was ordered' END,
            'is_as_it_was', fleet.is_as_it_was OR coalesce(known.identity = fleet.identity_now, false),
            'created_at', extract(epoch FROM fleet.created_at)::float8
        ) ORDER BY place)::text
    FROM wanted CROSS JOIN fleet LEFT JOIN known USING (sim) LEFT JOIN made USING (sim) LEFT JOIN taken USING (sim)"
);

/// Committed to the disk, whatever the database's default is, and where that is more, as that says. Before an order is sent
/// ($8), the database has to be the one in which the SIM was claimed: another may not know who has it. An attempt that was given
/// up may still come: what was written after it ($9) stays.
const BEGUN: &str = concat!(
    "WITH begun AS (
        UPDATE linksfield_fleet_sims
        SET state = 'begun', orders = $4, begun_at = clock_timestamp(), deadline = $5, settle = $6,
            lease_ends = clock_timestamp() + make_interval(secs => $7), step = $9, begun_in = ",
    identity!(),
    "
        WHERE fleet = $1 AND sim = $2 AND token = $3 AND state IN ('open', 'begun', 'refused') AND stray IS NULL
            AND coalesce(step <= $9, true) AND (NOT $8 OR claimed_at = (SELECT ",
    identity!(),
    "))
        RETURNING sim
    )
    SELECT count(*), set_config('synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)
    FROM begun"
);

/// Carried out once more, it finds what it has written, and leaves it so. An order of who has lost the SIM is written down too (`stray`): it is
/// what has the SIM finds, or one too many, and then what is to become of it stays unknown until a person says it.
const END: &str = "
WITH ended AS (
    UPDATE linksfield_fleet_sims SET token = NULL, lease_ends = NULL,
        state = CASE WHEN token IS NULL THEN state WHEN stray IS NULL OR coalesce($4 = 'ordered' AND stray = $5, false)
            THEN coalesce($4, state) ELSE 'unknown' END,
        result = CASE WHEN token IS NULL THEN result WHEN stray IS NULL OR coalesce($4 = 'ordered' AND stray = $5, false)
            THEN $5 ELSE 'it was ordered as ' || stray || ' by a process that had lost it, and here: ' || $5 END
    WHERE fleet = $1 AND sim = $2
        AND (token = $3 OR token IS NULL AND state = coalesce($4, state) AND result = $5) RETURNING state, result
), lost AS (
    UPDATE linksfield_fleet_sims SET
        stray = CASE WHEN $5 = ANY(string_to_array(stray, ' and ')) THEN stray ELSE concat_ws(' and ', stray, $5) END,
        state = CASE WHEN token IS NULL THEN 'unknown' ELSE state END,
        result = CASE WHEN token IS NOT NULL OR state = 'unknown' AND strpos(result, $5) > 0 THEN result
            WHEN state = 'unknown' THEN result || ' and ' || $5
            WHEN state = 'ordered' THEN 'it was ordered more than once, as ' || result || ' and ' || $5
            ELSE 'it was ordered as ' || $5 || ' by a process that had lost it' END
    WHERE fleet = $1 AND sim = $2 AND $4 = 'ordered' AND token IS DISTINCT FROM $3
        AND NOT (token IS NULL AND state = 'ordered' AND result = $5) RETURNING state, result
)
SELECT (SELECT count(*) FROM ended),
    (SELECT result FROM (TABLE ended UNION ALL TABLE lost) AS row WHERE state = 'unknown')";

/// Ends claims in which nothing was begun.
const LET_GO: &str = "
WITH free AS (
    UPDATE linksfield_fleet_sims AS row SET token = NULL, lease_ends = NULL
    FROM unnest($2::text[], $3::text[]) AS claimed (sim, token)
    WHERE row.fleet = $1 AND row.sim = claimed.sim AND row.token = claimed.token RETURNING row.sim
)
SELECT count(*) FROM free";

/// Changes with each change of the row.
const VERSION: &str = "SELECT (SELECT xmin::text FROM linksfield_fleet_sims WHERE fleet = $1 AND sim = $2)";

/// Takes what was begun or is unknown, and what may have been forgotten: after that it is no more. It answers to one version of the
/// row ($5): an attempt that was given up and comes late takes nothing that was begun since.
const FOUND_OUT: &str = concat!(
    "WITH now AS (
        SELECT fleet.identity AS was, ",
    identity!(),
    " AS identity FROM linksfield_fleets AS fleet WHERE id = $1
    ), found AS (
        UPDATE linksfield_fleet_sims AS row SET state = $3, result = $4, token = NULL, lease_ends = NULL, stray = NULL,
            identity = now.identity
        FROM now WHERE row.fleet = $1 AND row.sim = $2 AND (
            row.xmin::text = $5 AND (row.token IS NULL OR row.lease_ends <= clock_timestamp())
                AND (row.state IN ('begun', 'unknown')
                OR row.state = 'open' AND now.was <> now.identity AND row.identity IS DISTINCT FROM now.identity)
            OR row.token IS NULL AND row.state = $3 AND row.result = $4) RETURNING row.sim
    )
    SELECT count(*) FROM found"
);

const FORGOT_NOTHING: &str = concat!(
    "WITH trusted AS (UPDATE linksfield_fleets SET identity = ",
    identity!(),
    " WHERE id = $1 RETURNING id) SELECT count(*) FROM trusted"
);

const IS_CHECKED: &str = "SELECT checked FROM linksfield_fleets WHERE id = $1";

const CHECKED: &str = "
WITH checked AS (UPDATE linksfield_fleets SET checked = true WHERE id = $1 RETURNING id) SELECT count(*) FROM checked";

/// A journal in a database, on which several processes and machines work at the same time.
///
/// Each SIM is claimed by one of them, for longer than its order can be under way and is looked for. A process that lost its
/// claim begins nothing: what it had is looked up by the one that has the SIM now. Only the clock of the database counts.
pub struct PostgresJournal {
    connections: Connections,
    fleet: i64,
    /// What tells this process from the others.
    token: String,
    /// Counts its claims and what it has begun. Each claim has a token of its own, lest a SIM be claimed twice.
    steps: AtomicI64,
    /// The SIMs that it has, with the token of their claim.
    held: Mutex<HashMap<Sim, String>>,
    may_forget: bool,
}

impl PostgresJournal {
    /// Creates the journal of a first run, under a name that is its own in this database. The tables are made if they are not
    /// there, and `string` is as [`PostgresDeliveries::connect`](crate::PostgresDeliveries::connect) has it.
    ///
    /// # Errors
    ///
    /// There is one of this name already; or the database can't be used.
    pub async fn create(string: &str, name: &str, purpose: &Purpose) -> Result<Self> {
        let connections = connect(string).await?;
        let text = serde_json::to_string(purpose).map_err(|error| JournalError::failed("created", error))?;
        let parameters: Parameters<'_> = &[(&name, Type::TEXT), (&FORMAT, Type::INT8), (&text, Type::TEXT)];
        match number(&ask(&connections, "created", CREATE, parameters).await?)? {
            0 => Err(JournalError::Exists(place(&connections, name))),
            _ => Self::load(connections, name, purpose).await,
        }
    }

    /// Opens a journal that was created, also while others have it.
    ///
    /// # Errors
    ///
    /// It is not there, is for something else, or was written by a newer release; or the database can't be used.
    pub async fn open(string: &str, name: &str, purpose: &Purpose) -> Result<Self> {
        Self::load(connect(string).await?, name, purpose).await
    }

    /// For whom and what a journal is, as it says itself: to open it where nothing is ordered, but a person has
    /// [found out](Journal::found_out) what became of a SIM.
    ///
    /// # Errors
    ///
    /// It is not there, or was written by a newer release; or the database can't be used.
    pub async fn purpose_of(string: &str, name: &str) -> Result<Purpose> {
        let connections = connect(string).await?;
        recorded(&connections, name).await.map(|(_, purpose)| purpose)
    }

    /// Whether the database has standbys that are not waited for. If one of them takes over, it may have forgotten which
    /// orders were begun last. Then each SIM that is not done is looked at: one that has an order which may be younger than this
    /// journal stays unknown, until a person [tells](Journal::found_out) what it is.
    #[must_use]
    pub fn may_forget(&self) -> bool {
        self.may_forget
    }

    /// Takes down that the database which took over has forgotten nothing of this fleet, as a person has found out: from now on
    /// SIMs are ordered for as before, without that each is [told](Journal::found_out).
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub async fn forgot_nothing(&self) -> Result<()> {
        ask(&self.connections, "written", FORGOT_NOTHING, &[(&self.fleet, Type::INT8)]).await.map(drop)
    }

    async fn load(connections: Connections, name: &str, purpose: &Purpose) -> Result<Self> {
        let (row, recorded) = recorded(&connections, name).await?;
        if recorded != *purpose {
            return Err(JournalError::OtherPurpose { recorded: recorded.into(), wanted: purpose.clone().into() });
        }
        Ok(Self {
            connections,
            fleet: get(&row, 0)?,
            token: get(&row, 3)?,
            steps: AtomicI64::default(),
            held: Mutex::default(),
            may_forget: get(&row, 4)?,
        })
    }

    /// A number that is higher than each before.
    fn step(&self) -> i64 {
        self.steps.fetch_add(1, Ordering::Relaxed)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Sim, String>> {
        held(&self.held)
    }

    /// Ends the claim of a SIM, in another state if it is named.
    async fn end(&self, sim: Sim, state: Option<&str>, result: &str) -> Result<()> {
        let (id, token) = (sim.to_string(), self.held().get(&sim).cloned().unwrap_or_default());
        let parameters: Parameters<'_> = &[
            (&self.fleet, Type::INT8),
            (&id, Type::TEXT),
            (&token, Type::TEXT),
            (&state, Type::TEXT),
            (&result, Type::TEXT),
        ];
        let row = ask(&self.connections, "written", END, parameters).await?;
        // Not before: it is told again by the same token after an error.
        self.held().remove(&sim);
        match (number(&row)?, get::<Option<String>>(&row, 1)?) {
            (_, Some(why)) => Err(JournalError::Doubtful { sim, why }),
            (0, None) => Err(JournalError::Lost { sim }),
            _ => Ok(()),
        }
    }
}

impl Journal for PostgresJournal {
    async fn recorded(&self, sims: &[Sim]) -> Result<Vec<Option<String>>> {
        let sims: Vec<_> = sims.iter().map(Sim::to_string).collect();
        let parameters: Parameters<'_> = &[(&self.fleet, Type::INT8), (&sims, Type::TEXT_ARRAY)];
        let row = ask(&self.connections, "read", RECORDED, parameters).await?;
        get::<Option<String>>(&row, 0)?.map_or(Ok(Vec::new()), |json| read(&json))
    }

    async fn claim(&self, wanted: &[Wanted], terms: &Terms) -> Result<Vec<Claim>> {
        // What this process has already is not claimed again, nor one SIM twice.
        let free: Vec<_> = {
            let (held, mut seen) = (self.held(), HashSet::new());
            wanted.iter().map(|wanted| !held.contains_key(&wanted.sim) && seen.insert(wanted.sim)).collect()
        };
        let asked: Vec<_> = wanted.iter().zip(&free).filter_map(|(wanted, free)| free.then_some(wanted)).collect();
        if asked.is_empty() {
            return Ok(vec![Claim::Taken; wanted.len()]);
        }
        let token = format!("{}/{}", self.token, self.step());
        let sims: Vec<_> = asked.iter().map(|wanted| wanted.sim.to_string()).collect();
        let fingerprints: Vec<_> = asked.iter().map(|wanted| wanted.fingerprint.as_str()).collect();
        let parameters: Parameters<'_> = &[
            (&self.fleet, Type::INT8),
            (&sims, Type::TEXT_ARRAY),
            (&fingerprints, Type::TEXT_ARRAY),
            (&token, Type::TEXT),
            (&terms.deadline.as_secs_f64(), Type::FLOAT8),
            (&terms.again_refused, Type::BOOL),
            (&terms.settle.as_secs_f64(), Type::FLOAT8),
            (&MARGIN.as_secs_f64(), Type::FLOAT8),
            (&LONGEST.as_secs_f64(), Type::FLOAT8),
        ];
        let row = ask(&self.connections, "read", CLAIM, parameters).await?;
        let found: Vec<Found> = read(&get::<String>(&row, 0)?)?;
        if found.len() != asked.len() {
            let what = format!("it answers for {} of {} SIMs", found.len(), asked.len());
            return Err(JournalError::failed("read", what));
        }
        let mine = asked.iter().zip(&found).filter(|(_, found)| found.is_mine);
        let mine: Vec<_> = mine.map(|(wanted, _)| (*wanted).clone()).collect();
        self.held().extend(mine.iter().map(|wanted| (wanted.sim, token.clone())));
        let mut found = found.into_iter();
        let claim = |(wanted, free): (&Wanted, bool)| match free.then(|| found.next()).flatten() {
            Some(found) => found.claim(wanted, terms),
            None => Ok(Claim::Taken),
        };
        let claims: Result<_> = wanted.iter().zip(free).map(claim).collect();
        if claims.is_err() {
            // Nobody learns that they are claimed.
            drop(self.let_go(&mine).await);
        }
        claims
    }

    async fn begun(&self, wanted: &Wanted, orders: &Orders, terms: &Terms) -> Result<Confirmation> {
        let text = serde_json::to_string(orders).map_err(|error| JournalError::failed("written", error))?;
        let (sim, deadline, settle) =
            (wanted.sim.to_string(), terms.deadline.as_secs_f64(), terms.settle.as_secs_f64());
        let token = self.held().get(&wanted.sim).cloned().unwrap_or_default();
        let is_sent_now = orders.accepted.is_none();
        let parameters: Parameters<'_> = &[
            (&self.fleet, Type::INT8),
            (&sim, Type::TEXT),
            (&token, Type::TEXT),
            (&text, Type::TEXT),
            (&deadline, Type::FLOAT8),
            (&settle, Type::FLOAT8),
            (&lease(terms), Type::FLOAT8),
            (&is_sent_now, Type::BOOL),
            (&self.step(), Type::INT8),
        ];
        // Others may know it from now on.
        let confirmation = Confirmation::now();
        if number(&ask(&self.connections, "written", BEGUN, parameters).await?)? > 0 {
            return Ok(confirmation);
        }
        if let Some(order) = &orders.accepted {
            self.end(wanted.sim, Some("ordered"), order).await?;
        }
        self.held().remove(&wanted.sim);
        Err(JournalError::Lost { sim: wanted.sim })
    }

    async fn done(&self, wanted: &Wanted, result: &Done) -> Result<()> {
        match result {
            Done::Ordered(order) => self.end(wanted.sim, Some("ordered"), order).await,
            Done::Refused(why) => self.end(wanted.sim, Some("refused"), why).await,
            _ => Err(JournalError::failed("written", "this release does not know such an end of an order")),
        }
    }

    async fn unknown(&self, wanted: &Wanted, why: &str) -> Result<()> {
        self.end(wanted.sim, None, why).await
    }

    async fn let_go(&self, wanted: &[Wanted]) -> Result<()> {
        let (sims, tokens): (Vec<_>, Vec<_>) = {
            let mut held = self.held();
            wanted.iter().filter_map(|wanted| Some((wanted.sim.to_string(), held.remove(&wanted.sim)?))).unzip()
        };
        let parameters: Parameters<'_> =
            &[(&self.fleet, Type::INT8), (&sims, Type::TEXT_ARRAY), (&tokens, Type::TEXT_ARRAY)];
        ask(&self.connections, "written", LET_GO, parameters).await.map(drop)
    }

    async fn release(&self, wanted: &Wanted, why: &str) -> Result<()> {
        self.end(wanted.sim, Some("open"), why).await
    }

    async fn is_checked(&self) -> Result<bool> {
        get(&ask(&self.connections, "read", IS_CHECKED, &[(&self.fleet, Type::INT8)]).await?, 0)
    }

    async fn checked(&self) -> Result<()> {
        ask(&self.connections, "written", CHECKED, &[(&self.fleet, Type::INT8)]).await.map(drop)
    }

    async fn found_out(&self, sim: Sim, order: Option<&str>) -> Result<()> {
        let (id, state) = (sim.to_string(), if order.is_some() { "ordered" } else { "open" });
        let result = order.unwrap_or("a person said so");
        let row = ask(&self.connections, "read", VERSION, &[(&self.fleet, Type::INT8), (&id, Type::TEXT)]).await?;
        let version: Option<String> = get(&row, 0)?;
        let parameters: Parameters<'_> = &[
            (&self.fleet, Type::INT8),
            (&id, Type::TEXT),
            (&state, Type::TEXT),
            (&result, Type::TEXT),
            (&version, Type::TEXT),
        ];
        match number(&ask(&self.connections, "written", FOUND_OUT, parameters).await?)? {
            0 => Err(JournalError::NotUnknown { sim }),
            _ => Ok(()),
        }
    }
}

/// How it stands with a SIM that is wanted.
#[derive(Deserialize)]
struct Found {
    state: String,
    is_mine: bool,
    fingerprint: Option<String>,
    /// How it stands with those that were begun for it.
    orders: Option<Orders>,
    /// Seconds, which may be past.
    under_way: Option<f64>,
    /// Seconds after that, before they are looked for.
    settle: Option<f64>,
    /// Seconds since 1970.
    begun_at: Option<f64>,
    /// The id of its order, or why that was refused.
    result: Option<String>,
    /// Why a person has to find out what became of it.
    unknown: Option<String>,
    /// Whether nothing that was begun can have been forgotten.
    is_as_it_was: bool,
    /// Seconds since 1970: when the journal was created.
    created_at: f64,
}

impl Found {
    fn claim(self, wanted: &Wanted, terms: &Terms) -> Result<Claim> {
        let (sim, state) = (wanted.sim, &*self.state);
        // An order that was begun or placed is for the parameters that it was begun with.
        let is_other =
            |recorded: &String| matches!(state, "begun" | "ordered" | "unknown") && *recorded != wanted.fingerprint;
        if let Some(recorded) = self.fingerprint.filter(is_other) {
            return Err(JournalError::OtherParameters { sim, recorded, wanted: wanted.fingerprint.clone() });
        }
        if let Some(why) = self.unknown {
            return Ok(Claim::Unknown(why));
        }
        let time = |seconds: Option<f64>| UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds?).ok()?);
        let missing = || JournalError::failed("read", "it is not there what was begun, or what came of it");
        Ok(match (state, self.is_mine) {
            ("ordered", _) => Claim::Ordered { order: self.result.ok_or_else(missing)?, at: time(self.begun_at) },
            ("refused", false) if !terms.again_refused => Claim::Refused(self.result.ok_or_else(missing)?),
            (_, false) => Claim::Taken,
            ("begun", true) => {
                let under_way = self.under_way.map_or(terms.deadline, seconds);
                let settle = self.settle.map_or(terms.settle, seconds).max(terms.settle);
                Claim::Begun { orders: self.orders.ok_or_else(missing)?, wait: under_way.saturating_add(settle) }
            }
            (_, true) if self.is_as_it_was => Claim::Open,
            (_, true) => Claim::Forgotten { since: time(Some(self.created_at)) },
        })
    }
}

/// How long a SIM is claimed for an order that is sent now.
fn lease(terms: &Terms) -> f64 {
    terms.deadline.saturating_add(terms.settle).saturating_add(MARGIN).min(LONGEST).as_secs_f64()
}

/// What is past is no time any more, and what is too long for a `Duration` is the longest.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

async fn connect(string: &str) -> Result<Connections> {
    let connections = Connections::new(string).map_err(|error| JournalError::failed("opened", error))?;
    TABLES.migrate(&connections).await.map_err(|error| JournalError::failed("opened", error))?;
    Ok(connections)
}

/// The row of a journal, and for what it is.
async fn recorded(connections: &Connections, name: &str) -> Result<(Row, Purpose)> {
    let row = ask(connections, "opened", OPEN, &[(&name, Type::TEXT)]).await?;
    let (Some(format), Some(text)) = (get::<Option<i64>>(&row, 1)?, get::<Option<String>>(&row, 2)?) else {
        return Err(JournalError::Missing(place(connections, name)));
    };
    if format > FORMAT {
        return Err(JournalError::Newer(format.unsigned_abs()));
    }
    Ok((row, read(&text)?))
}

async fn ask(
    connections: &Connections,
    doing: &'static str,
    statement: &str,
    parameters: Parameters<'_>,
) -> Result<Row> {
    connections.ask(statement, parameters).await.map_err(|error: Error| JournalError::failed(doing, error))
}

fn get<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, column: usize) -> Result<T> {
    row.try_get(column).map_err(|error| JournalError::failed("read", error))
}

fn number(row: &Row) -> Result<i64> {
    get(row, 0)
}

fn read<T: for<'a> Deserialize<'a>>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| JournalError::failed("read", error))
}

/// How errors name a journal.
fn place(connections: &Connections, name: &str) -> PathBuf {
    format!("{name} at {}", connections.address()).into()
}

/// Shows where the database is, and nothing of who asks it.
impl fmt::Debug for PostgresJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, fleet, .. } = self;
        f.debug_struct("PostgresJournal")
            .field("at", &connections.address())
            .field("fleet", fleet)
            .finish_non_exhaustive()
    }
}
