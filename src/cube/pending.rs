//! Asynchronous operations: what was asked, as a value that outlives a program, and waiting until it is done.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures_util::future::{Either, select};
use futures_util::stream::{self, Stream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::Client;
use super::types::{QueryAsyncResult, QueryAsyncResultOutput, QuerySim, QuerySimOutput, RequestId, SimId, SimStatus};
use crate::call::Call;
use crate::error::{Cause, Error, ErrorKind, Subject};
use crate::values::EpochMillis;

/// The first and the longest delay between two questions.
const FIRST_DELAY: Duration = Duration::from_secs(2);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// An asynchronous operation that was received and may be under way: a value that can be kept (serde), and waited for after
/// a restart. Clones are of the same operation.
///
/// ```no_run
/// # async fn f(client: linksfield::cube::Client) -> Result<(), linksfield::Error> {
/// use std::time::Duration;
///
/// use linksfield::cube::Pending;
/// use linksfield::cube::types::{ActivateSim, SimStatus};
///
/// let activate = ActivateSim::builder().sim_id("89852202209089971478").build();
/// client.activate_sim(&activate).await?;
/// let pending = Pending::new("activateSim", activate.sim_id);
/// let active = pending.until_status(&client, [SimStatus::ActiveLive]).deadline(Duration::from_secs(1800)).await?;
/// println!("{active:?}");
/// # Ok(()) }
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct Pending {
    operation: String,
    sim_id: SimId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    sent: EpochMillis,
    #[serde(skip)]
    completed: watch::Sender<Option<Value>>,
}

impl Pending {
    /// An operation that was received now, by its name in the document.
    #[must_use]
    pub fn new(operation: impl Into<String>, sim_id: impl Into<SimId>) -> Self {
        Self {
            operation: operation.into(),
            sim_id: sim_id.into(),
            request_id: None,
            sent: SystemTime::now().into(),
            completed: watch::Sender::default(),
        }
    }

    /// With the id of the request, if the answer had one: only Cancel is documented to have one.
    #[must_use]
    pub fn with_request_id(self, request_id: impl Into<Option<RequestId>>) -> Self {
        Self { request_id: request_id.into(), ..self }
    }

    /// Name of the operation.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The SIM that it is of.
    #[must_use]
    pub fn sim_id(&self) -> &SimId {
        &self.sim_id
    }

    /// The id of the request, if the answer had one.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// When it was received.
    #[must_use]
    pub fn sent(&self) -> EpochMillis {
        self.sent
    }

    /// Ends all waiting for it, also that of clones: you know from elsewhere what became of it, such as from a notification
    /// that you matched. Waiting ends with [`State::Completed`].
    pub fn complete(&self, value: impl Into<Value>) {
        self.completed.send_replace(Some(value.into()));
    }

    /// Waits until the SIM has one of these statuses, by asking [`query_sim`](Client::query_sim).
    pub fn until_status(
        &self,
        client: &Client,
        statuses: impl IntoIterator<Item = SimStatus>,
    ) -> Watch<QuerySimOutput> {
        let (client, statuses): (_, Vec<_>) = (client.clone(), statuses.into_iter().collect());
        let query = QuerySim { sim_id: self.sim_id.clone() };
        let is_done = move |sim: &QuerySimOutput| sim.status.is_some_and(|status| statuses.contains(&status));
        self.until(
            move || client.query_sim(&query),
            move |sim| {
                if is_done(sim) { Progress::Done } else { Progress::NotYet }
            },
        )
    }

    /// Waits by asking [`query_async_result`](Client::query_async_result). What it answers is not documented, so `judge`
    /// says what an answer means.
    ///
    /// # Errors
    ///
    /// There is no request id to ask by.
    pub fn until_result(
        &self,
        client: &Client,
        judge: impl FnMut(&QueryAsyncResultOutput) -> Progress + Send + 'static,
    ) -> Result<Watch<QueryAsyncResultOutput>, Error> {
        let reason = "it has no request id: wait until the SIM has another status instead";
        let request_id = self.request_id.clone();
        let request_id = request_id.ok_or_else(|| self.error(0, Cause::invalid_request(reason)))?;
        let (client, query) = (client.clone(), QueryAsyncResult { request_id });
        Ok(self.until(move || client.query_async_result(&query), judge))
    }

    /// Waits until an answer of any call that `ask` makes is one that `judge` calls done or failed.
    pub fn until<T: Send + 'static>(
        &self,
        ask: impl FnMut() -> Call<T> + Send + 'static,
        judge: impl FnMut(&T) -> Progress + Send + 'static,
    ) -> Watch<T> {
        let asking = Asking { pending: self.clone(), ask: Box::new(ask), judge: Box::new(judge), deadline: None };
        Watch { operation: self.operation.clone(), waiting: Waiting::Told(Box::new(asking)) }
    }

    /// That of the operation, whose outcome nobody knows.
    fn error(&self, attempts: u32, cause: Cause) -> Error {
        let subject = Subject { operation: self.operation.clone().into(), safe_to_retry: false };
        Error::new(subject, attempts, cause)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("operation", &self.operation)
            .field("sim_id", &self.sim_id)
            .field("request_id", &self.request_id)
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

/// What an answer means for an asynchronous operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is under way.
    NotYet,
    /// It succeeded.
    Done,
    /// It failed; it may be started again.
    Failed,
}

/// What is known of an asynchronous operation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum State<T> {
    /// It is under way, by this answer.
    NotYet(T),
    /// It succeeded, by this answer.
    Done(T),
    /// It failed, by this answer.
    Failed(T),
    /// [`Pending::complete`] was told this.
    Completed(Value),
}

/// Waiting for an asynchronous operation: a future of its last [`State`], or a stream of all.
///
/// It asks after 2 seconds, then after delays that double up to 60 seconds, within the client's limits. A question that gets
/// no answer, or that the server has no time for, is asked again later; one that is refused ends it. Dropping it stops the asking, not the
/// operation.
#[must_use = "nothing is asked until it is awaited"]
pub struct Watch<T> {
    operation: String,
    waiting: Waiting<T>,
}

enum Waiting<T> {
    Told(Box<Asking<T>>),
    Asks(Pin<Box<dyn Stream<Item = Result<State<T>, Error>> + Send>>),
}

struct Asking<T> {
    pending: Pending,
    ask: Box<dyn FnMut() -> Call<T> + Send>,
    judge: Box<dyn FnMut(&T) -> Progress + Send>,
    deadline: Option<Duration>,
}

impl<T: Send + 'static> Watch<T> {
    /// Longest time to wait; without end if not told. The error after it has an unknown outcome: the operation may go on.
    pub fn deadline(mut self, limit: Duration) -> Self {
        if let Waiting::Told(asking) = &mut self.waiting {
            asking.deadline = Some(limit);
        }
        self
    }

    /// The next state; `None` after one that is the last.
    pub async fn next(&mut self) -> Option<Result<State<T>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> Asking<T> {
    /// The states, up to one that is the last.
    fn states(self) -> impl Stream<Item = Result<State<T>, Error>> {
        let deadline = self.deadline.and_then(|limit| Instant::now().checked_add(limit));
        let first = (self, deadline, FIRST_DELAY, AtomicU32::new(0));
        stream::unfold(Some(first), |state| async {
            let (mut asking, deadline, mut delay, asked) = state?;
            let mut completed = asking.pending.completed.subscribe();
            let known = async { completed.wait_for(Option::is_some).await.ok().and_then(|value| value.clone()) };
            let late = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            let (known, late) = (pin!(known), pin!(late));
            let answered = async {
                loop {
                    sleep(delay).await;
                    delay = (delay * 2).min(LONGEST_DELAY);
                    asked.fetch_add(1, Relaxed);
                    match (asking.ask)().await {
                        Err(error) if may_pass(&error) => {}
                        answer => break answer,
                    }
                }
            };
            let result = match select(select(known, late), pin!(answered)).await {
                Either::Left((Either::Left((value, _)), _)) => Ok(State::Completed(value.unwrap_or_default())),
                Either::Left((Either::Right(_), _)) => Err(asking.pending.error(asked.load(Relaxed), Cause::CutShort)),
                Either::Right((answer, _)) => answer.map(|answer| match (asking.judge)(&answer) {
                    Progress::NotYet => State::NotYet(answer),
                    Progress::Done => State::Done(answer),
                    Progress::Failed => State::Failed(answer),
                }),
            };
            let goes_on = matches!(result, Ok(State::NotYet(_)));
            Some((result, goes_on.then_some((asking, deadline, delay, asked))))
        })
    }
}

/// Whether the same question may be answered later.
fn may_pass(error: &Error) -> bool {
    let lost = matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::Server);
    lost || error.is_rate_limited() || error.is_server_error()
}

impl<T: Send + 'static> Stream for Watch<T> {
    type Item = Result<State<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match std::mem::replace(&mut self.waiting, Waiting::Asks(Box::pin(stream::empty()))) {
                Waiting::Told(asking) => self.waiting = Waiting::Asks(Box::pin(asking.states().fuse())),
                Waiting::Asks(mut states) => {
                    let next = states.as_mut().poll_next(context);
                    self.waiting = Waiting::Asks(states);
                    return next;
                }
            }
        }
    }
}

impl<T: Send + 'static> IntoFuture for Watch<T> {
    type Output = Result<State<T>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            loop {
                match self.next().await {
                    Some(Ok(State::NotYet(_))) => {}
                    Some(last) => return last,
                    // Its last state was given before.
                    None => {
                        let subject = Subject { operation: self.operation.into(), safe_to_retry: true };
                        return Err(Error::new(subject, 0, Cause::Ended));
                    }
                }
            }
        })
    }
}

impl<T> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch(…)")
    }
}
