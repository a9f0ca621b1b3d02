//! Linksfield's APIs from a shell.
#![forbid(unsafe_code)]

mod agree;
mod arguments;
mod ask;
mod command;
mod completions;
mod configure;
mod digits;
mod doctor;
mod each;
mod exit;
mod family;
mod fleet;
mod found_out;
mod interrupt;
mod journal;
mod manual;
mod mcp;
mod notifications;
mod output;
mod perform;
mod profiles;
mod results;
mod sandbox;
mod setting;
mod settings;
mod signing;
mod visible;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command};

use command::Tongue;
use exit::{Exit, Failure, Result};

fn main() -> ExitCode {
    let tongue = Tongue::of(std::env::args_os().filter_map(|argument| argument.into_string().ok()));
    let matches = match command::root(tongue).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            let printed = error.print();
            return match error.kind() {
                // That nobody reads the help is no error.
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    printed.map_or_else(|error| output::unwritten(&error), |()| Exit::Done)
                }
                _ => Exit::Usage,
            }
            .into();
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(run(&matches));
            // What still waits for standard input, or for a name, holds nothing up.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(Failure::new(Exit::Other, format!("it can't start: {error}"))),
    };
    match result {
        Ok(()) => Exit::Done.into(),
        Err(Failure { exit: Exit::Done, .. }) => Exit::Done.into(),
        Err(failure) => {
            tell(&failure.message);
            failure.exit.into()
        }
    }
}

/// Says something to a person.
fn tell(message: &str) {
    let _ = std::io::Write::write_all(
        &mut anstream::stderr(),
        format!("linksfield: {}\n", visible::visible_lines(message)).as_bytes(),
    );
}

/// The commands that are written by hand.
fn by_hand(tongue: Tongue) -> Vec<Command> {
    let alone = [configure::command(), doctor::command(), fleet::command(tongue), mcp::command(), sandbox::command()];
    let pairs = notifications::commands().into_iter().chain(completions::commands());
    alone.into_iter().chain(signing::commands()).chain(pairs).collect()
}

async fn run(matches: &ArgMatches) -> Result {
    match matches.subcommand() {
        Some(("configure", matches)) => configure::run(matches).await,
        Some(("doctor", matches)) => doctor::run(matches).await,
        Some(("fleet", matches)) => fleet::run(matches).await,
        Some(("listen", matches)) => notifications::listen(matches).await,
        Some(("mcp", matches)) => mcp::run(matches).await,
        Some(("sandbox", matches)) => sandbox::run(matches).await,
        Some(("trigger", matches)) => notifications::trigger(matches).await,
        Some(("explain", _)) => signing::explain(),
        Some(("sign", matches)) => signing::sign(matches).await,
        Some(("verify", matches)) => signing::verify(matches).await,
        Some(("completions", matches)) => completions::completions(matches),
        Some(("manual", matches)) => manual::manual(matches),
        Some((name, matches)) => of_family(name, matches).await,
        None => Ok(()),
    }
}

async fn of_family(name: &str, matches: &ArgMatches) -> Result {
    let (Some(family), Some((command, matches))) = (family::of(name), matches.subcommand()) else {
        return Err(Failure::usage(format!("there is no command {name}")));
    };
    match family.1.operations.iter().find(|operation| operation.command == command) {
        Some(operation) => perform::operation(family, operation, matches).await,
        None => perform::raw(family, matches).await,
    }
}
