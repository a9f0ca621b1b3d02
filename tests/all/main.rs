//! What the crate promises, one behaviour a file.

mod answers;
mod api;
mod call_options;
mod calls;
mod contract;
mod documented_examples;
mod failures;
mod families;
mod faults;
mod fleet;
mod limits;
mod mall;
mod notifications;
mod readme;
mod receiver;
mod reference;
mod refusals;
mod retries;
mod sandbox_program;
mod secrets;
mod settings;
mod signing;
mod spans;
mod specification;
mod support;
mod suspects;
