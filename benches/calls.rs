//! Signed, typed calls against plain reqwest with ready-made bytes, over loopback to the same server.
//!
//! `cargo bench --features cube,sandbox --bench calls` prints the ratio of their rates at 16 in flight; `benches/instructions`
//! that of their user instructions, by way of `calls serve` and `calls KIND URL COUNT`, where the kind is `plain`, `signed`
//! (CSSS) or `cube`.

#[path = "../examples/support/mod.rs"]
mod support;

use std::error::Error;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use futures::stream::{self, StreamExt};
use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::csss::types::{OrderPackage, PaymentMethod};
use linksfield::cube;
use linksfield::cube::types::{CreateRenewalOrder, RenewalItem};
use linksfield::envelope::wrap;
use linksfield::sandbox::{CUBE_KEY, CUBE_KEY_ID};

const IN_FLIGHT: usize = 16;
const ROUNDS: usize = 15;
const CALLS: usize = 2_000;
const ANSWER: &str = r#"{"code":"0000","data":{"sign":null,"order_id":"ORDER_47452122261749760","order_start_date":null,"order_expire_date":null},"message":"成功","success":true}"#;
const RENEWED: &str = r#"{"data":{"status":1,"created_at":1686707689000,"order_id":"OL-6XB9I9XX8QNR"},"status":{"code":"CB-00-0000","message":"成功","detail":null}}"#;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => runtime.block_on(serve()),
        ["plain", url, count] => runtime.block_on(plain(url, count.parse()?)),
        ["signed", url, count] => runtime.block_on(signed(url, count.parse()?)),
        ["cube", url, count] => runtime.block_on(signed_by_rsa(url, count.parse()?)),
        _ => compare(&runtime),
    }
}

async fn serve() -> Outcome {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let answer = |text| move |_: axum::body::Bytes| async move { ([(CONTENT_TYPE, "application/json")], text) };
    let router = Router::new().route("/cube/v4/orders/service", post(answer(RENEWED))).fallback(answer(ANSWER));
    Ok(axum::serve(listener, router).await?)
}

/// Turn and turn about, so that a drift of the machine meets both.
fn compare(runtime: &tokio::runtime::Runtime) -> Outcome {
    let mut server = Command::new(std::env::current_exe()?).arg("serve").stdout(Stdio::piped()).spawn()?;
    let mut url = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut url)?;
    let url = url.trim();
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let plain = time(|| runtime.block_on(plain(url, CALLS)))?;
        let signed = time(|| runtime.block_on(signed(url, CALLS)))?;
        // The first round warms up.
        if round > 0 {
            ratios.push(plain / signed);
        }
    }
    server.kill()?;
    ratios.sort_by(f64::total_cmp);
    println!("signed calls per plain request, {IN_FLIGHT} in flight, {ROUNDS} rounds of {CALLS}:");
    println!("median {:.2}, from {:.2} to {:.2}", ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
    Ok(())
}

fn time(work: impl FnOnce() -> Outcome) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn order() -> OrderPackage {
    let mut order = support::monthly_order("89852022018041800192", "DP20190726001274");
    order.pay_type = Some(PaymentMethod::Alipay);
    order
}

async fn plain(url: &str, count: usize) -> Outcome {
    // With the limits that a client of ours has.
    let client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(60))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    let url = format!("{url}/package/orderPackage");
    let key = linksfield::signing::Key::new("an example secret");
    let body = bytes::Bytes::from(wrap(&serde_json::to_vec(&order())?, "P000270", "1643253530", &key)?);
    in_flight(count, || async {
        let request = client.post(&url).header("content-type", "application/json").body(body.clone());
        assert_eq!(request.send().await?.bytes().await?, ANSWER);
        Ok(())
    })
    .await
}

async fn signed(url: &str, count: usize) -> Outcome {
    let credentials = Credentials::new("P000270", "an example secret")?;
    let client = Client::builder().credentials(credentials).environment(url).build()?;
    let order = order();
    in_flight(count, || async {
        let ordered = client.order_package(&order).await?;
        assert_eq!(ordered.order_id.as_str(), "ORDER_47452122261749760");
        Ok(())
    })
    .await
}

async fn signed_by_rsa(url: &str, count: usize) -> Outcome {
    let key = cube::PrivateKey::from_text(CUBE_KEY)?;
    let client = cube::Client::builder()
        .credentials(cube::Credentials::new(CUBE_KEY_ID, key)?)
        .environment(format!("{url}/cube/v4"))
        .in_flight(64)
        .per_second(u32::MAX)
        .per_day(u32::MAX)
        .build()?;
    let item = RenewalItem::builder().id("CP-6HPXRQI88QSM").quantity(2).sim_ids(["89248044404413065327"]).build();
    let order = CreateRenewalOrder::builder().items([item]).build();
    in_flight(count, || async {
        let ordered = client.create_renewal_order(&order).await?;
        assert_eq!(ordered.order_id.as_str(), "OL-6XB9I9XX8QNR");
        Ok(())
    })
    .await
}

async fn in_flight<F: Future<Output = Outcome>>(count: usize, call: impl Fn() -> F) -> Outcome {
    let mut calls = stream::iter(0..count).map(|_| call()).buffer_unordered(IN_FLIGHT);
    while let Some(outcome) = calls.next().await {
        outcome?;
    }
    Ok(())
}
