//! One line of a journal in a file: JSON, with its number and a checksum.
//!
//! `{"n":2,"at":1764112345123,"did":{"begun":{"sim":"…","fingerprint":"…","orders":{"before":[],"sent":1},…}},"sum":"1a2b3c4d"}`

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{JournalError, Orders, Purpose, hexadecimal};
use crate::error::reason;
use crate::fleet::sim::Sim;

/// The format that this version reads and writes.
pub(super) const FORMAT: u64 = 2;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) n: u64,
    /// Milliseconds since 1970.
    pub(super) at: u64,
    pub(super) did: Entry,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Entry {
    /// The first line.
    Journal {
        format: u64,
        purpose: Purpose,
    },
    /// A run begins, whose id is random.
    Run {
        id: String,
    },
    /// It was looked whether a journal before was lost.
    Checked {},
    Begun {
        sim: Sim,
        fingerprint: String,
        orders: Orders,
        /// Milliseconds after which the last of them is not under way any more.
        deadline: u64,
        /// Milliseconds after that, before it is looked for.
        settle: u64,
    },
    Ordered {
        sim: Sim,
        /// That of its parameters, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<String>,
        order: String,
    },
    Refused {
        sim: Sim,
        why: String,
    },
    Unknown {
        sim: Sim,
        why: String,
    },
    Released {
        sim: Sim,
        why: String,
    },
}

/// A line of the program from which this module was made. It has neither number nor checksum.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum OldEntry {
    About { sim: Sim, before: BTreeSet<String> },
    Ordered { sim: Sim, order: String },
}

/// What is read of a first line of any format.
#[derive(Deserialize)]
struct AnyFirst {
    did: AnyJournal,
}

#[derive(Deserialize)]
struct AnyJournal {
    journal: AnyFormat,
}

#[derive(Deserialize)]
struct AnyFormat {
    format: u64,
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_millis().try_into().unwrap_or(u64::MAX)
}

impl Line {
    pub(super) fn write(n: u64, did: Entry) -> Result<Vec<u8>, JournalError> {
        let line = Self { n, at: milliseconds(SystemTime::now()), did };
        let mut json = serde_json::to_vec(&line).map_err(|error| JournalError::failed("written", error))?;
        json.pop();
        let sum = hexadecimal(&json, 4);
        json.extend_from_slice(format!(",\"sum\":\"{sum}\"}}\n").as_bytes());
        Ok(json)
    }

    /// Reads a line without its end, which has to have the number `n`.
    pub(super) fn read(bytes: &[u8], n: u64) -> Result<Self, JournalError> {
        let damaged = |what: String| JournalError::Damaged { line: n.saturating_add(1), what };
        let json = Self::checked(bytes).ok_or_else(|| damaged("its checksum is wrong".to_owned()))?;
        let json = [json, b"}"].concat();
        if let Ok(AnyFirst { did: AnyJournal { journal: AnyFormat { format } } }) = serde_json::from_slice(&json) {
            match format.cmp(&FORMAT) {
                Ordering::Less => return Err(JournalError::Older(format)),
                Ordering::Equal => {}
                Ordering::Greater => return Err(JournalError::Newer(format)),
            }
        }
        let line = serde_json::from_slice::<Self>(&json).map_err(|error| damaged(reason::of(&error)))?;
        if line.n == n { Ok(line) } else { Err(damaged(format!("it has the number {}", line.n))) }
    }

    /// What is before the checksum, if that is right.
    pub(super) fn checked(bytes: &[u8]) -> Option<&[u8]> {
        let (json, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
        (sum == format!(",\"sum\":\"{}\"}}", hexadecimal(json, 4)).as_bytes()).then_some(json)
    }

    /// Reads a line that was checked before.
    pub(super) fn again(bytes: &[u8]) -> Result<Self, JournalError> {
        let json = bytes.len().checked_sub(SUM).and_then(|end| bytes.get(..end)).unwrap_or_default();
        serde_json::from_slice(&[json, b"}"].concat()).map_err(|error| JournalError::failed("read", reason::of(&error)))
    }
}

/// Length of `,"sum":"1a2b3c4d"}`.
const SUM: usize = 18;

/// Whether a line has the form of the example's journal.
pub(super) fn is_old(line: &[u8]) -> bool {
    line.starts_with(b"{\"about\":") || line.starts_with(b"{\"ordered\":")
}

/// Whether a line is as it was written.
pub(super) fn is_whole(line: &[u8]) -> bool {
    is_old(line) || Line::checked(line).is_some()
}

pub(super) fn read_old(line: &[u8], n: u64) -> Result<OldEntry, JournalError> {
    serde_json::from_slice(line).map_err(|error| JournalError::Damaged { line: n + 1, what: reason::of(&error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_which_a_byte_was_changed_is_refused() {
        let (fingerprint, order) = (Some("0123456789abcdef".to_owned()), "ORDER_1".to_owned());
        let did = Entry::Ordered { sim: "8985".parse().unwrap(), fingerprint, order };
        let line = Line::write(7, did.clone()).unwrap();
        let line = line.strip_suffix(b"\n").unwrap();
        assert_eq!(Line::read(line, 7).unwrap().did, did);
        assert!(Line::read(line, 8).is_err(), "another number");
        for position in 0..line.len() {
            let mut changed = line.to_vec();
            changed[position] ^= 1;
            assert!(Line::read(&changed, 7).is_err(), "byte {position}");
            assert!(Line::read(&line[..position], 7).is_err(), "cut off at {position}");
        }
    }
}
