//! Who calls, and the secret that proves it.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::family::variable::{both, check, variable};
use crate::signing::Key;

/// Environment variable with the access code.
pub const ACCESS_CODE_VARIABLE: &str = "LINKSFIELD_ACCESS_CODE";

/// Environment variable with the secret.
pub const SECRET_VARIABLE: &str = "LINKSFIELD_SECRET";

/// An access code and its secret, which Linksfield's sales give you.
///
/// The secret is turned into a [`Key`] at once; neither is ever printed, and both are zeroized when dropped.
#[derive(Clone)]
pub struct Credentials {
    access_code: String,
    key: Key,
}

impl Credentials {
    /// Takes the access code and the secret as Linksfield gave them.
    ///
    /// # Errors
    ///
    /// One of them is empty, or has white space or quotes around it or a line break or an invisible character in it, as
    /// happens when it was copied.
    pub fn new(access_code: impl Into<String>, secret: impl Into<String>) -> Result<Self, Error> {
        let (access_code, secret) = (access_code.into(), Zeroizing::new(secret.into()));
        check("the access code", &access_code)?;
        check("the secret", &secret)?;
        Ok(Self { access_code, key: Key::new(secret.as_bytes()) })
    }

    /// Reads `LINKSFIELD_ACCESS_CODE` and `LINKSFIELD_SECRET`.
    ///
    /// # Errors
    ///
    /// A variable is not set, is not Unicode, or is not as Linksfield gave it; the error names all that is wrong.
    pub fn from_env() -> Result<Self, Error> {
        let (access_code, secret) = both(variable(ACCESS_CODE_VARIABLE), variable(SECRET_VARIABLE))?;
        Ok(Self { access_code: access_code.to_string(), key: Key::new(secret.as_bytes()) })
    }

    /// The access code.
    #[must_use]
    pub fn access_code(&self) -> &str {
        &self.access_code
    }

    /// The key that the secret makes.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_code", &self.access_code).finish_non_exhaustive()
    }
}
