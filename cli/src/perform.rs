//! The way of a command that calls an API: its parameters are read, it is shown and agreed to, sent, and its answer printed.

use std::io::IsTerminal;
use std::time::Duration;

use clap::ArgMatches;
use linksfield::http::Method;
use linksfield::openapi::{Document, Kind, List};
use linksfield::{Call, Error, Operation};
use serde_json::Value;

use crate::agree::{self, Agreement};
use crate::arguments;
use crate::command;
use crate::exit::{Exit, Failure, Result};
use crate::family::{Api, Parameters, Row};
use crate::interrupt;
use crate::output::{self, Format, Printer, Query};
use crate::settings::{self, Wanted};
use crate::tell;
use crate::visible::visible;

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
    (row, document): (&Row, &Document),
    operation: &'static Operation,
    matches: &ArgMatches,
) -> Result {
    let all_pages = operation.pages.is_some() && matches.get_flag("all");
    let printer = printer(matches, all_pages)?;
    let parameters = arguments::of_operation(operation, matches)?;
    let given = settings::read(row.part(), &wanted(matches)).await?;
    let client = (row.client)(&given)?;
    if operation.deprecated {
        tell(&format!("{}: the vendor labels this operation as deprecated", operation.command));
    }
    let call = deadlined(client.perform(operation, &parameters), matches);
    if matches.get_flag("dry-run") {
        return dry_run(&call);
    }
    if command::changes(operation) {
        let agreement = match operation.confirm {
            Some(name) => Agreement::Confirm {
                name,
                id: parameters.get(name).and_then(Value::as_str).unwrap_or_default(),
                said: matches.get_one::<String>("confirm").map(String::as_str),
            },
            None => Agreement::Yes { said: matches.get_flag("yes") },
        };
        agree::ask(&described(operation.summary, &given.about(), &call, &parameters)?, &agreement)?;
        let result = interrupt::patiently(call).await;
        let data = result.map_err(|error| unknown(error, document, operation, &parameters))?;
        return printed_or_told(&printer, data, operation.list);
    }
    if all_pages {
        return all(&printer, &*client, operation, &parameters).await;
    }
    let data = call.await?;
    let odd = odd_items(&data, operation.list);
    printer.answer(data, operation.list)?;
    if odd.is_empty() { Ok(()) } else { Err(Failure::new(Exit::Unreadable, odd)) }
}

/// Calls what no document describes.
pub async fn raw(row: &Row, matches: &ArgMatches) -> Result {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let printer = printer(matches, false)?;
    let method = text("method").to_uppercase();
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str());
    let method = method.parse::<Method>().ok().filter(|_| known);
    let method = method.ok_or_else(|| Failure::usage("the method must be GET, POST, PUT, PATCH or DELETE"))?;
    let parameters = arguments::of_raw(matches)?;
    let given = settings::read(row.part(), &wanted(matches)).await?;
    let client = (row.client)(&given)?;
    let is_safe = matches.get_flag("safe-to-retry");
    let call = client.call(method, text("path"), &parameters).safe_to_retry(is_safe);
    let call = deadlined(call, matches);
    if matches.get_flag("dry-run") {
        return dry_run(&call);
    }
    if is_safe {
        return printer.answer(call.await?, None);
    }
    agree::ask(
        &described("A call that no document describes", &given.about(), &call, &parameters)?,
        &Agreement::Yes { said: matches.get_flag("yes") },
    )?;
    printed_or_told(&printer, interrupt::patiently(call).await?, None)
}

pub fn printer(matches: &ArgMatches, all_pages: bool) -> Result<Printer> {
    let asked = matches.get_one::<String>("output").and_then(|name| Format::named(name));
    let parse = if all_pages { Query::parse_of_items } else { Query::parse };
    let query = matches.get_one::<String>("query").map(|expression| parse(expression)).transpose()?;
    Ok(Printer { format: asked.unwrap_or_else(|| Format::usual(all_pages)), query })
}

fn deadlined(call: Call<Value>, matches: &ArgMatches) -> Call<Value> {
    match matches.get_one::<u64>("deadline") {
        Some(seconds) => call.deadline(Duration::from_secs(*seconds)),
        None => call,
    }
}

fn dry_run(call: &Call<Value>) -> Result {
    output::print(&format!("{}\n", call.preview()?))
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

/// Prints the answer to what was done. If it can't be, it is told, so that the id of an order is not lost.
fn printed_or_told(printer: &Printer, data: Value, list: Option<List>) -> Result {
    let odd = odd_items(&data, list);
    let result = printer.answer(data.clone(), list);
    if let Err(failure) = result {
        tell(&format!("it was done, and the answer is: {}", output::line(&data).trim_end()));
        return if failure.exit == Exit::Done { Ok(()) } else { Err(failure) };
    }
    let rule = "what became of it is unknown: find out before you send it again";
    if odd.is_empty() { Ok(()) } else { Err(Failure::new(Exit::OutcomeUnknown, odd).and(rule)) }
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

/// The items of all pages.
async fn all(printer: &Printer, client: &dyn Api, operation: &'static Operation, parameters: &Parameters) -> Result {
    let Some(mut items) = client.items(operation, parameters) else { return Ok(()) };
    let (mut kept, mut worst) = (Vec::new(), Ok(()));
    while let Some(item) = items.next().await {
        match item {
            Ok(item) => match printer.item(item)? {
                Some(item) if printer.is_streaming() => output::print(&output::line(&item))?,
                Some(item) => kept.push(item),
                None => {}
            },
            // The list goes on after an item that can't be read.
            Err(error) => {
                let failure = Failure::from(error);
                tell(&failure.message);
                worst = Err(Failure::new(failure.exit, "the list is not whole"));
            }
        }
    }
    if !printer.is_streaming() {
        printer.value(&Value::Array(kept), None)?;
    }
    worst
}

/// An error, and where its outcome is unknown, the command that finds out.
fn unknown(error: Error, document: &Document, operation: &Operation, parameters: &Parameters) -> Failure {
    let is_unknown = error.outcome_unknown();
    let failure = Failure::from(error);
    let Some(find) = operation.find_out.filter(|_| is_unknown) else { return failure };
    let Some(other) = document.operations.iter().find(|other| other.id == find.operation) else { return failure };
    let example: Parameters = serde_json::from_str(other.example).unwrap_or_default();
    let is_asked = |name: &str| other.parameters.iter().any(|one| one.name == name && one.required);
    let mut asked: Parameters = example.into_iter().filter(|(name, _)| is_asked(name)).collect();
    let same = find.by.iter().filter_map(|name| Some(((*name).to_owned(), parameters.get(*name)?.clone())));
    asked.extend(same);
    failure.and(format!("Find out by:\n  {}", command::line(document, other, &asked)))
}
