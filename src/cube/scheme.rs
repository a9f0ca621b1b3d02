//! Signature version 2: the URL and the body, in one canonical object, signed with RSA.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;
use serde::Deserialize;

use super::keys::{Credentials, PublicKey};
use super::types::ResultCode;
use crate::family::envelope::{Envelope, Written, unsaid};
use crate::family::place::place;
use crate::family::scheme::{Answer, Moment, Outgoing, PlaceError, Received, Scheme, SignError, Unreadable, Unsigned};
use crate::signing::canonical::{Parameters, write_object};
use crate::signing::{ContentError, Explanation, TimestampUnit, explain_parameters};

const TIMESTAMP: &str = "timestamp";
const NONCE: &str = "nonce";
const URI: &str = "x-sign-uri";
const SIGNATURE_TYPE: HeaderName = HeaderName::from_static("x-lf-signature-type");
const API_VERSION: HeaderName = HeaderName::from_static("x-lf-api-version");

/// The version of the signature that is sent.
pub(super) const VERSION: &str = "2.0";

/// How far from the time of a request its `timestamp` may be.
const VALID: Duration = Duration::from_secs(10 * 60);

/// Signs with a key, and reads the envelope.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) credentials: Credentials,
    pub(super) api_version: Option<HeaderValue>,
    /// What stands for the path of the server's URL where the path is signed.
    pub(super) signed_base_path: Option<String>,
}

/// A request that is placed, and all that is signed of it but the body.
struct Placed {
    outgoing: Outgoing,
    texts: Vec<(String, String)>,
}

impl Placed {
    fn text(&self, name: &str) -> &str {
        self.texts.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text)
    }

    fn parameters(&self) -> Result<Parameters<'_>, ContentError> {
        merged(&self.texts, self.outgoing.body.as_deref().unwrap_or_default())
    }
}

impl Signed {
    fn placed(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Placed, SignError> {
        // None of a caller's parameters may be one of the signature's.
        Parameters::with(call.parameters, &[(TIMESTAMP, ""), (NONCE, ""), (URI, "")])?;
        let mut outgoing = place(call, call.parameters.to_vec())?;
        let query = joined(&mut outgoing.url)?;
        let path = outgoing.url.path();
        let uri = match &self.signed_base_path {
            Some(base) => [base, path.strip_prefix(call.base.path().trim_end_matches('/')).unwrap_or(path)].concat(),
            None => path.to_owned(),
        };
        let timestamp = TimestampUnit::Milliseconds.format(moment.now).ok_or(SignError::Clock)?;
        // A positive number below 2^31.
        let nonce = moment.nonce % ((1 << 31) - 1) + 1;
        Ok(Placed { outgoing, texts: texts(query, timestamp, nonce.to_string(), uri) })
    }
}

impl Scheme for Signed {
    #[cfg(feature = "fleet")]
    fn account(&self) -> &str {
        self.credentials.key_id()
    }

    fn sign(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Outgoing, SignError> {
        let placed = self.placed(call, moment)?;
        let mut content = Vec::with_capacity(512);
        write_object(&mut content, placed.parameters()?.iter().filter(|parameter| !parameter.is_empty()))?;
        let sign = self.credentials.key().sign(&content).ok_or(SignError::Random)?;
        let authorization = HeaderValue::from_str(&format!("LF {}/{}", self.credentials.key_id(), sign.as_str()));
        let mut authorization = authorization.map_err(|_| SignError::Random)?;
        authorization.set_sensitive(true);
        let number = |name| HeaderValue::from_str(placed.text(name)).map_err(|_| SignError::Clock);
        let added = [
            (AUTHORIZATION, authorization),
            (HeaderName::from_static(TIMESTAMP), number(TIMESTAMP)?),
            (HeaderName::from_static(NONCE), number(NONCE)?),
            (SIGNATURE_TYPE, HeaderValue::from_static(VERSION)),
            (ACCEPT_LANGUAGE, HeaderValue::from_static("en-US")),
        ];
        let mut outgoing = placed.outgoing;
        outgoing.headers.extend(added);
        outgoing.headers.extend(self.api_version.iter().map(|version| (API_VERSION, version.clone())));
        Ok(outgoing)
    }

    fn explain(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Explanation, SignError> {
        let placed = self.placed(call, moment)?;
        let explanation = explain_parameters(&placed.parameters()?)?;
        let notes = notes(&explanation, placed.text(URI), placed.outgoing.url.path());
        Ok(explanation.with_notes(notes))
    }

    fn read<'a>(&self, answer: &Received<'a>) -> Result<Answer<'a>, Unreadable> {
        let Envelope { data, .. } = Envelope::parse(answer.text)?;
        let Enveloped { status } = serde_json::from_str(answer.text)?;
        let status = status.ok_or_else(|| unsaid("status.code"))?;
        let said = Envelope { data, ..Envelope::parse(status.get())? }.judge(ResultCode::Success.as_str())?;
        match said.ok_or_else(|| unsaid("status.code"))? {
            Answer::Accepted { .. } if !answer.status.is_success() => {
                Err(Unreadable(format!("it contradicts itself: its code says success, but HTTP {}", answer.status)))
            }
            said => Ok(said),
        }
    }

    fn is_server_failure(&self, code: &str) -> bool {
        matches!(ResultCode::from(code), ResultCode::InternalCallError | ResultCode::InternalServiceError)
    }
}

#[derive(Deserialize)]
struct Enveloped<'a> {
    #[serde(borrow)]
    status: Written<'a>,
}

fn texts(query: Vec<(String, String)>, timestamp: String, nonce: String, uri: String) -> Vec<(String, String)> {
    let own = [(TIMESTAMP, timestamp), (NONCE, nonce), (URI, uri)];
    query.into_iter().chain(own.map(|(name, text)| (name.to_owned(), text))).collect()
}

/// All that is signed: texts, and the fields of a body that is there.
fn merged<'a>(texts: &'a [(String, String)], body: &'a [u8]) -> Result<Parameters<'a>, ContentError> {
    let texts: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Parameters::with(if body.is_empty() { b"{}" } else { body }, &texts)
}

/// The parameters of the query, each once: a list of several is made one text, as it is signed.
fn joined(url: &mut Url) -> Result<Vec<(String, String)>, SignError> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut joined = false;
    for (name, value) in url.query_pairs() {
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, list)) if value.contains(',') || (!joined && list.contains(',')) => {
                return Err(PlaceError::InQuery(name.into_owned()).into());
            }
            Some((_, list)) => {
                list.push(',');
                list.push_str(&value);
                joined = true;
            }
            None => all.push((name.into_owned(), value.into_owned())),
        }
    }
    if joined {
        url.query_pairs_mut().clear().extend_pairs(&all);
    }
    Ok(all)
}

/// What is decided here and not stated by the documentation, as far as it matters for a request.
fn notes(explanation: &Explanation, signed: &str, sent: &str) -> Vec<String> {
    let content = explanation.content();
    let decided = [
        (true, "no white space between tokens: the page says \"without any separators\""),
        (!explanation.left_out().is_empty(), "what is left out: null, \"\", [] and {} at the top level"),
        (content.contains(' '), "white space inside a value is kept: a printed sample of signature v1 removes it"),
        (!content.is_ascii(), "characters outside ASCII are signed as they are, in UTF-8"),
        (sent.contains('%'), "a path that needs percent-encoding is signed as it is sent"),
        (
            content.contains("\"category\":"),
            "`category` is signed by its own name: a printed sample says category_type",
        ),
    ];
    let decided = decided
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, what)| format!("decided here, not stated: {what}"));
    let moved = (signed != sent).then(|| format!("the path {sent} is signed as {signed}"));
    decided.chain(moved).collect()
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
    /// `Authorization`, `timestamp` or `nonce` is missing, or is not as documented.
    #[error("the header {0} is missing or not as documented")]
    Unsigned(&'static str),
    /// The time of the request is more than 10 minutes off.
    #[error("the timestamp is more than 10 minutes off")]
    Stale,
    /// The request has no canonical form.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The request has another signature than the key gives.
    #[error("the signature does not match; this content was to be signed: {}", .0.content())]
    Mismatch(Explanation),
}

/// Checks the signature of a request that arrived at `now`, for servers; says what was signed. `key` gives the public key of
/// a key id.
///
/// # Errors
///
/// The request is not signed, by nobody that `key` knows, not for this time, or not as it is.
pub fn verify(
    request: &SignedRequest<'_>,
    key: impl FnOnce(&str) -> Option<PublicKey>,
    now: SystemTime,
) -> Result<Explanation, VerifyError> {
    let header = |name: &'static str| {
        let value = request.headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or(VerifyError::Unsigned(name))
    };
    let (timestamp, nonce) = (header(TIMESTAMP)?, header(NONCE)?);
    let authorization = header("authorization")?.strip_prefix("LF ").and_then(|value| value.split_once('/'));
    let (key_id, sign) = authorization.ok_or(VerifyError::Unsigned("authorization"))?;
    let key = key(key_id).ok_or(VerifyError::Unsigned("authorization"))?;
    let sent = timestamp.parse().ok().and_then(|millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis)));
    let sent = sent.ok_or(VerifyError::Unsigned(TIMESTAMP))?;
    if sent.duration_since(now).unwrap_or_else(|earlier| earlier.duration()) > VALID {
        return Err(VerifyError::Stale);
    }
    let query = form(request.query);
    let texts = texts(query, timestamp.to_owned(), nonce.to_owned(), request.path.to_owned());
    let explanation = explain_parameters(&merged(&texts, request.body)?)?;
    if key.matches(explanation.content().as_bytes(), sign) {
        Ok(explanation)
    } else {
        Err(VerifyError::Mismatch(explanation))
    }
}

/// The names and values of a query.
fn form(query: &str) -> Vec<(String, String)> {
    let url = Url::parse(&format!("http://x/?{query}"));
    url.map_or_else(
        |_| Vec::new(),
        |url| url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
    )
}

#[cfg(test)]
mod tests {
    use http::{Method, StatusCode};
    use serde_json::Value;

    use super::*;
    use crate::cube::{OPERATIONS, PrivateKey};

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../openapi/cube-signing-vectors.json")).unwrap()
    }

    fn signed(credentials: Credentials) -> Signed {
        Signed { credentials, api_version: None, signed_base_path: None }
    }

    #[test]
    fn each_stage_of_a_signature_is_that_of_the_vectors() {
        let file = vectors();
        let (base, key) = (file["base_url"].as_str().unwrap().parse().unwrap(), file["private_key"].as_str().unwrap());
        for vector in file["vectors"].as_array().unwrap() {
            let text = |name: &str| vector[name].as_str().unwrap();
            let name = text("name");
            let key = PrivateKey::from_text(key).unwrap();
            let scheme = signed(Credentials::new(text("key_id"), key.clone()).unwrap());
            let operation = OPERATIONS.iter().find(|operation| operation.path == text("path")).unwrap();
            let method: Method = text("method").parse().unwrap();
            let parameters = vector["parameters"].to_string();
            let call = Unsigned {
                method: &method,
                base: &base,
                path: operation.path,
                added: operation.added,
                placing: operation.placing,
                parameters: parameters.as_bytes(),
            };
            let now = UNIX_EPOCH + Duration::from_millis(text("timestamp").parse().unwrap());
            let moment = Moment { now, nonce: vector["nonce"].as_u64().unwrap() - 1 };
            let outgoing = scheme.sign(&call, moment).unwrap();
            assert_eq!(scheme.explain(&call, moment).unwrap().content(), text("content"), "{name}");
            // The order of the query is no part of it.
            let parts = |url: &Url| {
                let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
                (url.path().to_owned(), query)
            };
            assert_eq!(parts(&outgoing.url), parts(&text("url").parse().unwrap()), "{name}");
            for (header, value) in vector["headers"].as_object().unwrap() {
                assert_eq!(outgoing.headers[header.as_str()], value.as_str().unwrap(), "{name}");
            }
            assert!(outgoing.headers[AUTHORIZATION].is_sensitive());
            let json = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
            let expected = vector["body"].as_str().map(|body| json(body.as_bytes()));
            assert_eq!(outgoing.body.as_deref().map(json), expected, "{name}");
            let request = SignedRequest {
                path: outgoing.url.path(),
                query: outgoing.url.query().unwrap_or_default(),
                headers: &outgoing.headers,
                body: outgoing.body.as_deref().unwrap_or_default(),
            };
            let explanation = verify(&request, |_| Some(key.public_key()), now).unwrap();
            assert_eq!(explanation.content(), text("content"), "{name}");
        }
    }

    #[test]
    fn a_list_that_a_raw_call_has_in_its_query_is_one_text_unless_an_item_has_a_comma() {
        let mut url = Url::parse("http://x/?a=1&b=2&a=3").unwrap();
        let query = joined(&mut url).unwrap();
        assert_eq!((query[0].1.as_str(), url.query()), ("1,3", Some("a=1%2C3&b=2")));
        for ambiguous in ["http://x/?a=1,2&a=3", "http://x/?a=1&a=2,3"] {
            let error = joined(&mut Url::parse(ambiguous).unwrap()).unwrap_err().to_string();
            assert!(error.contains("the parameter a,"), "{error}");
        }
    }

    #[test]
    fn success_is_believed_under_2xx_alone() {
        let key = PrivateKey::from_text(vectors()["private_key"].as_str().unwrap()).unwrap();
        let scheme = signed(Credentials::new("id", key).unwrap());
        let told = |status: u16, text: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            match scheme.read(&Received { status, text, fields: &[] }) {
                Ok(Answer::Accepted { data, .. }) => format!("accepted {}", data.unwrap_or("nothing")),
                Ok(Answer::Refused { code, .. }) => format!("refused {code}"),
                Err(Unreadable(reason)) => reason,
            }
        };
        assert_eq!(told(200, r#"{"status":{"code":"CB-00-0000"},"data":[1]}"#), "accepted [1]");
        assert_eq!(told(202, r#"{"status":{"code":"CB-00-0000"},"data":null}"#), "accepted nothing");
        assert_eq!(told(500, r#"{"status":{"code":"CB-01-0001"}}"#), "refused CB-01-0001");
        for (status, text) in [
            (500, r#"{"status":{"code":"CB-00-0000"}}"#),
            (400, r#"{"status":{"code":"CB-00-0000"}}"#),
            (200, r#"{"status":{"code":"cb-00-0000"}}"#),
            (200, r#"{"status":{"code":0}}"#),
            (200, r#"{"status":{"code":"CB-00-0000","code":"CB-01-0001"}}"#),
        ] {
            let reason = told(status, text);
            assert!(reason.contains("contradicts itself") || reason.contains("unexpected"), "{text}: {reason}");
        }
        for text in
            [r#"{"code":"CB-00-0000"}"#, r#"{"status":null}"#, r#"{"status":200}"#, r#"[{"code":"CB-00-0000"}]"#]
        {
            let reason = told(200, text);
            assert!(!reason.starts_with("accepted") && !reason.starts_with("refused"), "{text}: {reason}");
        }
    }
}
