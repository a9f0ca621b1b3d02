//! A journal in one file of this machine, to which lines are only added.
//!
//! One thread has the file. It writes what has come together meanwhile as one piece and syncs once for all of it, so that
//! many orders at a time cost little more than one.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf, absolute};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use fs4::{FileExt, TryLockError};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::filesystem::{check, is_in_memory, sync_folder};
use super::index::{Index, Known, State};
use super::line::{Entry, FORMAT, Line, is_old, is_whole, read_old};
use super::pen::{Pen, Said, Task, What, broken};
use super::{Claim, Confirmation, Done, Journal, JournalError, Orders, Purpose, Terms, Wanted};
use crate::fleet::sim::Sim;
use crate::lock::held;

type Result<T> = std::result::Result<T, JournalError>;

/// A journal in one file of this machine.
///
/// Its lines are JSON, with a number and a checksum each; the first says for what account, server, operation and
/// parameters it is. One run has it at a time. It is on a disk of this machine: one of a network is refused (on Linux,
/// where that can be seen).
///
/// A last line that was cut off is no loss, for nothing was sent before its line was whole: it is moved to a file with
/// `.torn` behind its name. A damaged line before it is an error, and nothing is changed.
///
/// The file grows by about 350 bytes a SIM, and the memory by about 80, besides a megabyte or two.
pub struct FileJournal {
    index: Mutex<Index>,
    /// To the thread that has the file; dropped to end it.
    tasks: Option<Sender<Task>>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
    may_forget: bool,
    /// What was begun before is not younger than this, whatever became of the clock of the day.
    opened: Instant,
}

impl FileJournal {
    /// Creates the journal of a first run.
    ///
    /// # Errors
    ///
    /// There is one already, or none can be kept there.
    pub async fn create(path: impl AsRef<Path>, purpose: &Purpose) -> Result<Self> {
        let (path, purpose) = (absolute_path(path.as_ref())?, purpose.clone());
        blocking(move || {
            create(&path, &purpose)?;
            Self::load(path, &purpose)
        })
        .await
    }

    /// Opens the journal of a run before. That of the example from which this module was made can be opened, too; it is for
    /// `purpose` from then on.
    ///
    /// # Errors
    ///
    /// It is not there, is for something else, is used by another run, is damaged or newer than this version, or is
    /// where it can't be relied on.
    pub async fn open(path: impl AsRef<Path>, purpose: &Purpose) -> Result<Self> {
        let (path, purpose) = (absolute_path(path.as_ref())?, purpose.clone());
        blocking(move || Self::load(path, &purpose)).await
    }

    /// For whom and what a journal is, as it says itself: to open it where nothing is ordered, but a person has
    /// [found out](Journal::found_out) what became of a SIM.
    ///
    /// # Errors
    ///
    /// As those of [`open`](Self::open); or it is of the older example, and no run has gone on with it yet.
    pub async fn purpose_of(path: impl AsRef<Path>) -> Result<Purpose> {
        let path = absolute_path(path.as_ref())?;
        blocking(move || read_purpose(open_locked(&path)?)).await
    }

    /// Whether its file is in memory alone (tmpfs or ramfs, as `/dev/shm` is and often `/tmp`; seen on Linux only). Then it is
    /// gone when power is lost or the machine starts again, and what was ordered is known by nobody.
    #[must_use]
    pub fn may_forget(&self) -> bool {
        self.may_forget
    }

    fn load(path: PathBuf, purpose: &Purpose) -> Result<Self> {
        if broken().contains(&path) {
            return Err(JournalError::failed("opened", "it failed before in this process, which has to end first"));
        }
        let file = open_locked(&path)?;
        let may_forget = is_in_memory(&file)?;
        let mut index = Index::default();
        let mut pen = read_all(file, &mut index, purpose, &path)?;
        let run = Entry::Run { id: format!("{:032x}", fastrand::u128(..)) };
        pen.write(vec![run], true)?;
        let (tasks, received) = channel();
        let thread = thread::Builder::new().name("linksfield-journal".to_owned()).spawn(move || pen.serve(&received));
        let thread = thread.map_err(|error| JournalError::failed("written", error))?;
        Ok(Self {
            index: Mutex::new(index),
            tasks: Some(tasks),
            thread: Some(thread),
            path,
            may_forget,
            opened: Instant::now(),
        })
    }

    /// How much longer an order may be under way: as long as a call may take, from when it was begun, and if the clock of
    /// the day was set since, from when this was opened.
    fn under_way(&self, at: Option<SystemTime>, deadline: Duration) -> Duration {
        let past = at.and_then(|at| SystemTime::now().duration_since(at).ok()).unwrap_or_default();
        deadline.saturating_sub(past.min(self.opened.elapsed()))
    }

    /// What who claims a SIM has to know of what the journal says of it.
    fn claim_of(&self, wanted: &Wanted, said: Said, terms: &Terms) -> Result<Claim> {
        let Said { fingerprint, at, what } = said;
        if let Some(recorded) = fingerprint.filter(|recorded| *recorded != wanted.fingerprint) {
            return Err(JournalError::OtherParameters {
                sim: wanted.sim,
                recorded,
                wanted: wanted.fingerprint.clone(),
            });
        }
        Ok(match what {
            What::Done(Done::Ordered(order)) => Claim::Ordered { order, at },
            What::Done(Done::Refused(_)) if terms.again_refused => Claim::Open,
            What::Done(Done::Refused(why)) => Claim::Refused(why),
            What::Begun(begun) => {
                let wait = self.under_way(at, begun.deadline).saturating_add(begun.settle.max(terms.settle));
                Claim::Begun { orders: begun.orders, wait }
            }
        })
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        held(&self.index)
    }

    async fn ask<T>(&self, task: impl FnOnce(oneshot::Sender<Result<T>>) -> Task) -> Result<T> {
        let ended = || JournalError::failed("written", "its thread has ended");
        let (reply, answer) = oneshot::channel();
        let tasks = self.tasks.as_ref().ok_or_else(ended)?;
        tasks.send(task(reply)).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    async fn write(&self, did: Entry, sync: bool) -> Result<(u64, Confirmation)> {
        self.ask(|reply| Task::Write { did, sync, reply }).await
    }

    /// What the last lines of these SIMs say.
    async fn read(&self, known: impl Iterator<Item = &Known>) -> Result<Vec<Said>> {
        let offsets: Vec<_> = known.map(|known| known.offset()).collect();
        match offsets[..] {
            // The thread that has the file may be at a sync: who has nothing to read does not wait for that.
            [] => Ok(Vec::new()),
            _ => self.ask(|reply| Task::Read { offsets, reply }).await,
        }
    }

    /// Writes how a SIM ended, and lets it go.
    async fn end(&self, sim: Sim, did: Entry, state: Option<State>) -> Result<()> {
        let (offset, _) = self.write(did, false).await?;
        let mut index = self.index();
        match state {
            Some(state) => index.set(sim, state, offset),
            None => drop(index.known.remove(&sim)),
        }
        index.claimed.remove(&sim);
        Ok(())
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        drop(self.tasks.take());
        // The lock is gone when this returns, so that the next run can have it.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl fmt::Debug for FileJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileJournal").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Journal for FileJournal {
    async fn recorded(&self, sims: &[Sim]) -> Result<Vec<Option<String>>> {
        let is_begun = |known: &Known| known.state() != State::Refused;
        let known: Vec<_> = {
            let index = self.index();
            sims.iter().map(|sim| index.known.get(sim).copied().filter(is_begun)).collect()
        };
        let mut lines = self.read(known.iter().flatten()).await?.into_iter();
        Ok(known.into_iter().map(|known| known.and_then(|_| lines.next()?.fingerprint)).collect())
    }

    async fn claim(&self, wanted: &[Wanted], terms: &Terms) -> Result<Vec<Claim>> {
        let found: Vec<_> = {
            let mut index = self.index();
            let mut find = |wanted: &Wanted| {
                let known = index.known.get(&wanted.sim).copied();
                let is_done = match known.map(Known::state) {
                    Some(State::Ordered) => true,
                    Some(State::Refused) => !terms.again_refused,
                    Some(State::Begun) | None => false,
                };
                (is_done || index.claimed.insert(wanted.sim)).then_some(known)
            };
            wanted.iter().map(&mut find).collect()
        };
        let mut lines = self.read(found.iter().flatten().flatten()).await?.into_iter();
        let claim = |(wanted, found): (&Wanted, Option<Option<Known>>)| match found {
            None => Ok(Claim::Taken),
            Some(None) => Ok(Claim::Open),
            Some(Some(_)) => {
                let said = lines.next().ok_or_else(|| JournalError::failed("read", "a line is not there any more"))?;
                self.claim_of(wanted, said, terms)
            }
        };
        wanted.iter().zip(found).map(claim).collect()
    }

    async fn begun(&self, wanted: &Wanted, orders: &Orders, terms: &Terms) -> Result<Confirmation> {
        let milliseconds = |time: Duration| time.as_millis().try_into().unwrap_or(u64::MAX);
        let (deadline, settle) = (milliseconds(terms.deadline), milliseconds(terms.settle));
        let (sim, fingerprint, orders) = (wanted.sim, wanted.fingerprint.clone(), orders.clone());
        let begun = Entry::Begun { sim, fingerprint, orders, deadline, settle };
        let (offset, confirmation) = self.write(begun, true).await?;
        self.index().set(sim, State::Begun, offset);
        Ok(confirmation)
    }

    async fn done(&self, wanted: &Wanted, result: &Done) -> Result<()> {
        let sim = wanted.sim;
        let (did, state) = match result {
            Done::Ordered(order) => {
                let fingerprint = Some(wanted.fingerprint.clone());
                (Entry::Ordered { sim, fingerprint, order: order.clone() }, State::Ordered)
            }
            Done::Refused(why) => (Entry::Refused { sim, why: why.clone() }, State::Refused),
        };
        self.end(sim, did, Some(state)).await
    }

    async fn unknown(&self, wanted: &Wanted, why: &str) -> Result<()> {
        self.write(Entry::Unknown { sim: wanted.sim, why: why.to_owned() }, false).await?;
        self.index().claimed.remove(&wanted.sim);
        Ok(())
    }

    async fn let_go(&self, wanted: &[Wanted]) -> Result<()> {
        let mut index = self.index();
        for wanted in wanted {
            index.claimed.remove(&wanted.sim);
        }
        Ok(())
    }

    async fn release(&self, wanted: &Wanted, why: &str) -> Result<()> {
        self.end(wanted.sim, Entry::Released { sim: wanted.sim, why: why.to_owned() }, None).await
    }

    async fn is_checked(&self) -> Result<bool> {
        Ok(self.index().is_checked)
    }

    async fn checked(&self) -> Result<()> {
        self.write(Entry::Checked {}, false).await?;
        self.index().is_checked = true;
        Ok(())
    }

    async fn found_out(&self, sim: Sim, order: Option<&str>) -> Result<()> {
        let begun = {
            let mut index = self.index();
            let begun = index.known.get(&sim).copied().filter(|known| known.state() == State::Begun);
            begun.filter(|_| index.claimed.insert(sim)).ok_or(JournalError::NotUnknown { sim })?
        };
        match order {
            Some(order) => {
                let begun = self.read(std::iter::once(&begun)).await?.pop();
                let fingerprint = begun.and_then(|begun| begun.fingerprint);
                self.end(sim, Entry::Ordered { sim, fingerprint, order: order.to_owned() }, Some(State::Ordered)).await
            }
            None => self.end(sim, Entry::Released { sim, why: "a person said so".to_owned() }, None).await,
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    spawn_blocking(work).await.map_err(|error| JournalError::failed("opened", error))?
}

fn absolute_path(path: &Path) -> Result<PathBuf> {
    absolute(path).map_err(|error| JournalError::failed("opened", error))
}

/// Makes the file with its first line, at once or not at all.
fn create(path: &Path, purpose: &Purpose) -> Result<()> {
    let failed = |error| JournalError::failed("created", error);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(JournalError::Unfit(format!("{} is no name of a file", path.display())));
    };
    let mut draft = name.to_owned();
    draft.push(format!(".{:016x}", fastrand::u64(..)));
    let draft = folder.join(draft);
    let first = Line::write(0, Entry::Journal { format: FORMAT, purpose: purpose.clone() })?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(&draft).map_err(failed)?;
    let written = file.write_all(&first).and_then(|()| file.sync_all()).map_err(failed);
    // A link, not a new name: that would replace a journal which is there.
    let linked = written.and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(JournalError::Exists(path.to_owned())),
        linked => linked.map_err(failed),
    });
    drop(std::fs::remove_file(&draft));
    linked.and_then(|()| sync_folder(folder))
}

fn open_locked(path: &Path) -> Result<File> {
    // What is no file may never end.
    let kind = std::fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => JournalError::Missing(path.to_owned()),
        _ => JournalError::failed("opened", error),
    })?;
    if !kind.is_file() {
        return Err(JournalError::Unfit(format!("{} is no file", path.display())));
    }
    let file = OpenOptions::new().read(true).append(true).open(path);
    let file = file.map_err(|error| JournalError::failed("opened", error))?;
    check(&file, path)?;
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(JournalError::Locked(format!("another run has the journal {}", path.display())))
        }
        Err(TryLockError::Error(error)) => {
            Err(JournalError::Unfit(format!("{} can't be locked ({error})", path.display())))
        }
    }
}

/// Reads every line into `index`, and cuts off what is no whole line at the end.
fn read_all(file: File, index: &mut Index, purpose: &Purpose, path: &Path) -> Result<Pen> {
    let failed = |error| JournalError::failed("read", error);
    let mut pen = Pen { file, path: path.to_owned(), end: 0, n: 0, broken: None };
    let (mut bytes, mut first) = (Vec::new(), None);
    let mut reader = BufReader::new(&pen.file);
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).map_err(failed)? == 0 {
            break;
        }
        let whole = bytes.strip_suffix(b"\n");
        let read = match whole {
            Some(line) if first.is_none() && is_old(line) => {
                read_old(line, pen.n).map(|old| index.note_old(&old, pen.end))
            }
            Some(line) => Line::read(line, pen.n).and_then(|line| match line.did {
                Entry::Journal { purpose: recorded, .. } if first.is_none() => {
                    first = Some(recorded);
                    Ok(())
                }
                did if first.is_some() && !matches!(did, Entry::Journal { .. }) => {
                    index.note(&did, pen.end);
                    Ok(())
                }
                _ => Err(JournalError::Damaged { line: pen.n + 1, what: "it stands in the wrong place".to_owned() }),
            }),
            None => Err(JournalError::Damaged { line: pen.n + 1, what: "it is cut off".to_owned() }),
        };
        match read {
            Ok(()) => {
                pen.end += bytes.len() as u64;
                pen.n += 1;
            }
            // Only the last line can have been cut off.
            Err(_) if pen.n > 0 && !whole.is_some_and(is_whole) && reader.fill_buf().map_err(failed)?.is_empty() => {
                break;
            }
            Err(error) => return Err(error),
        }
    }
    if pen.n == 0 {
        return Err(JournalError::Damaged { line: 1, what: "it is empty".to_owned() });
    }
    let adopted = match first {
        Some(recorded) if recorded != *purpose => {
            return Err(JournalError::OtherPurpose { recorded: recorded.into(), wanted: purpose.clone().into() });
        }
        Some(_) => None,
        None => Some(Entry::Journal { format: FORMAT, purpose: purpose.clone() }),
    };
    cut(&mut pen, path)?;
    pen.write(adopted.into_iter().collect(), true)?;
    Ok(pen)
}

/// What the first line says that is not of the older example.
fn read_purpose(file: File) -> Result<Purpose> {
    for (line, n) in BufReader::new(file).split(b'\n').zip(0..) {
        let line = line.map_err(|error| JournalError::failed("read", error))?;
        if is_old(&line) {
            continue;
        }
        if let Entry::Journal { purpose, .. } = Line::read(&line, n)?.did {
            return Ok(purpose);
        }
        break;
    }
    Err(JournalError::failed("read", "it does not say for what it is: go on with it once by a run"))
}

/// Moves what is behind the last whole line to a file of its own.
fn cut(pen: &mut Pen, path: &Path) -> Result<()> {
    let failed = |error| JournalError::failed("repaired", error);
    let mut torn = Vec::new();
    pen.file.seek(SeekFrom::Start(pen.end)).map_err(failed)?;
    pen.file.read_to_end(&mut torn).map_err(failed)?;
    if torn.is_empty() {
        return Ok(());
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".torn");
    let mut kept = OpenOptions::new().append(true).create(true).open(name).map_err(failed)?;
    torn.push(b'\n');
    kept.write_all(&torn).and_then(|()| kept.sync_all()).map_err(failed)?;
    pen.file.set_len(pen.end).and_then(|()| pen.file.sync_all()).map_err(failed)
}
