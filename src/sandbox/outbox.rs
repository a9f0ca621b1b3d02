//! Notifications that wait to be delivered, as many as there is room for.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::{NOTIFICATION_COST, TEXT_LIMIT};

/// A notification; the room it takes is free again when it is dropped.
pub(super) struct Letter {
    pub(super) text: String,
    _room: OwnedSemaphorePermit,
}

#[derive(Clone)]
pub(super) struct Outbox {
    room: Arc<Semaphore>,
    /// What is sent through it has its room, so it has a bound.
    letters: UnboundedSender<Letter>,
}

impl Outbox {
    pub(super) fn new() -> (Self, UnboundedReceiver<Letter>) {
        let (letters, told) = mpsc::unbounded_channel();
        (Self { room: Arc::new(Semaphore::new(TEXT_LIMIT)), letters }, told)
    }

    /// None where too much waits already.
    pub(super) fn letter(&self, body: &Value) -> Option<Letter> {
        let text = body.to_string();
        let cost = u32::try_from(text.len() + NOTIFICATION_COST).ok()?;
        let room = Arc::clone(&self.room).try_acquire_many_owned(cost).ok()?;
        Some(Letter { text, _room: room })
    }

    /// Whether it will be sent.
    pub(super) fn put(&self, body: &Value) -> bool {
        self.letter(body).is_some_and(|letter| self.letters.send(letter).is_ok())
    }
}
