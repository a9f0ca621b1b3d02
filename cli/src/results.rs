//! Where the results of a fleet go: to standard output, or to a file of their own.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use linksfield::fleet::Event;

use crate::exit::{Exit, Failure, Result};
use crate::profiles::followed;
use crate::visible::visible_json;
use crate::{output, tell};

/// Where results go, and what went wrong with that.
pub struct Results {
    file: Option<File>,
    unwritten: u64,
    why: String,
}

impl Results {
    /// Into a file, if one is named.
    pub fn new(path: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| {
            let file = File::options().create(true).append(true).open(path);
            file.map_err(|error| Failure::usage(format!("{} can't be written: {error}", path.display())))
        };
        Ok(Self { file: path.map(open).transpose()?, unwritten: 0, why: String::new() })
    }

    /// Writes what is settled. What is not in the journal either, or can't be written, is told, so that no order is lost.
    pub fn note(&mut self, event: &Event) {
        let recorded = match event {
            Event::Settled { recorded, .. } => *recorded,
            Event::SettledBefore { .. } => true,
            _ => return,
        };
        let line = serde_json::to_string(event).unwrap_or_else(|_| format!("{event:?}"));
        let line = format!("{}\n", visible_json(&line));
        let written = match &mut self.file {
            Some(file) => file.write_all(line.as_bytes()).map_err(|error| Failure::new(Exit::Other, error.to_string())),
            None => output::print(&line),
        };
        if written.is_err() || !recorded || (self.file.is_none() && output::is_closed()) {
            tell(line.trim_end());
        }
        // That nobody reads on is no failure.
        if let Err(failure) = written
            && failure.exit != Exit::Done
        {
            self.unwritten += 1;
            self.why = failure.message;
        }
    }

    /// What of them is not where it should be, if anything: a disk may refuse at the end what it took before.
    pub fn finish(self) -> Option<String> {
        let kept = self.file.as_ref().map_or(Ok(()), File::sync_all);
        // Pipes and devices keep nothing.
        let kept = kept.or_else(|error| if error.kind() == ErrorKind::InvalidInput { Ok(()) } else { Err(error) });
        match (self.unwritten, kept) {
            (0, Ok(())) => None,
            (0, Err(error)) => {
                Some(format!("the file of the results may not have them all: {error}; the journal has them"))
            }
            (count, _) => Some(format!(
                "{count} results could not be written ({}): they stand above; what is done is in the journal, and the next run prints it",
                self.why
            )),
        }
    }

    /// Whether they are among what a person sees.
    pub fn are_printed(&self) -> bool {
        self.file.is_none()
    }
}

/// Results destroy what they are written into.
pub fn check_apart(results: &Path, others: [Option<&Path>; 4]) -> Result {
    let place = place(results);
    match others.into_iter().flatten().find(|other| place == self::place(other)) {
        Some(other) => Err(Failure::usage(format!(
            "--results needs a file of its own: {} is read, or is the journal; nothing was sent",
            other.display()
        ))),
        None => Ok(()),
    }
}

/// What a file is by whatever name: itself where it is there, else its folder and its name in that.
#[derive(PartialEq)]
enum Place {
    #[cfg(unix)]
    File(u64, u64),
    #[cfg(not(unix))]
    File(PathBuf),
    New(PathBuf, Option<OsString>),
}

fn place(path: &Path) -> Place {
    if let Ok(file) = file(path) {
        return file;
    }
    let target = followed(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Place::New(folder.canonicalize().unwrap_or_else(|_| folder.to_owned()), target.file_name().map(OsStr::to_owned))
}

#[cfg(unix)]
fn file(path: &Path) -> io::Result<Place> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().map(|told| Place::File(told.dev(), told.ino()))
}

#[cfg(not(unix))]
fn file(path: &Path) -> io::Result<Place> {
    path.canonicalize().map(Place::File)
}
