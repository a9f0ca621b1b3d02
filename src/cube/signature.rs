//! Signature version 2: what of a request is signed, and how a server checks it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::keys::PublicKey;
use crate::signing::canonical::Parameters;
use crate::signing::{ContentError, Explanation, explain_parameters};

pub(super) const TIMESTAMP: &str = "timestamp";
pub(super) const NONCE: &str = "nonce";
const URI: &str = "x-sign-uri";

pub(super) const SIGNATURE_TYPE: &str = "x-lf-signature-type";
/// The version of the signature.
pub(super) const VERSION: &str = "2.0";

/// How far from the time of a request its `timestamp` may be.
const VALID: Duration = Duration::from_secs(10 * 60);

/// All that is signed of a request but its body.
pub(super) struct Signed {
    pub(super) timestamp: String,
    pub(super) nonce: String,
    /// The path, as it is sent or as a proxy hands it on.
    pub(super) uri: String,
    pub(super) query: Vec<(String, String)>,
}

impl Signed {
    /// The parameters of the content: texts, and the fields of a body that is there. None of them may be one of the
    /// signature's.
    pub(super) fn with<'a>(&'a self, body: &'a [u8]) -> Result<Parameters<'a>, ContentError> {
        let own = [(TIMESTAMP, &*self.timestamp), (NONCE, &*self.nonce), (URI, &*self.uri)];
        let query = self.query.iter().map(|(name, text)| (&**name, &**text));
        let texts: Vec<_> = query.chain(own).collect();
        Parameters::with(if body.is_empty() { b"{}" } else { body }, &texts).map_err(|error| match error {
            // It is in the query and in the body, or twice in the query.
            ContentError::ReservedKey(name) if own.iter().all(|(own, _)| *own != name) => {
                ContentError::DuplicateKey(name)
            }
            error => error,
        })
    }
}

/// A request as a server received it.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// Path of the URL as it was sent, still percent-encoded.
    pub path: &'a str,
    /// Query of the URL, without the question mark; empty if there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body; empty if there is none.
    pub body: &'a [u8],
}

/// Why a request is not what the holder of the key signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// `Authorization`, `timestamp` or `nonce` is missing, or one of them or the version is there twice or not as documented.
    #[error("the header {0} is missing, there twice, or not as documented")]
    Unsigned(&'static str),
    /// Nobody knows a key of this id.
    #[error("no key has the id {0:?}")]
    UnknownKey(String),
    /// The time of the request is more than 10 minutes off.
    #[error("the timestamp is more than 10 minutes off")]
    Stale,
    /// The query stands for bytes that are no UTF-8, or has characters that no query has: what was signed of it can't be told.
    #[error("the query is not UTF-8, or no query")]
    Query,
    /// The request has no canonical form.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The request has another signature than the key gives.
    #[error("the signature does not match; this content was to be signed: {}", .0.content())]
    Mismatch(Explanation),
}

/// Checks the signature of a request that arrived at `now`, for servers; says what was signed. `key` gives the public key of
/// a key id. Whether the same was sent before is not known here: a server that must do things once remembers each `nonce` for
/// 20 minutes. The method is no part of what is signed, nor is a parameter that is empty.
///
/// # Errors
///
/// The request is not signed, by nobody that `key` knows, not for this time, or not as it is.
pub fn verify(
    request: &SignedRequest<'_>,
    key: impl FnOnce(&str) -> Option<PublicKey>,
    now: SystemTime,
) -> Result<Explanation, VerifyError> {
    let headers = |name: &'static str| {
        let mut values = request.headers.get_all(name).iter();
        // Of two, who comes after may read the other.
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(VerifyError::Unsigned(name)),
        }
    };
    let header = |name| {
        let value = headers(name)?.and_then(|value| value.to_str().ok());
        value.ok_or(VerifyError::Unsigned(name))
    };
    if headers(SIGNATURE_TYPE)?.is_some_and(|version| version != VERSION) {
        return Err(VerifyError::Unsigned(SIGNATURE_TYPE));
    }
    let is_digits = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |name| Some(header(name)?).filter(is_digits).ok_or(VerifyError::Unsigned(name));
    let (timestamp, nonce) = (number(TIMESTAMP)?, number(NONCE)?);
    let authorization = header("authorization")?.strip_prefix("LF ").and_then(|value| value.split_once('/'));
    let (key_id, sign) = authorization.ok_or(VerifyError::Unsigned("authorization"))?;
    let key = key(key_id).ok_or_else(|| VerifyError::UnknownKey(key_id.to_owned()))?;
    let sent = timestamp.parse().ok().and_then(|millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis)));
    let sent = sent.ok_or(VerifyError::Unsigned(TIMESTAMP))?;
    if sent.duration_since(now).unwrap_or_else(|earlier| earlier.duration()) > VALID {
        return Err(VerifyError::Stale);
    }
    let (timestamp, nonce, uri) = (timestamp.to_owned(), nonce.to_owned(), request.path.to_owned());
    let signed = Signed { timestamp, nonce, uri, query: form(request.query)? };
    let explanation = explain_parameters(&signed.with(request.body)?, None)?;
    if key.matches(explanation.content().as_bytes(), sign) {
        Ok(explanation)
    } else {
        Err(VerifyError::Mismatch(explanation))
    }
}

/// The names and values of a query.
fn form(query: &str) -> Result<Vec<(String, String)>, VerifyError> {
    // A URL has none of these in its query: what was signed can't be told.
    if query.contains(|character: char| character == '#' || character.is_ascii_control()) {
        return Err(VerifyError::Query);
    }
    percent_decode_str(query).decode_utf8().map_err(|_| VerifyError::Query)?;
    let url = Url::parse(&format!("http://x/?{query}")).map_err(|_| VerifyError::Query)?;
    Ok(url.query_pairs().into_owned().collect())
}
