//! What the command promises: the built binary, run against a sandbox.

mod assistants;
mod calls;
#[cfg(feature = "postgres")]
mod database;
mod day;
mod doctor;
mod examples;
mod fleet;
mod help;
mod money;
mod notifications;
mod output;
mod settings;
mod support;
mod terminal;
#[path = "../../../tests/all/tls_server.rs"]
mod tls_server;
mod tools;
