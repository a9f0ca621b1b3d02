//! Calls that are waited for, in a program without a runtime or inside of one.

use std::sync::mpsc::channel;
use std::time::{Duration, SystemTime};

use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, PackageOrder, QueryOrder};
use linksfield::sandbox::Sandbox;
use linksfield::{Credentials, Error, ErrorKind};

use crate::support::{Log, client_of, every_subscriber_is_asked, monthly_plan};

/// A sandbox on a thread of its own, so that whoever waits does not keep it from answering.
fn sandbox() -> Sandbox {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tell.send(Sandbox::start().await.unwrap()).unwrap();
            std::future::pending::<()>().await
        })
    });
    told.recv().unwrap()
}

fn listed() -> QueryOrder {
    QueryOrder::builder().page_no(1).page_size(2).build()
}

#[test]
fn a_program_without_a_runtime_orders_and_lists() {
    let sandbox = sandbox();
    let client = client_of(&sandbox);
    for _ in 0..5 {
        client.order_package(&monthly_plan()).wait().unwrap();
    }
    let orders: Vec<PackageOrder> = client.query_order_items(listed()).wait().collect::<Result<_, _>>().unwrap();
    assert_eq!((orders.len(), sandbox.order_count()), (5, 5), "three pages");
    let response = client.order_package(&monthly_plan()).wait_response().unwrap();
    assert_eq!((response.status().as_u16(), response.attempts()), (200, 1));
    let error = client.open_package(&OpenPackage::builder().order_id("1").build()).wait().unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Refused, Some("SANDBOX-UNKNOWN-ORDER")));
}

#[test]
fn several_threads_wait_at_once() {
    let sandbox = sandbox();
    let client = client_of(&sandbox);
    let order = || client.order_package(&monthly_plan()).wait().unwrap();
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(order))));
    assert_eq!(sandbox.order_count(), 8);
}

#[tokio::test]
async fn one_client_serves_who_awaits_and_who_waits_inside_a_runtime_of_one_thread() {
    let sandbox = sandbox();
    let client = client_of(&sandbox);
    for _ in 0..3 {
        // The connection that this keeps is driven by the thread that waits below.
        client.order_package(&monthly_plan()).await.unwrap();
        client.order_package(&monthly_plan()).wait().unwrap();
    }
    assert_eq!(sandbox.order_count(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_can_be_waited_for_inside_a_runtime_of_several_threads() {
    let sandbox = Sandbox::start().await.unwrap();
    client_of(&sandbox).order_package(&monthly_plan()).wait().unwrap();
}

/// A server on a thread of its own that answers nothing until it is told to, and says when a request came.
fn silent() -> (String, std::sync::mpsc::Receiver<()>, std::sync::mpsc::Sender<()>) {
    use std::io::{Read, Write};
    let (listener, (came, comes), (go, goes)) =
        (std::net::TcpListener::bind("127.0.0.1:0").unwrap(), channel(), channel::<()>());
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = came.send(());
            let _ = goes.recv();
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 15\r\n\r\n{\"code\":\"0000\"}");
        }
    });
    (url, comes, go)
}

fn limited(url: &str, in_flight: Option<u32>, per_second: Option<u32>) -> Client {
    let client = Client::builder().credentials(Credentials::new("P000270", "s").unwrap()).environment(url);
    client.maybe_in_flight(in_flight).maybe_per_second(per_second).build().unwrap()
}

/// A wait that would have no end, but for its deadline.
fn refused_to_wait(client: &Client) {
    let call = client.open_package(&OpenPackage::builder().order_id("1").build());
    let error = call.deadline(Duration::from_secs(60)).wait().unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::InvalidRequest, 0, false));
    assert!(error.to_string().contains("await it as well, or wait on a thread of its own"), "{error}");
}

#[tokio::test]
async fn who_keeps_the_calls_that_hold_the_limits_from_going_on_is_told_so() {
    let (url, comes, go) = silent();
    let client = limited(&url, Some(1), None);
    let list = client.query_order(&listed());
    let holds = tokio::spawn(list);
    tokio::task::spawn_blocking(move || comes.recv()).await.unwrap().unwrap();
    refused_to_wait(&client);
    // A thread of its own keeps nobody.
    let waits = client.query_order(&listed());
    let waits = tokio::task::spawn_blocking(move || waits.wait());
    go.send(()).unwrap();
    go.send(()).unwrap();
    holds.await.unwrap().unwrap();
    waits.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_keeps_the_calls_that_wait_for_their_time_from_going_on_is_told_so() {
    let (url, _comes, go) = silent();
    let client = limited(&url, None, Some(1));
    go.send(()).unwrap();
    client.query_order(&listed()).await.unwrap();
    // Each adds a second, so that some wait however slow this machine is.
    let queued: Vec<_> = (0..30).map(|_| tokio::spawn(client.query_order(&listed()))).collect();
    tokio::task::yield_now().await;
    refused_to_wait(&client);
    queued.iter().for_each(tokio::task::JoinHandle::abort);
}

/// One whose only worker is the task that waits, while another task holds the limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn who_waits_on_the_only_worker_of_a_runtime_lets_its_other_tasks_go_on() {
    let (url, comes, go) = silent();
    let client = limited(&url, Some(1), None);
    let holds = tokio::spawn(client.query_order(&listed()));
    tokio::task::spawn_blocking(move || comes.recv()).await.unwrap().unwrap();
    let waits = client.query_order(&listed()).deadline(Duration::from_secs(60));
    let waits = tokio::spawn(async move {
        go.send(()).unwrap();
        go.send(()).unwrap();
        waits.wait()
    });
    waits.await.unwrap().unwrap();
    holds.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_in_a_local_set_beside_the_call_that_holds_the_limit_is_told_so() {
    let (url, comes, go) = silent();
    let client = limited(&url, Some(1), None);
    let all = tokio::task::LocalSet::new();
    let here = all.run_until(async {
        let holds = tokio::task::spawn_local(client.query_order(&listed()));
        tokio::task::spawn_blocking(move || comes.recv()).await.unwrap().unwrap();
        let waiting = client.clone();
        tokio::task::spawn_local(async move { refused_to_wait(&waiting) }).await.unwrap();
        go.send(()).unwrap();
        holds.await.unwrap().unwrap();
    });
    here.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_beside_a_call_of_the_same_task_is_told_so() {
    let (url, comes, go) = silent();
    let client = limited(&url, Some(1), None);
    let beside = async {
        tokio::task::spawn_blocking(move || comes.recv()).await.unwrap().unwrap();
        refused_to_wait(&client);
        go.send(()).unwrap();
    };
    tokio::join!(client.query_order(&listed()), beside).0.unwrap();
}

#[test]
fn a_panic_of_the_callers_clock_and_waiting_in_it_are_errors_not_an_endless_wait() {
    let client = |clock: fn() -> SystemTime| {
        linksfield::csss::Client::builder()
            .credentials(Credentials::new("P000270", "s").unwrap())
            .environment("http://127.0.0.1:1")
            .clock(clock)
            .build()
            .unwrap()
    };
    let panics = || -> SystemTime { panic!("the clock fell down") };
    let error = client(panics).order_package(&monthly_plan()).wait().unwrap_err();
    assert_eq!((error.outcome_unknown(), error.attempts()), (false, 1), "it was to be signed: {error}");
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Panicked, "orderPackage"));
    assert!(error.to_string().contains("a panic ended it") && !error.to_string().contains("connection"), "{error}");
    let error = client(panics).query_order_items(listed()).wait().next().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Panicked, "queryOrder"));
    let waits = || {
        let client = crate::support::client_at("http://127.0.0.1:1");
        let error = client.order_package(&monthly_plan()).wait().unwrap_err();
        assert!(error.to_string().contains("can't wait for a call"), "{error}");
        SystemTime::UNIX_EPOCH + Duration::from_secs(1)
    };
    let error: Error = client(waits).order_package(&monthly_plan()).wait().unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false), "{error}");
}

#[test]
fn a_call_that_is_waited_for_tells_the_subscriber_of_who_waits() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let sandbox = sandbox();
    let client = client_of(&sandbox);
    tracing::subscriber::with_default(subscriber, || {
        every_subscriber_is_asked();
        let _span = tracing::info_span!("the_script").entered();
        let policy = linksfield::RetryPolicy::builder().first_delay(Duration::ZERO).build();
        sandbox.misbehave(Some(linksfield::sandbox::Fault::TooManyRequests));
        client.query_order(&listed()).retry(policy).wait().unwrap_err();
    });
    assert!(log.text().contains("the_script:linksfield{"), "{}", log.text());
}

#[test]
fn a_panic_is_the_same_in_the_error_and_in_telemetry() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false);
    let subscriber = subscriber.with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE);
    let subscriber = subscriber.with_max_level(tracing::Level::DEBUG).finish();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok(stream) = listener.accept() {
            drop(stream);
        }
    });
    let client = |falls_at: u32| {
        let policy = linksfield::RetryPolicy::builder().first_delay(Duration::ZERO).build();
        let told = std::sync::atomic::AtomicU32::new(0);
        let client = Client::builder().credentials(Credentials::new("P000270", "s").unwrap()).environment(&*url);
        client
            .retry(policy)
            .headers(move |_| {
                assert!(
                    told.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1 < falls_at,
                    "the headers fell down"
                );
            })
            .build()
            .unwrap()
    };
    tracing::subscriber::with_default(subscriber, || {
        every_subscriber_is_asked();
        let error = client(2).query_order(&listed()).wait().unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Panicked, 2, false));
        let error = client(1).order_package(&monthly_plan()).wait().unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Panicked, 1, false));
    });
    let text = log.text();
    assert_eq!(text.matches("error.type=Panicked linksfield.outcome_unknown=false").count(), 2, "{text}");
    assert!(!text.contains("unknown_outcomes") && !text.contains("Cancelled"), "{text}");
}
