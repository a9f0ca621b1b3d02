//! The OpenAPI documents that the clients are generated from, as data: for other tools and
//! [other languages](crate::guide::other_languages).
//!
//! Each is YAML, OpenAPI 3.0.3; its `info.version` follows semantic versioning of the contract.
//!
//! ```
//! use linksfield::openapi::{CSSS, DOCUMENTS};
//!
//! assert!(CSSS.starts_with("openapi: 3.0.3"));
//! for document in DOCUMENTS {
//!     println!("{}: {} operations", document.name, document.operations.len());
//! }
//! ```

mod described;
mod operation;
mod parameter;

pub(crate) use described::{bare, operation_at, segments_as_read};
pub(crate) use operation::{Body, Placing};
pub use operation::{Completeness, FindOut, List, Operation, Pages, Results};
pub use parameter::{Code, Kind, Parameter, Place};

/// A document whose API is compiled in.
#[derive(Debug)]
#[non_exhaustive]
pub struct Document {
    /// Name of its file, without `.yaml`.
    pub name: &'static str,
    /// What it describes, in a few words.
    pub title: &'static str,
    /// The document: YAML.
    pub text: &'static str,
    /// The same for people: one page of HTML that needs nothing else.
    #[cfg(feature = "sandbox")]
    pub page: &'static str,
    /// The servers that the vendor's pages name, in their order; none where they name none.
    pub servers: &'static [Server],
    /// Its operations; none of a document of what Linksfield sends.
    pub operations: &'static [Operation],
    /// The fields of its answers that are the id of an order.
    pub(crate) order_ids: OrderIds,
    /// Where in an answer the result's code is: the name of a field, or as `status.code` that of a field in it. Empty where
    /// no code is documented.
    pub result_code: &'static str,
}

/// The fields by which the answers of an API name an order.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct OrderIds {
    /// Those in the data: each that is the id of an order, or of a request that was begun.
    pub(crate) in_data: &'static [&'static str],
    /// Those that say so wherever they stand in an answer.
    pub(crate) anywhere: &'static [&'static str],
}

/// A server that the vendor's pages name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// Its URL, with the path before those of operations.
    pub url: &'static str,
    /// What it is for, and which page says so.
    pub description: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/documents.rs"));
