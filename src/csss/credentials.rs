//! Who calls, and the secret that proves it.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::family::variable::{check, variable};
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
    /// One of them is empty or has white space around it, as happens when it was copied.
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
    /// A variable is not set, is not Unicode, is empty, or has white space around it; the error names it.
    pub fn from_env() -> Result<Self, Error> {
        let access_code = variable(ACCESS_CODE_VARIABLE)?;
        let secret = Zeroizing::new(variable(SECRET_VARIABLE)?);
        Ok(Self { access_code, key: Key::new(secret.as_bytes()) })
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
