//! The Mall and Topup API: data plans for the end users of your own shop.
//!
//! [`Client`] has one method for each documented operation, as that of the CSSS API; the types are generated from
//! `openapi/mall.yaml`.
//!
//! **Its signature involves no secret.** It is an MD5 over the parameters, which anybody can compute: it protects against
//! accidents, not against attackers. Whoever knows your partner code can call in your name.
//!
//! ```
//! // A sample that the vendor printed, with its signature.
//! let request = r#"{"area":"欧洲","deviceCode":"89852420180910340793","languageCode":"1","mark":"0",
//!     "partnerCode":"P000270","terminal":"0","tradeTime":"1645782486394","tradeType":"singleServicePlanPage",
//!     "version":"3.0"}"#;
//! assert_eq!(linksfield::mall::sign(request.as_bytes())?, "3fdb15332726c77cd792ea2328f98a80");
//! # Ok::<_, linksfield::signing::ContentError>(())
//! ```

use std::borrow::Cow;
use std::time::SystemTime;

use md5::{Digest, Md5};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::csss::credentials::{check, variable};
use crate::csss::envelope::{Answer, in_words, wrap_signed};
use crate::error::Error;
use crate::family::environment as server;
use crate::family::private::Sealed;
use crate::family::{Envelope, Family, WrapError};
use crate::signing::{ContentError, TimestampUnit, explain};

mod generated {
    #![allow(dead_code, unreachable_pub, reason = "the generator writes more than a client needs")]
    include!(concat!(env!("OUT_DIR"), "/mall.rs"));
}

#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{Environment, OPERATIONS, types};

/// Version of the API that requests name.
pub const VERSION: &str = "3.0";

/// The `operateCode` of an answer that means success.
pub const SUCCESS: &str = "S";

/// Environment variable with the URL of the server.
pub const BASE_URL_VARIABLE: &str = "LINKSFIELD_MALL_BASE_URL";

/// Environment variable with the partner code.
pub const PARTNER_CODE_VARIABLE: &str = "LINKSFIELD_MALL_PARTNER_CODE";

/// Client of the Mall and Topup API.
pub type Client = crate::Client<Mall>;

impl Client {
    /// A client of the server, with the partner code, that the environment names: `LINKSFIELD_MALL_BASE_URL` and
    /// `LINKSFIELD_MALL_PARTNER_CODE`.
    ///
    /// # Errors
    ///
    /// One of the variables is missing or malformed; the error names it.
    pub fn from_env() -> Result<Self, Error> {
        let url = server::from_env(BASE_URL_VARIABLE)?;
        let partner_code = PartnerCode(variable(PARTNER_CODE_VARIABLE)?);
        Self::builder().credentials(partner_code).environment(url).build()
    }
}

/// The partner code that Linksfield gave you: all that tells who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerCode(String);

impl PartnerCode {
    /// Takes the code as Linksfield gave it.
    ///
    /// # Errors
    ///
    /// It is empty or has white space around it, as happens when it was copied.
    pub fn new(code: impl Into<String>) -> Result<Self, Error> {
        let code = code.into();
        check("the partner code", &code)?;
        Ok(Self(code))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The `sign` of a request with these parameters: MD5 over its content in lower-case hex.
///
/// # Errors
///
/// `parameters` is not a JSON object, has a key twice, or is nested too deep.
pub fn sign(parameters: &[u8]) -> Result<String, ContentError> {
    explain(parameters).map(|explanation| md5(explanation.content().as_bytes()))
}

fn md5(content: &[u8]) -> String {
    Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The family of the Mall and Topup API.
#[derive(Debug)]
pub struct Mall(());

impl Sealed for Mall {}

impl Family for Mall {
    type Credentials = PartnerCode;
    type Environment = Environment;

    const ADDED: &[&str] = &["version", "partnerCode", "sign", TRADE_TIME];

    fn envelope(partner_code: PartnerCode, unit: Option<TimestampUnit>) -> Result<Box<dyn Envelope>, Error> {
        Ok(Box::new(Signed { partner_code, unit: unit.unwrap_or(TimestampUnit::Milliseconds) }))
    }
}

/// The time of a request, which some operations have.
const TRADE_TIME: &str = "tradeTime";

#[derive(Debug)]
struct Signed {
    partner_code: PartnerCode,
    unit: TimestampUnit,
}

impl Envelope for Signed {
    fn wrap(&self, parameters: &[u8], added: &[&str], now: SystemTime) -> Result<Vec<u8>, WrapError> {
        let time = self.unit.format(now).ok_or(WrapError::Clock)?;
        let all = [("version", VERSION), ("partnerCode", self.partner_code.as_str()), (TRADE_TIME, &time)];
        let wanted = all.iter().filter(|(name, _)| added.contains(name)).copied().collect::<Vec<_>>();
        Ok(wrap_signed(parameters, &wanted, md5)?)
    }

    /// Some answers have an envelope, others are the data itself; which error has what form is not documented.
    fn unwrap<'a>(&self, status: StatusCode, body: &'a [u8]) -> Result<Answer<'a>, serde_json::Error> {
        let whole: &RawValue = serde_json::from_slice(body)?;
        match serde_json::from_str(whole.get()).unwrap_or_default() {
            Enveloped { operate_code: Some(code), data, .. } if code == SUCCESS => {
                Ok(Answer::Accepted { data: data.map(RawValue::get) })
            }
            Enveloped { operate_code: Some(code), message, .. } => {
                Ok(Answer::Refused { code, message: message.map(in_words).unwrap_or_default() })
            }
            _ if status.is_success() => Ok(Answer::Accepted { data: Some(whole.get()) }),
            _ => Err(serde::de::Error::custom("expected an `operateCode` under an HTTP status of an error")),
        }
    }
}

#[derive(Default, Deserialize)]
struct Enveloped<'a> {
    #[serde(borrow, rename = "operateCode")]
    operate_code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}
