//! How much a sandbox keeps of orders.

use super::limits::{ORDER_LIMIT, TEXT_LIMIT};
use super::refusal::Refusal;

/// What is taken of the room for the orders of an API.
#[derive(Debug, Default)]
pub(super) struct Room {
    orders: usize,
    texts: usize,
}

impl Room {
    /// Takes room for orders with so many bytes of texts, or none.
    pub(super) fn take(&mut self, orders: usize, texts: usize) -> Result<(), Refusal> {
        let (orders, texts) = (self.orders.saturating_add(orders), self.texts.saturating_add(texts));
        if orders > ORDER_LIMIT || texts > TEXT_LIMIT {
            return Err(Refusal::Full);
        }
        *self = Self { orders, texts };
        Ok(())
    }
}
