//! The eSIM QR Mall API of the sandbox: checks the access token, and takes reports of payments.

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::csss::answers::{object, read};
use crate::esim_qr::types::Webhook;
use crate::esim_qr::{ACCESS_TOKEN_HEADER, OPERATIONS, SUCCESS};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::{ACCESS_TOKEN, ESIM_QR_PATH};
use crate::values::Language;

/// An answer; codes are numbers here, so the sandbox's own stands in the message.
pub(in crate::sandbox) fn answer(
    head: &Parts,
    body: Result<Bytes, Refusal>,
    language: &Language,
) -> (StatusCode, Value) {
    match body.and_then(|body| respond(head, &body)) {
        Ok(()) => (StatusCode::OK, json!({ "code": SUCCESS, "data": null, "message": "操作成功" })),
        Err(refusal) => {
            let message = format!("{}: {}", refusal.code(), refusal.message(language));
            (refusal.status(), json!({ "code": -1, "data": null, "message": message }))
        }
    }
}

fn respond(head: &Parts, body: &[u8]) -> Result<(), Refusal> {
    let path = head.uri.path().strip_prefix(ESIM_QR_PATH);
    if !OPERATIONS.iter().any(|operation| Some(operation.path) == path) {
        return Err(Refusal::UnknownPath);
    }
    if head.method != Method::POST {
        return Err(Refusal::Method);
    }
    if head.headers.get(ACCESS_TOKEN_HEADER).is_none_or(|token| token != ACCESS_TOKEN) {
        return Err(Refusal::AccessCode);
    }
    read::<Webhook>(&object(body)?).map(drop)
}
