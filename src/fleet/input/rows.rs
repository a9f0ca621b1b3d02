//! The lines of a list, one at a time.

use std::collections::BTreeMap;
use std::io::{BufRead, Cursor};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::lines::Lines;
use super::{Problem, Template};
use crate::error::reason;
use crate::fleet::journal::Wanted;
use crate::fleet::sim::{Sim, is_scientific};
use crate::signing;

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
    lines: Lines<Box<dyn BufRead + Send>>,
    form: Form,
    template: Template,
    accepts_rounded: bool,
    parameters: PhantomData<fn() -> P>,
}

/// How a line says what it says.
enum Form {
    Columns { cells: Box<Cells>, columns: Vec<&'static str> },
    Json,
}

impl<P: Serialize + DeserializeOwned> Rows<P> {
    pub(super) fn new(
        mut reader: impl BufRead + Send + 'static,
        template: Template,
        accepts_rounded: bool,
    ) -> Result<Self, Problem> {
        let first = reader.fill_buf().map_err(|error| Problem::unreadable(1, &error))?;
        let is_json = first.trim_ascii_start().starts_with(b"{");
        let mut lines = Lines::new(Box::new(reader) as Box<dyn BufRead + Send>);
        let form = if is_json {
            Form::Json
        } else {
            let (_, header) = lines.next().transpose()?.unwrap_or_default();
            template.columns(&header)?
        };
        Ok(Self { lines, form, template, accepts_rounded, parameters: PhantomData })
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
        let is_blank = |line: &Result<(u64, String), _>| matches!(line, Ok((_, text)) if self.form.is_blank(text));
        let line = self.lines.by_ref().find(|line| !is_blank(line))?;
        Some(line.and_then(|(line, text)| {
            let own = self.form.read(&text, &self.template);
            own.and_then(|own| self.row(line, own)).map_err(|what| Problem { line, what })
        }))
    }
}

impl Form {
    fn is_blank(&self, line: &str) -> bool {
        match self {
            Self::Columns { .. } => line.is_empty(),
            Self::Json => line.trim().is_empty(),
        }
    }

    /// The parameters that a line has.
    fn read(&mut self, line: &str, template: &Template) -> Result<BTreeMap<&'static str, Value>, String> {
        match self {
            Self::Columns { cells, columns } => of_columns(&cells.of(line)?, columns, template.sim),
            Self::Json => of_json(line, template.names),
        }
    }
}

/// Takes lines apart. One reader for all of them: to make one costs more than the reading.
struct Cells {
    delimiter: u8,
    reader: csv::Reader<Cursor<String>>,
}

impl Cells {
    fn new(delimiter: u8) -> Self {
        let mut csv = csv::ReaderBuilder::new();
        csv.delimiter(delimiter).has_headers(false).flexible(true);
        Self { delimiter, reader: csv.from_reader(Cursor::default()) }
    }

    /// The cells of a line. One that goes on behind the end of the line has a quote that is not closed.
    fn of(&mut self, line: &str) -> Result<csv::StringRecord, String> {
        let mut cells = csv::StringRecord::new();
        *self.reader.get_mut() = Cursor::new(format!("{line}\n"));
        self.reader.read_record(&mut cells).map_err(|error| format!("it can't be read: {error}"))?;
        if cells.iter().any(|cell| cell.contains('\n')) {
            // It is at its end.
            *self = Self::new(self.delimiter);
            return Err("a quote is not closed in this line: a cell can't have a line break".to_owned());
        }
        Ok(cells)
    }
}

fn of_columns(
    cells: &csv::StringRecord,
    columns: &[&'static str],
    sim: &str,
) -> Result<BTreeMap<&'static str, Value>, String> {
    if cells.len() != columns.len() {
        return Err(format!("it has {} columns, and the header {}", cells.len(), columns.len()));
    }
    let named = columns.iter().zip(cells).filter(|(_, cell)| !cell.trim().is_empty());
    // What stands around an id of a SIM is taken off later.
    let odd = |name: &str, cell: &str| cell.chars().find(|letter| letter.is_control() && name != sim);
    named
        .map(|(name, cell)| match odd(name, cell) {
            Some(odd) => Err(format!("{name} has the control character {odd:?}")),
            None => Ok((*name, cell.into())),
        })
        .collect()
}

fn of_json(line: &str, names: &'static [&'static str]) -> Result<BTreeMap<&'static str, Value>, String> {
    let object: Map<String, Value> = serde_json::from_str(line).map_err(|error| reason::of(&error))?;
    // What signs tells of doubled keys, at any depth.
    signing::explain(line.as_bytes()).map_err(|error| error.to_string())?;
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
    fn columns(&self, header: &str) -> Result<Form, Problem> {
        let refused = |what| Problem { line: 1, what };
        let split = |delimiter| Cells::new(delimiter).of(header);
        let known = |name: &str| self.names.iter().find(|known| known.eq_ignore_ascii_case(name.trim())).copied();
        let fits = |delimiter| Some((delimiter, split(delimiter).ok()?.iter().map(known).collect::<Option<Vec<_>>>()?));
        let Some((delimiter, columns)) = DELIMITERS.into_iter().find_map(fits).filter(|(_, names)| !names.is_empty())
        else {
            let all = DELIMITERS.into_iter().map(split).collect::<Result<Vec<_>, _>>().map_err(refused)?;
            let most = all.into_iter().max_by_key(csv::StringRecord::len).unwrap_or_default();
            let seen: Vec<_> = most.iter().filter(|name| known(name).is_none()).collect();
            return Err(refused(format!("the header says what each column is, and {}", unknown(&seen, self.names))));
        };
        if !columns.contains(&self.sim) {
            return Err(refused(format!("there is no column {}", self.sim)));
        }
        match columns.iter().enumerate().find(|(at, name)| columns.iter().skip(at + 1).any(|other| other == *name)) {
            Some((_, doubled)) => Err(refused(format!("there are two columns {doubled}"))),
            None => Ok(Form::Columns { cells: Box::new(Cells::new(delimiter)), columns }),
        }
    }
}
