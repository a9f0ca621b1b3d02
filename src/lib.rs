#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(missing_debug_implementations, unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
mod client;
pub mod csss;
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

pub use call::{Call, Items, Response};
pub use client::{ApiClient, ClientBuilder};
pub use csss::credentials::{ACCESS_CODE_VARIABLE, Credentials, SECRET_VARIABLE};
pub use csss::envelope;
pub use error::{Error, ErrorKind};
pub use family::{Environment, Family};
pub use openapi::{Completeness, Operation};
pub use transport::retry::RetryPolicy;
pub use values::{Language, Listed, OddItem, Scalar, Time};

// What stands in public signatures, in the versions that this crate uses.
#[cfg(feature = "schemars")]
pub use schemars;
pub use {bytes, futures_util, http, jiff, reqwest, serde_json};
