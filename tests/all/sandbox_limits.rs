//! What the sandbox takes and keeps has bounds.

use std::time::Duration;

use linksfield::cube::types::RenewalExtra;
use linksfield::sandbox::{BODY_LIMIT, Fault, HEAD_LIMIT, Report, SCENE_LIMIT, Sandbox, Story, TEXT_LIMIT};
use linksfield::{Error, ErrorKind};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::{client_of, http, placed};

const GET: &[u8] = b"GET /no/such HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

async fn connected(sandbox: &Sandbox) -> TcpStream {
    TcpStream::connect(sandbox.url().trim_start_matches("http://")).await.unwrap()
}

#[tokio::test]
async fn one_connection_more_than_allowed_waits_until_another_ends() {
    let sandbox = Sandbox::builder().connection_limit(2).start().await.unwrap();
    let (first, _second) = (connected(&sandbox).await, connected(&sandbox).await);
    let mut third = connected(&sandbox).await;
    third.write_all(GET).await.unwrap();
    let mut answer = String::new();
    let waited = timeout(Duration::from_millis(300), third.read_to_string(&mut answer)).await;
    assert!(waited.is_err() && answer.is_empty(), "{answer}");
    drop(first);
    third.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("SANDBOX-UNKNOWN-PATH"), "{answer}");
    let error = Sandbox::builder().connection_limit(0).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_not_waited_for() {
    let sandbox = Sandbox::builder().connection_limit(1).read_timeout(Duration::from_millis(200));
    let sandbox = sandbox.start().await.unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut slow = socket.connect(sandbox.url().trim_start_matches("http://").parse().unwrap()).await.unwrap();
    slow.write_all(b"GET /no/such HTTP/1.1\r\nhost: localhost\r\nsandbox-fault: huge\r\n\r\n").await.unwrap();
    // The only place is free again when the sandbox has given up.
    let other = http().timeout(Duration::from_secs(60)).build().unwrap();
    assert_eq!(other.get(format!("{}/other", sandbox.url())).send().await.unwrap().status(), 404);
    drop(slow);
}

#[tokio::test]
async fn a_long_head_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let long = "x".repeat(3 * HEAD_LIMIT);
    let answer = http().build().unwrap().get(sandbox.url()).header("x-long", long).send().await.unwrap();
    assert_eq!(answer.status(), 431);
}

#[tokio::test]
async fn no_more_stories_can_be_told_than_are_kept() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let story = || Story::new(Fault::Delay).of("openPackage");
    for _ in 0..SCENE_LIMIT / 2 {
        sandbox.tell(story().then(story()))?;
    }
    let error = sandbox.tell(story()).unwrap_err();
    assert!(error.to_string().contains("let some be played, or forget them"), "{error}");
    sandbox.forget_stories();
    sandbox.tell(story())?;
    Ok(())
}

#[tokio::test]
async fn stories_told_over_http_have_no_more_texts_than_are_kept() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = |filling: &str| json!({ "scenes": [{ "reply": { "body": filling } }] }).to_string();
    let body = body(&"x".repeat(BODY_LIMIT - body("").len()));
    let http = http().build().unwrap();
    let tell =
        async || http.post(format!("{}/_sandbox/faults", sandbox.url())).body(body.clone()).send().await.unwrap();
    for _ in 0..TEXT_LIMIT / BODY_LIMIT {
        assert_eq!(tell().await.status(), 200);
    }
    let refused = tell().await;
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("no more stories"));
    sandbox.forget_stories();
    assert_eq!(tell().await.status(), 200);
}

#[tokio::test]
async fn no_more_notifications_wait_than_there_is_room_for() {
    // Takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, mut reports) = tokio::sync::mpsc::unbounded_channel();
    let report = move |report: Report<'_>| drop(sender.send(report.to_string()));
    let sandbox = Sandbox::builder().callback(url).report(report).start().await.unwrap();
    let large = json!({ "text": "x".repeat(BODY_LIMIT) });
    for _ in 1..TEXT_LIMIT / BODY_LIMIT {
        assert!(sandbox.notify(large.clone()));
    }
    assert!(!sandbox.notify(large.clone()), "there is a callback, and no room");
    while sandbox.notify(json!({})) {}
    placed(&client_of(&sandbox)).await;
    loop {
        let report = reports.recv().await.unwrap();
        if report.contains("too many others wait") {
            break assert!(report.starts_with("notification "), "{report}");
        }
    }
}

#[tokio::test]
async fn cube_keeps_no_more_texts_of_orders_than_it_says() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = crate::cube::client_of(&sandbox);
    let mut refused = None;
    for number in 0..TEXT_LIMIT / BODY_LIMIT {
        let mut order = crate::cube::renewal();
        let remarks = format!("{number} {}", "x".repeat(BODY_LIMIT - 10_000));
        order.extra = Some(RenewalExtra::builder().remarks(remarks).build());
        refused = client.create_renewal_order(&order).await.err();
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.code(), Some("SANDBOX-FULL"), "{refused}");
    assert!(sandbox.cube_order_count() > 20);
    Ok(())
}
