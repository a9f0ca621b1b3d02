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

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::HeaderValue;
use reqwest::{Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Failing;
use crate::hook::Slot;
use crate::limits::Limits;
use crate::signing::{Explanation, TimestampUnit};
use crate::transport::{Clock, Transport};
use crate::{Credentials, Error, Language, Operation, RetryPolicy, server};

mod environment;

mod generated {
    #![allow(dead_code, unreachable_pub, reason = "the generator writes more than a client needs")]
    include!(concat!(env!("OUT_DIR"), "/csss.rs"));
}

pub use environment::{BASE_URL_VARIABLE, Environment};
#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{OPERATIONS, types};

/// Client of the CSSS API. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Arc<Transport>,
}

#[bon::bon]
impl Client {
    /// Sets up a client.
    ///
    /// ```
    /// use linksfield::Credentials;
    /// use linksfield::csss::{Client, Environment};
    ///
    /// let client = Client::builder()
    ///     .credentials(Credentials::new("P000270", "your secret")?)
    ///     .environment(Environment::Uat)
    ///     .build()?;
    /// # Ok::<_, linksfield::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The URL can't be a server's or is not https, the language can't be a header, the HTTP client can't be set up, or
    /// `connect_timeout` was set for an HTTP client of yours, which has its own.
    #[builder]
    pub fn new(
        /// Who calls.
        credentials: Credentials,
        /// Which server: an [`Environment`], or the URL of any other.
        #[builder(into)]
        environment: Environment,
        /// Language of the API's messages. Without it the API answers in simplified Chinese.
        language: Option<Language>,
        /// Longest time to connect. 10 seconds if not set.
        connect_timeout: Option<Duration>,
        /// Longest time from the start of an attempt to the end of its answer. If not set, 60 seconds, or what an HTTP
        /// client of yours has.
        timeout: Option<Duration>,
        /// Most bytes of an answer; 8 MiB if not set. A longer one is not read to its end.
        #[builder(default = 8 * 1024 * 1024)]
        answer_limit: usize,
        /// Most requests that this client and its clones have in flight; any number if not set. The others wait.
        in_flight: Option<NonZeroU32>,
        /// Most requests a second of this client and its clones, spread evenly; any number if not set. Linksfield
        /// documents no limit.
        per_second: Option<NonZeroU32>,
        /// When a call is sent again.
        #[builder(default)]
        retry: RetryPolicy,
        /// Whether to call a server other than this machine without TLS. Others on the way can then read and replace
        /// orders, though they can't sign any: the secret itself is never sent.
        #[builder(default)]
        allow_plaintext: bool,
        /// An HTTP client of yours, with its own timeouts, proxies and user agent. It must not follow redirects: a signed
        /// body is meant for one server, and an answer of another is an error.
        http_client: Option<reqwest::Client>,
        /// Where the time of requests comes from; the system's clock if not set.
        #[builder(with = |clock: impl Fn() -> SystemTime + Send + Sync + 'static| Arc::new(clock))]
        clock: Option<Clock>,
        /// Unit of the requests' `timestamp`; seconds if not set.
        #[builder(default)]
        timestamp_unit: TimestampUnit,
    ) -> Result<Self, Error> {
        server::check(environment.url(), allow_plaintext)
            .map_err(|what| Error::settings(format!("the server's URL {what}")))?;
        let (http, timeout) = match (http_client, connect_timeout) {
            (Some(_), Some(_)) => {
                return Err(Error::settings("connect_timeout can't change your own http_client: set it there"));
            }
            (Some(http), None) => (http, timeout),
            (None, limit) => (http_client_of_ours(limit)?, timeout.or(Some(Duration::from_secs(60)))),
        };
        let language = language.map(|language| HeaderValue::from_str(language.as_str())).transpose();
        let transport = Transport {
            http,
            base_url: environment.url().trim_end_matches('/').to_owned(),
            credentials,
            language: language.map_err(|_| Error::settings("the language must be a language tag, such as en-US"))?,
            timeout,
            answer_limit,
            retry,
            limits: Limits::new(in_flight, per_second),
            clock: clock.unwrap_or_else(|| Arc::new(SystemTime::now)),
            timestamp_unit,
        };
        Ok(Self { transport: Arc::new(transport) })
    }
}

fn http_client_of_ours(connect_timeout: Option<Duration>) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect_timeout.unwrap_or(Duration::from_secs(10)))
        // A signed body is meant for one server.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::settings(format!("the HTTP client can't be set up: {error}")))
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

    /// Calls an operation that this crate does not know: signs `parameters`, sends them to `path`, and returns `data`.
    ///
    /// `T` is [`serde_json::Value`] or a type of yours.
    ///
    /// ```no_run
    /// # async fn f(client: linksfield::csss::Client) -> Result<(), linksfield::Error> {
    /// let parameters = serde_json::json!({ "device_id": "89852022018041800192" });
    /// let data: serde_json::Value = client.call("/device/queryDevice", &parameters).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for every operation. What the operation does is not known here, so
    /// [`Error::outcome_unknown`] assumes that it changes something.
    pub async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &(impl Serialize + ?Sized),
    ) -> Result<T, Error> {
        let failing = Failing { operation: path, safe_to_retry: false };
        if !path.starts_with('/') {
            return Err(failing.invalid_request("the path must begin with /"));
        }
        let url = format!("{}{path}", self.transport.base_url);
        let request = self.transport.http.post(url).json(parameters).build();
        let request = request.map_err(|error| failing.transport(error))?;
        let accepted = self.transport.exchange(request, failing).await?;
        serde_json::from_slice(accepted.data.as_deref().unwrap_or(b"null"))
            .map_err(|error| failing.unreadable(accepted.status, accepted.body, &error))
    }

    /// Says what would be signed if `parameters` were sent now: the first thing to look at when a signature is refused.
    ///
    /// # Errors
    ///
    /// `parameters` can't be signed: they are no JSON object, or have a parameter that the signing sets.
    pub fn explain(&self, parameters: &(impl Serialize + ?Sized)) -> Result<Explanation, Error> {
        let failing = Failing { operation: "explain", safe_to_retry: true };
        let body = serde_json::to_vec(parameters).map_err(|error| failing.invalid_request(error))?;
        self.transport.explain(&body, failing)
    }

    /// The generated client for one call of `operation`.
    fn wire(&self, operation: &'static Operation) -> generated::wire::Client {
        let Transport { base_url, http, .. } = &*self.transport;
        generated::wire::Client::new_with_client(base_url, http.clone(), Slot::new(&self.transport, operation))
    }
}

impl ClientHooks<Slot> for generated::wire::Client {
    async fn exec(&self, request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
        self.inner.exec(request).await
    }
}
