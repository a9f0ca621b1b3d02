//! The sandbox serves in a thread of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use linksfield::csss::types::OpenPackage;
use linksfield::sandbox::{Fault, Sandbox};
use linksfield::{ErrorKind, notification::Signer};

use crate::support::{client_of, monthly_plan, placed};

/// Asks without any runtime; the whole answer.
fn ask(url: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_starts_and_serves_where_there_is_no_runtime() {
    let sandbox = Sandbox::start_blocking().unwrap();
    assert!(ask(sandbox.url(), "/no/such").contains("SANDBOX-UNKNOWN-PATH"));
    let other = Sandbox::builder().plan("P1").start_blocking().unwrap();
    assert_ne!(sandbox.url(), other.url());
}

#[tokio::test(flavor = "current_thread")]
async fn a_test_that_blocks_its_only_thread_is_answered() {
    let sandbox = Sandbox::start().await.unwrap();
    assert!(ask(sandbox.url(), "/openapi.yaml").contains("openapi: 3.0.3"));
}

#[tokio::test(start_paused = true)]
async fn it_keeps_real_time_where_the_time_of_a_test_stands_still() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.misbehave(Some(Fault::Delay));
    let (began, began_paused) = (Instant::now(), tokio::time::Instant::now());
    assert!(ask(sandbox.url(), "/no/such").contains("SANDBOX-UNKNOWN-PATH"));
    assert!(began.elapsed() >= Duration::from_millis(100), "the delay is real");
    assert_eq!(began_paused.elapsed(), Duration::ZERO);
}

#[test]
fn it_outlives_the_runtime_that_started_it_and_ends_when_it_is_dropped() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sandbox = runtime().block_on(Sandbox::start()).unwrap();
    runtime().block_on(async { placed(&client_of(&sandbox)).await });
    assert_eq!(sandbox.order_count(), 1);
    let address = sandbox.url().trim_start_matches("http://").to_owned();
    drop(sandbox);
    while TcpStream::connect(&address).is_ok() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test]
async fn the_time_of_orders_can_be_set_and_goes_on_by_the_clock_of_the_test() {
    let start = UNIX_EPOCH + Duration::from_secs(1_643_253_530);
    let sandbox = Sandbox::builder().clock(move || start).start().await.unwrap();
    let client = client_of(&sandbox);
    let day = async |sandbox: &Sandbox| {
        let open = OpenPackage::builder().order_id(placed(&client_of(sandbox)).await).build();
        client.open_package(&open).await.unwrap().order_start_date.unwrap().to_string()
    };
    assert_eq!(day(&sandbox).await, "2022-01-27 11:18:50");
    sandbox.set_time(Some(start + Duration::from_secs(24 * 3600))).unwrap();
    assert_eq!(day(&sandbox).await, "2022-01-28 11:18:50");
    sandbox.set_time(None).unwrap();
    assert_eq!(day(&sandbox).await, "2022-01-27 11:18:50");
}

#[tokio::test]
async fn a_clock_out_of_range_is_refused_at_the_start_and_later_by_refusing_requests() {
    let last = UNIX_EPOCH + Duration::from_secs(253_370_764_799);
    for (time, good) in [
        (UNIX_EPOCH, true),
        (UNIX_EPOCH - Duration::from_secs(1), false),
        (last, true),
        (last + Duration::from_secs(1), false),
    ] {
        let result = Sandbox::builder().clock(move || time).start().await;
        assert_eq!(result.is_ok(), good, "{time:?}");
        assert!(result.err().is_none_or(|error| error.to_string().contains("from 1970 to 9998")));
    }
    let clock = Arc::new(Mutex::new(SystemTime::now()));
    let hands = clock.clone();
    let sandbox = Sandbox::builder().clock(move || *clock.lock().unwrap()).start().await.unwrap();
    *hands.lock().unwrap() = last + Duration::from_secs(1);
    let error = client_of(&sandbox).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Refused, Some("SANDBOX-CLOCK")));
    assert!(sandbox.set_time(Some(last + Duration::from_secs(1))).is_err());
    *hands.lock().unwrap() = last;
    placed(&client_of(&sandbox)).await;
}

#[tokio::test]
async fn settings_that_can_not_work_are_refused_at_the_start() {
    let signer = || Signer::new("key-1", "a key that nobody may see");
    for (result, words) in [
        (Sandbox::builder().callback_signer(signer()).start().await, "no callback"),
        (Sandbox::builder().callback("nowhere").start().await, "no URL"),
        (Sandbox::builder().callback("ftp://localhost/").start().await, "http or https"),
        (
            Sandbox::builder().callback("http://localhost/").callback_signer(Signer::new("a\nb", "1")).start().await,
            "can't be signed",
        ),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("nobody may see"), "{error}");
    }
}

/// Says `request` and nothing more; what comes back until the connection ends.
fn say(sandbox: &Sandbox, request: &str) -> String {
    let mut stream = TcpStream::connect(sandbox.url().trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn a_request_that_does_not_come_in_time_is_not_waited_for() {
    let sandbox = Sandbox::builder().read_timeout(Duration::from_millis(50)).start_blocking().unwrap();
    let head = "POST /device/syncAssetInfo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    assert_eq!(say(&sandbox, head).len(), 0);
    let answer = say(&sandbox, &format!("{head}content-length: 10\r\n\r\n{{"));
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("SANDBOX-BODY-TIMEOUT"), "{answer}");
    assert!(ask(sandbox.url(), "/no/such").contains("SANDBOX-UNKNOWN-PATH"));
}
