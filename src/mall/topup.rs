//! The Topup service of the Mall: groups of SIM cards, and orders after a recharge.
//!
//! Called by the same [`PartnerCode`] and signed as the [Mall](super) is; the types are generated from
//! `openapi/topup.yaml`.

use super::{Mall, PartnerCode, Settings};
use crate::client::ApiClient;
use crate::error::Error;
use crate::family::Family;
use crate::family::private::Sealed;
use crate::family::scheme::Scheme;
use crate::openapi::{Operation, OrderIds, documents};

mod generated {
    #![allow(unreachable_pub, reason = "the generator writes for a module of its own")]
    include!(concat!(env!("OUT_DIR"), "/topup.rs"));
}

#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{Environment, OPERATIONS, types};

/// Environment variable with the URL of the server.
pub const BASE_URL_VARIABLE: &str = "LINKSFIELD_MALL_TOPUP_BASE_URL";

/// Client of the Mall's Topup API.
pub type Client = ApiClient<Topup>;

impl Client {
    /// A client of the server, with the partner code, that the environment names: `LINKSFIELD_MALL_TOPUP_BASE_URL` and
    /// `LINKSFIELD_MALL_PARTNER_CODE`; and if they are set and not empty, `LINKSFIELD_LANGUAGE` and `LINKSFIELD_ALLOW_PLAINTEXT=1`.
    ///
    /// # Errors
    ///
    /// Variables are missing or malformed; the error names all of them.
    pub fn from_env() -> Result<Self, Error> {
        Self::of_environment(PartnerCode::from_env(), BASE_URL_VARIABLE)
    }
}

/// The family of the Mall's Topup API.
#[derive(Debug)]
pub struct Topup(());

impl Sealed for Topup {}

impl Family for Topup {
    type Credentials = PartnerCode;
    type Environment = Environment;
    type Settings = Settings;

    const OPERATIONS: &[Operation] = OPERATIONS;
    const ORDER_IDS: OrderIds = documents::TOPUP.order_ids;
    const ADDED: &[&str] = Mall::ADDED;

    fn scheme(partner_code: PartnerCode, settings: Settings) -> Result<Box<dyn Scheme>, Error> {
        Mall::scheme(partner_code, settings)
    }
}
