//! RSA keys as people and secret stores write them, and who calls with one.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use rsa::pkcs1::der::asn1::AnyRef;
use rsa::pkcs1::der::{Decode, ErrorKind, Tag, Tagged};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, RsaPrivateKeyRef};
use rsa::pkcs1v15::{Signature as Raw, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey, LineEnding, PrivateKeyInfoRef};
use rsa::sha2::{Digest, Sha256};
use rsa::signature::{Keypair, Signer, Verifier};
use sha1::Sha1;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::error::Error;
use crate::family::variable::{both, check, unchecked, variable};
use crate::signing::Signature;

/// Environment variable with the id of the key.
pub const KEY_ID_VARIABLE: &str = "LINKSFIELD_CUBE_KEY_ID";

/// Environment variable with the private key.
pub const PRIVATE_KEY_VARIABLE: &str = "LINKSFIELD_CUBE_PRIVATE_KEY";

/// Environment variable with the path of a file that holds the private key.
pub const PRIVATE_KEY_FILE_VARIABLE: &str = "LINKSFIELD_CUBE_PRIVATE_KEY_FILE";

/// Fewest bits of a key: those of the keys that Linksfield gives.
const BITS: usize = 1024;

/// The key id and the private key of a key pair. The key is never printed.
#[derive(Clone)]
pub struct Credentials {
    key_id: String,
    key: PrivateKey,
}

impl Credentials {
    /// Takes the id of a key as Linksfield gave it, and the key.
    ///
    /// # Errors
    ///
    /// The id is empty, is not as Linksfield gave it, or can't stand in a header.
    pub fn new(key_id: impl Into<String>, key: PrivateKey) -> Result<Self, Error> {
        let key_id = key_id.into();
        check("the key id", &key_id)?;
        if !key_id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/') {
            return Err(Error::settings("the key id must be letters and digits: it stands before a / in a header"));
        }
        Ok(Self { key_id, key })
    }

    /// Reads `LINKSFIELD_CUBE_KEY_ID`, and the key in `LINKSFIELD_CUBE_PRIVATE_KEY` or in the file that
    /// `LINKSFIELD_CUBE_PRIVATE_KEY_FILE` names.
    ///
    /// # Errors
    ///
    /// A variable is not set or can't be used, or both ways of giving the key are; the error names all that is wrong.
    pub fn from_env() -> Result<Self, Error> {
        let (key_id, key) = both(variable(KEY_ID_VARIABLE), PrivateKey::from_env())?;
        Self::new(key_id.as_str(), key)
    }

    /// The id of the key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// A private RSA key of 1024 bits or more, ready to sign with. It is never printed, and zeroized when it is dropped.
#[derive(Clone)]
pub struct PrivateKey(SigningKey<Sha1>);

impl PrivateKey {
    /// Reads PEM or the bare Base64 of its content, PKCS#8 or PKCS#1, with line breaks, spaces, `\n` as two characters, or
    /// nothing between the lines, and with any text around the PEM.
    ///
    /// # Errors
    ///
    /// It is another kind of key, has fewer than 1024 bits, is encrypted or cut off, or is no key. The error says which,
    /// and does not quote the text.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        Self::read(text).map_err(|what| Error::settings(format!("the private key {what}")))
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        let der = private_der(text)?;
        let pkcs1 = PrivateKeyInfoRef::from_der(&der).map(|info| info.private_key.as_bytes());
        let parts = RsaPrivateKeyRef::from_der(pkcs1.unwrap_or(&der)).map_err(|_| why_not(&der))?;
        let modulus = parts.modulus.as_bytes();
        let unused = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        if modulus.len() * 8 - unused < BITS {
            return Err("has fewer than 1024 bits");
        }
        let key = rsa::PrivateKey::from_pkcs8_der(&der).or_else(|_| rsa::PrivateKey::from_pkcs1_der(&der));
        key.map(|key| Self(SigningKey::new(key))).map_err(|_| "is damaged: its numbers do not belong together")
    }

    fn from_env() -> Result<Self, Error> {
        let given = both(unchecked(PRIVATE_KEY_VARIABLE), variable_file())?;
        let (name, text) = match given {
            (Some(_), Some(_)) => {
                return Err(Error::settings(format!(
                    "{PRIVATE_KEY_VARIABLE} and {PRIVATE_KEY_FILE_VARIABLE} are both set: remove one of them"
                )));
            }
            (Some(text), None) => (PRIVATE_KEY_VARIABLE, text),
            (None, Some(text)) => (PRIVATE_KEY_FILE_VARIABLE, text),
            (None, None) => {
                return Err(Error::settings(format!(
                    "{PRIVATE_KEY_VARIABLE} is not set: set it, or {PRIVATE_KEY_FILE_VARIABLE}"
                )));
            }
        };
        Self::read(&text).map_err(|what| Error::settings(format!("{name}: the private key {what}")))
    }

    /// The public key of the pair.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// SHA-256 of the public key as Base64, to tell one key pair from another: it tells nothing of the private key.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.public_key().fingerprint()
    }

    /// Base64 of the signature SHA1withRSA over `content`; none if the system has no random numbers, with which the time
    /// that it takes is blurred.
    pub(super) fn sign(&self, content: &[u8]) -> Option<Signature> {
        use rsa::signature::SignatureEncoding;
        let signature = self.0.try_sign(content).ok()?;
        Some(STANDARD.encode(signature.to_bytes()).into())
    }
}

impl ZeroizeOnDrop for PrivateKey {}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// The public key of a key pair, which checks signatures.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicKey(VerifyingKey<Sha1>);

impl PublicKey {
    /// Reads PEM or the bare Base64 of its content, as [`PrivateKey::from_text`] does.
    ///
    /// # Errors
    ///
    /// It is no public RSA key of 1024 bits or more.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let der = block(text, "PUBLIC KEY").ok().flatten().map_or_else(|| decoded(text), |body| decoded(&body));
        let key = der.and_then(|der| public(&der).ok_or(""));
        let key = key.map_err(|_| Error::settings("the public key is no public RSA key of 1024 bits or more"))?;
        Ok(Self(VerifyingKey::new(key)))
    }

    /// The key as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).unwrap_or_default()
    }

    /// SHA-256 of the key as Base64.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let der = self.0.to_public_key_der().map(|der| der.as_bytes().to_vec()).unwrap_or_default();
        STANDARD.encode(Sha256::digest(der))
    }

    /// Whether a signature is that of `content`.
    pub(super) fn matches(&self, content: &[u8], signature: &str) -> bool {
        let signature = STANDARD.decode(signature).ok().and_then(|bytes| Raw::try_from(bytes.as_slice()).ok());
        signature.is_some_and(|signature| self.0.verify(content, &signature).is_ok())
    }
}

/// What the file holds that the environment names, if it does.
fn variable_file() -> Result<Option<Zeroizing<String>>, Error> {
    let Some(path) = unchecked(PRIVATE_KEY_FILE_VARIABLE)? else { return Ok(None) };
    let text = std::fs::read(path.trim()).map(Zeroizing::new);
    let text = text.map_err(|error| {
        Error::settings(format!("{PRIVATE_KEY_FILE_VARIABLE} names a file that can't be read: {error}"))
    })?;
    Ok(Some(Zeroizing::new(String::from_utf8_lossy(&text).into_owned())))
}

/// The DER of the one private key in a text.
fn private_der(text: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let body = match block(text, "PRIVATE KEY")? {
        Some(body) => body,
        None if text.contains("PUBLIC KEY-----") => return Err("is a public key: give the private one"),
        None if text.contains("-----BEGIN") && !text.contains("-----END") => return Err("is cut off"),
        None if text.contains("-----BEGIN") => return Err("is something else than a key"),
        None if text.trim().is_empty() => return Err("is empty: set it to what Linksfield gave you"),
        None => Zeroizing::new(text.to_owned()),
    };
    if body.contains("ENCRYPTED") { Err("is encrypted: decrypt it first") } else { decoded(&body) }
}

/// What stands between the marks of the one block of this kind, if there is one.
fn block(text: &str, kind: &str) -> Result<Option<Zeroizing<String>>, &'static str> {
    let mut found = None;
    for part in text.split("-----BEGIN ").skip(1) {
        let Some((label, rest)) = part.split_once("-----").filter(|(label, _)| label.ends_with(kind)) else { continue };
        if label.starts_with("ENCRYPTED") {
            return Err("is encrypted: decrypt it first");
        }
        let (body, _) = rest.split_once("-----END").ok_or("is cut off")?;
        if found.replace(Zeroizing::new(body.to_owned())).is_some() {
            return Err("is there twice: give one");
        }
    }
    Ok(found)
}

/// The bytes of Base64 of either alphabet, whatever stands between its lines.
fn decoded(text: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let mut base64 = Zeroizing::new(String::with_capacity(text.len()));
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            // A line break that was written out, once or more often: `\n`, `\\r`.
            '\\' => drop(characters.find(|after| *after != '\\')),
            '-' => base64.push('+'),
            '_' => base64.push('/'),
            '=' | '\u{feff}' => {}
            _ if character.is_whitespace() => {}
            _ => base64.push(character),
        }
    }
    let bytes = STANDARD_NO_PAD.decode(base64.as_bytes()).map(Zeroizing::new);
    bytes.map_err(|_| "is no key, or is cut off: it is neither PEM nor Base64")
}

/// What is there instead of a private key.
fn why_not(der: &[u8]) -> &'static str {
    if public(der).is_some() {
        "is a public key: give the private one"
    } else if is_cut(der) {
        "is cut off"
    } else if begins_with_sequence(der) {
        "is encrypted: decrypt it first"
    } else if PrivateKeyInfoRef::from_der(der).is_ok() {
        "is one of another kind than RSA"
    } else {
        "is something else than a key"
    }
}

fn public(der: &[u8]) -> Option<rsa::PublicKey> {
    rsa::PublicKey::from_public_key_der(der).or_else(|_| rsa::PublicKey::from_pkcs1_der(der).map_err(|_| ())).ok()
}

/// Whether a sequence ends before it should.
fn is_cut(der: &[u8]) -> bool {
    let error = AnyRef::from_der(der).err().map(|error| error.kind());
    der.first() == Some(&0x30) && matches!(error, Some(ErrorKind::Incomplete { .. }))
}

/// Whether a sequence begins with another one: that of an encrypted key says how it is encrypted.
fn begins_with_sequence(der: &[u8]) -> bool {
    AnyRef::from_der(der).is_ok_and(|outer| outer.tag() == Tag::Sequence && outer.value().first() == Some(&0x30))
}
