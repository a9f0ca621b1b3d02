//! Doubts about a SIM, with the journal in the database.

use linksfield::csss::Client;
use linksfield::fleet::{Fleet, JournalError};
use linksfield_postgres::PostgresJournal;

use crate::support::{Database, client};

struct Kept(Database);

impl Kept {
    async fn new() -> Option<Self> {
        Database::any().await.map(Self)
    }

    /// As if what another process had claimed had ended.
    async fn open(&self, fleet: &Fleet<Client>) -> PostgresJournal {
        let string = &self.0.string;
        match PostgresJournal::create(string, "doubts", fleet.purpose()).await {
            Err(JournalError::Exists(_)) => {
                let ended = "UPDATE linksfield_fleet_sims SET lease_ends = clock_timestamp()";
                client(string).await.batch_execute(ended).await.unwrap();
                PostgresJournal::open(string, "doubts", fleet.purpose()).await.unwrap()
            }
            created => created.unwrap(),
        }
    }
}

crate::fleet_scenes::play!(Kept);
