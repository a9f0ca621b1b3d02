//! What has come before, so that a notification is not acted on twice.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Remembers notifications. Implement it over a database that all your servers share.
///
/// The id is the signature of a notification with the newer signature: a copy has the same. With the older one it is the
/// header `x-lf-delivery`, which nothing protects, and of which the documentation does not say what it means; without
/// that header nothing is remembered.
pub trait Deliveries: Send + Sync {
    /// Remembers `id`; `false` if it is remembered already.
    fn remember(&self, id: &str) -> bool;

    /// Forgets `id`, for a notification that you could not act on: Linksfield may send it once more.
    fn forget(&self, id: &str);
}

/// Keep a handle to forget with: see [`Verifier::delivery_id`](super::Verifier::delivery_id).
impl<D: Deliveries + ?Sized> Deliveries for Arc<D> {
    fn remember(&self, id: &str) -> bool {
        (**self).remember(id)
    }

    fn forget(&self, id: &str) {
        (**self).forget(id);
    }
}

/// The most recent notifications, in memory.
#[derive(Debug)]
pub struct RecentDeliveries {
    capacity: usize,
    ids: Mutex<Ids>,
}

#[derive(Debug, Default)]
struct Ids {
    known: HashSet<String>,
    oldest_first: VecDeque<String>,
}

impl RecentDeliveries {
    /// Remembers up to `capacity` notifications: as many as come within the verifier's tolerance.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, ids: Mutex::default() }
    }

    fn ids(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deliveries for RecentDeliveries {
    fn remember(&self, id: &str) -> bool {
        let mut ids = self.ids();
        if !ids.known.insert(id.to_owned()) {
            return false;
        }
        ids.oldest_first.push_back(id.to_owned());
        if ids.oldest_first.len() > self.capacity {
            let oldest = ids.oldest_first.pop_front();
            oldest.map(|oldest| ids.known.remove(&oldest));
        }
        true
    }

    fn forget(&self, id: &str) {
        let mut ids = self.ids();
        if ids.known.remove(id) {
            ids.oldest_first.retain(|known| known != id);
        }
    }
}
