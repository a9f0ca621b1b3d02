//! What the store promises, over a real PostgreSQL: see `support` for which.

mod doubt;
mod faults;
#[path = "../../../tests/all/fleet_scenes.rs"]
mod fleet_scenes;
mod fleets;
mod measure;
mod schema;
mod steps;
mod support;
mod tls;
