//! A list decides whether an order is sent: only if it says itself that it is whole.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use linksfield::csss::Client;
use linksfield::fleet::{FileJournal, Fleet, FleetError, Outcome};
use linksfield::sandbox::{Fault, Reply, Sandbox, Story};
use serde_json::{Value, json};

use crate::fleet_runs::{defaults, outcomes};
use crate::support::client_of;

/// Answers that accept the query and do not say which orders there are, or contradict themselves.
fn unstated() -> Vec<Value> {
    let order = || json!({ "orderCode": "ORDER_1" });
    let none = || json!({ "total_count": 0, "total_pages": 0 });
    let data = |data: Value| json!({ "code": "0000", "data": data });
    vec![
        json!({ "code": "0000" }),
        data(json!(null)),
        data(json!({})),
        data(json!([])),
        data(json!("")),
        data(json!({ "page": none() })),
        data(json!({ "page": none(), "package_order": null })),
        data(json!({ "page": none(), "package_order": "" })),
        data(json!({ "page": none(), "package_order": {} })),
        data(json!({ "package_order": [] })),
        data(json!({ "page": {}, "package_order": [] })),
        data(json!({ "package_order": [], "package_order_num": 1 })),
        data(json!({ "page": none(), "package_order": [], "package_order_num": 1 })),
        json!({ "code": "0000", "data": { "page": none(), "package_order": [] }, "package_order_num": 1 }),
        data(json!({ "packageOrder": [order()], "page": { "totalCount": 1 } })),
        data(json!({ "package_order": [order()] })),
        data(json!({ "page": none(), "package_order": [order()] })),
        data(json!({ "page": { "total_count": 2, "total_pages": 1 }, "package_order": [order()] })),
        data(json!({ "page": { "total_count": -1 }, "package_order": [order()] })),
    ]
}

/// A fleet over a server that lists orders by `body` from the `first` query on.
async fn scene(body: &Value, first: u32, accepts_recent: bool) -> (Sandbox, Fleet<Client>) {
    let (sandbox, asked) = (Sandbox::start().await.unwrap(), AtomicU32::new(0));
    let odd = Story::new(Reply::body(body.to_string())).of("queryOrder");
    sandbox.tell(odd.when(move |_| asked.fetch_add(1, Ordering::SeqCst) >= first).always()).unwrap();
    let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).accepts_recent(accepts_recent);
    let fleet = fleet.deadline(Duration::from_secs(2)).settle(Duration::from_millis(10)).build().unwrap();
    (sandbox, fleet)
}

async fn run(fleet: &Fleet<Client>) -> Result<Vec<Outcome>, FleetError> {
    let folder = tempfile::tempdir().unwrap();
    let journal = FileJournal::create(folder.path().join("journal"), fleet.purpose()).await.unwrap();
    let list = fleet.list_of("device_id\n1\n").unwrap();
    outcomes(fleet.run(list, journal)).await.map(|(outcomes, _)| outcomes)
}

#[tokio::test]
async fn before_an_order_a_list_that_is_not_stated_lets_nothing_be_sent() {
    join_all(unstated().iter().map(async |body| {
        let (sandbox, fleet) = scene(body, 0, true).await;
        let outcomes = run(&fleet).await.unwrap();
        assert!(matches!(&outcomes[..], [Outcome::NotSent(_)]), "{body}: {outcomes:?}");
        assert_eq!(sandbox.order_count(), 0, "{body}");
    }))
    .await;
}

#[tokio::test]
async fn after_an_order_a_list_that_is_not_stated_leaves_it_unknown() {
    join_all(unstated().iter().map(async |body| {
        let (sandbox, fleet) = scene(body, 1, true).await;
        sandbox.tell(Story::new(Fault::DropAfterPlacing).of("orderPackage").always()).unwrap();
        let outcomes = run(&fleet).await.unwrap();
        assert!(
            matches!(&outcomes[..], [Outcome::Unknown(why)] if why.contains("can't be listed")),
            "{body}: {outcomes:?}"
        );
        assert_eq!(sandbox.order_count(), 1, "{body}");
    }))
    .await;
}

#[tokio::test]
async fn a_new_journal_does_not_take_it_for_no_recent_order() {
    join_all(unstated().iter().map(async |body| {
        let (sandbox, fleet) = scene(body, 0, false).await;
        let error = run(&fleet).await.unwrap_err();
        assert!(matches!(error, FleetError::Unlisted { .. }), "{body}: {error}");
        assert_eq!(sandbox.order_count(), 0, "{body}");
    }))
    .await;
}

#[tokio::test]
async fn a_list_that_is_stated_is_believed_wherever_its_number_stands() {
    for body in [
        json!({ "code": "0000", "data": { "package_order": [], "package_order_num": 0 } }),
        json!({ "code": "0000", "data": { "package_order": [] }, "package_order_num": "0" }),
        json!({ "code": "0000", "data": { "page": { "total_count": 0, "total_pages": 0 }, "package_order": [] } }),
        json!({ "code": "0000", "package_order": [], "page": { "total_count": 0 }, "package_order_num": 0 }),
    ] {
        let (sandbox, fleet) = scene(&body, 0, true).await;
        let outcomes = run(&fleet).await.unwrap();
        assert!(matches!(&outcomes[..], [Outcome::Ordered(_)]), "{body}: {outcomes:?}");
        assert_eq!(sandbox.order_count(), 1, "{body}");
    }
}
