//! How a server is reached: by an HTTP client of this crate, and through which proxy.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Url, retry};

use crate::family::environment::is_loopback;

/// An HTTP client for what is below `url` and nothing else.
pub(crate) fn http_client(url: &Url) -> ClientBuilder {
    // A signed body is meant for one server, and whether it is sent again is decided by the policy of the call alone.
    let client = ClientBuilder::new().redirect(Policy::none()).retry(retry::never());
    // What is meant for this machine does not leave it.
    let client = if is_loopback(url) { client.no_proxy() } else { client };
    // In plaintext nobody is trusted by certificates, of which a machine may have none; but a proxy may be.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    let client = if url.scheme() == "http" && proxy(url).is_none() { client.tls_certs_only([]) } else { client };
    client
}

/// Host and port of the proxy that the environment names for `url`; never its user and password.
pub(crate) fn proxy(url: &Url) -> Option<String> {
    let target = url.as_str().parse::<Uri>().ok().filter(|_| !is_loopback(url))?;
    let proxy = Matcher::from_system().intercept(&target)?;
    let host = proxy.uri().host()?;
    // As the HTTP client takes it, whatever else the scheme is.
    let usual = if proxy.uri().scheme_str() == Some("https") { 443 } else { 80 };
    Some(format!("{host}:{}", proxy.uri().port_u16().unwrap_or(usual)))
}
