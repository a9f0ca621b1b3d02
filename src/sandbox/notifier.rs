//! Sends notifications as Linksfield does: signed, and once more if they fail.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Clock;
use super::apis::csss::calendar;
use super::apis::csss::ledger::{Ledger, Order};
use crate::notification::types::OrderEvent;
use crate::notification::{DELIVERY_HEADER, Signer};

/// How often a notification that fails is sent again: documented for the results of asynchronous calls.
pub(super) const RESENDS: u32 = 30;

/// How often the ledger is asked what has happened, and, as that takes longer, which orders have ended.
const NEWS: Duration = Duration::from_millis(50);
const ENDS: Duration = Duration::from_secs(1);

/// How long a receiver may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// To whom notifications go, and how.
#[derive(Clone)]
pub(super) struct Callback {
    pub(super) http: reqwest::Client,
    pub(super) url: String,
    pub(super) signer: Option<Signer>,
    pub(super) resend_every: Duration,
}

/// Tells what happens to orders, and what it is told to tell, until `told` is closed.
pub(super) async fn run(
    callback: Callback,
    ledger: Arc<Mutex<Ledger>>,
    clock: Clock,
    mut told: mpsc::UnboundedReceiver<Value>,
) {
    let mut deliveries = JoinSet::new();
    let mut count = 0_u64;
    let (mut news, mut ends) = (tokio::time::interval(NEWS), tokio::time::interval(ENDS));
    let ledger = || ledger.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let bodies = tokio::select! {
            body = told.recv() => match body {
                Some(body) => vec![body],
                None => break,
            },
            _ = news.tick() => ledger().news().iter().map(|(event, order)| order_status(event, order)).collect(),
            _ = ends.tick() => {
                ledger().tell_ends(calendar::local(clock()));
                continue;
            }
            Some(_) = deliveries.join_next() => continue,
        };
        for body in bodies {
            count += 1;
            deliveries.spawn(deliver(callback.clone(), count, body.to_string()));
        }
    }
}

/// The fields of this notification are not documented, so these are the sandbox's own.
fn order_status(event: &OrderEvent, order: &Order) -> Value {
    json!({ "SANDBOX-event": event, "SANDBOX-order-id": order.id, "SANDBOX-device-id": order.device_id })
}

async fn deliver(callback: Callback, id: u64, body: String) {
    for _ in 0..=RESENDS {
        // Signed anew each time: a receiver refuses an old one.
        let headers = callback.signer.as_ref().map(|signer| signer.headers(body.as_bytes(), SystemTime::now()));
        let Ok(headers) = headers.transpose() else { return };
        let request = callback.http.post(&callback.url).headers(headers.unwrap_or_default());
        let request = request
            .header(DELIVERY_HEADER, id)
            .header(CONTENT_TYPE, "application/json")
            .body(body.clone())
            .timeout(ANSWER);
        if request.send().await.is_ok_and(|response| response.status().is_success()) {
            return;
        }
        tokio::time::sleep(callback.resend_every).await;
    }
}
