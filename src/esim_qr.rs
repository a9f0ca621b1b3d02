//! The eSIM QR Mall API: one call is documented, with which you report the result of a payment.
//!
//! No server is documented, and requests are not signed: an access token in a header tells who calls. The types are
//! generated from `openapi/esim-qr.yaml`.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::csss::credentials::check;
use crate::csss::envelope::{Answer, in_words};
use crate::error::Error;
use crate::family::private::Sealed;
use crate::family::{Envelope, Family, WrapError};
use crate::signing::TimestampUnit;

mod generated {
    #![allow(dead_code, unreachable_pub, reason = "the generator writes more than a client needs")]
    include!(concat!(env!("OUT_DIR"), "/esim-qr.rs"));
}

#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{Environment, OPERATIONS, types};

/// The header of the access token.
pub const ACCESS_TOKEN_HEADER: &str = "x-access-token";

/// The `code` of an answer that means success.
pub const SUCCESS: i64 = 0;

/// Client of the eSIM QR Mall API.
pub type Client = crate::Client<EsimQr>;

/// The access token that Linksfield gave you. It is never printed.
#[derive(Clone)]
pub struct AccessToken(HeaderValue);

impl AccessToken {
    /// Takes the token as Linksfield gave it.
    ///
    /// # Errors
    ///
    /// It is empty, has white space around it, or can't stand in a header.
    pub fn new(token: &str) -> Result<Self, Error> {
        check("the access token", token)?;
        let mut token =
            HeaderValue::from_str(token).map_err(|_| Error::settings("the access token can't stand in a header"))?;
        token.set_sensitive(true);
        Ok(Self(token))
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// The family of the eSIM QR Mall API.
#[derive(Debug)]
pub struct EsimQr(());

impl Sealed for EsimQr {}

impl Family for EsimQr {
    type Credentials = AccessToken;
    type Environment = Environment;

    const ADDED: &[&str] = &[];

    fn envelope(token: AccessToken, _: Option<TimestampUnit>) -> Result<Box<dyn Envelope>, Error> {
        Ok(Box::new(token))
    }
}

impl Envelope for AccessToken {
    fn wrap(&self, parameters: &[u8], _: &[&str], _: SystemTime) -> Result<Vec<u8>, WrapError> {
        Ok(parameters.to_vec())
    }

    fn set_headers(&self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_TOKEN_HEADER, self.0.clone());
    }

    fn unwrap<'a>(&self, _: StatusCode, body: &'a [u8]) -> Result<Answer<'a>, serde_json::Error> {
        let Enveloped { code, message, data } = serde_json::from_slice(body)?;
        if code.get() == SUCCESS.to_string() {
            return Ok(Answer::Accepted { data: data.map(RawValue::get) });
        }
        let message = message.map(in_words).unwrap_or_default();
        Ok(Answer::Refused { code: Cow::Borrowed(code.get()), message })
    }
}

#[derive(Deserialize)]
struct Enveloped<'a> {
    #[serde(borrow)]
    code: &'a RawValue,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}
