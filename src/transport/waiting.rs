//! The thread that carries out calls for who waits for them.
//!
//! It runs as long as the program does, so that it sees when a kept connection is closed; and it is nobody's runtime, so
//! that waiting is possible inside of one as well.

use std::cell::Cell;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::thread;

use futures_util::FutureExt;
use tokio::runtime::{Builder, Handle};
use tokio::task::block_in_place;

use super::driver::{Driver, on_a_worker_of_several};
use super::trace;
use crate::error::Error;
use crate::lock::held;

thread_local! {
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
}

static THREAD: Thread = Thread(Mutex::new(None));

/// Why nothing could be waited for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotWaited {
    #[error("the thread that carries out what is waited for could not be started: {0}")]
    NotStarted(io::Error),
    #[error("what the client calls while it sends, such as a clock, can't wait for a call")]
    Inside,
    #[error("it panicked while it was carried out")]
    Panicked,
}

/// Whether this is that thread.
pub(super) fn is_here() -> bool {
    IS_HERE.get()
}

/// Waits until `work` is done there.
pub(crate) fn wait<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, NotWaited> {
    if is_here() {
        return Err(NotWaited::Inside);
    }
    let thread = THREAD.started_by(start).map_err(NotWaited::NotStarted)?;
    let (tell, told) = sync_channel(1);
    let work = Driver::here().waits_for(trace::carried(work));
    thread.spawn(async move { tell.send(work.await) });
    let wait = || told.recv().map_err(|_| NotWaited::Panicked);
    // The other tasks of a worker go on without it: the call may wait for one of them.
    if on_a_worker_of_several() { block_in_place(wait) } else { wait() }
}

/// What comes of `work`, also if it panics where it is waited for: there is nobody whose panic it is.
pub(super) async fn caught<T>(
    work: impl Future<Output = Result<T, Error>>,
    panicked: impl FnOnce() -> Error,
) -> Result<T, Error> {
    let work = pin!(work);
    if !is_here() {
        return work.await;
    }
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(panicked()))
}

struct Thread(Mutex<Option<Handle>>);

impl Thread {
    /// What can't be started now is started by who waits next.
    fn started_by(&self, start: impl FnOnce() -> io::Result<Handle>) -> io::Result<Handle> {
        let mut thread = held(&self.0);
        if let Some(handle) = &*thread {
            return Ok(handle.clone());
        }
        Ok(thread.insert(start()?).clone())
    }
}

fn start() -> io::Result<Handle> {
    let (tell, told) = sync_channel(1);
    thread::Builder::new().name("linksfield".to_owned()).spawn(move || {
        IS_HERE.set(true);
        // Here, for a runtime that is not used after all could not be dropped inside of another.
        let runtime = match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(tell.send(Err(error))),
        };
        drop(tell.send(Ok(runtime.handle().clone())));
        runtime.block_on(std::future::pending::<()>())
    })?;
    told.recv().map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_could_not_be_started_once_is_started_later() {
        let thread = Thread(Mutex::new(None));
        let none_left = || Err(io::Error::from(io::ErrorKind::WouldBlock));
        assert_eq!(thread.started_by(none_left).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        let handle = thread.started_by(start).unwrap();
        assert_eq!(thread.started_by(|| panic!("it runs")).unwrap().id(), handle.id());
    }
}
