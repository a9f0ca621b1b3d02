//! A list as a table, or one below the other where that is too narrow.

use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde_json::Value;

use crate::visible::visible;

/// The width of an output that is no terminal.
const WIDTH: u16 = 120;

pub fn table(value: &Value, rows: Option<Vec<&Value>>) -> String {
    match rows {
        None => record(value),
        Some(rows) if rows.is_empty() => "Nothing is listed.\n".to_owned(),
        Some(rows) => list(rows),
    }
}

fn list(rows: Vec<&Value>) -> String {
    // A row that is no object would be lost.
    if !rows.iter().all(|row| row.is_object()) {
        return rows.iter().map(|row| format!("{}\n", cell(row))).collect();
    }
    let rows: Vec<_> = rows.into_iter().map(fields).collect();
    let mut columns: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !columns.contains(&&**name) {
            columns.push(name);
        }
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|name| heading(name, &columns).to_uppercase()));
    for row in &rows {
        let cell = |column: &&str| row.iter().find(|(name, _)| name == column).map_or("", |(_, cell)| cell);
        table.add_row(columns.iter().map(cell));
    }
    let width: usize = table.column_max_content_widths().iter().map(|width| usize::from(*width) + 2).sum();
    if columns.is_empty() || width > usize::from(terminal_width()) {
        return rows.iter().map(|row| lines(row)).collect::<Vec<_>>().join("\n");
    }
    // The columns begin at the edge.
    table.lines().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(&line).trim_end())).collect()
}

/// The last word of a column's name, if no other column ends with it.
fn heading<'a>(name: &'a str, columns: &[&str]) -> &'a str {
    let last = |name: &'a str| name.rsplit('.').next().unwrap_or(name);
    let is_alone = columns.iter().filter(|other| other.rsplit('.').next() == Some(last(name))).count() == 1;
    if is_alone { last(name) } else { name }
}

/// A field a line, and below them each list of objects.
fn record(value: &Value) -> String {
    if !value.is_object() {
        return format!("{}\n", cell(value));
    }
    let below = lists(value).into_iter().map(|(name, rows)| format!("\n{name}:\n{}", list(rows)));
    std::iter::once(lines(&fields(value))).chain(below).collect()
}

/// The lists of more than plain values in an object, with those of objects in it under names with dots.
fn lists(object: &Value) -> Vec<(String, Vec<&Value>)> {
    let fields = object.as_object().into_iter().flatten();
    let within = fields.map(|(name, value)| match value {
        Value::Object(_) => dotted(name, lists(value)),
        Value::Array(items) if has_more_within(items) => {
            vec![(visible(name).into_owned(), items.iter().collect())]
        }
        _ => Vec::new(),
    });
    within.flatten().collect()
}

fn has_more_within(items: &[Value]) -> bool {
    items.iter().any(|item| item.is_object() || item.is_array())
}

fn dotted<T>(name: &str, inner: Vec<(String, T)>) -> Vec<(String, T)> {
    inner.into_iter().map(|(inner, value)| (format!("{}.{inner}", visible(name)), value)).collect()
}

fn lines(fields: &[(String, String)]) -> String {
    let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let lines: String = fields.iter().map(|(name, cell)| format!("{name:width$}  {cell}\n")).collect();
    if lines.is_empty() { "The answer has no data.\n".to_owned() } else { lines }
}

/// The fields of an object that say something, with those of objects in it under names with dots.
fn fields(object: &Value) -> Vec<(String, String)> {
    let within = |(name, value): (&String, &Value)| match value {
        Value::Object(_) => dotted(name, fields(value)),
        _ => vec![(visible(name).into_owned(), short(value))],
    };
    let fields = object.as_object().into_iter().flatten().flat_map(within);
    fields.filter(|(_, cell)| !cell.is_empty()).collect()
}

/// The names of all fields of rows in which any says something, in the order in which they come; none where a row is no object,
/// which would be lost.
pub fn columns(rows: &[&Value]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    if !rows.iter().all(|row| row.is_object()) {
        return names;
    }
    for (name, value) in rows.iter().filter_map(|row| row.as_object()).flatten() {
        if !says_nothing(value) && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn says_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// A value in one line.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => visible(text).into_owned(),
        other => visible(&other.to_string()).into_owned(),
    }
}

/// The same beside others: of a list of more than plain values how many there are.
fn short(value: &Value) -> String {
    match value {
        Value::Array(items) if has_more_within(items) => match items.len() {
            1 => "1 item".to_owned(),
            count => format!("{count} items"),
        },
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        plain => cell(plain),
    }
}

fn terminal_width() -> u16 {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(WIDTH, |(width, _)| width.0)
}
