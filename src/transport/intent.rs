//! What is asked, as data: all that a call is made of. It borrows nothing.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method};

use super::retry::RetryPolicy;
use crate::error::Subject;
use crate::openapi::{Operation, OrderIds, Placing};

/// One call before it is begun.
pub(crate) struct Intent {
    pub(crate) target: Target,
    /// The operation's own parameters as JSON.
    pub(crate) parameters: Vec<u8>,
    /// A random number that all attempts share.
    pub(crate) nonce: u64,
    pub(crate) options: Options,
}

/// What is called.
pub(crate) struct Target {
    pub(crate) subject: Subject,
    pub(crate) method: Method,
    /// With `{name}` for each parameter in it.
    pub(crate) path: Cow<'static, str>,
    /// The parameters that the family adds.
    pub(crate) added: &'static [&'static str],
    /// The fields of its data that are documented.
    pub(crate) fields: &'static [&'static str],
    /// Those of them, at any depth, that are the id of an order.
    pub(crate) own_order_ids: &'static [&'static str],
    /// The fields of any answer of the family that are the id of an order.
    pub(crate) order_ids: OrderIds,
    /// Whether a success that names no order is none.
    pub(crate) must_name_order: bool,
    /// The field beside the data that counts the items of a list.
    pub(crate) total_count: Option<&'static str>,
    pub(crate) placing: Placing,
    /// The parameters that the caller of a raw call puts into the query.
    pub(crate) in_query: Vec<String>,
    /// The operation of the document whose rules hold for it.
    pub(crate) known: Option<&'static Operation>,
    /// Whether it is known what orders an answer names: else no answer to a second attempt would settle the first.
    pub(crate) is_described: bool,
    /// What an absent `data` stands for.
    pub(crate) no_data: &'static str,
}

impl From<&'static Operation> for Subject {
    fn from(operation: &'static Operation) -> Self {
        Self { operation: operation.id.into(), safe_to_retry: operation.safe_to_retry }
    }
}

impl Target {
    /// An operation of a family whose answers name orders in `order_ids`.
    pub(crate) fn new(operation: &'static Operation, order_ids: OrderIds) -> Self {
        Self {
            subject: operation.into(),
            method: operation.method.clone(),
            path: operation.path.into(),
            added: operation.added,
            fields: operation.fields,
            own_order_ids: operation.order_ids,
            order_ids,
            must_name_order: operation.must_name_order,
            total_count: operation.total_count,
            placing: operation.placing,
            in_query: Vec::new(),
            known: Some(operation),
            is_described: true,
            no_data: operation.no_data,
        }
    }

    /// The fields by which an answer without an envelope is told from anything else: of what may order, the order's.
    pub(crate) fn telling_fields(&self) -> &'static [&'static str] {
        let orders = !self.subject.safe_to_retry && !self.own_order_ids.is_empty();
        if orders { self.own_order_ids } else { self.fields }
    }

    /// The fields that are the id of an order wherever they stand in an answer: of an operation that nobody described,
    /// all.
    pub(crate) fn certain_order_ids(&self) -> &'static [&'static str] {
        if self.is_described { self.order_ids.anywhere } else { self.order_ids.in_data }
    }
}

/// What a caller sets for one call; what is not set is as the client has it.
#[derive(Default)]
pub(crate) struct Options {
    /// Longest time of an attempt.
    pub(crate) timeout: Option<Duration>,
    /// Longest time of all: waiting, attempts, delays and reading.
    pub(crate) deadline: Option<Duration>,
    pub(crate) language: Option<HeaderValue>,
    pub(crate) headers: HeaderMap,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) ready: Option<Ready>,
}

/// What has to succeed before a request is sent. If it fails, nothing is sent.
pub(crate) type Ready = Arc<dyn Fn() -> BoxFuture<'static, Result<Holds, Box<dyn Error + Send + Sync>>> + Send + Sync>;

/// Whether what succeeded holds still. It is asked when the body goes out: until then a connection is made, and the machine
/// may have slept.
pub(crate) type Holds = Box<dyn Fn() -> bool + Send + Sync>;
