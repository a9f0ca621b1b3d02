//! Sends notifications as Linksfield does: signed, and once more if they fail.

use std::time::{Duration, SystemTime};

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::outbox::Letter;
use super::report::Report;
use super::state::State;
use crate::error::{Error, innermost};
use crate::notification::{DELIVERY_HEADER, Signer};
use crate::transport::connect::http_client;

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
    pub(super) resend: Resend,
    pub(super) resend_every: Duration,
    /// Whether each second notification of an order comes before the one that was to come before it.
    pub(super) swaps: bool,
}

/// How a notification that fails is sent again: what Linksfield does is not documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resend {
    /// With a time and a signature of its own.
    #[default]
    SignedAnew,
    /// The same headers and the same body.
    SameBytes,
}

impl Callback {
    /// One to `url`, if there is one.
    pub(super) fn new(
        url: Option<String>,
        signer: Option<Signer>,
        resend: Resend,
        resend_every: Duration,
        swaps: bool,
    ) -> Result<Option<Self>, Error> {
        let Some(url) = url else {
            let alone = Error::settings("there is a signer of notifications, but no callback that they are sent to");
            return signer.map_or(Ok(None), |_| Err(alone));
        };
        let url = Url::parse(&url).map_err(|error| Error::settings(format!("the callback is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::settings("the callback must be a URL of http or https"));
        }
        let probe = signer.as_ref().map(|signer| signer.headers(b"{}", SystemTime::now()));
        probe.transpose().map_err(|error| Error::settings(format!("notifications can't be signed: {error}")))?;
        let http = http_client(&url).build();
        let http = http.map_err(|error| Error::settings(format!("notifications can't be sent: {error}")))?;
        Ok(Some(Self { http, url, signer, resend, resend_every, swaps }))
    }
}

/// Tells what happens, and what it is told to tell.
pub(super) async fn run(callback: Callback, state: State, mut told: mpsc::UnboundedReceiver<Letter>) {
    let mut deliveries = JoinSet::new();
    let mut count = 0_u64;
    let mut news = tokio::time::interval(NEWS);
    let mut held_back: Option<(u64, Letter)> = None;
    loop {
        let (letters, may_wait) = tokio::select! {
            Some(letter) = told.recv() => (vec![Some(letter)], false),
            _ = news.tick() => (news_of(&state), callback.swaps),
            Some(_) = deliveries.join_next() => continue,
        };
        for letter in letters {
            count += 1;
            let Some(letter) = letter else {
                let reason = "too many others wait: it is not sent";
                state.report(Report::NotificationFailed { delivery: count, reason });
                continue;
            };
            if may_wait && held_back.is_none() {
                held_back = Some((count, letter));
                continue;
            }
            let after = if may_wait { held_back.take() } else { None };
            deliveries.spawn(deliver_all(callback.clone(), state.clone(), [Some((count, letter)), after]));
        }
    }
}

/// Delivers one after the other.
async fn deliver_all(callback: Callback, state: State, letters: [Option<(u64, Letter)>; 2]) {
    for (id, letter) in letters.into_iter().flatten() {
        deliver(&callback, &state, id, &letter.text).await;
    }
}

/// What has happened in the APIs, if the clock lets anything happen; none for what there is no room for.
fn news_of(state: &State) -> Vec<Option<Letter>> {
    let (Ok(now), Some(outbox)) = (state.clock.now(), &state.outbox) else { return Vec::new() };
    let news = state.served.iter().flat_map(|api| api.news(now));
    news.map(|body| outbox.letter(&body)).collect()
}

async fn deliver(callback: &Callback, state: &State, id: u64, body: &str) {
    let mut sent = None;
    for _ in 0..=RESENDS {
        let sign = |signer: &Signer| signer.headers(body.as_bytes(), SystemTime::now());
        let headers = match sent.take().filter(|_| callback.resend == Resend::SameBytes) {
            Some(headers) => Ok(headers),
            None => callback.signer.as_ref().map(sign).transpose().map(Option::unwrap_or_default),
        };
        let headers = match headers {
            Ok(headers) => headers,
            Err(error) => return state.report(Report::NotificationFailed { delivery: id, reason: &error.to_string() }),
        };
        sent = Some(headers.clone());
        let request = callback.http.post(callback.url.clone()).headers(headers);
        let request = request
            .header(DELIVERY_HEADER, id)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_owned())
            .timeout(ANSWER);
        let reason = match request.send().await {
            Ok(response) if response.status().is_success() => return,
            Ok(response) => format!("the receiver answered {}", response.status()),
            Err(error) => innermost(&error.without_url()),
        };
        state.report(Report::NotificationFailed { delivery: id, reason: &reason });
        tokio::time::sleep(callback.resend_every).await;
    }
}
