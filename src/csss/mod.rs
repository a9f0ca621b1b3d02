//! The CSSS API: SIMs, their usage, and orders of data plans.
//!
//! [`Client`] has one method for each documented operation, named as the API's path has it; [`types`] has their
//! parameters (`OpenPackage`) and what they return (`OpenPackageOutput`). Both are generated from `openapi/csss.yaml`.
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
//!
//! Nor does an amount where a period belongs, though either can be given as text:
//!
//! ```compile_fail,E0277
//! use linksfield::csss::types::{OrderPackage, PayAmount};
//!
//! let order = OrderPackage::builder().pay_amount("0").order_period(PayAmount::from("1"));
//! ```

pub(crate) mod credentials;
pub mod envelope;
mod environment;

mod generated {
    #![allow(unreachable_pub, reason = "the generator writes for a module of its own")]
    include!(concat!(env!("OUT_DIR"), "/csss.rs"));
}

use crate::client::{ApiClient, ClientBuilder, client_builder};
use crate::error::Error;
use crate::family::Family;
use crate::family::place::place;
use crate::family::private::Sealed;
use crate::family::scheme::{Answer, Moment, Outgoing, Received, Scheme, SignError, Unreadable, Unsigned};
use crate::openapi::{Operation, OrderIds, documents};
use crate::signing::{Explanation, Signature, TimestampUnit, explain};
use crate::values::read::Read;
use credentials::Credentials;

pub use environment::BASE_URL_VARIABLE;
#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{Environment, OPERATIONS, types};

/// Client of the CSSS API.
pub type Client = ApiClient<Csss>;

/// The family of the CSSS API.
#[derive(Debug)]
pub struct Csss(());

impl Sealed for Csss {}

impl Family for Csss {
    type Credentials = Credentials;
    type Environment = Environment;
    type Settings = TimestampUnit;

    const OPERATIONS: &[Operation] = OPERATIONS;
    const ORDER_IDS: OrderIds = documents::CSSS.order_ids;
    const ADDED: &[&str] = &["version", "access_code", "timestamp", "sign"];

    fn scheme(credentials: Credentials, unit: TimestampUnit) -> Result<Box<dyn Scheme>, Error> {
        Ok(Box::new(Signed { credentials, unit }))
    }
}

/// The signed parameters around a request, code and message around an answer.
#[derive(Debug)]
struct Signed {
    credentials: Credentials,
    unit: TimestampUnit,
}

impl Signed {
    fn body(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Vec<u8>, SignError> {
        let timestamp = self.unit.format(moment.now).ok_or(SignError::Clock)?;
        Ok(envelope::wrap(call.parameters, self.credentials.access_code(), &timestamp, self.credentials.key())?)
    }
}

impl Scheme for Signed {
    #[cfg(feature = "fleet")]
    fn account(&self) -> &str {
        self.credentials.access_code()
    }

    fn sign(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Outgoing, SignError> {
        Ok(place(call, self.body(call, moment)?)?)
    }

    fn explain(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Explanation, SignError> {
        Ok(explain(&self.body(call, moment)?)?)
    }

    fn read<'a>(&self, answer: &Received<'a>) -> Result<Answer<'a>, Unreadable> {
        envelope::judge(answer.text)
    }

    fn who(&self) -> &'static str {
        "the access code and the secret, and that they are those of this server"
    }
}

impl Read for Signature {
    fn read(json: &str) -> Result<Self, serde_json::Error> {
        String::read(json).map(Self::from)
    }
}

impl<S: client_builder::State> ClientBuilder<Csss, S> {
    /// Unit of the time in requests: seconds if not set, as in the documented examples.
    pub fn timestamp_unit(self, unit: TimestampUnit) -> Self {
        self.with_settings(|settings| *settings = unit)
    }
}

impl Client {
    /// A client of the server, with the credentials, that the environment names: `LINKSFIELD_BASE_URL`,
    /// `LINKSFIELD_ACCESS_CODE`, `LINKSFIELD_SECRET`; and if they are set and not empty, `LINKSFIELD_LANGUAGE`, the language
    /// of messages, and `LINKSFIELD_ALLOW_PLAINTEXT=1`, for a sandbox on another machine.
    ///
    /// # Errors
    ///
    /// Variables are missing or malformed; the error names all of them.
    pub fn from_env() -> Result<Self, Error> {
        Self::of_environment(Credentials::from_env(), BASE_URL_VARIABLE)
    }
}
