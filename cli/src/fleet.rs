//! An order for each SIM of a list, which may be interrupted at any moment and run again.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use indicatif::{ProgressBar, ProgressStyle};
use linksfield::Operation;
use linksfield::csss::{Client, OPERATIONS};
use linksfield::fleet::{Fleet, FleetError, JournalError, Progress, Run, Summary};
use tokio::time::{Instant, timeout_at};

use crate::agree::{self, Agreement, YES};
use crate::command::{Tongue, argument, asking, calling, flag, switch};
use crate::exit::{Exit, Failure, Result};
use crate::family::{self, Parameters};
use crate::interrupt::{PATIENCE, Signals};
use crate::journal::Journal;
use crate::perform::{shown, wanted};
use crate::results::{Results, check_apart};
use crate::visible::visible_lines;
use crate::{arguments, found_out, journal, output, settings, tell};

/// The API whose orders it sends.
const API: &str = "csss";

/// What orders for one SIM, and the parameter that the SIM is.
const ORDER: &str = "orderPackage";
const SIM: &str = "device_id";

/// What of the options of a call says nothing to many: each parameter has a flag, and no other is taken.
const LEFT_OUT: [&str; 3] = ["output", "query", "param"];

pub fn command(tongue: Tongue) -> Command {
    let number = |name, value, help| flag(name, help).value_name(value).value_parser(value_parser!(u32).range(1..));
    let path = |name, help| flag(name, help).value_name("FILE").value_parser(value_parser!(PathBuf));
    let journal = |name, help| path(name, help).value_name(journal::PLACE);
    let calling = calling().into_iter().filter(|arg| !LEFT_OUT.contains(&arg.get_id().as_str())).map(|arg| {
        match arg.get_id().as_str() {
            "dry-run" => arg.help("Check the list, and print what would be ordered, with the first request and what is signed of it; touch no journal and send nothing"),
            _ => arg,
        }
    });
    let parameters = order().into_iter().flat_map(|order| order.parameters).filter(|parameter| parameter.name != SIM);
    let order = Command::new("order")
        .about("Order a plan for each SIM of a list, once, however often it is interrupted")
        .long_about(
            "Order a plan for each SIM of a list, once, however often it is interrupted.\n\nThe list is a file as spreadsheets write it, or JSON lines, with a column device_id; other columns are \
             parameters of the order of that line, and override the flags; codes go by name or by value there too. It is checked whole before the first order.\n\nA journal makes up for what the API does not promise: make it by --new-journal the \
             first time, and name it by --journal to go on. What was interrupted is looked up before anything is ordered again. Results are JSON lines, on standard output or in \
             the file of --results. Told to end, it begins no order any more and waits up to 20 seconds for those that are under way.\n\nWhere LINKSFIELD_JOURNAL is the connection string of a PostgreSQL database, journals are in that database, under these names, and \
             several machines may work on one; the binary must be built with the feature postgres. LINKSFIELD_JOURNAL_FILE names a file with that string instead.\n\nA run prints what earlier runs settled too, as settled_before.\n\nIt ends with 9 if the outcome of an order is unknown: the next run looks it up, and what stays unknown is told by `linksfield fleet found-out`; else with 4 if one was refused, else with 1 if a SIM has no order, or 5 if none was sent at all.",
        )
        .after_help(
            "Example:\n  linksfield fleet order sims.csv --package-code DP20190726001274 --new-journal sims.journal \\\n      --json defaults.json --yes",
        )
        .arg(Arg::new("list").value_name("LIST").required(true).value_parser(value_parser!(PathBuf)).help("The file of SIMs"))
        .arg(journal("journal", "Go on with this journal").required_unless_present_any(["new-journal", "dry-run"]))
        .arg(journal("new-journal", "Begin this journal: the first time").conflicts_with("journal"))
        .arg(path("results", "Add the results to this file, rather than printing them"))
        .arg(number("concurrency", "NUMBER", "How many SIMs are worked on at a time [default: 16]"))
        .arg(number("settle", "SECONDS", "How long after a call can't be under way any more its order is looked for [default: 5]"))
        .arg(number("max-refused", "NUMBER", "After how many orders that are refused, not sent or unknown it stops [default: 100]"))
        .arg(switch("again-refused", "Order again for the SIMs whose order was refused in a run before"))
        .arg(switch("accept-recent", "Go on with a new journal though one of the first SIMs has a recent order"))
        .arg(switch("accept-rounded", "Take ids of SIMs that look as if a spreadsheet had rounded them"))
        .args(parameters.map(|parameter| argument(parameter, tongue, " [required, here or as a column]")))
        .args(calling)
        .args(asking(None));
    Command::new("fleet")
        .about("Order for many SIMs")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(order)
        .subcommand(found_out::command())
}

fn order() -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.id == ORDER)
}

pub async fn run(matches: &ArgMatches) -> Result {
    match matches.subcommand() {
        Some(("found-out", matches)) => found_out::run(matches).await,
        Some((_, matches)) => order_for(matches).await,
        None => Ok(()),
    }
}

async fn order_for(matches: &ArgMatches) -> Result {
    let (Some((row, _)), Some(order)) = (family::of(API), order()) else {
        return Err(Failure::usage("there is nothing to order"));
    };
    let path = |name: &str| matches.get_one::<PathBuf>(name).map(PathBuf::as_path);
    let list_path = path("list").unwrap_or(Path::new(""));
    let defaults = arguments::given(order, matches)?;
    let given = settings::read(row.part(), &wanted(matches)).await?;
    let fleet = fleet(family::csss(&given)?, &defaults, matches)?;
    let list = fleet.list(list_path).map_err(|error| Failure::usage(format!("{error}\nnothing was sent")))?;
    let text = format!(
        "{} for each of {} SIMs of {}\n  at {}\n  with, where a line says nothing else:\n{}",
        order.summary,
        list.count(),
        list_path.display(),
        given.about(),
        shown(&defaults)
    );
    if matches.get_flag("dry-run") {
        let first = fleet.preview(&list)?;
        return output::print(&visible_lines(&format!("{text}\nThe first of them:\n\n{first}\n")));
    }
    let defaults_path = matches.get_one::<String>("json").filter(|file| *file != "-").map(Path::new);
    let others = [Some(list_path), path("journal"), path("new-journal"), defaults_path];
    let are_apart = || path("results").map_or(Ok(()), |results| check_apart(results, others));
    are_apart()?;
    let opened = match path("journal") {
        Some(name) => Some(Journal::open(name, fleet.purpose()).await?),
        None => None,
    };
    agree::ask(&text, &Agreement::BY_YES, matches.get_flag("yes").then_some(YES))?;
    let journal = match (opened, path("new-journal")) {
        (Some(journal), _) => journal,
        (None, Some(name)) => Journal::create(name, fleet.purpose()).await?,
        (None, None) => return Err(Failure::usage("it needs --journal or --new-journal: see --help")),
    };
    // Where names differ that a file system takes for one, the journal tells now that it is there.
    are_apart()?;
    let mut results = Results::new(path("results"))?;
    let followed = follow(journal.run(&fleet, list), &mut results).await;
    let lost = results.finish();
    let summary = followed.map_err(|failure| failure.and_maybe(lost.as_deref()))?;
    let exit = of_batch(&summary).max(if lost.is_some() { Exit::Other } else { Exit::Done });
    let failure = Failure::new(exit, summary.to_string()).and_maybe(lost.as_deref());
    if exit == Exit::Done {
        tell(&failure.message);
        return Ok(());
    }
    match (exit, path("journal").or(path("new-journal"))) {
        (Exit::OutcomeUnknown, Some(name)) => Err(failure.and(found_out::advice(name))),
        _ => Err(failure),
    }
}

fn fleet(client: Client, defaults: &Parameters, matches: &ArgMatches) -> Result<Fleet<Client>> {
    let number = |name: &str| matches.get_one::<u32>(name).copied();
    let deadline = matches.get_one::<u64>("deadline").copied().map(Duration::from_secs);
    let fleet = Fleet::builder()
        .client(client)
        .defaults(defaults)
        .maybe_concurrency(number("concurrency"))
        .maybe_deadline(deadline)
        .maybe_settle(number("settle").map(|seconds| Duration::from_secs(seconds.into())))
        .maybe_max_refused(number("max-refused").map(u64::from))
        .again_refused(matches.get_flag("again-refused"))
        .accepts_recent(matches.get_flag("accept-recent"))
        .accepts_rounded(matches.get_flag("accept-rounded"))
        .cell(cell);
    // What is wrong with it was said on the command line.
    fleet.build().map_err(|error| Failure::usage(error.to_string()))
}

/// What a cell of the list stands for: codes go by name or by value, as those of flags do, also those that the document does not
/// know yet. A word that is no name of one is a slip.
fn cell(name: &str, text: &str) -> Result<String, String> {
    let mut parameters = order().into_iter().flat_map(|order| order.parameters);
    let codes = parameters.find(|parameter| parameter.name == name).map_or(&[][..], |parameter| parameter.codes);
    match codes.iter().find(|code| [code.name, code.value].contains(&text)) {
        Some(code) => Ok(code.value.to_owned()),
        None if codes.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(text.to_owned()),
        None => {
            let known: Vec<_> = codes.iter().map(|code| format!("{} [{}]", code.name, code.value)).collect();
            Err(format!("{text:?} is no code: they are {}", known.join(", ")))
        }
    }
}

/// Follows a run to its end, through a first signal too.
async fn follow(mut run: Run, results: &mut Results) -> Result<Summary> {
    let (mut signals, stopper, bar) = (Signals::new(), run.stopper(), bar(&run, results));
    let mut until = None;
    loop {
        tokio::select! {
            biased;
            event = run.next() => match event {
                Some(event) => {
                    results.note(&event);
                    show(bar.as_ref(), &run.progress());
                }
                None => break,
            },
            () = told_to_end(&mut signals, until) => {
                if until.is_some() {
                    let what = "interrupted: of orders that were under way nobody knows whether they were placed; run it again: it looks them up";
                    return Err(Failure::new(Exit::OutcomeUnknown, what));
                }
                stopper.stop();
                tell("stopping: orders that are under way are finished, for up to 20 seconds, unless you interrupt again");
                until = Some(Instant::now() + PATIENCE);
            }
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    run.finish().await.map_err(|error| {
        let exit = match error {
            // What was under way is looked up by the next run, but only where a journal can be read.
            FleetError::Journal(JournalError::Failed { .. }) => Exit::OutcomeUnknown,
            // It stops at these before its first order.
            FleetError::RecentOrder { .. } | FleetError::Unlisted { .. } | FleetError::OtherParameters(_) => {
                Exit::NothingSent
            }
            _ => Exit::Other,
        };
        let failure = Failure::new(exit, error.to_string());
        match error {
            FleetError::RecentOrder { .. } => failure.and(
                "To accept recent orders, say --accept-recent; a new journal is there by now, so name it by --journal.",
            ),
            _ => failure,
        }
    })
}

/// Waits for a signal, or until a moment.
async fn told_to_end(signals: &mut Signals, until: Option<Instant>) {
    match until {
        Some(until) => drop(timeout_at(until, signals.next()).await),
        None => signals.next().await,
    }
}

/// The worst of what became of its lines. That nothing was sent is said only where no line was ordered for or refused, now or before.
fn of_batch(summary: &Summary) -> Exit {
    let Progress { ordered, ordered_before, refused, refused_before, not_sent, unknown, .. } = summary.progress;
    let (ordered, refused) = (ordered + ordered_before, refused + refused_before);
    match summary.is_complete() {
        _ if unknown > 0 => Exit::OutcomeUnknown,
        _ if refused > 0 => Exit::Refused,
        _ if not_sent > 0 && ordered == 0 => Exit::NothingSent,
        true => Exit::Done,
        false => Exit::Other,
    }
}

/// A bar of progress, where a person sees it, and no results between.
fn bar(run: &Run, results: &Results) -> Option<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}").ok()?;
    let is_alone = !results.are_printed() || !std::io::stdout().is_terminal();
    (is_alone && std::io::stderr().is_terminal()).then(|| ProgressBar::new(run.progress().total).with_style(style))
}

fn show(bar: Option<&ProgressBar>, progress: &Progress) {
    let Some(bar) = bar else { return };
    bar.set_position(progress.behind());
    let left = progress.time_left().map_or_else(|| "?".to_owned(), |left| left.as_secs().to_string());
    let Progress { refused, unknown, .. } = progress;
    bar.set_message(format!("{:.0} a second, {left} s left; {refused} refused, {unknown} unknown", progress.rate()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_orders_is_an_operation_with_that_parameter() {
        assert!(order().unwrap().parameters.iter().any(|parameter| parameter.name == SIM));
    }
}
