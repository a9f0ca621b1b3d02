//! Answers over HTTP.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::response::Parts;
use axum::http::{Response, StatusCode};

pub(super) fn json(status: StatusCode, body: String) -> Response<Body> {
    answer(status, "application/json", body.into())
}

pub(super) fn answer(status: StatusCode, media_type: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// The head and the body of an answer that the sandbox made.
pub(super) async fn parted(response: Response<Body>) -> (Parts, String) {
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    (head, String::from_utf8_lossy(&body).into_owned())
}
