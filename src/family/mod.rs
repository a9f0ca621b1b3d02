//! What an API family is, and in what one differs from the next. All else they share.

pub(crate) mod envelope;
pub(crate) mod environment;
pub(crate) mod place;
pub(crate) mod results;
pub(crate) mod scheme;
#[cfg(feature = "cube")]
pub(crate) mod secret;
pub(crate) mod variable;

use crate::error::Error;
use crate::openapi::{Operation, OrderIds};
use scheme::Scheme;

/// An API family: one specification, one way to sign, its own servers and credentials. It can't be implemented elsewhere.
pub trait Family: private::Sealed + Send + Sync + Sized + 'static {
    /// Who calls.
    type Credentials;
    /// Which server: one that the documentation names, or any other.
    type Environment: Environment;
    /// What a client of this family alone can be told.
    #[doc(hidden)]
    type Settings: Default;

    /// Every documented operation.
    #[doc(hidden)]
    const OPERATIONS: &'static [Operation];

    /// The fields of answers that are the id of an order.
    #[doc(hidden)]
    const ORDER_IDS: OrderIds;

    /// The parameters that are added to a call which the specification does not know.
    #[doc(hidden)]
    const ADDED: &'static [&'static str];

    /// How much its documentation allows: what holds for a client that is told no limits of its own.
    #[doc(hidden)]
    const QUOTA: Quota = Quota::NONE;

    /// What the environment says of these.
    #[doc(hidden)]
    fn settings_from_env() -> Result<Self::Settings, Error> {
        Ok(Self::Settings::default())
    }

    #[doc(hidden)]
    fn scheme(credentials: Self::Credentials, settings: Self::Settings) -> Result<Box<dyn Scheme>, Error>;
}

/// How many requests are allowed.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub(crate) in_flight: Option<u32>,
    pub(crate) per_second: Option<u32>,
    pub(crate) per_day: Option<u32>,
}

impl Quota {
    /// No limit is documented.
    pub(crate) const NONE: Self = Self { in_flight: None, per_second: None, per_day: None };
}

pub(crate) mod private {
    pub trait Sealed {}
}

/// The servers of a family.
pub trait Environment: Send + Sync {
    /// The URL before the operations' paths.
    #[doc(hidden)]
    fn base_url(&self) -> &str;

    /// Whether the documentation names it.
    #[doc(hidden)]
    fn is_documented(&self) -> bool {
        false
    }
}
