//! Between the generated client and the wire: what the generator calls for every request.
//!
//! A method of the public client makes a [`Slot`] and calls the generated client with it. That hands the parameters to
//! [`Slot::exec`], which has [`Transport::exchange`] sign and send them where the operation says. The generated client
//! reads the answer's `data`; [`Slot::finish`] returns it, or our own error.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use progenitor_client::{Error as WireError, ResponseValue};
use reqwest::{Body, Request, Response, ResponseBuilderExt, StatusCode};

use crate::error::Error;
use crate::openapi::Operation;
use crate::transport::{Accepted, Transport};

/// One call of a generated client, and what its signature can't carry: our own error, and the whole answer.
#[derive(Clone)]
pub(crate) struct Slot {
    transport: Arc<Transport>,
    operation: &'static Operation,
    outcome: Arc<Mutex<Option<Result<Accepted, Error>>>>,
}

impl Slot {
    pub(crate) fn new(transport: &Arc<Transport>, operation: &'static Operation) -> Self {
        Self { transport: Arc::clone(transport), operation, outcome: Arc::default() }
    }

    /// Does the call: the answer's `data` under status 200, or a response that the generated client does not know.
    pub(crate) async fn exec(&self, request: Request) -> reqwest::Result<Response> {
        let url = request.url().clone();
        let parameters = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let call = self.transport.call(self.operation, Bytes::copy_from_slice(parameters));
        let outcome = self.transport.exchange(&call).await;
        let (status, data) = match &outcome {
            Ok(Accepted { data: Some(data), .. }) => (StatusCode::OK, data.clone()),
            Ok(Accepted { data: None, .. }) => (StatusCode::OK, Bytes::from_static(self.operation.no_data.as_bytes())),
            Err(_) => (StatusCode::NOT_IMPLEMENTED, Bytes::new()),
        };
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        // Status and URL are valid as they are, so this can't fail.
        Ok(http::Response::builder().status(status).url(url).body(data).unwrap_or_default().into())
    }

    /// What the generated client returned, as the caller gets it.
    pub(crate) fn finish<T>(&self, result: Result<ResponseValue<T>, WireError<()>>) -> Result<T, Error> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (result, outcome) {
            (Ok(value), _) => Ok(value.into_inner()),
            (Err(_), Some(Err(error))) => Err(error),
            (Err(WireError::InvalidResponsePayload(_, error)), Some(Ok(Accepted { status, body, .. }))) => {
                Err(self.operation.failing().unreadable(status, body, &error))
            }
            (Err(WireError::CommunicationError(error)), _) => Err(self.operation.failing().transport(error)),
            (Err(error), _) => Err(self.operation.failing().invalid_request(error.to_string())),
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}
