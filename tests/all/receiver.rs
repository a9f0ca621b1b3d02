//! A receiver over HTTP, and the sandbox that notifies it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use futures::StreamExt;
use linksfield::csss::types::{OpenPackage, RenewPackage};
use linksfield::cube::types::{ActivateSim, CancelSim, QueryAsyncResult};
use linksfield::notification::types::OrderEvent;
use linksfield::notification::{Callback, Event, Receiver, Rejection, Signer, Verified, Verifier};
use linksfield::sandbox::{Report, Resend, Sandbox};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::{SIM, client_of, http, placed};

const KEY: &str = "a notification key";

fn signer() -> Signer {
    Signer::new("key-1", KEY)
}

fn verifier() -> Verifier {
    Verifier::builder().key("key-1", KEY).legacy_secret("legacy").build()
}

/// Serves `app` on a free port, and returns its URL.
async fn served(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, app).into_future());
    url
}

/// The news of an asynchronous operation of Cube: which, its request, the SIM, and what came of it.
async fn news(events: &mut UnboundedReceiver<Event>) -> [String; 4] {
    let Some(Event::AsyncApiResult(news)) = events.recv().await else { panic!("no news") };
    ["event", "request-id", "sim-id", "result"]
        .map(|name| news[&format!("SANDBOX-{name}")].as_str().unwrap().to_owned())
}

/// A receiver that passes on what it takes, and fails the first times.
async fn receiver(verifier: Verifier, failures: u32) -> (String, UnboundedReceiver<Event>) {
    let (sender, events) = unbounded_channel();
    let left = Arc::new(AtomicU32::new(failures));
    let receive = move |verified: Verified| async move {
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        sender.send(verified.event).map_or(StatusCode::INTERNAL_SERVER_ERROR, |()| StatusCode::OK)
    };
    (served(Router::new().route("/", post(receive)).with_state(verifier)).await, events)
}

#[tokio::test]
async fn the_extractor_answers_what_it_refuses_with_the_status_of_the_rejection() {
    let (url, mut events) = receiver(verifier(), 0).await;
    let http = http().build().unwrap();
    let body = r#"{"devices":[]}"#;
    let good = signer().headers(body.as_bytes(), SystemTime::now()).unwrap();
    let old = signer().headers(body.as_bytes(), SystemTime::now() - Duration::from_secs(3600)).unwrap();
    for (request, status) in [
        (http.post(&url).body(body), 401),
        (http.post(&url).headers(old).body(body), 401),
        (http.post(&url).headers(good.clone()).body("{"), 400),
        (http.post(&url).headers(good.clone()).body("x".repeat(2_000_000)), 400),
        (http.post(&url).headers(good).body(body), 200),
    ] {
        assert_eq!(request.send().await.unwrap().status().as_u16(), status);
    }
    assert!(matches!(events.recv().await, Some(Event::PlanWarning(_))));
    assert!(events.try_recv().is_err(), "one was accepted");
}

#[tokio::test]
async fn the_extractor_reads_no_further_than_the_limit() {
    let read = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&read);
    let kilobytes = futures::stream::repeat_with(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok::<_, std::io::Error>(vec![b' '; 1024])
    });
    let request = Request::new(Body::from_stream(kilobytes.take(100)));
    let small = Verifier::builder().key("key-1", KEY).body_limit(2048).build();
    let rejection = Verified::from_request(request, &small).await.unwrap_err();
    assert!(matches!(rejection, Rejection::TooLarge { limit: 2048 }), "{rejection}");
    assert_eq!(read.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_sandbox_notifies_of_an_order_through_its_life() {
    let expecting = Verifier::builder().key("key-1", KEY).expecting(Callback::OrderStatusChanged).build();
    let (url, mut events) = receiver(expecting, 0).await;
    let clock = Arc::new(Mutex::new(UNIX_EPOCH + Duration::from_secs(1_643_253_530)));
    let hands = clock.clone();
    let sandbox = Sandbox::builder().callback(url).callback_signer(signer()).clock(move || *clock.lock().unwrap());
    let sandbox = sandbox.start().await.unwrap();
    let client = client_of(&sandbox);
    let mut next = async || {
        let Some(Event::OrderStatusChanged(changed)) = events.recv().await else { panic!("no change") };
        (changed.event("SANDBOX-event").unwrap(), changed["SANDBOX-order-id"].as_str().unwrap().to_owned())
    };
    let order = placed(&client).await;
    assert_eq!(next().await, (OrderEvent::Created, order.to_string()));
    let renew = RenewPackage::builder().order_id(order.clone()).renew_period(1).build();
    client.renew_package(&renew).await.unwrap();
    client.open_package(&OpenPackage::builder().order_id(order.clone()).build()).await.unwrap();
    assert_eq!(next().await.0, OrderEvent::Started, "the renewal of an order that is not in use is not told");
    client.renew_package(&renew).await.unwrap();
    assert_eq!(next().await.0, OrderEvent::Extended);
    *hands.lock().unwrap() += Duration::from_secs(200 * 24 * 3600);
    assert_eq!(next().await, (OrderEvent::Expired, order.to_string()));
}

#[tokio::test]
async fn the_sandbox_can_send_a_pair_the_wrong_way_round() {
    let expecting = Verifier::builder().key("key-1", KEY).expecting(Callback::OrderStatusChanged).build();
    let (url, mut events) = receiver(expecting, 0).await;
    let sandbox =
        Sandbox::builder().callback(url).callback_signer(signer()).swap_notifications(true).start().await.unwrap();
    let client = client_of(&sandbox);
    for _ in 0..2 {
        let order = placed(&client).await;
        client.open_package(&OpenPackage::builder().order_id(order).build()).await.unwrap();
        for expected in [OrderEvent::Started, OrderEvent::Created] {
            let Some(Event::OrderStatusChanged(changed)) = events.recv().await else { panic!("no change") };
            assert_eq!(changed.event("SANDBOX-event"), Some(expected));
        }
    }
}

#[tokio::test]
async fn the_sandbox_signs_an_sms_in_either_way() {
    for signer in [signer(), Signer::legacy("legacy")] {
        let (url, mut events) = receiver(verifier(), 0).await;
        let sandbox = Sandbox::builder().callback(url).callback_signer(signer).start().await.unwrap();
        assert!(sandbox.send_sms(SIM, "你好"));
        let Some(Event::SmsReceived(sms)) = events.recv().await else { panic!("no SMS") };
        assert_eq!((sms.sim_id.as_deref(), sms.text_message.as_deref()), (Some(SIM), Some("你好")));
    }
    assert!(!Sandbox::start().await.unwrap().send_sms(SIM, "to nobody"));
}

#[tokio::test]
async fn a_notification_that_fails_is_sent_again_thirty_times() {
    let (url, _events) = receiver(verifier(), u32::MAX).await;
    let (failed, mut failures) = unbounded_channel();
    let sandbox = Sandbox::builder().callback(url).callback_signer(signer()).resend_every(Duration::from_millis(1));
    let sandbox = sandbox.report(move |report| {
        if let Report::NotificationFailed { delivery, .. } = report {
            let _ = failed.send(delivery);
        }
    });
    let sandbox = sandbox.start().await.unwrap();
    // While the second is sent as often, the first is not sent once more.
    for delivery in [1, 2] {
        sandbox.notify(json!({ "n": delivery }));
        for times in 0..31 {
            let failed = tokio::time::timeout(Duration::from_secs(60), failures.recv()).await;
            assert_eq!(failed, Ok(Some(delivery)), "after {times} times");
        }
    }
}

#[tokio::test]
async fn the_sandbox_sends_every_kind_signed_in_either_way() {
    for signer in [signer(), Signer::legacy("legacy")] {
        for callback in Callback::ALL {
            let expecting = Verifier::builder().key("key-1", KEY).legacy_secret("legacy").expecting(*callback).build();
            let (url, mut events) = receiver(expecting, 0).await;
            let sandbox = Sandbox::builder().callback(url).callback_signer(signer.clone()).start().await.unwrap();
            assert!(sandbox.notify_sample(*callback));
            let event = events.recv().await.unwrap();
            assert!(!matches!(event, Event::Unknown(_)), "{event:?}");
            let sample = signer.sample(*callback).unwrap();
            let printed = [Callback::SmsReceived, Callback::PlanWarning].contains(callback);
            let body: Value = serde_json::from_slice(&sample.body).unwrap();
            assert_eq!(body["SANDBOX-note"].is_null(), printed, "{body}");
        }
    }
}

#[tokio::test]
async fn a_resend_is_acted_on_once_signed_anew_or_as_the_same_bytes() {
    for resend in [Resend::SignedAnew, Resend::SameBytes] {
        let (sender, mut signatures) = unbounded_channel();
        let acted = Arc::new(AtomicU32::new(0));
        let count = acted.clone();
        let handle = move || async move {
            count.fetch_add(1, Ordering::SeqCst);
        };
        // Every answer but the third is lost on the way to the sender.
        let lossy = move |request: Request, next: axum::middleware::Next| {
            let sender = sender.clone();
            async move {
                sender.send(request.headers()["x-lf-signature"].clone()).unwrap();
                next.run(request).await
            }
        };
        let answers = Arc::new(AtomicU32::new(0));
        let lose = move |answer: axum::response::Response| {
            let lost = answers.fetch_add(1, Ordering::SeqCst) < 2;
            assert_eq!(answer.status(), 200);
            async move { if lost { StatusCode::BAD_GATEWAY.into_response() } else { answer } }
        };
        let route = post(handle).layer(Receiver::new(verifier()));
        let route = route.layer(axum::middleware::map_response(lose)).layer(axum::middleware::from_fn(lossy));
        let url = served(Router::new().route("/", route)).await;
        // Signatures of the same second differ by their milliseconds.
        let every = Duration::from_millis(5);
        let sandbox = Sandbox::builder().callback(url).callback_signer(signer()).resend(resend).resend_every(every);
        let sandbox = sandbox.start().await.unwrap();
        sandbox.notify(json!({ "n": 1 }));
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(signatures.recv().await.unwrap());
        }
        assert_eq!(seen[0] == seen[2], resend == Resend::SameBytes, "{resend:?}");
        assert_eq!(acted.load(Ordering::SeqCst), 1, "{resend:?}");
    }
}

#[tokio::test]
async fn the_sandbox_tells_once_what_an_asynchronous_operation_became_when_it_has_ended() {
    let (url, mut events) =
        receiver(Verifier::builder().key("key-1", KEY).expecting(Callback::AsyncApiResult).build(), 0).await;
    let time = Arc::new(Mutex::new(SystemTime::now()));
    let clock = Arc::clone(&time);
    let sandbox = Sandbox::builder().callback(url).callback_signer(signer()).clock(move || *clock.lock().unwrap());
    let sandbox = sandbox.start().await.unwrap();
    let client = crate::cube::client_of(&sandbox);
    let result = async |id: &str| {
        let query = QueryAsyncResult::builder().request_id(id).build();
        client.query_async_result(&query).await.unwrap()["SANDBOX-result"].as_str().unwrap().to_owned()
    };
    let mut told = Vec::new();
    for last in ["1", "2", "3"] {
        let sim = format!("8985220220908997200{last}");
        let cancelled = client.cancel_sim(&CancelSim::builder().sim_id(&*sim).build()).await.unwrap();
        let id = cancelled.request_id.unwrap();
        assert_eq!(result(id.as_str()).await, "processing");
        assert!(events.try_recv().is_err(), "it has not ended");
        *time.lock().unwrap() += Duration::from_secs(1);
        told.push(["cancel".to_owned(), id.to_string(), sim, "done".to_owned()]);
        assert_eq!(news(&mut events).await, *told.last().unwrap());
        assert_eq!(result(id.as_str()).await, "done");
    }
    // Whoever asks first ends it: what the question ended is told all the same.
    client.activate_sim(&ActivateSim::builder().sim_id("89852202209089972004").build()).await.unwrap();
    *time.lock().unwrap() += Duration::from_secs(1);
    assert_eq!(result(&told[0][1]).await, "done");
    let activated = ["activate", "SANDBOX-4", "89852202209089972004", "done"];
    assert_eq!(news(&mut events).await, activated);
    assert!(events.try_recv().is_err(), "each was told once");
}

#[tokio::test]
async fn the_result_of_an_asynchronous_call_is_an_open_object_by_the_newer_signature() {
    let (url, mut events) =
        receiver(Verifier::builder().key("key-1", KEY).expecting(Callback::AsyncApiResult).build(), 0).await;
    let body = r#"{"id":89852022018041800192,"new":{"a":[1]}}"#;
    let send = async |signer: Signer| {
        let headers = signer.headers(body.as_bytes(), SystemTime::now()).unwrap();
        reqwest::Client::new().post(&url).headers(headers).body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(send(Signer::legacy("legacy")).await, 401);
    assert_eq!(send(signer()).await, 200);
    let Some(Event::AsyncApiResult(result)) = events.recv().await else { panic!() };
    assert_eq!(serde_json::to_value(&result).unwrap(), json!({ "id": "89852022018041800192", "new": { "a": [1] } }));
}
