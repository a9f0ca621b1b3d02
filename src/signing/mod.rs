//! Signatures: what is signed, how, and what to look at when one [does not match](crate::guide::signing_trouble).
//!
//! Pure: knows no HTTP and no client, and takes the time as a parameter. The rule is that of the [overview page];
//! what the page leaves open is decided as the specification's `info.x-linksfield-guide` lists it.
//!
//! ```
//! use linksfield::signing::{self, Key};
//!
//! let body = br#"{"version":"2.0","order_id":"1","access_code":"P012345","timestamp":"1498723232","mcc":""}"#;
//! let explanation = signing::explain(body)?;
//! assert_eq!(
//!     explanation.content(),
//!     r#"{"access_code":"P012345","order_id":"1","timestamp":"1498723232","version":"2.0"}"#
//! );
//! let sign = Key::new("your secret").sign(explanation.content().as_bytes());
//! assert_eq!(sign.as_str().len(), 28);
//! # Ok::<_, signing::ContentError>(())
//! ```
//!
//! [overview page]: https://developer-en.apifox.cn/doc-1486824

pub(crate) mod body;
pub(crate) mod canonical;
#[cfg(feature = "cube")]
pub(crate) mod rsa;
mod suspect;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use zeroize::ZeroizeOnDrop;

pub use canonical::ContentError;
use canonical::{Parameter, Parameters, write_object, write_object_as_written};
pub use suspect::{Library, Suspect};

/// The parameter that carries the signature.
pub(crate) const SIGN: &str = "sign";

/// A secret, ready to sign with.
///
/// Holds the keyed state of the HMAC instead of the secret itself; it is zeroized on drop and never printed.
#[derive(Clone)]
pub struct Key(Hmac<Sha1>);

impl Key {
    /// Prepares `secret`, which may be of any length.
    #[must_use]
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        // No input reaches this panic: HMAC is defined for keys of every length.
        Self(Hmac::new_from_slice(secret.as_ref()).expect("HMAC takes keys of any length"))
    }

    /// Base64 of the HMAC-SHA1 over `content`.
    #[must_use]
    pub fn sign(&self, content: &[u8]) -> Signature {
        Signature(String::from_utf8_lossy(&self.base64(content)).into_owned())
    }

    pub(crate) fn base64(&self, content: &[u8]) -> [u8; 28] {
        let mac = self.0.clone().chain_update(content).finalize();
        let mut text = [0; 28];
        // Base64 of 20 bytes is 28, so there is room.
        let _ = STANDARD.encode_slice(mac.as_bytes(), &mut text);
        text
    }

    /// Whether `signature` is that of `content`, in constant time.
    #[must_use]
    pub fn matches(&self, content: &[u8], signature: &Signature) -> bool {
        self.made(content, &signature.bytes())
    }

    /// Whether these are the bytes of its signature over `content`, in constant time.
    pub(crate) fn made(&self, content: &[u8], claimed: &[u8]) -> bool {
        self.0.clone().chain_update(content).verify_slice(claimed).is_ok()
    }
}

/// The two SHA-1 states inside do it.
impl ZeroizeOnDrop for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A signature as it stands in a body: standard Base64 with padding.
///
/// Its `Debug` does not print it. To check one, use [`Key::matches`] or [`verify`]: they compare in constant time.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(description = "A signature as it stands in a body."))]
pub struct Signature(String);

impl Signature {
    /// The Base64 text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes that the text stands for; none if it is not Base64.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        STANDARD.decode(&self.0).unwrap_or_default()
    }
}

impl From<&str> for Signature {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Signature {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

/// What of a body is signed, and what is not.
///
/// When the server says that a signature is wrong, look at the [`suspects`](Self::suspects), and compare
/// [`content`](Self::content) with what the server signed, byte by byte: a difference there explains it. If there is none,
/// the secrets differ. Its `Display` says all of that in lines that can be pasted into a ticket; it holds neither the
/// secret nor a signature. Where an API signs nothing, it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    content: String,
    left_out: Vec<LeftOut>,
    /// The parameters that are signed, with values as the body has them.
    as_written: String,
    notes: Vec<String>,
}

impl Explanation {
    /// The exact text that is signed.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }

    /// The parameters of the body that are not signed.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// What else to know of this request, in sentences: rules that the documentation does not state and this crate decides,
    /// if they matter for it.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    #[cfg(feature = "cube")]
    pub(crate) fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    /// The values that a server in Java may write otherwise than they are signed here, depending on its JSON library.
    /// Which one Linksfield's servers have is not documented.
    ///
    /// Text is hardly ever a suspect; numbers and nested objects are. The table is in `docs/signing-trouble.md`.
    ///
    /// ```
    /// use linksfield::signing;
    ///
    /// let suspects = signing::explain(br#"{"device_id":"89852022018041800192","pay_amount":0.10}"#)?.suspects();
    /// let lines: Vec<_> = suspects.iter().map(ToString::to_string).collect();
    /// assert_eq!(lines[0], "pay_amount: the number 0.10, written without last zeros: 1 or 1.1, by Hutool, org.json");
    /// # Ok::<_, signing::ContentError>(())
    /// ```
    #[must_use]
    pub fn suspects(&self) -> Vec<Suspect> {
        suspect::of(&self.as_written)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.content.is_empty() {
            return f.write_str("nothing is signed");
        }
        write!(f, "signed, {} bytes of UTF-8:\n{}", self.content.len(), self.content)?;
        for LeftOut { name, reason } in &self.left_out {
            write!(f, "\nnot signed: {name}, because {reason}")?;
        }
        let suspects = self.suspects();
        if !suspects.is_empty() {
            f.write_str("\na server in Java may write these otherwise, depending on its JSON library:")?;
        }
        suspects.iter().try_for_each(|suspect| write!(f, "\n- {suspect}"))?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}"))
    }
}

/// A parameter that is not signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Name of the parameter.
    pub name: String,
    /// Why it is not signed.
    pub reason: Reason,
}

/// Why a parameter is not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Its value is `null`, `""`, `[]` or `{}`.
    Empty,
    /// It is the signature itself.
    IsSignature,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::IsSignature => "it is the signature",
        })
    }
}

/// Says what of `body` is signed: a JSON object with or without its `sign`.
///
/// # Errors
///
/// `body` is not a JSON object, has a key twice, or is nested too deep.
pub fn explain(body: &[u8]) -> Result<Explanation, ContentError> {
    explain_parameters(&Parameters::parse(body)?, Some(SIGN))
}

/// Says what is signed of parameters, of which the one of this name is the signature.
pub(crate) fn explain_parameters(
    parameters: &Parameters<'_>,
    signature: Option<&str>,
) -> Result<Explanation, ContentError> {
    let reason_to_leave_out = |parameter: &Parameter<'_>| match signature {
        Some(name) if parameter.name == name => Some(Reason::IsSignature),
        _ => parameter.is_empty().then_some(Reason::Empty),
    };
    let signed = || parameters.iter().filter(|parameter| reason_to_leave_out(parameter).is_none());
    let (mut content, mut as_written) = (Vec::with_capacity(512), Vec::with_capacity(512));
    write_object(&mut content, signed())?;
    write_object_as_written(&mut as_written, signed())?;
    let left_out = parameters.iter().filter_map(|parameter| {
        let reason = reason_to_leave_out(parameter)?;
        Some(LeftOut { name: parameter.name.clone().into_owned(), reason })
    });
    // Pieces of UTF-8 make UTF-8.
    let [content, as_written] = [content, as_written].map(|text| String::from_utf8(text).unwrap_or_default());
    Ok(Explanation { content, left_out: left_out.collect(), as_written, notes: Vec::new() })
}

/// Why a body is not what the holder of the key signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The body has no canonical form.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The body has no `sign`, or it is not text.
    #[error("the body has no sign")]
    Unsigned,
    /// The body has another signature than the key gives.
    #[error("the signature does not match; this content was to be signed: {}", .0.content())]
    Mismatch(Explanation),
}

/// Checks the `sign` of `body`, in constant time, and says what was signed.
///
/// # Errors
///
/// `body` has no canonical form, is not signed, or its signature is not that of `key`.
pub fn verify(body: &[u8], key: &Key) -> Result<Explanation, VerifyError> {
    let parameters = Parameters::parse(body)?;
    let sign = parameters.iter().find(|parameter| parameter.name == SIGN).and_then(Parameter::as_text);
    let sign = sign.map(|sign| Signature(sign.into_owned()));
    let explanation = explain_parameters(&parameters, Some(SIGN))?;
    match sign {
        None => Err(VerifyError::Unsigned),
        Some(sign) if key.matches(explanation.content.as_bytes(), &sign) => Ok(explanation),
        Some(_) => Err(VerifyError::Mismatch(explanation)),
    }
}

/// Unit of the parameter `timestamp`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimestampUnit {
    /// 10 digits, as in every endpoint's example.
    #[default]
    Seconds,
    /// 13 digits, as in the table of the overview.
    Milliseconds,
}

impl TimestampUnit {
    /// `now` as the parameter `timestamp`; `None` if it is before 1970.
    #[must_use]
    pub fn format(self, now: SystemTime) -> Option<String> {
        let since = now.duration_since(UNIX_EPOCH).ok()?;
        Some(match self {
            Self::Seconds => since.as_secs().to_string(),
            Self::Milliseconds => since.as_millis().to_string(),
        })
    }
}
