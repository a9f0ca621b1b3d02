#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(missing_debug_implementations, unreachable_pub)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
mod canonical;
mod client;
mod coded;
mod credentials;
pub mod csss;
pub mod envelope;
mod error;
#[cfg(feature = "esim-qr")]
pub mod esim_qr;
mod family;
mod hook;
mod language;
mod limits;
#[cfg(feature = "mall")]
pub mod mall;
#[cfg(feature = "notification")]
pub mod notification;
mod null;
pub mod openapi;
mod operation;
mod pages;
mod reason;
mod retry;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod server;
pub mod signing;
mod time;
mod trace;
mod transport;

pub use client::{Client, ClientBuilder};
pub use credentials::{ACCESS_CODE_VARIABLE, Credentials, SECRET_VARIABLE};
pub use error::{Error, ErrorKind};
pub use family::{Environment, Family};
pub use language::Language;
pub use operation::{Completeness, Operation};
pub use retry::RetryPolicy;
pub use time::Time;
