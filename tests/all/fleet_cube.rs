//! Renewal orders of Cube for a fleet: no call lists them, so that what is unknown stays so.

use linksfield::cube::Client;
use linksfield::cube::types::QuerySims;
use linksfield::fleet::{End, FileJournal, Fleet, Journal, JournalError, List, Outcome, Progress};
use linksfield::sandbox::{Fault, Sandbox};
use serde_json::json;

use crate::cube::{SIM, client_of};
use crate::fleet_runs::outcomes;

fn fleet(sandbox: &Sandbox) -> Fleet<Client> {
    Fleet::builder()
        .client(client_of(sandbox))
        .defaults(&json!({ "id": "CP-6HPXRQI88QSM", "po": "1" }))
        .build()
        .unwrap()
}

fn list(fleet: &Fleet<Client>) -> List {
    fleet.list_of(format!("sim_id,quantity\n{SIM},2\n")).unwrap()
}

#[tokio::test]
async fn each_sim_gets_one_renewal_order() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let fleet = fleet(&sandbox);
    assert_eq!(
        (&*fleet.purpose().operation, &*fleet.purpose().account),
        ("createRenewalOrder", sandbox.cube_credentials().key_id())
    );
    let path = folder.path().join("journal");
    let journal = FileJournal::create(&path, fleet.purpose()).await.unwrap();
    assert!(fleet.run(list(&fleet), journal).finish().await.unwrap().is_complete());
    let journal = FileJournal::open(&path, fleet.purpose()).await.unwrap();
    assert_eq!(fleet.run(list(&fleet), journal).finish().await.unwrap().progress.ordered_before, 1);
    assert_eq!(sandbox.cube_order_count(), 1);
    let error = fleet.list_of(format!("sim_id,quantity\n{SIM},two\n")).unwrap_err().to_string();
    assert!(error.contains("line 2: quantity"), "{error}");
}

#[tokio::test]
async fn a_run_stops_with_the_calls_of_the_day_and_says_when_the_next_is_free() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let client = |limit| {
        let client = Client::builder().credentials(sandbox.cube_credentials()).environment(sandbox.cube_url());
        client.per_day(limit).build().unwrap()
    };
    let all = client(9).query_sims_items(QuerySims::builder().build()).into_vec().await.unwrap();
    let sims: Vec<_> = all.iter().filter_map(|sim| sim.sim_id.as_ref()).take(4).collect();
    let fleet = Fleet::builder().client(client(2)).defaults(&json!({ "id": "CP-6HPXRQI88QSM", "quantity": 1 }));
    let fleet = fleet.concurrency(1).max_refused(3).build().unwrap();
    let list = fleet.list_of(sims.iter().fold("sim_id\n".to_owned(), |list, sim| format!("{list}{sim}\n"))).unwrap();
    let journal = FileJournal::create(folder.path().join("journal"), fleet.purpose()).await.unwrap();
    let (outcomes, summary) = outcomes(fleet.run(list, journal)).await.unwrap();
    let Progress { total, ordered, not_sent, refused, .. } = summary.progress;
    assert_eq!((total, ordered, not_sent, refused), (4, 2, 1, 0), "{outcomes:?}");
    let End::UsedUp { free_in } = summary.end else { panic!("{summary}") };
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    assert!(free_in <= day && free_in > day / 2, "{free_in:?}");
    assert!(summary.to_string().contains("in 24 hours are used up (the next is free in 86"), "{summary}");
    assert!(summary.to_string().contains("wait that long before the next run"), "{summary}");
}

#[tokio::test]
async fn an_order_that_is_unknown_is_not_ordered_again_until_a_person_has_found_out() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let fleet = fleet(&sandbox);
    let path = folder.path().join("journal");
    drop(FileJournal::create(&path, fleet.purpose()).await.unwrap());
    sandbox.misbehave(Some(Fault::DropAfterReading));
    for _ in 0..2 {
        let journal = FileJournal::open(&path, fleet.purpose()).await.unwrap();
        let (outcomes, _) = outcomes(fleet.run(list(&fleet), journal)).await.unwrap();
        assert!(matches!(&outcomes[..], [Outcome::Unknown(why)] if why.contains("no documented call")), "{outcomes:?}");
        sandbox.misbehave(None);
    }
    assert_eq!(sandbox.cube_order_count(), 0, "nothing was placed, and nobody knows");
    let journal = FileJournal::open(&path, fleet.purpose()).await.unwrap();
    journal.found_out(SIM.parse().unwrap(), None).await.unwrap();
    let nothing = journal.found_out(SIM.parse().unwrap(), None).await.unwrap_err();
    assert!(matches!(nothing, JournalError::NotUnknown { .. }), "{nothing}");
    assert!(fleet.run(list(&fleet), journal).finish().await.unwrap().is_complete());
    assert_eq!(sandbox.cube_order_count(), 1);
    let journal = FileJournal::open(&path, fleet.purpose()).await.unwrap();
    let done = journal.found_out(SIM.parse().unwrap(), Some("OL-1")).await.unwrap_err();
    assert!(matches!(done, JournalError::NotUnknown { .. }), "{done}");
}
