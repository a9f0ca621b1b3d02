//! What has been acted on, in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use super::deliveries::{Begun, Claim, Deliveries, REMEMBERED, Standing, StoreError};
use crate::lock::held;

type Id = [u8; 32];

/// What this process has acted on, in memory: forgotten when it ends.
///
/// It forgets nothing before its time. When it is full, notifications are answered with 503, so that Linksfield sends
/// them again; those that are known to be done, with 200. Of such a one that was signed anew there is no room for the signature:
/// a copy of it under another `x-lf-delivery` may be acted on when there is room again.
#[derive(Debug)]
pub struct RecentDeliveries {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    deliveries: HashMap<Id, Delivery>,
    signatures: HashMap<Id, Signature>,
    /// When either can be forgotten, the earliest first. Times of deliveries that have changed since are passed over.
    endings: VecDeque<(Instant, Id)>,
}

#[derive(Clone, Copy, Debug)]
struct Delivery {
    token: [u8; 16],
    done: bool,
    /// When the lease ends, or what is done is forgotten.
    until: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Signature {
    /// The one that it first came with.
    delivery: Id,
    /// That one was done by then.
    done: bool,
    /// When it is forgotten.
    until: Instant,
}

impl RecentDeliveries {
    /// Keeps up to `capacity` deliveries, and as many newer signatures, of about 150 bytes each. What is done is kept for 25
    /// hours, and so is every signature, also of what failed: each attempt that is signed anew counts.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        held(&self.state)
    }
}

/// Keeps up to a million deliveries.
impl Default for RecentDeliveries {
    fn default() -> Self {
        Self::new(1_000_000)
    }
}

impl State {
    fn forget_what_has_ended(&mut self, now: Instant) {
        while let Some((until, id)) = self.endings.front().copied().filter(|(until, _)| *until <= now) {
            self.endings.pop_front();
            if self.deliveries.get(&id).is_some_and(|delivery| delivery.until == until) {
                self.deliveries.remove(&id);
            }
            if self.signatures.get(&id).is_some_and(|signature| signature.until == until) {
                self.signatures.remove(&id);
            }
        }
    }

    /// The delivery that a claim is of.
    fn of(&self, claim: &Claim) -> Id {
        let known = claim.signature().and_then(|signature| self.signatures.get(signature));
        known.map_or(*claim.delivery(), |known| known.delivery)
    }

    /// Whether the delivery of a claim is done. Its signature is known from now on, unless it is done and there is no room.
    fn is_done(&mut self, claim: &Claim, now: Instant, capacity: usize) -> Result<bool, StoreError> {
        let done = self.deliveries.get(&self.of(claim)).is_some_and(|delivery| delivery.done && delivery.until > now);
        let Some(signature) = claim.signature() else { return Ok(done) };
        if let Some(known) = self.signatures.get(signature) {
            return Ok(known.done || done);
        }
        if self.signatures.len() >= capacity {
            return if done { Ok(true) } else { Err(full()) };
        }
        let until = now + REMEMBERED;
        self.signatures.insert(*signature, Signature { delivery: *claim.delivery(), done, until });
        self.endings.push_back((until, *signature));
        Ok(done)
    }

    fn standing(&self, claim: &Claim) -> Standing {
        match self.deliveries.get(&self.of(claim)).filter(|delivery| delivery.token == *claim.token()) {
            Some(Delivery { done: true, .. }) => Standing::Done,
            Some(Delivery { done: false, .. }) => Standing::Held,
            None => Standing::Gone,
        }
    }

    fn set(&mut self, claim: &Claim, done: bool, until: Instant) {
        let id = self.of(claim);
        self.deliveries.insert(id, Delivery { token: *claim.token(), done, until });
        if done {
            self.endings.push_back((until, id));
        }
    }
}

fn full() -> StoreError {
    StoreError::new("it is full")
}

impl Deliveries for RecentDeliveries {
    async fn begin(&self, claim: &Claim, lease: Duration) -> Result<Begun, StoreError> {
        let now = Instant::now();
        let mut state = self.state();
        state.forget_what_has_ended(now);
        if state.is_done(claim, now, self.capacity)? {
            return Ok(Begun::Done);
        }
        match state.deliveries.get(&state.of(claim)).filter(|delivery| delivery.until > now) {
            Some(other) if other.token != *claim.token() => return Ok(Begun::Busy { ends_in: other.until - now }),
            Some(_) => {}
            None if state.deliveries.len() < self.capacity => {}
            None => {
                state.deliveries.retain(|_, delivery| delivery.until > now);
                if state.deliveries.len() >= self.capacity {
                    return Err(full());
                }
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
            let id = state.of(claim);
            state.deliveries.remove(&id);
        }
        Ok(state.standing(claim))
    }

    async fn standing(&self, claim: &Claim) -> Result<Standing, StoreError> {
        Ok(self.state().standing(claim))
    }
}
