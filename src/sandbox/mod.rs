//! A server that behaves as the documentation says, in memory: to learn with, and to test against. The guide to it is
//! [testing your own code](crate::guide::testing).
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
//! It can be told to misbehave: [`misbehave`](Sandbox::misbehave) lets one [`Fault`] happen to all requests, and a
//! [`Story`] lets faults and answers of your own happen to some of them, one after the other.
//! [`requests`](Sandbox::requests) shows what came. Told so, it answers in a [`Shape`] that is not documented.
//!
//! All that a test can tell it by methods, a program in any language can below `/_sandbox/`, which
//! `/_sandbox/openapi.yaml` describes: only from this machine, and not from a browser. The APIs send no CORS headers:
//! secrets do not belong in browsers. `/` links to the references.
//!
//! It serves in a thread of its own, in real time: it needs no runtime, and a test may block or pause Tokio's clock.
//!
//! It notifies a [`callback`](SandboxBuilder::callback) of what happens to orders, in fields of its own (`SANDBOX-event`
//! with a documented code, `SANDBOX-order-id`, `SANDBOX-device-id`), because theirs are not documented, and of what it is
//! told to. Notifications may overtake each other.
//!
//! With the feature `cube` it serves the Cube API below `cube_url`, for `cube_credentials`, the same of every sandbox. There,
//! any 15 to 22 digits are a SIM, which is pre-active and has a bundle that is not started; 25 of them are listed before any
//! is named. Asynchronous operations take 0.3 seconds by the sandbox's clock and are told of in fields of its own
//! (`SANDBOX-event`, `SANDBOX-request-id`, `SANDBOX-sim-id`, `SANDBOX-result`). A SIM that is cancelled is expired. Signatures
//! hold for 10 minutes; equal orders and equal SMS count as one for 10 seconds from when the first arrived. The bundles of a
//! SIM come in pages of 10, and of at most 100, as its SIMs do: of bundles no page says so.
//!
//! With the features `mall` and `esim-qr` it serves those APIs as well, below paths of their own: `mall_url`,
//! `payment_url`, `topup_url` and `esim_qr_url`. In the Mall, an order counts as paid when it is placed, and
//! `orderStatus` is `SANDBOX-PAID`; answers of which no field is documented are empty objects, and a refusal has HTTP 400
//! where answers have no envelope. The eSIM QR Mall's codes are numbers: a refusal has -1.
//!
//! Limits: a request's head has at most 16 KiB ([`HEAD_LIMIT`]) and its body 1 MiB ([`BODY_LIMIT`]); at most 100 000
//! orders ([`ORDER_LIMIT`]) with 64 MiB of texts ([`TEXT_LIMIT`]) are kept in each API, of which Cube counts bundles,
//! messages and asynchronous operations too; an id has at most 64 bytes ([`ID_LIMIT`]) and a batch at most 1000 SIMs
//! ([`BATCH_LIMIT`]), a page has at most 1000 orders, and a plan runs for at most 1200 periods. Of the last 1000 requests
//! ([`REQUEST_LIMIT`]) the head and 64 KiB of the body ([`KEPT_BODY_LIMIT`]) are kept; stories have at most 1000 scenes
//! ([`SCENE_LIMIT`]) and, told over HTTP, 64 MiB; at most 64 MiB of notifications wait. At most 8192 connections
//! ([`CONNECTION_LIMIT`]) are open, and none is waited for longer than 30 seconds ([`READ_TIMEOUT`]), whether it says
//! nothing or takes nothing.
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
mod clock;
mod control;
mod curl;
mod door;
mod fault;
mod given;
mod limits;
mod named;
mod notifier;
mod outbox;
mod pages;
mod program;
mod refusal;
mod reply;
mod report;
mod request;
mod response;
mod room;
mod server;
mod shape;
mod state;
mod story;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::csss::credentials::Credentials;
use crate::error::Error;
use crate::lock::held;
use crate::notification::{Callback, Signer};
#[cfg(feature = "esim-qr")]
pub use apis::ACCESS_TOKEN;
#[cfg(feature = "cube")]
pub use apis::{CUBE_KEY, CUBE_KEY_ID};
use clock::Clock;
pub use fault::{FAULT_HEADER, Fault};
pub use limits::{
    BATCH_LIMIT, BODY_LIMIT, CONNECTION_LIMIT, HEAD_LIMIT, ID_LIMIT, KEPT_BODY_LIMIT, ORDER_LIMIT, READ_TIMEOUT,
    REQUEST_LIMIT, SCENE_LIMIT, TEXT_LIMIT,
};
pub use notifier::Resend;
pub use program::{PROGRAM_OPTIONS, program};
pub use reply::Reply;
pub use report::Report;
pub use request::Request;
pub use shape::Shape;
pub use story::{AnyShape, Effect, Story};

/// Access code of a sandbox that was given none.
pub const ACCESS_CODE: &str = "SANDBOX";

/// Secret of a sandbox that was given none. It protects nothing.
pub const SECRET: &str = "sandbox-secret";

/// A running sandbox. It stops when it is dropped.
pub struct Sandbox {
    url: String,
    apis: apis::Apis,
    state: state::State,
    /// Dropped with the sandbox, which tells the server to stop.
    _running: oneshot::Sender<()>,
}

#[bon::bon]
impl Sandbox {
    /// Sets up a sandbox, and starts it: `start_blocking` does so anywhere, and `start().await` the same.
    ///
    /// # Errors
    ///
    /// The address can't be listened on, the callback is no URL, there is a signer without a callback or it can't sign, the
    /// name for its control is no host's, no connection is allowed, or the clock is out of range.
    #[builder(finish_fn = start_blocking)]
    pub fn new(
        /// Collects [`plan`](SandboxBuilder::plan)s.
        #[builder(field)]
        plans: Vec<String>,
        /// Address to listen on; any free port of 127.0.0.1 if not set.
        listen: Option<SocketAddr>,
        /// Whose requests are accepted; [`ACCESS_CODE`] with [`SECRET`] if not set.
        credentials: Option<Credentials>,
        /// Where the time of orders comes from; the system's clock if not set. It must be in a year from 1970 to 9998:
        /// later on, requests are refused while it is not.
        #[builder(with = |clock: impl Fn() -> SystemTime + Send + Sync + 'static| Arc::new(clock))]
        clock: Option<clock::Source>,
        /// Where notifications are sent to; none are sent if not set.
        #[builder(into)]
        callback: Option<String>,
        /// How notifications are signed; they are not if not set.
        callback_signer: Option<Signer>,
        /// How long after a notification failed it is sent again, up to 30 times; 48 minutes if not set, which makes it
        /// the documented 24 hours.
        #[builder(default = Duration::from_secs(48 * 60))]
        resend_every: Duration,
        /// How it is sent again; signed anew if not set.
        #[builder(default)]
        resend: Resend,
        /// Whether of each two notifications of orders the second comes first: no order of them is promised, and a receiver
        /// must not take it for the order of events.
        #[builder(default)]
        swap_notifications: bool,
        /// How long is waited for a client: for the head of a request, for its body, and whenever no more of an answer is
        /// taken; [`READ_TIMEOUT`] if not set.
        #[builder(default = READ_TIMEOUT)]
        read_timeout: Duration,
        /// Most connections at once; others wait until one ends. [`CONNECTION_LIMIT`] if not set.
        #[builder(default = CONNECTION_LIMIT)]
        connection_limit: usize,
        /// Is told what happens, in the sandbox's own thread; nobody is if not set.
        #[builder(with = |report: impl Fn(Report<'_>) + Send + Sync + 'static| Arc::new(report))]
        report: Option<state::Reporter>,
        /// Whether programs on other machines may use what is below `/_sandbox/`; they may not if not set.
        #[builder(default)]
        allow_remote_control: bool,
        /// A name by which programs call it there, without a port, besides `localhost`, loopback addresses and the one it
        /// listens on: what says another `Host` may come from a page in a browser.
        #[builder(into)]
        control_host: Option<String>,
    ) -> Result<Self, Error> {
        let clock = Clock::new(clock)?;
        let callback = notifier::Callback::new(callback, callback_signer, resend, resend_every, swap_notifications)?;
        let credentials = credentials.map_or_else(|| Credentials::new(ACCESS_CODE, SECRET), Ok)?;
        let apis = apis::Apis::new(&credentials, plans, callback.is_some())?;
        if connection_limit == 0 {
            return Err(Error::settings("a sandbox with no connection answers nobody: allow at least one"));
        }
        let address = listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let cannot_listen = |error| Error::of_system(&format!("the sandbox can't listen on {address}"), error);
        let listener = TcpListener::bind(address).map_err(cannot_listen)?;
        listener.set_nonblocking(true).map_err(cannot_listen)?;
        let url = format!("http://{}", listener.local_addr().map_err(cannot_listen)?);
        let (outbox, told) = outbox::Outbox::new();
        let state = state::State {
            apis: apis.clone(),
            served: apis.all().into(),
            credentials,
            clock,
            fault: Arc::default(),
            stories: Arc::default(),
            log: Arc::default(),
            reporter: report,
            read_timeout,
            outbox: callback.is_some().then_some(outbox),
            door: door::Door::new(address.ip(), control_host, allow_remote_control)?,
        };
        let (running, stopped) = oneshot::channel();
        let served = state.clone();
        in_its_own_thread(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            if let Some(callback) = callback {
                tokio::spawn(notifier::run(callback, served.clone(), told));
            }
            Ok(server::serve(listener, served, connection_limit, stopped))
        })?;
        Ok(Self { url, apis, state, _running: running })
    }

    /// Starts a sandbox on a free port of 127.0.0.1 that accepts [`ACCESS_CODE`] with [`SECRET`].
    ///
    /// # Errors
    ///
    /// No port can be listened on.
    pub async fn start() -> Result<Self, Error> {
        Self::start_blocking()
    }

    /// The same outside of a runtime: a sandbox serves in a thread of its own.
    ///
    /// # Errors
    ///
    /// No port can be listened on.
    pub fn start_blocking() -> Result<Self, Error> {
        Self::builder().start_blocking()
    }

    /// The URL before the operations' paths.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whose requests are accepted.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.state.credentials
    }

    /// Lets something go wrong with every request from now on, or nothing any more.
    pub fn misbehave(&self, fault: Option<Fault>) {
        *held(&self.state.fault) = fault;
    }

    /// Lets something go wrong with the requests that a story is about, until it is over. What a request plays in a story is
    /// not what [`misbehave`](Self::misbehave) says for all.
    ///
    /// # Errors
    ///
    /// The story names an operation that this sandbox does not have, or a reply that no server can give, or there are
    /// [`SCENE_LIMIT`] scenes already.
    pub fn tell(&self, story: Story) -> Result<(), Error> {
        self.state.tell(story, 0)
    }

    /// How many stories are not over yet.
    #[must_use]
    pub fn stories_left(&self) -> usize {
        self.state.stories.left()
    }

    /// Ends all stories.
    pub fn forget_stories(&self) {
        self.state.stories.forget();
    }

    /// What has been received, the oldest first: the last [`REQUEST_LIMIT`] requests for the APIs.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state.log.all()
    }

    /// Forgets what has been received.
    pub fn forget_requests(&self) {
        self.state.log.forget();
    }

    /// Lets the time of orders stand still, or go on by its clock again.
    ///
    /// # Errors
    ///
    /// The time is not in a year from 1970 to 9998.
    pub fn set_time(&self, time: Option<SystemTime>) -> Result<(), Error> {
        self.state.clock.set(time)
    }

    /// Sends a notification with `body` to the callback. Changes of orders are sent by themselves. Returns whether it will be
    /// sent: there is a callback, and no more than [`TEXT_LIMIT`] bytes wait for it, each notification counted as 4 KiB more
    /// than its text.
    pub fn notify(&self, body: Value) -> bool {
        self.state.notify(&body)
    }

    /// Sends a notification of a kind: the body that the documentation prints, or, where it prints none, one of fields that
    /// begin with `SANDBOX-` and say so. Returns whether it will be sent.
    pub fn notify_sample(&self, callback: Callback) -> bool {
        serde_json::from_str(callback.sample()).is_ok_and(|body| self.notify(body))
    }

    /// Lets a SIM send an SMS: the documented notification goes to the callback. Returns whether it will be sent; it is not
    /// while the clock is out of range.
    pub fn send_sms(&self, sim_id: &str, text: &str) -> bool {
        self.state.send_sms(sim_id, text).unwrap_or(false)
    }
}

/// Runs what `prepared` makes in a runtime of its own, where no test's clock is paused and no test blocks.
fn in_its_own_thread<P, F>(prepared: P) -> Result<(), Error>
where
    P: Future<Output = std::io::Result<F>> + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let cannot_start = |error: std::io::Error| Error::of_system("the sandbox can't be started", error);
    let (ready, is_ready) = std::sync::mpsc::channel();
    let run = move || {
        let prepared = runtime::Builder::new_current_thread().enable_all().build().and_then(|runtime| {
            let served = runtime.block_on(prepared)?;
            Ok((runtime, served))
        });
        let (result, running) = match prepared {
            Ok(running) => (Ok(()), Some(running)),
            Err(error) => (Err(error), None),
        };
        let _ = ready.send(result);
        if let Some((runtime, served)) = running {
            runtime.block_on(served);
            runtime.shutdown_background();
        }
    };
    thread::Builder::new().name("linksfield-sandbox".to_owned()).spawn(run).map_err(cannot_start)?;
    is_ready.recv().unwrap_or_else(|_| Err(std::io::Error::other("its thread ended"))).map_err(cannot_start)
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

impl<S: sandbox_builder::IsComplete> SandboxBuilder<S> {
    /// Starts the sandbox.
    ///
    /// # Errors
    ///
    /// As of `start_blocking`.
    pub async fn start(self) -> Result<Sandbox, Error> {
        self.start_blocking()
    }
}
