//! Where the settings of a client come from: a profile that was named, the environment, or the profile `default`. They are one set
//! from one place: half of one account and half of another would order for the wrong one.

use std::collections::HashMap;
use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use encoding_rs::UTF_8;
use linksfield::reqwest::Url;
use linksfield::{Credentials, Language};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::ask::Mode;
use crate::exit::{Exit, Failure, Result};
use crate::interrupt::unless_told_to_end;
use crate::profiles::{DEFAULT, Profiles};
use crate::setting::{Part, Setting, names};
use crate::tell;

/// Longest time that a `secret_command` takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long what it printed is on its way once it ended.
const REST: Duration = Duration::from_millis(100);

/// All that a client is set up with.
pub struct Given {
    values: HashMap<&'static str, Zeroizing<String>>,
    pub allows_plaintext: bool,
    pub language: Option<Language>,
    /// Where they come from, in words.
    pub origin: String,
    /// The name of who calls, if it is no secret.
    pub account: Option<String>,
}

/// What was asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub profile: Option<String>,
    pub accepts_loose_file: bool,
    pub language: Option<Language>,
    /// Whether a person is there to whom a `secret_command` may speak.
    pub is_interactive: bool,
}

impl Given {
    pub fn value(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |value| value)
    }

    /// What need not be told, if it is.
    pub fn told(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|value| value.as_str())
    }

    /// Who is called, by whom, and where that was said: what a person wants to see before money is spent.
    pub fn about(&self) -> String {
        let url = self.value("base_url");
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let host = host.unwrap_or_else(|| url.to_owned());
        let account = self.account.as_deref().map_or(String::new(), |account| format!(" as {account}"));
        format!("{host}{account} ({})", self.origin)
    }
}

/// The language of a tag, or of the short form of one that is documented.
pub fn language(tag: &str) -> Language {
    match tag {
        "zh" | "zh-CN" => Language::SimplifiedChinese,
        "en" | "en-US" => Language::English,
        other => Language::Other(other.to_owned()),
    }
}

/// What a part is set up with.
pub async fn read(part: Part, wanted: &Wanted) -> Result<Given> {
    find(part, wanted).await?.ok_or_else(|| match &wanted.profile {
        Some(profile) => Failure::settings(format!(
            "the profile {profile} says nothing of {}: run `linksfield configure {} --profile {profile}`",
            part.name, part.name
        )),
        None => none(part),
    })
}

/// That a part is not set up.
pub fn none(part: Part) -> Failure {
    Failure::settings(format!(
        "there are no settings of {}: run `linksfield configure {}`, or set {}",
        part.name,
        part.name,
        names(part.settings.iter().filter(|setting| !setting.is_optional))
    ))
}

/// What a part is set up with, if it is.
pub async fn find(part: Part, wanted: &Wanted) -> Result<Option<Given>> {
    let file = || Profiles::read(wanted.accepts_loose_file);
    match &wanted.profile {
        Some(name) => from_profile(&file()?, part, name, wanted).await,
        None if part.settings.iter().flat_map(Setting::variables).any(is_set) => {
            from_environment(part, wanted).map(Some)
        }
        None => from_profile(&file()?, part, DEFAULT, wanted).await,
    }
}

/// Whether a variable says something: an empty one does not, as for the library.
fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// The value of a variable, if it is set.
pub fn variable(name: &str) -> Result<Option<Zeroizing<String>>> {
    let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let value = value.into_string().map(Zeroizing::new);
    value.map(Some).map_err(|_| Failure::settings(format!("{name} is not Unicode")))
}

/// The value of a variable, or what the file holds that another names, if one of them is set.
pub fn variable_or_file(name: &str, file_name: Option<&str>) -> Result<Option<Zeroizing<String>>> {
    let path = file_name.map(variable).transpose()?.flatten();
    match (variable(name)?, path, file_name) {
        (Some(_), Some(_), Some(file_name)) => {
            Err(Failure::settings(format!("{name} and {file_name} are both set: keep one")))
        }
        (None, Some(path), Some(file_name)) => content(Path::new(path.trim()))
            .map(Some)
            .map_err(|what| Failure::settings(format!("{file_name} names {what}"))),
        (value, ..) => Ok(value),
    }
}

fn from_environment(part: Part, wanted: &Wanted) -> Result<Given> {
    let mut values = HashMap::new();
    for setting in part.settings {
        let value = match variable_or_file(setting.variable, setting.file_variable)? {
            None => continue,
            Some(value) if setting.is_trimmed => Zeroizing::new(value.trim().to_owned()),
            Some(value) => value,
        };
        check(setting, &value).map_err(|what| Failure::settings(format!("{} {what}", setting.variable)))?;
        values.insert(setting.key, value);
    }
    let is_missing = |setting: &&Setting| !setting.is_optional && !values.contains_key(setting.key);
    let missing = names(part.settings.iter().filter(is_missing));
    if !missing.is_empty() {
        let rule = "the environment has a part of the settings only, and a part is never mixed with a profile";
        return Err(Failure::settings(format!("{missing} is not set: {rule}. Set it, or name a profile by --profile")));
    }
    let allows_plaintext = match variable("LINKSFIELD_ALLOW_PLAINTEXT")?.as_ref().map(|value| value.as_str()) {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return Err(Failure::settings("LINKSFIELD_ALLOW_PLAINTEXT must be 1, or 0 as if it were not set")),
    };
    let language = variable("LINKSFIELD_LANGUAGE")?.map(|tag| language(&tag));
    Ok(given(part, values, allows_plaintext, wanted.language.clone().or(language), "from the environment".to_owned()))
}

/// Whether a value is as Linksfield gave it, as far as one can see: the library's own rule for what stands in one line.
fn check(setting: &Setting, value: &str) -> Result<(), String> {
    if setting.file_variable.is_some() {
        return Ok(());
    }
    Credentials::new("an access code", value).map(drop).map_err(|error| {
        let text = error.to_string();
        text.split_once("the secret ").map_or(text.clone(), |(_, what)| what.to_owned())
    })
}

/// What a part is set up with in a profile, if that says something of it.
pub async fn from_profile(file: &Profiles, part: Part, name: &str, wanted: &Wanted) -> Result<Option<Given>> {
    let Some(table) = file.family(name, part.name)? else { return Ok(None) };
    let wrong = |what: &str| file.wrong(name, part.name, what);
    let mut values = HashMap::new();
    let mut known = vec!["allow_plaintext".to_owned(), "language".to_owned()];
    for setting in part.settings {
        let ways: Vec<_> = setting.keys().collect();
        let is = |way: &String, known: Option<String>| known.as_ref() == Some(way);
        let mut told = Vec::new();
        for way in &ways {
            told.extend(table.text(way)?.map(|value| (way, value)));
        }
        known.extend(ways.iter().cloned());
        let value = match &told[..] {
            [] if setting.is_optional => continue,
            [] => return Err(wrong(&format!("has no {}: run `linksfield configure {}`", setting.key, part.name))),
            [(way, value)] if is(way, setting.command_key()) => {
                let printed = run(value, wanted.is_interactive).await;
                printed.map_err(|what| wrong(&format!("has a {way} that {what}")))?
            }
            [(way, path)] if is(way, setting.file_key()) => {
                content(Path::new(path)).map_err(|what| wrong(&format!("has a {way}: {what}")))?
            }
            [(_, value)] => Zeroizing::new(value.clone()),
            [(one, _), (other, _), ..] => return Err(wrong(&format!("has both {one} and {other}: keep one"))),
        };
        check(setting, &value).map_err(|what| wrong(&format!("has a {}: it {what}", setting.key)))?;
        values.insert(setting.key, value);
    }
    let allows_plaintext = table.flag("allow_plaintext")?;
    let language = table.text("language")?.map(|tag| language(&tag));
    if let Some(odd) = table.keys().find(|key| !known.iter().any(|name| name == key)) {
        return Err(wrong(&format!("has {odd}, which says nothing")));
    }
    let language = wanted.language.clone().or(language);
    Ok(Some(given(part, values, allows_plaintext, language, format!("profile {name}"))))
}

/// Most bytes of a file, or of what a program prints, that are read: whatever it is, what follows is no secret.
const LONGEST: u64 = 64 * 1024;

/// What a file holds, wherever a link leads: UTF-8, or UTF-16 with its mark; else what is wrong with it.
fn content(path: &Path) -> Result<Zeroizing<String>, String> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    read.map_err(|error| format!("{}, which can't be read: {error}", path.display()))?;
    Ok(Zeroizing::new(UTF_8.decode(&bytes).0.into_owned()))
}

fn given(
    part: Part,
    values: HashMap<&'static str, Zeroizing<String>>,
    allows_plaintext: bool,
    language: Option<Language>,
    origin: String,
) -> Given {
    let account = part.settings.iter().find(|setting| setting.is_account).and_then(|setting| values.get(setting.key));
    let account = account.map(|account| account.to_string());
    Given { values, allows_plaintext, language, origin, account }
}

/// What a command prints, which is run without a shell. Nothing of it is shown, not even why it fails: that may be the secret.
async fn run(line: &str, is_interactive: bool) -> Result<Zeroizing<String>, String> {
    let words = shell_words::split(line).map_err(|error| format!("can't be split into words: {error}"))?;
    let (program, arguments) = words.split_first().ok_or("is empty")?;
    let input = if is_interactive { Stdio::inherit() } else { Stdio::null() };
    let mut command = Command::new(program);
    command.args(arguments).stdin(input).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    // Who asks for the secret may hide what is typed, and is killed before it shows it again.
    let mode = is_interactive.then(Mode::now);
    let mut child = command.spawn().map_err(|error| format!("can't be started: {error}"))?;
    let ended = unless_told_to_end(timeout(PATIENCE, printed(&mut child))).await;
    let Some(Ok(ended)) = ended else {
        let _ = child.kill().await;
        mode.iter().for_each(Mode::restore);
        if ended.is_none() {
            tell("the secret_command was interrupted; nothing was sent");
            // Whatever wanted the secret ends too.
            std::process::exit(Exit::Settings as i32);
        }
        return Err(format!("did not end within {} seconds", PATIENCE.as_secs()));
    };
    let (status, bytes) = ended.map_err(|error| format!("can't be read: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("printed more than {} KiB, which is no secret", LONGEST / 1024));
    }
    if !status.success() {
        return Err(format!("failed: {program} ended with {status}. Run it yourself to see why"));
    }
    let secret = str::from_utf8(&bytes).map_err(|_| "printed what is not Unicode")?;
    let without = secret.strip_suffix('\n').map_or(secret, |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Zeroizing::new(without.to_owned()))
}

/// How a program ended, and what it had printed by then: what it leaves running may keep its output open. That one prints too
/// much is known before it ends.
async fn printed(child: &mut Child) -> io::Result<(ExitStatus, Zeroizing<Vec<u8>>)> {
    let mut bytes = Zeroizing::new(Vec::new());
    let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut output = output.take(LONGEST + 1);
    let all = tokio::select! {
        read = output.read_to_end(&mut bytes) => read.map(Some)?,
        status = child.wait() => status.map(|_| None)?,
    };
    match all {
        Some(all) if all as u64 > LONGEST => child.kill().await?,
        Some(_) => {}
        None => drop(timeout(REST, output.read_to_end(&mut bytes)).await),
    }
    Ok((child.wait().await?, bytes))
}
