//! The sandbox as a command: the options are those of the program `linksfield-sandbox`.

use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, value_parser};
use linksfield::sandbox;

use crate::exit::Result;

pub fn command() -> Command {
    Command::new("sandbox")
        .about("Run a server on this machine that behaves as the documentation says; `sandbox --help` has its options")
        .disable_help_flag(true)
        .arg(
            Arg::new("options")
                .value_name("OPTIONS")
                .num_args(0..)
                .allow_hyphen_values(true)
                .trailing_var_arg(true)
                .value_parser(value_parser!(OsString))
                .help("Those of the program"),
        )
}

pub async fn run(matches: &ArgMatches) -> Result {
    let options = matches.get_many::<OsString>("options").into_iter().flatten().cloned();
    Ok(sandbox::program("linksfield sandbox", options).await?)
}
