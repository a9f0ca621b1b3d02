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
use serde_json::{Map, Value};

use super::{Around, Response};
use crate::error::{Blame, Error};
use crate::openapi::{Kind, Operation, Pages};
use crate::values::read::Read;
use crate::values::{Listed, OddItem};

/// The items of all pages of a list, a page at a time and only as far as they are asked for.
///
/// It ends where the number of pages and that of items which the answers name are reached; where the document has no number of
/// pages, a page with fewer items than were asked for stands for it. Where one is not named, or not reached, the next page is
/// asked for, until one brings nothing new: if less came than was named, that is an error. So is an answer with neither a list
/// nor the number of its items: that does not say that there are none. An item that can't be read is
/// an error with the item as its [`body`](Error::body), after which the list goes on. So what
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
    /// Why it is not believed.
    pub(crate) doubt: Option<&'static str>,
}

impl<T> Page<T> {
    /// What is believed of an answer that has a list, or says how many items there are.
    pub(crate) fn new(items: Listed<T>, is_stated: bool, total_pages: Option<i64>, total_count: Option<i64>) -> Self {
        let says_nothing = items.is_empty() && !is_stated && total_pages.or(total_count).is_none();
        let doubt = says_nothing.then_some("the answer has neither a list nor the number of its items");
        Self { items, total_pages, total_count, doubt }
    }

    /// The same where the answer names numbers of items besides, be it those of the page or all: one that is neither is not
    /// believed, and one that is more than came is that of all if nothing else is.
    pub(crate) fn counted(mut self, numbers: [Option<i64>; 2]) -> Self {
        let came = i64::try_from(self.items.count()).unwrap_or(i64::MAX);
        let others = numbers.into_iter().flatten().filter(|number| *number != came);
        self.total_count = self.total_count.or_else(|| others.clone().max().filter(|number| *number > came));
        let contradicts = others.into_iter().any(|number| Some(number) != self.total_count);
        self.doubt = self.doubt.or(contradicts.then_some("the answer names another number of items than it has"));
        self
    }
}

impl Page<Value> {
    /// What the answer of an operation says of its list, read by the row of the operation.
    pub(crate) fn of_row(operation: &Operation, pages: Pages, data: &Value, around: &Around) -> Self {
        let inside = |(field, name): (&str, &str)| data.get(field)?.get(name).and_then(number);
        let total_count = match pages.total_count {
            (Some(field), name) => inside((field, name)),
            (None, name) => around.beside(name),
        };
        let field = operation.list.and_then(|list| list.field);
        let list = field.map_or(Some(data), |field| data.get(field)).unwrap_or(&Value::Null).to_string();
        let items = match operation.list.map(|list| list.item) {
            Some(Kind::Object) => listed::<Map<String, Value>>(&list).map(Value::Object),
            _ => listed(&list),
        };
        let is_stated = if field.is_some() { items.is_stated() } else { around.has_list() };
        let page = Self::new(items, is_stated, pages.total_pages.and_then(inside), total_count);
        match pages.count {
            Some(name) => page.counted([data.get(name).and_then(number), around.beside(name)]),
            None => page,
        }
    }
}

/// A number in any of its spellings.
fn number(value: &Value) -> Option<i64> {
    i64::read(&value.to_string()).ok()
}

fn listed<T: Read>(json: &str) -> Listed<T> {
    Listed::read(json).ok().or_else(|| <Listed<T> as Read>::odd(json)).unwrap_or_default()
}

/// Where a list is, after some pages.
struct Position<T> {
    /// Of the page that comes next.
    number: i64,
    /// Items on the pages before it.
    seen: i64,
    total_pages: Option<i64>,
    total_count: Option<i64>,
    /// Whether it is known how many items are before the first page.
    is_counted: bool,
    /// Items that a page has unless it is the last, where the document has no number of pages; 0 if that is not known.
    full: i64,
    /// Whether the last page had fewer.
    is_short: bool,
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

    /// Whether numbers were named, and each is reached.
    fn is_behind_the_last(&self) -> bool {
        (self.total_pages.is_some() || self.total_count.is_some()) && self.is_whole()
    }

    /// Whether nothing can follow: the number of items is named and reached, and so is that of pages, or the last is short. A
    /// full page may have another behind it, whatever the number says.
    fn is_end(&self) -> bool {
        (self.total_pages.is_some() || self.is_short) && self.total_count.is_some() && self.is_whole()
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
        self.total_count = named(page.total_count).filter(|_| self.is_counted).or(self.total_count);
    }

    fn advance(&mut self, items: &Listed<T>) {
        let count = i64::try_from(items.count()).unwrap_or(i64::MAX);
        self.seen = self.seen.saturating_add(count);
        self.is_short = count < self.full;
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
    /// The items that `operation` lists from page `first` on, of which each has up to `size`, if that is not 0. `ask` gives
    /// the answer with a page, `read` what its data and what is around that say of the list.
    pub(crate) fn new<D, F>(
        operation: &'static Operation,
        first: i64,
        size: i64,
        ask: impl Fn(i64) -> F + Send + 'static,
        read: impl Fn(D, &Around) -> Page<T> + Send + 'static,
    ) -> Self
    where
        D: Send + 'static,
        F: Future<Output = Result<Response<D>, Error>> + Send,
    {
        let seen = first.saturating_sub(1).saturating_mul(size).max(0);
        let has_number = operation.pages.is_some_and(|pages| pages.total_pages.is_some());
        let position = Position {
            number: first,
            seen,
            total_pages: None,
            total_count: None,
            is_counted: first <= 1 || size > 0,
            // Where the list began later, how many the pages before had is a guess: a server may allow fewer.
            full: if has_number || first > 1 { 0 } else { size },
            is_short: false,
            pages: HashSet::new(),
            items: PhantomData,
        };
        let pages = stream::unfold((Some(position), ask, read), move |(position, ask, read)| async move {
            let position = position?;
            let answer = ask(position.number).await;
            let (results, position) = turned(position, answer, &read);
            Some((stream::iter(results), (position, ask, read)))
        });
        Self { operation, stream: Box::pin(pages.flatten()) }
    }
}

/// Whether a refusal may be because there is no such page, and not because of who asks, how often, or trouble.
fn says_no_such_page(error: &Error) -> bool {
    error.blame() == Some(Blame::Request)
}

/// What a page brings, and where the list goes on.
fn turned<T: Serialize, D>(
    mut position: Position<T>,
    answer: Result<Response<D>, Error>,
    read: &impl Fn(D, &Around) -> Page<T>,
) -> (Vec<Result<T, Error>>, Option<Position<T>>) {
    let (page, around) = match answer {
        Ok(response) => {
            let (data, around) = response.into_parts();
            (read(data, &around), around)
        }
        // A page behind the last that was named is refused by some servers, and empty at others.
        Err(error) if position.is_behind_the_last() && says_no_such_page(&error) => return (Vec::new(), None),
        Err(error) => return (vec![Err(error)], None),
    };
    position.note(&page);
    // Behind the last that was named, an answer need say nothing.
    let is_behind = page.items.is_empty() && position.is_behind_the_last();
    if let Some(doubt) = page.doubt.filter(|_| !is_behind) {
        return (vec![Err(around.unreadable(around.raw(), doubt.to_owned()))], None);
    }
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

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::error::{Cause, Head, Refusal, Subject};

    #[test]
    fn only_a_refusal_of_what_was_asked_says_that_there_is_no_such_page() {
        let refused = |blame, status| {
            let head = Head::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new());
            let (code, message) = ("X-9".to_owned(), String::new());
            let refusal = Refusal { head, code, message, meaning: None, data: None, blame, outcome_unknown: false };
            let subject = Subject { operation: "querySims".into(), safe_to_retry: true };
            Error::new(subject, 1, Cause::Refused(Box::new(refusal)))
        };
        for (blame, status, is_end) in [
            (Blame::Request, 200, true),
            (Blame::Request, 404, true),
            (Blame::Server, 200, false),
            (Blame::Caller, 200, false),
            (Blame::Request, 503, false),
            (Blame::Request, 429, false),
            (Blame::Request, 403, false),
        ] {
            assert_eq!(says_no_such_page(&refused(blame, status)), is_end, "{blame:?} {status}");
        }
        assert!(!says_no_such_page(&Error::timeout("querySims")));
    }
}
