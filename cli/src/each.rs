//! What became of each of what a call asked for, where the code of the whole does not say it.

use linksfield::{ItemResult, Operation};
use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::family::Parameters;
use crate::visible::visible;

/// Most characters of what a stranger said of one.
const LONGEST: usize = 500;

/// What stands below what is unknown.
pub const RULE: &str = "what became of it is unknown: find out before you send it again";

/// Those of which it was not all done.
#[derive(Default)]
pub struct Undone {
    refused: Vec<String>,
    unknown: Vec<String>,
    total: usize,
}

impl Undone {
    pub fn of(operation: Option<&Operation>, parameters: &Parameters, data: &Value) -> Self {
        let results = operation.map_or_else(Vec::new, |operation| operation.item_results(parameters, data));
        let mut undone = Self { total: results.len(), ..Self::default() };
        for result in results {
            match result {
                ItemResult::Done { .. } => {}
                ItemResult::Refused { of, code, message } => {
                    let (of, code, message) = (told(&of), told(&code), told(&message));
                    undone.refused.push(format!("{of}: refused with code {code}: {message}"));
                }
                ItemResult::Unknown { of, why } => {
                    undone.unknown.push(format!("{}: it may have been done: {why}", told(&of)));
                }
                // What a newer library may tell.
                other => undone.unknown.push(format!("{other:?}")),
            }
        }
        undone
    }

    /// What it ends with: the highest of them.
    pub fn exit(&self) -> Exit {
        match (&self.unknown[..], &self.refused[..]) {
            ([_, ..], _) => Exit::OutcomeUnknown,
            (_, [_, ..]) => Exit::Refused,
            _ => Exit::Done,
        }
    }

    /// How many of them are what, in our own words alone.
    pub fn count(&self) -> String {
        let Self { refused, unknown, total } = self;
        format!("{} of {total} refused, {} unknown", refused.len(), unknown.len())
    }

    /// A line for each.
    pub fn lines(&self) -> Vec<&str> {
        self.refused.iter().chain(&self.unknown).map(String::as_str).collect()
    }

    /// The same, unless all was done.
    pub fn failure(&self) -> Option<Failure> {
        let (exit, lines) = (self.exit(), self.lines());
        let failure = Failure::new(exit, lines.join("\n")).and(format!("not all was done: {}", self.count()));
        match exit {
            Exit::Done => None,
            Exit::OutcomeUnknown => Some(failure.and(RULE)),
            _ => Some(failure),
        }
    }
}

/// What a stranger said, in one line and bounded.
fn told(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", visible(&text[..end])),
        None => visible(text).into_owned(),
    }
}
