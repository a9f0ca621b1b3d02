//! From flags, `--param` and `--json` to the parameters of a call, and back to words.

use std::collections::HashSet;

use clap::ArgMatches;
use linksfield::openapi::{Kind, Parameter, Place};
use linksfield::{Operation, signing};
use percent_encoding::percent_decode_str;
use serde_json::{Number, Value};

use crate::digits::long_integer;
use crate::exit::{Failure, Result};
use crate::family::Parameters;

/// The parameter that a body is which has no fields: a list or a map.
const BODY: &str = "body";

/// The parameters of an operation.
pub fn of_operation(operation: &Operation, matches: &ArgMatches) -> Result<Parameters> {
    let parameters = given(operation, matches)?;
    let is_missing = |parameter: &&Parameter| parameter.required && !parameters.contains_key(parameter.name);
    let missing: Vec<_> = operation.parameters.iter().filter(is_missing).map(|one| format!("--{}", one.flag)).collect();
    if !missing.is_empty() {
        return Err(Failure::usage(format!("it needs {}: see --help", missing.join(", "))));
    }
    check_values(operation, &parameters)
        .map_err(|(parameter, what)| Failure::usage(format!("--{} {what}; nothing was sent", parameter.flag)))?;
    Ok(parameters)
}

/// Those of them that are given: flags are added to what a file has.
pub fn given(operation: &Operation, matches: &ArgMatches) -> Result<Parameters> {
    let mut parameters = match matches.get_one::<String>("json") {
        None => Parameters::new(),
        Some(file) => from_json(file, whole_body(operation))?,
    };
    for parameter in operation.parameters {
        if let Some(value) = parameters.get_mut(parameter.name) {
            by_value(parameter, parameter.kind, value);
        }
    }
    for parameter in operation.parameters {
        if let Some(value) = from_flag(parameter, matches)? {
            check_word(operation, parameter, &value)?;
            parameters.insert(parameter.name.to_owned(), value);
        }
    }
    add_named(&mut parameters, Some(operation), matches)?;
    Ok(parameters)
}

/// The parameters of a call that no document describes.
pub fn of_raw(matches: &ArgMatches) -> Result<Parameters> {
    let mut parameters = match matches.get_one::<String>("json") {
        None => Parameters::new(),
        Some(file) => from_json(file, None)?,
    };
    add_named(&mut parameters, None, matches)?;
    Ok(parameters)
}

/// Whether what a call needs says something, and what names one thing does: an empty id in the path would make all of one, dots
/// another path, and of a number digits may be lost. Or what is wrong with which.
pub fn check_values(operation: &Operation, parameters: &Parameters) -> Result<(), (&'static Parameter, &'static str)> {
    for parameter in operation.parameters {
        let Some(value) = parameters.get(parameter.name) else { continue };
        if parameter.place == Place::Path || operation.confirm == Some(parameter.name) {
            let Some(text) = value.as_str() else { return Err((parameter, "must be text, in quotes")) };
            let bare = percent_decode_str(text).decode_utf8_lossy();
            if bare.trim().is_empty() || matches!(bare.trim(), "." | "..") {
                return Err((parameter, "must not be empty, nor dots"));
            }
        }
        // Of a text that is no id or code a page may say that it can be empty: who writes JSON says so.
        let is_said = *value == "" && parameter.codes.is_empty() && !parameter.format.ends_with("-id");
        if parameter.required && is_empty(value) && !is_said && !may_be_empty(operation, parameter) {
            return Err((parameter, "is empty"));
        }
    }
    Ok(())
}

/// Refuses an empty word of a command line: it is that of a shell's variable which is not set, and as a filter it would ask for
/// everything.
fn check_word(operation: &Operation, parameter: &Parameter, value: &Value) -> Result {
    if !is_empty(value) || may_be_empty(operation, parameter) {
        return Ok(());
    }
    let advice = if parameter.required { "" } else { ": give it a value, or leave it out" };
    Err(Failure::usage(format!("--{} is empty{advice}; nothing was sent", parameter.flag)))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty() || items.iter().any(is_empty),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether a call needs it, and the document's own example has an empty text for it.
fn may_be_empty(operation: &Operation, parameter: &Parameter) -> bool {
    let example: Parameters = serde_json::from_str(operation.example).unwrap_or_default();
    parameter.required && example.get(parameter.name).is_some_and(|value| value == "")
}

fn whole_body(operation: &Operation) -> Option<&'static Parameter> {
    let mut of_body = operation.parameters.iter().filter(|parameter| parameter.place == Place::Body);
    let only = of_body.next().filter(|_| of_body.next().is_none())?;
    (only.name == BODY && matches!(only.kind, Kind::List(_) | Kind::Object)).then_some(only)
}

/// The text of a file, or of standard input if it is `-`.
pub fn read(flag: &str, file: &str) -> Result<String> {
    let cannot = |error: std::io::Error| Failure::usage(format!("{flag} {file} can't be read: {error}"));
    match file {
        "-" => std::io::read_to_string(std::io::stdin()).map_err(cannot),
        _ => std::fs::read_to_string(file).map_err(cannot),
    }
}

fn from_json(file: &str, body: Option<&Parameter>) -> Result<Parameters> {
    let json = any_json(&format!("--json {file}"), &read("--json", file)?)?;
    match (body, json) {
        (Some(parameter), whole) => Ok(Parameters::from_iter([(parameter.name.to_owned(), whole)])),
        (None, Value::Object(fields)) => Ok(fields),
        (None, _) => Err(Failure::usage(format!("--json {file} must be a JSON object of parameters"))),
    }
}

/// JSON in which no key is there twice, and no number would be rounded.
fn any_json(what: &str, json: &str) -> Result<Value> {
    let json = json.trim_start_matches('\u{feff}');
    let value = serde_json::from_str(json).map_err(|error| Failure::usage(format!("{what} is not JSON: {error}")))?;
    // What signs tells of doubled keys, in an object.
    let explained = signing::explain(format!(r#"{{"all":{json}}}"#).as_bytes());
    explained.map_err(|error| Failure::usage(format!("{what}: {error}; nothing was sent")))?;
    match long_integer(json) {
        Some(digits) => Err(Failure::usage(format!(
            "{what} has the number {digits}, which some programs round: write it as text, \"{digits}\""
        ))),
        None => Ok(value),
    }
}

fn from_flag(parameter: &Parameter, matches: &ArgMatches) -> Result<Option<Value>> {
    // A command need not have all of an operation's flags.
    let Some(mut given) = matches.try_get_raw(parameter.flag).ok().flatten() else { return Ok(None) };
    let text = |raw: &std::ffi::OsStr| {
        raw.to_str().map(str::to_owned).ok_or_else(|| Failure::usage(format!("--{} is not Unicode", parameter.flag)))
    };
    match parameter.kind {
        Kind::List(item) => {
            let values = given.map(|raw| value(parameter, *item, &text(raw)?)).collect::<Result<_>>()?;
            Ok(Some(Value::Array(values)))
        }
        kind => given.next().map(|raw| value(parameter, kind, &text(raw)?)).transpose(),
    }
}

/// Puts a documented code that goes by its name for its value.
pub fn by_value(parameter: &Parameter, kind: Kind, given: &mut Value) {
    match given {
        Value::Array(items) => {
            let item = if let Kind::List(item) = kind { *item } else { kind };
            items.iter_mut().for_each(|one| by_value(parameter, item, one));
        }
        Value::String(text) if parameter.codes.iter().any(|code| code.name == text) => {
            if let Ok(coded) = value(parameter, kind, text) {
                *given = coded;
            }
        }
        _ => {}
    }
}

/// A value as it is written on a command line.
fn value(parameter: &Parameter, kind: Kind, text: &str) -> Result<Value> {
    let code = parameter.codes.iter().find(|code| code.name == text);
    let text = code.map_or(text, |code| code.value);
    let wrong = |what: &str| Failure::usage(format!("--{} must be {what}, not {text}", parameter.flag));
    match kind {
        Kind::Integer => text.parse::<i64>().map(Value::from).map_err(|_| wrong("a whole number")),
        Kind::Number => text.parse::<Number>().map(Value::Number).map_err(|_| wrong("a number")),
        Kind::Boolean => text.parse::<bool>().map(Value::Bool).map_err(|_| wrong("true or false")),
        Kind::Object | Kind::List(_) => any_json(&format!("--{}", parameter.flag), text),
        // What is no plain number stays text: an id has zeros in front, or more digits than a number keeps.
        Kind::Scalar => Ok(match text.parse::<Number>() {
            Ok(number) if number.to_string() == text && long_integer(text).is_none() => Value::Number(number),
            _ => Value::from(text),
        }),
        _ => Ok(Value::from(text)),
    }
}

/// Adds what goes by name to what a file has. A flag, or the same name before, says it already.
fn add_named(parameters: &mut Parameters, operation: Option<&Operation>, matches: &ArgMatches) -> Result {
    let known = operation.map_or(&[][..], |operation| operation.parameters);
    let is_given = |parameter: &&Parameter| matches!(matches.try_get_raw(parameter.flag), Ok(Some(_)));
    let mut given_names: HashSet<&str> = known.iter().filter(is_given).map(|parameter| parameter.name).collect();
    // What orders for many does not take it.
    let params = matches.try_get_many::<String>("param").ok().flatten();
    for given in params.into_iter().flatten() {
        let wrong = || Failure::usage(format!("--param must be NAME=VALUE or NAME:=JSON, not {given}"));
        let (name, text) = given.split_once('=').ok_or_else(wrong)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => (name, any_json(&format!("--param {name}"), text)?),
            None => {
                let parameter = known.iter().find(|parameter| parameter.name == name);
                let value = match parameter {
                    Some(parameter) => match parameter.kind {
                        Kind::List(_) => any_json(&format!("--param {name}"), text)?,
                        kind => value(parameter, kind, text)?,
                    },
                    None => Value::from(text),
                };
                if let (Some(operation), Some(parameter)) = (operation, parameter) {
                    check_word(operation, parameter, &value)?;
                }
                (name, value)
            }
        };
        if name.is_empty() {
            return Err(wrong());
        }
        if !given_names.insert(name) {
            return Err(Failure::usage(format!("{name} is there twice: --param {given}; nothing was sent")));
        }
        parameters.insert(name.to_owned(), value);
    }
    Ok(())
}

/// A value as words of a command line; none of an empty text that need not be there.
pub fn written(parameter: &Parameter, value: &Value) -> Vec<String> {
    let one = |value: &Value| {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let code = parameter.codes.iter().find(|code| code.value == text);
        code.map_or(text, |code| code.name.to_owned())
    };
    match (parameter.kind, value) {
        (Kind::List(_), Value::Array(items)) => items.iter().map(one).collect(),
        (_, Value::Null) => Vec::new(),
        (_, Value::String(text)) if text.is_empty() && !parameter.required => Vec::new(),
        (_, value) => vec![one(value)],
    }
}
