//! The sandbox over HTTP: which API a request is for, and what goes wrong with it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::api::{Api, Asked};
use super::fault::{Dropped, FAULT_HEADER, Fault};
use super::refusal::Refusal;
use super::{BODY_LIMIT, Clock, held, response};
use crate::openapi::{DOCUMENTS, Document};
use crate::values::Language;

/// What all requests share.
#[derive(Clone)]
pub(super) struct State {
    /// The one without a root of its own comes last.
    pub(super) apis: Arc<[Arc<dyn Api>]>,
    pub(super) clock: Clock,
    pub(super) fault: Arc<Mutex<Option<Fault>>>,
}

impl State {
    /// That of the request's header, or else that of all requests.
    fn fault_of(&self, request: &Request<Incoming>) -> Option<Fault> {
        let named = request.headers().get(FAULT_HEADER).and_then(|name| name.to_str().ok()).and_then(Fault::from_name);
        named.or_else(|| *held(&self.fault))
    }

    /// The API that the path belongs to.
    fn api(&self, path: &str) -> Option<&dyn Api> {
        self.apis.iter().map(|api| &**api).find(|api| path.starts_with(api.root()))
    }

    /// The specification, and a reference made of it, for whoever wants to read.
    fn page(&self, request: &Request<Incoming>) -> Option<Response<Body>> {
        if request.method() != Method::GET {
            return None;
        }
        DOCUMENTS.iter().find_map(|document| {
            let (media_type, text) = match request.uri().path().strip_prefix(&self.root_of(document))? {
                "/openapi.yaml" => ("application/yaml", document.text),
                "/docs" => ("text/html; charset=utf-8", document.page),
                _ => return None,
            };
            Some(response::answer(StatusCode::OK, media_type, text.into()))
        })
    }

    /// Where a document is shown: where its API begins, or below its name if the sandbox does not serve it.
    fn root_of(&self, document: &Document) -> String {
        let api = self.apis.iter().find(|api| api.document().name == document.name);
        api.map_or_else(|| format!("/{}", document.name), |api| api.root().to_owned())
    }
}

/// Serves until `stopped` says so, or whoever could say so is gone.
pub(super) async fn serve(listener: TcpListener, state: State, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Out of file descriptors, most likely: they come back when connections end.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                };
                let state = state.clone();
                let service = service_fn(move |request| handle(state.clone(), request));
                connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        }
    }
}

/// Answers a request, or drops its connection where a fault says so.
async fn handle(state: State, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
    if let Some(page) = state.page(&request) {
        return Ok(page);
    }
    let fault = state.fault_of(&request);
    if fault == Some(Fault::DropBeforeReading) {
        return Err(Dropped);
    }
    let Some(api) = state.api(request.uri().path()) else { return Err(Dropped) };
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), BODY_LIMIT).await.map_err(|_| Refusal::BodyTooLarge);
    let asked = Asked { api, head: &head, language: language(&head.headers) };
    let Some(fault) = fault else { return Ok(asked.respond(body, (state.clock)())) };
    match fault.before(&asked).await? {
        Some(response) => Ok(response),
        None => fault.after(&asked, asked.respond(body, (state.clock)())).await,
    }
}

/// `Accept-Language` in either of its spellings; simplified Chinese without it.
fn language(headers: &HeaderMap) -> Language {
    let tag = headers.get(ACCEPT_LANGUAGE).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    if tag.to_ascii_lowercase().starts_with("en") { Language::English } else { Language::SimplifiedChinese }
}
