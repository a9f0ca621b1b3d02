//! A verified notification as an extractor of [axum](https://docs.rs/axum).

use std::time::SystemTime;

use axum::extract::{FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};

use super::layer::read;
use super::{Rejection, Verified, Verifier};

impl<S: Send + Sync> FromRequest<S> for Verified
where
    Verifier: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let verifier = Verifier::from_ref(state);
        let (head, body) = request.into_parts();
        let body = read(&verifier, body).await?;
        verifier.verify(&head.headers, &body, SystemTime::now())
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        (self.status(), self.answer()).into_response()
    }
}
