//! The CSSS API: SIMs, their usage, and orders of data plans.
//!
//! [`Client`] has one method for each documented operation, named as the API's path has it; [`types`] has their
//! parameters (`OpenPackage`) and what they return (`OpenPackageData`). Both are generated from `openapi/csss.yaml`.
//!
//! ```
//! use linksfield::csss::types::OpenPackage;
//!
//! let open = OpenPackage::builder().order_id("202107061625560742397").build();
//! # assert_eq!(open.order_id.as_str(), "202107061625560742397");
//! ```
//!
//! Leaving out a required parameter does not compile:
//!
//! ```compile_fail
//! use linksfield::csss::types::OpenPackage;
//!
//! let open = OpenPackage::builder().build();
//! ```

use std::time::SystemTime;

use reqwest::StatusCode;

use self::envelope::Answer;
use crate::csss::credentials::Credentials;
use crate::error::Error;
use crate::family::private::Sealed;
use crate::family::{Envelope, Family, WrapError};
use crate::signing::TimestampUnit;

pub(crate) mod credentials;
pub mod envelope;
mod environment;

mod generated {
    #![allow(dead_code, unreachable_pub, reason = "the generator writes more than a client needs")]
    include!(concat!(env!("OUT_DIR"), "/csss.rs"));
}

pub use environment::BASE_URL_VARIABLE;
#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{Environment, OPERATIONS, types};

/// Client of the CSSS API.
pub type Client = crate::Client<Csss>;

/// The family of the CSSS API.
#[derive(Debug)]
pub struct Csss(());

impl Sealed for Csss {}

impl Family for Csss {
    type Credentials = Credentials;
    type Environment = Environment;

    const ADDED: &[&str] = &["version", "access_code", "timestamp", "sign"];

    fn envelope(credentials: Credentials, unit: Option<TimestampUnit>) -> Result<Box<dyn Envelope>, Error> {
        Ok(Box::new(Signed { credentials, unit: unit.unwrap_or_default() }))
    }
}

/// The signed parameters around a request, code and message around an answer.
#[derive(Debug)]
struct Signed {
    credentials: Credentials,
    unit: TimestampUnit,
}

impl Envelope for Signed {
    fn wrap(&self, parameters: &[u8], _: &[&str], now: SystemTime) -> Result<Vec<u8>, WrapError> {
        let timestamp = self.unit.format(now).ok_or(WrapError::Clock)?;
        Ok(envelope::wrap(parameters, self.credentials.access_code(), &timestamp, self.credentials.key())?)
    }

    fn unwrap<'a>(&self, _: StatusCode, body: &'a [u8]) -> Result<Answer<'a>, serde_json::Error> {
        envelope::unwrap(body)
    }
}

impl Client {
    /// A client of the server, with the credentials, that the environment names: `LINKSFIELD_BASE_URL`,
    /// `LINKSFIELD_ACCESS_CODE`, `LINKSFIELD_SECRET`.
    ///
    /// # Errors
    ///
    /// One of the variables is missing or malformed; the error names it.
    pub fn from_env() -> Result<Self, Error> {
        let credentials = Credentials::from_env()?;
        Self::builder().credentials(credentials).environment(Environment::from_env()?).build()
    }
}
