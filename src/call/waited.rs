//! Calls and lists for who waits for them instead of awaiting them.

use super::{Call, Items, Response};
use crate::error::{Cause, Error, Subject};
use crate::transport::waiting::{NotWaited, wait};

impl<T: Send + 'static> Call<T> {
    /// Sends the call and waits for its data: what `await` is in a program without a runtime. It may be inside of one as
    /// well, where it blocks the thread.
    ///
    /// A thread of this crate carries it out. It is always running, so that a connection that the server closed meanwhile is
    /// not used any more, and has connections of its own. An [`http_client`](crate::ClientBuilder::http_client) of yours has the
    /// same for both: wait for its calls, or await them, but not both.
    ///
    /// On a worker of a runtime of several threads it blocks by `block_in_place`: other tasks go on, those that are awaited in the
    /// same task go on after it. On a thread that drives a runtime of one thread, or a `LocalSet`, all that is awaited there goes on
    /// after it. Where such calls hold all that the client's limits (`in_flight`, `per_second`) let pass, so that the wait would have
    /// no end, it is an [invalid request](crate::ErrorKind::InvalidRequest), of which nothing is sent; or, if it was to be sent
    /// again, the error of the attempt before. What two clients hold of each other is not seen: give such calls a
    /// [`deadline`](Self::deadline).
    ///
    /// ```no_run
    /// use linksfield::csss::Client;
    /// use linksfield::csss::types::OpenPackage;
    ///
    /// fn main() -> Result<(), linksfield::Error> {
    ///     let client = Client::from_env()?;
    ///     let opened = client.open_package(&OpenPackage::builder().order_id("202107061625560742397").build()).wait()?;
    ///     println!("ends {:?}", opened.order_expire_date);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the call; or its thread can't be started, and nothing was sent.
    pub fn wait(self) -> Result<T, Error> {
        self.wait_response().map(Response::into_data)
    }

    /// The same with the whole answer, as [`response`](Self::response) gives it.
    ///
    /// # Errors
    ///
    /// As those of [`wait`](Self::wait).
    pub fn wait_response(self) -> Result<Response<T>, Error> {
        let subject = self.subject.clone();
        wait(self.response()).unwrap_or_else(|why| Err(not_waited(subject, why)))
    }
}

impl<T: Send + 'static> Items<T> {
    /// The items for who waits for them: a page is asked for when its first item is.
    ///
    /// ```no_run
    /// # fn f(client: linksfield::csss::Client) -> Result<(), linksfield::Error> {
    /// use linksfield::csss::types::QueryOrder;
    ///
    /// for order in client.query_order_items(QueryOrder::builder().page_no(1).page_size(50).build()).wait() {
    ///     println!("{:?}", order?.order_code);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn wait(self) -> impl Iterator<Item = Result<T, Error>> {
        let subject = Subject::from(self.operation);
        let mut items = Some(self);
        std::iter::from_fn(move || {
            let mut rest = items.take()?;
            let next = wait(async move {
                let next = rest.next().await;
                (next, rest)
            });
            match next {
                Ok((next, rest)) => {
                    items = Some(rest);
                    next
                }
                Err(why) => Some(Err(not_waited(subject.clone(), why))),
            }
        })
    }
}

fn not_waited(subject: Subject, why: NotWaited) -> Error {
    let cause = match why {
        // Where nothing could tell how far it got.
        NotWaited::Panicked => Cause::Panicked { may_be_sent: true },
        _ => Cause::invalid_request(why),
    };
    Error::new(subject, 0, cause)
}
