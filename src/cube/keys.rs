//! Who calls, and the key that proves it.

use std::fmt;

use http::HeaderValue;

use crate::error::Error;
use crate::family::secret::{trimmed, variable_or_file};
use crate::family::variable::{both, check};
pub use crate::signing::rsa::{PrivateKey, PublicKey};

/// Environment variable with the id of the key.
pub const KEY_ID_VARIABLE: &str = "LINKSFIELD_CUBE_KEY_ID";

/// Environment variable with the private key.
pub const PRIVATE_KEY_VARIABLE: &str = "LINKSFIELD_CUBE_PRIVATE_KEY";

/// Environment variable with the path of a file that holds the private key.
pub const PRIVATE_KEY_FILE_VARIABLE: &str = "LINKSFIELD_CUBE_PRIVATE_KEY_FILE";

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
        let (key_id, key) = both(trimmed(KEY_ID_VARIABLE), PrivateKey::from_env())?;
        Self::new(key_id.as_str(), key)
    }

    /// The header of who calls, with the signature over `content`; none if the system has no random numbers.
    pub(super) fn authorization(&self, content: &[u8]) -> Option<HeaderValue> {
        let sign = self.key.sign(content)?;
        let mut value = HeaderValue::try_from(format!("LF {}/{}", self.key_id, sign.as_str())).ok()?;
        value.set_sensitive(true);
        Some(value)
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

impl PrivateKey {
    /// Reads PEM or the bare Base64 of its content, PKCS#8 or PKCS#1, with line breaks, spaces, `\n` as two characters, or
    /// nothing between the lines, and with any text around the PEM; or the Base64 of a whole PEM, or either in quotes.
    ///
    /// # Errors
    ///
    /// It is another kind of key, has fewer than 1024 bits or more than 8192, is encrypted or cut off, or is no key. The error says which,
    /// and does not quote the text.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        Self::read(text).map_err(|what| Error::settings(format!("the private key {what}")))
    }

    fn from_env() -> Result<Self, Error> {
        let (name, text) = variable_or_file(PRIVATE_KEY_VARIABLE, PRIVATE_KEY_FILE_VARIABLE)?;
        Self::read(&text).map_err(|what| Error::settings(format!("{name}: the private key {what}")))
    }
}

impl PublicKey {
    /// Reads PEM or the bare Base64 of its content, as [`PrivateKey::from_text`] does.
    ///
    /// # Errors
    ///
    /// It is no public RSA key of 1024 to 8192 bits; the error says why not, and does not quote the text.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        Self::read(text).map_err(|what| Error::settings(format!("the public key {what}")))
    }
}
