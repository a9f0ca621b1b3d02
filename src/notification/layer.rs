//! The receiver as a layer of [tower](https://docs.rs/tower) around a handler.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::ALLOW;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tower_layer::Layer;
use tower_service::Service;

use super::deliveries::Deliveries;
use super::receiver::{Acted, Answer};
use super::{Receiver, Rejection, Verifier};

impl<S, D> Layer<S> for Receiver<D> {
    type Service = Receiving<S, D>;

    fn layer(&self, handler: S) -> Receiving<S, D> {
        Receiving { receiver: self.clone(), handler }
    }
}

/// A handler behind a [`Receiver`]: it is called with what is verified and not done yet, and finds
/// [`Verified`](super::Verified) and [`Claim`](super::Claim) among the request's extensions. An answer of 2xx is done,
/// any other is not. Anything but POST is answered with 405.
#[derive(Debug)]
pub struct Receiving<S, D> {
    receiver: Receiver<D>,
    handler: S,
}

impl<S: Clone, D> Clone for Receiving<S, D> {
    fn clone(&self) -> Self {
        Self { receiver: self.receiver.clone(), handler: self.handler.clone() }
    }
}

impl<S, D, B, A> Service<Request<B>> for Receiving<S, D>
where
    S: Service<Request<B>, Response = Response<A>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    D: Deliveries + 'static,
    B: Body + From<Bytes> + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    A: From<Bytes> + Send + 'static,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<A>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.handler.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was made ready is used up, its copy stays behind.
        let copy = self.handler.clone();
        let mut handler = std::mem::replace(&mut self.handler, copy);
        let receiver = self.receiver.clone();
        Box::pin(async move {
            if request.method() != Method::POST {
                return Ok(only_post());
            }
            let (mut head, body) = request.into_parts();
            let verified = read(receiver.verifier(), body)
                .await
                .and_then(|body| receiver.verifier().verify_remembered(&head.headers, &body, SystemTime::now()));
            let verified = match verified {
                Ok(verified) => verified,
                Err(rejection) => return Ok(Answer::refusing(&rejection).response()),
            };
            let handle = move |verified: super::Verified, claim| {
                let body = B::from(verified.body.clone());
                head.extensions.insert(verified);
                head.extensions.insert(claim);
                handler.call(Request::from_parts(head, body))
            };
            let succeeded = |result: &Result<Response<A>, _>| result.as_ref().is_ok_and(|a| a.status().is_success());
            match receiver.act(verified, handle, succeeded).await {
                Acted::Result(result) => result,
                Acted::Not(answer) => Ok(answer.response()),
            }
        })
    }
}

/// The body of a request, as far as the verifier's limit.
pub(super) async fn read<B>(verifier: &Verifier, body: B) -> Result<Bytes, Rejection>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let limit = verifier.body_limit();
    let read = Limited::new(body, limit).collect().await;
    let read = read.map(|body| body.to_bytes()).map_err(|error| match error.is::<LengthLimitError>() {
        true => Rejection::TooLarge { limit },
        false => Rejection::Interrupted(error),
    });
    verifier.told(read, b"some")
}

/// What looks whether there is a server is no notification that was refused.
fn only_post<A: From<Bytes>>() -> Response<A> {
    let mut response = Response::new(A::from(Bytes::new()));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}
