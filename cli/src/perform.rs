//! The way of a command that calls an API: its parameters are read, it is shown and agreed to, sent, and its answer printed.

use std::io::IsTerminal;
use std::time::Duration;

use clap::ArgMatches;
use linksfield::http::Method;
use linksfield::openapi::{Document, Kind, List};
use linksfield::{Call, Operation};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::agree::{self, Agreement, YES};
use crate::arguments;
use crate::command;
use crate::each::{RULE, Undone};
use crate::exit::{Exit, Failure, Result};
use crate::family::{Api, Parameters, Row};
use crate::interrupt;
use crate::output::{self, Format, Printer, Query};
use crate::settings::{self, Wanted};
use crate::tell;
use crate::visible::{visible, visible_lines};

/// What the options of every call say.
pub fn wanted(matches: &ArgMatches) -> Wanted {
    Wanted {
        profile: matches.get_one::<String>("profile").cloned(),
        accepts_loose_file: matches.get_flag("loose-profile"),
        language: matches.get_one::<String>("lang").map(|tag| settings::language(tag)),
        is_interactive: std::io::stdin().is_terminal(),
    }
}

/// Calls an operation.
pub async fn operation(
    (row, document): (&Row, &'static Document),
    operation: &'static Operation,
    matches: &ArgMatches,
) -> Result {
    let all_pages = operation.pages.is_some() && matches.get_flag("all");
    let printer = printer(matches, all_pages)?;
    let parameters = arguments::of_operation(operation, matches)?;
    let wanted = wanted(matches);
    let given = settings::read(row.part(), &wanted).await?;
    let client = (row.client)(&given)?;
    if operation.deprecated {
        tell(&format!("{}: the vendor labels this operation as deprecated", operation.command));
    }
    let call = deadlined(client.perform(operation, &parameters), matches);
    if matches.get_flag("dry-run") {
        return dry_run(&call);
    }
    if all_pages && !command::changes(operation) {
        return all(&printer, &*client, operation, &parameters, deadline(matches)).await;
    }
    if !command::changes(operation) {
        return printed(&printer, call.await?, operation.list);
    }
    let said = match operation.confirm {
        Some(_) => matches.get_one::<String>("confirm").map(String::as_str),
        None => matches.get_flag("yes").then_some(YES),
    };
    let agreement = Agreement::to(operation, &parameters).map_err(Failure::usage)?;
    agree::ask(&described(operation.summary, &given.about(), &call, &parameters)?, &agreement, said)?;
    let done = carried_out(&printer, call, (Some(operation), &parameters), operation.list).await;
    done.map_err(|failure| looked_up(failure, document, operation, &parameters, &wanted))
}

/// Calls what no document describes.
pub async fn raw((row, document): (&Row, &'static Document), matches: &ArgMatches) -> Result {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let printer = printer(matches, false)?;
    let method = text("method").to_uppercase();
    let is_known = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str());
    let method = method.parse::<Method>().ok().filter(|_| is_known);
    let method = method.ok_or_else(|| Failure::usage("the method must be GET, POST, PUT, PATCH or DELETE"))?;
    let parameters = arguments::of_raw(matches)?;
    let is_safe = matches.get_flag("safe-to-retry");
    let wanted = wanted(matches);
    let given = settings::read(row.part(), &wanted).await?;
    let client = (row.client)(&given)?;
    let in_query = matches.get_many::<String>("in-query").into_iter().flatten();
    let call = client.call(method, text("path"), &parameters).in_query(in_query);
    // What the document does describe keeps its rules, whatever of its path a parameter was written for.
    let known = call.documented_as();
    if let Some(operation) = known {
        check_known(document, operation, is_safe)?;
    }
    let call = deadlined(call.safe_to_retry(is_safe), matches);
    if matches.get_flag("dry-run") {
        return dry_run(&call);
    }
    if is_safe {
        return printed(&printer, call.await?, None);
    }
    let what = known.map_or("A call that no document describes", |operation| operation.summary);
    let said = matches.get_flag("yes").then_some(YES);
    agree::ask(&described(what, &given.about(), &call, &parameters)?, &Agreement::BY_YES, said)?;
    let done = carried_out(&printer, call, (known, &parameters), None).await;
    done.map_err(|failure| match known {
        Some(operation) => looked_up(failure, document, operation, &parameters, &wanted),
        None => failure,
    })
}

/// Whether a raw call may be one of an operation.
fn check_known(document: &Document, operation: &Operation, is_safe: bool) -> Result {
    let command = format!("linksfield {} {}", document.name, operation.command);
    match operation.confirm {
        Some(name) => Err(Failure::usage(format!(
            "this is `{command}`, which asks for the {name}: use that command, or the library for parameters that are not documented; nothing was sent"
        ))),
        None if is_safe && !operation.safe_to_retry => Err(Failure::usage(format!(
            "this is `{command}`, which changes something: leave --safe-to-retry out; nothing was sent"
        ))),
        None => Ok(()),
    }
}

pub fn printer(matches: &ArgMatches, all_pages: bool) -> Result<Printer> {
    let asked = matches.get_one::<String>("output").and_then(|name| Format::named(name));
    let parse = if all_pages { Query::parse_of_items } else { Query::parse };
    let query = matches.get_one::<String>("query").map(|expression| parse(expression)).transpose()?;
    Ok(Printer { format: asked.unwrap_or_else(|| Format::usual(all_pages)), query })
}

fn deadline(matches: &ArgMatches) -> Option<Duration> {
    matches.get_one::<u64>("deadline").map(|seconds| Duration::from_secs(*seconds))
}

fn deadlined(call: Call<Value>, matches: &ArgMatches) -> Call<Value> {
    match deadline(matches) {
        Some(limit) => call.deadline(limit),
        None => call,
    }
}

fn dry_run(call: &Call<Value>) -> Result {
    output::print(&format!("{}\n", visible_lines(&call.preview()?.to_string())))
}

/// What is shown before it is sent, to whom that `about` names: made of what goes on the wire alone.
pub fn described(what: &str, about: &str, call: &Call<Value>, parameters: &Parameters) -> Result<String> {
    let preview = call.preview()?;
    Ok(format!("{what}\n  {} {}\n  at {about}\n{}", preview.method(), preview.url(), shown(parameters)))
}

/// Parameters, a line each.
pub fn shown(parameters: &Parameters) -> String {
    let line = |(name, value): (&String, &Value)| format!("    {}: {}\n", visible(name), visible(&value.to_string()));
    parameters.iter().map(line).collect()
}

/// Prints the answer of what changes nothing.
fn printed(printer: &Printer, data: Value, list: Option<List>) -> Result {
    let odd = odd_items(&data, list);
    printer.answer(data, list)?;
    if odd.is_empty() { Ok(()) } else { Err(Failure::new(Exit::Unreadable, odd)) }
}

/// Sends what changes something, and prints its answer. What of that is not printed is told, so that the id of an order is not
/// lost.
async fn carried_out(
    printer: &Printer,
    call: Call<Value>,
    (operation, parameters): (Option<&Operation>, &Parameters),
    list: Option<List>,
) -> Result {
    let data = interrupt::patiently(call).await?;
    let undone = Undone::of(operation, parameters, &data).failure();
    let odd = odd_items(&data, list);
    let whole = output::line(&data);
    let how = if undone.is_some() { "not all was done" } else { "it was done" };
    let told = |why: &str| tell(&format!("{how}{why}, and the answer is: {}", whole.trim_end()));
    let printed = match printer.answer(data, list) {
        Ok(true) => {
            if output::is_closed() {
                told(", and standard output goes nowhere");
            }
            Ok(())
        }
        Ok(false) => {
            told(", the query leaves nothing of the answer");
            Ok(())
        }
        Err(failure) => {
            told("");
            if failure.exit == Exit::Done { Ok(()) } else { Err(failure) }
        }
    };
    if let Some(undone) = undone {
        let unprinted = printed.err().map(|failure| failure.message);
        return Err(undone.and_maybe(unprinted.as_deref()));
    }
    if odd.is_empty() {
        return printed;
    }
    Err(Failure::new(Exit::OutcomeUnknown, odd).and(RULE))
}

/// Which items of a list are not as documented, in words; nothing if all are.
fn odd_items(data: &Value, list: Option<List>) -> String {
    let Some(List { field, item: Kind::Object, .. }) = list else { return String::new() };
    let listed = field.map_or(Some(data), |field| data.get(field));
    let items = listed.and_then(Value::as_array).into_iter().flatten().enumerate();
    let odd: Vec<_> = items.filter(|(_, item)| !item.is_object()).map(|(position, _)| position.to_string()).collect();
    if odd.is_empty() {
        String::new()
    } else {
        format!("not as documented in the list: item {} (from 0)", odd.join(", "))
    }
}

/// The items of all pages, for no longer than `limit`.
async fn all(
    printer: &Printer,
    client: &dyn Api,
    operation: &'static Operation,
    parameters: &Parameters,
    limit: Option<Duration>,
) -> Result {
    let Some(mut items) = client.items(operation, parameters) else { return Ok(()) };
    let ends = Instant::now() + limit.unwrap_or(Duration::from_secs(command::LONGEST));
    let (mut kept, mut worst, mut is_begun) = (Vec::new(), Exit::Done, false);
    loop {
        let item = match timeout_at(ends, items.next()).await {
            Ok(None) => break,
            Ok(Some(item)) => item.map_err(Failure::from),
            Err(_) => Err(Failure::new(Exit::Other, "the deadline has passed")),
        };
        match item {
            Ok(item) => match printer.item(item)? {
                Some(item) if printer.is_streaming() => output::print(&output::line(&item))?,
                Some(item) => kept.push(item),
                None => {}
            },
            // The list goes on after an item that can't be read.
            Err(failure) => {
                let failure = if is_begun { failure.after_others() } else { failure };
                tell(&failure.message);
                worst = worst.max(failure.exit);
            }
        }
        is_begun = true;
        if Instant::now() >= ends {
            break;
        }
    }
    if !printer.is_streaming() {
        printer.value(&Value::Array(kept), None)?;
    }
    match worst {
        Exit::Done => Ok(()),
        exit => Err(Failure::new(exit, "the list is not whole")),
    }
}

/// An error, and where its outcome is unknown, the command that finds out, of the same account.
fn looked_up(
    failure: Failure,
    document: &Document,
    operation: &Operation,
    parameters: &Parameters,
    wanted: &Wanted,
) -> Failure {
    let Some(find) = operation.find_out.filter(|_| failure.exit == Exit::OutcomeUnknown) else { return failure };
    let Some(other) = document.operations.iter().find(|other| other.id == find.operation) else { return failure };
    let example: Parameters = serde_json::from_str(other.example).unwrap_or_default();
    let is_asked = |name: &str| other.parameters.iter().any(|one| one.name == name && one.required);
    let mut asked: Parameters = example.into_iter().filter(|(name, _)| is_asked(name)).collect();
    let same = find.by.iter().filter_map(|name| Some(((*name).to_owned(), parameters.get(*name)?.clone())));
    asked.extend(same);
    let mut words = Vec::new();
    if let Some(pages) = other.pages {
        asked.insert(pages.number.to_owned(), 1.into());
        words.push("--all".to_owned());
    }
    if let Some(profile) = &wanted.profile {
        words.push(format!("--profile {}", shell_words::quote(profile)));
    }
    if wanted.accepts_loose_file {
        words.push("--loose-profile".to_owned());
    }
    words.insert(0, command::line(document, other, &asked));
    failure.and(format!("Find out by:\n  {}", words.join(" ")))
}
