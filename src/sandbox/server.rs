//! The sandbox over HTTP: verify, dispatch, put the envelope on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{ACCEPT_LANGUAGE, ALLOW};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::apis::csss::ledger::Ledger;
use super::apis::csss::{answers, calendar};
use super::fault::{self, Dropped, FAULT_HEADER, Fault, Shape};
use super::refusal::Refusal;
use super::{BODY_LIMIT, Clock};
use crate::csss::OPERATIONS;
use crate::csss::credentials::Credentials;
use crate::csss::envelope;
use crate::signing::{self, VerifyError};
use crate::values::Language;

/// What all requests share.
#[derive(Clone)]
pub(super) struct State {
    pub(super) credentials: Credentials,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) clock: Clock,
    pub(super) fault: Arc<Mutex<Option<Fault>>>,
    #[cfg(feature = "mall")]
    pub(super) shop: Arc<Mutex<super::apis::mall::Shop>>,
}

impl State {
    /// That of the request's header, or else that of all requests.
    fn fault_of(&self, request: &Request<Incoming>) -> Option<Fault> {
        let named = request.headers().get(FAULT_HEADER).and_then(|name| name.to_str().ok()).and_then(Fault::from_name);
        named.or_else(|| *self.fault())
    }

    pub(super) fn fault(&self) -> MutexGuard<'_, Option<Fault>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
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
    if let Some(page) = page(&request) {
        return Ok(page);
    }
    let language = language(request.headers());
    let fault = state.fault_of(&request);
    if fault == Some(Fault::DropBeforeReading) {
        return Err(Dropped);
    }
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), BODY_LIMIT).await;
    let shape = shape(&head);
    if let Some(fault) = fault
        && let Some(response) = fault.before(&shape).await?
    {
        return Ok(response);
    }
    let body = body.map_err(|_| Refusal::BodyTooLarge);
    let (status, body) = match head.uri.path() {
        #[cfg(feature = "mall")]
        path if path.starts_with(super::MALL_PATH) => {
            super::apis::mall::answer(&state.shop, state.credentials.access_code(), &head, body, &language)
        }
        #[cfg(feature = "esim-qr")]
        path if path.starts_with(super::ESIM_QR_PATH) => super::apis::esim_qr::answer(&head, body, &language),
        _ => answer(&state, &head, body, &language),
    };
    match fault {
        Some(fault) => fault.after(body.to_string(), &shape),
        None => Ok(allowing(&head, fault::answer(status, "application/json", body.to_string().into()))),
    }
}

/// How the answers of the API that is called look.
fn shape(head: &Parts) -> Shape {
    match head.uri.path() {
        #[cfg(feature = "mall")]
        path if path.starts_with(super::MALL_PATH) => Shape::MALL,
        #[cfg(feature = "esim-qr")]
        path if path.starts_with(super::ESIM_QR_PATH) => Shape::ESIM_QR,
        _ => Shape::CSSS,
    }
}

/// The answer to a method that is not allowed says which is.
fn allowing(head: &Parts, mut answer: Response<Body>) -> Response<Body> {
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = HeaderValue::try_from(allowed(head.uri.path()));
        answer.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
    }
    answer
}

/// The methods of an operation's path.
fn allowed(path: &str) -> String {
    match path {
        #[cfg(feature = "mall")]
        path if path.starts_with(super::MALL_PATH) => super::apis::mall::allowed(path),
        _ => "POST".to_owned(),
    }
}

const YAML: &str = "application/yaml";
const HTML: &str = "text/html; charset=utf-8";

/// The specification, and a reference made of it, for whoever wants to read.
fn page(request: &Request<Incoming>) -> Option<Response<Body>> {
    let (content_type, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/openapi.yaml") => (YAML, crate::openapi::CSSS),
        (&Method::GET, "/docs") => (HTML, include_str!(concat!(env!("OUT_DIR"), "/csss.html"))),
        (&Method::GET, "/notifications/openapi.yaml") => (YAML, crate::openapi::NOTIFICATIONS),
        (&Method::GET, "/notifications/docs") => (HTML, include_str!(concat!(env!("OUT_DIR"), "/notifications.html"))),
        #[cfg(feature = "mall")]
        (&Method::GET, "/mall-api/openapi.yaml") => (YAML, crate::openapi::MALL),
        #[cfg(feature = "mall")]
        (&Method::GET, "/mall-api/docs") => (HTML, include_str!(concat!(env!("OUT_DIR"), "/mall.html"))),
        #[cfg(feature = "esim-qr")]
        (&Method::GET, "/esim-qr-api/openapi.yaml") => (YAML, crate::openapi::ESIM_QR),
        #[cfg(feature = "esim-qr")]
        (&Method::GET, "/esim-qr-api/docs") => (HTML, include_str!(concat!(env!("OUT_DIR"), "/esim-qr.html"))),
        _ => return None,
    };
    Some(fault::answer(StatusCode::OK, content_type, text.into()))
}

/// `Accept-Language` in either of its spellings; simplified Chinese without it.
fn language(headers: &HeaderMap) -> Language {
    let tag = headers.get(ACCEPT_LANGUAGE).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    if tag.to_ascii_lowercase().starts_with("en") { Language::English } else { Language::SimplifiedChinese }
}

/// An answer of the CSSS API.
fn answer(state: &State, head: &Parts, body: Result<Bytes, Refusal>, language: &Language) -> (StatusCode, Value) {
    match body.and_then(|body| respond(state, head, &body)) {
        Ok(data) => {
            let message = if *language == Language::English { "success" } else { "成功" };
            (StatusCode::OK, json!({ "code": envelope::SUCCESS, "data": data, "message": message, "success": true }))
        }
        Err(refusal) => {
            let message = refusal.message(language);
            let body = json!({ "code": refusal.code(), "data": null, "message": message, "success": false });
            (refusal.status(), body)
        }
    }
}

fn respond(state: &State, head: &Parts, body: &[u8]) -> Result<Value, Refusal> {
    let operation = OPERATIONS.iter().find(|operation| operation.path == head.uri.path());
    let operation = operation.ok_or(Refusal::UnknownPath)?;
    if head.method != Method::POST {
        return Err(Refusal::Method);
    }
    let parameters = verified(&state.credentials, body)?;
    let now = calendar::local((state.clock)());
    answers::answer(operation, &parameters, &mut state.ledger(), now, state.credentials.key())
}

/// The global parameters, as the overview page lists them.
#[derive(Deserialize)]
struct SignedParameters {
    access_code: String,
    timestamp: String,
    version: String,
    #[serde(rename = "sign")]
    _sign: String,
}

/// The operation's own parameters, if the body is signed by whom it says.
fn verified(credentials: &Credentials, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let mut parameters = answers::object(body)?;
    let signed: SignedParameters = answers::read(&parameters)?;
    if signed.access_code != credentials.access_code() {
        return Err(Refusal::AccessCode);
    }
    match signing::verify(body, credentials.key()) {
        Ok(_) => {}
        Err(VerifyError::Mismatch(explanation)) => return Err(Refusal::Signature(explanation.content().to_owned())),
        Err(error) => return Err(Refusal::Body(error.to_string())),
    }
    if signed.version != envelope::VERSION {
        return Err(Refusal::parameter("version", "must be 2.0"));
    }
    let digits = signed.timestamp.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !matches!(signed.timestamp.len(), 10 | 13) {
        return Err(Refusal::parameter("timestamp", "must be 10 digits (seconds) or 13 (milliseconds)"));
    }
    parameters.retain(|name, _| !["access_code", "timestamp", "version", "sign"].contains(&name.as_str()));
    Ok(parameters)
}
