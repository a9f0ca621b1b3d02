//! Sends notifications as Linksfield does: signed, and once more if they fail.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Clock;
use super::api::Api;
use crate::notification::{DELIVERY_HEADER, Signer};

/// How often a notification that fails is sent again: documented for the results of asynchronous calls.
pub(super) const RESENDS: u32 = 30;

/// How often the APIs are asked what has happened.
const NEWS: Duration = Duration::from_millis(50);

/// How long a receiver may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// To whom notifications go, and how.
#[derive(Clone)]
pub(super) struct Callback {
    pub(super) http: reqwest::Client,
    pub(super) url: Url,
    pub(super) signer: Option<Signer>,
    pub(super) resend_every: Duration,
}

/// Tells what happens, and what it is told to tell, until `told` is closed.
pub(super) async fn run(
    callback: Callback,
    apis: Arc<[Arc<dyn Api>]>,
    clock: Clock,
    mut told: mpsc::UnboundedReceiver<Value>,
) {
    let mut deliveries = JoinSet::new();
    let mut count = 0_u64;
    let mut news = tokio::time::interval(NEWS);
    loop {
        let bodies = tokio::select! {
            body = told.recv() => match body {
                Some(body) => vec![body],
                None => break,
            },
            _ = news.tick() => apis.iter().flat_map(|api| api.news(clock())).collect(),
            Some(_) = deliveries.join_next() => continue,
        };
        for body in bodies {
            count += 1;
            deliveries.spawn(deliver(callback.clone(), count, body.to_string()));
        }
    }
}

async fn deliver(callback: Callback, id: u64, body: String) {
    for _ in 0..=RESENDS {
        // Signed anew each time: a receiver refuses an old one.
        let headers = callback.signer.as_ref().map(|signer| signer.headers(body.as_bytes(), SystemTime::now()));
        let Ok(headers) = headers.transpose() else { return };
        let request = callback.http.post(callback.url.clone()).headers(headers.unwrap_or_default());
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
