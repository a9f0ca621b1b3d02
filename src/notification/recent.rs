//! What has been acted on, in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::deliveries::{Begun, Claim, Deliveries, REMEMBERED, Standing, StoreError};

type Id = [u8; 32];

/// What this process has acted on, in memory: forgotten when it ends.
///
/// It forgets nothing before its time. When it is full, notifications are answered with 503, so that Linksfield sends
/// them again.
#[derive(Debug)]
pub struct RecentDeliveries {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Id, Entry>,
    /// When entries can be forgotten, the earliest first. Times of entries that have changed since are passed over.
    endings: VecDeque<(Instant, Id)>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    token: [u8; 16],
    done: bool,
    /// When the lease ends, or what is done is forgotten.
    until: Instant,
}

impl RecentDeliveries {
    /// Keeps up to `capacity` ids. A notification has one or two, of about 150 bytes each, for 25 hours.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps up to a million ids.
impl Default for RecentDeliveries {
    fn default() -> Self {
        Self::new(1_000_000)
    }
}

impl State {
    fn forget_what_has_ended(&mut self, now: Instant) {
        while let Some((until, id)) = self.endings.front().copied().filter(|(until, _)| *until <= now) {
            self.endings.pop_front();
            if self.entries.get(&id).is_some_and(|entry| entry.until == until) {
                self.entries.remove(&id);
            }
        }
    }

    fn standing(&self, claim: &Claim) -> Standing {
        let mine = |id| self.entries.get(id).filter(|entry| entry.token == *claim.token());
        let mut entries = claim.ids().iter().map(mine);
        match entries.clone().all(|entry| entry.is_some_and(|entry| entry.done)) {
            true => Standing::Done,
            false if entries.all(|entry| entry.is_some_and(|entry| !entry.done)) => Standing::Held,
            false => Standing::Gone,
        }
    }

    fn set(&mut self, claim: &Claim, done: bool, until: Instant) {
        for id in claim.ids() {
            self.entries.insert(*id, Entry { token: *claim.token(), done, until });
            if done {
                self.endings.push_back((until, *id));
            }
        }
    }
}

impl Deliveries for RecentDeliveries {
    async fn begin(&self, claim: &Claim, lease: Duration) -> Result<Begun, StoreError> {
        let now = Instant::now();
        let mut state = self.state();
        state.forget_what_has_ended(now);
        let others = claim.ids().iter().filter_map(|id| state.entries.get(id));
        let others: Vec<Entry> = others
            .filter(|entry| entry.until > now && (entry.done || entry.token != *claim.token()))
            .copied()
            .collect();
        if others.iter().any(|entry| entry.done) {
            return Ok(Begun::Done);
        }
        if let Some(until) = others.iter().map(|entry| entry.until).max() {
            return Ok(Begun::Busy { ends_in: until - now });
        }
        if state.entries.len() + claim.ids().len() > self.capacity {
            state.entries.retain(|_, entry| entry.until > now);
            if state.entries.len() + claim.ids().len() > self.capacity {
                return Err(StoreError::new("it is full"));
            }
        }
        state.set(claim, false, now + lease);
        Ok(Begun::Yours)
    }

    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<Standing, StoreError> {
        let mut state = self.state();
        let standing = state.standing(claim);
        if standing == Standing::Held {
            state.set(claim, false, Instant::now() + lease);
        }
        Ok(standing)
    }

    async fn done(&self, claim: &Claim) -> Result<Standing, StoreError> {
        let mut state = self.state();
        if state.standing(claim) == Standing::Held {
            state.set(claim, true, Instant::now() + REMEMBERED);
        }
        Ok(state.standing(claim))
    }

    async fn release(&self, claim: &Claim) -> Result<Standing, StoreError> {
        let mut state = self.state();
        if state.standing(claim) == Standing::Held {
            for id in claim.ids() {
                state.entries.remove(id);
            }
        }
        Ok(state.standing(claim))
    }

    async fn standing(&self, claim: &Claim) -> Result<Standing, StoreError> {
        Ok(self.state().standing(claim))
    }
}
