//! Lists that come a page at a time, read to their true end.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::future::poll_fn;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use serde::Serialize;

use super::response::{Around, Response};
use crate::error::{Error, ErrorKind};
use crate::family::scheme::is_server_failure;
use crate::openapi::Operation;
use crate::values::{Listed, OddItem};

/// The items of all pages of a list, a page at a time and only as far as they are asked for.
///
/// It ends where the number of pages and that of items which the answers name are reached. Where one is not named, or not
/// reached, the next page is asked for, until one brings nothing new: if less came than was named, that is an error. An
/// item that can't be read is an error with the item as its [`body`](Error::body), after which the list goes on. So what
/// [`into_vec`](Self::into_vec) returns is the whole list. Items that come or go meanwhile may be missed or come twice.
///
/// ```no_run
/// # async fn f(client: linksfield::csss::Client) -> Result<(), linksfield::Error> {
/// use linksfield::csss::types::QueryOrder;
///
/// let mut orders = client.query_order_items(QueryOrder::builder().page_no(1).page_size(50).build());
/// while let Some(order) = orders.next().await {
///     println!("{:?}", order?.order_code);
/// }
/// # Ok(()) }
/// ```
#[must_use = "nothing is asked for until it is read"]
pub struct Items<T> {
    pub(super) operation: &'static Operation,
    stream: Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>,
}

impl<T> Items<T> {
    /// The next item; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| self.stream.as_mut().poll_next(context)).await
    }

    /// All items.
    ///
    /// # Errors
    ///
    /// The first error: a page that could not be had, an item that can't be read, or less than was named.
    pub async fn into_vec(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.as_mut().poll_next(context)
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}

/// What an answer says of a list.
pub(crate) struct Page<T> {
    pub(crate) items: Listed<T>,
    pub(crate) total_pages: Option<i64>,
    pub(crate) total_count: Option<i64>,
}

/// Where a list is, after some pages.
struct Position<T> {
    /// Of the page that comes next.
    number: i64,
    /// Items on the pages before it.
    seen: i64,
    total_pages: Option<i64>,
    total_count: Option<i64>,
    /// What stands for the items of each page before it.
    pages: HashSet<u64>,
    items: PhantomData<fn() -> T>,
}

impl<T: Serialize> Position<T> {
    /// Whether each number that was named is reached.
    fn is_whole(&self) -> bool {
        self.total_pages.is_none_or(|total| self.number > total)
            && self.total_count.is_none_or(|total| self.seen >= total)
    }

    fn is_behind_the_last(&self) -> bool {
        self.total_pages.is_some_and(|total| self.number > total)
    }

    /// Whether nothing can follow: both numbers are named and reached.
    fn is_end(&self) -> bool {
        self.total_pages.is_some() && self.total_count.is_some() && self.is_whole()
    }

    /// Whether the page brings nothing new: none, or those of a page before it.
    fn is_repeated(&mut self, items: &Listed<T>) -> bool {
        let mut hasher = DefaultHasher::new();
        // What is listed can always be written.
        serde_json::to_string(items).unwrap_or_default().hash(&mut hasher);
        items.is_empty() || !self.pages.insert(hasher.finish())
    }

    /// Takes over the numbers that a page names; those below 1 name nothing.
    fn note(&mut self, page: &Page<T>) {
        let named = |total: Option<i64>| total.filter(|total| *total >= 1);
        self.total_pages = named(page.total_pages).or(self.total_pages);
        self.total_count = named(page.total_count).or(self.total_count);
    }

    fn advance(&mut self, items: &Listed<T>) {
        self.seen = self.seen.saturating_add(i64::try_from(items.count()).unwrap_or(i64::MAX));
        self.number = self.number.saturating_add(1);
    }

    /// Why this is not the end, if less came than was named.
    fn gap(&self) -> Option<String> {
        let named = |total: Option<i64>| total.map_or("an unknown number of".to_owned(), |total| total.to_string());
        let (pages, count) = (named(self.total_pages), named(self.total_count));
        let (last, seen) = (self.number.saturating_sub(1), self.seen);
        (!self.is_whole()).then(|| {
            format!("the list ended after page {last} with {seen} items, though it was to have {pages} pages and {count} items")
        })
    }
}

impl<T: Serialize + Send + 'static> Items<T> {
    /// The items that `operation` lists from page `first` on, of which each has up to `size`. `ask` gives the answer with a page,
    /// `read` what its data and what is around that say of the list.
    pub(crate) fn new<D, F>(
        operation: &'static Operation,
        first: i64,
        size: i64,
        ask: impl Fn(i64) -> F + Send + 'static,
        read: fn(D, &Around) -> Page<T>,
    ) -> Self
    where
        D: Send + 'static,
        F: Future<Output = Result<Response<D>, Error>> + Send,
    {
        let seen = first.saturating_sub(1).saturating_mul(size).max(0);
        let position = Position {
            number: first,
            seen,
            total_pages: None,
            total_count: None,
            pages: HashSet::new(),
            items: PhantomData,
        };
        let pages = stream::unfold((Some(position), ask), move |(position, ask)| async move {
            let position = position?;
            let answer = ask(position.number).await;
            let (results, position) = turned(position, answer, read);
            Some((stream::iter(results), (position, ask)))
        });
        Self { operation, stream: Box::pin(pages.flatten()) }
    }
}

/// Whether a refusal may be because there is no such page, and not because of who asks, how often, or trouble.
fn says_no_such_page(error: &Error) -> bool {
    let of_another_cause = |code: &str| is_server_failure(code) || matches!(code.trim(), "401" | "403" | "429");
    let trouble = error.is_rate_limited() || error.is_unauthorised() || error.is_server_error();
    error.kind() == ErrorKind::Refused && !trouble && !error.code().is_some_and(of_another_cause)
}

/// What a page brings, and where the list goes on.
fn turned<T: Serialize, D>(
    mut position: Position<T>,
    answer: Result<Response<D>, Error>,
    read: fn(D, &Around) -> Page<T>,
) -> (Vec<Result<T, Error>>, Option<Position<T>>) {
    let (page, around) = match answer {
        Ok(response) => {
            let (data, around) = response.into_parts();
            (read(data, &around), around)
        }
        // A page behind the last that was named is refused by some servers, and empty at others.
        Err(error) if position.is_behind_the_last() && says_no_such_page(&error) && position.gap().is_none() => {
            return (Vec::new(), None);
        }
        Err(error) => return (vec![Err(error)], None),
    };
    position.note(&page);
    if position.is_repeated(&page.items) {
        let gap = position.gap().map(|gap| Err(around.unreadable(around.raw(), gap)));
        return (gap.into_iter().collect(), None);
    }
    let number = position.number;
    position.advance(&page.items);
    let odd = |item: OddItem| {
        let reason = format!("item {} of page {number} is not as documented", item.position());
        around.unreadable(Bytes::copy_from_slice(item.json().as_bytes()), reason)
    };
    let results = page.items.into_results().map(|item| item.map_err(odd)).collect();
    (results, (!position.is_end()).then_some(position))
}
