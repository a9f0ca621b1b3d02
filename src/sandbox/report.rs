//! What a sandbox reports while it runs.

use std::fmt;

use super::request::Request;

/// What a sandbox reports while it runs; `Display` has it in a line, without keys and bodies.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Report<'a> {
    /// A request has been answered, or its connection dropped: also one for a page, or below `/_sandbox/`.
    Request(&'a Request),
    /// A notification was not delivered; it is sent again, up to 30 times, unless too many wait already.
    NotificationFailed {
        /// The number that it has in [`DELIVERY_HEADER`](crate::notification::DELIVERY_HEADER).
        delivery: u64,
        /// Why.
        reason: &'a str,
    },
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(request) => request.fmt(f),
            Self::NotificationFailed { delivery, reason } => write!(f, "notification {delivery} failed: {reason}"),
        }
    }
}
