//! The SIMs of a fleet: a file of comma-separated values or of JSON lines, which is checked whole before anything is ordered.

mod lines;
mod rows;
mod template;
mod text;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) use rows::{Row, Rows};
pub(super) use template::{Cell, Template};
use text::Text;

/// Most problems that an error prints.
const PRINTED: usize = 20;

/// A list of SIMs that can be ordered for. It is read again, line by line, while they are.
#[derive(Clone, Debug)]
pub struct List {
    source: Source,
    count: u64,
    accepts_rounded: bool,
}

/// Where a list is.
#[derive(Clone)]
enum Source {
    File(PathBuf),
    Memory(Arc<[u8]>),
}

impl List {
    /// How many SIMs it has.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn of_file<P: Serialize + DeserializeOwned>(
        path: &Path,
        template: &Template,
        accepts_rounded: bool,
    ) -> Result<Self, ListError> {
        let unreadable = |error| ListError::unreadable(&path.display(), &error);
        let path = absolute(path).map_err(unreadable)?;
        // A pipe has nothing any more when it is read for the second time.
        if !fs::metadata(&path).map_err(unreadable)?.is_file() {
            let what = "it is no file, or one that can be read only once: write it to a file first".to_owned();
            return Err(ListError::of(&path.display(), Problem { line: 0, what }));
        }
        Self::check::<P>(Source::File(path), template, accepts_rounded)
    }

    pub(super) fn of_memory<P: Serialize + DeserializeOwned>(
        bytes: Vec<u8>,
        template: &Template,
        accepts_rounded: bool,
    ) -> Result<Self, ListError> {
        Self::check::<P>(Source::Memory(bytes.into()), template, accepts_rounded)
    }

    fn check<P: Serialize + DeserializeOwned>(
        source: Source,
        template: &Template,
        accepts_rounded: bool,
    ) -> Result<Self, ListError> {
        let list = Self { source, count: 0, accepts_rounded };
        let mut problems = list.problems();
        let (mut sims, mut zeros) = (Vec::new(), 0_u64);
        for row in list.rows::<P>(template)? {
            match row {
                Ok(Row { line, sim, .. }) => {
                    zeros += u64::from(sim.ends_in_zeros());
                    sims.push((sim, u32::try_from(line).unwrap_or(u32::MAX)));
                }
                Err(problem) => problems.push(problem),
            }
        }
        sims.sort_unstable();
        for pair in sims.windows(2) {
            if let [(first, line), (second, again)] = pair
                && first == second
            {
                let what = format!("SIM {first} stands in line {line} before");
                problems.push(Problem { line: (*again).into(), what });
            }
        }
        let count = sims.len() as u64;
        if !accepts_rounded && zeros > 0 && zeros * 50 > count {
            problems.push(Problem {
                line: 0,
                what: format!(
                    "{zeros} of {count} ids end in 000: a program that keeps only some digits of a number has rounded \
                     them; import or export the column as text"
                ),
            });
        }
        if count == 0 && problems.count == 0 {
            problems.push(Problem { line: 0, what: "it has no SIM".to_owned() });
        }
        problems.none().map(|()| Self { count, ..list })
    }

    /// What is found wrong with it, nothing so far.
    pub(super) fn problems(&self) -> Problems {
        Problems { of: self.source.to_string(), count: 0, first: Vec::new() }
    }

    /// Its lines, from the first on.
    pub(super) fn rows<P: Serialize + DeserializeOwned>(&self, template: &Template) -> Result<Rows<P>, ListError> {
        let reader: Box<dyn Read + Send> = match &self.source {
            Source::File(path) => {
                Box::new(File::open(path).map_err(|error| ListError::unreadable(&self.source, &error))?)
            }
            Source::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        };
        Rows::new(BufReader::new(Text::new(reader)), template.clone(), self.accepts_rounded)
            .map_err(|problem| ListError::of(&self.source, problem))
    }

    /// The error of a line that was good when the list was checked.
    pub(super) fn changed(&self, problem: Problem) -> ListError {
        ListError::of(&self.source, problem)
    }
}

/// What is wrong with one line.
#[derive(Debug)]
pub(super) struct Problem {
    /// Its number, the first is 1; 0 if it is the whole list.
    pub(super) line: u64,
    pub(super) what: String,
}

impl Problem {
    fn unreadable(line: u64, error: &io::Error) -> Self {
        Self { line, what: format!("it can't be read: {error}") }
    }
}

/// What is wrong with a list.
#[derive(Debug)]
pub(super) struct Problems {
    of: String,
    count: usize,
    first: Vec<Problem>,
}

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        self.count += 1;
        if self.first.len() < PRINTED {
            self.first.push(problem);
        }
    }

    /// An error if there are any.
    pub(super) fn none(self) -> Result<(), ListError> {
        if self.count > 0 { Err(ListError(Box::new(self))) } else { Ok(()) }
    }
}

/// What is wrong with a list, with the numbers of its lines. Nothing was ordered for any of them.
pub struct ListError(Box<Problems>);

impl ListError {
    fn of(source: &impl fmt::Display, problem: Problem) -> Self {
        Self(Box::new(Problems { of: source.to_string(), count: 1, first: vec![problem] }))
    }

    fn unreadable(source: &impl fmt::Display, error: &io::Error) -> Self {
        Self::of(source, Problem::unreadable(0, error))
    }

    /// How many lines are wrong.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.count
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problems { of, count, first } = &*self.0;
        write!(f, "{of} is refused:")?;
        for Problem { line, what } in first {
            match line {
                0 => write!(f, "\n  {what}")?,
                line => write!(f, "\n  line {line}: {what}")?,
            }
        }
        match count.saturating_sub(first.len()) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl fmt::Debug for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListError({self})")
    }
}

impl std::error::Error for ListError {}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Memory(_) => f.write_str("the list"),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
