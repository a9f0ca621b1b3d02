//! Who may tell the sandbox anything over HTTP.

use std::net::{IpAddr, SocketAddr};

use axum::http::StatusCode;
use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;

use crate::error::Error;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who may tell it anything.
#[derive(Clone, Debug)]
pub(super) struct Door {
    /// Where it listens.
    address: IpAddr,
    /// Another name that it is called by.
    host: Option<String>,
    is_open_to_others: bool,
}

impl Door {
    pub(super) fn new(address: IpAddr, host: Option<String>, is_open_to_others: bool) -> Result<Self, Error> {
        let is_host = |host: &String| host.parse::<Authority>().is_ok_and(|authority| authority.host() == host);
        if host.as_ref().is_none_or(is_host) {
            return Ok(Self { address, host, is_open_to_others });
        }
        Err(Error::settings(
            "the name by which the sandbox is controlled must be that of a host, without a port or a scheme",
        ))
    }

    /// Programs on this machine may. A page in a browser may not, whatever name it has made stand for this machine.
    /// Else with what status, and why not.
    pub(super) fn check(&self, peer: SocketAddr, head: &Parts) -> Result<(), (StatusCode, &'static str)> {
        let refused = |message| Err((StatusCode::FORBIDDEN, message));
        if !self.is_open_to_others && !peer.ip().to_canonical().is_loopback() {
            return refused(
                "only programs on the sandbox's own machine may do this, unless --allow-remote-control is set",
            );
        }
        if head.headers.contains_key(ORIGIN) {
            return refused("a page in a browser (a request with Origin) may not do this");
        }
        if head.headers.get(SEC_FETCH_SITE).is_some_and(|site| site != "none" && site != "same-origin") {
            return refused("another page in a browser (Sec-Fetch-Site) may not do this");
        }
        if names(head).is_some_and(|names| names.iter().all(|name| self.is_named(name))) {
            return Ok(());
        }
        let message =
            "the Host must be a name or address of the sandbox: localhost, where it listens, or --control-host";
        Err((StatusCode::MISDIRECTED_REQUEST, message))
    }

    fn is_named(&self, name: &str) -> bool {
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let is_here = |address: IpAddr| address.is_loopback() || address == self.address;
        let is_given = self.host.as_deref().is_some_and(|host| host.eq_ignore_ascii_case(name));
        address.is_ok_and(is_here) || name.eq_ignore_ascii_case("localhost") || is_given
    }
}

/// The hosts that a request says it is for; none if it does not say so in every place.
fn names(head: &Parts) -> Option<Vec<String>> {
    let hosts = head.headers.get_all(HOST).iter().map(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let mut hosts = hosts.collect::<Option<Vec<_>>>().filter(|hosts| !hosts.is_empty())?;
    hosts.extend(head.uri.authority().cloned());
    Some(hosts.iter().map(|host| host.host().to_owned()).collect())
}
