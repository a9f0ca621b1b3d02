//! A whole answer: its data as a type, and what came around it.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{Cause, Error, Subject, reason};
use crate::transport::Accepted;

/// An answer that accepted a call, from [`Call::response`](super::Call::response).
///
/// Its `Debug` prints neither the data nor the bytes.
pub struct Response<T> {
    data: T,
    answer: Accepted,
}

impl<T> Response<T> {
    /// What the operation returns.
    #[must_use]
    pub fn data(&self) -> &T {
        &self.data
    }

    /// What the operation returns, without the rest.
    #[must_use]
    pub fn into_data(self) -> T {
        self.data
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.answer.headers
    }

    /// The result in words, if the answer has any.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.answer.message.as_deref()
    }

    /// The answer's bytes as they came.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.answer.raw
    }

    /// How often the call was sent: 1, or more where it was sent again.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.answer.attempts
    }
}

impl<T: DeserializeOwned> Response<T> {
    pub(super) fn read(answer: Accepted, subject: &Subject) -> Result<Self, Error> {
        match serde_json::from_slice(&answer.data) {
            Ok(data) => Ok(Self { data, answer }),
            Err(error) => {
                let cause = Cause::unreadable(answer.status, answer.raw, reason::of(&error));
                Err(Error::new(subject.clone(), answer.attempts, cause))
            }
        }
    }
}

impl<T> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("attempts", &self.attempts())
            .field("bytes", &self.raw().len())
            .finish_non_exhaustive()
    }
}
