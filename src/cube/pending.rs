//! Asynchronous operations: what was asked, as a value that outlives a program, and waiting until it is done.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Client;
use super::types::{QueryAsyncResult, QueryAsyncResultOutput, QuerySim, QuerySimOutput, RequestId, SimId, SimStatus};
use crate::call::Call;
use crate::call::watch::Completion;
pub use crate::call::watch::{Progress, State, Watch};
use crate::error::{Cause, Error, Subject};
use crate::values::EpochMillis;

/// An asynchronous operation that was received and may be under way: a value that can be kept (serde), and waited for after
/// a restart. Clones are of the same operation. It names the key id of who sent it, so that nobody asks another account; the
/// server's URL is not kept: wait with a client of the same environment.
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
/// let pending = Pending::new(&client, "activateSim", activate.sim_id);
/// let active = pending.until_status(&client, [SimStatus::ActiveLive]).deadline(Duration::from_secs(1800)).await?;
/// println!("{active:?}");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pending {
    key_id: String,
    operation: String,
    sim_id: SimId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    sent: EpochMillis,
    #[serde(skip)]
    completion: Completion,
}

impl Pending {
    /// An operation of a client that was received now, by its name in the document, or the path of a raw call.
    #[must_use]
    pub fn new(client: &Client, operation: impl Into<String>, sim_id: impl Into<SimId>) -> Self {
        Self {
            key_id: client.caller().1.to_owned(),
            operation: operation.into(),
            sim_id: sim_id.into(),
            request_id: None,
            sent: SystemTime::now().into(),
            completion: Completion::default(),
        }
    }

    /// With the id of the request, if the answer had one: only Cancel is documented to have one.
    #[must_use]
    pub fn with_request_id(self, request_id: impl Into<Option<RequestId>>) -> Self {
        Self { request_id: request_id.into(), ..self }
    }

    /// The id of the key with which it was sent: only a client with that key asks about it, except in [`until`](Self::until).
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
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
        self.completion.tell(value.into());
    }

    /// Waits until the SIM has one of these statuses, by asking [`query_sim`](Client::query_sim). One that it had before the
    /// operation tells nothing.
    pub fn until_status(
        &self,
        client: &Client,
        statuses: impl IntoIterator<Item = SimStatus>,
    ) -> Watch<QuerySimOutput> {
        let (client, of_sender) = (client.clone(), self.check(client));
        let statuses: Vec<_> = statuses.into_iter().collect();
        let query = QuerySim { sim_id: self.sim_id.clone() };
        let judge = move |sim: &QuerySimOutput| match sim.status {
            Some(status) if statuses.contains(&status) => Progress::Done,
            _ => Progress::NotYet,
        };
        self.until(move || client.query_sim(&query).checked(of_sender), judge)
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
        let Some(request_id) = self.request_id.clone() else {
            let reason = "it has no request id: wait until the SIM has another status instead";
            let subject = Subject { operation: "queryAsyncResult".into(), safe_to_retry: true };
            return Err(Error::new(subject, 0, Cause::invalid_request(reason)));
        };
        let (client, of_sender, query) = (client.clone(), self.check(client), QueryAsyncResult { request_id });
        Ok(self.until(move || client.query_async_result(&query).checked(of_sender), judge))
    }

    /// Waits until an answer of any call that `ask` makes is one that `judge` calls done or failed. Which key asks is not
    /// checked: it is the way to wait on when the key was replaced by another of the same account.
    pub fn until<T: Send + 'static>(
        &self,
        ask: impl FnMut() -> Call<T> + Send + 'static,
        judge: impl FnMut(&T) -> Progress + Send + 'static,
    ) -> Watch<T> {
        Watch::new(self.subject(), self.completion.clone(), ask, judge)
    }

    /// Whether a client has the key of who sent it: another account may have an operation or a SIM of the same id.
    fn check(&self, client: &Client) -> Result<(), &'static str> {
        let problem = "it was sent with another key: wait with a client that has the key id of the pending operation, or, if that \
            key was replaced by another of the same account, with Pending::until";
        if client.caller().1 == self.key_id { Ok(()) } else { Err(problem) }
    }

    /// The operation, whose outcome nobody knows.
    fn subject(&self) -> Subject {
        Subject { operation: self.operation.clone().into(), safe_to_retry: false }
    }
}
