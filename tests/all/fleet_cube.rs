//! Renewal orders of Cube for a fleet: no call lists them, so that what is unknown stays so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

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

/// An HTTP/2 server that answers nothing; it counts the frames that have a part of a body.
#[cfg(feature = "_caller")]
async fn mute(listener: tokio::net::TcpListener, bodies: Arc<AtomicU32>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    while let Ok((mut stream, _)) = listener.accept().await {
        let bodies = Arc::clone(&bodies);
        tokio::spawn(async move {
            stream.read_exact(&mut [0; PREFACE.len()]).await.unwrap();
            // No setting is other than it is without.
            stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
            let mut head = [0; 9];
            while stream.read_exact(&mut head).await.is_ok() {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                stream.read_exact(&mut vec![0; length as usize]).await.unwrap();
                bodies.fetch_add(u32::from(head[3] == 0 && length > 0), Ordering::SeqCst);
            }
        });
    }
}

#[cfg(feature = "_caller")]
#[tokio::test(flavor = "multi_thread")]
async fn who_slept_before_the_sending_over_http_2_is_known_to_have_sent_nothing() {
    let (folder, bodies) = (tempfile::tempdir().unwrap(), Arc::new(AtomicU32::new(0)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(mute(listener, Arc::clone(&bodies)));
    let sandbox = Sandbox::start().await.unwrap();
    let http = crate::support::http().http2_prior_knowledge().redirect(reqwest::redirect::Policy::none());
    let client = Client::builder().credentials(sandbox.cube_credentials()).environment(&*url);
    let client = client.http_client(http.build().unwrap()).build().unwrap();
    // The machine sleeps an hour each time before an order is sent.
    let readings = AtomicU32::new(0);
    let clock = move || Duration::from_secs(3600) * readings.fetch_add(1, Ordering::SeqCst);
    let defaults = json!({ "id": "CP-6HPXRQI88QSM", "po": "1" });
    let fleet = Fleet::builder().client(client).defaults(&defaults).clock(clock).build().unwrap();
    let journal = FileJournal::create(folder.path().join("journal"), fleet.purpose()).await.unwrap();
    let (outcomes, _) = outcomes(fleet.run(list(&fleet), journal)).await.unwrap();
    assert!(matches!(&outcomes[..], [Outcome::NotSent(why)] if why.contains("too long")), "{outcomes:?}");
    assert_eq!(bodies.load(Ordering::SeqCst), 0);
}
