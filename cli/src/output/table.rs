//! A list as a table, or one below the other where that is too narrow.

use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde_json::Value;

use crate::visible::visible;

/// The width of an output that is no terminal.
const WIDTH: u16 = 120;

pub fn table(value: &Value, rows: Option<Vec<&Value>>) -> String {
    let Some(rows) = rows else { return record(value) };
    if rows.is_empty() {
        return "Nothing is listed.\n".to_owned();
    }
    let columns = columns(&rows);
    if columns.is_empty() {
        return rows.iter().map(|row| format!("{}\n", cell(row))).collect();
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|name| visible(name).to_uppercase()));
    for row in &rows {
        table.add_row(columns.iter().map(|name| row.get(name).map_or_else(String::new, cell)));
    }
    let width: usize = table.column_max_content_widths().iter().map(|width| usize::from(*width) + 2).sum();
    if width > usize::from(terminal_width()) {
        return rows.iter().map(|row| record(row)).collect::<Vec<_>>().join("\n");
    }
    // The columns begin at the edge.
    table.lines().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(&line).trim_end())).collect()
}

/// A field a line.
fn record(value: &Value) -> String {
    let Some(fields) = value.as_object() else { return format!("{}\n", cell(value)) };
    let shown = fields.iter().filter(|(_, value)| !says_nothing(value));
    let width = shown.clone().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let lines = shown.map(|(name, value)| format!("{:width$}  {}\n", visible(name), cell(value)));
    let lines = lines.collect::<String>();
    if lines.is_empty() { "The answer has no data.\n".to_owned() } else { lines }
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

fn terminal_width() -> u16 {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(WIDTH, |(width, _)| width.0)
}
