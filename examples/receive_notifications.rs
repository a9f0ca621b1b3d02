//! Receives notifications: a server of yours beside the sandbox, which tells it of an order's life and of all the rest.
//!
//! `cargo run --features axum,sandbox --example receive_notifications`

mod support;

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use axum::routing::{MethodRouter, post};
use axum::{Extension, Router};
use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, RenewPackage};
use linksfield::notification::{Callback, Event, Receiver, Signer, Verified, Verifier};
use linksfield::sandbox::Sandbox;
use serde_json::json;
use support::monthly_order;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, Sender, channel};

const SIM: &str = "89852022018041800192";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = ("a-key-id", "a notification key");
    let verifier = |callback| Verifier::builder().key(key.0, key.1).maybe_expecting(callback).build();

    // Bodies of SMS and plan warnings tell what they are; for the others give Linksfield a URL for each.
    let (sender, mut events) = channel(16);
    let mut app = Router::new().route("/", receiver(verifier(None), &sender));
    for callback in Callback::ALL {
        app = app.route(&format!("/{}", callback.name()), receiver(verifier(Some(*callback)), &sender));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let receiver = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());

    let clock = Arc::new(Mutex::new(SystemTime::now()));
    let hands = clock.clone();
    let sandbox = Sandbox::builder()
        .callback(format!("{receiver}/orderStatusChanged"))
        .callback_signer(Signer::new(key.0, key.1))
        .clock(move || clock.lock().map_or_else(|_| SystemTime::now(), |now| *now))
        .start()
        .await?;
    live(&sandbox).await?;
    print(&mut events, 3).await;
    if let Ok(mut now) = hands.lock() {
        *now += Duration::from_secs(100 * 24 * 3600);
    }
    print(&mut events, 1).await;

    for callback in Callback::ALL.iter().filter(|callback| **callback != Callback::OrderStatusChanged) {
        let url = format!("{receiver}/{}", callback.name());
        let sandbox = Sandbox::builder().callback(url).callback_signer(Signer::new(key.0, key.1)).start().await?;
        match callback {
            Callback::SmsReceived => sandbox.send_sms(SIM, "你好"),
            Callback::PlanWarning => sandbox.notify(json!({ "devices": [{ "deviceId": SIM, "warningCode": "2" }] })),
            _ => sandbox.notify(json!({ "SANDBOX-field": "no field of this one is documented" })),
        };
        print(&mut events, 1).await;
    }
    Ok(())
}

/// A route that verifies, and acts on each notification once: here it passes on what it is told.
fn receiver(verifier: Verifier, events: &Sender<Event>) -> MethodRouter {
    let events = events.clone();
    let receive = move |Extension(verified): Extension<Verified>| async move {
        // Answer soon: keep the event where it is safe, and act on it after. What is not kept is sent again.
        events.send(verified.event).await.map_or(StatusCode::INTERNAL_SERVER_ERROR, |()| StatusCode::OK)
    };
    post(receive).layer(Receiver::new(verifier))
}

/// An order that is placed, started and renewed.
async fn live(sandbox: &Sandbox) -> Result<(), linksfield::Error> {
    let client = Client::builder().credentials(sandbox.credentials().clone()).environment(sandbox.url()).build()?;
    let order_id = client.order_package(&monthly_order(SIM, "DP20190726001274")).await?.order_id;
    client.open_package(&OpenPackage::builder().order_id(order_id.clone()).build()).await?;
    client.renew_package(&RenewPackage::builder().order_id(order_id).renew_period(1).build()).await?;
    Ok(())
}

async fn print(events: &mut mpsc::Receiver<Event>, count: usize) {
    for _ in 0..count {
        match events.recv().await {
            Some(Event::OrderStatusChanged(changed)) => {
                println!("order {}: {:?}", changed["SANDBOX-order-id"], changed.event("SANDBOX-event"));
            }
            Some(Event::SmsReceived(sms)) => println!("SMS from {:?}: {:?}", sms.sim_id, sms.text_message),
            Some(Event::PlanWarning(plan)) => println!("plan warning: {:?}", plan.devices),
            Some(other) => println!("{other:?}"),
            None => return,
        }
    }
}
