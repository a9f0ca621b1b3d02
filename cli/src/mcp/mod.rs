//! The operations as tools for assistants, over standard input and output: those that change nothing, and the others if they are
//! allowed, each asked for by a person first.

mod reply;
mod server;
mod tool;

use std::io::IsTerminal;

use clap::{Arg, ArgAction, ArgMatches, Command};
use rmcp::ServiceExt;
use rmcp::transport::stdio;

use crate::command::from_profile;
use crate::exit::{Exit, Failure, Result};
use crate::perform::wanted;
use crate::{family, settings, tell};
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
    let mut wanted = wanted(matches);
    // What is piped in belongs to the protocol.
    wanted.is_interactive = false;
    let (mut offers, mut left_out) = (Vec::new(), Vec::new());
    for (row, document) in family::all() {
        match settings::read(row.part(), &wanted).await {
            Ok(given) => offers.push(Offer { document, about: given.about(), client: (row.client)(&given)?.into() }),
            Err(failure) => left_out.push(failure),
        }
    }
    if offers.is_empty() {
        return Err(left_out.into_iter().next().unwrap_or_else(|| Failure::settings("no API is set up")));
    }
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
    let service = server.serve(stdio()).await;
    let service = service.map_err(|error| Failure::new(Exit::Other, format!("the protocol did not begin: {error}")))?;
    let ended = service.waiting().await;
    under_way.finish().await;
    ended.map(|_| ()).map_err(|error| Failure::new(Exit::Other, format!("the protocol ended: {error}")))
}
