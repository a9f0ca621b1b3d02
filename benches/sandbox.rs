//! The sandbox under load and abuse: its rate beside plain axum that computes one HMAC and gives the same body, and what
//! thousands of slow connections cost it and others.
//!
//! `sh -c 'ulimit -n 20000; cargo bench --features sandbox --bench sandbox'`

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use futures::stream::{self, StreamExt};
use linksfield::envelope::wrap;
use linksfield::sandbox::{ACCESS_CODE, SECRET, Sandbox};
use linksfield::signing::{Key, TimestampUnit};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const IN_FLIGHT: usize = 16;
const CALLS: usize = 4_000;
const ROUNDS: usize = 5;
const SLOW: usize = 4_000;
const UNFINISHED: usize = 200;
const PATH: &str = "/device/syncAssetInfo";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match std::env::args().nth(1).as_deref() {
        Some("serve") => {
            let sandbox = Sandbox::start_blocking()?;
            println!("{}", sandbox.url());
            loop {
                std::thread::park();
            }
        }
        Some("plain") => runtime.block_on(plain()),
        _ => runtime.block_on(measure()),
    }
}

/// Answers as the sandbox does, after one HMAC over the body.
async fn plain() -> Outcome<()> {
    const ANSWER: &str = r#"{"code":"0000","data":[],"message":"成功","success":true}"#;
    let key = Key::new(SECRET);
    let answer = move |body: Bytes| async move {
        std::hint::black_box(key.sign(&body));
        ([(CONTENT_TYPE, "application/json")], ANSWER)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, Router::new().fallback(answer)).await?)
}

struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(what: &str) -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?).arg(what).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut url)?;
        Ok(Self { process, url: url.trim().to_owned() })
    }

    fn memory(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("not known").trim();
        format!("{} now, {} at most", line("VmRSS:"), line("VmHWM:"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn measure() -> Outcome<()> {
    let (sandbox, plain) = (Server::start("serve")?, Server::start("plain")?);
    let body = body()?;
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let (sandboxed, plain) = (rate(&sandbox.url, &body).await?, rate(&plain.url, &body).await?);
        // The first round warms up.
        if round > 0 {
            println!("requests a second: {sandboxed:.0}, plain axum with one HMAC {plain:.0}");
            ratios.push(sandboxed / plain);
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("median of their ratios: {:.2}", ratios[ROUNDS / 2]);
    println!("memory before: {}", sandbox.memory());
    println!("answers to others before: {}", answers(&sandbox.url, &body).await?);
    let began = Instant::now();
    let held = abuse(&sandbox.url).await?;
    println!("{} connections are open after {:?}; memory: {}", held.len(), began.elapsed(), sandbox.memory());
    println!("answers to others meanwhile: {}", answers(&sandbox.url, &body).await?);
    tokio::time::sleep(Duration::from_secs(35)).await;
    println!("after the read timeout: {}; memory: {}", answers(&sandbox.url, &body).await?, sandbox.memory());
    drop(held);
    Ok(())
}

fn body() -> Outcome<Bytes> {
    let timestamp = TimestampUnit::Seconds.format(SystemTime::now()).ok_or("the clock is wrong")?;
    Ok(wrap(b"{}", ACCESS_CODE, &timestamp, &Key::new(SECRET))?.into())
}

async fn ask(http: &reqwest::Client, url: &str, body: &Bytes) -> Outcome<()> {
    let request = http.post(format!("{url}{PATH}")).header("content-type", "application/json").body(body.clone());
    let answer = request.send().await?.bytes().await?;
    if answer.starts_with(br#"{"code":"0000""#) { Ok(()) } else { Err(format!("{answer:?}").into()) }
}

async fn rate(url: &str, body: &Bytes) -> Outcome<f64> {
    let http = reqwest::Client::new();
    let began = Instant::now();
    let mut calls = stream::iter(0..CALLS).map(|_| ask(&http, url, body)).buffer_unordered(IN_FLIGHT);
    while let Some(result) = calls.next().await {
        result?;
    }
    Ok(CALLS as f64 / began.elapsed().as_secs_f64())
}

/// How long answers take, each on a connection of its own.
async fn answers(url: &str, body: &Bytes) -> Outcome<String> {
    let mut times = Vec::new();
    for _ in 0..100 {
        let http = reqwest::Client::new();
        let began = Instant::now();
        ask(&http, url, body).await?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(format!("median {:?}, longest {:?}", times[50], times[99]))
}

/// Connections that say half of a head, or half of a body.
async fn abuse(url: &str) -> Outcome<Vec<TcpStream>> {
    let address = url.trim_start_matches("http://");
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 1000000\r\n");
    let half_body = format!("{head}\r\n{}", "x".repeat(500_000));
    let mut held = Vec::new();
    for number in 0..SLOW + UNFINISHED {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(if number < SLOW { head.as_bytes() } else { half_body.as_bytes() }).await?;
        held.push(stream);
    }
    Ok(held)
}
