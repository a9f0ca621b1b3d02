//! The OpenAPI documents that the clients are generated from, as text, for other tools and other languages.

mod operation;

pub use operation::{Completeness, Operation};

/// The document of the CSSS API: YAML, OpenAPI 3.0.3. Its `info.version` follows semantic versioning of the contract.
///
/// ```
/// assert!(linksfield::openapi::CSSS.starts_with("openapi: 3.0.3"));
/// ```
pub const CSSS: &str = include_str!("../../openapi/csss.yaml");

/// The document of what Linksfield sends: YAML, OpenAPI 3.0.3, each notification as an operation of your server.
pub const NOTIFICATIONS: &str = include_str!("../../openapi/notifications.yaml");

/// The document of the Mall and Topup API: YAML, OpenAPI 3.0.3.
pub const MALL: &str = include_str!("../../openapi/mall.yaml");

/// The document of the eSIM QR Mall API: YAML, OpenAPI 3.0.3.
pub const ESIM_QR: &str = include_str!("../../openapi/esim-qr.yaml");
