//! Asks for the settings of an API, and keeps them in a profile.

use std::io::{BufRead, ErrorKind, IsTerminal};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml_edit::Value;

use crate::ask::{Mode, Terminal};
use crate::exit::{Exit, Failure, Result};
use crate::family::{self, Row};
use crate::interrupt::Signals;
use crate::notifications;
use crate::profiles::{DEFAULT, Pairs, Profiles};
use crate::setting::Part;
use crate::settings::{self, Wanted};
use crate::tell;

pub fn command() -> Command {
    Command::new("configure")
        .about("Keep the settings of an API in a profile")
        .long_about(
            "Keep the settings of an API in a profile.\n\nIt asks on the terminal; secrets are not shown, and of a private key it asks for the path. Without a terminal it reads a line for each setting from standard \
             input, in the order in which the help of the API names its variables. Settings are one set from one place: a profile that is named by --profile, else the environment, else the profile `default`.",
        )
        .after_help("Example:\n  linksfield configure csss --profile uat --secret-command 'pass show linksfield/uat'")
        .arg(
            Arg::new("api")
                .value_name("API")
                .required(true)
                .value_parser(PossibleValuesParser::new(parts().map(|part| part.name)))
                .help("Which API, or what receives notifications"),
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
    let (mode, mut signals) = (Mode::now(), Signals::new());
    tokio::select! {
        biased;
        () = signals.next() => {
            mode.restore();
            Err(interrupted())
        }
        done = configure(matches) => done,
    }
}

fn interrupted() -> Failure {
    Failure::new(Exit::Other, "interrupted: nothing was kept")
}

async fn configure(matches: &ArgMatches) -> Result {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let (api, profile) = (text("api").unwrap_or_default(), text("profile").unwrap_or(DEFAULT));
    let row = family::of(api).map(|(row, _)| row);
    let part = row.map_or(notifications::PART, Row::part);
    let accepts_loose_file = matches.get_flag("loose-profile");
    let command = text("secret-command").map(str::to_owned);
    // Whoever is asked may take their time.
    let asked = tokio::task::spawn_blocking(move || asked(part, command.as_deref())).await;
    let mut settings = asked.map_err(|error| Failure::settings(format!("nothing could be asked: {error}")))??;
    if matches.get_flag("allow-plaintext") {
        settings.push(("allow_plaintext".to_owned(), Value::from(true)));
    }
    let wanted = Wanted { is_interactive: std::io::stdin().is_terminal(), ..Wanted::default() };
    // Nothing is kept that can't be used.
    let alone = Profiles::of(profile, part, &settings)?;
    let given = settings::from_profile(&alone, part, profile, &wanted).await?;
    let given = given.ok_or_else(|| settings::none(part))?;
    row.map_or(Ok(()), |row| (row.client)(&given).map(drop))?;
    let path = Profiles::set(profile, part, &settings, accepts_loose_file)?;
    tell(&format!("kept in {}: {}", path.display(), given.about()));
    row.and_then(|row| row.key_pair).map_or(Ok(()), |key_pair| {
        let key = key_pair(&given)?;
        tell(&family::about_key(&key));
        Ok(())
    })
}

/// What a person, or standard input, says of each setting.
fn asked(part: Part, secret_command: Option<&str>) -> Result<Pairs> {
    let (mut settings, mut source) = (Pairs::new(), Source::open());
    for setting in part.settings.iter().filter(|setting| !setting.is_optional) {
        let (key, value) = match (setting.command_key().zip(secret_command), setting.file_key()) {
            (Some((key, line)), _) => (key, line.to_owned()),
            // What has several lines is not typed.
            (None, Some(key)) => (key, absolute(&source.read(&format!("path of the {}", setting.about), false)?)?),
            (None, None) => (setting.key.to_owned(), source.read(setting.about, setting.is_secret)?),
        };
        settings.push((key, value.into()));
    }
    Ok(settings)
}

/// What has settings of its own.
fn parts() -> impl Iterator<Item = Part> {
    family::all().map(|(row, _)| row.part()).chain([notifications::PART])
}

/// The path from wherever a command is run.
fn absolute(path: &str) -> Result<String> {
    let cannot = |what: &dyn std::fmt::Display| Failure::settings(format!("{path} is no path: {what}"));
    let path = std::path::absolute(path).map_err(|error| cannot(&error))?;
    path.into_os_string().into_string().map_err(|_| cannot(&"it is not Unicode"))
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

    fn read(&mut self, about: &str, is_secret: bool) -> Result<String> {
        let cannot = |error: std::io::Error| match error.kind() {
            ErrorKind::Interrupted => interrupted(),
            _ => Failure::settings(format!("the {about} can't be read: {error}")),
        };
        let line = match self {
            Self::Person(_) if is_secret => {
                rpassword::prompt_password(format!("{about} (not shown): ")).map_err(cannot)?
            }
            Self::Person(terminal) => terminal.ask(&format!("{about}: ")).map_err(cannot)?.unwrap_or_default(),
            Self::Input(input) => {
                let mut line = String::new();
                input.read_line(&mut line).map_err(cannot)?;
                line
            }
        };
        match line.trim() {
            "" => Err(Failure::settings(format!("the {about} is missing"))),
            value => Ok(value.to_owned()),
        }
    }
}
