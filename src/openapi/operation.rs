//! What the specification says of an operation.

use http::Method;

/// An operation of the API, as its specification describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Its name: that of its path, where it is a POST.
    pub id: &'static str,
    /// Its HTTP method.
    pub method: Method,
    /// Its path below the server's URL, with `{name}` for each parameter in it.
    pub path: &'static str,
    /// The vendor's page that describes it.
    pub page: &'static str,
    /// How much of it that page describes.
    pub completeness: Completeness,
    /// Whether calling it twice does no more than calling it once.
    pub safe_to_retry: bool,
    /// Whether the vendor labels it as deprecated.
    pub deprecated: bool,
    /// Its parameters in an example of the specification, as a JSON object: those that a caller passes.
    pub example: &'static str,
    /// What an absent `data` stands for: `{}` or `[]`.
    pub(crate) no_data: &'static str,
    /// Whether its answer has an envelope around the data.
    pub(crate) is_enveloped: bool,
    /// The data of an example of its answer.
    pub(crate) answer: &'static str,
    /// The parameters that the family adds.
    pub(crate) added: &'static [&'static str],
    /// The fields of its data that are documented.
    pub(crate) fields: &'static [&'static str],
    /// The fields of its data, at any depth, that are the id of an order.
    pub(crate) order_ids: &'static [&'static str],
    /// Whether it makes orders, which its answer names.
    pub(crate) places_orders: bool,
}

/// How much of an operation is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Completeness {
    /// Path, parameters and answer.
    Complete,
    /// The path, and a part of the parameters or the answer.
    Partial,
    /// Only that it is there and where.
    PathOnly,
}
