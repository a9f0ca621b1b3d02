//! A run of a fleet: what it does with what it meets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use linksfield::csss::Client;
use linksfield::fleet::{
    Claim, Confirmation, Done, End, Event, FileJournal, Fleet, FleetError, Journal, JournalError, List, Orders,
    Outcome, Run, Sim, Summary, Terms, Wanted,
};
use linksfield::sandbox::{Fault, Reply, Sandbox, Story};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{PLAN, client_of, monthly_plan};

/// What all orders of these tests share.
pub fn defaults() -> Value {
    json!({
        "package_code": PLAN, "package_name": "20M", "package_type": "2", "order_period": "1", "pay_amount": "0",
        "pay_rst": "1", "is_open": "0", "global_order": "0", "test_flow_flag": "0", "test_flow": "0",
    })
}

/// A fleet that does not wait long, and is not astonished by orders of today.
pub fn fleet_of(sandbox: &Sandbox) -> Fleet<Client> {
    let client = client_of(sandbox);
    let moment = Duration::from_millis(10);
    let fleet = Fleet::builder().client(client).defaults(&defaults()).deadline(Duration::from_secs(5));
    fleet.settle(moment).accepts_recent(true).build().unwrap()
}

/// What came of each SIM, and of all.
pub async fn outcomes(mut run: Run) -> Result<(Vec<Outcome>, Summary), FleetError> {
    let mut all = Vec::new();
    while let Some(event) = run.next().await {
        if let Event::Settled { outcome, .. } = event {
            all.push(outcome);
        }
    }
    Ok((all, run.finish().await?))
}

fn sims(fleet: &Fleet<Client>, count: u32) -> List {
    let lines = (1..=count).map(|sim| format!("{sim}\n")).collect::<String>();
    fleet.list_of(format!("device_id\n{lines}")).unwrap()
}

pub async fn journal(folder: &TempDir, fleet: &Fleet<Client>) -> FileJournal {
    let path = folder.path().join("journal");
    if path.exists() {
        FileJournal::open(path, fleet.purpose()).await.unwrap()
    } else {
        FileJournal::create(path, fleet.purpose()).await.unwrap()
    }
}

#[tokio::test]
async fn each_sim_gets_one_order_with_what_its_line_says() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let fleet = fleet_of(&sandbox);
    let list = fleet.list_of("device_id,package_code\n1,\n2,SANDBOX-NONE\n3,DP20201218003915\n").unwrap();
    let (outcomes, summary) = outcomes(fleet.run(list, journal(&folder, &fleet).await)).await.unwrap();
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Ordered(_))).count(), 2);
    assert_eq!((summary.progress.ordered, summary.progress.refused, summary.end), (2, 1, End::Finished));
    assert_eq!(sandbox.order_count(), 2);
}

/// A journal of a fleet that is done, which says nothing of so many of those that it is asked about.
#[derive(Default)]
struct AllDone {
    unrecorded: usize,
    unclaimed: usize,
}

impl Journal for AllDone {
    async fn recorded(&self, sims: &[Sim]) -> Result<Vec<Option<String>>, JournalError> {
        Ok(vec![None; sims.len() - self.unrecorded])
    }

    async fn claim(&self, wanted: &[Wanted], _: &Terms) -> Result<Vec<Claim>, JournalError> {
        tokio::task::yield_now().await;
        let claims = wanted.iter().map(|wanted| Claim::Ordered { order: wanted.sim.to_string(), at: None });
        Ok(claims.skip(self.unclaimed).collect())
    }

    async fn begun(&self, _: &Wanted, _: &Orders, _: &Terms) -> Result<Confirmation, JournalError> {
        unreachable!()
    }

    async fn done(&self, _: &Wanted, _: &Done) -> Result<(), JournalError> {
        unreachable!()
    }

    async fn unknown(&self, _: &Wanted, _: &str) -> Result<(), JournalError> {
        unreachable!()
    }

    async fn let_go(&self, _: &[Wanted]) -> Result<(), JournalError> {
        unreachable!()
    }

    async fn release(&self, _: &Wanted, _: &str) -> Result<(), JournalError> {
        unreachable!()
    }

    async fn is_checked(&self) -> Result<bool, JournalError> {
        Ok(true)
    }

    async fn checked(&self) -> Result<(), JournalError> {
        unreachable!()
    }

    async fn found_out(&self, _: Sim, _: Option<&str>) -> Result<(), JournalError> {
        unreachable!()
    }
}

#[tokio::test]
async fn what_was_settled_before_does_not_pile_up_in_memory() {
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = fleet_of(&sandbox);
    let (mut run, mut told) = (fleet.run(sims(&fleet, 500), AllDone::default()), 0);
    while let Some(event) = run.next().await {
        told += 1;
        assert!(matches!(event, Event::SettledBefore { .. }), "{event:?}");
        assert!(run.progress().ordered_before <= told + 16, "more than one batch waits: {}", run.progress());
    }
    assert_eq!(told, 500);
}

#[tokio::test]
async fn a_journal_that_leaves_out_sims_ends_the_run() {
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = fleet_of(&sandbox);
    for (unrecorded, unclaimed) in [(1, 0), (5, 0), (0, 1), (0, 5)] {
        let ended = outcomes(fleet.run(sims(&fleet, 5), AllDone { unrecorded, unclaimed })).await;
        assert!(matches!(ended, Err(FleetError::Journal(JournalError::Failed { doing: "read", .. }))), "{ended:?}");
        let says = format!("it answers for {} of 5 SIMs", 5 - unrecorded - unclaimed);
        assert!(ended.unwrap_err().to_string().contains(&says));
    }
}

#[tokio::test]
async fn a_refused_order_is_not_tried_again_unless_that_is_asked_for() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let fleet = fleet_of(&sandbox);
    sandbox.misbehave(Some(Fault::UnknownCode));
    // The list of orders is refused as well: nothing was sent, so that the next run tries again.
    let (first, _) = outcomes(fleet.run(sims(&fleet, 1), journal(&folder, &fleet).await)).await.unwrap();
    assert!(matches!(&first[..], [Outcome::NotSent(_)]), "{first:?}");
    sandbox.misbehave(None);
    let none = fleet.list_of("device_id,package_code\n1,SANDBOX-NONE\n").unwrap();
    let (second, _) = outcomes(fleet.run(none.clone(), journal(&folder, &fleet).await)).await.unwrap();
    assert!(matches!(&second[..], [Outcome::Refused(_)]), "{second:?}");
    let (third, summary) = outcomes(fleet.run(none, journal(&folder, &fleet).await)).await.unwrap();
    assert_eq!((third.len(), summary.progress.refused_before), (0, 1));
    let again = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).again_refused(true).build().unwrap();
    let (fourth, summary) = outcomes(again.run(sims(&again, 1), journal(&folder, &again).await)).await.unwrap();
    assert!(matches!(&fourth[..], [Outcome::Ordered(_)]) && summary.is_complete(), "{fourth:?}");
}

#[tokio::test]
async fn a_run_that_goes_wrong_stops() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let mut wrong = defaults();
    wrong["package_code"] = "SANDBOX-NONE".into();
    let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&wrong).concurrency(4).max_refused(10);
    let fleet = fleet.build().unwrap();
    let (_, summary) = outcomes(fleet.run(sims(&fleet, 100), journal(&folder, &fleet).await)).await.unwrap();
    assert_eq!(summary.end, End::TooManyRefused);
    assert!((10..14).contains(&summary.progress.refused), "{summary}");
}

/// Each order is dropped after reading, and the second as well.
#[tokio::test]
async fn a_run_whose_orders_stay_unknown_stops() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    sandbox.tell(Story::new(Fault::DropAfterReading).of("orderPackage").always()).unwrap();
    let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).concurrency(4).max_refused(10);
    let fleet = fleet.deadline(Duration::from_secs(1)).settle(Duration::from_millis(10)).build().unwrap();
    let (unknown, summary) = outcomes(fleet.run(sims(&fleet, 100), journal(&folder, &fleet).await)).await.unwrap();
    assert_eq!(summary.end, End::TooManyRefused);
    assert!(summary.to_string().contains("refused, not sent or stay unknown"), "{summary}");
    // Those that wait when it stops are unknown too.
    assert!((10..=24).contains(&unknown.len()), "{summary}");
    let sent = || sandbox.requests().iter().filter(|request| request.operation() == Some("orderPackage")).count();
    assert!((10..=48).contains(&sent()), "{} were sent", sent());
}

#[tokio::test]
async fn what_is_unknown_of_a_run_before_stops_no_run() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    sandbox.tell(Story::new(Fault::DropAfterReading).of("orderPackage").times(6)).unwrap();
    let fleet = |max_refused| {
        let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).max_refused(max_refused);
        fleet.deadline(Duration::from_secs(1)).settle(Duration::from_millis(10)).build().unwrap()
    };
    let (patient, strict) = (fleet(100), fleet(1));
    let run = patient.run(sims(&patient, 3), journal(&folder, &patient).await);
    assert_eq!(outcomes(run).await.unwrap().1.progress.unknown, 3);
    let run = strict.run(sims(&strict, 5), journal(&folder, &strict).await);
    let (_, summary) = outcomes(run).await.unwrap();
    assert_eq!((summary.end, summary.progress.unknown, summary.progress.ordered), (End::Finished, 3, 2), "{summary}");
}

/// What is refused because of who calls, or how often, is tried by the next run.
#[tokio::test]
async fn an_order_that_is_refused_because_of_too_many_calls_is_not_sent() {
    let refusal = |code| Reply::refusal(code, "slow down");
    for refused in [refusal("1001").status(429), refusal("429"), refusal("1001").status(401), refusal("403")] {
        let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
        let fleet = fleet_of(&sandbox);
        sandbox.tell(Story::new(refused).of("orderPackage").times(1)).unwrap();
        let (first, _) = outcomes(fleet.run(sims(&fleet, 1), journal(&folder, &fleet).await)).await.unwrap();
        assert!(matches!(&first[..], [Outcome::NotSent(why)] if why.contains("slow down")), "{first:?}");
        let (second, _) = outcomes(fleet.run(sims(&fleet, 1), journal(&folder, &fleet).await)).await.unwrap();
        assert!(matches!(&second[..], [Outcome::Ordered(_)]), "{second:?}");
        assert_eq!(sandbox.order_count(), 1);
    }
}

#[tokio::test]
async fn a_run_that_is_told_to_stop_finishes_what_is_under_way_and_the_next_does_the_rest() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let fleet = fleet_of(&sandbox);
    let mut run = fleet.run(sims(&fleet, 200), journal(&folder, &fleet).await);
    let (stopper, mut ordered) = (run.stopper(), 0);
    while let Some(event) = run.next().await {
        if let Event::Settled { outcome: Outcome::Ordered(_), .. } = event {
            ordered += 1;
            stopper.stop();
        }
    }
    let summary = run.finish().await.unwrap();
    assert_eq!(summary.end, End::Stopped);
    assert_eq!((summary.progress.unknown, sandbox.order_count()), (0, ordered));
    assert!(ordered < 200, "{summary}");
    let (_, summary) = outcomes(fleet.run(sims(&fleet, 200), journal(&folder, &fleet).await)).await.unwrap();
    assert!(summary.is_complete(), "{summary}");
    assert_eq!(sandbox.order_count(), 200);
    let (_, summary) = outcomes(fleet.run(sims(&fleet, 200), journal(&folder, &fleet).await)).await.unwrap();
    assert!(summary.to_string().starts_with("nothing ordered: all 200 SIMs were ordered for until 20"), "{summary}");
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_is_looked_up_and_ordered_again_only_if_none_was_placed() {
    for (fault, sent) in [(Fault::DropAfterPlacing, 1), (Fault::DropAfterReading, 2), (Fault::NotJson, 1)] {
        let (sandbox, folder) = (Arc::new(Sandbox::start().await.unwrap()), tempfile::tempdir().unwrap());
        let (faulty, begun) = (Arc::clone(&sandbox), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&begun);
        // The clock is read twice for each order: when the journal has it, and when it is sent.
        let clock = move || {
            faulty.misbehave((count.fetch_add(1, Ordering::Relaxed) < 2).then_some(fault));
            Duration::ZERO
        };
        let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).clock(clock);
        let fleet = fleet.deadline(Duration::from_secs(2)).settle(Duration::from_millis(10)).build().unwrap();
        let mut run = fleet.run(sims(&fleet, 1), journal(&folder, &fleet).await);
        while let Some(event) = run.next().await {
            sandbox.misbehave(None);
            assert!(!matches!(event, Event::Settled { recorded: false, .. }));
        }
        let summary = run.finish().await.unwrap();
        // Each order that was sent is looked up: also the second, lest the first came late.
        assert_eq!((summary.progress.ordered, summary.progress.looked_up), (1, sent.into()), "{fault:?}: {summary}");
        assert_eq!((sandbox.order_count(), begun.load(Ordering::Relaxed)), (1, 2 * sent), "{fault:?}");
    }
}

#[tokio::test]
async fn what_the_older_example_has_begun_is_looked_up_and_not_ordered_again() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    // A short deadline: what was begun before is looked up after it.
    let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).deadline(Duration::from_secs(1));
    let fleet = fleet.settle(Duration::from_millis(10)).accepts_recent(true).build().unwrap();
    // Begun by a run before, which was killed. It may have ordered more than once: for SIM 1 two orders are listed, for SIM 3
    // none.
    let older = ["1", "3"].map(|sim| format!("{{\"about\":{{\"sim\":\"{sim}\",\"before\":[]}}}}\n")).concat();
    std::fs::write(folder.path().join("journal"), older).unwrap();
    let mut order = monthly_plan();
    order.device_id = "1".into();
    for _ in 0..2 {
        client_of(&sandbox).order_package(&order).await.unwrap();
    }
    for _ in 0..2 {
        let list = fleet.list_of("device_id\n1\n3\n").unwrap();
        let (outcomes, summary) = outcomes(fleet.run(list, journal(&folder, &fleet).await)).await.unwrap();
        for says in ["several new orders", "more than one order may have been sent, and none is listed"] {
            let unknown = |outcome: &Outcome| matches!(outcome, Outcome::Unknown(why) if why.contains(says));
            assert_eq!(outcomes.iter().filter(|outcome| unknown(outcome)).count(), 1, "{outcomes:?}");
        }
        assert_eq!((summary.progress.looked_up, sandbox.order_count()), (2, 2));
    }
    // A person looked which of them is this run's.
    let journal = journal(&folder, &fleet).await;
    journal.found_out("1".parse().unwrap(), Some("ORDER_00000000000000001")).await.unwrap();
    assert_eq!(fleet.run(sims(&fleet, 1), journal).finish().await.unwrap().progress.ordered_before, 1);
    assert_eq!(sandbox.order_count(), 2);
}

#[tokio::test]
async fn a_new_journal_stops_where_sims_have_recent_orders() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).build().unwrap();
    let run = fleet.run(sims(&fleet, 3), journal(&folder, &fleet).await);
    assert!(outcomes(run).await.unwrap().1.is_complete());
    // The journal is lost.
    std::fs::remove_file(folder.path().join("journal")).unwrap();
    let run = fleet.run(sims(&fleet, 3), journal(&folder, &fleet).await);
    let error = outcomes(run).await.unwrap_err();
    assert!(matches!(error, FleetError::RecentOrder { .. }), "{error}");
    assert_eq!(sandbox.order_count(), 3);
}

#[tokio::test]
async fn who_slept_between_the_journal_and_the_sending_sends_nothing_before_it_is_confirmed_again() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    let asked = Arc::new(AtomicU32::new(0));
    let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(24 * 3600));
    let fleet = |sleeps: u32, sending: Duration| {
        let asked = Arc::clone(&asked);
        // The clock, which is a day on, when the first orders are sent: after an hour of sleep, say.
        let clock = move || match asked.fetch_add(1, Ordering::Relaxed) {
            reading if reading % 2 == 1 && reading / 2 < sleeps => sending,
            _ => day,
        };
        let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).clock(clock);
        fleet.build().unwrap()
    };
    // A clock that went back tells nothing.
    for sending in [day + hour, day - hour] {
        let always = fleet(u32::MAX, sending);
        let (slept, _) = outcomes(always.run(sims(&always, 1), journal(&folder, &always).await)).await.unwrap();
        assert!(matches!(&slept[..], [Outcome::NotSent(_)]), "{slept:?}");
        assert_eq!(sandbox.order_count(), 0);
        asked.store(0, Ordering::Relaxed);
    }
    let twice = fleet(2, day + hour);
    let (woke, _) = outcomes(twice.run(sims(&twice, 1), journal(&folder, &twice).await)).await.unwrap();
    assert!(matches!(&woke[..], [Outcome::Ordered(_)]), "{woke:?}");
    assert_eq!((sandbox.order_count(), asked.load(Ordering::Relaxed)), (1, 6));
}

#[tokio::test]
async fn settings_with_which_nothing_could_be_ordered_are_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let refused = |defaults: Value, concurrency| {
        let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults).concurrency(concurrency).build();
        fleet.unwrap_err().to_string()
    };
    assert!(refused(defaults(), 0).contains("concurrency must not be 0"));
    assert!(refused(json!([1]), 1).contains("must be a JSON object"));
    assert!(refused(json!({ "package_cod": "x" }), 1).contains("\"package_cod\", which is no parameter"));
    let whole = Fleet::builder().client(client_of(&sandbox)).defaults(&monthly_plan()).build().unwrap();
    assert!(!whole.purpose().defaults.contains_key("device_id"));
}
