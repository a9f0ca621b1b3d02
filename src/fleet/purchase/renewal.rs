//! One renewal order of Cube a SIM.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Placed, Purchase};
use crate::call::Preview;
use crate::client::ApiClient;
use crate::cube::Client;
use crate::cube::types::{CreateRenewalOrder, OrderId, RenewalExtra, RenewalItem, RenewalItemId, SimId};
use crate::error::Error;
use crate::family::private::Sealed;
use crate::transport::intent::Ready;

/// What a line says: the names are those of the item and of the words with the order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Renewal {
    sim_id: SimId,
    id: RenewalItemId,
    #[serde(deserialize_with = "number")]
    quantity: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    po: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

/// A number, or a column with one.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "it must be a whole number")]
    enum Number {
        Number(i64),
        Text(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Number(number) => Ok(number),
        Number::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
    }
}

impl Renewal {
    fn order(&self) -> CreateRenewalOrder {
        let Self { sim_id, id, quantity, po, remarks } = self;
        let item = RenewalItem::builder().id(id.clone()).quantity(*quantity).sim_ids([sim_id.clone()]).build();
        let has_words = po.is_some() || remarks.is_some();
        let words = || RenewalExtra::builder().maybe_po(po.clone()).maybe_remarks(remarks.clone()).build();
        CreateRenewalOrder::builder().items([item]).maybe_extra(has_words.then(words)).build()
    }
}

impl Sealed for Client {}

impl Purchase for Client {
    type Parameters = Renewal;

    const OPERATION: &'static str = "createRenewalOrder";
    const SIM: &'static str = "sim_id";
    const LISTS_ORDERS: bool = false;

    fn caller(&self) -> (&str, &str) {
        ApiClient::caller(self)
    }

    fn preview(&self, parameters: &Renewal) -> Result<Preview, Error> {
        self.create_renewal_order(&parameters.order()).preview()
    }

    async fn order(&self, parameters: &Renewal, deadline: Duration, ready: Ready) -> Result<String, Error> {
        let order: OrderId =
            self.create_renewal_order(&parameters.order()).deadline(deadline).once(ready).await?.order_id;
        Ok(order.to_string())
    }

    /// No documented call lists them, so that this is not asked.
    async fn orders_of(&self, _: String) -> Result<Vec<Placed>, Error> {
        Ok(Vec::new())
    }
}
