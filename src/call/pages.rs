//! Lists that come a page at a time.

use std::future::Future;

use futures_util::stream::{self, Stream, TryStreamExt};

use crate::error::Error;

/// The items of all pages from `first` on. `page` gives the items of one, and how many pages there are if that is known;
/// without that, the first page without items is the last.
pub(crate) fn items<T, F>(
    first: i64,
    page: impl Fn(i64) -> F + Clone + Send,
) -> impl Stream<Item = Result<T, Error>> + Send
where
    T: Send,
    F: Future<Output = Result<(Vec<T>, Option<i64>), Error>> + Send,
{
    let pages = stream::try_unfold(Some(first), move |number| {
        let page = page.clone();
        async move {
            let Some(number) = number else { return Ok(None) };
            let (items, total) = page(number).await?;
            let ended = items.is_empty() || total.is_some_and(|total| number >= total);
            let next = if ended { None } else { number.checked_add(1) };
            Ok(Some((stream::iter(items.into_iter().map(Ok)), next)))
        }
    });
    pages.try_flatten()
}
