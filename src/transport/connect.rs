//! How a server is reached: by an HTTP client of this crate, and through which proxy.
//!
//! For a program that sends something beside its calls, such as a notification that it hands on, and for one that says what is
//! between it and a server: both the way the clients do it.

use std::env;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Url, retry};

use crate::family::environment::is_loopback;

/// An HTTP client for what is below `url` and nothing else: it follows no redirect, sends nothing twice, and calls this
/// machine (`localhost`, 127.0.0.0/8, `::1`) past any proxy.
///
/// ```
/// use linksfield::{connect, reqwest::Url};
///
/// let url = Url::parse("http://127.0.0.1:3000/hooks")?;
/// let http = connect::http_client(&url).build()?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn http_client(url: &Url) -> ClientBuilder {
    // A signed body is meant for one server, and whether it is sent again is decided by the policy of the call alone.
    let client = ClientBuilder::new().redirect(Policy::none()).retry(retry::never());
    // What is meant for this machine does not leave it.
    let client = if is_loopback(url) { client.no_proxy() } else { client };
    // In plaintext nobody is trusted by certificates, of which a machine may have none; but a proxy may be.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    let client = if url.scheme() == "http" && proxy(url).is_none() { client.tls_certs_only([]) } else { client };
    client
}

/// Host and port of the proxy that the environment, or the system, names for `url`; never its user and password. None if it is called
/// directly, as this machine always is.
///
/// ```
/// use linksfield::{connect, reqwest::Url};
///
/// assert_eq!(connect::proxy(&Url::parse("http://localhost:8787")?), None);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn proxy(url: &Url) -> Option<String> {
    let proxy = Matcher::from_system().intercept(&target(url)?)?;
    let host = proxy.uri().host()?;
    // As the HTTP client takes it, whatever else the scheme is.
    let usual = if proxy.uri().scheme_str() == Some("https") { 443 } else { 80 };
    Some(format!("{host}:{}", proxy.uri().port_u16().unwrap_or(usual)))
}

/// Refuses what the environment names as the proxy for `url` and is none: the HTTP client would pass over it without a word.
pub(crate) fn check_proxy(url: &Url) -> Result<(), String> {
    // A CGI program has no proxy: whoever calls it sets such variables.
    let is_cgi = env::var_os("REQUEST_METHOD").is_some();
    let Some(target) = target(url).filter(|_| !is_cgi) else { return Ok(()) };
    let first = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, env::var(name).ok()?)));
    let spared = first(["NO_PROXY", "no_proxy"]).map(|(_, hosts)| hosts).unwrap_or_default();
    let is_proxied = |by: &str| Matcher::builder().all(by).no(&*spared).build().intercept(&target).is_some();
    let own = if url.scheme() == "https" { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    let named = [own, ["ALL_PROXY", "all_proxy"]].into_iter().filter_map(first).find(|(_, proxy)| !proxy.is_empty());
    match named {
        Some((name, proxy)) if is_proxied("http://proxy.invalid") && !is_proxied(&proxy) => {
            Err(format!("{name} is not the URL of a proxy, such as http://proxy.example:3128: mend it, or unset it"))
        }
        _ => Ok(()),
    }
}

/// What a proxy may be asked for: nothing that is meant for this machine.
fn target(url: &Url) -> Option<Uri> {
    url.as_str().parse().ok().filter(|_| !is_loopback(url))
}
