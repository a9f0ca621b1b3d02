//! Where the settings of a client come from: a profile that was named, the environment, or the profile `default`. They are one set
//! from one place: half of one account and half of another would order for the wrong one.

use std::collections::HashMap;
use std::env;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use linksfield::Language;
use linksfield::reqwest::Url;
use tokio::process::Command;
use zeroize::Zeroizing;

use crate::exit::{Failure, Result};
use crate::profiles::{self, DEFAULT, Profiles};
use crate::setting::{Part, Setting, names};

/// Longest time that a `secret_command` takes.
const PATIENCE: Duration = Duration::from_secs(30);

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
    let is_set = |variable: &str| env::var_os(variable).is_some();
    match &wanted.profile {
        Some(name) => from_profile(&Profiles::read(wanted.accepts_loose_file)?, part, name, wanted).await,
        None if part.settings.iter().flat_map(Setting::variables).any(is_set) => from_environment(part, wanted),
        None => {
            let file = Profiles::read(wanted.accepts_loose_file)?;
            from_profile(&file, part, DEFAULT, wanted).await.map_err(|failure| match failure.message.as_str() {
                profiles::NOT_THERE => Failure::settings(format!(
                    "there are no settings of {}: run `linksfield configure {}`, or set {}",
                    part.name,
                    part.name,
                    names(part.settings.iter())
                )),
                _ => failure,
            })
        }
    }
}

fn from_environment(part: Part, wanted: &Wanted) -> Result<Given> {
    let mut values = HashMap::new();
    for setting in part.settings {
        let in_file = setting.file_variable.and_then(|name| Some((name, env::var_os(name)?)));
        let value = match (env::var_os(setting.variable), in_file) {
            (Some(_), Some((name, _))) => {
                return Err(Failure::settings(format!("{} and {name} are both set: keep one", setting.variable)));
            }
            (Some(value), None) => {
                value.into_string().map_err(|_| Failure::settings(format!("{} is not Unicode", setting.variable)))?
            }
            (None, Some((name, path))) => {
                values.insert(
                    setting.key,
                    content(Path::new(&path)).map_err(|what| Failure::settings(format!("{name} names {what}")))?,
                );
                continue;
            }
            (None, None) => continue,
        };
        values.insert(setting.key, Zeroizing::new(value));
    }
    let missing = names(part.settings.iter().filter(|setting| !values.contains_key(setting.key)));
    if !missing.is_empty() {
        let rule = "the environment has a part of the settings only, and a part is never mixed with a profile";
        return Err(Failure::settings(format!("{missing} is not set: {rule}. Set it, or name a profile by --profile")));
    }
    let allows_plaintext = match env::var("LINKSFIELD_ALLOW_PLAINTEXT").as_deref() {
        Err(_) | Ok("0") => false,
        Ok("1") => true,
        Ok(_) => return Err(Failure::settings("LINKSFIELD_ALLOW_PLAINTEXT must be 1, or 0 as if it were not set")),
    };
    let language = env::var("LINKSFIELD_LANGUAGE").ok().map(|tag| language(&tag));
    Ok(given(part, values, allows_plaintext, wanted.language.clone().or(language), "from the environment".to_owned()))
}

/// What a part is set up with in a profile.
pub async fn from_profile(file: &Profiles, part: Part, name: &str, wanted: &Wanted) -> Result<Given> {
    let table = file.family(name, part.name)?;
    let wrong = |what: &str| file.wrong(name, part.name, what);
    let mut values = HashMap::new();
    let mut known = vec!["allow_plaintext".to_owned(), "language".to_owned()];
    for setting in part.settings {
        let ways = [Some(setting.key.to_owned()), setting.command_key(), setting.file_key()];
        let ways = ways.map(Option::unwrap_or_default);
        let mut told = Vec::new();
        for way in ways.iter().filter(|way| !way.is_empty()) {
            told.extend(table.text(way)?.map(|value| (way, value)));
        }
        let value = match &told[..] {
            [] => return Err(wrong(&format!("has no {}: run `linksfield configure {}`", setting.key, part.name))),
            [(way, value)] if **way == ways[1] => {
                let printed = run(value, wanted.is_interactive).await;
                printed.map_err(|what| wrong(&format!("has a {way} that {what}")))?
            }
            [(way, path)] if **way == ways[2] => {
                content(Path::new(path)).map_err(|what| wrong(&format!("has a {way}: {what}")))?
            }
            [(_, value)] => Zeroizing::new(value.clone()),
            [(one, _), (other, _), ..] => return Err(wrong(&format!("has both {one} and {other}: keep one"))),
        };
        values.insert(setting.key, value);
        known.extend(ways);
    }
    let allows_plaintext = table.flag("allow_plaintext")?;
    let language = table.text("language")?.map(|tag| language(&tag));
    if let Some(odd) = table.keys().find(|key| !known.iter().any(|name| name == key)) {
        return Err(wrong(&format!("has {odd}, which says nothing")));
    }
    Ok(given(part, values, allows_plaintext, wanted.language.clone().or(language), format!("profile {name}")))
}

/// What a file holds, wherever a link leads; else what is wrong with it.
fn content(path: &Path) -> Result<Zeroizing<String>, String> {
    let bytes = std::fs::read(path).map(Zeroizing::new);
    let bytes = bytes.map_err(|error| format!("{}, which can't be read: {error}", path.display()))?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
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

/// What a command prints, which is run without a shell, and never shown.
async fn run(line: &str, is_interactive: bool) -> Result<Zeroizing<String>, String> {
    let words = shell_words::split(line).map_err(|error| format!("can't be split into words: {error}"))?;
    let (program, arguments) = words.split_first().ok_or("is empty")?;
    let input = if is_interactive { Stdio::inherit() } else { Stdio::null() };
    let mut command = Command::new(program);
    command.args(arguments).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn().map_err(|error| format!("can't be started: {error}"))?;
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.map_err(|_| format!("did not end within {} seconds", PATIENCE.as_secs()))?;
    let output = output.map_err(|error| format!("can't be read: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("failed ({}): {}", output.status, said.trim()));
    }
    let secret = Zeroizing::new(String::from_utf8(output.stdout).map_err(|_| "printed what is not Unicode")?);
    let without = secret.strip_suffix('\n').map_or(secret.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Zeroizing::new(without.to_owned()))
}
