//! Order, start, renew and query data plans for Linksfield SIM cards: a typed client that signs each request, and never
//! orders twice by itself. It comes with a sandbox that checks every signature.
//!
//! ```
//! use linksfield::csss::Client;
//! use linksfield::csss::types::{OpenPackage, QueryDeviceFlowUsage};
//!
//! # async fn f() -> Result<(), linksfield::Error> {
//! let client = Client::from_env()?;
//!
//! let open = OpenPackage::builder().order_id("202107061625560742397").build();
//! let opened = client.open_package(&open).await?;
//! println!("from {:?} to {:?}", opened.order_start_date, opened.order_expire_date);
//!
//! let query = QueryDeviceFlowUsage::builder().device_id("89852022018041800192").build();
//! let usage = client.query_device_flow_usage(&query).await?;
//! println!("used {:?}", usage.order_used_flow);
//! # Ok(()) }
//! ```
//!
//! This crate is not by Linksfield. It knows what Linksfield's public documentation says; where that is silent, types stay
//! open and say so.
//!
//! # Where to begin
//!
//! [Getting started](guide::getting_started) needs no account: the feature `sandbox` has a server that behaves as the
//! documentation says. Before the first real order, read [money safety](guide::money_safety). All other guides are in
//! [`guide`].
//!
//! # The APIs
//!
//! Your credentials tell you which one you have.
//!
//! | API | module | feature | credentials |
//! | --- | --- | --- | --- |
//! | CSSS | [`csss`] | | an access code and a secret |
//! | Cube, version 4 | [`cube`] | `cube` | a key id and a private key |
//! | Mall | [`mall`], [`mall::payment`], [`mall::topup`] | `mall` | a partner code |
//! | eSIM QR Mall | [`esim_qr`] | `esim-qr` | an access token |
//!
//! Each has a `Client` with a method for each documented operation, and `types` with its parameters (`OpenPackage`) and what
//! it returns (`OpenPackageOutput`). The raw call, [`ApiClient::call`], reaches what no page documents.
//!
//! The crate calls each of them a [`Family`]: an API with its own addresses, credentials and way of signing. [`ApiClient`] is
//! the client of any family; [`csss::Client`] is `ApiClient<Csss>`. An [`Environment`] is one of a family's servers.
//!
//! # A call
//!
//! A method returns a [`Call`], which is sent when it is awaited. Before that, you can give it a [timeout](Call::timeout), a
//! [deadline](Call::deadline), [headers](Call::header) or a [retry policy](Call::retry) of its own, or let it
//! [explain](Call::explain) what it would sign. [`Call::response`] returns the whole answer, headers included; with the feature
//! `blocking`, [`Call::wait`] needs no async runtime. [`Items`] follows a paged list to its end.
//!
//! # Errors
//!
//! There is one error type, [`Error`]. Ask it [`outcome_unknown`](Error::outcome_unknown) before anything else: `true` means
//! that the order may have been placed, although no readable answer came. Each [`ErrorKind`] says what to look at. Neither
//! errors nor logs show secrets, signatures or bodies.
//!
//! # More
//!
//! | | |
//! | --- | --- |
//! | [`fleet`] | an order for each SIM of a list, resumed after any kill |
//! | [`notification`] | what Linksfield sends you, verified and typed |
//! | [`sandbox`] | a test double of all the APIs, which can be told what goes wrong |
//! | [`openapi`] | the documents that the clients are generated from, for every other language |
//! | [`signing`] | the signatures by themselves |
//! | [`connect`] | how a server is reached, for what is sent beside calls |
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `rustls` (default), `native-tls` | TLS; with neither, bring a [`reqwest::Client`] of your own |
//! | `cube`, `mall`, `esim-qr` | the other APIs |
//! | `fleet`, `notification`, `sandbox` | the modules of these names |
//! | `tower`, `axum` | a layer that acts on each notification once |
//! | `blocking` | [`Call::wait`] |
//! | `tracing` | a span, events and metrics of each call, by OpenTelemetry's conventions: see [observing](guide::observing) |
//! | `schemars` | a JSON Schema of every type |

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
// Pages of the documentation only; their examples need these features.
#[cfg(all(doc, any(not(doctest), all(feature = "axum", feature = "cube", feature = "sandbox"))))]
pub mod guide;
mod lock;
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

/// README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub use call::{Call, Items, Preview, Response};
pub use client::{ApiClient, ClientBuilder};
pub use csss::credentials::{ACCESS_CODE_VARIABLE, Credentials, SECRET_VARIABLE};
pub use csss::envelope;
pub use error::{Error, ErrorKind, TransportError};
pub use family::results::ItemResult;
pub use family::{Environment, Family};
pub use openapi::{Completeness, Operation};
pub use transport::connect;
pub use transport::retry::RetryPolicy;
pub use values::{ByteCount, EpochMillis, Language, Listed, OddItem, Scalar, Time};

// What stands in public signatures, in the versions that this crate uses.
#[cfg(feature = "schemars")]
pub use schemars;
pub use {bytes, futures_util, http, jiff, reqwest, serde_json};
