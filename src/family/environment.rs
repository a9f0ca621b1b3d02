//! Which URLs a client may call.
//!
//! Plaintext would let others on the way read and replace orders, though not sign them, so it stays on this machine
//! unless it is allowed.

use std::net::IpAddr;

use reqwest::Url;

use crate::csss::credentials::variable;
use crate::error::Error;

/// The URL in an environment variable, which is checked as one that was not allowed to be plaintext.
pub(crate) fn from_env(name: &str) -> Result<String, Error> {
    let url = variable(name)?;
    check(&url, false).map_err(|what| Error::settings(format!("{name} {what}")))?;
    Ok(url)
}

/// Whether `url` can be a server's, or why not.
pub(crate) fn check(url: &str, allow_plaintext: bool) -> Result<(), String> {
    let parsed =
        Url::parse(url).map_err(|error| format!("is not a URL ({error}): it must be like https://host/path"))?;
    let bare = parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty();
    match parsed.scheme() {
        "http" | "https" if !bare || parsed.password().is_some() => Err("must have no user, query and fragment".into()),
        "https" => Ok(()),
        "http" if allow_plaintext || is_loopback(&parsed) => Ok(()),
        "http" => Err("must be https: only a server on this machine is called in plaintext".into()),
        _ => Err("must be an https URL".into()),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
