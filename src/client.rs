//! The client that all API families share: how it is set up, and the call of what it does not know.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method};
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call::pages::Page;
use crate::call::{Call, Items};
use crate::error::tls::hopeless;
use crate::error::{Error, Subject, innermost};
use crate::family::environment::{from_env, parse};
use crate::family::place::check;
use crate::family::variable::{both, language};
use crate::family::{Environment, Family};
use crate::openapi::{Operation, Placing};
use crate::transport::connect::{check_proxy, http_client, proxy};
use crate::transport::headers::Added;
use crate::transport::intent::Target;
use crate::transport::limits::Limits;
use crate::transport::retry::RetryPolicy;
use crate::transport::window::Recent;
use crate::transport::{Clock, Transport};
use crate::values::read::Read;
use crate::values::{Language, exact};

/// Client of one API family. Cheap to clone; clones share connections.
///
/// A family is chosen by its module ([`csss::Client`](crate::csss::Client)), which has a method for each of its operations.
pub struct ApiClient<F> {
    transport: Arc<Transport>,
    family: PhantomData<F>,
}

#[bon::bon]
impl<F: Family> ApiClient<F> {
    /// Sets up a client.
    ///
    /// ```
    /// use linksfield::Credentials;
    /// use linksfield::csss::Client;
    ///
    /// let client = Client::builder()
    ///     .credentials(Credentials::new("P000270", "your secret")?)
    ///     .environment("https://the-server-that-linksfield-gave-you")
    ///     .build()?;
    /// # Ok::<_, linksfield::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The URL can't be a server's or is not https, the language is no language tag, what the environment names as a proxy
    /// is none, a time or a number is 0 with which no
    /// call could succeed, the HTTP client can't be set up, or `connect_timeout` was set for an HTTP client of yours, which
    /// has its own.
    #[builder(builder_type = ClientBuilder, state_mod(vis = "pub", name = client_builder))]
    pub fn new(
        /// What this family alone can be told, by methods of its own.
        #[builder(field)]
        settings: F::Settings,
        /// Who calls.
        credentials: F::Credentials,
        /// Which server: one of the family's environments, or the URL of any other.
        #[builder(into)]
        environment: F::Environment,
        /// Language of the API's messages. Without it the API answers in simplified Chinese, and the Cube API in English.
        language: Option<Language>,
        /// Longest time to connect. 10 seconds if not set.
        connect_timeout: Option<Duration>,
        /// Longest time from the start of an attempt to the end of its answer. If not set, 60 seconds, or what an HTTP
        /// client of yours has.
        timeout: Option<Duration>,
        /// Longest time of a call: waiting for the limits, attempts, delays between them, and reading the answer; any if not
        /// set. A call can be [told its own](Call::deadline).
        deadline: Option<Duration>,
        /// Most bytes of an answer; 8 MiB if not set. A longer one is not read to its end.
        #[builder(default = 8 * 1024 * 1024)]
        answer_limit: usize,
        /// Most requests that this client and its clones have in flight; what the API's documentation allows if not set, or
        /// any number. The others wait.
        in_flight: Option<u32>,
        /// Most requests a second of this client and its clones, spread evenly; what the API's documentation allows if not
        /// set, or any number.
        per_second: Option<u32>,
        /// Most requests of this client and its clones in any 24 hours; what the API's documentation allows if not set, or any
        /// number. Those beyond fail.
        per_day: Option<u32>,
        /// When a call is sent again.
        #[builder(default)]
        retry: RetryPolicy,
        /// Whether to call a server other than this machine without TLS. Others on the way can then read and replace
        /// calls, and see an access token. They can't sign calls of the CSSS API: its secret is never sent.
        ///
        /// This machine is `localhost`, 127.0.0.0/8 and `[::1]`. Names such as `api.localhost` and `localhost.`, 0.0.0.0 and
        /// `[::]` are not: where they lead is the system's matter.
        #[builder(default)]
        allow_plaintext: bool,
        /// An HTTP client of yours, with its own timeouts, proxies and user agent. It must not follow redirects (a
        /// signed body is meant for one server, and an answer of another is an error), and must be told
        /// `retry(reqwest::retry::never())`: what it sends again by itself is not known here, so that each of its errors leaves
        /// the outcome of an order unknown. For a server on this machine, tell it
        /// [`no_proxy`](reqwest::ClientBuilder::no_proxy), as this crate's own is told: a proxy that the environment
        /// names would get the calls, in plaintext.
        http_client: Option<reqwest::Client>,
        /// Where the time of requests comes from; the system's clock if not set.
        #[builder(with = |clock: impl Fn() -> SystemTime + Send + Sync + 'static| Arc::new(clock))]
        clock: Option<Clock>,
        /// Adds headers to each request, such as the context of a trace: called for each attempt, inside the span of the
        /// call. The map that it gets is empty. What the client sets or signs, and what a [call was told](Call::header),
        /// is not replaced.
        #[builder(with = |headers: impl Fn(&mut HeaderMap) + Send + Sync + 'static| Arc::new(headers))]
        headers: Option<Added>,
    ) -> Result<Self, Error> {
        let base = parse(environment.base_url(), allow_plaintext);
        let base = base.map_err(|what| Error::settings(format!("the server's URL {what}")))?;
        let times = [("connect_timeout", connect_timeout), ("timeout", timeout), ("deadline", deadline)];
        let times = times.into_iter().filter(|(_, time)| *time == Some(Duration::ZERO)).map(|(name, _)| name);
        let numbers = [
            ("in_flight", in_flight),
            ("per_second", per_second),
            ("per_day", per_day),
            ("attempts", Some(retry.attempts)),
        ];
        let numbers = numbers.into_iter().filter(|(_, number)| *number == Some(0)).map(|(name, _)| name);
        let limit = (answer_limit == 0).then_some("answer_limit");
        if let Some(name) = times.chain(numbers).chain(limit).next() {
            return Err(Error::settings(format!("{name} must not be 0: no call could succeed")));
        }
        let is_foreign = http_client.is_some();
        let kept = F::QUOTA.in_flight.map(|quota| in_flight.unwrap_or(quota));
        #[cfg(feature = "blocking")]
        let waited = match &http_client {
            Some(http) => http.clone(),
            None => http_client_of_ours(&base, connect_timeout, kept)?,
        };
        let (http, proxy, timeout) = match (http_client, connect_timeout) {
            (Some(_), Some(_)) => {
                return Err(Error::settings("connect_timeout can't change your own http_client: set it there"));
            }
            (Some(http), None) => (http, None, timeout),
            (None, limit) => {
                check_proxy(&base).map_err(Error::settings)?;
                (http_client_of_ours(&base, limit, kept)?, proxy(&base), timeout.or(Some(Duration::from_secs(60))))
            }
        };
        let language = language.map(|language| language.header()).transpose();
        let language = language.map_err(|what| Error::settings(format!("the language {what}")))?;
        let scheme = F::scheme(credentials, settings)?;
        let transport = Transport {
            http,
            #[cfg(feature = "blocking")]
            waited,
            is_foreign,
            proxy: proxy.map(Into::into),
            base,
            doubt: scheme.doubt_elsewhere().filter(|_| !environment.is_documented()),
            scheme,
            language,
            timeout,
            deadline,
            answer_limit,
            retry,
            limits: Limits::new(in_flight.or(F::QUOTA.in_flight), per_second.or(F::QUOTA.per_second))
                .per_day(per_day.or(F::QUOTA.per_day)),
            recent: Recent::default(),
            clock: clock.unwrap_or_else(|| Arc::new(SystemTime::now)),
            headers,
        };
        Ok(Self { transport: Arc::new(transport), family: PhantomData })
    }
}

fn http_client_of_ours(
    base: &Url,
    connect_timeout: Option<Duration>,
    connections: Option<u32>,
) -> Result<reqwest::Client, Error> {
    let kept = connections.and_then(|connections| usize::try_from(connections).ok()).unwrap_or(usize::MAX);
    http_client(base)
        .pool_max_idle_per_host(kept)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect_timeout.unwrap_or(Duration::from_secs(10)))
        .build()
        .map_err(|error| {
            let why = hopeless(&error).map_or_else(|| innermost(&error), str::to_owned);
            Error::settings(format!("the HTTP client can't be set up: {why}"))
        })
}

impl<F: Family, S: client_builder::State> ClientBuilder<F, S> {
    pub(crate) fn with_settings(mut self, change: impl FnOnce(&mut F::Settings)) -> Self {
        change(&mut self.settings);
        self
    }
}

impl<F: Family<Environment: From<String>>> ApiClient<F> {
    /// A client of the server that `url_variable` names, with what the environment says for any family.
    pub(crate) fn of_environment(
        credentials: Result<F::Credentials, Error>,
        url_variable: &str,
    ) -> Result<Self, Error> {
        let all = both(both(credentials, from_env(url_variable)), both(F::settings_from_env(), language()));
        let ((credentials, (url, allows_plaintext)), (told, language)) = all?;
        let client = Self::builder().with_settings(|settings| *settings = told).credentials(credentials);
        client.environment(url).allow_plaintext(allows_plaintext).maybe_language(language).build()
    }
}

impl<F: Family> ApiClient<F> {
    /// A call of an operation that this crate does not know: signs `parameters` and sends them to `path` below the server's
    /// URL. `{name}` in the path stands for the parameter of that name. All others go into the query of a `GET`, and into the
    /// body of any other, but for those that [`in_query`](Call::in_query) names; a path that has a query of its own is refused.
    ///
    /// `T` is [`serde_json::Value`] or a type of yours. What the operation does is not known here, so that
    /// [`Error::outcome_unknown`] assumes that it changes something, unless [told otherwise](Call::safe_to_retry). A request that
    /// is that of a documented operation, however its path is written, [is known to be](Call::documented_as): it can't be told to be
    /// safe where the document does not say so, and equal calls are warned of as those of the method are.
    ///
    /// A parameter that the server does not look for where you put it is none to it, and some operations do more without:
    /// Cube's `PUT /sims/{sim_id}/cancel` ends every plan of a SIM where it does not find an `order_id`, and whether that
    /// belongs into the query or the body is not documented. Ask Linksfield before you send such a call: it goes into the body
    /// unless [`in_query`](Call::in_query) names it.
    ///
    /// ```no_run
    /// # async fn f(client: linksfield::csss::Client) -> Result<(), linksfield::Error> {
    /// use linksfield::http::Method;
    /// use linksfield::serde_json::{Value, json};
    ///
    /// let parameters = json!({ "device_id": "89852022018041800192" });
    /// let data: Value = client.call(Method::POST, "/device/queryDevice", &parameters).safe_to_retry(true).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        parameters: &(impl Serialize + ?Sized),
    ) -> Call<T> {
        let target = Target {
            subject: Subject { operation: path.to_owned().into(), safe_to_retry: false },
            method,
            path: path.to_owned().into(),
            added: F::ADDED,
            fields: &[],
            own_order_ids: &[],
            order_ids: F::ORDER_IDS,
            must_name_order: false,
            total_count: None,
            placing: Placing::RAW,
            in_query: Vec::new(),
            known: None,
            is_described: false,
            no_data: "null",
        };
        let call = Call::new(&self.transport, target, true, parameters, |json, _| exact::read(json));
        call.checked(check(path)).known_to(F::OPERATIONS)
    }

    /// A call of any documented operation of this family, by its row in the table: what a program needs that goes through
    /// all of them. The family's methods do the same with types.
    ///
    /// ```no_run
    /// # async fn f(client: linksfield::csss::Client) -> Result<(), linksfield::Error> {
    /// use linksfield::csss::OPERATIONS;
    /// use linksfield::serde_json::{self, Value};
    ///
    /// for operation in OPERATIONS.iter().filter(|operation| operation.safe_to_retry) {
    ///     let parameters: Value = serde_json::from_str(operation.example).unwrap_or_default();
    ///     println!("{}: {:?}", operation.id, client.perform::<Value>(operation, &parameters).await);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn perform<T: DeserializeOwned>(
        &self,
        operation: &'static Operation,
        parameters: &(impl Serialize + ?Sized),
    ) -> Call<T> {
        let known = F::OPERATIONS.contains(operation);
        let problem = || format!("{} is no operation of this client's API", operation.id);
        let target = Target::new(operation, F::ORDER_IDS);
        let call = Call::new(&self.transport, target, false, parameters, |json, _| exact::read(json));
        call.checked(if known { Ok(()) } else { Err(problem()) }).documented(operation)
    }

    /// The server's URL, and who calls it.
    #[cfg(any(feature = "cube", feature = "fleet"))]
    pub(crate) fn caller(&self) -> (&str, &str) {
        (self.transport.base.as_str(), self.transport.scheme.account())
    }

    /// The items that any paged operation of this family lists, by its row in the table, from the page that `parameters` name
    /// to the last: see [`Items`]. None of an operation that is not [paged](Operation::pages).
    ///
    /// ```no_run
    /// # async fn f(client: linksfield::csss::Client) -> Result<(), linksfield::Error> {
    /// use linksfield::csss::OPERATIONS;
    /// use linksfield::serde_json::json;
    ///
    /// for operation in OPERATIONS {
    ///     if let Some(items) = client.perform_items(operation, json!({ "page_no": 1, "page_size": 50 })) {
    ///         println!("{}: {} items", operation.id, items.into_vec().await?.len());
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn perform_items(&self, operation: &'static Operation, parameters: Value) -> Option<Items<Value>> {
        let pages = operation.pages?;
        let asked = |name: &str, default| parameters.get(name).and_then(Value::as_i64).unwrap_or(default);
        let (first, size) = (asked(pages.number, 1), asked(pages.size, 0));
        let client = self.clone();
        let ask = move |page: i64| {
            let mut parameters = parameters.clone();
            if let Some(fields) = parameters.as_object_mut() {
                fields.insert(pages.number.to_owned(), page.into());
            }
            client.perform::<Value>(operation, &parameters).response()
        };
        Some(Items::new(operation, first, size, ask, move |data, around| Page::of_row(operation, pages, &data, around)))
    }

    /// A call of an operation with the types of its document.
    pub(crate) fn ask<T: Read>(
        &self,
        operation: &'static Operation,
        parameters: &(impl Serialize + ?Sized),
    ) -> Call<T> {
        let read = |json: &str, count| T::read(json).map(|data| data.counted(count));
        Call::new(&self.transport, Target::new(operation, F::ORDER_IDS), false, parameters, read)
    }
}

impl<F> Clone for ApiClient<F> {
    fn clone(&self) -> Self {
        Self { transport: Arc::clone(&self.transport), family: PhantomData }
    }
}

impl<F> fmt::Debug for ApiClient<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient").field("transport", &self.transport).finish()
    }
}
