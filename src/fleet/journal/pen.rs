//! What has the file of a journal: the one thread that writes it, and reads of it what was begun.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use super::line::{Entry, Line, OldEntry, is_old, read_old};
use super::{Confirmation, Done, JournalError, MOST, Orders};
use crate::lock::held;

type Result<T> = std::result::Result<T, JournalError>;

/// How long an order may be under way of which a line of the older form does not tell.
const OLD_DEADLINE: Duration = Duration::from_secs(60);

/// Most lines that are written as one piece.
const PIECE: usize = 1024;

/// Journals that failed in this process. None of them is opened again: what is read of it may not be on the disk.
static BROKEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

pub(super) fn broken() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    held(&BROKEN)
}

pub(super) enum Task {
    Write {
        did: Entry,
        sync: bool,
        reply: oneshot::Sender<Result<(u64, Confirmation)>>,
    },
    /// The lines at these places, with which orders were begun or came to their end.
    Read {
        offsets: Vec<u64>,
        reply: oneshot::Sender<Result<Vec<Said>>>,
    },
}

/// What a line says of the order for a SIM.
pub(super) struct Said {
    /// That of its parameters, if it is known.
    pub(super) fingerprint: Option<String>,
    pub(super) at: Option<SystemTime>,
    pub(super) what: What,
}

pub(super) enum What {
    Begun(Begun),
    Done(Done),
}

/// How it stands with an order that was begun.
pub(super) struct Begun {
    pub(super) orders: Orders,
    /// How long it may be under way.
    pub(super) deadline: Duration,
    /// How long after that it is looked for.
    pub(super) settle: Duration,
}

/// What writes the file.
pub(super) struct Pen {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// How long the file is, as far as this run knows.
    pub(super) end: u64,
    /// The number of the next line.
    pub(super) n: u64,
    /// The first error, after which nothing is written: a second try may seem to succeed though lines are lost.
    pub(super) broken: Option<JournalError>,
}

impl Pen {
    /// Does what it is told until nobody can tell it any more.
    pub(super) fn serve(mut self, tasks: &Receiver<Task>) {
        while let Ok(first) = tasks.recv() {
            let (mut dids, mut replies, mut is_synced) = (Vec::new(), Vec::new(), false);
            let mut next = Some(first);
            while let Some(task) = next {
                match task {
                    Task::Read { offsets, reply } => {
                        let lines = offsets.into_iter().map(|offset| self.said_at(offset)).collect();
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
    pub(super) fn write(&mut self, dids: Vec<Entry>, sync: bool) -> Result<Vec<u64>> {
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

    /// Whether nobody else has written, as a lock that was granted may lock nothing, and nobody deleted it: no later run could
    /// read what is written then.
    fn is_alone(&self) -> Result<()> {
        let told = self.file.metadata().map_err(|error| JournalError::failed("read", error))?;
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::nlink(&told) == 0 {
            let what = "its file was deleted: look up what was ordered before you order again";
            return Err(JournalError::failed("written", what));
        }
        if told.len() == self.end {
            return Ok(());
        }
        Err(JournalError::Locked("another run writes to this journal, whose lock locks nothing here".to_owned()))
    }

    fn said_at(&mut self, offset: u64) -> Result<Said> {
        let failed = |error| JournalError::failed("read", error);
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        BufReader::with_capacity(512, &self.file).read_until(b'\n', &mut bytes).map_err(failed)?;
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        if is_old(line) {
            return read_old(line, 0).map(OldEntry::said);
        }
        Line::again(line)?.said().ok_or_else(|| JournalError::failed("read", "a line is not there any more"))
    }
}

impl OldEntry {
    fn said(self) -> Said {
        let what = match self {
            // It wrote this once, and ordered as often as nothing was listed.
            Self::About { before, .. } => What::Begun(Begun {
                orders: Orders { before, sent: MOST, accepted: None },
                deadline: OLD_DEADLINE,
                settle: Duration::ZERO,
            }),
            Self::Ordered { order, .. } => What::Done(Done::Ordered(order)),
        };
        Said { fingerprint: None, at: None, what }
    }
}

impl Line {
    fn said(self) -> Option<Said> {
        let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.at));
        let (fingerprint, what) = match self.did {
            Entry::Begun { fingerprint, orders, deadline, settle, .. } => {
                let (deadline, settle) = (Duration::from_millis(deadline), Duration::from_millis(settle));
                (Some(fingerprint), What::Begun(Begun { orders, deadline, settle }))
            }
            Entry::Ordered { fingerprint, order, .. } => (fingerprint, What::Done(Done::Ordered(order))),
            Entry::Refused { why, .. } => (None, What::Done(Done::Refused(why))),
            _ => return None,
        };
        Some(Said { fingerprint, at, what })
    }
}
