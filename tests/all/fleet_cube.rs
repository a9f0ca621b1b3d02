//! Renewal orders of Cube for a fleet: no call lists them, so that what is unknown stays so.

use linksfield::cube::Client;
use linksfield::fleet::{FileJournal, Fleet, Journal, JournalError, List, Outcome};
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
