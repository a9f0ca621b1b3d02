//! The sandbox over HTTP: verify, dispatch, put the envelope on.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::ledger::Ledger;
use super::refusal::Refusal;
use super::{BODY_LIMIT, Clock, answers, calendar};
use crate::csss::OPERATIONS;
use crate::signing::{self, VerifyError};
use crate::{Credentials, Language, envelope};

/// What all requests share.
#[derive(Clone)]
pub(super) struct State {
    pub(super) credentials: Credentials,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) clock: Clock,
}

/// Serves until `stopped` says so, or whoever could say so is gone.
pub(super) async fn serve(listener: TcpListener, state: State, stopped: oneshot::Receiver<()>) {
    let router = Router::new().fallback(move |request| handle(state.clone(), request));
    let stop = async move {
        let _ = stopped.await;
    };
    // It only ends with an error if the listener does; then there is nobody left to tell.
    let _ = axum::serve(listener, router).with_graceful_shutdown(stop).await;
}

async fn handle(state: State, request: Request) -> Response<Body> {
    let language = language(request.headers());
    match respond(&state, request).await {
        Ok(data) => {
            let message = if language == Language::English { "success" } else { "成功" };
            json_response(
                StatusCode::OK,
                &json!({ "code": envelope::SUCCESS, "data": data, "message": message, "success": true }),
            )
        }
        Err(refusal) => {
            let message = refusal.message(&language);
            json_response(
                status(&refusal),
                &json!({ "code": refusal.code(), "data": null, "message": message, "success": false }),
            )
        }
    }
}

/// `Accept-Language` in either of its spellings; simplified Chinese without it.
fn language(headers: &HeaderMap) -> Language {
    let tag = headers.get(ACCEPT_LANGUAGE).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    if tag.to_ascii_lowercase().starts_with("en") { Language::English } else { Language::SimplifiedChinese }
}

/// A refused call of an operation has HTTP 200, as documented; what is no call of one has the status of its trouble.
fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::UnknownPath => StatusCode::NOT_FOUND,
        Refusal::Method => StatusCode::METHOD_NOT_ALLOWED,
        Refusal::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::OK,
    }
}

fn json_response(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
    response
}

async fn respond(state: &State, request: Request) -> Result<Value, Refusal> {
    let operation = OPERATIONS.iter().find(|operation| operation.path == request.uri().path());
    let operation = operation.ok_or(Refusal::UnknownPath)?;
    if request.method() != Method::POST {
        return Err(Refusal::Method);
    }
    let body = to_bytes(request.into_body(), BODY_LIMIT).await.map_err(|_| Refusal::BodyTooLarge)?;
    let parameters = verified(&state.credentials, &body)?;
    let now = calendar::local((state.clock)());
    let mut ledger = state.ledger.lock().unwrap_or_else(PoisonError::into_inner);
    answers::answer(operation, parameters, &mut ledger, now, state.credentials.key())
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
    let mut parameters: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| Refusal::Body(format!("it must be a JSON object: {error}")))?;
    let signed: SignedParameters = answers::read(parameters.clone())?;
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
