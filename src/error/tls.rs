//! Why TLS can't be had of a server, as the errors of either TLS library tell: only their words are the same in all.

use super::chain;

/// What the libraries say, and what it means to whom it happens.
const WORDS: [(&[&str], &str); 4] = [
    (
        &["no ca certificates"],
        "no certificates of authorities were found: install the system's (often the package ca-certificates), or name a \
         file of them by SSL_CERT_FILE",
    ),
    (
        &["not valid for name", "hostname mismatch", "ip address mismatch"],
        "the server's certificate is for another name: check the server's URL",
    ),
    (
        &["invalid peer certificate", "certificate verify failed"],
        "the server's certificate is not trusted: check the server's URL, and that the system has the certificate of its \
         authority (SSL_CERT_FILE can name a file)",
    ),
    (
        &["corrupt message", "wrong version number", "packet length too long", "http request"],
        "the server does not speak TLS on that port: check the port of its URL",
    ),
];

/// Why no connection can be made however often it is tried, if the error says so.
pub(crate) fn hopeless(error: &reqwest::Error) -> Option<&'static str> {
    if !error.is_connect() && !error.is_builder() {
        return None;
    }
    let said = chain(error).map(|cause| cause.to_string().to_lowercase()).collect::<Vec<_>>();
    let is_said = |word: &&str| said.iter().any(|text| text.contains(*word));
    WORDS.iter().find(|(words, _)| words.iter().any(is_said)).map(|(_, meaning)| *meaning)
}
