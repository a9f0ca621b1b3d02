//! From headers and bytes to an event, or to why not.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use serde_json::Value;
use zeroize::Zeroizing;

use super::body::Body;
use super::current::{ALGORITHMS, Stamp, texts};
use super::{Callback, DELIVERY_HEADER, Deliveries, Event, Rejection, legacy};
use crate::signing::canonical::ContentError;
use crate::signing::{Key, Signature};
use crate::values::text::content_type;

/// Most bytes of a body, unless the verifier is told otherwise.
pub const BODY_LIMIT: usize = 1024 * 1024;

pub(super) const SIGNATURE: &str = "x-lf-signature";
pub(super) const ALGORITHM: &str = "x-lf-algo";
pub(super) const TIMESTAMP: &str = "x-lf-timestamp";
pub(super) const VERSION: &str = "x-lf-notification-version";
pub(super) const MD5: &str = "x-lf-md5";

/// Verifies and reads notifications. Pure: it knows no server, and takes the time as a parameter. Cheap to clone.
#[derive(Clone)]
pub struct Verifier(Arc<Settings>);

struct Settings {
    keys: HashMap<String, Key>,
    legacy_secret: Option<Zeroizing<String>>,
    tolerance: Duration,
    body_limit: usize,
    expecting: Option<Callback>,
    deliveries: Option<Arc<dyn Deliveries>>,
}

#[bon::bon]
impl Verifier {
    /// Sets up a verifier, which accepts nothing unless it is given a key or a secret.
    #[builder]
    pub fn new(
        /// Collects [`key`](VerifierBuilder::key)s.
        #[builder(field)]
        keys: HashMap<String, Key>,
        /// The secret of the older signature, which Linksfield's staff tell you; it is not that of the API. Not accepted
        /// unless set: see the [module](super).
        #[builder(with = |secret: impl Into<String>| Zeroizing::new(secret.into()))]
        legacy_secret: Option<Zeroizing<String>>,
        /// How far the time of a notification may be from now, either way; 10 minutes if not set. How long one is valid
        /// is not documented.
        #[builder(default = Duration::from_secs(600))]
        tolerance: Duration,
        /// Most bytes of a body; [`BODY_LIMIT`] if not set.
        #[builder(default = BODY_LIMIT)]
        body_limit: usize,
        /// What comes to the URL that this verifier is for, where bodies do not tell.
        expecting: Option<Callback>,
        /// Remembers notifications, so that one that comes again is [`Rejection::Repeated`]; none if not set.
        #[builder(with = |deliveries: impl Deliveries + 'static| Arc::new(deliveries))]
        deliveries: Option<Arc<dyn Deliveries>>,
    ) -> Self {
        Self(Arc::new(Settings { keys, legacy_secret, tolerance, body_limit, expecting, deliveries }))
    }

    /// The event of a request with these headers and this body, received at `now`.
    ///
    /// # Errors
    ///
    /// It is not signed by a key or secret of this verifier, at another time, or has come before.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: SystemTime) -> Result<Event, Rejection> {
        self.check_size(body)?;
        let body = Body::new(body, content_type(headers));
        if headers.contains_key(SIGNATURE) {
            self.verify_current(headers, &body, now)?;
        } else if headers.contains_key(MD5) {
            self.verify_legacy(headers, &body)?;
        } else {
            return Err(Rejection::Unsigned);
        }
        let event = self.read(&body)?;
        let deliveries = self.0.deliveries.as_ref().zip(Self::delivery_id(headers));
        if deliveries.is_some_and(|(deliveries, id)| !deliveries.remember(id)) {
            return Err(Rejection::Repeated);
        }
        Ok(event)
    }

    /// The event of a body that nobody signed: anybody may have sent it. Do not act on it before you have asked the API.
    ///
    /// The page of the order-status callback says that its headers are not sent yet.
    ///
    /// # Errors
    ///
    /// The body is too large, or not JSON.
    pub fn accept_unsigned(&self, body: &[u8]) -> Result<Event, Rejection> {
        self.check_size(body)?;
        self.read(&Body::new(body, None))
    }

    /// The id by which [`Deliveries`] remember a notification with these headers.
    #[must_use]
    pub fn delivery_id(headers: &HeaderMap) -> Option<&str> {
        let id = headers.get(SIGNATURE).or_else(|| headers.get(DELIVERY_HEADER))?;
        id.to_str().ok()
    }

    /// Most bytes of a body.
    #[must_use]
    pub fn body_limit(&self) -> usize {
        self.0.body_limit
    }

    fn check_size(&self, body: &[u8]) -> Result<(), Rejection> {
        let limit = self.0.body_limit;
        if body.len() > limit { Err(Rejection::TooLarge { limit }) } else { Ok(()) }
    }

    fn verify_current(&self, headers: &HeaderMap, body: &Body<'_>, now: SystemTime) -> Result<(), Rejection> {
        let stamp = Stamp {
            version: header(headers, VERSION)?,
            algorithm: header(headers, ALGORITHM)?,
            timestamp: header(headers, TIMESTAMP)?,
        };
        let signature = header(headers, SIGNATURE)?;
        let (key_id, code) = signature.split_once('/').ok_or(Rejection::MalformedSignature)?;
        if !ALGORITHMS.iter().any(|known| known.eq_ignore_ascii_case(stamp.algorithm)) {
            return Err(Rejection::UnsupportedAlgorithm);
        }
        self.check_time(stamp.timestamp, now)?;
        let key = self.0.keys.get(key_id).ok_or(Rejection::UnknownKey)?;
        let code = Signature::from(code);
        let matches = texts(&stamp, body)?.iter().fold(false, |found, text| found | key.matches(text, &code));
        if matches { Ok(()) } else { Err(Rejection::WrongSignature) }
    }

    fn check_time(&self, timestamp: &str, now: SystemTime) -> Result<(), Rejection> {
        let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let sent = timestamp.parse().ok().filter(|_| digits).ok_or(Rejection::MalformedTimestamp)?;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let sent = Duration::from_millis(sent);
        let (age, ahead) = (now.saturating_sub(sent), sent.saturating_sub(now));
        if age > self.0.tolerance {
            return Err(Rejection::Stale { by: age });
        }
        if ahead > self.0.tolerance { Err(Rejection::FromFuture { by: ahead }) } else { Ok(()) }
    }

    fn verify_legacy(&self, headers: &HeaderMap, body: &Body<'_>) -> Result<(), Rejection> {
        let secret = self.0.legacy_secret.as_ref().ok_or(Rejection::LegacyNotAccepted)?;
        let matches = legacy::matches(body, secret, header(headers, MD5)?)?;
        if matches { Ok(()) } else { Err(Rejection::WrongSignature) }
    }

    fn read(&self, body: &Body<'_>) -> Result<Event, Rejection> {
        let json = body.read().map_err(ContentError::NotAnObject)?;
        Ok(match self.0.expecting.or_else(|| Callback::recognize(&json)) {
            Some(callback) => callback.read(json),
            None => Event::Unknown(json),
        })
    }
}

impl Callback {
    /// The kind whose documented fields are all there.
    fn recognize(json: &Value) -> Option<Self> {
        let has_all = |fields: &[&str]| !fields.is_empty() && fields.iter().all(|field| json.get(field).is_some());
        Self::ALL.iter().copied().find(|callback| has_all(callback.fields()))
    }
}

/// A header that is there once, as text.
fn header<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, Rejection> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Rejection::MissingHeader(name))?;
    if values.next().is_some() {
        return Err(Rejection::DuplicateHeader(name));
    }
    value.to_str().map_err(|_| Rejection::UnreadableHeader(name))
}

impl<S: verifier_builder::State> VerifierBuilder<S> {
    /// Adds a notification key: its id, and its value as the developer module shows it, which is used as text. While
    /// keys change, add the old and the new one; the last one of an id counts.
    pub fn key(mut self, id: impl Into<String>, value: impl AsRef<str>) -> Self {
        self.keys.insert(id.into(), Key::new(value.as_ref()));
        self
    }
}

/// Shows no key and no secret.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { keys, legacy_secret, tolerance, body_limit, expecting, .. } = &*self.0;
        f.debug_struct("Verifier")
            .field("key_ids", &keys.keys().collect::<Vec<_>>())
            .field("accepts_legacy", &legacy_secret.is_some())
            .field("tolerance", tolerance)
            .field("body_limit", body_limit)
            .field("expecting", expecting)
            .finish_non_exhaustive()
    }
}
