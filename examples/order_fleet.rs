//! Orders one data plan for each SIM of a list, several at a time, and can be stopped and started again at any moment.
//!
//! `order_fleet LIST JOURNAL PACKAGE_CODE [--new-journal]`: `LIST` is a file of comma-separated values with a column
//! `device_id`; other columns are parameters of the order of that line. `JOURNAL` is a file that `linksfield::fleet` keeps:
//! the first run creates it, each run after goes on with it. The server is that of `LINKSFIELD_BASE_URL`,
//! `LINKSFIELD_ACCESS_CODE` and `LINKSFIELD_SECRET`.
//!
//! Results go to standard output, one JSON line each, as they happen; those that the journal could not take any more go to
//! standard error. Ctrl-C, SIGTERM and SIGHUP finish the orders that are under way, for up to 20 seconds; a second one stops
//! at once, and the next run knows.

use std::error::Error;
use std::process::{ExitCode, exit};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use linksfield::csss::Client;
use linksfield::fleet::{Event, FileJournal, Fleet, FleetError, Progress, Stopper};
use serde_json::json;

/// Nothing was ordered, because all was done before.
const NOTHING_TO_DO: u8 = 3;
/// Some SIMs have no order, or nobody knows.
const INCOMPLETE: u8 = 4;
/// The journal failed.
const JOURNAL: u8 = 9;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (list, journal, plan, is_new) = match &arguments[..] {
        [list, journal, plan] => (list, journal, plan, false),
        [list, journal, plan, new] if new == "--new-journal" => (list, journal, plan, true),
        _ => return Err("usage: order_fleet LIST JOURNAL PACKAGE_CODE [--new-journal]".into()),
    };
    let defaults = json!({
        "package_code": plan, "package_name": plan, "package_type": "2", "order_period": "1", "pay_amount": "0",
        "pay_rst": "1", "is_open": "0", "global_order": "0", "test_flow_flag": "0", "test_flow": "0",
    });
    let fleet = Fleet::builder()
        .client(Client::from_env()?)
        .defaults(&defaults)
        .deadline(milliseconds("DEADLINE_MILLISECONDS", 60_000)?)
        .settle(milliseconds("SETTLE_MILLISECONDS", 5_000)?)
        .build()?;
    let list = fleet.list(list)?;
    let journal = match is_new {
        true => FileJournal::create(journal, fleet.purpose()).await?,
        false => FileJournal::open(journal, fleet.purpose()).await?,
    };
    let mut run = fleet.run(list, journal);
    tokio::spawn(stop_on_signals(run.stopper()));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}")?;
    let bar = ProgressBar::new(run.progress().total).with_style(style);
    while let Some(event) = run.next().await {
        let line = serde_json::to_string(&event)?;
        match event {
            Event::Settled { recorded: false, .. } => eprintln!("{line}"),
            _ => println!("{line}"),
        }
        show(&bar, &run.progress());
    }
    bar.finish_and_clear();
    let summary = match run.finish().await {
        Err(FleetError::Journal(error)) => {
            eprintln!("{error}");
            return Ok(JOURNAL.into());
        }
        summary => summary?,
    };
    eprintln!("{summary}");
    Ok(match summary.is_complete() {
        true if summary.progress.ordered == 0 => NOTHING_TO_DO.into(),
        true => ExitCode::SUCCESS,
        false => INCOMPLETE.into(),
    })
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_position(progress.behind());
    let left = progress.time_left().map_or_else(|| "?".to_owned(), |left| left.as_secs().to_string());
    let Progress { refused, unknown, .. } = progress;
    bar.set_message(format!("{:.0} a second, {left} s left; {refused} refused, {unknown} unknown", progress.rate()));
}

async fn stop_on_signals(stopper: Stopper) {
    signal().await;
    stopper.stop();
    eprintln!("stopping; orders under way are finished");
    let _ = tokio::time::timeout(Duration::from_secs(20), signal()).await;
    exit(130);
}

/// Waits until the process is told to end.
#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    let any = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures::future::select_all(any).await;
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}

/// A time that the environment may say otherwise.
fn milliseconds(variable: &str, otherwise: u64) -> Result<Duration, Box<dyn Error>> {
    let number = std::env::var(variable).map_or(Ok(otherwise), |text| text.parse());
    Ok(Duration::from_millis(number?))
}
