//! From headers and bytes to an event, or to why not.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use zeroize::Zeroizing;

use super::body::Body;
use super::current::{self, ALGORITHMS, Content, Signed, Stamp};
use super::headers::{
    ALGORITHM_HEADER, CONTENT_TYPE, DELIVERY_HEADER, Headers, LEGACY_SIGNATURE_HEADER, SIGNATURE_HEADER,
    TIMESTAMP_HEADER, VERSION_HEADER,
};
use super::report::Refusals;
use super::verified::Sameness;
use super::{Callback, Event, Rejection, UsedKey, Verified, legacy};
use crate::signing::canonical::ContentError;
use crate::signing::{Key, Signature};
use crate::values::exact;
use crate::values::object::{Field, Object};

/// Most bytes of a body, unless the verifier is told otherwise.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// How far the time of a notification may be from now where nothing is remembered, and how far ahead of now at most.
const TOLERANCE: Duration = Duration::from_secs(600);

/// How long what fails is sent again: documented for the results of asynchronous calls.
const RESENT: Duration = Duration::from_secs(24 * 60 * 60);

/// Verifies and reads notifications. Pure: it knows no server, and takes the time as a parameter. Cheap to clone.
#[derive(Clone)]
pub struct Verifier(Arc<Settings>);

struct Settings {
    /// The values of each id, in the order in which they were given.
    keys: HashMap<String, Vec<Key>>,
    /// Stands in for the key of an id that is unknown, so that the answer takes as long.
    no_key: Key,
    legacy_secret: Option<Zeroizing<String>>,
    tolerance: Option<Duration>,
    body_limit: usize,
    expecting: Option<Callback>,
    refusals: Refusals,
}

#[bon::bon]
impl Verifier {
    /// Sets up a verifier, which accepts nothing unless it is given a key or a secret.
    #[builder]
    pub fn new(
        /// Collects [`key`](VerifierBuilder::key)s.
        #[builder(field)]
        keys: HashMap<String, Vec<Key>>,
        /// The secret of the older signature, which Linksfield's staff tell you; it is not that of the API. Not accepted
        /// unless set: see the [module](super).
        #[builder(with = |secret: impl Into<String>| Zeroizing::new(secret.into()))]
        legacy_secret: Option<Zeroizing<String>>,
        /// How old a notification may be, by the time that was signed; how long one is valid is not documented. If not
        /// set, 10 minutes, and 24 hours with a [`Receiver`](super::Receiver): what fails is sent again for 24 hours,
        /// and whether it is signed anew then is not documented. A receiver remembers 25 hours: whoever sets more than
        /// 24 lets a copy act twice. One from the future may be as far ahead, but at most 10 minutes.
        tolerance: Option<Duration>,
        /// Most bytes of a body; [`BODY_LIMIT`] if not set.
        #[builder(default = BODY_LIMIT)]
        body_limit: usize,
        /// What comes to the URL that this verifier is for, where bodies do not tell.
        expecting: Option<Callback>,
    ) -> Self {
        let (no_key, refusals) = (Key::new(""), Refusals::default());
        Self(Arc::new(Settings { keys, no_key, legacy_secret, tolerance, body_limit, expecting, refusals }))
    }

    /// What a request with these headers and this body says, received at `now`.
    ///
    /// The headers are those of any framework: names and values, one pair for each value; of `http`, a `&HeaderMap`.
    ///
    /// It remembers nothing: what is sent again is verified again. A [`Receiver`](super::Receiver) acts once.
    ///
    /// # Errors
    ///
    /// It is not signed by a key or secret of this verifier, or at another time. With the feature `tracing` every
    /// refusal is an event, at most 10 a second.
    pub fn verify<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        let headers = Headers::new(headers);
        self.told(self.verify_within(TOLERANCE, &headers, body, now), body)
    }

    /// The same where what was done is remembered: a re-send may be old, if no tolerance was set.
    pub(super) fn verify_remembered<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        let headers = Headers::new(headers);
        self.told(self.verify_within(RESENT, &headers, body, now), body)
    }

    fn verify_within<V: AsRef<[u8]>>(
        &self,
        tolerance: Duration,
        headers: &Headers<V>,
        bytes: &[u8],
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        self.check_size(bytes)?;
        let body = Body::new(bytes, headers.first(CONTENT_TYPE));
        let (content, stamped, signature) = if headers.has(SIGNATURE_HEADER) {
            let tolerance = self.0.tolerance.unwrap_or(tolerance);
            let (content, stamped) = self.verify_current(headers, &body, now, tolerance)?;
            (content, Some(stamped), Some(headers.one(SIGNATURE_HEADER)?))
        } else if headers.has(LEGACY_SIGNATURE_HEADER) {
            self.verify_legacy(headers, &body)?;
            (Content::of(&body)?, None, None)
        } else {
            return Err(Rejection::Unsigned);
        };
        let event = self.read(&body, content.is_sound)?;
        let delivery_id = headers.first(DELIVERY_HEADER).filter(|id| !id.is_empty());
        let expecting = self.0.expecting.map_or("", Callback::name);
        let ids = Sameness { expecting, signature, delivery_id, content: &body.bytes(content.canonical) }.ids();
        let (signed_at, key) = stamped.unzip();
        let delivery_id = delivery_id.map(str::to_owned);
        Ok(Verified { event, delivery_id, signed_at, key, body: Bytes::copy_from_slice(bytes), ids })
    }

    /// The event of a body that nobody signed: anybody may have sent it. Do not act on it before you have asked the API.
    ///
    /// The page of the order-status callback says that its headers are not sent yet.
    ///
    /// # Errors
    ///
    /// The body is too large, or not JSON.
    pub fn accept_unsigned(&self, body: &[u8]) -> Result<Event, Rejection> {
        self.told(self.check_size(body).and_then(|()| self.read(&Body::new(body, None), false)), body)
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

    /// Tells the operator of a refusal.
    pub(super) fn told<T>(&self, result: Result<T, Rejection>, body: &[u8]) -> Result<T, Rejection> {
        match &result {
            Err(rejection @ Rejection::Unsigned) if body.is_empty() => self.0.refusals.tell_of_probe(rejection),
            Err(rejection) => self.0.refusals.tell(rejection),
            Ok(_) => {}
        }
        result
    }

    fn verify_current<V: AsRef<[u8]>>(
        &self,
        headers: &Headers<V>,
        body: &Body<'_>,
        now: SystemTime,
        tolerance: Duration,
    ) -> Result<(Content, (SystemTime, UsedKey)), Rejection> {
        let stamp = Stamp {
            version: headers.one(VERSION_HEADER)?,
            algorithm: headers.one(ALGORITHM_HEADER)?,
            timestamp: headers.one(TIMESTAMP_HEADER)?,
        };
        let (id, code) = headers.one(SIGNATURE_HEADER)?.split_once('/').ok_or(Rejection::MalformedSignature)?;
        if !ALGORITHMS.iter().any(|known| known.eq_ignore_ascii_case(stamp.algorithm)) {
            return Err(Rejection::UnsupportedAlgorithm);
        }
        let signed_at = signed_at(stamp.timestamp, now, tolerance)?;
        let keys = self.0.keys.get(id).map_or(std::slice::from_ref(&self.0.no_key), Vec::as_slice);
        let Signed { texts, content } = current::signed(&stamp, body)?;
        let position = position(keys, &texts, &Signature::from(code));
        if !self.0.keys.contains_key(id) {
            return Err(Rejection::UnknownKey);
        }
        let position = position.ok_or(Rejection::WrongSignature)?;
        Ok((content, (signed_at, UsedKey { id: id.to_owned(), position })))
    }

    fn verify_legacy<V: AsRef<[u8]>>(&self, headers: &Headers<V>, body: &Body<'_>) -> Result<(), Rejection> {
        let secret = self.0.legacy_secret.as_ref().ok_or(Rejection::LegacyNotAccepted)?;
        let is_signed = legacy::verify(body, secret, headers.one(LEGACY_SIGNATURE_HEADER)?)?;
        if is_signed { Ok(()) } else { Err(Rejection::WrongSignature) }
    }

    fn read(&self, body: &Body<'_>, is_sound: bool) -> Result<Event, Rejection> {
        let json = body.json(is_sound).map_err(ContentError::NotAnObject)?;
        let callback = self.0.expecting.or_else(|| Callback::recognize(&json));
        match callback.and_then(|callback| callback.read(&json).ok()) {
            Some(event) => Ok(event),
            None => Ok(Event::Unknown(exact::read(&json).map_err(ContentError::NotAnObject)?)),
        }
    }
}

impl Callback {
    /// The kind whose documented fields are all there.
    fn recognize(json: &str) -> Option<Self> {
        let Object(there) = serde_json::from_str::<Object<Field<'_>>>(json).ok()?;
        let has = |field: &&str| there.iter().any(|(name, _)| name == field);
        let has_all = |fields: &[&str]| !fields.is_empty() && fields.iter().all(has);
        Self::ALL.iter().copied().find(|callback| has_all(callback.fields()))
    }
}

/// When it was signed, if that is near enough to `now`.
fn signed_at(timestamp: &str, now: SystemTime, tolerance: Duration) -> Result<SystemTime, Rejection> {
    let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let sent = timestamp.parse().ok().filter(|_| digits).map(Duration::from_millis);
    let sent = sent.ok_or(Rejection::MalformedTimestamp)?;
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (age, ahead) = (now.saturating_sub(sent), sent.saturating_sub(now));
    if age > tolerance {
        return Err(Rejection::Stale { by: age });
    }
    if ahead > tolerance.min(TOLERANCE) {
        return Err(Rejection::FromFuture { by: ahead });
    }
    UNIX_EPOCH.checked_add(sent).ok_or(Rejection::MalformedTimestamp)
}

/// Which of the keys has made the signature of one of the texts. All are tried, whichever it is.
fn position(keys: &[Key], texts: &[Vec<u8>], signature: &Signature) -> Option<usize> {
    let claimed = signature.bytes();
    let matches = |key: &Key| texts.iter().fold(false, |found, text| found | key.made(text, &claimed));
    let found = |found: Option<usize>, (position, key)| {
        let this = matches(key).then_some(position);
        found.or(this)
    };
    keys.iter().enumerate().fold(None, found)
}

impl<S: verifier_builder::State> VerifierBuilder<S> {
    /// Adds a notification key: its id, and its value as the developer module shows it, which is used as text.
    ///
    /// A key that is refreshed there keeps its id and gets a new value, and how long the old one is used is not
    /// documented. Add both meanwhile: every value of an id is tried.
    pub fn key(mut self, id: impl Into<String>, value: impl AsRef<str>) -> Self {
        self.keys.entry(id.into()).or_default().push(Key::new(value.as_ref()));
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
