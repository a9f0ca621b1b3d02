//! What drives a call. Whoever waits for a call, and so keeps its thread, keeps from going on what the same driver awaits.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::thread::{self, ThreadId};

use tokio::runtime::{Handle, RuntimeFlavor, worker_index};
use tokio::task::{Id, try_id};

use crate::lock::held;

tokio::task_local! {
    static WAITING: Driver;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Driver {
    /// Of a runtime that moves it between threads.
    Task(Id),
    Thread(ThreadId),
}

impl Driver {
    /// That of what runs here.
    pub(super) fn here() -> Self {
        match try_id().filter(|_| on_a_worker_of_several()) {
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

/// Whether this thread carries out the tasks of a runtime that has, or can have, other threads for them. One that drives a
/// `LocalSet` does not.
pub(super) fn on_a_worker_of_several() -> bool {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    worker_index().is_some() && flavor.is_ok_and(|flavor| flavor != RuntimeFlavor::CurrentThread)
}

/// What a driver does at the limits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    /// It awaits a call that has one of those in flight, or gets the next.
    Takes,
    /// It awaits a call that is the next to be sent when its time has come, or stands behind that.
    Paces,
    /// It is kept by a wait for its turn.
    Stands,
}

#[derive(Debug, Default)]
pub(super) struct Counts([usize; 3]);

impl Counts {
    pub(super) fn of(&self, doing: Doing) -> usize {
        self.0[doing as usize]
    }

    fn begin(&mut self, doing: Doing) {
        self.0[doing as usize] += 1;
    }
}

/// What each does. Where nothing can be waited for, it is not noted.
#[derive(Debug, Default)]
pub(super) struct Drivers(Mutex<HashMap<Driver, Counts>>);

impl Drivers {
    /// Notes what is done by whoever awaits the call that is carried out here, for as long as what is returned is kept.
    pub(super) fn note(&self, doing: Doing) -> Option<Noted<'_>> {
        (cfg!(feature = "blocking") && Driver::waiting().is_none()).then(|| self.noted(Driver::here(), doing))
    }

    /// Notes that `driver` stands, unless it would stand still by what all that stand do: of several, the last is told.
    pub(super) fn stand(&self, driver: Driver, still: impl FnOnce(&[&Counts]) -> bool) -> Option<Noted<'_>> {
        let mut all = self.all();
        all.entry(driver).or_default().begin(Doing::Stands);
        let standing: Vec<_> = all.values().filter(|counts| counts.of(Doing::Stands) > 0).collect();
        if still(&standing) {
            end(&mut all, driver, Doing::Stands);
            return None;
        }
        Some(Noted { among: self, driver, doing: Doing::Stands })
    }

    pub(super) fn noted(&self, driver: Driver, doing: Doing) -> Noted<'_> {
        self.all().entry(driver).or_default().begin(doing);
        Noted { among: self, driver, doing }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Driver, Counts>> {
        held(&self.0)
    }
}

/// One thing that one of them does.
#[derive(Debug)]
pub(super) struct Noted<'a> {
    among: &'a Drivers,
    driver: Driver,
    doing: Doing,
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        end(&mut self.among.all(), self.driver, self.doing);
    }
}

fn end(all: &mut HashMap<Driver, Counts>, driver: Driver, doing: Doing) {
    let Some(counts) = all.get_mut(&driver) else { return };
    counts.0[doing as usize] -= 1;
    if counts.0 == [0; 3] {
        all.remove(&driver);
    }
}
