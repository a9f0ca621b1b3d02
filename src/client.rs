//! The client that all API families share: how it is set up, and the call of what it does not know.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::error::Failing;
use crate::family::environment as server;
use crate::family::place::Call;
use crate::family::{Environment, Family};
use crate::hook::Slot;
use crate::openapi::Operation;
use crate::signing::{self, Explanation, TimestampUnit};
use crate::transport::limits::Limits;
use crate::transport::retry::RetryPolicy;
use crate::transport::{Clock, Transport};
use crate::values::Language;

/// Client of one API family. Cheap to clone; clones share connections.
pub struct Client<F> {
    transport: Arc<Transport>,
    family: PhantomData<F>,
}

#[bon::bon]
impl<F: Family> Client<F> {
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
        credentials: F::Credentials,
        /// Which server: one of the family's environments, or the URL of any other.
        #[builder(into)]
        environment: F::Environment,
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
        /// calls, and see an access token. They can't sign calls of the CSSS API: its secret is never sent.
        #[builder(default)]
        allow_plaintext: bool,
        /// An HTTP client of yours, with its own timeouts, proxies and user agent. It must not follow redirects: a signed
        /// body is meant for one server, and an answer of another is an error.
        http_client: Option<reqwest::Client>,
        /// Where the time of requests comes from; the system's clock if not set.
        #[builder(with = |clock: impl Fn() -> SystemTime + Send + Sync + 'static| Arc::new(clock))]
        clock: Option<Clock>,
        /// Unit of the time in requests; that of the documented examples if not set.
        timestamp_unit: Option<TimestampUnit>,
    ) -> Result<Self, Error> {
        server::check(environment.base_url(), allow_plaintext)
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
            environment: Box::new(environment),
            envelope: F::envelope(credentials, timestamp_unit)?,
            language: language.map_err(|_| Error::settings("the language must be a language tag, such as en-US"))?,
            timeout,
            answer_limit,
            retry,
            limits: Limits::new(in_flight, per_second),
            clock: clock.unwrap_or_else(|| Arc::new(SystemTime::now)),
        };
        Ok(Self { transport: Arc::new(transport), family: PhantomData })
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

impl<F: Family> Client<F> {
    /// Calls an operation that this crate does not know: signs `parameters`, POSTs them to `path`, and returns `data`.
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
        let call = Call {
            failing,
            method: Method::POST,
            url: format!("{}{path}", self.transport.base_url()),
            added: F::ADDED,
            parameters: json(parameters, failing)?,
        };
        let accepted = self.transport.exchange(&call).await?;
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
        let parameters = json(parameters, failing)?;
        let call = Call { failing, method: Method::POST, url: String::new(), added: F::ADDED, parameters };
        signing::explain(&self.transport.wrap(&call)?).map_err(|error| failing.invalid_request(error))
    }

    /// For one call of `operation` by the generated client.
    pub(crate) fn slot(&self, operation: &'static Operation) -> Slot {
        Slot::new(&self.transport, operation)
    }

    pub(crate) fn http(&self) -> reqwest::Client {
        self.transport.http.clone()
    }
}

fn json(parameters: &(impl Serialize + ?Sized), failing: Failing<'_>) -> Result<Bytes, Error> {
    serde_json::to_vec(parameters).map(Bytes::from).map_err(|error| failing.invalid_request(error))
}

impl<F> Clone for Client<F> {
    fn clone(&self) -> Self {
        Self { transport: Arc::clone(&self.transport), family: PhantomData }
    }
}

impl<F> fmt::Debug for Client<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("transport", &self.transport).finish()
    }
}
