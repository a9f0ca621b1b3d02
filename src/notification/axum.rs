//! Notifications as an extractor of [axum](https://docs.rs/axum).

use std::time::SystemTime;

use axum::body::to_bytes;
use axum::extract::{FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};

use super::{Event, Rejection, Verifier};

/// A verified notification. Takes the [`Verifier`] from the state of the router, limits the body, and answers with the
/// [status of the rejection](Rejection::status) what is not one.
///
/// ```
/// use axum::{Router, routing::post};
/// use linksfield::notification::{Event, Verifier, axum::Verified};
///
/// async fn receive(Verified(event): Verified) {
///     if let Event::SmsReceived(sms) = event {
///         println!("{:?} wrote {:?}", sms.sim_id, sms.text_message);
///     }
/// }
///
/// let verifier = Verifier::builder().key("a key id", "a notification key").build();
/// let app: Router = Router::new().route("/linksfield", post(receive)).with_state(verifier);
/// ```
#[derive(Clone, Debug)]
pub struct Verified(pub Event);

impl<S: Send + Sync> FromRequest<S> for Verified
where
    Verifier: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let verifier = Verifier::from_ref(state);
        let (head, body) = request.into_parts();
        let limit = verifier.body_limit();
        let body = to_bytes(body, limit).await.map_err(|_| Rejection::TooLarge { limit })?;
        verifier.verify(&head.headers, &body, SystemTime::now()).map(Self)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        (self.status(), self.to_string()).into_response()
    }
}
