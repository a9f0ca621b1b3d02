//! The servers of the CSSS API.

use crate::credentials::variable;
use crate::{Error, server};

/// Environment variable with the URL of the server.
pub const BASE_URL_VARIABLE: &str = "LINKSFIELD_BASE_URL";

/// Which server a client calls.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Environment {
    /// `https://apiv3.linksfield.net`, as the overview page prints it.
    Production,
    /// `https://api-uat.io.linksfield.net/cube/v4`, as the Chinese endpoint pages print it. No document shows that this
    /// API answers there.
    Uat,
    /// Any other server, for example a sandbox: the URL before the operations' paths.
    Url(String),
}

impl Environment {
    /// Reads `LINKSFIELD_BASE_URL`. There is no default: what costs money is chosen, not assumed.
    ///
    /// # Errors
    ///
    /// The variable is not set or can't be a server's URL; the error names it.
    pub fn from_env() -> Result<Self, Error> {
        let url = variable(BASE_URL_VARIABLE)?;
        server::check(&url, false).map_err(|what| Error::settings(format!("{BASE_URL_VARIABLE} {what}")))?;
        Ok(Self::Url(url))
    }

    /// The URL before the operations' paths.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Production => super::generated::PRODUCTION_URL,
            Self::Uat => super::generated::UAT_URL,
            Self::Url(url) => url,
        }
    }
}

impl From<&str> for Environment {
    fn from(url: &str) -> Self {
        Self::Url(url.to_owned())
    }
}

impl From<String> for Environment {
    fn from(url: String) -> Self {
        Self::Url(url)
    }
}
