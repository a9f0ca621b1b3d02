//! The tree of commands: a group for each API and in it a command for each operation, made from the operations table; and the
//! commands that are written by hand.

use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, Command, value_parser};
use linksfield::openapi::{Document, Kind, Parameter};
use linksfield::{Completeness, Operation};

use crate::exit;
use crate::family::{self, Row};
use crate::output::Format;
use crate::settings;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .valid(AnsiColor::Green.on_default())
    .invalid(AnsiColor::Yellow.on_default());

/// The language of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    English,
    Chinese,
}

impl Tongue {
    /// That of the first `--lang` of a command line, which is needed before it is parsed.
    pub fn of(arguments: impl Iterator<Item = String>) -> Self {
        let mut arguments = arguments.take_while(|argument| argument != "--");
        while let Some(argument) = arguments.next() {
            let tag = match argument.strip_prefix("--lang") {
                Some("") => arguments.next(),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => continue,
            };
            return if tag.is_some_and(|tag| tag.starts_with("zh")) { Self::Chinese } else { Self::English };
        }
        Self::English
    }

    /// The vendor's own Chinese words, where there are any and they are asked for.
    fn words(self, english: &'static str, chinese: &'static str) -> &'static str {
        if self == Self::Chinese && !chinese.is_empty() { chinese } else { english }
    }
}

/// Everything.
pub fn root(tongue: Tongue) -> Command {
    let groups = family::all().map(|(_, document)| group(document, tongue));
    Command::new("linksfield")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Order, start, renew and query Linksfield data plans")
        .styles(STYLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(100)
        .after_help(format!(
            "A command's --help has its parameters and an example.\n\n{}\n\nEach order is shown and asked for before it is sent; scripts say --yes.",
            exit::HELP
        ))
        .arg(lang())
        .subcommands(groups)
        .subcommands(crate::by_hand(tongue))
}

fn lang() -> Arg {
    Arg::new("lang")
        .long("lang")
        .value_name("TAG")
        .value_parser(tag)
        .global(true)
        .help("Language of the API's messages, such as en-US; with zh the help has the vendor's Chinese words, where there are any")
        .help_heading("Options of every call")
}

fn tag(text: &str) -> Result<String, &'static str> {
    let tag = settings::language(text).is_tag().then(|| text.to_owned());
    tag.ok_or("it must be a language tag, such as en-US")
}

/// A flag of commands that no document describes.
pub fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help)
}

/// The same without a value.
pub fn switch(name: &'static str, help: &'static str) -> Arg {
    flag(name, help).action(ArgAction::SetTrue)
}

fn group(document: &'static Document, tongue: Tongue) -> Command {
    let operations = document.operations.iter().map(|operation| command(document, operation, tongue));
    Command::new(document.name)
        .about(document.title)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(family::of(document.name).map(|(row, _)| about_settings(row, document)).unwrap_or_default())
        .subcommands(operations)
        .subcommand(raw(document))
}

/// Where the settings of an API come from, and the servers that one of them may name.
fn about_settings(row: &Row, document: &Document) -> String {
    let servers =
        document.servers.iter().map(|server| format!("\n  {}\n      {}", server.url, reflowed(server.description)));
    let (help, servers) = (row.part().help(), servers.collect::<String>());
    match servers.is_empty() {
        true => format!("{help}\n\nThe URL of the server is what Linksfield gave you."),
        false => format!(
            "{help}\n\nThe URL of the server has the path before that of each call. The vendor's pages name:{servers}"
        ),
    }
}

/// The command of an operation.
fn command(document: &Document, operation: &'static Operation, tongue: Tongue) -> Command {
    let summary = match tongue {
        Tongue::Chinese => chinese(operation.title).unwrap_or(operation.summary),
        Tongue::English => operation.summary,
    };
    let label = if operation.deprecated { "[deprecated] " } else { "" };
    let description = reflowed(tongue.words(operation.description, operation.description_zh));
    let mut long = format!("{label}{summary}\n\n{description}");
    if operation.deprecated {
        long.push_str("\n\nThe vendor labels this operation as deprecated.");
    }
    match operation.completeness {
        Completeness::Complete => {}
        Completeness::Partial => long.push_str("\n\nThe vendor documents it in part."),
        _ => long.push_str("\n\nThe vendor documents no more of it than that it is there: pass what you were told by --param or --json."),
    }
    long.push_str(&format!("\n\nDocumentation: {}", operation.page));
    let mut command = Command::new(operation.command)
        .about(format!("{label}{summary}"))
        .long_about(long)
        .after_help(format!("Example:\n  {}", example(document, operation)))
        .args(operation.parameters.iter().map(|parameter| argument(parameter, tongue, " [required]")))
        .args(calling());
    if operation.pages.is_some() {
        let all = Arg::new("all").long("all").action(ArgAction::SetTrue);
        command = command
            .arg(all.help("Follow the pages to the end; --query then sees one item at a time").help_heading(CALLING));
    }
    if changes(operation) {
        command = command.args(asking(operation.confirm));
    }
    command
}

/// Whether it does something that a person wants to be asked about.
pub fn changes(operation: &Operation) -> bool {
    use linksfield::http::Method;
    !operation.safe_to_retry || ![Method::GET, Method::POST].contains(&operation.method)
}

/// Markdown whose paragraphs are one line each, for a terminal to break.
fn reflowed(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let lines = paragraph.lines().map(str::trim);
        lines.fold(String::new(), |text, line| match line.starts_with(['*', '-', '|']) {
            _ if text.is_empty() => line.to_owned(),
            true => format!("{text}\n{line}"),
            false => format!("{text} {line}"),
        })
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// The part of a page's title that is Chinese.
fn chinese(title: &'static str) -> Option<&'static str> {
    title.split(" / ").find(|part| part.contains(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter)))
}

const CALLING: &str = "Options of every call";

/// From which profile settings are taken; [`wanted`](crate::perform::wanted) reads it.
pub fn from_profile(help: &'static str) -> [Arg; 2] {
    [
        Arg::new("profile").long("profile").value_name("NAME").help(help),
        Arg::new("loose-profile")
            .long("loose-profile")
            .action(ArgAction::SetTrue)
            .help("Read the profiles though others can read them too"),
    ]
}

/// The longest deadline that can be told, in seconds: a year is as good as none, and what is longer overflows.
pub const LONGEST: u64 = 365 * 24 * 3600;

/// What every call can be told.
pub fn calling() -> Vec<Arg> {
    let arg = |name| Arg::new(name).long(name).help_heading(CALLING);
    let [profile, loose] = from_profile("Take the settings from this profile, and nothing from the environment");
    vec![
        arg("json").value_name("FILE").help("Read the parameters, as a JSON object, from a file, or from standard input if it is -; flags override them"),
        arg("param").value_name("NAME=VALUE").action(ArgAction::Append).help("Pass a parameter that the document does not know, as text; NAME:=JSON passes any JSON"),
        profile.help_heading(CALLING),
        loose.help_heading(CALLING),
        arg("deadline").value_name("SECONDS").value_parser(value_parser!(u64).range(1..=LONGEST)).help("Longest time of the call, attempts and waiting included"),
        arg("dry-run").action(ArgAction::SetTrue).help("Print the request and what is signed; send nothing"),
    ]
    .into_iter()
    .chain(printing())
    .collect()
}

/// How an answer is printed.
pub fn printing() -> [Arg; 2] {
    let arg = |name| Arg::new(name).long(name).help_heading(CALLING);
    [
        arg("output")
            .value_name("FORMAT")
            .value_parser(PossibleValuesParser::new(Format::NAMES))
            .help("How the answer is printed: a table on a terminal and JSON elsewhere, if not told"),
        arg("query").value_name("EXPRESSION").help("What of the answer is printed: JMESPath"),
    ]
}

/// How a call that changes something is agreed to.
pub fn asking(confirm: Option<&'static str>) -> Vec<Arg> {
    match confirm {
        Some(name) => {
            let help =
                format!("Send it without asking: the {name} once more. --yes does not do, as it can't be taken back");
            vec![Arg::new("confirm").long("confirm").value_name("ID").help(help).help_heading(CALLING)]
        }
        None => {
            let yes = Arg::new("yes").long("yes").action(ArgAction::SetTrue);
            vec![yes.help("Send it without asking").help_heading(CALLING)]
        }
    }
}

/// The call of what no document describes.
fn raw(document: &Document) -> Command {
    let safe = Arg::new("safe-to-retry").long("safe-to-retry").action(ArgAction::SetTrue);
    let in_query = Arg::new("in-query").long("in-query").value_name("NAME").action(ArgAction::Append);
    Command::new("call")
        .about("Sign and send a call of what the document does not describe")
        .after_help(format!(
            "Example:\n  linksfield {} call POST /path/of/it --param name=value --safe-to-retry",
            document.name
        ))
        .arg(Arg::new("method").value_name("METHOD").required(true).help("GET, POST, PUT, PATCH or DELETE"))
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .required(true)
                .help("Below the server's URL; {name} in it stands for the parameter of that name"),
        )
        .arg(in_query.help(
            "Put this parameter into the query (Cube and eSIM QR): without it, all but those of a GET go into the body",
        ))
        .arg(safe.help("It changes nothing: it is sent without asking, and again where no answer came"))
        .args(calling())
        .args(asking(None))
}

/// The flag of a parameter; `required` is said behind one without which a call is refused.
pub fn argument(parameter: &'static Parameter, tongue: Tongue, required: &str) -> Arg {
    let description = tongue.words(parameter.description, parameter.description_zh);
    let required = if parameter.required { required } else { "" };
    let description = reflowed(description);
    let short = description.split("\n\n").next().unwrap_or_default();
    let arg = Arg::new(parameter.flag)
        .long(parameter.flag)
        .help(format!("{short}{required}"))
        .long_help(format!("{description}{required}"));
    let (kind, arg) = match parameter.kind {
        Kind::List(item) => (*item, arg.action(ArgAction::Append)),
        kind => (kind, arg.action(ArgAction::Set)),
    };
    if !parameter.codes.is_empty() {
        let codes = parameter.codes.iter().map(|code| {
            PossibleValue::new(code.name).alias(code.value).help(format!("{} [{}]", code.description, code.value))
        });
        return arg.value_name("CODE").value_parser(PossibleValuesParser::new(codes));
    }
    match kind {
        Kind::Integer => arg.value_name("NUMBER").value_parser(value_parser!(i64)).allow_negative_numbers(true),
        Kind::Number => arg.value_name("NUMBER").allow_negative_numbers(true),
        Kind::Boolean => arg.value_name("BOOLEAN").value_parser(["true", "false"]),
        Kind::Object | Kind::List(_) => arg.value_name("JSON"),
        _ => arg.value_name(if parameter.format.ends_with("-id") { "ID" } else { "TEXT" }),
    }
}

/// How wide the lines of an example are, so that no help breaks them elsewhere.
const WIDTH: usize = 76;

/// What calls an operation with the parameters of its example, over several lines if need be.
pub fn example(document: &Document, operation: &Operation) -> String {
    let parameters = serde_json::from_str(operation.example).unwrap_or_default();
    let (mut text, mut room) = (String::new(), WIDTH);
    for piece in pieces(document, operation, &parameters) {
        let width = 1 + piece.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum::<usize>();
        if text.is_empty() {
            text = piece;
        } else if width <= room {
            text = format!("{text} {piece}");
        } else {
            text = format!("{text} \\\n      {piece}");
            room = WIDTH - 4;
        }
        room = room.saturating_sub(width);
    }
    text
}

/// A line that calls an operation with these parameters.
pub fn line(document: &Document, operation: &Operation, parameters: &family::Parameters) -> String {
    pieces(document, operation, parameters).join(" ")
}

/// The command, and each flag with its value.
fn pieces(document: &Document, operation: &Operation, parameters: &family::Parameters) -> Vec<String> {
    let given = operation.parameters.iter().filter_map(|parameter| Some((parameter, parameters.get(parameter.name)?)));
    let flags = given.flat_map(|(parameter, value)| {
        let values = crate::arguments::written(parameter, value);
        values.into_iter().map(|value| format!("--{} {}", parameter.flag, shell_words::quote(&value)))
    });
    std::iter::once(format!("linksfield {} {}", document.name, operation.command)).chain(flags).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use linksfield::openapi::RESERVED_FLAGS;

    use super::*;

    #[test]
    fn the_tree_is_sound() {
        root(Tongue::English).debug_assert();
        root(Tongue::Chinese).debug_assert();
    }

    /// All that a command of an API has beside its parameters is reserved, and nothing else is.
    #[test]
    fn the_flags_of_every_call_are_those_that_no_parameter_takes() {
        let (mut flags, mut parameters) = (BTreeSet::new(), BTreeSet::new());
        let mut tree = root(Tongue::English);
        tree.build();
        for (row, document) in family::all() {
            let group = tree.find_subcommand(row.name).unwrap();
            parameters.extend(document.operations.iter().flat_map(|one| one.parameters).map(|one| one.flag.to_owned()));
            let commands = group.get_subcommands().filter(|command| command.get_name() != "help");
            flags.extend(commands.flat_map(Command::get_arguments).filter_map(Arg::get_long).map(str::to_owned));
        }
        let of_many = tree.find_subcommand("fleet").and_then(|fleet| fleet.find_subcommand("order")).unwrap();
        flags.extend(of_many.get_arguments().filter_map(Arg::get_long).map(str::to_owned));
        // Only the whole has a version.
        flags.insert("version".to_owned());
        let own: BTreeSet<_> = flags.difference(&parameters).map(String::as_str).collect();
        assert_eq!(own, RESERVED_FLAGS.iter().copied().collect());
    }

    #[test]
    fn no_flag_takes_a_secret() {
        fn check(command: &Command) {
            for name in command.get_arguments().filter_map(Arg::get_long).filter(|name| *name != "secret-command") {
                assert!(!["secret", "token", "password"].iter().any(|word| name.contains(word)), "{name}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&root(Tongue::English));
    }
}
