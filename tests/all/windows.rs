//! Operations whose equal calls count as one for some time: sent once more if the policy says so, and never believed too soon.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use linksfield::cube::types::CancelSim;
use linksfield::cube::{Client, Credentials, OPERATIONS};
use linksfield::http::Method;
use linksfield::reqwest::dns::{Addrs, Name, Resolve, Resolving};
use linksfield::sandbox::{CUBE_KEY_ID, Fault, Reply, Sandbox, Story};
use linksfield::{Error, ErrorKind, RetryPolicy};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::cube::{client_of, key, renewal, sandbox_with_a_clock, sms};
use crate::support::{Canned, Log, response};

const ACCEPTED: &str = r#"{"status":{"code":"CB-00-0000"},"data":{"order_id":"OL-1"}}"#;

const BEGUN: &str = r#"{"status":{"code":"CB-00-0000"},"data":{"job_id":"1"}}"#;

fn policy() -> RetryPolicy {
    RetryPolicy::builder().first_delay(Duration::from_millis(1)).within_window(true).build()
}

fn client(url: &str, policy: RetryPolicy) -> Client {
    let credentials = Credentials::new(CUBE_KEY_ID, key()).unwrap();
    Client::builder().credentials(credentials).environment(url).retry(policy).build().unwrap()
}

/// A server that gives these answers, one after the other; nothing closes the connection.
async fn server(answers: &[(&str, &str)]) -> Canned {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let answer = |(status, body): &(&str, &str)| match *status {
        "" => String::new(),
        status => response(status, "application/json", body),
    };
    Canned::sequence(listener, answers.iter().map(answer).collect())
}

#[test]
fn two_operations_have_a_window() {
    let windows = OPERATIONS.iter().filter_map(|operation| Some((operation.id, operation.idempotent_for?.as_secs())));
    assert_eq!(windows.collect::<Vec<_>>(), [("createRenewalOrder", 10), ("sendSms", 10)]);
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_sent_once_more_with_the_same_bytes() {
    let lost = server(&[("", ""), ("200 OK", ACCEPTED)]).await;
    let ordered = client(&lost.url, policy()).create_renewal_order(&renewal()).response().await.unwrap();
    assert_eq!((ordered.data().order_id.as_str(), ordered.attempts()), ("OL-1", 2));
    let [first, second] = lost.requests().try_into().unwrap();
    assert_eq!(first, second);
    let failed = server(&[("200 OK", r#"{"status":{"code":"CB-99-9500"}}"#), ("200 OK", BEGUN)]).await;
    client(&failed.url, policy()).send_sms(&sms("x")).await.unwrap();
    let [first, second] = failed.requests().try_into().unwrap();
    assert_eq!(first, second);
}

#[tokio::test]
async fn after_the_second_attempt_only_an_acceptance_makes_the_outcome_known() {
    let busy = r#"{"status":{"code":"CB-01-0111","message":"last request is being processed"}}"#;
    for (status, body, kind) in [
        ("200 OK", busy, ErrorKind::Refused),
        ("429 Too Many Requests", busy, ErrorKind::Refused),
        ("429 Too Many Requests", "", ErrorKind::RateLimited),
        ("403 Forbidden", r#"{"status":{"code":"CB-99-9403"}}"#, ErrorKind::Refused),
        ("200 OK", "{", ErrorKind::Unreadable),
        ("", "", ErrorKind::Transport),
    ] {
        let server = server(&[("", ""), (status, body), ("200 OK", ACCEPTED)]).await;
        let error = client(&server.url, policy()).create_renewal_order(&renewal()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts(), error.outcome_unknown()),
            (kind, 2, true),
            "{status} {body}: {error}"
        );
        assert!(error.to_string().contains("find out before you call again"), "{error}");
        assert_eq!(server.requests().len(), 2, "{status} {body}");
    }
}

#[tokio::test]
async fn a_raw_call_is_not_sent_again_within_the_window() {
    let server = server(&[("", ""), ("200 OK", ACCEPTED)]).await;
    let call = client(&server.url, policy()).call::<Value>(Method::POST, "/orders/service", &renewal());
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Transport, 1, true), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_second_attempt_that_is_not_sent_leaves_the_outcome_unknown() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // Nobody listens any more before the first is lost.
        drop(listener);
        std::io::Read::read(&mut stream, &mut [0; 4096]).unwrap();
    });
    let error = client(&url, policy()).create_renewal_order(&renewal()).await.unwrap_err();
    server.join().unwrap();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Transport, 2, true), "{error}");
}

/// Resolves names to this machine, which falls asleep over the second.
struct Sleepy(AtomicU32);

impl Resolve for Sleepy {
    fn resolve(&self, _: Name) -> Resolving {
        let is_second = self.0.fetch_add(1, Ordering::Relaxed) == 1;
        Box::pin(async move {
            if is_second {
                std::thread::sleep(Duration::from_millis(4100));
            }
            Ok(Box::new([SocketAddr::from(([127, 0, 0, 1], 0))].into_iter()) as Addrs)
        })
    }
}

#[tokio::test]
async fn a_machine_that_sleeps_while_it_connects_sends_no_body_after_the_window_closed() {
    let server = server(&[("", ""), ("200 OK", ACCEPTED)]).await;
    let sleepy = crate::support::http().dns_resolver(Sleepy(AtomicU32::new(0))).build().unwrap();
    let client = Client::builder()
        .credentials(Credentials::new(CUBE_KEY_ID, key()).unwrap())
        .environment(server.url.replace("127.0.0.1", "localhost"))
        .http_client(sleepy)
        .retry(policy())
        .build()
        .unwrap();
    let error = client.create_renewal_order(&renewal()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Transport, 1, true), "{error}");
    let bodies = server.requests().iter().filter(|request| request.contains("\"items\"")).count();
    assert_eq!(bodies, 1, "{:?}", server.requests());
}

#[tokio::test]
async fn nothing_is_sent_again_unless_the_caller_says_so_the_outcome_is_unknown_and_there_is_time() {
    let once = async |policy: RetryPolicy, answers: &[(&str, &str)]| -> Error {
        let server = server(answers).await;
        let error = client(&server.url, policy).create_renewal_order(&renewal()).await.unwrap_err();
        assert_eq!(server.requests().len(), 1, "{error}");
        error
    };
    let lost = [("", ""), ("200 OK", ACCEPTED)];
    assert!(once(RetryPolicy::default(), &lost).await.outcome_unknown());
    assert!(once(RetryPolicy::builder().attempts(1).within_window(true).build(), &lost).await.outcome_unknown());
    let long = Duration::from_secs(1_000_000);
    let late = RetryPolicy::builder().first_delay(long).longest_delay(long).total(long).within_window(true).build();
    assert!(once(late, &lost).await.outcome_unknown());
    let asking = [("503 x\r\nretry-after: 11", r#"{"status":{"code":"CB-99-9500"}}"#), ("200 OK", ACCEPTED)];
    let error = once(policy(), &asking).await;
    assert_eq!((error.outcome_unknown(), error.retry_after()), (true, Some(Duration::from_secs(11))));
    let refused = [("200 OK", r#"{"status":{"code":"CB-01-0006"}}"#), ("200 OK", ACCEPTED)];
    assert!(!once(policy(), &refused).await.outcome_unknown());
}

/// What is traced until the guard is dropped.
fn traced() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();
    (log, guard)
}

#[tokio::test]
async fn a_resend_that_is_held_back_beyond_the_window_orders_twice_and_the_log_warns() {
    for (held_back, orders) in [(9, 1), (11, 2)] {
        let (log, _guard) = traced();
        let (sandbox, pass) = sandbox_with_a_clock().await;
        sandbox.tell(Story::new(Fault::DropAfterPlacing).of("createRenewalOrder")).unwrap();
        let asked = AtomicU32::new(0);
        let holding_back = move || {
            if asked.fetch_add(1, Ordering::Relaxed) == 1 {
                pass(held_back);
            }
            SystemTime::now()
        };
        let client = Client::builder()
            .credentials(sandbox.cube_credentials())
            .environment(sandbox.cube_url())
            .clock(holding_back)
            .retry(policy())
            .build()
            .unwrap();
        let ordered = client.create_renewal_order(&renewal()).response().await.unwrap();
        assert_eq!((ordered.attempts(), sandbox.cube_order_count()), (2, orders), "after {held_back} s");
        assert!(log.text().contains("the same request is sent once more"), "{}", log.text());
    }
}

#[tokio::test]
async fn an_equal_call_gets_no_order_of_its_own_until_the_window_is_over_and_the_log_warns() {
    let (log, _guard) = traced();
    let (sandbox, pass) = sandbox_with_a_clock().await;
    let client = client_of(&sandbox);
    client.create_renewal_order(&renewal()).header("authorization", "mine").await.unwrap_err();
    let first = client.create_renewal_order(&renewal()).await.unwrap().order_id;
    assert!(!log.text().contains("equal call"), "{}", log.text());

    pass(9);
    let second = client.create_renewal_order(&renewal()).await.unwrap().order_id;
    assert_eq!((&first, sandbox.cube_order_count()), (&second, 1), "the second call got no order of its own");
    assert!(
        log.text().contains("an equal call was made within the time in which equal calls count as one"),
        "{}",
        log.text()
    );

    let raw = client.call::<Value>(Method::POST, "/orders/service", &renewal()).await.unwrap();
    assert_eq!((&raw["order_id"], sandbox.cube_order_count()), (&json!(first), 1));
    assert_eq!(log.text().matches("an equal call was made").count(), 2, "a raw one is told too: {}", log.text());

    pass(2);
    let third = client.create_renewal_order(&renewal()).await.unwrap().order_id;
    assert_ne!(first, third, "11 seconds after the first");
    assert_eq!(sandbox.cube_order_count(), 2);
    assert_eq!(log.text().matches("an equal call was made").count(), 3, "{}", log.text());

    let otherwise = json!({ "orders": "Orders", "items": renewal().items });
    client.call::<Value>(Method::POST, "/{orders}/%73ervice", &otherwise).await.unwrap_err();
    assert_eq!(log.text().matches("an equal call was made").count(), 4, "however it is written: {}", log.text());

    // An SMS has a nonce of its own, which counts: it is sent twice.
    let job = async || client.send_sms(&sms("twice")).await.unwrap().job_id;
    let (one, other) = (job().await, job().await);
    assert_ne!(one, other);
    assert_eq!(log.text().matches("an equal call was made").count(), 5, "that may be charged twice: {}", log.text());

    sandbox.tell(Story::new(Reply::refusal("CB-01-0006", "no")).of("sendSms").times(2)).unwrap();
    let twice = async |expected| {
        for _ in 0..2 {
            let error = client.send_sms(&sms("x")).await.unwrap_err();
            assert_eq!((error.kind(), error.outcome_unknown()), (expected, false), "{error}");
        }
    };
    twice(ErrorKind::Refused).await;
    drop(sandbox);
    twice(ErrorKind::Transport).await;
    assert_eq!(log.text().matches("an equal call was made").count(), 5, "of what did nothing: {}", log.text());
}

#[tokio::test]
async fn a_client_keeps_to_the_calls_of_a_day_and_says_when_the_next_is_free() {
    let sandbox = Sandbox::start().await.unwrap();
    let builder = || Client::builder().credentials(sandbox.cube_credentials()).environment(sandbox.cube_url());
    let client = builder().per_day(2).build().unwrap();
    for _ in 0..3 {
        let error = client.cancel_sim(&CancelSim::builder().sim_id("").build()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "what is not sent takes nothing of the day");
    }
    client.create_renewal_order(&renewal()).await.unwrap();
    client.clone().create_renewal_order(&renewal()).await.unwrap();
    let error = client.send_sms(&sms("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::UsedUp, 0, false));
    assert!(error.retry_after().unwrap() > Duration::from_secs(23 * 3600));
    assert!(error.to_string().contains("the 2 calls that this client may make in 24 hours are used up"), "{error}");
    assert_eq!(sandbox.cube_sms_count(), 0);
    assert!(builder().per_day(0).build().unwrap_err().to_string().contains("per_day must not be 0"));
    let debug = format!("{:?}", builder().build().unwrap());
    assert!(debug.contains("limit: 5000") && debug.contains("permits: 3"), "{debug}");
}
