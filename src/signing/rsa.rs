//! RSA keys as people and secret stores write them, and signatures with them.

use std::fmt;
use std::str::Chars;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use rsa::pkcs1::der::asn1::AnyRef;
use rsa::pkcs1::der::{Decode, ErrorKind};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, RsaPrivateKeyRef, RsaPublicKeyRef, UintRef};
use rsa::pkcs1v15::{Signature as Raw, SigningKey, VerifyingKey};
use rsa::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePublicKey, LineEnding, PrivateKeyInfoRef, SubjectPublicKeyInfoRef,
};
use rsa::sha2::{Digest, Sha256};
use rsa::signature::{Keypair, Signer, Verifier};
use sha1::Sha1;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::Signature;

/// Fewest bits of a key: those of the keys that Linksfield gives.
const BITS: usize = 1024;

/// Most bits of a key, and of its public exponent, with which can be calculated.
const MOST_BITS: usize = rsa::PublicKey::MAX_SIZE;
const MOST_OF_EXPONENT: usize = rsa::PublicKey::MAX_PUB_EXPONENT.ilog2() as usize + 1;

const NOT_USED: &str = "can't be used as one of RSA";

/// A private RSA key of 1024 bits or more, ready to sign with. It is never printed, and zeroized when it is dropped.
#[derive(Clone)]
pub struct PrivateKey(SigningKey<Sha1>);

impl PrivateKey {
    /// Reads PEM or bare Base64, or says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let der = unwrapped(text, private_der)?;
        let pkcs1 = PrivateKeyInfoRef::from_der(&der).map(|info| info.private_key.as_bytes());
        let parts = RsaPrivateKeyRef::from_der(pkcs1.unwrap_or(&der)).map_err(|_| why_not(&der))?;
        if parts.other_prime_infos.is_some() {
            return Err("has more than two primes: such keys are not supported");
        }
        check_size(parts.modulus, parts.public_exponent)?;
        let key = rsa::PrivateKey::from_pkcs8_der(&der).or_else(|_| rsa::PrivateKey::from_pkcs1_der(&der));
        key.map(|key| Self(SigningKey::new(key))).map_err(|_| NOT_USED)
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
    pub(crate) fn sign(&self, content: &[u8]) -> Option<Signature> {
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
    /// Reads PEM or bare Base64, or says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let der = unwrapped(text, public_der)?;
        let pkcs1 = SubjectPublicKeyInfoRef::from_der(&der).ok().and_then(|info| info.subject_public_key.as_bytes());
        let parts = RsaPublicKeyRef::from_der(pkcs1.unwrap_or(&der)).map_err(|_| "is no public RSA key")?;
        check_size(parts.modulus, parts.public_exponent)?;
        public(&der).map(|key| Self(VerifyingKey::new(key))).ok_or(NOT_USED)
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
    pub(crate) fn matches(&self, content: &[u8], signature: &str) -> bool {
        let signature = STANDARD.decode(signature).ok().and_then(|bytes| Raw::try_from(bytes.as_slice()).ok());
        signature.is_some_and(|signature| self.0.verify(content, &signature).is_ok())
    }
}

/// Refuses a key that is too weak, or larger than what can be calculated with.
fn check_size(modulus: UintRef<'_>, exponent: UintRef<'_>) -> Result<(), &'static str> {
    let bits = |number: UintRef<'_>| {
        let bytes = number.as_bytes();
        bytes.len() * 8 - bytes.first().map_or(0, |first| first.leading_zeros() as usize)
    };
    match (bits(modulus), bits(exponent)) {
        (..BITS, _) => Err("has fewer than 1024 bits"),
        (modulus, _) if modulus > MOST_BITS => Err("has more than 8192 bits: such keys are not supported"),
        (_, exponent) if exponent > MOST_OF_EXPONENT => {
            Err("has a public exponent of more than 33 bits: such keys are not supported")
        }
        _ => Ok(()),
    }
}

type Der = Result<Zeroizing<Vec<u8>>, &'static str>;

/// What `der` finds in a text, or in a text that was made Base64 as a whole.
fn unwrapped(text: &str, der: impl Fn(&str) -> Der) -> Der {
    let decoded = der(unquoted(text))?;
    match std::str::from_utf8(&decoded) {
        Ok(inner) if inner.contains("-----BEGIN ") => der(inner),
        _ => Ok(decoded),
    }
}

/// A text without the pair of quotes around it that files of environments keep.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inside = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    ['"', '\'', '`'].into_iter().find_map(inside).unwrap_or(text)
}

fn public_der(text: &str) -> Der {
    match block(text, "PUBLIC KEY")? {
        None if text.contains("PRIVATE KEY-----") => Err("is a private key: give the public one"),
        body => decoded(body.as_ref().map_or(text, |body| body)),
    }
}

fn private_der(text: &str) -> Der {
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
        if label.starts_with("OPENSSH") {
            return Err("is written as OpenSSH does: make it PEM, with `ssh-keygen -p -m PEM -f` and a copy of it");
        }
        let (body, _) = rest.split_once("-----END").ok_or("is cut off")?;
        if found.replace(Zeroizing::new(body.to_owned())).is_some() {
            return Err("is there twice: give one");
        }
    }
    Ok(found)
}

/// The bytes of Base64 of either alphabet, whatever stands between its lines.
fn decoded(text: &str) -> Der {
    let mut base64 = Zeroizing::new(String::with_capacity(text.len()));
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match if character == '\\' { escaped(&mut characters) } else { character } {
            '-' => base64.push('+'),
            '_' => base64.push('/'),
            '=' | '\u{feff}' => {}
            character if character.is_whitespace() => {}
            character => base64.push(character),
        }
    }
    let bytes = STANDARD_NO_PAD.decode(base64.as_bytes()).map(Zeroizing::new);
    bytes.map_err(|_| "is no key, or is cut off: it is neither PEM nor Base64")
}

/// What the characters behind a backslash stand for, or behind several: `\n`, `\\r`, `\/`, `\u002b`.
fn escaped(characters: &mut Chars<'_>) -> char {
    match characters.find(|after| *after != '\\') {
        None | Some('n' | 'r' | 't') => ' ',
        Some('u') => {
            let digits: String = characters.take(4).collect();
            u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        Some(other) => other,
    }
}

/// What is there instead of a private key.
fn why_not(der: &[u8]) -> &'static str {
    if public(der).is_some() {
        "is a public key: give the private one"
    } else if is_cut(der) {
        "is cut off"
    } else if is_encrypted(der) {
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

/// Whether it begins with the name of a way to encrypt by a password: 1.2.840.113549.1.5 or 1.2.840.113549.1.12.
fn is_encrypted(der: &[u8]) -> bool {
    const PASSWORD_BASED: [&[u8]; 2] = [b"\x2a\x86\x48\x86\xf7\x0d\x01\x05", b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c"];
    der.get(..40).unwrap_or(der).windows(8).any(|part| PASSWORD_BASED.contains(&part))
}
