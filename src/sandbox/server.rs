//! The sandbox over HTTP: which API a request is for, and what goes wrong with it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{Request as HttpRequest, Response};
use futures_util::StreamExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use super::api::Asked;
use super::fault::Dropped;
use super::limits::{BODY_LIMIT, HEAD_LIMIT};
use super::refusal::Refusal;
use super::report::Report;
use super::request::{Outcome, Request};
use super::state::State;
use super::story::Effect;
use super::{control, pages};

/// Most bytes of a body that are read, to no end from [`BODY_LIMIT`] on.
const DRAIN_LIMIT: usize = 16 * BODY_LIMIT;

/// Serves so many connections at once until `stopped` says so, or whoever could say so is gone.
pub(super) async fn serve(listener: TcpListener, state: State, limit: usize, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < limit => {
                let Ok((stream, peer)) = accepted else {
                    // Out of file descriptors, most likely: they come back when connections end.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                };
                let (state, read_timeout) = (state.clone(), state.read_timeout);
                let service = service_fn(move |request| handle(state.clone(), peer, request));
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(read_timeout).max_buf_size(HEAD_LIMIT);
                let mut stream = Box::pin(TimeoutStream::new(stream));
                stream.as_mut().set_write_timeout_pinned(Some(read_timeout));
                connections.spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        }
    }
}

/// Answers a request, or drops its connection where a fault says so.
async fn handle(state: State, peer: SocketAddr, request: HttpRequest<Incoming>) -> Result<Response<Body>, Dropped> {
    let (head, body) = request.into_parts();
    if let Some(page) = pages::page(&state.served, &head) {
        return Ok(reported(&state, &head, page));
    }
    let body = read(body, state.read_timeout);
    if control::is_for(head.uri.path()) {
        let answer = control::answer(&state, peer, &head, body).await;
        return Ok(reported(&state, &head, answer));
    }
    let Some(api) = state.api(head.uri.path()) else { return Err(Dropped) };
    let asked = Asked::new(api, &head, state.clock.now());
    let request = Request::new(&head, asked.called());
    if state.effect(&request, false).is_some() {
        state.log.begin(&request);
        state.report(Report::Request(&request));
        return Err(Dropped);
    }
    let body = body.await;
    let request = request.with_body(body.clone().unwrap_or_default());
    let number = state.log.begin(&request);
    let (verified, parameters) = asked.checked(&body);
    let mut outcome = Outcome::new(verified);
    state.log.note(number, &outcome);
    let effect = state.effect(&request, true);
    let carry_out = || {
        let result = parameters.and_then(|parameters| asked.carry_out(&parameters));
        outcome = outcome.clone().carried_out(result.is_ok());
        state.log.note(number, &outcome);
        asked.respond(result)
    };
    let result = answer(&asked, effect, carry_out).await;
    if let Ok(response) = &result {
        outcome = outcome.answered(response);
        state.log.note(number, &outcome);
    }
    state.report(Report::Request(&request.ended(outcome)));
    result
}

/// Tells of a request that is for none of the APIs.
fn reported(state: &State, head: &Parts, response: Response<Body>) -> Response<Body> {
    let request = Request::new(head, None).ended(Outcome::default().answered(&response));
    state.report(Report::Request(&request));
    response
}

/// Carries out what is asked, before, after or instead of what goes wrong.
async fn answer(
    asked: &Asked<'_>,
    effect: Option<Effect>,
    carry_out: impl FnOnce() -> Response<Body>,
) -> Result<Response<Body>, Dropped> {
    let Some(effect) = effect else { return Ok(carry_out()) };
    match effect.before(asked).await? {
        Some(response) => Ok(response),
        None => effect.after(asked, carry_out()).await,
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
