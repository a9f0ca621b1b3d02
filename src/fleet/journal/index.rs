//! What a journal of one file keeps in memory: a few bytes a SIM.

use std::collections::{HashMap, HashSet};

use super::line::{Entry, OldEntry};
use crate::fleet::sim::Sim;

/// What is kept in memory.
#[derive(Default)]
pub(super) struct Index {
    pub(super) known: HashMap<Sim, Known>,
    /// Those that this run has at the moment.
    pub(super) claimed: HashSet<Sim>,
    pub(super) is_checked: bool,
}

/// The state of a SIM, and where the line begins with which it came to that, in 8 bytes.
#[derive(Clone, Copy)]
pub(super) struct Known(u64);

#[derive(Clone, Copy, PartialEq)]
pub(super) enum State {
    Begun = 0,
    Ordered = 1,
    Refused = 2,
}

impl Known {
    fn new(state: State, offset: u64) -> Self {
        Self(offset << 2 | state as u64)
    }

    pub(super) fn state(self) -> State {
        match self.0 & 3 {
            1 => State::Ordered,
            2 => State::Refused,
            _ => State::Begun,
        }
    }

    pub(super) fn offset(self) -> u64 {
        self.0 >> 2
    }
}

impl Index {
    pub(super) fn set(&mut self, sim: Sim, state: State, offset: u64) {
        self.known.insert(sim, Known::new(state, offset));
    }

    /// Takes over what a line at `offset` says.
    pub(super) fn note(&mut self, did: &Entry, offset: u64) {
        match did {
            Entry::Begun { sim, .. } => self.set(*sim, State::Begun, offset),
            Entry::Checked {} => self.is_checked = true,
            Entry::Ordered { sim, .. } => self.set(*sim, State::Ordered, offset),
            Entry::Refused { sim, .. } => self.set(*sim, State::Refused, offset),
            Entry::Released { sim, .. } => drop(self.known.remove(sim)),
            Entry::Journal { .. } | Entry::Run { .. } | Entry::Unknown { .. } => {}
        }
    }

    pub(super) fn note_old(&mut self, entry: &OldEntry, offset: u64) {
        // It is the journal of a run before.
        self.is_checked = true;
        match entry {
            OldEntry::About { sim, .. } => self.set(*sim, State::Begun, offset),
            OldEntry::Ordered { sim, .. } => self.set(*sim, State::Ordered, offset),
        }
    }
}
