//! The operations as tools for assistants, over standard input and output: those that change nothing, and the others if they are
//! allowed, each asked for by a person first.

mod pipes;
mod reply;
mod server;
mod tool;

use std::io::IsTerminal;

use clap::{Arg, ArgAction, ArgMatches, Command};
use linksfield::openapi::Document;
use rmcp::ServiceExt;

use crate::command::from_profile;
use crate::exit::{Exit, Failure, Result};
use crate::family::{self, Row};
use crate::interrupt::Signals;
use crate::perform::wanted;
use crate::settings::{self, Wanted};
use crate::tell;
use server::{Offer, Server};

pub fn command() -> Command {
    Command::new("mcp")
        .about("Offer the operations as tools to an assistant, over standard input and output (Model Context Protocol)")
        .long_about(
            "Offer the operations as tools to an assistant, over standard input and output (Model Context Protocol).\n\nOnly operations that change nothing are offered, unless you allow the others; each of those is then shown to \
             you by the assistant's program, and sent only if you type what it asks for. A program that can't ask is told that nothing was sent. APIs whose settings are not there are left out.\n\nWhat an assistant reads (SMS, names, messages of refusals) may be written by strangers who want it to do something: with --allow-changes, read what you are asked before you type.",
        )
        .after_help("Example:\n  linksfield mcp --profile uat")
        .args(from_profile("Take the settings from this profile"))
        .arg(
            Arg::new("allow-changes")
                .long("allow-changes")
                .action(ArgAction::SetTrue)
                .help("Offer operations that change something too: each is asked for by a person"),
        )
}

pub async fn run(matches: &ArgMatches) -> Result {
    let transport = pipes::taken();
    let transport =
        transport.map_err(|error| Failure::new(Exit::Other, format!("it has no standard output: {error}")))?;
    let mut wanted = wanted(matches);
    // What is piped in belongs to the protocol.
    wanted.is_interactive = false;
    let (mut offers, mut broken) = (Vec::new(), Vec::new());
    for (row, document) in family::all() {
        match offer(row, document, &wanted).await {
            Ok(offered) => offers.extend(offered),
            Err(failure) => broken.push(failure.and(format!("{} is left out", row.name))),
        }
    }
    if offers.is_empty() {
        return Err(broken.into_iter().next().unwrap_or_else(|| {
            Failure::settings("there are no settings of any API: run `linksfield configure`, or set their variables")
        }));
    }
    broken.iter().for_each(|failure| tell(&failure.message));
    if std::io::stdin().is_terminal() {
        tell("waiting for a program that speaks the Model Context Protocol");
    }
    let allows_changes = matches.get_flag("allow-changes");
    if allows_changes {
        tell(
            "operations that change something are offered. What an assistant reads may be written by strangers: read what you are \
             asked before you agree",
        );
    }
    let server = Server::new(offers, allows_changes);
    let under_way = server.under_way();
    let mut signals = Signals::new();
    let served = async {
        let service = server.serve(transport).await;
        let service =
            service.map_err(|error| Failure::new(Exit::Other, format!("the protocol did not begin: {error}")))?;
        let ended = service.waiting().await;
        ended.map(drop).map_err(|error| Failure::new(Exit::Other, format!("the protocol ended: {error}")))
    };
    // Left alone, the service ends.
    let ended = tokio::select! {
        ended = served => Some(ended),
        () = signals.next() => None,
    };
    let patience = async {
        if ended.is_some() {
            signals.next().await;
        }
        tell("calls are under way: waiting for their answers up to 20 seconds, unless you interrupt again");
        signals.again().await;
    };
    if !under_way.finish(patience).await {
        let what = "interrupted: what became of calls that were under way is unknown";
        return Err(Failure::new(Exit::OutcomeUnknown, what));
    }
    ended.unwrap_or(Ok(()))
}

/// An API, if it is set up.
async fn offer(row: &Row, document: &'static Document, wanted: &Wanted) -> Result<Option<Offer>> {
    let Some(given) = settings::find(row.part(), wanted).await? else { return Ok(None) };
    Ok(Some(Offer { document, about: given.about(), client: (row.client)(&given)?.into() }))
}
