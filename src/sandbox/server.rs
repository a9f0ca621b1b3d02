//! The sandbox over HTTP: which API a request is for, and what goes wrong with it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::http::{Request as HttpRequest, Response};
use futures_util::StreamExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use super::api::{Asked, RefusedWith};
use super::fault::Dropped;
use super::refusal::Refusal;
use super::request::{Outcome, Request};
use super::state::State;
use super::story::Effect;
use super::{BODY_LIMIT, CONNECTION_LIMIT, Report, control, pages};

/// How much of a request's head is kept while it comes; what is longer by some reads is refused.
const HEAD_LIMIT: usize = 64 * 1024;

/// Most bytes of a body that are read, to no end from [`BODY_LIMIT`] on.
const DRAIN_LIMIT: usize = 16 * BODY_LIMIT;

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
