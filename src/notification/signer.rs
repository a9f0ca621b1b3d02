//! Signs as Linksfield does: for the sandbox, and for tests of your receiver, with samples of each kind.

use std::fmt;
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

use super::body::Body;
use super::current::{ALGORITHMS, Stamp, signed};
use super::headers::{
    ALGORITHM_HEADER, CONTENT_TYPE, LEGACY_SIGNATURE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, VERSION_HEADER,
};
use super::{Callback, Rejection, legacy};
use crate::signing::{Key, TimestampUnit};

/// Signs notifications as Linksfield does, for tests of your receiver.
///
/// ```
/// use linksfield::notification::{Callback, Event, Signer, Verifier};
///
/// let sample = Signer::new("a key id", "a notification key").sample(Callback::PlanWarning)?;
/// let verifier = Verifier::builder().key("a key id", "a notification key").build();
/// let verified = verifier.verify(&sample.headers, &sample.body, std::time::SystemTime::now())?;
/// assert!(matches!(verified.event, Event::PlanWarning(_)));
/// # Ok::<_, linksfield::notification::Rejection>(())
/// ```
#[derive(Clone)]
pub struct Signer(Scheme);

/// A notification to test a receiver with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

#[derive(Clone)]
enum Scheme {
    Current { key_id: String, key: Key },
    Legacy(Zeroizing<String>),
}

impl Signer {
    /// Signs with the newer signature.
    #[must_use]
    pub fn new(key_id: impl Into<String>, key: impl AsRef<str>) -> Self {
        Self(Scheme::Current { key_id: key_id.into(), key: Key::new(key.as_ref()) })
    }

    /// Signs with the older signature.
    #[must_use]
    pub fn legacy(secret: impl Into<String>) -> Self {
        Self(Scheme::Legacy(Zeroizing::new(secret.into())))
    }

    /// A notification of a kind, signed now.
    ///
    /// Its body is the one that the documentation prints. Where it prints none, the fields are made up, begin with
    /// `SANDBOX-`, and say so: what Linksfield sends has others.
    ///
    /// # Errors
    ///
    /// The key's id can't stand in a header.
    pub fn sample(&self, callback: Callback) -> Result<Sample, Rejection> {
        let body = callback.sample().as_bytes().to_vec();
        let mut headers = self.headers(&body, SystemTime::now())?;
        insert(&mut headers, CONTENT_TYPE, "application/json")?;
        Ok(Sample { headers, body })
    }

    /// The headers of a notification with `body` that is sent at `now`.
    ///
    /// # Errors
    ///
    /// `body` is not JSON, the key's id can't stand in a header, or `now` is before 1970.
    pub fn headers(&self, body: &[u8], now: SystemTime) -> Result<HeaderMap, Rejection> {
        let mut headers = HeaderMap::new();
        match &self.0 {
            Scheme::Legacy(secret) => {
                insert(&mut headers, LEGACY_SIGNATURE_HEADER, &legacy::sign(&Body::new(body, None), secret)?)?
            }
            Scheme::Current { key_id, key } => {
                let timestamp = TimestampUnit::Milliseconds.format(now).ok_or(Rejection::MalformedTimestamp)?;
                let [algorithm] = ALGORITHMS;
                let stamp = Stamp { version: "1.0", algorithm, timestamp: &timestamp };
                let texts = signed(&stamp, &Body::new(body, None))?.texts;
                insert(&mut headers, VERSION_HEADER, stamp.version)?;
                insert(&mut headers, ALGORITHM_HEADER, algorithm)?;
                insert(&mut headers, TIMESTAMP_HEADER, &timestamp)?;
                insert(
                    &mut headers,
                    SIGNATURE_HEADER,
                    &format!("{key_id}/{}", key.sign(texts.first().map_or(&[][..], Vec::as_slice)).as_str()),
                )?;
            }
        }
        Ok(headers)
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), Rejection> {
    headers.insert(name, HeaderValue::from_str(value).map_err(|_| Rejection::UnreadableHeader(name))?);
    Ok(())
}

/// Shows no key and no secret.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}
