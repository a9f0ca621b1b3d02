//! Which URLs a client may call.
//!
//! Plaintext would let others on the way read and replace orders, though not sign them, so it stays on this machine
//! unless it is allowed.

use std::net::IpAddr;

use reqwest::Url;

use super::variable::variable;
use crate::error::Error;

/// The URL in an environment variable, which is checked as one that was not allowed to be plaintext.
pub(crate) fn from_env(name: &str) -> Result<String, Error> {
    let url = variable(name)?;
    parse(&url, false).map_err(|what| Error::settings(format!("{name} {what}")))?;
    Ok(url)
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
        "http" => Err("must be https: only a server on this machine is called in plaintext".into()),
        _ => Err("must be an https URL".into()),
    }
}

/// Whether it is a server on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
