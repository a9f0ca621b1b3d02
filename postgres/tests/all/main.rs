//! What the store promises, over a real PostgreSQL: see `support` for which.

mod faults;
mod fleets;
mod measure;
mod schema;
mod steps;
mod support;
mod tls;
