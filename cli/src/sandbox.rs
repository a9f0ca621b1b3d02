//! The sandbox as a command: the options are those of the program `linksfield-sandbox`.

use std::error::Error as _;
use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, value_parser};
use linksfield::sandbox;

use crate::exit::{Exit, Failure, Result};

/// The program by the name that it has here.
const PROGRAM: &str = "linksfield sandbox";

pub fn command() -> Command {
    Command::new("sandbox")
        .about("Run a server on this machine that behaves as the documentation says; `sandbox --help` has its options")
        .disable_help_flag(true)
        .after_help(sandbox::PROGRAM_OPTIONS)
        .arg(
            Arg::new("options")
                .value_name("OPTIONS")
                .num_args(0..)
                .allow_hyphen_values(true)
                .trailing_var_arg(true)
                .value_parser(value_parser!(OsString))
                .help("Those of the program, which stand below"),
        )
}

pub async fn run(matches: &ArgMatches) -> Result {
    let options = matches.get_many::<OsString>("options").into_iter().flatten().cloned();
    // All that it is set up with stands on the command line.
    sandbox::program(PROGRAM, options).await.map_err(|error| match error.source() {
        Some(_) => Failure::new(Exit::Other, error.to_string()),
        None => Failure::usage(error.to_string()),
    })
}
