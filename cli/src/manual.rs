//! A page of the manual for each command.

use std::io;
use std::path::{Path, PathBuf};

use clap::builder::Resettable;
use clap::{ArgMatches, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::command::{Tongue, root};
use crate::exit::{Exit, Failure, Result};

/// What stands before the examples at the end of a help.
const EXAMPLE: &str = "Example:\n";

pub fn manual(matches: &ArgMatches) -> Result {
    let Some(folder) = matches.get_one::<PathBuf>("folder") else { return Ok(()) };
    let cannot = |error| Failure::new(Exit::Other, format!("{} can't be written: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let mut tree = root(Tongue::English).disable_help_subcommand(true);
    tree.build();
    pages(&tree, folder).map_err(cannot)
}

fn pages(command: &Command, folder: &Path) -> io::Result<()> {
    let (man, end) = (Man::new(command.clone().after_help(Resettable::Reset)), end(command));
    let mut page = Vec::new();
    man.render(&mut page)?;
    page.extend(end.to_roff().into_bytes());
    std::fs::write(folder.join(man.get_filename()), page)?;
    command.get_subcommands().filter(|command| !command.is_hide_set()).try_for_each(|command| pages(command, folder))
}

/// What stands at the end of a help, line by line: an example is there to be copied.
fn end(command: &Command) -> Roff {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (notes, example) = text.split_once(EXAMPLE).unwrap_or((&text, ""));
    let mut end = Roff::new();
    for (heading, text) in [("NOTES", notes), ("EXAMPLES", example)].into_iter().filter(|(_, text)| !text.is_empty()) {
        end.control("SH", [heading]).control("nf", []);
        for line in text.trim_end().lines() {
            end.text([roman(line)]);
        }
        end.control("fi", []);
    }
    end
}
