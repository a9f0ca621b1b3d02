//! A fleet against a bare loop of the same calls, and the memory and the journal of a long list.
//!
//! `cargo bench --features fleet,sandbox --bench fleet` prints the ratio of their rates, next to a server that answers at
//! once and one that takes 100 milliseconds, with 16 and with 64 SIMs at a time; then, for 10 000 and for 1 000 000 SIMs,
//! bytes a SIM of the list, of the journal in memory and on disk, and lines a second that the journal takes.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::csss::types::{OrderPackage, QueryOrder};
use linksfield::fleet::{Done, FileJournal, Fleet, Journal, Orders, Terms, Wanted};
use linksfield::sandbox::{ACCESS_CODE, Fault, SECRET, Sandbox};
use serde_json::{Value, json};

/// SIMs at a time: those of a fleet that is not told otherwise, and more.
const AT_A_TIME: [u32; 2] = [16, 64];
const SIMS: usize = 1_000;
const ROUNDS: usize = 5;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", fault] => runtime.block_on(serve(fault)),
        ["list", path] => {
            let fleet = fleet("http://127.0.0.1:1", AT_A_TIME[0])?;
            let before = memory();
            let list = fleet.list(path)?;
            report("list", before, list.count());
            Ok(())
        }
        ["journal", path, count] => runtime.block_on(async {
            let fleet = fleet("http://127.0.0.1:1", AT_A_TIME[0])?;
            let before = memory();
            let _journal = FileJournal::open(path, fleet.purpose()).await?;
            report("journal", before, count.parse()?);
            Ok(())
        }),
        _ => {
            for fault in ["none", Fault::Delay.name()] {
                for at_a_time in AT_A_TIME {
                    let (mut server, url) = start_server(fault)?;
                    let compared = runtime.block_on(compare(&url, fault, at_a_time));
                    server.kill()?;
                    compared?;
                }
            }
            [10_000, 1_000_000].into_iter().try_for_each(|count| runtime.block_on(measure(count)))
        }
    }
}

async fn serve(fault: &str) -> Outcome<()> {
    let sandbox = Sandbox::start().await?;
    sandbox.misbehave(Fault::from_name(fault));
    println!("{}", sandbox.url());
    std::future::pending().await
}

fn start_server(fault: &str) -> Outcome<(Child, String)> {
    let mut server = Command::new(std::env::current_exe()?).args(["serve", fault]).stdout(Stdio::piped()).spawn()?;
    let mut url = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut url)?;
    Ok((server, url.trim().to_owned()))
}

fn defaults() -> Value {
    json!({
        "package_code": "DP20190726001274", "package_name": "20M", "package_type": "2", "order_period": "1",
        "pay_amount": "0", "pay_rst": "1", "is_open": "0", "global_order": "0", "test_flow_flag": "0", "test_flow": "0",
    })
}

fn client(url: &str) -> Outcome<Client> {
    Ok(Client::builder().credentials(Credentials::new(ACCESS_CODE, SECRET)?).environment(url).build()?)
}

fn fleet(url: &str, at_a_time: u32) -> Outcome<Fleet<Client>> {
    let fleet = Fleet::builder().client(client(url)?).defaults(&defaults()).concurrency(at_a_time);
    // Of ids that follow one another, some end in zeros; and a server has the orders of the rounds before.
    Ok(fleet.accepts_rounded(true).accepts_recent(true).build()?)
}

fn sims(round: usize, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |sim| format!("8985202201{:010}", round * 10_000_000 + sim + 1))
}

async fn compare(url: &str, fault: &str, at_a_time: u32) -> Outcome<()> {
    let (mut bare, mut fleets) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        bare += bare_loop(url, 2 * round, at_a_time).await?;
        fleets += with_journal(url, 2 * round + 1, at_a_time).await?;
    }
    let rate = |time: Duration| (ROUNDS * SIMS) as f64 / time.as_secs_f64();
    let (bare, fleets) = (rate(bare), rate(fleets));
    println!(
        "answers {fault:>5}, {at_a_time} at a time: bare loop {bare:.0}, fleet {fleets:.0} SIMs a second; ratio {:.2}",
        fleets / bare
    );
    Ok(())
}

async fn bare_loop(url: &str, round: usize, at_a_time: u32) -> Outcome<Duration> {
    let (client, start) = (client(url)?, Instant::now());
    let order = |sim: String| {
        let client = client.clone();
        async move {
            let query = QueryOrder::builder().device_id(&*sim).page_no(1).page_size(50).build();
            client.query_order_items(query).into_vec().await?;
            let mut parameters = defaults();
            parameters["device_id"] = sim.into();
            let parameters: OrderPackage = serde_json::from_value(parameters)?;
            client.order_package(&parameters).await?;
            Ok::<_, Box<dyn Error>>(())
        }
    };
    let mut orders = stream::iter(sims(round, SIMS)).map(order).buffer_unordered(at_a_time as usize);
    while let Some(result) = orders.next().await {
        result?;
    }
    Ok(start.elapsed())
}

async fn with_journal(url: &str, round: usize, at_a_time: u32) -> Outcome<Duration> {
    // As with the bare loop, the client is not measured.
    let (folder, fleet, start) = (tempfile::tempdir_in(".")?, fleet(url, at_a_time)?, Instant::now());
    let list = fleet.list_of(format!("device_id\n{}\n", sims(round, SIMS).collect::<Vec<_>>().join("\n")))?;
    let journal = FileJournal::create(folder.path().join("journal"), fleet.purpose()).await?;
    let summary = fleet.run(list, journal).finish().await?;
    if summary.is_complete() { Ok(start.elapsed()) } else { Err(summary.to_string().into()) }
}

/// Memory and journal of a list that is done.
async fn measure(count: usize) -> Outcome<()> {
    let folder = tempfile::tempdir_in(".")?;
    let (list, path) = (folder.path().join("list"), folder.path().join("journal"));
    let mut file = std::io::BufWriter::new(std::fs::File::create(&list)?);
    writeln!(file, "device_id")?;
    sims(0, count).try_for_each(|sim| writeln!(file, "{sim}"))?;
    file.flush()?;
    let fleet = fleet("http://127.0.0.1:1", AT_A_TIME[0])?;
    let journal = FileJournal::create(&path, fleet.purpose()).await?;
    let start = Instant::now();
    let (orders, terms) = (Orders::first(BTreeSet::new()), Terms::new(Duration::from_secs(60), Duration::from_secs(5)));
    let settle = |sim: String| {
        let (journal, orders, terms) = (&journal, &orders, &terms);
        async move {
            let wanted: Wanted = serde_json::from_value(json!({ "sim": sim, "fingerprint": "0123456789abcdef" }))?;
            journal.begun(&wanted, orders, terms).await?;
            journal.done(&wanted, &Done::Ordered("ORDER_47452122261749760".to_owned())).await?;
            Ok::<_, Box<dyn Error>>(())
        }
    };
    let mut settled = stream::iter(sims(0, count)).map(settle).buffer_unordered(256);
    while let Some(result) = settled.next().await {
        result?;
    }
    let rate = 2.0 * count as f64 / start.elapsed().as_secs_f64();
    drop(settled);
    drop(journal);
    let size = std::fs::metadata(&path)?.len() / count as u64;
    println!("{count} SIMs: {size} bytes each on disk, {rate:.0} lines a second with 256 at a time");
    run_child(&["list"], &list, &[])?;
    run_child(&["journal"], &path, &[&count.to_string()])
}

fn run_child(mode: &[&str], path: &Path, more: &[&str]) -> Outcome<()> {
    let status = Command::new(std::env::current_exe()?).args(mode).arg(path).args(more).status()?;
    if status.success() { Ok(()) } else { Err("it failed".into()) }
}

/// Now and at its peak, in KiB.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let number = |name| {
        let line = status.lines().find_map(|line: &str| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    };
    (number("VmRSS:"), number("VmHWM:"))
}

fn report(what: &str, before: (u64, u64), count: u64) {
    let after = memory();
    let each = |kib: u64| kib.saturating_sub(before.0) * 1024 / count;
    println!("  {what}: {} bytes a SIM at its peak, {} in the end", each(after.1), each(after.0));
}
