//! What Cube keeps: SIMs, their bundles, orders, messages, and the asynchronous operations under way.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::civil::Date;
use serde_json::{Value, json};

use super::times::millis;
use crate::cube::types::{BundleStatus, BundleType, ResultCode, SimStatus};
use crate::sandbox::limits::ORDER_LIMIT;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::room::Room;

/// How long an asynchronous operation takes.
const OPERATION: Duration = Duration::from_millis(300);

/// How long requests with equal parameters count as one, from when the first arrived.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// How many SIMs there are before one is named.
const SIMS: u64 = 25;

pub(super) struct Account {
    told: bool,
    pub(super) room: Room,
    pub(super) sims: BTreeMap<String, Sim>,
    pub(super) orders: BTreeMap<String, Value>,
    pub(super) sent: Vec<Sms>,
    pub(super) received: Vec<Sms>,
    jobs: usize,
    requests: Vec<Request>,
    /// What was answered to which parameters, and when they first arrived.
    recent: Vec<(SystemTime, String, Value)>,
    news: Vec<Value>,
}

pub(super) struct Sim {
    pub(super) status: SimStatus,
    pub(super) bundles: Vec<Bundle>,
    /// What it used on a day.
    pub(super) used: BTreeMap<Date, u64>,
    /// Whether an operation is under way, which locks it.
    locked: bool,
}

pub(super) struct Bundle {
    pub(super) id: String,
    pub(super) kind: BundleType,
    pub(super) status: BundleStatus,
    pub(super) cycles: i64,
    pub(super) added: SystemTime,
    pub(super) started: Option<SystemTime>,
}

/// A message to or from a SIM.
pub(super) struct Sms {
    pub(super) at: SystemTime,
    /// As a list has it.
    pub(super) printed: Value,
}

/// An asynchronous operation.
struct Request {
    id: String,
    sim: String,
    what: Operation,
    ends: SystemTime,
    done: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Activate,
    /// With a bundle that is added, which more SIMs allow.
    ActivateAdded,
    Resume,
    Cancel,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Activate | Self::ActivateAdded => "activate",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }
}

impl Account {
    pub(super) fn new(told: bool) -> Self {
        let sims = (1..=SIMS).map(|number| (format!("898520000000000{number:05}"), Sim::new()));
        Self {
            told,
            room: Room::default(),
            sims: sims.collect(),
            orders: BTreeMap::new(),
            sent: Vec::new(),
            received: Vec::new(),
            jobs: 0,
            requests: Vec::new(),
            recent: Vec::new(),
            news: Vec::new(),
        }
    }

    /// A SIM: anything of 15 digits or more is one.
    pub(super) fn sim(&mut self, id: &str) -> Result<&mut Sim, Refusal> {
        if id.len() < 15 || id.len() > 22 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::documented(ResultCode::SimNotFound, "this is no ICCID"));
        }
        if self.sims.len() >= ORDER_LIMIT && !self.sims.contains_key(id) {
            return Err(Refusal::Full);
        }
        Ok(self.sims.entry(id.to_owned()).or_insert_with(Sim::new))
    }

    /// How many bundles SIMs have beside that which each has from the first.
    pub(super) fn added(&self) -> usize {
        self.sims.values().map(|sim| sim.bundles.len() - 1).sum()
    }

    pub(super) fn job_count(&self) -> usize {
        self.jobs
    }

    /// The number of a new job.
    pub(super) fn job(&mut self) -> usize {
        self.jobs += 1;
        self.jobs
    }

    /// Begins an operation; the id of the request.
    pub(super) fn begin(&mut self, sim_id: &str, what: Operation, now: SystemTime) -> Result<String, Refusal> {
        let sim = self.sim(sim_id)?;
        if sim.locked {
            return Err(Refusal::documented(ResultCode::LastRequestInProcess, "an operation is under way"));
        }
        sim.allows(what)?;
        self.room.take(1, sim_id.len())?;
        self.sim(sim_id)?.locked = true;
        let id = format!("SANDBOX-{}", self.requests.len() + 1);
        self.requests.push(Request {
            id: id.clone(),
            sim: sim_id.to_owned(),
            what,
            ends: now + OPERATION,
            done: false,
        });
        Ok(id)
    }

    /// Ends the operations whose time has come, and tells of them.
    pub(super) fn settle(&mut self, now: SystemTime) {
        for request in self.requests.iter_mut().filter(|request| !request.done && request.ends <= now) {
            request.done = true;
            if let Some(sim) = self.sims.get_mut(&request.sim) {
                sim.locked = false;
                sim.become_of(request.what, now);
            }
            if self.told {
                self.news.push(json!({
                    "SANDBOX-event": request.what.name(), "SANDBOX-request-id": request.id,
                    "SANDBOX-sim-id": request.sim, "SANDBOX-result": "done",
                }));
            }
        }
    }

    /// What an operation became.
    pub(super) fn result(&self, request_id: &str) -> Result<Value, Refusal> {
        let request = self.requests.iter().find(|request| request.id == request_id);
        let request = request.ok_or(Refusal::UnknownOrder)?;
        Ok(json!({ "SANDBOX-result": if request.done { "done" } else { "processing" } }))
    }

    /// What was answered to these parameters within the window, or what `first` answers now, if there is room for so many
    /// orders or messages, and so many bytes of their texts.
    pub(super) fn once(
        &mut self,
        parameters: String,
        (count, texts): (usize, usize),
        now: SystemTime,
        first: impl FnOnce(&mut Self) -> Value,
    ) -> Result<Value, Refusal> {
        self.recent.retain(|(arrived, ..)| apart(*arrived, now) < WINDOW);
        if let Some((.., answer)) = self.recent.iter().find(|(_, known, _)| *known == parameters) {
            return Ok(answer.clone());
        }
        self.room.take(count, texts + parameters.len())?;
        let answer = first(self);
        self.recent.push((now, parameters, answer.clone()));
        Ok(answer)
    }

    pub(super) fn receive(&mut self, sim_id: &str, text: &str, now: SystemTime) -> Result<(), Refusal> {
        self.room.take(1, sim_id.len() + text.len())?;
        let printed = json!({
            "org_id": "SANDBOX", "sim_id": sim_id, "received_at": millis(now), "message": { "type": 1, "content": text },
        });
        self.received.push(Sms { at: now, printed });
        Ok(())
    }

    pub(super) fn set_usage(&mut self, sim_id: &str, day: Date, amount: u64) -> Result<(), Refusal> {
        if !self.sim(sim_id)?.used.contains_key(&day) {
            self.room.take(1, 0)?;
        }
        self.sim(sim_id)?.used.insert(day, amount);
        Ok(())
    }

    pub(super) fn take_news(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.news)
    }
}

impl Sim {
    fn new() -> Self {
        let bundle = Bundle {
            id: "SANDBOX-0".to_owned(),
            kind: BundleType::Basic,
            status: BundleStatus::BundleNotStarted,
            cycles: 1,
            added: UNIX_EPOCH,
            started: None,
        };
        Self { status: SimStatus::PreActive, bundles: vec![bundle], used: BTreeMap::new(), locked: false }
    }

    fn has(&self, status: BundleStatus) -> bool {
        self.bundles.iter().any(|bundle| bundle.status == status)
    }

    /// When the bundle in effect began: that in use before one that is paused, and of several the last; no add-on.
    pub(super) fn in_effect(&self) -> Option<SystemTime> {
        let begun = |bundle: &Bundle| {
            let rank = match bundle.status {
                BundleStatus::BundleInUse => 1,
                BundleStatus::BundlePaused => 0,
                _ => return None,
            };
            Some((rank, bundle.started.filter(|_| bundle.kind == BundleType::Basic)?))
        };
        self.bundles.iter().filter_map(begun).max().map(|(_, start)| start)
    }

    fn allows(&self, what: Operation) -> Result<(), Refusal> {
        let waiting = self.has(BundleStatus::BundleNotStarted);
        let refusal = match (what, self.status) {
            (Operation::Activate, SimStatus::ActiveLive) => ResultCode::AlreadyActivated,
            (Operation::Activate, SimStatus::PreActive) if !waiting => ResultCode::NoValidBundle,
            (Operation::Activate, SimStatus::PreActive) => return Ok(()),
            (Operation::ActivateAdded, status) if status != SimStatus::Terminated => return Ok(()),
            (Operation::Resume, SimStatus::Paused) if waiting || self.has(BundleStatus::BundlePaused) => return Ok(()),
            (Operation::Resume, SimStatus::Paused) => ResultCode::NoValidBundle,
            // On an expired SIM it does nothing where no bundle waits.
            (Operation::Resume, SimStatus::Expired) => return Ok(()),
            (Operation::Cancel, status) if status != SimStatus::Terminated => return Ok(()),
            (Operation::ActivateAdded | Operation::Cancel, _) => ResultCode::ExpiredOrTerminated,
            _ => ResultCode::NotAllowedInStatus,
        };
        Err(Refusal::documented(refusal, "the SIM's status is another"))
    }

    fn become_of(&mut self, what: Operation, now: SystemTime) {
        match what {
            Operation::Cancel => {
                self.bundles.iter_mut().for_each(|bundle| bundle.status = BundleStatus::BundleEnded);
                self.status = SimStatus::Expired;
            }
            // One is in use at a time.
            _ if self.status == SimStatus::ActiveLive && self.has(BundleStatus::BundleInUse) => {}
            Operation::Activate | Operation::ActivateAdded | Operation::Resume => {
                let order = [BundleStatus::BundlePaused, BundleStatus::BundleNotStarted];
                let next =
                    order.iter().find_map(|status| self.bundles.iter().position(|bundle| bundle.status == *status));
                if let Some(bundle) = next.and_then(|next| self.bundles.get_mut(next)) {
                    bundle.status = BundleStatus::BundleInUse;
                    bundle.started.get_or_insert(now);
                    self.status = SimStatus::ActiveLive;
                }
            }
        }
    }
}

/// How far two times are from each other, also where the clock was set back.
fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|later| later.duration())
}
