//! What happened to a call, as the rest of the crate tells it.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::transport::TransportError;

/// What happened.
#[derive(Clone)]
pub(crate) enum Cause {
    /// The deadline passed before anything was sent.
    NotBegun,
    /// Its client has made as many calls as it may.
    UsedUp {
        limit: u32,
        free_in: Duration,
    },
    /// It was awaited again after its end.
    Ended,
    /// The deadline passed while an attempt was under way.
    CutShort,
    Transport {
        source: TransportError,
        may_be_sent: bool,
    },
    Refused(Box<Refusal>),
    Unreadable {
        head: Head,
        body: Bytes,
        reason: String,
    },
    InvalidRequest(Arc<dyn StdError + Send + Sync>),
    /// With what the system says, where it is that which does not let them be used.
    Settings(String, Option<Arc<io::Error>>),
    /// What the client calls while it sends panicked.
    Panicked {
        may_be_sent: bool,
    },
}

/// What comes before the body of an answer.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: Box<HeaderMap>,
}

impl Head {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap) -> Self {
        Self { status, headers: Box::new(headers) }
    }
}

/// What the API said when it refused a call.
#[derive(Clone)]
pub(crate) struct Refusal {
    pub(crate) head: Head,
    pub(crate) code: String,
    pub(crate) message: String,
    /// What its code is documented as.
    pub(crate) meaning: Option<&'static str>,
    pub(crate) data: Option<Box<str>>,
    /// What its code blames.
    pub(crate) blame: Blame,
    /// Whether the call may have taken effect all the same.
    pub(crate) outcome_unknown: bool,
}

/// What a refusal is because of. Which codes say what is known to the family alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The server: it failed, and may have done what was asked all the same.
    Server,
    /// Who calls, or how often.
    Caller,
    /// What was asked.
    Request,
}

impl Blame {
    /// That of an HTTP status.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            500..=599 => Self::Server,
            401 | 403 | 429 => Self::Caller,
            _ => Self::Request,
        }
    }
}

impl Cause {
    pub(crate) fn transport(source: reqwest::Error) -> Self {
        if source.is_builder() {
            return Self::invalid_request(source.without_url());
        }
        let may_be_sent = !source.is_connect();
        Self::Transport { source: TransportError::new(source), may_be_sent }
    }

    /// Of an HTTP client that may have sent the request before, and then followed a redirect.
    pub(crate) fn lost(source: reqwest::Error) -> Self {
        Self::Transport { source: TransportError::new(source), may_be_sent: true }
    }

    /// Of an answer that can't be read, or was read in part only.
    pub(crate) fn unreadable(head: Head, body: Bytes, reason: String) -> Self {
        Self::Unreadable { head, body, reason }
    }

    /// Whether the attempt was none, as nothing was to be sent.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self, Self::InvalidRequest(_) | Self::UsedUp { .. })
    }

    /// When the client may call again.
    pub(crate) fn free_in(&self) -> Option<Duration> {
        match self {
            Self::UsedUp { free_in, .. } => Some(*free_in),
            _ => None,
        }
    }

    pub(crate) fn invalid_request(reason: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::InvalidRequest(reason.into().into())
    }

    /// The head of the answer, if one came.
    pub(super) fn head(&self) -> Option<&Head> {
        match self {
            Self::Refused(refusal) => Some(&refusal.head),
            Self::Unreadable { head, .. } => Some(head),
            _ => None,
        }
    }

    pub(super) fn head_mut(&mut self) -> Option<&mut Head> {
        match self {
            Self::Refused(refusal) => Some(&mut refusal.head),
            Self::Unreadable { head, .. } => Some(head),
            _ => None,
        }
    }

    /// Whether what was asked may have been done.
    pub(super) fn may_have_taken_effect(&self) -> bool {
        match self {
            Self::Transport { may_be_sent, .. } | Self::Panicked { may_be_sent } => *may_be_sent,
            Self::Refused(refusal) => refusal.outcome_unknown || refusal.head.status.is_server_error(),
            Self::Ended | Self::CutShort | Self::Unreadable { .. } => true,
            Self::NotBegun | Self::UsedUp { .. } | Self::InvalidRequest(_) | Self::Settings(..) => false,
        }
    }
}
