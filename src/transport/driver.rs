//! What drives a call. Whoever waits for a call, and so keeps its thread, keeps from going on what the same driver awaits.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::{Id, try_id};

tokio::task_local! {
    static WAITING: Driver;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    /// Of a runtime that moves it between threads.
    Task(Id),
    Thread(ThreadId),
}

impl Driver {
    /// That of what runs here.
    pub(super) fn here() -> Self {
        let moves = Handle::try_current().is_ok_and(|it| it.runtime_flavor() != RuntimeFlavor::CurrentThread);
        match try_id().filter(|_| moves) {
            Some(task) => Self::Task(task),
            None => Self::Thread(thread::current().id()),
        }
    }

    /// That which waits for what is carried out here, if one does.
    pub(super) fn waiting() -> Option<Self> {
        WAITING.try_get().ok()
    }

    /// `work`, for which this waits.
    #[cfg(feature = "blocking")]
    pub(super) fn waits_for<F: Future>(self, work: F) -> impl Future<Output = F::Output> + use<F> {
        WAITING.scope(self, work)
    }
}

/// Calls that are awaited, by what drives them. Where nothing can be waited for, they are not noted.
#[derive(Debug, Default)]
pub(super) struct Awaited(Mutex<Vec<Driver>>);

impl Awaited {
    /// Notes the call that is carried out here, if it is awaited, for as long as what is returned is kept.
    pub(super) fn note(&self) -> Option<Noted<'_>> {
        (cfg!(feature = "blocking") && Driver::waiting().is_none()).then(|| {
            let driver = Driver::here();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(driver);
            Noted { among: self, driver }
        })
    }

    pub(super) fn has(&self, driver: Driver) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&driver)
    }
}

/// One of them.
#[derive(Debug)]
pub(super) struct Noted<'a> {
    among: &'a Awaited,
    driver: Driver,
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        let mut all = self.among.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = all.iter().position(|known| *known == self.driver) {
            all.swap_remove(index);
        }
    }
}
