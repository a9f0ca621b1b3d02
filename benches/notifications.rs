//! What a notification costs: verified, against the HMAC of the signed text alone; and received over HTTP, against a route
//! without the layer. Read the figures of one run against each other: absolute times say nothing elsewhere.

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use linksfield::notification::{
    ALGORITHM_HEADER, Callback, Receiver, Sample, Signer, TIMESTAMP_HEADER, VERSION_HEADER, Verifier,
};

const CONNECTIONS: usize = 64;
const REQUESTS: usize = 200;

fn main() {
    let sample = Signer::new("1", "a key").sample(Callback::PlanWarning).expect("it is signed");
    verified(&sample);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    for round in 1..=3 {
        let bare = runtime.block_on(latencies(Router::new().route("/", post(async |_: Bytes| "done"))));
        let receiver = Receiver::new(verifier());
        let route = post(async |_: Bytes| "done").layer(receiver);
        let layered = runtime.block_on(latencies(Router::new().route("/", route)));
        println!("{round}: {CONNECTIONS} connections, p50 and p99: without the layer {bare:?}, with it {layered:?}");
    }
}

fn verifier() -> Verifier {
    Verifier::builder().key("1", "a key").build()
}

/// Against the HMAC that the scheme needs: of the text that is signed, with a key that is prepared, and with one that is not.
fn verified(sample: &Sample) {
    let (verifier, now) = (verifier(), SystemTime::now());
    let header = |name: &str| sample.headers[name].to_str().expect("it is text");
    let stamp = [VERSION_HEADER, ALGORITHM_HEADER, TIMESTAMP_HEADER].map(header).join(":");
    let signed = [stamp.as_bytes(), &sample.body].concat();
    let prepare = || Hmac::<sha1::Sha1>::new_from_slice(black_box(b"a key")).expect("any length");
    let key = prepare();
    let bare = rate(|| {
        black_box(key.clone().chain_update(black_box(&signed)).finalize());
    });
    let unprepared = rate(|| {
        black_box(prepare().chain_update(black_box(&signed)).finalize());
    });
    let whole = rate(|| {
        black_box(verifier.verify(black_box(&sample.headers), &sample.body, now)).expect("it is verified");
    });
    println!(
        "verified and read: {whole:.0} a second; HMAC of the {} signed bytes: {bare:.0} a second, ratio {:.3}; with its key \
        schedule: {unprepared:.0} a second, ratio {:.3}",
        signed.len(),
        whole / bare,
        whole / unprepared
    );
}

/// How often in a second, by the best of five rounds.
fn rate(mut what: impl FnMut()) -> f64 {
    const TIMES: u32 = 20_000;
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        (0..TIMES).for_each(|_| what());
        best = best.min(begun.elapsed());
    }
    f64::from(TIMES) / best.as_secs_f64()
}

/// The median and the 99th of a hundred.
async fn latencies(app: Router) -> (Duration, Duration) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(axum::serve(listener, app).into_future());
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..CONNECTIONS {
        let url = url.clone();
        senders.spawn(async move {
            let http = linksfield::reqwest::Client::builder().no_proxy().build().expect("a client");
            let signer = Signer::new("1", "a key");
            let mut took = Vec::new();
            for number in 0..REQUESTS {
                let body = format!(r#"{{"devices":[],"number":{}}}"#, sender * REQUESTS + number);
                let headers = signer.headers(body.as_bytes(), SystemTime::now()).expect("it is signed");
                let begun = Instant::now();
                let answer = http.post(&url).headers(headers).body(body).send().await.expect("an answer");
                assert!(answer.status().is_success());
                took.push(begun.elapsed());
            }
            took
        });
    }
    let mut took = senders.join_all().await.concat();
    took.sort();
    (took[took.len() / 2], took[took.len() * 99 / 100])
}
