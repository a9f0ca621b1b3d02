//! The Cube API, version 4: SIMs and their life, bundles, renewal orders, usage and SMS.
//!
//! [`Client`] has one method for each documented operation; [`types`] has their parameters and what they return. Both are
//! generated from `openapi/cube.yaml`. Who calls is told by a key id and a private RSA key.
//!
//! ```
//! use linksfield::cube::types::{AddBundle, BundleType};
//!
//! let add = AddBundle::builder().sim_id("89000100010003125832").bundle_id("LP09823222320").bundle_type(10).build();
//! assert_eq!(add.bundle_type, BundleType::Basic);
//! ```
//!
//! Requests are signed with version 2 of the signature. Version 1 is announced as terminated since 2024-03-01, and is left
//! out. What the pages leave open about version 2 is listed in the document's `info.x-linksfield-guide`, and by
//! [`Call::explain`](crate::Call::explain) as far as it matters for a call.
//!
//! **Where a signature is refused (HTTP 403)**, [signing trouble](crate::guide::signing_trouble) says where to look: at the key
//! ([`PrivateKey::fingerprint`], [`PublicKey::to_pem`]), the clock, the path
//! ([`signed_base_path`](crate::ClientBuilder::signed_base_path), [`SIGNED_BASE_PATH_VARIABLE`]), and what was decided here.
//!
//! **Keys of RSA and time.** RUSTSEC-2023-0071 (Marvin) is about how long an operation with a private key takes, from which
//! one who measures very many of them over a network may learn the key. It is about those who decrypt or sign what others
//! send them. Here only the holder of the key chooses what is signed, one signature a call, the time of it is blurred by
//! blinding with random numbers of the system, and `rsa` 0.10 does its arithmetic in constant time.

mod keys;
mod pending;
mod scheme;
mod signature;

mod generated {
    #![allow(unreachable_pub, reason = "the generator writes for a module of its own")]
    include!(concat!(env!("OUT_DIR"), "/cube.rs"));
}

use http::HeaderValue;
use reqwest::Url;

use crate::client::{ApiClient, ClientBuilder, client_builder};
use crate::error::Error;
use crate::family::private::Sealed;
use crate::family::scheme::Scheme;
use crate::family::variable::{both, optional};
use crate::family::{Family, Quota};
use crate::openapi::{Operation, OrderIds, documents};

#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{Environment, OPERATIONS, types};
pub use keys::{Credentials, KEY_ID_VARIABLE, PRIVATE_KEY_FILE_VARIABLE, PRIVATE_KEY_VARIABLE, PrivateKey, PublicKey};
pub use pending::{Pending, Progress, State, Watch};
pub use signature::{SignedRequest, VerifyError, verify};

/// Environment variable with the URL of the server, its path `/cube/v4` included.
pub const BASE_URL_VARIABLE: &str = "LINKSFIELD_CUBE_BASE_URL";

/// Environment variable with the path that is signed in place of that of the URL: see
/// [`signed_base_path`](ClientBuilder::signed_base_path).
pub const SIGNED_BASE_PATH_VARIABLE: &str = "LINKSFIELD_CUBE_SIGNED_BASE_PATH";

/// Environment variable with the version of the API to call: see [`api_version`](ClientBuilder::api_version).
pub const API_VERSION_VARIABLE: &str = "LINKSFIELD_CUBE_API_VERSION";

/// Client of the Cube API.
///
/// It keeps to what is documented as allowed, unless it is built with other limits: 10 calls a second, 3 at a time, and 5000 in
/// any 24 hours. It counts its own calls and those of its clones: who calls from several programs at one address shares
/// these out. A call beyond the last fails with [`ErrorKind::UsedUp`](crate::ErrorKind::UsedUp), and says when the next
/// is free. Calls that are [waited for](crate::guide::getting_started) keep connections of their own: a program that awaits some
/// calls and waits for others may have twice as many open, of which as many as allowed do something.
pub type Client = ApiClient<Cube>;

/// The family of the Cube API.
#[derive(Debug)]
pub struct Cube(());

/// What a client of the Cube API alone can be told.
#[derive(Debug, Default)]
pub struct Settings {
    api_version: Option<String>,
    signed_base_path: Option<String>,
}

impl Sealed for Cube {}

impl Family for Cube {
    type Credentials = Credentials;
    type Environment = Environment;
    type Settings = Settings;

    const OPERATIONS: &[Operation] = OPERATIONS;
    const ORDER_IDS: OrderIds = documents::CUBE.order_ids;
    const ADDED: &[&str] = &[];
    const QUOTA: Quota = Quota { in_flight: Some(3), per_second: Some(10), per_day: Some(5000) };

    fn settings_from_env() -> Result<Settings, Error> {
        let version = setting(API_VERSION_VARIABLE, |version| version_header(version).map(drop));
        let (api_version, signed_base_path) = both(version, setting(SIGNED_BASE_PATH_VARIABLE, check_base_path))?;
        Ok(Settings { api_version, signed_base_path })
    }

    fn scheme(credentials: Credentials, settings: Settings) -> Result<Box<dyn Scheme>, Error> {
        let Settings { api_version, signed_base_path } = settings;
        let wrong = |name: &'static str| move |what| Error::settings(format!("{name} {what}"));
        let api_version = api_version.as_deref().map(version_header).transpose().map_err(wrong("api_version"))?;
        signed_base_path.as_deref().map_or(Ok(()), check_base_path).map_err(wrong("signed_base_path"))?;
        Ok(Box::new(scheme::Signing { credentials, api_version, signed_base_path }))
    }
}

/// What a variable says, if it is set.
fn setting(name: &str, check: fn(&str) -> Result<(), &'static str>) -> Result<Option<String>, Error> {
    let Some(value) = optional(name)? else { return Ok(None) };
    check(&value).map_err(|what| Error::settings(format!("{name} {what}")))?;
    Ok(Some(value.to_string()))
}

fn version_header(version: &str) -> Result<HeaderValue, &'static str> {
    let is_seen = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_graphic());
    HeaderValue::try_from(version).ok().filter(|_| is_seen).ok_or("must be like 1.0")
}

/// A server must see this path, and not another that it is resolved or encoded to.
fn check_base_path(path: &str) -> Result<(), &'static str> {
    let is_seen = || Url::parse(&format!("http://host{path}")).is_ok_and(|url| url.path() == path);
    if path.is_empty() || !path.ends_with('/') && is_seen() {
        return Ok(());
    }
    Err("must begin with / and not end with it, and be as it stands in a URL, like /cube/v4")
}

impl<S: client_builder::State> ClientBuilder<Cube, S> {
    /// The version of the API to call, such as `1.0`; none is named if not set.
    pub fn api_version(self, version: impl Into<String>) -> Self {
        self.with_settings(|settings| settings.api_version = Some(version.into()))
    }

    /// The path that is signed in place of that of the server's URL, such as `/cube/v4`: for a proxy of yours that hands
    /// calls on with another path than it was called with. [`Call::explain`](crate::Call::explain) shows both.
    pub fn signed_base_path(self, path: impl Into<String>) -> Self {
        self.with_settings(|settings| settings.signed_base_path = Some(path.into()))
    }
}

impl Client {
    /// A client of the server, with the key, that the environment names: `LINKSFIELD_CUBE_BASE_URL`,
    /// `LINKSFIELD_CUBE_KEY_ID`, `LINKSFIELD_CUBE_PRIVATE_KEY` or `LINKSFIELD_CUBE_PRIVATE_KEY_FILE`; and if they are set and
    /// not empty, `LINKSFIELD_CUBE_SIGNED_BASE_PATH`, `LINKSFIELD_CUBE_API_VERSION`, `LINKSFIELD_LANGUAGE` and
    /// `LINKSFIELD_ALLOW_PLAINTEXT=1`.
    ///
    /// # Errors
    ///
    /// Variables are missing or malformed; the error names all of them.
    pub fn from_env() -> Result<Self, Error> {
        Self::of_environment(Credentials::from_env(), BASE_URL_VARIABLE)
    }
}
