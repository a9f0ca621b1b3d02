//! The lines of a list, one at a time.

use std::collections::BTreeMap;
use std::io::{BufRead, Cursor, Read};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Problem, Template};
use crate::error::reason;
use crate::fleet::journal::Wanted;
use crate::fleet::sim::{Sim, is_scientific};

/// Longest header, and longest JSON line.
const LONGEST: u64 = 1024 * 1024;

/// What separates the columns of the spreadsheets of this world.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// One SIM of a list, and what is ordered for it.
#[derive(Debug)]
pub(in crate::fleet) struct Row<P> {
    pub(in crate::fleet) line: u64,
    pub(in crate::fleet) sim: Sim,
    pub(in crate::fleet) parameters: P,
    pub(in crate::fleet) wanted: Wanted,
}

/// The lines of a list.
pub(in crate::fleet) struct Rows<P> {
    lines: Lines,
    template: Template,
    accepts_rounded: bool,
    parameters: PhantomData<fn() -> P>,
}

enum Lines {
    Columns { reader: Box<csv::Reader<Box<dyn Read + Send>>>, columns: Vec<&'static str> },
    Json { reader: Box<dyn BufRead + Send>, line: u64 },
    Ended,
}

/// What a line says: its number, and the parameters that it has.
type Said = (u64, BTreeMap<&'static str, Value>);

impl<P: Serialize + DeserializeOwned> Rows<P> {
    pub(super) fn new(
        mut reader: impl BufRead + Send + 'static,
        template: Template,
        accepts_rounded: bool,
    ) -> Result<Self, Problem> {
        let unreadable = |error| Problem::unreadable(1, &error);
        let begins_json = reader.fill_buf().map_err(unreadable)?.trim_ascii_start().first() == Some(&b'{');
        let lines = if begins_json {
            Lines::Json { reader: Box::new(reader), line: 0 }
        } else {
            let mut header = String::new();
            reader.by_ref().take(LONGEST).read_line(&mut header).map_err(unreadable)?;
            let (delimiter, columns) = template.columns(&header)?;
            let whole: Box<dyn Read + Send> = Box::new(Cursor::new(header).chain(reader));
            let reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(whole);
            Lines::Columns { reader: Box::new(reader), columns }
        };
        Ok(Self { lines, template, accepts_rounded, parameters: PhantomData })
    }

    fn row(&self, line: u64, mut own: BTreeMap<&'static str, Value>) -> Result<Row<P>, String> {
        let sim: Sim = match own.remove(self.template.sim) {
            Some(Value::String(text)) => text.parse().map_err(|error| format!("{error}"))?,
            Some(_) => return Err(format!("{} must be text: digits of a number may be lost", self.template.sim)),
            None => return Err(format!("it has no {}", self.template.sim)),
        };
        if !self.accepts_rounded && sim.looks_rounded() {
            return Err(format!(
                "{sim} has only zeros after its fifteenth digit, as after a spreadsheet took it for a number: import \
                 the column as text, or accept it"
            ));
        }
        let shortened = |value: &Value| value.as_str().is_some_and(is_scientific);
        if let Some((name, _)) = own.iter().find(|(_, value)| shortened(value)) {
            return Err(format!("{name} is a number that a spreadsheet shortened: import the column as text"));
        }
        let (parameters, json) = self.template.fill(sim, own)?;
        Ok(Row { line, sim, parameters, wanted: Wanted::new(sim, &json) })
    }
}

impl<P: Serialize + DeserializeOwned> Iterator for Rows<P> {
    type Item = Result<Row<P>, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        let said = self.lines.next(self.template.names);
        if let Some(Err((_, true))) = said {
            self.lines = Lines::Ended;
        }
        let row = |(line, own)| self.row(line, own).map_err(|what| Problem { line, what });
        Some(said?.map_err(|(problem, _)| problem).and_then(row))
    }
}

impl Lines {
    /// What the next line says, or what is wrong and whether nothing can follow.
    fn next(&mut self, names: &'static [&'static str]) -> Option<Result<Said, (Problem, bool)>> {
        match self {
            Self::Columns { reader, columns } => {
                let mut record = csv::StringRecord::new();
                let line = reader.position().line();
                match reader.read_record(&mut record) {
                    Ok(true) => {
                        let line = record.position().map_or(line, csv::Position::line);
                        let cells = columns.iter().zip(&record).filter(|(_, cell)| !cell.trim().is_empty());
                        Some(Ok((line, cells.map(|(name, cell)| (*name, cell.into())).collect())))
                    }
                    Ok(false) => None,
                    Err(error) => Some(Err(of_csv(&error, line))),
                }
            }
            Self::Json { reader, line } => loop {
                let mut text = String::new();
                *line += 1;
                match reader.by_ref().take(LONGEST).read_line(&mut text) {
                    Ok(0) => return None,
                    Ok(_) if text.trim().is_empty() => {}
                    Ok(read) if read as u64 == LONGEST => {
                        let what = format!("it has more than {LONGEST} bytes");
                        return Some(Err((Problem { line: *line, what }, true)));
                    }
                    Ok(_) => {
                        let said = of_json(&text, names).map(|own| (*line, own));
                        return Some(said.map_err(|what| (Problem { line: *line, what }, false)));
                    }
                    Err(error) => return Some(Err((Problem::unreadable(*line, &error), true))),
                }
            },
            Self::Ended => None,
        }
    }
}

fn of_csv(error: &csv::Error, line: u64) -> (Problem, bool) {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(line, csv::Position::line);
            (Problem { line, what: format!("it has {len} columns, and the header {expected_len}") }, false)
        }
        csv::ErrorKind::Io(error) => (Problem::unreadable(line, error), true),
        _ => (Problem { line, what: format!("it can't be read: {error}") }, true),
    }
}

fn of_json(text: &str, names: &'static [&'static str]) -> Result<BTreeMap<&'static str, Value>, String> {
    let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| reason::of(&error))?;
    let known = |(name, value): (String, Value)| {
        let known = names.iter().find(|known| **known == name);
        known.map(|known| (*known, value)).ok_or_else(|| unknown(&[&name], names))
    };
    object.into_iter().map(known).collect()
}

fn unknown(seen: &[&str], names: &[&str]) -> String {
    format!("{seen:?} is no parameter of this order: they are {}", names.join(", "))
}

impl Template {
    /// What separates the columns, and their names: those by which every name of the header is known.
    fn columns(&self, header: &str) -> Result<(u8, Vec<&'static str>), Problem> {
        let refused = |what| Problem { line: 1, what };
        let split = |delimiter| {
            let mut reader =
                csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(header.as_bytes());
            reader.records().next().and_then(Result::ok).unwrap_or_default()
        };
        let known = |name: &str| self.names.iter().find(|known| known.eq_ignore_ascii_case(name.trim())).copied();
        let fits = |delimiter| Some((delimiter, split(delimiter).iter().map(known).collect::<Option<Vec<_>>>()?));
        let Some((delimiter, columns)) = DELIMITERS.into_iter().find_map(fits).filter(|(_, names)| !names.is_empty())
        else {
            let most = DELIMITERS.into_iter().map(split).max_by_key(csv::StringRecord::len).unwrap_or_default();
            let seen: Vec<_> = most.iter().filter(|name| known(name).is_none()).collect();
            return Err(refused(format!("the header says what each column is, and {}", unknown(&seen, self.names))));
        };
        if !columns.contains(&self.sim) {
            return Err(refused(format!("there is no column {}", self.sim)));
        }
        match columns.iter().enumerate().find(|(at, name)| columns.iter().skip(at + 1).any(|other| other == *name)) {
            Some((_, doubled)) => Err(refused(format!("there are two columns {doubled}"))),
            None => Ok((delimiter, columns)),
        }
    }
}
