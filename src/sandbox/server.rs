//! The sandbox over HTTP: which API a request is for, and what goes wrong with it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::http::{Request as HttpRequest, Response};
use futures_util::StreamExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use super::api::{Api, Asked, RefusedWith};
use super::apis::Apis;
use super::clock::Clock;
use super::control::{self, Door};
use super::fault::{Dropped, FAULT_HEADER, Fault};
use super::refusal::Refusal;
use super::request::{Log, Outcome, Request};
use super::story::{Effect, Stories, Story};
use super::{BODY_LIMIT, CONNECTION_LIMIT, Report, held, pages};
use crate::csss::credentials::Credentials;
use crate::error::Error;
use crate::signing::TimestampUnit;

/// How much of a request's head is kept while it comes; what is longer by some reads is refused.
const HEAD_LIMIT: usize = 64 * 1024;

/// Most bytes of a body that are read, to no end from [`BODY_LIMIT`] on.
const DRAIN_LIMIT: usize = 16 * BODY_LIMIT;

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
    pub(super) notify: Option<mpsc::UnboundedSender<Value>>,
    pub(super) door: Door,
}

pub(super) type Reporter = Arc<dyn Fn(Report<'_>) + Send + Sync>;

impl State {
    /// That of the request's header, or of a story, or else that of all requests. As long as the body is not read, only
    /// what happens before that.
    fn effect(&self, request: &Request, is_read: bool) -> Option<Effect> {
        let header = request.headers().get(FAULT_HEADER).and_then(|name| name.to_str().ok());
        let of_all = || held(&self.fault).map(Effect::from);
        let effect = match header.and_then(Fault::from_name) {
            Some(named) => Some(named.into()),
            None => self.stories.play(request, is_read).unwrap_or_else(of_all),
        };
        effect.filter(|effect| is_read || effect.is_before_reading())
    }

    /// The API that the path belongs to.
    fn api(&self, path: &str) -> Option<&dyn Api> {
        self.served.iter().map(|api| &**api).find(|api| path.starts_with(api.root()))
    }

    pub(super) fn tell(&self, story: Story) -> Result<(), Error> {
        let operations = self.served.iter().flat_map(|api| api.document().operations);
        let operations: Vec<_> = operations.map(|operation| operation.id).collect();
        if let Some(problem) = story.problem(&operations) {
            return Err(Error::settings(problem));
        }
        self.stories.tell(story);
        Ok(())
    }

    pub(super) fn notify(&self, body: Value) -> bool {
        self.notify.as_ref().is_some_and(|notify| notify.send(body).is_ok())
    }

    /// As documented, but for the type of the message.
    pub(super) fn send_sms(&self, sim_id: &str, text: &str) -> bool {
        let received = TimestampUnit::Milliseconds.format(self.clock.told());
        self.notify(json!({
            "partner_code": self.credentials.access_code(), "sim_id": sim_id, "text_message": text,
            "received_at": received, "message_type": "SANDBOX-TEXT",
        }))
    }

    pub(super) fn report(&self, report: Report<'_>) {
        self.reporter.iter().for_each(|reporter| reporter(report.clone()));
    }
}

/// Serves until `stopped` says so, or whoever could say so is gone.
pub(super) async fn serve(listener: TcpListener, state: State, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    let free = Arc::new(Semaphore::new(CONNECTION_LIMIT));
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            (place, accepted) = accept(&listener, &free) => {
                let Ok((stream, peer)) = accepted else {
                    // Out of file descriptors, most likely: they come back when connections end.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                };
                let (state, read_timeout) = (state.clone(), state.read_timeout);
                let service = service_fn(move |request| handle(state.clone(), peer, request));
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(read_timeout).max_buf_size(HEAD_LIMIT);
                let connection = http.serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move {
                    let result = connection.await;
                    drop(place);
                    result
                });
            }
        }
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> (Option<tokio::sync::OwnedSemaphorePermit>, std::io::Result<(tokio::net::TcpStream, SocketAddr)>) {
    let place = Arc::clone(free).acquire_owned().await.ok();
    (place, listener.accept().await)
}

/// Answers a request, or drops its connection where a fault says so.
async fn handle(state: State, peer: SocketAddr, request: HttpRequest<Incoming>) -> Result<Response<Body>, Dropped> {
    if let Some(page) = pages::page(&state.served, &request) {
        return Ok(page);
    }
    let (head, body) = request.into_parts();
    if control::is_for(head.uri.path()) {
        let body = read(body, state.read_timeout).await.unwrap_or_default();
        return Ok(control::answer(&state, peer, &head, &body));
    }
    let Some(api) = state.api(head.uri.path()) else { return Err(Dropped) };
    let asked = Asked::new(api, &head);
    let request = Request::new(&head, &asked);
    if state.effect(&request, false).is_some() {
        state.log.begin(&request);
        state.report(Report::Request(&request));
        return Err(Dropped);
    }
    let body = read(body, state.read_timeout).await;
    let request = request.with_body(body.clone().unwrap_or_default());
    let number = state.log.begin(&request);
    let now = state.clock.now();
    let verified = body.and_then(|body| asked.verified(&body, now.clone()?));
    let mut outcome = Outcome { verified: asked.operation().map(|_| verified.is_ok()), ..Outcome::default() };
    state.log.note(number, &outcome);
    let effect = state.effect(&request, true);
    let result = answer(&asked, effect, verified.and_then(|parameters| Ok((parameters, now?)))).await;
    if let Ok(response) = &result {
        outcome.status = Some(response.status());
        outcome.code = response.extensions().get::<RefusedWith>().map(|code| code.0.clone());
        state.log.note(number, &outcome);
    }
    state.report(Report::Request(&request.ended(outcome)));
    result
}

/// Carries out what is asked, before, after or instead of what goes wrong.
async fn answer(
    asked: &Asked<'_>,
    effect: Option<Effect>,
    verified: Result<(super::api::Parameters, SystemTime), Refusal>,
) -> Result<Response<Body>, Dropped> {
    let carried_out = || asked.respond(verified.and_then(|(parameters, now)| asked.carry_out(&parameters, now)));
    let Some(effect) = effect else { return Ok(carried_out()) };
    match effect.before(asked).await? {
        Some(response) => Ok(response),
        None => effect.after(asked, carried_out()).await,
    }
}

async fn read(body: Incoming, limit: Duration) -> Result<Bytes, Refusal> {
    tokio::time::timeout(limit, whole(body)).await.unwrap_or(Err(Refusal::BodyTimeout))
}

/// A whole body. One that is too long is read on for a while: who still sends would not see the answer.
async fn whole(body: Incoming) -> Result<Bytes, Refusal> {
    let mut parts = Body::new(body).into_data_stream();
    let (mut whole, mut length) = (Vec::new(), 0);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| Refusal::body(("请求体不完整", format!("it is not whole: {error}"))))?;
        length += part.len();
        if length <= BODY_LIMIT {
            whole.extend_from_slice(&part);
        } else if length > DRAIN_LIMIT {
            break;
        }
    }
    if length <= BODY_LIMIT { Ok(whole.into()) } else { Err(Refusal::BodyTooLarge) }
}
