//! The server that the environment names.

use super::Environment;
use crate::error::Error;
use crate::family::environment;

/// Environment variable with the URL of the server.
pub const BASE_URL_VARIABLE: &str = "LINKSFIELD_BASE_URL";

impl Environment {
    /// Reads `LINKSFIELD_BASE_URL`. There is no default: what costs money is chosen, not assumed. A server elsewhere may be
    /// plaintext if `LINKSFIELD_ALLOW_PLAINTEXT` is 1; a client that it is given to needs `allow_plaintext` as well.
    ///
    /// # Errors
    ///
    /// The variable is not set or can't be a server's URL; the error names it.
    pub fn from_env() -> Result<Self, Error> {
        environment::from_env(BASE_URL_VARIABLE).map(|(url, _)| Self::Url(url))
    }
}
