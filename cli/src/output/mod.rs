//! Answers on standard output: JSON for programs, a table for people. Everything else goes to standard error.

mod query;
mod table;

use std::io::{self, IsTerminal, Write};

use linksfield::openapi::List;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_saphyr::DoubleQuoted;

use crate::digits::exact;
use crate::exit::{Exit, Failure, Result};
use crate::visible::{visible, visible_json, visible_yaml};
pub use query::Query;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    JsonLines,
    Table,
    Yaml,
    Csv,
}

impl Format {
    pub const NAMES: [&str; 5] = ["json", "jsonl", "table", "yaml", "csv"];

    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Json, Self::JsonLines, Self::Table, Self::Yaml, Self::Csv];
        Self::NAMES.iter().zip(all).find(|(known, _)| **known == name).map(|(_, format)| format)
    }

    /// That of an answer where none was asked for.
    pub fn usual(all_pages: bool) -> Self {
        match (io::stdout().is_terminal(), all_pages) {
            (true, _) => Self::Table,
            (false, true) => Self::JsonLines,
            (false, false) => Self::Json,
        }
    }
}

/// Where an answer goes, and how.
pub struct Printer {
    pub format: Format,
    pub query: Option<Query>,
}

impl Printer {
    /// Prints an answer whose list is where `list` says, and whether there was anything that the query left of it.
    pub fn answer(&self, data: Value, list: Option<List>) -> Result<bool> {
        let data = exact(data);
        match &self.query {
            Some(query) => match query.search(&data)? {
                Value::Null => Ok(false),
                found => self.value(&found, None).map(|()| says_something(&found)),
            },
            None => self.value(&data, list).map(|()| true),
        }
    }

    /// An item of a list that is read page by page, as the query leaves it; nothing if it leaves nothing.
    pub fn item(&self, item: Value) -> Result<Option<Value>> {
        let item = exact(item);
        match &self.query {
            None => Ok(Some(item)),
            Some(query) => Ok(Some(query.search(&item)?).filter(|found| !found.is_null())),
        }
    }

    /// Whether items can be printed one by one.
    pub fn is_streaming(&self) -> bool {
        self.format == Format::JsonLines
    }

    pub fn value(&self, value: &Value, list: Option<List>) -> Result {
        let rows = || rows(value, list);
        let text = match self.format {
            Format::Json => pretty(value),
            Format::JsonLines => match value {
                Value::Array(items) => items.iter().map(line).collect(),
                _ => match list.and_then(|list| value.get(list.field?)?.as_array()) {
                    Some(items) => items.iter().map(line).collect(),
                    None => line(value),
                },
            },
            Format::Yaml => yaml(value)?,
            Format::Table => table::table(value, rows()),
            Format::Csv => csv(&rows().unwrap_or_else(|| vec![value]))?,
        };
        print(&text)
    }
}

/// Whether there is anything but null in it.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(fields) => fields.values().any(says_something),
        _ => true,
    }
}

/// The list in an answer, as it is shown in rows.
fn rows(value: &Value, list: Option<List>) -> Option<Vec<&Value>> {
    let listed = match list.and_then(|list| list.field) {
        Some(field) => value.get(field)?,
        None => value,
    };
    Some(listed.as_array()?.iter().collect())
}

fn pretty(value: &Value) -> String {
    // A Value can always be written.
    format!("{}\n", visible_json(&serde_json::to_string_pretty(value).unwrap_or_default()))
}

pub fn line(value: &Value) -> String {
    format!("{}\n", visible_json(&value.to_string()))
}

fn yaml(value: &Value) -> Result<String> {
    let text = serde_saphyr::to_string(&Quoted(value));
    let text =
        text.map_err(|error| Failure::new(Exit::Other, format!("the answer can't be written as YAML: {error}")))?;
    Ok(visible_yaml(&text).into_owned())
}

/// A value whose texts stand in quotes, whatever they are: readers of YAML 1.1 take 12:30:45 for a number, and no for false. Its
/// numbers are as plain as they are.
struct Quoted<'a>(&'a Value);

impl Serialize for Quoted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), ..) => serializer.serialize_i64(number),
                (_, Some(number), _) => serializer.serialize_u64(number),
                (.., Some(number)) => serializer.serialize_f64(number),
                _ => serializer.serialize_str(&number.to_string()),
            },
            Value::String(text) => DoubleQuoted(text).serialize(serializer),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Quoted)),
            Value::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (visible(name), Quoted(value))))
            }
            plain => plain.serialize(serializer),
        }
    }
}

fn csv(rows: &[&Value]) -> Result<String> {
    let columns = table::columns(rows);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Other, format!("the answer can't be CSV: {error}"));
    if columns.is_empty() {
        for row in rows {
            writer.write_record([unformulated(table::cell(row))]).map_err(|error| failed(&error))?;
        }
    } else {
        let head = columns.iter().map(|name| unformulated(visible(name).into_owned()));
        writer.write_record(head).map_err(|error| failed(&error))?;
        for row in rows {
            let cells =
                columns.iter().map(|name| row.get(name).map_or_else(String::new, table::cell)).map(unformulated);
            writer.write_record(cells).map_err(|error| failed(&error))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// A cell that no spreadsheet takes for a formula: a stranger's SMS may be one. Numbers without spaces stay as they are.
fn unformulated(cell: String) -> String {
    let is_number = || cell.parse::<f64>().is_ok_and(f64::is_finite);
    if cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) && cell != "-" && !is_number() {
        format!("'{cell}")
    } else {
        cell
    }
}

/// Prints to standard output. That nobody reads on is no error.
pub fn print(text: &str) -> Result {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => Ok(()),
        Err(error) => Err(Failure::new(unwritten(&error), format!("the answer can't be written: {error}"))),
    }
}

/// Whether standard output seems to have been closed before this program began: then its runtime opened the null device for it,
/// and so that it can be read too, which `>/dev/null` does not. Some programs do the same on purpose for what they start.
#[cfg(target_os = "linux")]
pub fn is_closed() -> bool {
    use rustix::fs::{OFlags, fcntl_getfl, fstat, makedev};
    let output = io::stdout();
    let is_read = fcntl_getfl(&output).is_ok_and(|flags| flags.contains(OFlags::RDWR));
    is_read && fstat(&output).is_ok_and(|about| about.st_rdev == makedev(1, 3))
}

#[cfg(not(target_os = "linux"))]
pub fn is_closed() -> bool {
    false
}

/// Of an output that was closed, the end is no failure.
pub fn unwritten(error: &io::Error) -> Exit {
    if error.kind() == io::ErrorKind::BrokenPipe { Exit::Done } else { Exit::Other }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Most of them are other things to some reader of YAML.
    #[test]
    fn texts_of_yaml_are_texts_to_every_reader() {
        for text in [
            "=",
            "<<",
            "~",
            "null",
            "yes",
            "No",
            "on",
            "OFF",
            "y",
            "true",
            "12:30:45",
            "190:20:30",
            "2026-11-26",
            "2026-11-26 10:00:00",
            "0o17",
            "017",
            "0x1F",
            "0b1",
            "1_000",
            "1e3",
            "1.5",
            ".5",
            "+1",
            "-1",
            ".inf",
            ".NaN",
            "89852022018041800192",
            "",
            " ",
            " a",
            "a ",
            "- a",
            "? a",
            "a: b",
            "a #b",
            "#",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "'a'",
            "\"a\"",
            "[a]",
            "{a}",
            ",",
            ":",
            "---",
            "...",
            "a\nb",
            "a\n",
            "\n",
            "a\\b",
            "a\u{202e}b",
            "中国",
            "\u{1f600}",
        ] {
            let written = yaml(&json!({ "a": text, "b": [text, { "c": text }] })).unwrap();
            // Those of JSON are texts of YAML too.
            let quoted = visible_yaml(&json!(text).to_string()).into_owned();
            assert_eq!(written, format!("a: {quoted}\nb:\n- {quoted}\n- c: {quoted}\n"), "{text:?}");
        }
        assert_eq!(yaml(&json!("\u{e0067}\u{202e}")).unwrap(), "\"\\U000e0067\\U0000202e\"\n");
    }
}
