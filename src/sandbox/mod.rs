//! A server that behaves as the CSSS documentation says, in memory: to learn with, and to test against.
//!
//! It verifies every signature, keeps orders through their life (ordered, started, renewed, ended), and answers in the
//! documented envelope. Where Linksfield documents no code, its own begin with `SANDBOX-`; where it documents no
//! answer, the answer is an empty object. What it has to decide beyond the documentation:
//!
//! * a period lasts as long as the plan's type says: days for `0` and `1`, then 1, 3, 6 and 12 months; a plan ends at
//!   the end of a day in UTC+8;
//! * a batch is ordered whole or not at all, as the text of its page says;
//! * `orderStatus` is `SANDBOX-ORDERED`, `SANDBOX-STARTED` or `SANDBOX-ENDED`; `buyType` and `flow` are those of the
//!   printed example;
//! * any SIM may order; known plans are the two of the printed examples, and those that you add.
//!
//! It can be told to misbehave: see [`Fault`].
//!
//! It notifies a [`callback`](SandboxBuilder::callback) of what happens to orders, in fields of its own (`SANDBOX-event`
//! with a documented code, `SANDBOX-order-id`, `SANDBOX-device-id`), because theirs are not documented, and of what it is
//! told to. Notifications may overtake each other.
//!
//! With the features `mall` and `esim-qr` it serves those APIs as well, below paths of their own: `mall_url`,
//! `payment_url`, `topup_url` and `esim_qr_url`. In the Mall, an order counts as paid when it is placed, and `orderStatus` is `SANDBOX-PAID`; answers
//! of which no field is documented are empty objects, and a refusal has HTTP 400 where answers have no envelope. The eSIM QR Mall's codes are numbers: a refusal has -1.
//!
//! Limits: a body has at most 1 MiB ([`BODY_LIMIT`]), at most 100 000 orders are kept ([`ORDER_LIMIT`]), a page has at
//! most 1000 orders, and a plan runs for at most 1200 periods.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), linksfield::Error> {
//! use linksfield::csss::{Client, types::QueryOrder};
//! use linksfield::sandbox::Sandbox;
//!
//! let sandbox = Sandbox::start().await?;
//! let client = Client::builder().credentials(sandbox.credentials().clone()).environment(sandbox.url()).build()?;
//! let orders = client.query_order(&QueryOrder::builder().page_no(1).page_size(10).build()).await?;
//! assert!(orders.package_order.is_empty());
//! # Ok(()) }
//! ```

mod api;
mod apis;
mod fault;
mod notifier;
mod refusal;
mod response;
mod server;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::Url;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::csss::credentials::Credentials;
use crate::error::Error;
use crate::notification::Signer;
use crate::signing::TimestampUnit;
use crate::transport::connect::http_client;
#[cfg(feature = "esim-qr")]
pub use apis::ACCESS_TOKEN;
pub use fault::{FAULT_HEADER, Fault};

/// Most bytes of a request's body.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// Most orders that are kept; after that, orders are refused.
pub const ORDER_LIMIT: usize = 100_000;

/// Access code of a sandbox that was given none.
pub const ACCESS_CODE: &str = "SANDBOX";

/// Secret of a sandbox that was given none. It protects nothing.
pub const SECRET: &str = "sandbox-secret";

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A running sandbox. It stops when it is dropped.
pub struct Sandbox {
    url: String,
    credentials: Credentials,
    apis: apis::Apis,
    state: server::State,
    /// To the task that sends notifications; dropped with the sandbox, which tells it to stop.
    notify: Option<mpsc::UnboundedSender<Value>>,
    /// Dropped with the sandbox, which tells the server to stop.
    _running: oneshot::Sender<()>,
}

#[bon::bon]
impl Sandbox {
    /// Sets up a sandbox.
    ///
    /// # Errors
    ///
    /// The address can't be listened on, or the callback is no URL.
    #[builder(finish_fn = start)]
    pub async fn new(
        /// Collects [`plan`](SandboxBuilder::plan)s.
        #[builder(field)]
        plans: Vec<String>,
        /// Address to listen on; any free port of 127.0.0.1 if not set.
        listen: Option<SocketAddr>,
        /// Whose requests are accepted; [`ACCESS_CODE`] with [`SECRET`] if not set.
        credentials: Option<Credentials>,
        /// Where the time of orders comes from; the system's clock if not set.
        #[builder(with = |clock: impl Fn() -> SystemTime + Send + Sync + 'static| Arc::new(clock))]
        clock: Option<Clock>,
        /// Where notifications are sent to; none are sent if not set.
        #[builder(into)]
        callback: Option<String>,
        /// How notifications are signed; they are not if not set.
        callback_signer: Option<Signer>,
        /// How long after a notification failed it is sent again, up to 30 times; 48 minutes if not set, which makes it
        /// the documented 24 hours.
        #[builder(default = Duration::from_secs(48 * 60))]
        resend_every: Duration,
    ) -> Result<Self, Error> {
        let address = listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let cannot_listen = |error| Error::settings(format!("the sandbox can't listen on {address}: {error}"));
        let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
        let url = format!("http://{}", listener.local_addr().map_err(cannot_listen)?);
        let credentials = credentials.map_or_else(|| Credentials::new(ACCESS_CODE, SECRET), Ok)?;
        let apis = apis::Apis::new(&credentials, plans, callback.is_some());
        let clock = clock.unwrap_or_else(|| Arc::new(SystemTime::now));
        let state = server::State { apis: apis.all().into(), clock, fault: Arc::default() };
        let (running, stopped) = oneshot::channel();
        tokio::spawn(server::serve(listener, state.clone(), stopped));
        let notify = match callback {
            None => None,
            Some(url) => {
                let url =
                    Url::parse(&url).map_err(|error| Error::settings(format!("the callback is no URL: {error}")))?;
                let http = http_client(&url).build();
                let http = http.map_err(|error| Error::settings(format!("notifications can't be sent: {error}")))?;
                let callback = notifier::Callback { http, url, signer: callback_signer, resend_every };
                let (sender, receiver) = mpsc::unbounded_channel();
                tokio::spawn(notifier::run(callback, state.apis.clone(), state.clock.clone(), receiver));
                Some(sender)
            }
        };
        Ok(Self { url, credentials, apis, state, notify, _running: running })
    }

    /// Starts a sandbox on a free port of 127.0.0.1 that accepts [`ACCESS_CODE`] with [`SECRET`].
    ///
    /// # Errors
    ///
    /// No port can be listened on.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// The URL before the operations' paths.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whose requests are accepted.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Lets something go wrong with every request from now on, or nothing any more.
    pub fn misbehave(&self, fault: Option<Fault>) {
        *held(&self.state.fault) = fault;
    }

    /// Sends a notification with `body` to the callback. Changes of orders are sent by themselves. Returns whether there
    /// is a callback to send to.
    pub fn notify(&self, body: Value) -> bool {
        self.notify.as_ref().is_some_and(|notify| notify.send(body).is_ok())
    }

    /// Lets a SIM send an SMS: the documented notification goes to the callback. Returns whether there is one.
    pub fn send_sms(&self, sim_id: &str, text: &str) -> bool {
        let received = TimestampUnit::Milliseconds.format(self.now());
        self.notify(json!({
            "partner_code": self.credentials().access_code(), "sim_id": sim_id, "text_message": text,
            "received_at": received, "message_type": "SANDBOX-TEXT",
        }))
    }

    fn now(&self) -> SystemTime {
        (self.state.clock)()
    }
}

/// Locks, also what a thread that panicked has left.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.url).finish_non_exhaustive()
    }
}

impl<S: sandbox_builder::State> SandboxBuilder<S> {
    /// Adds the code of a plan that can be ordered.
    pub fn plan(mut self, code: impl Into<String>) -> Self {
        self.plans.push(code.into());
        self
    }
}
