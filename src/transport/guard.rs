//! A body that goes out only while something holds: else the request ends before it, and no server acts on a part of one.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::Request;

use super::intent::Holds;
use crate::error::chain;

/// Why a body did not go out.
#[derive(Debug, thiserror::Error)]
#[error("it took too long from its confirmation to the sending: nothing was sent")]
struct Lapsed;

/// The body of a request, which is there until it goes out.
struct Guarded {
    body: Option<Bytes>,
    holds: Holds,
}

/// Lets the body of a request out only if `holds` says so when the connection asks for it. A request has a body, or nothing
/// is signed in it.
pub(super) fn guard(request: &mut Request, holds: Holds) {
    let body = request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice);
    *request.body_mut() = Some(reqwest::Body::wrap(Guarded { body: Some(body.unwrap_or_default()), holds }));
}

/// Whether a request failed because its body was not let out.
pub(super) fn has_lapsed(error: &reqwest::Error) -> bool {
    chain(error).any(|error| error.is::<Lapsed>())
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = Lapsed;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Lapsed>>> {
        let holds = (self.holds)();
        let frame = self.body.take().map(|body| if holds { Ok(Frame::data(body)) } else { Err(Lapsed) });
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.body.as_ref().map_or(0, |body| body.len() as u64))
    }
}
