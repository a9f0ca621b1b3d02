//! Many calls at once against the sandbox: rate against plain reqwest with ready-made bytes, errors, and memory.
//!
//! `cargo bench --features sandbox --bench load`

use std::error::Error;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use futures::stream::{self, StreamExt};
use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::csss::types::QueryOrder;
use linksfield::envelope::wrap;
use linksfield::sandbox::{ACCESS_CODE, SECRET, Sandbox};
use linksfield::signing::TimestampUnit;

const CALLS: usize = 4_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if std::env::args().any(|argument| argument == "serve") {
        return runtime.block_on(async {
            let sandbox = Sandbox::start().await?;
            println!("{}", sandbox.url());
            std::future::pending().await
        });
    }
    let mut server = Command::new(std::env::current_exe()?).arg("serve").stdout(Stdio::piped()).spawn()?;
    let mut url = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut url)?;
    let result = runtime.block_on(drive(url.trim()));
    server.kill()?;
    result
}

async fn drive(url: &str) -> Outcome<()> {
    let plain = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
    let signed = Client::builder().credentials(Credentials::new(ACCESS_CODE, SECRET)?).environment(url).build()?;
    println!("{CALLS} calls each | in flight | rate against plain | errors | peak memory");
    // The last rows show that memory does not grow with the number of calls.
    for in_flight in [1, 16, 64, 256, 256, 256, 256, 256] {
        let (plain, plain_errors) = call_plainly(&plain, url, in_flight).await?;
        let (signed, signed_errors) = call(&signed, in_flight).await;
        let (ratio, errors) = (plain.as_secs_f64() / signed.as_secs_f64(), plain_errors + signed_errors);
        println!("{in_flight:>24} | {ratio:>17.2} | {errors:>6} | {}", peak_memory());
    }
    Ok(())
}

/// How long the calls took, and how many failed.
async fn time<F: Future<Output = bool>>(in_flight: usize, call: impl Fn() -> F) -> (Duration, usize) {
    let start = Instant::now();
    let calls = stream::iter(0..CALLS).map(|_| call()).buffer_unordered(in_flight);
    let errors = calls.filter(|good| std::future::ready(!good)).count().await;
    (start.elapsed(), errors)
}

async fn call_plainly(client: &reqwest::Client, url: &str, in_flight: usize) -> Outcome<(Duration, usize)> {
    let timestamp = TimestampUnit::Seconds.format(SystemTime::now()).ok_or("the clock is wrong")?;
    let key = linksfield::signing::Key::new(SECRET);
    let body = bytes::Bytes::from(wrap(br#"{"page_no":1,"page_size":10}"#, ACCESS_CODE, &timestamp, &key)?);
    let url = format!("{url}/package/queryOrder");
    let call = || async {
        let request = client.post(&url).header("content-type", "application/json").body(body.clone());
        match request.send().await {
            Ok(response) => response.bytes().await.is_ok_and(|body| body.starts_with(br#"{"code":"0000""#)),
            Err(_) => false,
        }
    };
    Ok(time(in_flight, call).await)
}

async fn call(client: &Client, in_flight: usize) -> (Duration, usize) {
    let query = QueryOrder::builder().page_no(1).page_size(10).build();
    time(in_flight, || async { client.query_order(&query).await.is_ok() }).await
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "not known here".to_owned(), |peak| peak.trim().to_owned())
}
