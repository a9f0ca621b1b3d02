//! What kinds of failure there are, and what to look at when one is met.

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection could not be made, or broke.
    ///
    /// # What to look at
    ///
    /// The message names what happened and, where one is between, the proxy. [`source`](std::error::Error::source) has what the HTTP
    /// client and the operating system say. If the [outcome is known](crate::Error::outcome_unknown), nothing was sent:
    /// check the server's URL, the network, and the certificates of the system.
    Transport,
    /// No answer in time.
    ///
    /// # What to look at
    ///
    /// Which time it was: the [timeout](crate::Call::timeout) of an attempt, the [deadline](crate::Call::deadline) of the
    /// call, or the client's time to connect. If the message says that nothing was sent, the client's own limits
    /// (`in_flight`, `per_second`) may have held the call back; look at
    /// [`outcome_unknown`](crate::Error::outcome_unknown) before you call again.
    Timeout,
    /// The API answered with another code than success.
    ///
    /// # What to look at
    ///
    /// [`code`](crate::Error::code) and [`message`](crate::Error::message), which speak of the parameters; of the
    /// Cube API alone codes are documented. If they speak of the signature, print [`Call::explain`](crate::Call::explain).
    Refused,
    /// An answer came, but it can't be read: it is not as documented, cut off, or contradicts itself.
    ///
    /// # What to look at
    ///
    /// The message says what was expected and where, [`body`](crate::Error::body) has the bytes. A call that changes
    /// something may have done so.
    Unreadable,
    /// HTTP 429 without a readable answer: too many calls.
    ///
    /// # What to look at
    ///
    /// [`Error::retry_after`](crate::Error::retry_after) says when to come again, if the server does. The client's `per_second`
    /// and `in_flight` keep below a limit; Linksfield documents that of the Cube API alone.
    RateLimited,
    /// HTTP 401 or 403 without a readable answer: a gateway, or the API, does not know who calls.
    ///
    /// # What to look at
    ///
    /// The credentials, whether they are those of this server, and whether this machine's address is admitted;
    /// [`body`](crate::Error::body) often names who refused. If it was signed by a clock that is five minutes or more from the
    /// server's (its `Date`), the message says how far.
    Unauthorised,
    /// HTTP 404 without a readable answer: the server's URL, or the path, is another's.
    ///
    /// # What to look at
    ///
    /// The server's URL: the paths of the operations are added to it. Of a [raw call](crate::ApiClient::call), the path.
    NotFound,
    /// HTTP 3xx, but 304: the server sends elsewhere, where a signed request must not go.
    ///
    /// # What to look at
    ///
    /// The message says where to. Often it is the same server with `https`, or with another name: set that one.
    Redirect,
    /// HTTP 5xx without a readable answer: the server, or a gateway before it, failed.
    ///
    /// # What to look at
    ///
    /// [`outcome_unknown`](crate::Error::outcome_unknown) first: the API may have done what was asked before it failed.
    /// [`body`](crate::Error::body) and [`headers`](crate::Error::headers) often name the gateway.
    Server,
    /// The client has made as many calls in the last 24 hours as it may; nothing was sent.
    ///
    /// # What to look at
    ///
    /// [`Error::retry_after`](crate::Error::retry_after) says when the next is free. The limit is the client's `per_day`, or what
    /// the API's documentation allows.
    UsedUp,
    /// The request can't be sent as it is; nothing was sent.
    ///
    /// # What to look at
    ///
    /// The message, which names the parameter, the header or the option. The same call fails again, unless the message
    /// speaks of the client's limits or of a thread: that passes.
    InvalidRequest,
    /// The settings of the client are missing or malformed; nothing was sent.
    ///
    /// # What to look at
    ///
    /// The message, which names the setting or the environment variable.
    Settings,
    /// A panic ended a call that was waited for: of what the client calls while it sends, such as its clock.
    ///
    /// # What to look at
    ///
    /// What the panic printed, and where: the client's `clock` and `headers`, a subscriber of `tracing`. Whether
    /// anything was sent before is said by [`outcome_unknown`](crate::Error::outcome_unknown). Of a call that is awaited, the panic
    /// is that of whoever awaits it.
    Panicked,
}
