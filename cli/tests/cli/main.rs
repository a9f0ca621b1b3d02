//! What the command promises: the built binary, run against a sandbox.

mod assistants;
mod calls;
mod day;
mod examples;
mod help;
mod money;
mod output;
mod settings;
mod support;
mod terminal;
mod tools;
