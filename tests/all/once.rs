//! A notification is acted on once, and lost never: whatever becomes of the handler, the sender and the store.

use std::collections::HashSet;
use std::future::pending;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{any, post};
use axum::{Extension, Router};
use http::HeaderMap;
use linksfield::notification::{
    Answer, Begun, Claim, DELIVERY_HEADER, Deliveries, Event, Receiver, RecentDeliveries, Signer, Standing, StoreError,
    Verified, Verifier,
};
use tokio::net::TcpListener;
use tokio::sync::Notify;

const HOUR: Duration = Duration::from_secs(3600);

fn signer() -> Signer {
    Signer::new("1", "a key")
}

fn verifier() -> Verifier {
    Verifier::builder().key("1", "a key").legacy_secret("a secret").build()
}

/// The headers of a body that is signed in the newer way, or in the older one.
fn signed(signer: &Signer, body: &str, delivery: Option<&str>) -> HeaderMap {
    let mut headers = signer.headers(body.as_bytes(), SystemTime::now()).unwrap();
    delivery.map(|id| headers.insert(DELIVERY_HEADER, id.parse().unwrap()));
    headers
}

/// Counts what it acted on, and answers what it is told.
#[derive(Clone)]
struct Handler {
    acted: Arc<AtomicU32>,
    succeeds: bool,
}

impl Handler {
    fn new(succeeds: bool) -> Self {
        Self { acted: Arc::default(), succeeds }
    }

    fn count(&self) -> u32 {
        self.acted.load(Ordering::SeqCst)
    }

    async fn receive<D: Deliveries + 'static>(
        &self,
        receiver: &Receiver<D>,
        headers: &HeaderMap,
        body: &str,
    ) -> Answer {
        self.receive_at(receiver, headers, body, SystemTime::now()).await
    }

    async fn receive_at<D: Deliveries + 'static>(
        &self,
        receiver: &Receiver<D>,
        headers: &HeaderMap,
        body: &str,
        now: SystemTime,
    ) -> Answer {
        let Self { acted, succeeds } = self.clone();
        let handle = move |_, _| async move {
            acted.fetch_add(1, Ordering::SeqCst);
            if succeeds { Ok(()) } else { Err(()) }
        };
        receiver.receive(headers, body.as_bytes(), now, handle).await
    }
}

async fn served(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    format!("http://{address}")
}

#[tokio::test]
async fn what_failed_is_acted_on_again_and_what_is_done_is_not() {
    let outcomes = Mutex::new(vec![200, 503, 500].into_iter());
    let acted = Arc::new(AtomicU32::new(0));
    let count = acted.clone();
    let outcomes = Arc::new(outcomes);
    let handle = move |Extension(verified): Extension<Verified>| async move {
        assert!(matches!(verified.event, Event::Unknown(_)));
        count.fetch_add(1, Ordering::SeqCst);
        let status = outcomes.lock().unwrap().next_back().expect("no more is acted on");
        StatusCode::from_u16(status).unwrap()
    };
    let url = served(Router::new().route("/", post(handle).layer(Receiver::new(verifier())))).await;
    let http = reqwest::Client::new();
    let headers = signed(&signer(), "{}", None);
    let send = async || http.post(&url).headers(headers.clone()).body("{}").send().await.unwrap();
    for status in [500, 503, 200] {
        assert_eq!(send().await.status(), status, "the handler's answer");
    }
    for _ in 0..2 {
        let again = send().await;
        assert_eq!(again.status(), 200);
        assert_eq!(again.text().await.unwrap(), "this notification was acted on before");
    }
    assert_eq!(acted.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_panic_is_500_and_is_acted_on_again() {
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    let handle = move || async move {
        assert!(count.fetch_add(1, Ordering::SeqCst) > 0, "the first call panics");
    };
    let url = served(Router::new().route("/", post(handle).layer(Receiver::new(verifier())))).await;
    let headers = signed(&signer(), "{}", None);
    for status in [500, 200, 200] {
        let sent = reqwest::Client::new().post(&url).headers(headers.clone()).body("{}").send().await.unwrap();
        assert_eq!(sent.status(), status);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_handler_that_panics_before_it_gives_a_future_is_acted_on_again() {
    let receiver = Receiver::new(verifier());
    let headers = signed(&signer(), "{}", None);
    for (panics, status) in [(true, 500), (false, 200)] {
        let received = receiver.receive(&headers, b"{}", SystemTime::now(), move |_, _| {
            assert!(!panics, "before there is a future");
            async { Ok::<_, ()>(()) }
        });
        assert_eq!(received.await.status(), status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_hangs_up_does_not_cut_the_handler() {
    let (begun, goes_on, acted) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
    let receiver = Receiver::new(verifier());
    let (begins, waits, count) = (begun.clone(), goes_on.clone(), acted.clone());
    let handle = move || async move {
        begins.notify_one();
        waits.notified().await;
        count.fetch_add(1, Ordering::SeqCst);
    };
    let url = served(Router::new().route("/", post(handle).layer(receiver.clone()))).await;
    let headers = signed(&signer(), "{}", None);
    let send = async || reqwest::Client::new().post(&url).headers(headers.clone()).body("{}").send().await.unwrap();

    let mut first = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let mut request = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n".to_owned();
    for (name, value) in &headers {
        request += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    first.write_all(format!("{request}\r\n{{}}").as_bytes()).unwrap();
    begun.notified().await;
    first.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    assert!(first.read(&mut [0]).is_err(), "no answer in a second");
    drop(first);

    let meanwhile = send().await;
    assert_eq!(meanwhile.status(), 503, "another is at work on it");
    let after: u64 = meanwhile.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&after), "{after}");
    let settled = receiver.settled();
    assert!(futures::FutureExt::now_or_never(settled).is_none(), "the handler is at work");
    goes_on.notify_one();
    receiver.settled().await;
    assert_eq!(send().await.status(), 200);
    assert_eq!(acted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn anything_but_post_is_no_notification_and_no_refusal() {
    let handle = any(|| async { StatusCode::IM_A_TEAPOT });
    let url = served(Router::new().route("/", handle.layer(Receiver::new(verifier())))).await;
    for method in [reqwest::Method::GET, reqwest::Method::HEAD, reqwest::Method::PUT] {
        let answer = reqwest::Client::new().request(method, &url).body("{}").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "POST"));
    }
    let empty = reqwest::Client::new().post(&url).send().await.unwrap();
    assert_eq!((empty.status().as_u16(), empty.text().await.unwrap().as_str()), (401, "not accepted"));
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_not_too_large() {
    let acted = Arc::new(AtomicU32::new(0));
    let receiver = Receiver::new(Verifier::builder().key("1", "a key").body_limit(100).build());
    let count = acted.clone();
    let handle = move || async move {
        count.fetch_add(1, Ordering::SeqCst);
    };
    let url = served(Router::new().route("/", post(handle).layer(receiver))).await;
    for (length, sent, status) in [(90, 40, None), (101, 101, Some("400"))] {
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        write!(stream, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{}", " ".repeat(sent)).unwrap();
        if status.is_none() {
            drop(stream);
            continue;
        }
        let answer = tokio::task::spawn_blocking(move || {
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).map(|()| answer)
        });
        assert_eq!(&answer.await.unwrap().unwrap()[9..], status.unwrap().as_bytes());
    }
    assert_eq!(acted.load(Ordering::SeqCst), 0);
    let body = http_body_util::StreamBody::new(futures::stream::iter([
        Ok(http_body::Frame::data(bytes::Bytes::from_static(b"{"))),
        Err(std::io::Error::other("reset")),
    ]));
    let request = axum::extract::Request::new(axum::body::Body::new(body));
    let rejection = <Verified as axum::extract::FromRequest<_>>::from_request(request, &verifier()).await.unwrap_err();
    assert_eq!(rejection.to_string(), "the body was cut off on the way: reset");
    assert_eq!(rejection.into_response().status(), 400);
}

#[tokio::test]
async fn the_same_signature_or_the_same_delivery_id_and_body_make_the_same() {
    let (newer, older) = (signer(), Signer::legacy("a secret"));
    let later = |body: &str| newer.headers(body.as_bytes(), SystemTime::now() + Duration::from_secs(1)).unwrap();
    let with = |mut headers: HeaderMap, id: &str| {
        headers.insert(DELIVERY_HEADER, id.parse().unwrap());
        headers
    };
    let first = signed(&newer, r#"{"n":1}"#, Some("7"));
    let cases = [
        ("the very same", first.clone(), r#"{"n":1}"#, 0),
        ("signed anew, under the same id", with(later(r#"{"n":1}"#), "7"), r#"{"n":1}"#, 0),
        ("the same signature under another id", with(first.clone(), "8"), r#"{"n":1}"#, 0),
        ("the same signature, the body spaced otherwise", first.clone(), r#"{ "n": 1 }"#, 0),
        ("another body under the same id", signed(&newer, r#"{"n":2}"#, Some("7")), r#"{"n":2}"#, 1),
        ("signed anew, without an id", later(r#"{"n":1}"#), r#"{"n":1}"#, 1),
        ("by hand: another transaction", signed(&newer, r#"{"n":1,"t":2}"#, None), r#"{"n":1,"t":2}"#, 1),
    ];
    for (case, headers, body, acts) in cases {
        let (receiver, handler) = (Receiver::new(verifier()), Handler::new(true));
        let _ = handler.receive(&receiver, &first, r#"{"n":1}"#).await;
        assert_eq!(handler.receive(&receiver, &headers, body).await.status(), 200, "{case}");
        assert_eq!(handler.count(), 1 + acts, "{case}");
    }
    let (receiver, handler) = (Receiver::new(verifier()), Handler::new(true));
    for (delivery, acted) in [(None, 1), (None, 1), (Some("1"), 2), (Some("1"), 2), (Some("2"), 3)] {
        let _ = handler.receive(&receiver, &signed(&older, "{}", delivery), "{}").await;
        assert_eq!(handler.count(), acted, "older signature, x-lf-delivery {delivery:?}");
    }
}

#[tokio::test]
async fn a_copy_of_the_older_signature_in_other_white_space_or_escapes_acts_on_nothing() {
    let body = r#"{"n":"1","o":[{"p":2}]}"#;
    for delivery in [None, Some("7")] {
        let (receiver, handler) = (Receiver::new(verifier()), Handler::new(true));
        let headers = signed(&Signer::legacy("a secret"), body, delivery);
        for copy in [body, r#" { "n" : "1", "o" : [ {"p":2} ] }"#, r#"{"n":"\u0031","o":[{"p":2}]}"#] {
            assert_eq!(handler.receive(&receiver, &headers, copy).await.status(), 200, "{copy}");
            assert_eq!(handler.count(), 1, "{copy}");
        }
    }
}

#[tokio::test]
async fn what_the_older_signature_does_not_tell_from_a_notification_swallows_none() {
    let warning = r#"{"devices":[{"deviceId":"1","warningCode":"2"}]}"#;
    let signer = Signer::legacy("a secret");
    for (copy, body) in [
        (r#"{"x":[{"deviceId":"1","warningCode":"2"}]}"#, warning),
        (r#"[{"deviceId":"1","warningCode":"2"}]"#, warning),
        (r#"{"sim_id":"1&status=2"}"#, r#"{"sim_id":"1","status":"2"}"#),
        (r#"{"n":"1"}"#, r#"{"n":1}"#),
    ] {
        let (receiver, handler) = (Receiver::new(verifier()), Handler::new(true));
        let headers = signed(&signer, body, None);
        assert_eq!(headers, signed(&signer, copy, None), "one signature for both: {copy}");
        assert_eq!(handler.receive(&receiver, &headers, copy).await.status(), 200, "{copy}");
        assert_eq!(handler.receive(&receiver, &headers, body).await.status(), 200, "{body}");
        assert_eq!(handler.count(), 2, "the true one is acted on after {copy}");
    }
}

#[tokio::test]
async fn a_copy_under_the_id_of_another_does_not_swallow_that_one() {
    let (receiver, handler) = (Receiver::new(verifier()), Handler::new(true));
    let (first, other) = (signed(&signer(), "[1]", Some("1")), signed(&signer(), "[2]", Some("2")));
    let mut copy = first.clone();
    copy.insert(DELIVERY_HEADER, "2".parse().unwrap());
    let _ = handler.receive(&receiver, &copy, "[1]").await;
    let _ = handler.receive(&receiver, &other, "[2]").await;
    assert_eq!(handler.count(), 2);
    let _ = handler.receive(&receiver, &first, "[1]").await;
    assert_eq!(handler.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_same_bytes_are_known_23_hours_later_and_weekly_warnings_are_new() {
    let (receiver, handler) = (Receiver::new(verifier()), Handler::new(true));
    let headers = signed(&signer(), "{}", None);
    let sent = SystemTime::now();
    let _ = handler.receive_at(&receiver, &headers, "{}", sent).await;
    tokio::time::advance(23 * HOUR).await;
    let again = handler.receive_at(&receiver, &headers, "{}", sent + 23 * HOUR).await;
    assert_eq!((again.status().as_u16(), handler.count()), (200, 1));
    let too_late = handler.receive_at(&receiver, &headers, "{}", sent + 25 * HOUR).await;
    assert_eq!(too_late.status(), 401, "24 hours is the tolerance with a store");

    let fails = Handler::new(false);
    let headers = signed(&signer(), "[]", None);
    let _ = fails.receive_at(&receiver, &headers, "[]", sent).await;
    let again = handler.receive_at(&receiver, &headers, "[]", sent + 23 * HOUR).await;
    assert_eq!((again.status().as_u16(), handler.count()), (200, 2), "what was lost once is acted on");

    let warning = signed(&Signer::legacy("a secret"), r#"{"devices":[]}"#, None);
    for (hours, acted) in [(0, 3), (24, 3), (24 * 6, 4)] {
        tokio::time::advance(hours * HOUR).await;
        let _ = handler.receive(&receiver, &warning, r#"{"devices":[]}"#).await;
        assert_eq!(handler.count(), acted, "after {hours} h more");
    }
}

/// What a store can do wrong, around one that does nothing wrong.
#[derive(Default)]
struct Faulty {
    inner: RecentDeliveries,
    down: Mutex<HashSet<&'static str>>,
    /// The step is carried out, and its answer is lost.
    answer_lost: Mutex<HashSet<&'static str>>,
    steps: Mutex<Vec<&'static str>>,
    /// When the last step was asked for.
    last: Mutex<Option<Instant>>,
}

impl Faulty {
    async fn step<T>(
        &self,
        name: &'static str,
        step: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.steps.lock().unwrap().push(name);
        *self.last.lock().unwrap() = Some(Instant::now());
        if self.down.lock().unwrap().contains(name) {
            return Err(StoreError::new("down"));
        }
        let result = step.await;
        if self.answer_lost.lock().unwrap().remove(name) { Err(StoreError::new("the answer is lost")) } else { result }
    }
}

impl Deliveries for Faulty {
    async fn begin(&self, claim: &Claim, lease: Duration) -> Result<Begun, StoreError> {
        self.step("begin", self.inner.begin(claim, lease)).await
    }

    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<Standing, StoreError> {
        self.step("renew", self.inner.renew(claim, lease)).await
    }

    async fn done(&self, claim: &Claim) -> Result<Standing, StoreError> {
        self.step("done", self.inner.done(claim)).await
    }

    async fn release(&self, claim: &Claim) -> Result<Standing, StoreError> {
        self.step("release", self.inner.release(claim)).await
    }

    async fn standing(&self, claim: &Claim) -> Result<Standing, StoreError> {
        self.step("standing", self.inner.standing(claim)).await
    }
}

fn faulty() -> (Arc<Faulty>, Receiver<Arc<Faulty>>) {
    let store = Arc::new(Faulty::default());
    (store.clone(), Receiver::with(verifier(), store))
}

#[tokio::test]
async fn nothing_is_acted_on_while_the_store_is_down() {
    let (store, receiver) = faulty();
    let (handler, headers) = (Handler::new(true), signed(&signer(), "{}", None));
    store.down.lock().unwrap().insert("begin");
    assert_eq!(handler.receive(&receiver, &headers, "{}").await.status(), 503);
    assert_eq!(handler.count(), 0);
    store.down.lock().unwrap().clear();
    assert_eq!(handler.receive(&receiver, &headers, "{}").await.status(), 200);
    assert_eq!(handler.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_when_it_is_marked_is_unknown_so_that_is_read_before_anything_is_answered() {
    let (store, receiver) = faulty();
    let (handler, headers) = (Handler::new(true), signed(&signer(), "{}", None));
    store.answer_lost.lock().unwrap().insert("done");
    assert_eq!(handler.receive(&receiver, &headers, "{}").await.status(), 200);
    assert_eq!(*store.steps.lock().unwrap(), ["begin", "done", "standing"]);
    assert_eq!(handler.receive(&receiver, &headers, "{}").await.text(), "this notification was acted on before");

    let headers = signed(&signer(), "[]", None);
    store.down.lock().unwrap().extend(["done", "standing"]);
    assert_eq!(handler.receive(&receiver, &headers, "[]").await.status(), 503, "not known to be marked");
    assert!(!store.steps.lock().unwrap().contains(&"release"));
    assert_eq!(handler.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_release_that_fails_is_made_good_by_the_end_of_the_lease() {
    let (store, receiver) = faulty();
    let (fails, handler, headers) = (Handler::new(false), Handler::new(true), signed(&signer(), "{}", None));
    store.down.lock().unwrap().insert("release");
    assert_eq!(fails.receive(&receiver, &headers, "{}").await.status(), 500);
    let busy = handler.receive(&receiver, &headers, "{}").await;
    assert_eq!((busy.status().as_u16(), busy.retry_after()), (503, Some(Duration::from_secs(60))));
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(handler.receive(&receiver, &headers, "{}").await.status(), 200);
    assert_eq!((fails.count(), handler.count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_take_longer_than_the_lease() {
    let (store, receiver) = faulty();
    let headers = signed(&signer(), "{}", None);
    let slow = |_, _| async {
        tokio::time::sleep(Duration::from_secs(600)).await;
        Ok::<_, ()>(())
    };
    let (first, second) = tokio::join!(receiver.receive(&headers, b"{}", SystemTime::now(), slow), async {
        tokio::time::sleep(Duration::from_secs(300)).await;
        Handler::new(true).receive(&receiver, &headers, "{}").await
    });
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 503));
    assert!(store.steps.lock().unwrap().iter().filter(|step| **step == "renew").count() >= 29);
}

/// Tells when it is dropped.
struct Dropped(Arc<AtomicU32>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_whose_claim_is_lost_is_dropped() {
    let (store, receiver) = faulty();
    let headers = signed(&signer(), "{}", None);
    store.down.lock().unwrap().insert("renew");
    let dropped = Arc::new(AtomicU32::new(0));
    let guard = Dropped(dropped.clone());
    let hangs = move |_, _| async move {
        let _guard = guard;
        pending::<Result<(), ()>>().await
    };
    let answer = receiver.receive(&headers, b"{}", SystemTime::now(), hangs).await;
    assert_eq!((answer.status().as_u16(), dropped.load(Ordering::SeqCst)), (503, 1));
    assert_eq!(answer.text(), "not now", "nobody else is at work on it");
    let steps = store.steps.lock().unwrap().clone();
    assert!(steps.ends_with(&["standing", "release"]) && !steps.contains(&"done"), "{steps:?}");
    let handler = Handler::new(true);
    assert_eq!(handler.receive(&receiver, &headers, "{}").await.status(), 200, "it was given back");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_dropped_after_it_has_marked_its_notification_has_acted_on_it() {
    let (store, receiver) = faulty();
    let headers = signed(&signer(), "{}", None);
    store.down.lock().unwrap().insert("renew");
    let marks = store.clone();
    // As one that waits for the answer to its commit.
    let hangs = move |_, claim| async move {
        marks.inner.done(&claim).await.unwrap();
        pending::<Result<(), ()>>().await
    };
    let answer = receiver.receive(&headers, b"{}", SystemTime::now(), hangs).await;
    assert_eq!((answer.status().as_u16(), answer.text()), (200, "this notification was acted on before"));
}

#[tokio::test(start_paused = true)]
async fn a_handler_whose_claim_is_anothers_gives_nothing_back() {
    let (store, receiver) = faulty();
    let headers = signed(&signer(), "{}", None);
    let inner = store.clone();
    let taken_over = move |_, claim: Claim| async move {
        inner.inner.release(&claim).await.unwrap();
        let other = Claim::new(*claim.delivery(), claim.signature().copied()).unwrap();
        assert_eq!(inner.inner.begin(&other, HOUR).await.unwrap(), Begun::Yours);
        pending::<Result<(), ()>>().await
    };
    let answer = receiver.receive(&headers, b"{}", SystemTime::now(), taken_over).await;
    assert_eq!(answer.text(), "another is at work on this notification");
    let busy = Handler::new(true).receive(&receiver, &headers, "{}").await;
    assert_eq!(busy.text(), "another is at work on this notification");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_whose_claim_is_lost_is_waited_for_and_what_it_has_done_by_then_is_marked() {
    let (store, receiver) = faulty();
    let lease = Duration::from_millis(60);
    let receiver = receiver.lease(lease);
    let headers = signed(&signer(), "{}", None);
    let acted = Arc::new(AtomicU32::new(0));
    store.down.lock().unwrap().insert("renew");
    let (count, sees) = (acted.clone(), store.clone());
    // No later than that of the claim, however late the handler is called.
    let ended = Instant::now() + lease;
    // It does not wait for anything, so that it can't be dropped before its end. A renewal that fails when the lease has ended
    // is the last.
    let works = move |_, _| async move {
        while sees.last.lock().unwrap().is_none_or(|last| last < ended) {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(50));
        count.fetch_add(1, Ordering::SeqCst);
        Ok::<_, ()>(())
    };
    let of_sender = receiver.clone();
    let sent = headers.clone();
    let sender = tokio::spawn(async move { of_sender.receive(&sent, b"{}", SystemTime::now(), works).await });
    while store.steps.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    receiver.settled().await;
    assert_eq!(acted.load(Ordering::SeqCst), 1, "it was at work");
    assert_eq!(sender.await.unwrap().text(), "done");
    let again = Handler::new(true);
    assert_eq!(again.receive(&receiver, &headers, "{}").await.text(), "this notification was acted on before");
}

#[tokio::test(start_paused = true)]
async fn one_whose_lease_has_ended_changes_nothing_of_anothers_claim() {
    let lease = Duration::from_secs(60);
    let (store, stalled, other) = (RecentDeliveries::default(), claim(1, Some(10)), claim(2, Some(10)));
    assert_eq!(store.begin(&stalled, lease).await.unwrap(), Begun::Yours);
    assert_eq!(store.begin(&other, lease).await.unwrap(), Begun::Busy { ends_in: lease });
    assert_eq!(store.begin(&stalled, lease).await.unwrap(), Begun::Yours, "a step that is repeated");
    tokio::time::advance(lease).await;
    assert_eq!(store.begin(&other, lease).await.unwrap(), Begun::Yours);
    assert_eq!(store.renew(&stalled, lease).await.unwrap(), Standing::Gone);
    assert_eq!(store.release(&stalled).await.unwrap(), Standing::Gone);
    assert_eq!(store.done(&stalled).await.unwrap(), Standing::Gone);
    assert_eq!(store.standing(&other).await.unwrap(), Standing::Held);
    assert_eq!(store.done(&other).await.unwrap(), Standing::Done);
    assert_eq!(store.done(&other).await.unwrap(), Standing::Done, "a step that is repeated");
    assert_eq!(store.release(&other).await.unwrap(), Standing::Done, "what is done is not released");
    assert_eq!(store.begin(&claim(3, Some(10)), lease).await.unwrap(), Begun::Done);
    assert_eq!(store.begin(&claim(3, None), lease).await.unwrap(), Begun::Yours);
    assert!(!format!("{other:?}").contains(&format!("{:?}", other.token())));
}

fn claim(delivery: u8, signature: Option<u8>) -> Claim {
    Claim::new([delivery; 32], signature.map(|signature| [signature; 32])).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_signature_counts_for_the_delivery_that_it_first_came_with_whatever_became_of_that() {
    let (store, lease) = (RecentDeliveries::default(), Duration::from_secs(60));
    let begin = async |delivery, signature| store.begin(&claim(delivery, Some(signature)), lease).await.unwrap();
    let (failed, acts) = (claim(1, Some(10)), claim(1, Some(11)));
    assert_eq!(store.begin(&failed, lease).await.unwrap(), Begun::Yours);
    assert_eq!(store.release(&failed).await.unwrap(), Standing::Gone);
    assert_eq!(store.begin(&acts, lease).await.unwrap(), Begun::Yours);
    assert_eq!(begin(1, 12).await, Begun::Busy { ends_in: lease });
    assert_eq!(begin(9, 10).await, Begun::Busy { ends_in: lease }, "what failed is known too");
    assert_eq!(store.done(&acts).await.unwrap(), Standing::Done);
    assert_eq!(begin(1, 13).await, Begun::Done);
    for signature in 10..14 {
        assert_eq!(begin(9, signature).await, Begun::Done, "a copy of {signature} under another id");
    }
    assert_eq!(begin(9, 14).await, Begun::Yours, "no copy has swallowed it");

    // A re-send that comes late can be copied for longer than its delivery is known.
    tokio::time::advance(20 * HOUR).await;
    assert_eq!(begin(1, 15).await, Begun::Done);
    tokio::time::advance(5 * HOUR).await;
    assert_eq!(store.begin(&claim(1, None), lease).await.unwrap(), Begun::Yours);
    assert_eq!(begin(8, 15).await, Begun::Done);
}

#[tokio::test]
async fn a_copy_under_another_id_acts_on_nothing_though_its_original_was_a_resend_that_failed_or_was_not_needed() {
    let (receiver, handler) = (Receiver::new(verifier()), Handler::new(true));
    let anew = |seconds| signer().headers(b"{}", SystemTime::now() + Duration::from_secs(seconds)).unwrap();
    let with = |headers: &HeaderMap, id: &str| {
        let mut headers = headers.clone();
        headers.insert(DELIVERY_HEADER, id.parse().unwrap());
        headers
    };
    let (failed, acted, not_needed) = (anew(1), anew(2), anew(3));
    assert_eq!(Handler::new(false).receive(&receiver, &with(&failed, "7"), "{}").await.status(), 500);
    for headers in [&acted, &not_needed] {
        assert_eq!(handler.receive(&receiver, &with(headers, "7"), "{}").await.status(), 200);
    }
    for headers in [&failed, &acted, &not_needed] {
        for copy in [with(headers, "8"), headers.clone()] {
            let answer = handler.receive(&receiver, &copy, "{}").await;
            assert_eq!(answer.text(), "this notification was acted on before");
        }
    }
    assert_eq!(handler.count(), 1);
}

#[tokio::test]
async fn receivers_of_other_names_swallow_nothing_of_each_other() {
    let store = Arc::new(RecentDeliveries::default());
    let handler = Handler::new(true);
    let receiver = || Receiver::with(verifier(), store.clone());
    let headers = signed(&signer(), "{}", Some("7"));
    for (receiver, acted) in [
        (receiver().named("a shop"), 1),
        (receiver().named("a ledger"), 2),
        (receiver().named("a shop"), 2),
        (receiver(), 3),
    ] {
        let _ = handler.receive(&receiver, &headers, "{}").await;
        assert_eq!(handler.count(), acted);
    }
}

#[tokio::test]
async fn a_resend_under_the_same_id_is_the_same_whichever_key_it_is_signed_with() {
    let verifier = Verifier::builder().key("1", "a key").key("2", "another").legacy_secret("a secret").build();
    let (receiver, handler) = (Receiver::new(verifier), Handler::new(true));
    for signer in [signer(), Signer::new("2", "another"), Signer::legacy("a secret")] {
        let _ = handler.receive(&receiver, &signed(&signer, "{}", Some("7")), "{}").await;
    }
    assert_eq!(handler.count(), 1);
}

#[tokio::test]
async fn a_full_store_knows_what_is_done_though_it_is_signed_anew() {
    let (store, lease) = (RecentDeliveries::new(1), Duration::from_secs(60));
    let done = claim(1, Some(10));
    assert_eq!(store.begin(&done, lease).await.unwrap(), Begun::Yours);
    assert_eq!(store.done(&done).await.unwrap(), Standing::Done);
    assert_eq!(store.begin(&claim(1, Some(11)), lease).await.unwrap(), Begun::Done);
    assert!(store.begin(&claim(2, Some(12)), lease).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_full_store_forgets_nothing_and_acts_on_nothing() {
    let receiver = Receiver::with(verifier(), RecentDeliveries::new(2));
    let handler = Handler::new(true);
    let headers: Vec<_> = ["[1]", "[2]", "[3]"].map(|body| (signed(&signer(), body, None), body)).into();
    let send = async |index: usize| handler.receive(&receiver, &headers[index].0, headers[index].1).await.status();
    assert_eq!((send(0).await, send(1).await), (StatusCode::OK, StatusCode::OK));
    assert_eq!(send(2).await, 503);
    assert_eq!((send(0).await, handler.count()), (StatusCode::OK, 2), "known");
    tokio::time::advance(25 * HOUR).await;
    assert_eq!((send(2).await, handler.count()), (StatusCode::OK, 3));
}

#[test]
fn the_operator_is_told_of_every_refusal_ten_times_a_second_and_how_many_were_left_out() {
    let (log, verifier) = (crate::support::Log::default(), verifier());
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let refuse = |times: usize| {
        for _ in 0..times {
            verifier
                .verify(&signed(&Signer::new("2", "a secret key"), "{}", None), b"{}", SystemTime::now())
                .unwrap_err();
        }
    };
    let told = || log.text().lines().filter(|line| line.contains("a notification was refused")).count();
    tracing::subscriber::with_default(subscriber, || {
        tracing::callsite::rebuild_interest_cache();
        refuse(25);
        // Whatever the machine's load is: as many seconds as it took, ten each.
        let begun = told();
        assert!(begun >= 10);
        while told() == begun {
            std::thread::sleep(Duration::from_millis(50));
            refuse(1);
        }
        let _ = verifier.verify(&HeaderMap::new(), b"", SystemTime::now());
    });
    let text = log.text();
    let line = text.lines().next().unwrap();
    for part in ["WARN", "the verifier has no key of the id in x-lf-signature", "status=401", "left_out=0"] {
        assert!(line.contains(part), "{part} in {line}");
    }
    let left_out = |line: &str| line.rsplit("left_out=").next().unwrap().trim().parse::<usize>().unwrap();
    assert!(text.lines().filter(|line| line.contains("left_out")).map(left_out).sum::<usize>() >= 15, "{text}");
    assert!(!text.contains("a secret key") && !text.contains("empty request"), "a probe is told at debug");
}

#[test]
fn how_many_refusals_were_left_out_is_told_when_the_second_ends_though_no_other_comes() {
    let log = crate::support::Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    crate::support::every_subscriber_is_asked();
    let verifier = verifier();
    // A runtime without timers.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async {
        for _ in 0..25 {
            let headers = signed(&Signer::new("2", "a secret key"), "{}", None);
            verifier.verify(&headers, b"{}", SystemTime::now()).unwrap_err();
            tokio::task::yield_now().await;
        }
    });
    while !log.text().contains("more notifications were refused") {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(verifier);
    assert_eq!(told_and_left_out(&log.text()), 25);
}

/// How many refusals a log tells of, one by one or as left out.
fn told_and_left_out(text: &str) -> usize {
    let told = text.lines().filter(|line| line.contains("a notification was refused")).count();
    let left_out = |line: &str| line.rsplit("left_out=").next().unwrap().trim().parse::<usize>().unwrap();
    told + text.lines().map(left_out).sum::<usize>()
}

#[test]
fn every_refusal_is_told_or_counted_by_the_time_the_verifier_ends() {
    let log = crate::support::Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, || {
        crate::support::every_subscriber_is_asked();
        let verifier = verifier();
        for _ in 0..25 {
            verifier.verify(&signed(&Signer::new("2", "a key"), "{}", None), b"{}", SystemTime::now()).unwrap_err();
        }
    });
    let text = log.text();
    assert_eq!(told_and_left_out(&text), 25, "{text}");
}
