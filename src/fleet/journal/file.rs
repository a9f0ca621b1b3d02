//! A journal in one file of this machine, to which lines are only added.
//!
//! One thread has the file. It writes what has come together meanwhile as one piece and syncs once for all of it, so that
//! many orders at a time cost little more than one.

use std::collections::hash_map::Entry as Place;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf, absolute};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use fs4::{FileExt, TryLockError};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::filesystem::{check, sync_folder};
use super::line::{Entry, FORMAT, Line, OldEntry, milliseconds};
use super::{Claim, Confirmation, Done, Journal, JournalError, Purpose, Wanted};
use crate::error::reason;
use crate::fleet::sim::Sim;

/// How long an order may be under way of which a line of the older form does not tell.
const OLD_DEADLINE: Duration = Duration::from_secs(60);

/// Most lines that are written as one piece.
const PIECE: usize = 1024;

/// Journals that failed in this process. None of them is opened again: what is read of it may not be on the disk.
static BROKEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

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
/// The file grows by about 400 bytes a SIM, and the memory by at most 100.
pub struct FileJournal {
    index: Mutex<Index>,
    /// To the thread that has the file; dropped to end it.
    tasks: Option<Sender<Task>>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
}

/// What is kept in memory.
#[derive(Default)]
struct Index {
    known: HashMap<Sim, Known>,
    /// Those that this run has at the moment.
    claimed: HashSet<Sim>,
    was_begun: bool,
}

/// The state of a SIM, and where the line begins with which its order was begun, in 8 bytes.
#[derive(Clone, Copy)]
struct Known(u64);

#[derive(Clone, Copy, PartialEq)]
enum State {
    Begun = 0,
    Ordered = 1,
    Refused = 2,
}

impl Known {
    fn new(state: State, offset: u64) -> Self {
        Self(offset << 2 | state as u64)
    }

    fn state(self) -> State {
        match self.0 & 3 {
            1 => State::Ordered,
            2 => State::Refused,
            _ => State::Begun,
        }
    }

    fn offset(self) -> u64 {
        self.0 >> 2
    }
}

impl Index {
    fn set(&mut self, sim: Sim, state: State, offset: u64) {
        match self.known.entry(sim) {
            Place::Occupied(mut known) if state != State::Begun => {
                let offset = known.get().offset();
                known.insert(Known::new(state, offset));
            }
            place => drop(place.insert_entry(Known::new(state, offset))),
        }
    }

    /// Takes over what a line at `offset` says.
    fn note(&mut self, did: &Entry, offset: u64) {
        match did {
            Entry::Begun { sim, .. } => {
                self.was_begun = true;
                self.set(*sim, State::Begun, offset);
            }
            Entry::Ordered { sim, .. } => self.set(*sim, State::Ordered, offset),
            Entry::Refused { sim, .. } => self.set(*sim, State::Refused, offset),
            Entry::Released { sim, .. } => drop(self.known.remove(sim)),
            Entry::Journal { .. } | Entry::Run { .. } | Entry::Unknown { .. } => {}
        }
    }

    fn note_old(&mut self, entry: &OldEntry, offset: u64) {
        self.was_begun = true;
        match entry {
            OldEntry::About { sim, .. } => self.set(*sim, State::Begun, offset),
            OldEntry::Ordered { sim, .. } => self.set(*sim, State::Ordered, offset),
        }
    }
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

    fn load(path: PathBuf, purpose: &Purpose) -> Result<Self> {
        if broken().contains(&path) {
            return Err(JournalError::failed("opened", "it failed before in this process, which has to end first"));
        }
        let file = open_locked(&path)?;
        let mut index = Index::default();
        let mut pen = read_all(file, &mut index, purpose, &path)?;
        let run = Entry::Run { id: format!("{:032x}", fastrand::u128(..)) };
        pen.write(vec![run], true)?;
        let (tasks, received) = channel();
        let thread = thread::Builder::new().name("linksfield-journal".to_owned()).spawn(move || pen.serve(&received));
        let thread = thread.map_err(|error| JournalError::failed("written", error))?;
        Ok(Self { index: Mutex::new(index), tasks: Some(tasks), thread: Some(thread), path })
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
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
    async fn claim(&self, wanted: &[Wanted], again_refused: bool) -> Result<Vec<Claim>> {
        let found: Vec<_> = {
            let mut index = self.index();
            let mut find = |wanted: &Wanted| {
                let known = index.known.get(&wanted.sim).copied();
                let is_done = match known.map(Known::state) {
                    Some(State::Ordered) => true,
                    Some(State::Refused) => !again_refused,
                    Some(State::Begun) | None => false,
                };
                (is_done || index.claimed.insert(wanted.sim)).then_some(known)
            };
            wanted.iter().map(&mut find).collect()
        };
        let offsets = found.iter().copied().flatten().flatten().map(Known::offset).collect();
        let mut lines = self.ask(|reply| Task::Read { offsets, reply }).await?.into_iter();
        let mut claim = |(wanted, found): (&Wanted, Option<Option<Known>>)| {
            let Some(known) = found else { return Ok(Claim::Taken) };
            let Some(known) = known else { return Ok(Claim::Open) };
            let begun = lines.next().ok_or_else(|| JournalError::failed("read", "a line is not there any more"))?;
            if let Some(recorded) = begun.fingerprint.filter(|recorded| *recorded != wanted.fingerprint)
                && known.state() != State::Refused
            {
                return Err(JournalError::OtherParameters {
                    sim: wanted.sim,
                    recorded,
                    wanted: wanted.fingerprint.clone(),
                });
            }
            Ok(match known.state() {
                State::Ordered => Claim::Ordered(begun.at),
                State::Refused if again_refused => Claim::Open,
                State::Refused => Claim::Refused,
                State::Begun => Claim::Begun { before: begun.before, under_way: begun.under_way },
            })
        };
        wanted.iter().zip(found).map(&mut claim).collect()
    }

    async fn begun(&self, wanted: &Wanted, before: &BTreeSet<String>, deadline: Duration) -> Result<Confirmation> {
        let deadline = deadline.as_millis().try_into().unwrap_or(u64::MAX);
        let (sim, fingerprint, before) = (wanted.sim, wanted.fingerprint.clone(), before.clone());
        let (offset, confirmation) = self.write(Entry::Begun { sim, fingerprint, before, deadline }, true).await?;
        let mut index = self.index();
        index.was_begun = true;
        index.set(sim, State::Begun, offset);
        Ok(confirmation)
    }

    async fn done(&self, wanted: &Wanted, result: &Done) -> Result<()> {
        let sim = wanted.sim;
        let (did, state) = match result {
            Done::Ordered(order) => (Entry::Ordered { sim, order: order.clone() }, State::Ordered),
            Done::Refused(why) => (Entry::Refused { sim, why: why.clone() }, State::Refused),
        };
        self.end(sim, did, Some(state)).await
    }

    async fn unknown(&self, wanted: &Wanted, why: &str) -> Result<()> {
        self.write(Entry::Unknown { sim: wanted.sim, why: why.to_owned() }, false).await?;
        self.index().claimed.remove(&wanted.sim);
        Ok(())
    }

    async fn release(&self, wanted: &Wanted, why: &str) -> Result<()> {
        self.end(wanted.sim, Entry::Released { sim: wanted.sim, why: why.to_owned() }, None).await
    }

    async fn is_new(&self) -> Result<bool> {
        Ok(!self.index().was_begun)
    }
}

fn broken() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    BROKEN.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Whether a line has the form of the example's journal.
fn is_old(line: &[u8]) -> bool {
    line.starts_with(b"{\"about\":") || line.starts_with(b"{\"ordered\":")
}

/// Whether a line is as it was written.
fn is_whole(line: &[u8]) -> bool {
    is_old(line) || Line::checked(line).is_some()
}

fn read_old(line: &[u8], n: u64) -> Result<OldEntry> {
    serde_json::from_slice(line).map_err(|error| JournalError::Damaged { line: n + 1, what: reason::of(&error) })
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

enum Task {
    Write {
        did: Entry,
        sync: bool,
        reply: oneshot::Sender<Result<(u64, Confirmation)>>,
    },
    /// The lines at these places with which orders were begun.
    Read {
        offsets: Vec<u64>,
        reply: oneshot::Sender<Result<Vec<Begun>>>,
    },
}

/// What the line says with which an order was begun.
struct Begun {
    fingerprint: Option<String>,
    before: BTreeSet<String>,
    at: Option<SystemTime>,
    under_way: Duration,
}

/// What writes the file.
struct Pen {
    file: File,
    path: PathBuf,
    /// How long the file is, as far as this run knows.
    end: u64,
    /// The number of the next line.
    n: u64,
    /// The first error, after which nothing is written: a second try may seem to succeed though lines are lost.
    broken: Option<JournalError>,
}

impl Pen {
    /// Does what it is told until nobody can tell it any more.
    fn serve(mut self, tasks: &Receiver<Task>) {
        while let Ok(first) = tasks.recv() {
            let (mut dids, mut replies, mut is_synced) = (Vec::new(), Vec::new(), false);
            let mut next = Some(first);
            while let Some(task) = next {
                match task {
                    Task::Read { offsets, reply } => {
                        let lines = offsets.into_iter().map(|offset| self.begun_at(offset)).collect();
                        drop(reply.send(lines));
                    }
                    Task::Write { did, sync, reply } => {
                        dids.push(did);
                        replies.push(reply);
                        is_synced |= sync;
                    }
                }
                next = if dids.len() < PIECE { tasks.try_recv().ok() } else { None };
            }
            match self.write(dids, is_synced) {
                Ok(offsets) => {
                    let confirmation = Confirmation::now();
                    for (reply, offset) in replies.into_iter().zip(offsets) {
                        drop(reply.send(Ok((offset, confirmation))));
                    }
                }
                Err(error) => replies.into_iter().for_each(|reply| drop(reply.send(Err(error.clone())))),
            }
        }
        drop(self.file.sync_data());
    }

    /// Adds lines, and says where each of them begins.
    fn write(&mut self, dids: Vec<Entry>, sync: bool) -> Result<Vec<u64>> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        self.append(dids, sync).inspect_err(|error| {
            self.broken = Some(error.clone());
            broken().insert(self.path.clone());
        })
    }

    fn append(&mut self, dids: Vec<Entry>, sync: bool) -> Result<Vec<u64>> {
        let failed = |error| JournalError::failed("written", error);
        let (mut piece, mut offsets) = (Vec::new(), Vec::with_capacity(dids.len()));
        let first = self.n;
        for (did, n) in dids.into_iter().zip(first..) {
            offsets.push(self.end + piece.len() as u64);
            piece.extend_from_slice(&Line::write(n, did)?);
        }
        self.is_alone()?;
        self.file.write_all(&piece).map_err(failed)?;
        if sync {
            self.file.sync_data().map_err(failed)?;
        }
        self.n += offsets.len() as u64;
        self.end += piece.len() as u64;
        self.is_alone()?;
        Ok(offsets)
    }

    /// Whether nobody else has written: a lock that was granted may lock nothing.
    fn is_alone(&self) -> Result<()> {
        let length = self.file.metadata().map_err(|error| JournalError::failed("read", error))?.len();
        if length == self.end {
            return Ok(());
        }
        Err(JournalError::Locked("another run writes to this journal, whose lock locks nothing here".to_owned()))
    }

    fn begun_at(&mut self, offset: u64) -> Result<Begun> {
        let failed = |error| JournalError::failed("read", error);
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        BufReader::with_capacity(512, &self.file).read_until(b'\n', &mut bytes).map_err(failed)?;
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        if is_old(line) {
            let before = match read_old(line, 0)? {
                OldEntry::About { before, .. } => before,
                OldEntry::Ordered { .. } => BTreeSet::new(),
            };
            return Ok(Begun { fingerprint: None, before, at: None, under_way: OLD_DEADLINE });
        }
        Line::again(line)?.begun().ok_or_else(|| JournalError::failed("read", "a line is not there any more"))
    }
}

impl Line {
    fn begun(self) -> Option<Begun> {
        let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.at));
        match self.did {
            Entry::Begun { fingerprint, before, deadline, .. } => {
                // A clock that was set back makes it wait no longer than from now on.
                let past = milliseconds(SystemTime::now()).saturating_sub(self.at);
                let under_way = Duration::from_millis(deadline.saturating_sub(past));
                Some(Begun { fingerprint: Some(fingerprint), before, at, under_way })
            }
            Entry::Ordered { .. } | Entry::Refused { .. } => {
                Some(Begun { fingerprint: None, before: BTreeSet::new(), at, under_way: Duration::ZERO })
            }
            _ => None,
        }
    }
}
