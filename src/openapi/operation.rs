//! What the specification says of an operation.

use std::time::Duration;

use http::Method;

use super::parameter::{Kind, Parameter};

/// An operation of the API, as its specification describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Its name: that of its path, where it is a POST.
    pub id: &'static str,
    /// Its name as a command, in kebab-case: `order-package`.
    pub command: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What it does, and what is not documented of it: Markdown.
    pub description: &'static str,
    /// The vendor's own Chinese words for that; empty where there are none.
    pub description_zh: &'static str,
    /// Its HTTP method.
    pub method: Method,
    /// Its path below the server's URL, with `{name}` for each parameter in it.
    pub path: &'static str,
    /// The vendor's page that describes it.
    pub page: &'static str,
    /// The title of that page; most are in Chinese and English.
    pub title: &'static str,
    /// How much of it that page describes.
    pub completeness: Completeness,
    /// Whether calling it twice does no more than calling it once.
    pub safe_to_retry: bool,
    /// For how long equal calls count as one, if that is documented: within it a call whose outcome is unknown may be sent
    /// once more, if the [policy](crate::RetryPolicy::within_window) says so. Where the nonce counts, which each call has of its
    /// own, that is so of the attempts of one call alone.
    pub idempotent_for: Option<Duration>,
    /// Whether the vendor labels it as deprecated.
    pub deprecated: bool,
    /// The parameter that a person types once more before it is called, because what it does can't be taken back.
    pub confirm: Option<&'static str>,
    /// What tells what became of a call whose outcome is unknown.
    pub find_out: Option<FindOut>,
    /// The parameters that a caller passes, by their names.
    pub parameters: &'static [Parameter],
    /// Its parameters in an example of the specification, as a JSON object: those that a caller passes.
    pub example: &'static str,
    /// Where its data has a list, if it is or has one.
    pub list: Option<List>,
    /// How it is paged, if it is.
    pub pages: Option<Pages>,
    /// Where the data of an accepted answer has a result of its own for each of what was asked, if it has:
    /// [`item_results`](Self::item_results) reads them.
    pub results: Option<Results>,
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
    /// Whether it makes orders, which its answer names: it adds them, and changes nothing that is there.
    pub places_orders: bool,
    /// Whether its success names an order: one that it makes, or without which the document calls it none.
    pub(crate) must_name_order: bool,
    /// The fields of an answer beside its `data`, which are not the envelope's.
    pub beside: &'static [&'static str],
    /// The one of these that counts the items of the list that the data is.
    pub(crate) total_count: Option<&'static str>,
    /// Where its parameters go.
    pub(crate) placing: Placing,
}

/// What tells what became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FindOut {
    /// The [id](Operation::id) of an operation of the same API that changes nothing.
    pub operation: &'static str,
    /// The parameters of both that have the same value.
    pub by: &'static [&'static str],
}

/// The list in the data of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct List {
    /// The field of the data that it is; none if it is the data itself.
    pub field: Option<&'static str>,
    /// What an item is.
    pub item: Kind,
}

/// Where an answer has a result of its own for each of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Results {
    /// The field of the data that lists them.
    pub list: &'static str,
    /// The field of a result with the id of what it is of.
    pub of: &'static str,
    /// The parameter that lists those ids.
    pub asked: &'static str,
    /// The field of a result with its code.
    pub code: &'static str,
    /// The code of success.
    pub success: &'static str,
    /// The field of a result with its words.
    pub message: &'static str,
}

/// How an operation is paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pages {
    /// The parameter with the number of the page, from 1.
    pub number: &'static str,
    /// The parameter with the number of items on a page.
    pub size: &'static str,
    /// Where in the data the number of pages is, if it is there.
    pub(crate) total_pages: Option<(&'static str, &'static str)>,
    /// Where in the data the number of items is; without a first field, beside the data.
    pub(crate) total_count: (Option<&'static str>, &'static str),
    /// Another number, of the items of the page or of all; in the data or beside it.
    pub(crate) count: Option<&'static str>,
}

/// Where the parameters of a call go: what its path names is in the path, and all that is left of a `GET` in the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placing {
    /// Those in the query, and what is between the items of a list; none if each item stands alone.
    pub(crate) query: &'static [(&'static str, Option<char>)],
    pub(crate) body: Body,
}

/// What is made of the parameters that are neither in the path nor in the query.
#[allow(dead_code, reason = "which there are is up to the documents that are compiled in")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// An object of them.
    Fields,
    /// An object of them, or no body if there are none.
    FieldsIfAny,
    /// The one of this name is the body, a list or a map; no body without it.
    Field(&'static str),
}

impl Placing {
    /// That of a call that no specification knows.
    pub(crate) const RAW: Self = Self { query: &[], body: Body::Fields };
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
