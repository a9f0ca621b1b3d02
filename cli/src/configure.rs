//! Asks for the settings of an API, and keeps them in a profile.

use std::io::{BufRead, IsTerminal};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::{Table, Value};

use crate::ask::Terminal;
use crate::exit::{Failure, Result};
use crate::family;
use crate::profiles::Profiles;
use crate::settings::{self, DEFAULT, Wanted};
use crate::tell;

pub fn command() -> Command {
    Command::new("configure")
        .about("Keep the settings of an API in a profile")
        .long_about(
            "Keep the settings of an API in a profile.\n\nIt asks on the terminal; secrets are not shown. Without a terminal it reads a line for each setting from standard \
             input, in the order in which the help of the API names its variables. Settings are one set from one place: a profile that is named by --profile, else the environment, else the profile `default`.",
        )
        .after_help("Example:\n  linksfield configure csss --profile uat --secret-command 'pass show linksfield/uat'")
        .arg(
            Arg::new("api")
                .value_name("API")
                .required(true)
                .value_parser(PossibleValuesParser::new(family::all().map(|(row, _)| row.name)))
                .help("Which API"),
        )
        .arg(Arg::new("profile").long("profile").value_name("NAME").default_value(DEFAULT).help("The profile"))
        .arg(
            Arg::new("secret-command")
                .long("secret-command")
                .value_name("COMMAND")
                .help("Keep the command that prints the secret, not the secret: it is run without a shell each time"),
        )
        .arg(
            Arg::new("allow-plaintext")
                .long("allow-plaintext")
                .action(ArgAction::SetTrue)
                .help("Let the server be called without TLS, as a sandbox on another machine is"),
        )
        .arg(
            Arg::new("loose-profile")
                .long("loose-profile")
                .action(ArgAction::SetTrue)
                .help("Write the file though others will be able to read it"),
        )
}

pub async fn run(matches: &ArgMatches) -> Result {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let (api, profile) = (text("api").unwrap_or_default(), text("profile").unwrap_or(DEFAULT));
    let Some((row, _)) = family::of(api) else { return Err(Failure::usage(format!("there is no API {api}"))) };
    let accepts_loose_file = matches.get_flag("loose-profile");
    let mut settings = Table::new();
    let mut source = Source::open();
    for setting in row.settings {
        match text("secret-command").filter(|_| setting.is_secret) {
            Some(line) => settings.insert(format!("{}_command", setting.key), Value::String(line.to_owned())),
            None => {
                let value = source.read(setting)?;
                settings.insert(setting.key.to_owned(), Value::String(value))
            }
        };
    }
    if matches.get_flag("allow-plaintext") {
        settings.insert("allow_plaintext".to_owned(), Value::Boolean(true));
    }
    let path = Profiles::set(profile, api, settings, accepts_loose_file)?;
    let wanted = Wanted {
        profile: Some(profile.to_owned()),
        accepts_loose_file,
        is_interactive: std::io::stdin().is_terminal(),
        ..Wanted::default()
    };
    let given = settings::read(row, &wanted).await?;
    (row.client)(&given)?;
    tell(&format!("kept in {}: {}", path.display(), given.about()));
    Ok(())
}

/// Who is asked for the settings.
enum Source {
    Person(Terminal),
    Input(std::io::StdinLock<'static>),
}

impl Source {
    fn open() -> Self {
        let person = std::io::stdin().is_terminal().then(Terminal::open).flatten();
        person.map_or_else(|| Self::Input(std::io::stdin().lock()), Self::Person)
    }

    fn read(&mut self, setting: &family::Setting) -> Result<String> {
        let cannot = |error: std::io::Error| Failure::settings(format!("{} can't be read: {error}", setting.about));
        let line = match self {
            Self::Person(_) if setting.is_secret => {
                rpassword::prompt_password(format!("{} (not shown): ", setting.about)).map_err(cannot)?
            }
            Self::Person(terminal) => {
                terminal.ask(&format!("{}: ", setting.about)).map_err(cannot)?.unwrap_or_default()
            }
            Self::Input(input) => {
                let mut line = String::new();
                input.read_line(&mut line).map_err(cannot)?;
                line
            }
        };
        match line.trim() {
            "" => Err(Failure::settings(format!("the {} is missing", setting.about))),
            value => Ok(value.to_owned()),
        }
    }
}
