//! What a person found out of a SIM whose order stays unknown, told to the journal of its fleet.

use std::path::{Path, PathBuf};

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use linksfield::fleet::Sim;

use crate::agree::{self, Agreement, YES};
use crate::command::{flag, switch};
use crate::exit::{Failure, Result};
use crate::journal::{self, Journal};
use crate::tell;

pub fn command() -> Command {
    Command::new("found-out")
        .about("Tell a journal what became of a SIM that stays unknown")
        .long_about(
            "Tell a journal what became of a SIM that stays unknown.\n\nLook for its orders first, while no run goes on: one in between may order a second time. Then say which of them is the journal's, or that none was placed: \
             with --none the next run orders for the SIM. It is refused for a SIM that is not unknown, and while a run has the journal or the SIM. No credentials are needed, and nothing is sent to Linksfield.\n\nWhere LINKSFIELD_JOURNAL \
             is the connection string of a PostgreSQL database, or LINKSFIELD_JOURNAL_FILE names a file with it, the journal is in that database.",
        )
        .after_help(
            "Example:\n  linksfield fleet found-out 89852022018041800192 --journal sims.journal \\\n      --order ORDER_47452122261749760",
        )
        .arg(Arg::new("sim").value_name("SIM").required(true).value_parser(value_parser!(Sim)).help("The SIM"))
        .arg(
            flag("order", "This is the id of its order")
                .value_name("ID")
                .value_parser(NonEmptyStringValueParser::new()),
        )
        .arg(switch("none", "No order was placed for it: the next run orders"))
        .group(ArgGroup::new("what").args(["order", "none"]).required(true))
        .arg(
            flag("journal", "The journal of the run")
                .value_name(journal::PLACE)
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(switch(YES, "Tell it without asking"))
}

pub async fn run(matches: &ArgMatches) -> Result {
    let (Some(sim), Some(name)) = (matches.get_one::<Sim>("sim"), matches.get_one::<PathBuf>("journal")) else {
        return Err(Failure::usage("it needs a SIM and a journal: see --help"));
    };
    let order = matches.get_one::<String>("order").map(String::as_str);
    let (journal, purpose) = Journal::to_tell(name).await?;
    let what = match order {
        Some(order) => format!("the order of SIM {sim} is {order}, and no run orders for it"),
        None => format!("no order was placed for SIM {sim}, and the next run orders for it"),
    };
    let text = format!("The journal {} is told:\n  {what}\n  it is for {purpose}\n", name.display());
    agree::ask(&text, &Agreement::TO_TELL, matches.get_flag(YES).then_some(YES))?;
    journal.found_out(*sim, order).await?;
    tell(&format!("the journal has it: {what}"));
    Ok(())
}

/// How to tell a journal of what stays unknown.
pub fn advice(journal: &Path) -> String {
    let name = journal.to_string_lossy();
    let name = shell_words::quote(&name);
    format!(
        "Run it again: it looks up what is unknown. What stays so, look for yourself, and tell by:\n  linksfield fleet found-out SIM --journal {name} --order ID\nor with --none in place of --order ID, if no order was placed"
    )
}
