//! The thread that carries out calls for who waits for them.
//!
//! It runs as long as the program does, so that it sees when a kept connection is closed; and it is nobody's runtime, so
//! that waiting is possible inside of one as well.

use std::cell::Cell;
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;
use std::thread;

use tokio::runtime::{Builder, Handle};

use super::trace;

thread_local! {
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
}

static THREAD: OnceLock<io::Result<Handle>> = OnceLock::new();

/// Why nothing could be waited for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotWaited {
    #[error("the thread that carries out what is waited for could not be started: {0}")]
    NotStarted(&'static io::Error),
    #[error("what the client calls while it sends, such as a clock, can't wait for a call")]
    Inside,
    #[error("it panicked while it was carried out: look at its clock and its headers")]
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
    let thread = THREAD.get_or_init(start).as_ref().map_err(NotWaited::NotStarted)?;
    let (tell, told) = sync_channel(1);
    let work = trace::carried(work);
    thread.spawn(async move { tell.send(work.await) });
    told.recv().map_err(|_| NotWaited::Panicked)
}

fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("linksfield".to_owned()).spawn(move || {
        IS_HERE.set(true);
        runtime.block_on(std::future::pending::<()>())
    })?;
    Ok(handle)
}
