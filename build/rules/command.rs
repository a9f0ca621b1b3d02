//! What an operation has to be, so that a command can be made of it.

use std::collections::BTreeSet;

use heck::ToKebabCase;

use super::super::document::{Document, Operation, Result, entries, items, text};
use super::super::{parameters, peel};
use super::require;

/// What a family has beside the commands of its operations.
const COMMANDS: [&str; 2] = ["call", "help"];

/// Most letters of the name of a tool, which some programs put more before.
const TOOL: usize = 32;

pub fn check(document: &Document) -> Result<()> {
    let mut taken: BTreeSet<_> = COMMANDS.map(str::to_owned).into();
    for operation in document.operations().filter(|_| !document.is_received()) {
        let name = parameters::command(&operation);
        let rule =
            format!("must have a name as a command in kebab-case, not {name}: x-linksfield-command gives another");
        require(document, !name.is_empty() && name == name.to_kebab_case(), &operation.place(), rule)?;
        let rule = format!("must have another name as a command, by x-linksfield-command: {name} is taken");
        require(document, taken.insert(name), &operation.place(), rule)?;
        let tool = format!("{}_{}", document.name(), parameters::command(&operation));
        let rule = format!(
            "must have a shorter name as a command, by x-linksfield-command: {tool} has more than {TOOL} letters, which a tool's name must not"
        );
        require(document, tool.len() <= TOOL, &operation.place(), rule)?;
        check_flags(document, &operation)?;
        check_found_out(document, &operation)?;
    }
    Ok(())
}

fn check_flags(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let mut taken = BTreeSet::new();
    for (name, _) in entries(&peel::parameters(document, operation)["properties"]) {
        let flag = parameters::flag(name);
        let rule = format!("must have parameters whose names as flags differ: --{flag}, of {name}, is there already");
        require(document, taken.insert(flag), &operation.place(), rule)?;
    }
    Ok(())
}

fn check_found_out(document: &Document, operation: &Operation<'_>) -> Result<()> {
    let found_out = &operation.node["x-linksfield-find-out"];
    if found_out.is_null() {
        return Ok(());
    }
    let is_safe = |operation: &Operation<'_>| operation.node["x-linksfield-safe-to-retry"] == true;
    let other = document.operations().find(|other| found_out["operation"] == other.id() && is_safe(other));
    let rule = "must have in x-linksfield-find-out the operation of one that is safe to retry, and be none itself";
    let (Some(other), false) = (other, is_safe(operation)) else {
        return Err(document.fault(operation.place(), rule));
    };
    let of_both = [operation, &other].map(|operation| peel::parameters(document, operation));
    let unknown =
        items(&found_out["by"]).find(|name| of_both.iter().any(|all| all["properties"][text(name)].is_null()));
    let rule = format!("must have the parameter {} in both operations", unknown.map(text).unwrap_or_default());
    require(document, unknown.is_none(), &operation.place(), rule)
}
