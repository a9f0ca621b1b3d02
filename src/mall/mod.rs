//! The Mall API: data plans for the end users of your own shop.
//!
//! Its three services have an address, a document and a client each: [`Client`] is that of Vshop
//! (`openapi/mall.yaml`), [`payment::Client`] of Payment, and [`topup::Client`] of Topup. All are signed alike.
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

use md5::{Digest, Md5};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::client::{ApiClient, ClientBuilder, client_builder};
use crate::error::Error;
use crate::family::Family;
use crate::family::envelope::{Envelope, Written, in_words, scalar, truth, unsaid};
use crate::family::place::place;
use crate::family::private::Sealed;
use crate::family::scheme::{Answer, Moment, Outgoing, Received, Scheme, SignError, Unreadable, Unsigned};
use crate::family::variable::{check, variable};
use crate::openapi::{Operation, OrderIds, documents};
use crate::signing::body::signed_body;
use crate::signing::{ContentError, Explanation, TimestampUnit, explain};
use crate::values::read::has_any;

pub mod payment;
pub mod topup;

mod generated {
    #![allow(unreachable_pub, reason = "the generator writes for a module of its own")]
    include!(concat!(env!("OUT_DIR"), "/mall.rs"));
}

#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{Environment, OPERATIONS, types};

/// Version of the API that requests name.
pub const VERSION: &str = "3.0";

/// The `operateCode` of an answer that means success.
pub const SUCCESS: &str = "S";

/// Environment variable with the URL of the server of Vshop.
pub const BASE_URL_VARIABLE: &str = "LINKSFIELD_MALL_BASE_URL";

/// Environment variable with the partner code.
pub const PARTNER_CODE_VARIABLE: &str = "LINKSFIELD_MALL_PARTNER_CODE";

/// Client of the Mall API (Vshop).
pub type Client = ApiClient<Mall>;

impl Client {
    /// A client of the server, with the partner code, that the environment names: `LINKSFIELD_MALL_BASE_URL` and
    /// `LINKSFIELD_MALL_PARTNER_CODE`; and if they are set and not empty, `LINKSFIELD_LANGUAGE` and `LINKSFIELD_ALLOW_PLAINTEXT=1`.
    ///
    /// # Errors
    ///
    /// Variables are missing or malformed; the error names all of them.
    pub fn from_env() -> Result<Self, Error> {
        Self::of_environment(PartnerCode::from_env(), BASE_URL_VARIABLE)
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
    /// It is empty, or has white space or quotes around it or a line break or an invisible character in it, as happens when
    /// it was copied.
    pub fn new(code: impl Into<String>) -> Result<Self, Error> {
        let code = code.into();
        check("the partner code", &code)?;
        Ok(Self(code))
    }

    fn from_env() -> Result<Self, Error> {
        variable(PARTNER_CODE_VARIABLE).map(|code| Self(code.to_string()))
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

/// The family of the Mall API (Vshop).
#[derive(Debug)]
pub struct Mall(());

impl Sealed for Mall {}

impl Family for Mall {
    type Credentials = PartnerCode;
    type Environment = Environment;
    type Settings = Settings;

    const OPERATIONS: &[Operation] = OPERATIONS;
    const ORDER_IDS: OrderIds = documents::MALL.order_ids;
    const ADDED: &[&str] = &["version", "partnerCode", "sign", TRADE_TIME];

    fn scheme(partner_code: PartnerCode, Settings { unit }: Settings) -> Result<Box<dyn Scheme>, Error> {
        Ok(Box::new(Signed { partner_code, unit }))
    }
}

/// What a client of a service of the Mall alone can be told.
#[derive(Debug)]
pub struct Settings {
    unit: TimestampUnit,
}

impl Default for Settings {
    fn default() -> Self {
        Self { unit: TimestampUnit::Milliseconds }
    }
}

impl<F: Family<Settings = Settings>, S: client_builder::State> ClientBuilder<F, S> {
    /// Unit of the time in requests: milliseconds if not set, as in the documented examples.
    pub fn timestamp_unit(self, unit: TimestampUnit) -> Self {
        self.with_settings(|settings| settings.unit = unit)
    }
}

/// The time of a request, which some operations have.
const TRADE_TIME: &str = "tradeTime";

#[derive(Debug)]
struct Signed {
    partner_code: PartnerCode,
    unit: TimestampUnit,
}

impl Signed {
    fn body(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Vec<u8>, SignError> {
        let time = self.unit.format(moment.now).ok_or(SignError::Clock)?;
        let all = [("version", VERSION), ("partnerCode", self.partner_code.as_str()), (TRADE_TIME, &time)];
        let wanted = all.iter().filter(|(name, _)| call.added.contains(name)).copied().collect::<Vec<_>>();
        Ok(signed_body(call.parameters, &wanted, md5)?)
    }
}

impl Scheme for Signed {
    fn sign(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Outgoing, SignError> {
        Ok(place(call, self.body(call, moment)?)?)
    }

    fn explain(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Explanation, SignError> {
        Ok(explain(&self.body(call, moment)?)?)
    }

    /// Some answers have an envelope, others are the data itself; which error has what form is not documented.
    fn read<'a>(&self, answer: &Received<'a>) -> Result<Answer<'a>, Unreadable> {
        let whole: &RawValue = serde_json::from_str(answer.text)?;
        let fields: Enveloped<'_> =
            if whole.get().starts_with('{') { serde_json::from_str(whole.get())? } else { Enveloped::default() };
        let code = fields.operate_code.or(fields.code.filter(|_| fields.success.is_some()));
        let envelope = Envelope { code, success: fields.success, message: fields.message, data: Some(whole) };
        match envelope.judge(SUCCESS)? {
            Some(Answer::Accepted { message, .. }) => {
                Ok(Answer::Accepted { data: fields.data.map(RawValue::get), message })
            }
            Some(refused) => Ok(refused),
            None if fields.denies() => {
                let message = fields.message.map(in_words).unwrap_or_default();
                Ok(Answer::Refused { code: "".into(), message, data: Some(whole.get()) })
            }
            None if fields.is_data(whole, answer.fields) && answer.status.is_success() => {
                Ok(Answer::Accepted { data: Some(whole.get()), message: None })
            }
            None => Err(unsaid("operateCode")),
        }
    }

    fn who(&self) -> &'static str {
        "the partner code, and that it is of this server"
    }
}

/// The fields of an envelope, or of what a gateway sends instead.
#[derive(Default, Deserialize)]
struct Enveloped<'a> {
    #[serde(borrow, default, deserialize_with = "written", rename = "operateCode")]
    operate_code: Written<'a>,
    #[serde(borrow)]
    code: Written<'a>,
    #[serde(borrow)]
    message: Written<'a>,
    #[serde(borrow)]
    success: Written<'a>,
    #[serde(borrow)]
    status: Written<'a>,
    #[serde(borrow)]
    data: Written<'a>,
}

impl Enveloped<'_> {
    /// Whether `success` says no.
    fn denies(&self) -> bool {
        self.success.and_then(truth) == Some(false)
    }

    /// Whether the answer is the data itself, which has one of the `documented` fields if there are any.
    fn is_data(&self, whole: &RawValue, documented: &[&str]) -> bool {
        let says_nothing = self.operate_code.is_none_or(|code| scalar(code).is_some());
        says_nothing
            && if documented.is_empty() { !self.looks_like_an_error() } else { has_any(whole.get(), documented) }
    }

    fn looks_like_an_error(&self) -> bool {
        let status = self.status.and_then(scalar).and_then(|status| status.parse::<f64>().ok());
        let words = [self.code, self.message, self.success].into_iter().flatten().count();
        self.operate_code.is_some() || status.is_some_and(|status| status >= 400.0) || words >= 2
    }
}

/// Reads a field that may be `null` as what is written, so that `null` is told from an absent one.
fn written<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Written<'a>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}
