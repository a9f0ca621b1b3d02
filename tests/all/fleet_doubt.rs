//! Doubts about a SIM, with the journal in a file.

use linksfield::csss::Client;
use linksfield::fleet::{FileJournal, Fleet};
use tempfile::TempDir;

struct Kept(TempDir);

impl Kept {
    async fn new() -> Option<Self> {
        tempfile::tempdir().ok().map(Self)
    }

    async fn open(&self, fleet: &Fleet<Client>) -> FileJournal {
        crate::fleet_runs::journal(&self.0, fleet).await
    }
}

crate::fleet_scenes::play!(Kept);
