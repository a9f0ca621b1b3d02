// What README links to by address is linked to by name here, of which the first definition holds, so that it is checked.
//! [`Call`]: crate::Call
//! [`Call::explain`]: crate::Call::explain
//! [`Call::wait`]: crate::Call::wait
//! [`Client::from_env`]: crate::csss::Client::from_env
//! [`ClientBuilder`]: crate::ClientBuilder
//! [`Error`]: crate::Error
//! [`Error::outcome_unknown`]: crate::Error::outcome_unknown
//! [`Error::refused`]: crate::Error::refused
//! [`ErrorKind`]: crate::ErrorKind
//! [`Event`]: crate::notification::Event
//! [`Listed`]: crate::Listed
//! [`RetryPolicy`]: crate::RetryPolicy
//! [`Sandbox`]: crate::sandbox::Sandbox
//! [`Signer`]: crate::notification::Signer
//! [`Verifier`]: crate::notification::Verifier
//! [`esim_qr::Client`]: crate::esim_qr::Client
//! [`mall::Client`]: crate::mall::Client
//! [`mall::payment::Client`]: crate::mall::payment::Client
//! [`mall::topup::Client`]: crate::mall::topup::Client
//! [`sandbox`]: crate::sandbox

#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(missing_debug_implementations, unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
mod client;
pub mod csss;
#[cfg(feature = "cube")]
pub mod cube;
mod error;
#[cfg(feature = "esim-qr")]
pub mod esim_qr;
mod family;
#[cfg(feature = "fleet")]
pub mod fleet;
#[cfg(feature = "mall")]
pub mod mall;
#[cfg(feature = "notification")]
pub mod notification;
pub mod openapi;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod signing;
mod transport;
mod values;

pub use call::{Call, Items, Preview, Response};
pub use client::{ApiClient, ClientBuilder};
pub use csss::credentials::{ACCESS_CODE_VARIABLE, Credentials, SECRET_VARIABLE};
pub use csss::envelope;
pub use error::{Error, ErrorKind, TransportError};
pub use family::{Environment, Family};
pub use openapi::{Completeness, Operation};
pub use transport::retry::RetryPolicy;
pub use values::{ByteCount, EpochMillis, Language, Listed, OddItem, Scalar, Time};

// What stands in public signatures, in the versions that this crate uses.
#[cfg(feature = "schemars")]
pub use schemars;
pub use {bytes, futures_util, http, jiff, reqwest, serde_json};
