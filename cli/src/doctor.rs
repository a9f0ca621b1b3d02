//! Says step by step whether an API can be called, and what is wrong if not. It changes nothing.

use std::time::{Duration, SystemTime};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use linksfield::reqwest::Url;
use linksfield::{Error, ErrorKind, Operation, connect};

use crate::command::{changes, from_profile};
use crate::exit::{Exit, Failure, Result, unanswered};
use crate::family::{self, Parameters, Row};
use crate::output;
use crate::perform::wanted;
use crate::settings;
use crate::visible::visible_lines;

/// From here on a clock that is off may be why a signature is refused.
const DRIFT: Duration = Duration::from_secs(300);

pub fn command() -> Command {
    Command::new("doctor")
        .about("Check step by step whether an API can be called: settings, network, TLS, clock, signature")
        .after_help("Example:\n  linksfield doctor csss")
        .arg(
            Arg::new("api")
                .value_name("API")
                .default_value("csss")
                .value_parser(PossibleValuesParser::new(family::all().map(|(row, _)| row.name)))
                .help("Which API"),
        )
        .args(from_profile("Take the settings from this profile"))
}

pub async fn run(matches: &ArgMatches) -> Result {
    let api = matches.get_one::<String>("api").map(String::as_str).unwrap_or_default();
    let Some((row, document)) = family::of(api) else { return Err(Failure::usage(format!("there is no API {api}"))) };
    let given = settings::read(row.part(), &wanted(matches)).await.map_err(|failure| wrong("settings", failure))?;
    let client = (row.client)(&given).map_err(|error| wrong("settings", error.into()))?;
    good("settings", &given.about())?;
    if let Some(key_pair) = row.key_pair {
        let key = key_pair(&given).map_err(|error| wrong("key", error.into()))?;
        good("key", &format!("{}; {}", given.account.as_deref().unwrap_or_default(), family::about_key(&key)))?;
    }
    let url =
        Url::parse(given.value("base_url")).map_err(|error| wrong("settings", Failure::settings(error.to_string())))?;
    let proxy = connect::proxy(&url);
    good("proxy", proxy.as_deref().unwrap_or("none for this URL"))?;
    match &proxy {
        // The name need not be known here.
        Some(_) => open("name", "not checked: a proxy is between")?,
        None => dns(&url).await?,
    }
    reached(&url, proxy.as_deref()).await?;
    let Some(operation) = harmless(document.operations) else {
        return open("signature", "not checked: each operation of this API changes something");
    };
    let example: Parameters = serde_json::from_str(operation.example).unwrap_or_default();
    let is_required = |name: &String| operation.parameters.iter().any(|one| one.name == *name && one.required);
    let parameters = example.into_iter().filter(|(name, _)| is_required(name)).collect();
    match client.perform(operation, &parameters).deadline(Duration::from_secs(30)).await {
        Ok(_) => good("signature", &format!("{} was accepted", operation.id)),
        Err(error) => not_accepted(row, operation, error),
    }
}

/// What is asked to see whether signatures are accepted: something that changes nothing, and best a list, of which no item
/// need be there.
fn harmless(operations: &'static [Operation]) -> Option<&'static Operation> {
    let harmless = operations.iter().filter(|operation| !changes(operation));
    harmless.min_by_key(|operation| (!names_nothing(operation), operation.pages.is_none()))
}

/// Whether it can be asked without the name of something, so that a refusal is one of who calls.
fn names_nothing(operation: &Operation) -> bool {
    let of_pages = operation.pages.map(|pages| [pages.number, pages.size]).unwrap_or_default();
    operation.parameters.iter().all(|one| !one.required || of_pages.contains(&one.name))
}

/// What an error says of the signature: that it, or who calls, is wrong, only where nothing else can be.
fn not_accepted(row: &Row, operation: &Operation, error: Error) -> Result {
    let is_busy = error.is_rate_limited() || error.is_server_error();
    let who = match row.key_pair {
        Some(_) => "the key id and the key are not one pair, or not of this server, or another path is signed",
        None => "the credentials are not those of this server",
    };
    let advice = match error.kind() {
        _ if error.is_unauthorised() => {
            format!("it does not know who calls: {who}, or this machine's address is not admitted")
        }
        ErrorKind::Refused if !is_busy && names_nothing(operation) => format!(
            "the server was reached and answered. If it speaks of the signature or of who calls, {who}: compare them with what \
             Linksfield gave you"
        ),
        ErrorKind::NotFound if names_nothing(operation) => {
            "the URL of the server is another's: the paths of the operations are added to it".to_owned()
        }
        ErrorKind::Refused if !is_busy => {
            let what = format!("if that speaks of the signature or of who calls, {who}");
            return open("signature", &format!("accepted, or not told: {error}; {what}"));
        }
        _ => {
            open("signature", &format!("not checked: {error}"))?;
            return Err(Failure::from(error));
        }
    };
    Err(wrong("signature", Failure::from(error).and(format!("{}: {advice}", operation.id))))
}

async fn dns(url: &Url) -> Result {
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match tokio::net::lookup_host((host, port)).await.map(|mut all| all.next()) {
        Ok(Some(address)) => good("name", &format!("{host} is {}", address.ip())),
        Ok(None) => Err(wrong("name", Failure::new(Exit::NothingSent, format!("{host} has no address")))),
        Err(error) => Err(wrong("name", Failure::new(Exit::NothingSent, format!("{host} has no address: {error}")))),
    }
}

/// Connects, and compares the clocks.
async fn reached(url: &Url, proxy: Option<&str>) -> Result {
    let cannot = |error| {
        let between = proxy.map(|proxy| format!("it went through the proxy {proxy}"));
        let said = unanswered(format!("GET {url}"), error).to_string();
        wrong("connection", Failure::new(Exit::NothingSent, said).and_maybe(between.as_deref()))
    };
    let http = connect::http_client(url).timeout(Duration::from_secs(20));
    let answer = http.build().map_err(cannot)?.get(url.clone()).send().await.map_err(cannot)?;
    let how = if url.scheme() == "https" { "with TLS" } else { "in plaintext" };
    good("connection", &format!("{how}, HTTP {}", answer.status().as_u16()))?;
    let date = answer.headers().get("date").filter(|_| !answer.headers().contains_key("age"));
    let Some(date) = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok()) else {
        return good("clock", "the server does not tell its own");
    };
    let now = SystemTime::now();
    let (drift, way) = match now.duration_since(date) {
        Ok(ahead) => (ahead, "fast"),
        Err(behind) => (behind.duration(), "slow"),
    };
    if drift < DRIFT {
        return good("clock", &format!("{} s from the server's", drift.as_secs()));
    }
    let what = format!(
        "this machine's clock is {} minutes {way}: signatures are refused for that. Set it right",
        drift.as_secs() / 60
    );
    Err(wrong("clock", Failure::new(Exit::Other, what)))
}

fn good(step: &str, what: &str) -> Result {
    output::print(&visible_lines(&format!("ok     {step:10} {what}\n")))
}

/// Says what could not be judged.
fn open(step: &str, what: &str) -> Result {
    output::print(&visible_lines(&format!("open   {step:10} {}\n", what.replace('\n', "; "))))
}

fn wrong(step: &str, failure: Failure) -> Failure {
    // The step is told with the steps before it.
    let _ = output::print(&visible_lines(&format!("wrong  {step:10} {}\n", failure.message.replace('\n', "; "))));
    Failure::new(failure.exit, format!("{step}: {}", failure.message))
}
