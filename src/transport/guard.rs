//! A body that goes out only while something holds: else the request ends before it, and no server acts on a part of one.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::Request;

use super::intent::Holds;

/// Why a body did not go out.
#[derive(Debug, thiserror::Error)]
#[error("it took too long from its confirmation to the sending: nothing was sent")]
pub(super) struct Lapsed;

/// The body of a request, which is there until it goes out.
struct Guarded {
    body: Option<Bytes>,
    holds: Vec<Holds>,
    has_lapsed: Arc<AtomicBool>,
}

/// Whether a body was not let out. What the connection makes of that differs by protocol, so that its error does not tell.
pub(super) struct Guard(Arc<AtomicBool>);

impl Guard {
    /// Lets the body of a request out only if all of `holds` say so when the connection asks for it. A request has a body, or
    /// nothing is signed in it.
    pub(super) fn new(request: &mut Request, holds: Vec<Holds>) -> Option<Self> {
        if holds.is_empty() {
            return None;
        }
        let body = request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice);
        let (body, has_lapsed) = (Some(body.unwrap_or_default()), Arc::<AtomicBool>::default());
        let guarded = Guarded { body, holds, has_lapsed: Arc::clone(&has_lapsed) };
        *request.body_mut() = Some(reqwest::Body::wrap(guarded));
        Some(Self(has_lapsed))
    }

    pub(super) fn check(&self) -> Result<(), Lapsed> {
        if self.0.load(Ordering::SeqCst) { Err(Lapsed) } else { Ok(()) }
    }
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = Lapsed;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Lapsed>>> {
        let Some(body) = self.body.take() else { return Poll::Ready(None) };
        if self.holds.iter().all(|holds| holds()) {
            return Poll::Ready(Some(Ok(Frame::data(body))));
        }
        self.has_lapsed.store(true, Ordering::SeqCst);
        Poll::Ready(Some(Err(Lapsed)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.body.as_ref().map_or(0, |body| body.len() as u64))
    }
}
