//! Which URLs a client may call.
//!
//! Plaintext would let others on the way read and replace orders, though not sign them, so it stays on this machine
//! unless it is allowed.

use std::net::IpAddr;

use reqwest::Url;

use super::variable::{both, optional, variable};
use crate::error::Error;

/// Environment variable that allows any server to be called in plaintext.
const ALLOW_PLAINTEXT_VARIABLE: &str = "LINKSFIELD_ALLOW_PLAINTEXT";

/// The URL in an environment variable, and whether the environment allows it to be plaintext.
pub(crate) fn from_env(name: &str) -> Result<(String, bool), Error> {
    let allows = allows_plaintext();
    let url = variable(name).and_then(|url| match parse(&url, !matches!(allows, Ok(false))) {
        Ok(_) => Ok(url.to_string()),
        Err(what) => Err(Error::settings(format!("{name} {what}"))),
    });
    both(url, allows)
}

fn allows_plaintext() -> Result<bool, Error> {
    match optional(ALLOW_PLAINTEXT_VARIABLE)?.as_ref().map(|value| value.as_str()) {
        None | Some("0") => Ok(false),
        Some("1") => Ok(true),
        Some(_) => Err(Error::settings(format!("{ALLOW_PLAINTEXT_VARIABLE} must be 1, or 0 as if it were not set"))),
    }
}

/// The URL of a server, or why it can't be one.
pub(crate) fn parse(url: &str, allow_plaintext: bool) -> Result<Url, String> {
    let mut parsed =
        Url::parse(url).map_err(|error| format!("is not a URL ({error}): it must be like https://host/path"))?;
    // Paths of operations begin with the slash between the two.
    let path = parsed.path().trim_end_matches('/').to_owned();
    parsed.set_path(&path);
    let bare = parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty();
    match parsed.scheme() {
        "http" | "https" if !bare || parsed.password().is_some() => Err("must have no user, query and fragment".into()),
        "https" => Ok(parsed),
        "http" if allow_plaintext || is_loopback(&parsed) => Ok(parsed),
        "http" => Err(format!(
            "must be https: a server elsewhere is called in plaintext only if allow_plaintext is set, or \
             {ALLOW_PLAINTEXT_VARIABLE}=1 where the environment is read"
        )),
        _ => Err("must be an https URL".into()),
    }
}

/// Whether it is a server on this machine, as far as its URL alone says: `localhost`, 127.0.0.0/8 and `::1`. A name below
/// `localhost`, or with a dot behind it, is what a resolver makes of it, and 0.0.0.0 is no address to call.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
