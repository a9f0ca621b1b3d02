//! A call as a value: what is asked, told more about if need be, and sent when it is awaited.

pub(crate) mod pages;
mod preview;
mod response;
#[cfg(feature = "blocking")]
mod waited;
#[cfg(feature = "cube")]
pub(crate) mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde::de::IgnoredAny;
use tokio::runtime::Handle;

use crate::error::{Cause, Error, Subject, reason};
use crate::openapi::{Operation, operation_at};
use crate::signing::Explanation;
use crate::transport::headers::RESERVED;
use crate::transport::intent::{Intent, Options, Target};
use crate::transport::retry::RetryPolicy;
use crate::transport::{Accepted, Transport};
use crate::values::Language;
pub use pages::Items;
pub use preview::Preview;
pub(crate) use response::Around;
pub use response::Response;

/// Most headers that a call takes.
const HEADERS: usize = 100;

/// One call, which is sent when it is first awaited, and whose output is the answer's data.
///
/// It owns all that it needs: `join!`, `select!`, `spawn`, `buffer_unordered` take it as it is. Before it is awaited it
/// can be told what holds for this call alone.
///
/// ```no_run
/// # async fn f(client: linksfield::csss::Client, open: linksfield::csss::types::OpenPackage) -> Result<(), linksfield::Error> {
/// use std::time::Duration;
///
/// let opened = client.open_package(&open).deadline(Duration::from_secs(20)).await?;
/// let response = client.open_package(&open).response().await?;
/// println!("{} after {} attempts", response.status(), response.attempts());
/// # Ok(()) }
/// ```
///
/// It is awaited in a runtime of Tokio with its timer on. A call that is dropped before it was awaited is not sent. One that
/// is dropped while it is under way is cut off: its request may have been sent, and nobody learns what became of it. Give it a [`deadline`](Self::deadline) instead, whose
/// error says whether the [outcome is unknown](Error::outcome_unknown).
#[must_use = "a call is sent when it is awaited"]
pub struct Call<T> {
    subject: Subject,
    state: State,
    read: Reader<T>,
}

/// How an answer's data becomes a value, given the count beside it.
pub(crate) type Reader<T> = fn(&str, Option<i64>) -> Result<T, serde_json::Error>;

enum State {
    Told(Box<Told>),
    UnderWay(Pin<Box<dyn Future<Output = Result<Accepted, Error>> + Send>>),
    Ended,
}

/// A call that has not begun.
struct Told {
    transport: Arc<Transport>,
    intent: Intent,
    is_raw: bool,
    /// Why it can't be made: the first reason that was met.
    problem: Option<Cause>,
}

impl<T> Call<T> {
    /// A call of `target`, which is raw if the specification does not know it.
    pub(crate) fn new(
        transport: &Arc<Transport>,
        target: Target,
        is_raw: bool,
        parameters: &(impl Serialize + ?Sized),
        read: Reader<T>,
    ) -> Self {
        let (subject, mut json) = (target.subject.clone(), Vec::with_capacity(512));
        let problem = serde_json::to_writer(&mut json, parameters).err().map(Cause::invalid_request);
        let parameters = json;
        let intent = Intent { target, parameters, nonce: fastrand::u64(..), options: Options::default() };
        let told = Told { transport: Arc::clone(transport), intent, is_raw, problem };
        Self { subject, state: State::Told(Box::new(told)), read }
    }

    /// Fails when it is awaited, if there is a problem; nothing is sent then.
    pub(crate) fn checked<E: Into<Box<dyn std::error::Error + Send + Sync>>>(mut self, problem: Result<(), E>) -> Self {
        if let (State::Told(told), Err(problem)) = (&mut self.state, problem) {
            told.problem.get_or_insert(Cause::invalid_request(problem));
        }
        self
    }

    /// With the rules of the operation whose request it is, if it is that of one of these.
    pub(crate) fn known_to(self, operations: &'static [Operation]) -> Self {
        self.with(|told| {
            let placed = told.transport.placed(&told.intent);
            let path = placed.as_ref().map(|placed| told.transport.below(&placed.url));
            told.intent.target.known = path.and_then(|path| operation_at(operations, &told.intent.target.method, path));
        })
    }

    /// With no parameters but the documented ones, if what it does can't be taken back: one that the server does not look for
    /// is none to it, and it may do more without.
    pub(crate) fn documented(self, operation: &'static Operation) -> Self {
        let State::Told(told) = &self.state else { return self };
        if operation.confirm.is_none() {
            return self;
        }
        let is_known = |name: &String| operation.parameters.iter().any(|parameter| parameter.name == name);
        let given = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(&told.intent.parameters);
        let unknown = given.map(|given| given.into_keys().find(|name| !is_known(name)));
        let problem = match unknown {
            Ok(None) => return self,
            Ok(Some(name)) => format!(
                "the parameter {name} is not documented for it, and what it does can't be taken back: leave it out, or send it \
                 by a raw call if Linksfield told you where it belongs: the body, or the query by in_query"
            ),
            Err(error) => format!("its parameters can't be read: {}", reason::of(&error)),
        };
        self.checked(Err(problem))
    }

    /// The operation of the document whose request it is, also of a raw call, however that writes its path: in any case of letters,
    /// percent-encoded or not, with what follows a `;`. None of a call that is not documented, or has begun.
    ///
    /// ```
    /// use linksfield::Credentials;
    /// use linksfield::csss::Client;
    /// use linksfield::http::Method;
    /// use linksfield::serde_json::{Value, json};
    ///
    /// let client = Client::builder().credentials(Credentials::new("P000270", "secret")?).environment("https://host").build()?;
    /// let call = client.call::<Value>(Method::POST, "/package/%6frderPackage", &json!({}));
    /// assert_eq!(call.documented_as().ok_or("it is documented")?.id, "orderPackage");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn documented_as(&self) -> Option<&'static Operation> {
        match &self.state {
            State::Told(told) => told.intent.target.known,
            State::UnderWay(_) | State::Ended => None,
        }
    }

    /// What is told after the call has begun changes nothing any more.
    fn with(mut self, tell: impl FnOnce(&mut Told)) -> Self {
        if let State::Told(told) = &mut self.state {
            tell(told);
        }
        self
    }

    /// Longest time of an attempt, from its start to the end of its answer; what the client has if not told.
    pub fn timeout(self, limit: Duration) -> Self {
        let checked = if limit.is_zero() { Err("its timeout must not be 0: it could not succeed") } else { Ok(()) };
        self.with(|told| told.intent.options.timeout = Some(limit)).checked(checked)
    }

    /// Longest time of all: waiting for the client's limits, attempts, delays between them, and reading the answer; what
    /// the client has if not told.
    ///
    /// It cuts a running attempt short. The error says whether the [outcome is unknown](Error::outcome_unknown), which a
    /// timeout around the call could not.
    pub fn deadline(self, limit: Duration) -> Self {
        self.with(|told| told.intent.options.deadline = Some(limit))
    }

    /// Language of the API's messages; the client's if not told.
    pub fn language(self, language: Language) -> Self {
        match language.header() {
            Ok(tag) => self.with(|told| told.intent.options.language = Some(tag)),
            Err(what) => self.checked(Err(format!("the language {what}"))),
        }
    }

    /// Adds a header. One that the client sets or that is signed makes the call an
    /// [invalid request](crate::ErrorKind::InvalidRequest): nothing is sent.
    pub fn header(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match header(name.as_ref(), value.as_ref()) {
            Ok((name, value)) => {
                let mut count = 0;
                let call = self.with(|told| {
                    count = told.intent.options.headers.len();
                    if count < HEADERS {
                        told.intent.options.headers.append(name, value);
                    }
                });
                call.checked(if count < HEADERS { Ok(()) } else { Err(format!("it has more than {HEADERS} headers")) })
            }
            Err(problem) => self.checked(Err(problem)),
        }
    }

    /// When it is sent again; the client's policy if not told. An operation that is not safe to retry is never sent again
    /// once a byte of it may have left, whatever the policy; but for one that a policy sends again
    /// [within a window](RetryPolicy::within_window).
    pub fn retry(self, policy: RetryPolicy) -> Self {
        let checked =
            if policy.attempts == 0 { Err("its attempts must not be 0: it could not be sent") } else { Ok(()) };
        self.checked(checked).with(|told| told.intent.options.retry = Some(policy))
    }

    /// What has to succeed immediately before each attempt, or nothing is sent.
    #[cfg(feature = "fleet")]
    pub(crate) fn once(self, ready: crate::transport::intent::Ready) -> Self {
        self.with(|told| told.intent.options.ready = Some(ready))
    }

    /// Whether calling twice does no more than calling once. Only for a [raw call](crate::ApiClient::call), which counts as
    /// unsafe unless told. Of a documented operation the specification says it: telling it makes the call an
    /// [invalid request](crate::ErrorKind::InvalidRequest), and so does a raw call that is one which is not safe.
    pub fn safe_to_retry(mut self, safe: bool) -> Self {
        match &mut self.state {
            State::Told(told) if told.is_raw => {
                let known = told.intent.target.known.filter(|known| safe && !known.safe_to_retry);
                if let Some(Operation { id, .. }) = known {
                    let problem = format!("it is {id}, which the document does not call safe to retry: nor can you");
                    return self.checked(Err(problem));
                }
                told.intent.target.subject.safe_to_retry = safe;
                self.subject.safe_to_retry = safe;
                self
            }
            _ => self.checked(Err(
                "whether it is safe to retry is said by the specification, not by the caller: leave it out",
            )),
        }
    }

    /// Puts these parameters into the query, where all others of a call that is no `GET` go into the body. Only for a
    /// [raw call](crate::ApiClient::call). They are signed and sent as those of a `GET`: of Cube a list is one text, its items
    /// joined by commas.
    ///
    /// A name that is none of the parameters, or one whose value is empty, makes the call an
    /// [invalid request](crate::ErrorKind::InvalidRequest), and so does any name where the signature is itself a parameter in
    /// the body and covers those beside it (CSSS, Mall): nothing is sent.
    ///
    /// ```no_run
    /// # #[cfg(feature = "cube")]
    /// # async fn f(client: linksfield::cube::Client) -> Result<(), linksfield::Error> {
    /// use linksfield::http::Method;
    /// use linksfield::serde_json::{Value, json};
    ///
    /// let parameters = json!({ "told": "by Linksfield", "other": 1 });
    /// let data: Value = client.call(Method::PUT, "/path/of/it", &parameters).in_query(["told"]).await?;
    /// # Ok(()) }
    /// ```
    pub fn in_query<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<_> = names.into_iter().map(Into::into).collect();
        let problem = match &self.state {
            State::Told(_) if names.is_empty() => None,
            State::Told(told) if !told.is_raw => {
                Some("what goes into the query is said by the specification, not by the caller: leave it out")
            }
            State::Told(told) if told.intent.target.method != Method::GET && !told.intent.target.added.is_empty() => {
                Some(
                    "its signature stands in the body and covers the parameters beside it, so that none of them can go into the query",
                )
            }
            _ => None,
        };
        self.checked(problem.map_or(Ok(()), Err)).with(|told| told.intent.target.in_query.extend(names))
    }

    /// Says what would be signed if the call were sent now: the first thing to look at when a signature is refused.
    ///
    /// # Errors
    ///
    /// The call can't be signed, or it has begun.
    pub fn explain(&self) -> Result<Explanation, Error> {
        self.ahead(|told| told.transport.explain(&told.intent))
    }

    /// The request as it would be sent now, with what of it is signed, for a person to look at: signatures and tokens are `…`
    /// in it. Nothing is sent.
    ///
    /// ```
    /// use linksfield::Credentials;
    /// use linksfield::csss::{Client, types::OpenPackage};
    ///
    /// let client = Client::builder().credentials(Credentials::new("P000270", "secret")?).environment("https://host").build()?;
    /// let preview = client.open_package(&OpenPackage::builder().order_id("1").build()).preview()?;
    /// assert_eq!(preview.url(), "https://host/package/openPackage");
    /// assert!(preview.body().unwrap().contains(r#""sign":"…""#));
    /// # Ok::<_, linksfield::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The call can't be signed, or it has begun.
    pub fn preview(&self) -> Result<Preview, Error> {
        self.ahead(|told| {
            let (request, signed) = told.transport.preview(&told.intent)?;
            Ok(Preview::new(&request, signed))
        })
    }

    /// What can be said of it before it is sent.
    fn ahead<A>(&self, say: impl FnOnce(&Told) -> Result<A, Cause>) -> Result<A, Error> {
        let said = match &self.state {
            State::Told(told) => told.problem.clone().map_or_else(|| say(told), Err),
            _ => Err(Cause::invalid_request("it has begun, so that what it signs is signed already")),
        };
        said.map_err(|cause| Error::new(self.subject.clone(), 0, cause))
    }

    fn begin(&mut self, told: Told) -> Result<(), Error> {
        match told.problem {
            Some(problem) => Err(Error::new(self.subject.clone(), 0, problem)),
            None if Handle::try_current().is_err() => {
                let cause = Cause::invalid_request(
                    "it must be awaited in a runtime of Tokio; without one, Call::wait of the feature blocking sends it",
                );
                Err(Error::new(self.subject.clone(), 0, cause))
            }
            None => {
                self.state = State::UnderWay(Box::pin(told.transport.exchange(told.intent)));
                Ok(())
            }
        }
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let known = HeaderName::try_from(name).map_err(|_| format!("{name:?} can't be the name of a header"))?;
    if RESERVED.contains(&known) {
        return Err(format!("the header {known} is set by the client: leave it out"));
    }
    let value = HeaderValue::from_str(value)
        .map_err(|_| format!("the value of the header {known} has a character that no header can have"))?;
    Ok((known, value))
}

impl<T> Call<T> {
    /// The whole answer: its data, and the status, headers and bytes around it.
    ///
    /// ```no_run
    /// # async fn f(client: linksfield::csss::Client, all: linksfield::csss::types::SyncAssetInfo) -> Result<(), linksfield::Error> {
    /// let response = client.sync_asset_info(&all).response().await?;
    /// println!("{:?}: {} SIMs", response.message(), response.data().len());
    /// # Ok(()) }
    /// ```
    pub fn response(mut self) -> impl Future<Output = Result<Response<T>, Error>> + Send + Unpin + 'static
    where
        T: 'static,
    {
        poll_fn(move |context| self.poll_response(context))
    }

    fn poll_response(&mut self, context: &mut Context<'_>) -> Poll<Result<Response<T>, Error>> {
        loop {
            let result = match std::mem::replace(&mut self.state, State::Ended) {
                State::Told(told) => match self.begin(*told) {
                    Ok(()) => continue,
                    Err(error) => Err(error),
                },
                State::UnderWay(mut call) => match call.as_mut().poll(context) {
                    Poll::Ready(result) => {
                        result.and_then(|accepted| Response::read(accepted, &self.subject, self.read))
                    }
                    Poll::Pending => {
                        self.state = State::UnderWay(call);
                        return Poll::Pending;
                    }
                },
                State::Ended => Err(Error::new(self.subject.clone(), 0, Cause::Ended)),
            };
            return Poll::Ready(result);
        }
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_response(context).map_ok(Response::into_data)
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("operation", &self.subject.operation).finish_non_exhaustive()
    }
}
