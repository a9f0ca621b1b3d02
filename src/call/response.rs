//! A whole answer: its data as a type, and what came around it.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::Error as _;
use serde_json::Value;

use super::Reader;
use crate::error::{Cause, Error, Subject, reason};
use crate::transport::Accepted;
use crate::values::Listed;
use crate::values::read::{self, Read};
use crate::values::text::{content_type, decode};

/// An answer that accepted a call, from [`Call::response`](super::Call::response).
///
/// Its `Debug` prints neither the data nor the bytes.
pub struct Response<T> {
    data: T,
    around: Around,
}

/// What came around the data, and what was called.
#[derive(Clone)]
pub(crate) struct Around {
    subject: Subject,
    answer: Accepted,
}

impl Around {
    /// The answer's bytes.
    pub(super) fn raw(&self) -> Bytes {
        self.answer.raw.clone()
    }

    /// A field beside the data, if it is there once and of this type.
    pub(crate) fn beside<V: Read>(&self, name: &str) -> Option<V> {
        let Accepted { raw, headers, .. } = &self.answer;
        read::field(&decode(raw, content_type(headers)), name)
    }

    /// Whether the data came as a list: nothing, or null, is an empty one too.
    pub(crate) fn has_list(&self) -> bool {
        self.beside::<Listed<Value>>("data").is_some_and(|list| list.is_stated())
    }

    /// The error of what can't be read of it.
    pub(super) fn unreadable(&self, body: Bytes, reason: String) -> Error {
        let cause = Cause::unreadable(self.answer.head(), body, reason);
        Error::new(self.subject.clone(), self.answer.attempts, cause)
    }
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
        self.around.answer.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.around.answer.headers
    }

    /// The result in words, if the answer has any.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.around.answer.message.as_deref()
    }

    /// A field of the answer beside its data, such as the `total_count` of a list; none if it is not there, or there twice. Which are
    /// documented is said by [`Operation::beside`](crate::Operation::beside).
    #[must_use]
    pub fn beside(&self, name: &str) -> Option<Value> {
        self.around.beside(name)
    }

    /// The answer's bytes as they came.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.around.answer.raw
    }

    /// How often the call was sent: 1, or more where it was sent again.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.around.answer.attempts
    }
}

impl<T> Response<T> {
    pub(super) fn into_parts(self) -> (T, Around) {
        (self.data, self.around)
    }
}

impl<T> Response<T> {
    pub(super) fn read(answer: Accepted, subject: &Subject, read: Reader<T>) -> Result<Self, Error> {
        let text = std::str::from_utf8(&answer.data).map_err(serde_json::Error::custom);
        let data = text.and_then(|text| read(text, answer.total_count));
        let around = Around { subject: subject.clone(), answer };
        match data {
            Ok(data) => Ok(Self { data, around }),
            Err(error) => Err(around.unreadable(around.raw(), reason::of(&error))),
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
