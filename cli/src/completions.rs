//! What the shells and the manual are told of the commands.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::command::{Tongue, root};
use crate::exit::{Failure, Result};
use crate::output;

pub fn commands() -> [Command; 2] {
    let shells = ["bash", "zsh", "fish", "powershell"];
    [
        Command::new("completions")
            .about("Print what lets a shell complete commands")
            .after_help(
                "Example:\n  linksfield completions bash > ~/.local/share/bash-completion/completions/linksfield",
            )
            .arg(
                Arg::new("shell")
                    .value_name("SHELL")
                    .required(true)
                    .value_parser(PossibleValuesParser::new(shells))
                    .help("Which shell"),
            ),
        Command::new("manual")
            .about("Write a page of the manual for each command")
            .after_help("Example:\n  linksfield manual ~/.local/share/man/man1")
            .arg(
                Arg::new("folder")
                    .value_name("FOLDER")
                    .required(true)
                    .value_parser(value_parser!(PathBuf))
                    .help("Where to"),
            ),
    ]
}

pub fn completions(matches: &ArgMatches) -> Result {
    let shell = matches.get_one::<String>("shell").and_then(|name| name.parse::<Shell>().ok());
    let shell = shell.ok_or_else(|| Failure::usage("there is no such shell"))?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut plain(root(Tongue::English)), "linksfield", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}

/// The same commands with help in one line, as a shell shows it.
fn plain(command: Command) -> Command {
    let arguments: Vec<_> = command.get_arguments().map(|argument| argument.get_id().clone()).collect();
    let commands: Vec<_> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let command = arguments.iter().fold(command, |command, id| command.mut_arg(id, plain_argument));
    commands.iter().fold(command, |command, name| command.mut_subcommand(name, plain))
}

fn plain_argument(argument: Arg) -> Arg {
    let values = argument.get_possible_values().into_iter().map(|value| {
        let help = value.get_help().map(|help| in_a_line(&help.to_string()));
        help.map_or(value.clone(), |help| value.help(help))
    });
    let values: Vec<_> = values.collect();
    let help = argument.get_help().map(|help| in_a_line(&help.to_string()));
    let argument = if values.is_empty() || !argument.get_action().takes_values() {
        argument
    } else {
        argument.value_parser(PossibleValuesParser::new(values))
    };
    help.map_or(argument.clone(), |help| argument.help(help))
}

/// The first sentence, without what a shell takes for more than a letter.
fn in_a_line(help: &str) -> String {
    let sentence = help.split(". ").next().unwrap_or_default().lines().next().unwrap_or_default();
    sentence.chars().filter_map(harmless).collect()
}

fn harmless(letter: char) -> Option<char> {
    match letter {
        '"' | '\'' => Some('’'),
        '(' | '[' | '{' => Some('（'),
        ')' | ']' | '}' => Some('）'),
        ':' | ';' => Some('，'),
        '$' => Some('＄'),
        '`' | '\\' => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_that_a_shell_runs_or_ends_a_text_with_is_left() {
        let line = in_a_line("a 'b' (c) [d] {e}: \"f\"; `g` $h \\i, j. More");
        assert_eq!(line, "a ’b’ （c） （d） （e）， ’f’， g ＄h i, j");
    }
}
