//! What all requests share: the APIs, what goes wrong, and who is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::api::Api;
use super::apis::Apis;
use super::clock::Clock;
use super::door::Door;
use super::fault::{FAULT_HEADER, Fault};
use super::outbox::Outbox;
use super::refusal::Refusal;
use super::report::Report;
use super::request::{Log, Request};
use super::story::{Effect, Stories, Story};
use crate::csss::credentials::Credentials;
use crate::error::Error;
use crate::lock::held;
use crate::signing::TimestampUnit;

/// What all requests share.
#[derive(Clone)]
pub(super) struct State {
    pub(super) apis: Apis,
    /// All of them; the one without a root of its own comes last.
    pub(super) served: Arc<[Arc<dyn Api>]>,
    pub(super) credentials: Credentials,
    pub(super) clock: Clock,
    pub(super) fault: Arc<Mutex<Option<Fault>>>,
    pub(super) stories: Arc<Stories>,
    pub(super) log: Arc<Log>,
    pub(super) reporter: Option<Reporter>,
    pub(super) read_timeout: Duration,
    /// To the task that sends notifications, if there is one.
    pub(super) outbox: Option<Outbox>,
    pub(super) door: Door,
}

pub(super) type Reporter = Arc<dyn Fn(Report<'_>) + Send + Sync>;

impl State {
    /// That of the request's header, or of a story, or else that of all requests. As long as the body is not read, only
    /// what happens before that.
    pub(super) fn effect(&self, request: &Request, is_read: bool) -> Option<Effect> {
        let header = request.headers().get(FAULT_HEADER).and_then(|name| name.to_str().ok());
        let of_all = || held(&self.fault).map(Effect::from);
        let effect = match header.and_then(Fault::from_name) {
            Some(named) => Some(named.into()),
            None => self.stories.play(request, is_read).unwrap_or_else(of_all),
        };
        effect.filter(|effect| is_read || effect.is_before_reading())
    }

    /// The API that the path belongs to.
    pub(super) fn api(&self, path: &str) -> Option<&dyn Api> {
        self.served.iter().map(|api| &**api).find(|api| path.starts_with(api.root()))
    }

    /// Takes a story, which was `texts` bytes long if it came over HTTP.
    pub(super) fn tell(&self, story: Story, texts: usize) -> Result<(), Error> {
        let operations = self.served.iter().flat_map(|api| api.document().operations);
        let operations: Vec<_> = operations.map(|operation| operation.id).collect();
        let problem = story.problem(&operations).or_else(|| self.stories.tell(story, texts));
        problem.map_or(Ok(()), |problem| Err(Error::settings(problem)))
    }

    /// Whether it will be sent.
    pub(super) fn notify(&self, body: &Value) -> bool {
        self.outbox.as_ref().is_some_and(|outbox| outbox.put(body))
    }

    /// As documented, but for the type of the message. Whether it will be sent.
    pub(super) fn send_sms(&self, sim_id: &str, text: &str) -> Result<bool, Refusal> {
        let received = TimestampUnit::Milliseconds.format(self.clock.now()?);
        Ok(self.notify(&json!({
            "partner_code": self.credentials.access_code(), "sim_id": sim_id, "text_message": text,
            "received_at": received, "message_type": "SANDBOX-TEXT",
        })))
    }

    pub(super) fn report(&self, report: Report<'_>) {
        self.reporter.iter().for_each(|reporter| reporter(report.clone()));
    }

    /// Lets a SIM use data of its plan; whether it has a plan in use.
    pub(super) fn use_data(&self, device_id: &str, amount: u64) -> Result<bool, Refusal> {
        Ok(self.apis.use_data(device_id, amount, self.clock.now()?))
    }
}
