//! What a verified request says.

use std::time::SystemTime;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Event;

/// A request that a holder of a key signed, and what it tells.
///
/// With the feature `axum` it is an extractor: it takes the [`Verifier`](super::Verifier) from the state of the router,
/// limits the body, and answers what it refuses. **It remembers nothing**: what Linksfield sends again is acted on again.
/// Behind a [`Receiver`](super::Receiver), which acts once, take it as `axum::Extension<Verified>`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verified {
    /// What is told.
    pub event: Event,
    /// The header `x-lf-delivery`, which nobody signed, and of which the documentation says no more than its name.
    pub delivery_id: Option<String>,
    /// The time that was signed; the older signature has none. Linksfield promises no order of notifications, and a
    /// re-send may be signed anew: ask the API what is so now, rather than believing the last that came.
    pub signed_at: Option<SystemTime>,
    /// The notification key that it was signed with; none with the older signature.
    pub key: Option<UsedKey>,
    /// The body, byte for byte.
    pub body: Bytes,
    pub(super) ids: Ids,
}

/// What a delivery is known by, as digests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    pub(super) delivery: [u8; 32],
    pub(super) signature: Option<[u8; 32]>,
}

impl Ids {
    /// The same for a receiver of this name.
    pub(super) fn of(self, receiver: &str) -> Self {
        let digest = |id: [u8; 32]| -> [u8; 32] {
            Sha256::new()
                .chain_update(receiver.len().to_be_bytes())
                .chain_update(receiver)
                .chain_update(id)
                .finalize()
                .into()
        };
        Self { delivery: digest(self.delivery), signature: self.signature.map(digest) }
    }
}

/// Which notification key a signature was made with. Its value is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsedKey {
    /// The key's id.
    pub id: String,
    /// Which of the values that the verifier was given for this id, from 0: a refreshed key has a new value.
    pub position: usize,
}

/// What makes two deliveries the same.
#[derive(Clone, Copy)]
pub(super) struct Sameness<'a> {
    /// The kind that is expected: another URL of yours gets notifications of its own.
    pub(super) expecting: &'a str,
    /// The newer signature; none of the older one, which covers less than the body says.
    pub(super) signature: Option<&'a str>,
    pub(super) delivery_id: Option<&'a str>,
    /// What the body says, however it is written.
    pub(super) content: &'a [u8],
}

impl Sameness<'_> {
    /// `x-lf-delivery` counts with the body only, because it is not signed: by it alone, a copy that is sent under the id
    /// of another notification would swallow that one. The key does not count: a re-send may be signed with another.
    pub(super) fn ids(self) -> Ids {
        let signature = self.signature.map(|signature| self.id("signature", signature, b""));
        let delivery = match self.delivery_id {
            Some(delivery) => self.id("delivery", delivery, self.content),
            None => signature.unwrap_or_else(|| self.id("body", "", self.content)),
        };
        Ids { delivery, signature }
    }

    fn id(self, kind: &str, text: &str, body: &[u8]) -> [u8; 32] {
        let head = format!("{kind} {} {} {text}", self.expecting, text.len());
        Sha256::new().chain_update(head).chain_update(body).finalize().into()
    }
}
