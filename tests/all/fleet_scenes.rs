//! What no journal may let happen: a SIM for which two orders may be out is ordered for again, or called ordered.
//!
//! These are played over each journal. `open` makes or opens it, as if no other run had it any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::csss::types::OrderPackage;
use linksfield::fleet::{
    Claim, Confirmation, Done, Event, Fleet, FleetError, Journal, JournalError, Orders, Outcome, Run, Sim, Terms,
    Wanted,
};
use linksfield::sandbox::{ACCESS_CODE, Fault, Reply, SECRET, Sandbox, Story};
use linksfield::serde_json::{Value, from_value, json};

fn defaults() -> Value {
    json!({
        "package_code": "DP20190726001274", "package_name": "20M", "package_type": "2", "order_period": "1",
        "pay_amount": "0", "pay_rst": "1", "is_open": "0", "global_order": "0", "test_flow_flag": "0", "test_flow": "0",
    })
}

fn client(sandbox: &Sandbox) -> Client {
    let credentials = Credentials::new(ACCESS_CODE, SECRET).unwrap();
    Client::builder().credentials(credentials).environment(sandbox.url()).build().unwrap()
}

fn fleet(sandbox: &Sandbox, accepts_recent: bool) -> Fleet<Client> {
    let fleet = Fleet::builder().client(client(sandbox)).defaults(&defaults()).again_refused(true);
    // Longer than an order takes where other tests have the machine.
    let fleet = fleet.deadline(Duration::from_secs(2)).settle(Duration::from_millis(10));
    fleet.accepts_recent(accepts_recent).build().unwrap()
}

async fn outcomes(mut run: Run) -> Result<Vec<Outcome>, FleetError> {
    let mut outcomes = Vec::new();
    while let Some(event) = run.next().await {
        if let Event::Settled { outcome, .. } = event {
            outcomes.push(outcome);
        }
    }
    run.finish().await.map(|_| outcomes)
}

/// An answer that lists orders of these ids.
fn listing(ids: &[&str]) -> Reply {
    let count = ids.len();
    let orders: Vec<_> = ids.iter().map(|id| json!({ "orderCode": id })).collect();
    let page = json!({ "cur_page_no": 1, "page_size": 50, "total_count": count, "total_pages": count });
    let data = json!({ "page": page, "package_order_num": count, "package_order": orders });
    Reply::body(json!({ "code": "0000", "message": "ok", "data": data }).to_string())
}

/// A fleet of one SIM, whose orders are not listed until they are shown.
struct Scene {
    sandbox: Sandbox,
    fleet: Fleet<Client>,
    is_hidden: Arc<AtomicBool>,
}

impl Scene {
    async fn new() -> Self {
        let (sandbox, is_hidden) = (Sandbox::start().await.unwrap(), Arc::new(AtomicBool::new(true)));
        let hidden = Arc::clone(&is_hidden);
        let none = Story::new(listing(&[])).of("queryOrder").when(move |_| hidden.load(Ordering::SeqCst));
        sandbox.tell(none.always()).unwrap();
        let fleet = fleet(&sandbox, true);
        Self { sandbox, fleet, is_hidden }
    }

    fn show(&self) {
        self.is_hidden.store(false, Ordering::SeqCst);
    }

    fn lose(&self, times: u64) {
        self.sandbox.tell(Story::new(Fault::DropAfterReading).of("orderPackage").times(times)).unwrap();
    }

    fn run(&self, journal: impl Journal) -> Run {
        self.fleet.run(self.fleet.list_of("device_id\n1\n").unwrap(), journal)
    }

    /// What came of the SIM.
    async fn outcome(&self, journal: impl Journal) -> Outcome {
        outcomes(self.run(journal)).await.unwrap().pop().expect("it was settled before")
    }

    /// How many orders were sent.
    fn sent(&self) -> usize {
        self.sandbox.requests().iter().filter(|request| request.operation() == Some("orderPackage")).count()
    }

    async fn stays_unknown<J: Journal>(&self, open: &impl AsyncFn(&Fleet<Client>) -> J, says: &[&str]) {
        let (outcome, sent) = (self.outcome(open(&self.fleet).await).await, self.sent());
        let says_all = |why: &str| says.iter().all(|text| why.contains(text));
        assert!(matches!(&outcome, Outcome::Unknown(why) if says_all(why)), "{outcome:?}");
        assert_eq!(sent, 2);
    }
}

const SECOND: &str = "ORDER_00000000000000001";

pub async fn an_order_that_was_accepted_is_never_sent_again<J: Journal>(open: impl AsyncFn(&Fleet<Client>) -> J) {
    let scene = Scene::new().await;
    scene.lose(1);
    for _ in 0..3 {
        scene.stays_unknown(&open, &[SECOND, "not listed"]).await;
    }
    scene.show();
    assert_eq!(scene.outcome(open(&scene.fleet).await).await, Outcome::Ordered(SECOND.to_owned()));
    assert_eq!((scene.sent(), scene.sandbox.order_count()), (2, 1));
}

pub async fn nor_is_it_by_the_next_run_when_this_is_killed_before_it_looks<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let scene = Scene::new().await;
    scene.lose(1);
    let mut run = scene.run(open(&scene.fleet).await);
    loop {
        match run.next().await.expect("it looks up what it ordered again") {
            Event::LookingUp { why, .. } if why.contains(SECOND) => break,
            _ => {}
        }
    }
    drop(run);
    scene.stays_unknown(&open, &[SECOND, "not listed"]).await;
}

pub async fn a_doubt_that_was_told_is_not_forgotten_by_the_next_run<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let scene = Scene::new().await;
    scene.lose(1);
    scene.stays_unknown(&open, &[SECOND, "not listed"]).await;
    // The first comes late, and is listed before the second.
    scene.show();
    scene.sandbox.tell(Story::new(listing(&["ORDER_LATE"])).of("queryOrder").times(2)).unwrap();
    for _ in 0..2 {
        scene.stays_unknown(&open, &[SECOND, "ORDER_LATE"]).await;
    }
    open(&scene.fleet).await.found_out("1".parse().unwrap(), Some(SECOND)).await.unwrap();
    assert_eq!(outcomes(scene.run(open(&scene.fleet).await)).await.unwrap(), []);
}

pub async fn two_orders_are_sent_for_a_sim_and_then_a_person_has_to_look<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let scene = Scene::new().await;
    scene.lose(2);
    for _ in 0..3 {
        scene.stays_unknown(&open, &["more than one order may have been sent, and none is listed"]).await;
    }
    open(&scene.fleet).await.found_out("1".parse().unwrap(), None).await.unwrap();
    assert_eq!(scene.outcome(open(&scene.fleet).await).await, Outcome::Ordered(SECOND.to_owned()));
    assert_eq!(scene.sent(), 3);
}

/// A journal that takes everything but that an order was accepted.
struct Forgetful<J>(J);

impl<J: Journal> Journal for Forgetful<J> {
    async fn recorded(&self, sims: &[Sim]) -> Result<Vec<Option<String>>, JournalError> {
        self.0.recorded(sims).await
    }

    async fn claim(&self, wanted: &[Wanted], terms: &Terms) -> Result<Vec<Claim>, JournalError> {
        self.0.claim(wanted, terms).await
    }

    async fn begun(&self, wanted: &Wanted, orders: &Orders, terms: &Terms) -> Result<Confirmation, JournalError> {
        match orders.accepted {
            Some(_) => Err(JournalError::failed("written", "it was away")),
            None => self.0.begun(wanted, orders, terms).await,
        }
    }

    async fn done(&self, wanted: &Wanted, result: &Done) -> Result<(), JournalError> {
        self.0.done(wanted, result).await
    }

    async fn unknown(&self, wanted: &Wanted, why: &str) -> Result<(), JournalError> {
        self.0.unknown(wanted, why).await
    }

    async fn let_go(&self, wanted: &[Wanted]) -> Result<(), JournalError> {
        self.0.let_go(wanted).await
    }

    async fn release(&self, wanted: &Wanted, why: &str) -> Result<(), JournalError> {
        self.0.release(wanted, why).await
    }

    async fn is_checked(&self) -> Result<bool, JournalError> {
        self.0.is_checked().await
    }

    async fn checked(&self) -> Result<(), JournalError> {
        self.0.checked().await
    }

    async fn found_out(&self, sim: Sim, order: Option<&str>) -> Result<(), JournalError> {
        self.0.found_out(sim, order).await
    }
}

pub async fn a_run_ends_that_cannot_write_down_what_was_accepted_and_tells_it<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let scene = Scene::new().await;
    scene.lose(1);
    let mut run = scene.run(Forgetful(open(&scene.fleet).await));
    let mut told = Vec::new();
    while let Some(event) = run.next().await {
        if let Event::Settled { outcome: Outcome::Unknown(why), recorded, .. } = event {
            told.push((why.contains(SECOND), recorded));
        }
    }
    assert_eq!(told, [(true, false)]);
    assert!(matches!(run.finish().await, Err(FleetError::Journal(JournalError::Failed { .. }))));
    assert_eq!(scene.sent(), 2);
}

pub async fn a_refusal_says_nothing_of_the_order_before_it<J: Journal>(open: impl AsyncFn(&Fleet<Client>) -> J) {
    let scene = Scene::new().await;
    let refusal = Story::new(Reply::refusal("1001", "it has this plan")).of("orderPackage").always();
    scene.sandbox.tell(Story::new(Fault::DropAfterPlacing).of("orderPackage").then(refusal)).unwrap();
    for says in ["it has this plan", "begun in a run before"] {
        scene.stays_unknown(&open, &[says, "none is listed"]).await;
    }
    scene.show();
    assert_eq!(scene.outcome(open(&scene.fleet).await).await, Outcome::Ordered(SECOND.to_owned()));
    assert_eq!(scene.sandbox.order_count(), 1);
}

pub async fn a_second_order_that_is_refused_because_of_who_calls_is_the_last<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let scene = Scene::new().await;
    let refusal = Story::new(Reply::refusal("1001", "slow down").status(429)).of("orderPackage").times(1);
    scene.sandbox.tell(Story::new(Fault::DropAfterReading).of("orderPackage").then(refusal)).unwrap();
    // Both are told: who reads of the refusal alone tells the journal that none was placed.
    scene.stays_unknown(&open, &["may or may not", "ordered again, and refused", "slow down", "none is listed"]).await;
    for _ in 0..2 {
        scene.stays_unknown(&open, &["begun in a run before", "more than one order may have been sent"]).await;
    }
}

pub async fn a_run_that_is_stopped_before_the_second_order_tells_of_the_first<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let scene = Scene::new().await;
    scene.lose(1);
    // No story but the one below hides it.
    scene.show();
    let mut run = scene.run(open(&scene.fleet).await);
    let (stopper, asked) = (run.stopper(), std::sync::atomic::AtomicU32::new(0));
    // The second list is asked for when the first order is looked up.
    let stops = Story::new(listing(&[])).of("queryOrder").when(move |_| {
        if asked.fetch_add(1, Ordering::SeqCst) == 1 {
            stopper.stop();
        }
        true
    });
    scene.sandbox.tell(stops.always()).unwrap();
    let mut told = Vec::new();
    while let Some(event) = run.next().await {
        if let Event::Settled { outcome, .. } = event {
            told.push(outcome);
        }
    }
    let says_both = |why: &str| why.contains("may or may not") && why.contains("stopped before it was ordered again");
    assert!(matches!(&told[..], [Outcome::Unknown(why)] if says_both(why)), "{told:?}");
    assert_eq!(scene.sent(), 1);
    drop(run);
    scene.stays_unknown(&open, &[SECOND, "not listed"]).await;
}

pub async fn what_a_run_settled_is_told_by_each_run_after_it<J: Journal>(open: impl AsyncFn(&Fleet<Client>) -> J) {
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = Fleet::builder().client(client(&sandbox)).defaults(&defaults()).build().unwrap();
    let run = async || {
        let list = fleet.list_of("device_id,package_code\n1,\n2,SANDBOX-NONE\n").unwrap();
        let mut run = fleet.run(list, open(&fleet).await);
        let (mut now, mut before) = (Vec::new(), Vec::new());
        while let Some(event) = run.next().await {
            match event {
                Event::Settled { sim, line, outcome, .. } => now.push((sim, line, outcome)),
                Event::SettledBefore { sim, line, outcome } => before.push((sim, line, outcome)),
                _ => {}
            }
        }
        now.sort_by_key(|(sim, ..)| *sim);
        let progress = run.finish().await.unwrap().progress;
        assert_eq!((progress.ordered_before + progress.refused_before) as usize, before.len());
        (now, before)
    };
    let (settled, none) = run().await;
    assert!(matches!(&settled[..], [(_, 2, Outcome::Ordered(_)), (_, 3, Outcome::Refused(_))]), "{settled:?}");
    assert_eq!(none, []);
    for _ in 0..2 {
        assert_eq!(run().await, (vec![], settled.clone()));
    }
}

pub async fn what_was_not_sent_as_the_second_order_is_sent_by_the_next_run<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let mut scene = Scene::new().await;
    scene.lose(1);
    // The machine sleeps each time after the first order was sent: nothing else goes out.
    let (readings, hour) = (std::sync::atomic::AtomicU32::new(0), Duration::from_secs(3600));
    let clock = move || hour * readings.fetch_add(1, Ordering::SeqCst).saturating_sub(1);
    let awake = scene.fleet.clone();
    scene.fleet = Fleet::builder()
        .client(client(&scene.sandbox))
        .defaults(&defaults())
        .clock(clock)
        .deadline(Duration::from_secs(2))
        .settle(Duration::from_millis(10))
        .build()
        .unwrap();
    let outcome = scene.outcome(open(&scene.fleet).await).await;
    let says_both = |why: &str| why.contains("may or may not") && why.contains("took too long");
    assert!(matches!(&outcome, Outcome::Unknown(why) if says_both(why)), "{outcome:?}");
    assert_eq!(scene.sent(), 1);
    scene.fleet = awake;
    scene.stays_unknown(&open, &[SECOND, "not listed"]).await;
}

pub async fn a_lost_journal_is_asked_about_until_a_person_says_that_it_is_none<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let sandbox = Sandbox::start().await.unwrap();
    let mut order = defaults();
    order["device_id"] = "20".into();
    let order: OrderPackage = from_value(order).unwrap();
    client(&sandbox).order_package(&order).await.unwrap();
    let list = format!("device_id\n{}", (1..=30).map(|sim| format!("{sim}\n")).collect::<String>());
    let (asks, accepts) = (fleet(&sandbox, false), fleet(&sandbox, true));
    for _ in 0..2 {
        let run = asks.run(asks.list_of(&*list).unwrap(), open(&asks).await);
        let error = outcomes(run).await.unwrap_err();
        assert!(matches!(&error, FleetError::RecentOrder { sim, .. } if sim.to_string() == "20"), "{error}");
        assert_eq!(sandbox.order_count(), 1, "nothing was begun");
    }
    // What can't be seen is no "no", whether the call fails or is refused for all.
    for fault in [Fault::DropBeforeReading, Fault::UnknownCode] {
        sandbox.misbehave(Some(fault));
        let run = asks.run(asks.list_of(&*list).unwrap(), open(&asks).await);
        let error = outcomes(run).await.unwrap_err();
        assert!(matches!(error, FleetError::Unlisted { .. }), "{error}");
    }
    sandbox.misbehave(None);
    let run = accepts.run(accepts.list_of("device_id\n1\n").unwrap(), open(&accepts).await);
    assert!(matches!(&outcomes(run).await.unwrap()[..], [Outcome::Ordered(_)]));
    // From then on it is this journal's.
    let run = asks.run(asks.list_of(&*list).unwrap(), open(&asks).await);
    assert_eq!(outcomes(run).await.unwrap().len(), 29);
    assert_eq!(sandbox.order_count(), 31);
}

pub async fn sims_whose_list_is_refused_do_not_count_as_looked_at<J: Journal>(open: impl AsyncFn(&Fleet<Client>) -> J) {
    let sandbox = Sandbox::start().await.unwrap();
    let mut order = defaults();
    order["device_id"] = "25".into();
    let order: OrderPackage = from_value(order).unwrap();
    client(&sandbox).order_package(&order).await.unwrap();
    let list = format!("device_id\n{}", (1..=30).map(|sim| format!("{sim}\n")).collect::<String>());
    let unknown = Story::new(Reply::refusal("1001", "no such SIM")).of("queryOrder").times(19);
    sandbox.tell(unknown).unwrap();
    let asks = fleet(&sandbox, false);
    let run = asks.run(asks.list_of(list).unwrap(), open(&asks).await);
    let error = outcomes(run).await.unwrap_err();
    assert!(matches!(&error, FleetError::RecentOrder { sim, .. } if sim.to_string() == "25"), "{error}");
    assert_eq!(sandbox.order_count(), 1, "nothing was begun");
}

pub async fn where_the_first_sims_have_only_old_orders_nothing_is_asked<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let days_ago = |days: u64| SystemTime::now() - Duration::from_secs(days * 24 * 3600);
    let is_old = Arc::new(AtomicBool::new(true));
    let old = Arc::clone(&is_old);
    let now = move || days_ago(if old.load(Ordering::SeqCst) { 5 } else { 0 });
    let sandbox = Sandbox::builder().clock(now.clone()).start().await.unwrap();
    let credentials = Credentials::new(ACCESS_CODE, SECRET).unwrap();
    let client = Client::builder().credentials(credentials).environment(sandbox.url()).clock(now).build().unwrap();
    let mut order = defaults();
    order["device_id"] = "1".into();
    let order: OrderPackage = from_value(order).unwrap();
    client.order_package(&order).await.unwrap();
    is_old.store(false, Ordering::SeqCst);
    let fleet = Fleet::builder().client(client).defaults(&defaults()).build().unwrap();
    for settled in [1, 0] {
        let run = fleet.run(fleet.list_of("device_id\n1\n").unwrap(), open(&fleet).await);
        assert_eq!(outcomes(run).await.unwrap().len(), settled);
    }
    assert_eq!(sandbox.order_count(), 2);
}

pub async fn a_list_with_other_parameters_than_were_ordered_is_refused_before_the_first_order<J: Journal>(
    open: impl AsyncFn(&Fleet<Client>) -> J,
) {
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = fleet(&sandbox, true);
    let period = |lines: &[(usize, &str)]| {
        let line = |(sim, period): &(usize, &str)| format!("{sim},{period}\n");
        fleet.list_of(format!("device_id,order_period\n{}", lines.iter().map(line).collect::<String>())).unwrap()
    };
    let run = async |list| outcomes(fleet.run(list, open(&fleet).await)).await;
    // An order that was refused is none.
    sandbox.tell(Story::new(Reply::refusal("1001", "no")).of("orderPackage").times(1)).unwrap();
    run(period(&[(7, "1")])).await.unwrap();
    run(period(&[(90, "1"), (95, "1")])).await.unwrap();
    let (asked, all) = (sandbox.requests().len(), (1..=100).map(|sim| (sim, "2")).collect::<Vec<_>>());
    let error = run(period(&all)).await.unwrap_err();
    assert!(matches!(error, FleetError::OtherParameters(_)), "{error}");
    let said = error.to_string();
    for (line, sim) in [(91, 90), (96, 95)] {
        assert!(said.contains(&format!("line {line}: SIM {sim} was ordered for with other parameters")), "{said}");
    }
    assert!(said.matches("line ").count() == 2 && sandbox.requests().len() == asked, "{said}");
    let same: Vec<_> = all.iter().map(|(sim, _)| (*sim, if [90, 95].contains(sim) { "1" } else { "2" })).collect();
    assert_eq!(run(period(&same)).await.unwrap().len(), 98);
    assert_eq!(sandbox.order_count(), 100);
}

/// A test of each scene, over the journal that a `$kept` opens; `$kept::new` gives none where there can't be one.
macro_rules! play {
    ($kept:ty) => {
        $crate::fleet_scenes::play! { $kept:
            an_order_that_was_accepted_is_never_sent_again
            nor_is_it_by_the_next_run_when_this_is_killed_before_it_looks
            a_doubt_that_was_told_is_not_forgotten_by_the_next_run
            two_orders_are_sent_for_a_sim_and_then_a_person_has_to_look
            a_run_ends_that_cannot_write_down_what_was_accepted_and_tells_it
            a_refusal_says_nothing_of_the_order_before_it
            a_second_order_that_is_refused_because_of_who_calls_is_the_last
            a_run_that_is_stopped_before_the_second_order_tells_of_the_first
            what_was_not_sent_as_the_second_order_is_sent_by_the_next_run
            what_a_run_settled_is_told_by_each_run_after_it
            a_lost_journal_is_asked_about_until_a_person_says_that_it_is_none
            sims_whose_list_is_refused_do_not_count_as_looked_at
            where_the_first_sims_have_only_old_orders_nothing_is_asked
            a_list_with_other_parameters_than_were_ordered_is_refused_before_the_first_order
        }
    };
    ($kept:ty: $($scene:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $scene() {
            let Some(kept) = <$kept>::new().await else { return };
            $crate::fleet_scenes::$scene(async |fleet: &Fleet<Client>| kept.open(fleet).await).await;
        })*
    };
}
pub(crate) use play;
