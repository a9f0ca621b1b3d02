//! The eSIM QR Mall API: one call is documented, with which you report the result of a payment.
//!
//! No server is documented, and requests are not signed: an access token in a header tells who calls. The types are
//! generated from `openapi/esim-qr.yaml`.

use std::fmt;

use http::HeaderValue;

use crate::client::ApiClient;
use crate::error::Error;
use crate::family::Family;
use crate::family::envelope::{Envelope, unsaid};
use crate::family::place::place;
use crate::family::private::Sealed;
use crate::family::scheme::{Answer, Moment, Outgoing, Received, Scheme, SignError, Unreadable, Unsigned};
use crate::family::variable::check;
use crate::openapi::{Operation, OrderIds, documents};
use crate::signing::Explanation;

mod generated {
    #![allow(unreachable_pub, reason = "the generator writes for a module of its own")]
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
pub type Client = ApiClient<EsimQr>;

/// The access token that Linksfield gave you. It is never printed.
#[derive(Clone)]
pub struct AccessToken(HeaderValue);

impl AccessToken {
    /// Takes the token as Linksfield gave it.
    ///
    /// # Errors
    ///
    /// It is empty, is not as Linksfield gave it, or can't stand in a header.
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
    type Settings = ();

    const OPERATIONS: &[Operation] = OPERATIONS;
    const ORDER_IDS: OrderIds = documents::ESIM_QR.order_ids;
    const ADDED: &[&str] = &[];

    fn scheme(token: AccessToken, (): ()) -> Result<Box<dyn Scheme>, Error> {
        Ok(Box::new(token))
    }
}

impl Scheme for AccessToken {
    fn sign(&self, call: &Unsigned<'_>, _: Moment) -> Result<Outgoing, SignError> {
        let mut outgoing = place(call, call.parameters.to_vec())?;
        outgoing.headers.insert(ACCESS_TOKEN_HEADER, self.0.clone());
        Ok(outgoing)
    }

    /// Nothing is signed.
    fn explain(&self, _: &Unsigned<'_>, _: Moment) -> Result<Explanation, SignError> {
        Ok(Explanation::default())
    }

    fn read<'a>(&self, answer: &Received<'a>) -> Result<Answer<'a>, Unreadable> {
        Envelope::parse(answer.text)?.judge(&SUCCESS.to_string())?.ok_or_else(|| unsaid("code"))
    }

    fn who(&self) -> &'static str {
        "the access token, and that it is of this server"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_marked_as_what_is_neither_logged_nor_indexed() {
        assert!(AccessToken::new("token").unwrap().0.is_sensitive());
    }
}
