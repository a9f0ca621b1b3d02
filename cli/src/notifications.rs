//! What Linksfield sends: received here, verified, printed and handed on to a program of yours; and samples of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use linksfield::connect;
use linksfield::notification::{Callback, Rejection, Signer, Verified, Verifier};
use linksfield::reqwest::{Client, Url};
use linksfield::sandbox::READ_TIMEOUT;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::command::{from_profile, printing};
use crate::exit::{Exit, Failure, Result, unanswered};
use crate::interrupt::Signals;
use crate::output::{self, Printer};
use crate::perform::{printer, wanted};
use crate::setting::{Part, account, secret};
use crate::{arguments, settings, tell};

/// Who signs notifications.
pub const PART: Part = Part {
    name: "notifications",
    settings: &[
        account("key_id", "LINKSFIELD_NOTIFICATION_KEY_ID", "id of the notification key"),
        secret("key", "LINKSFIELD_NOTIFICATION_KEY", "notification key"),
    ],
};

/// What fails is sent again for so long, and need not be signed anew.
const RESENT: Duration = Duration::from_secs(24 * 3600);

/// How long a program may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn commands() -> [Command; 2] {
    let profile = from_profile("Take the key from this profile");
    let kinds = || PossibleValuesParser::new(Callback::ALL.iter().map(|callback| kind(*callback)));
    let listen = Command::new("listen")
        .about("Receive notifications: verify, print and forward them")
        .long_about(
            "Receive notifications: verify and print them, and forward them to a program of yours.\n\nWhat is not signed by your notification key is refused with 401, and is neither printed nor forwarded. \
             What is forwarded has the very bytes of the body, the signature's headers and the content type, so that your program can verify it too; the status of its \
             answer goes back to Linksfield. Where it can't be reached that is 502, where it can be neither printed nor forwarded 503, and Linksfield sends the notification again. It ends where nobody \
             reads what it prints, unless it forwards. Told to end, it answers what has come whole, for up to 20 seconds; told again, it ends at once.",
        )
        .after_help(format!("{}\n\nExample:\n  linksfield listen --forward-to http://127.0.0.1:3000/hooks", PART.help()))
        .arg(
            Arg::new("address")
                .long("address")
                .value_name("ADDRESS:PORT")
                .value_parser(value_parser!(SocketAddr))
                .default_value("127.0.0.1:8788")
                .help("Where to listen; port 0 takes a free one"),
        )
        .arg(
            Arg::new("forward-to")
                .long("forward-to")
                .value_name("URL")
                .value_parser(url)
                .help("Where to forward them; a query with which one came is added to that of the URL"),
        )
        .arg(Arg::new("kind").long("kind").value_name("KIND").value_parser(kinds()).help(
            "What comes to this address, where bodies do not tell: only those of SMS and of plan warnings do",
        ))
        .args(profile.clone())
        .args(printing());
    let trigger = Command::new("trigger")
        .about("Send a signed sample of a notification to a program of yours")
        .long_about(
            "Send a signed sample of a notification to a program of yours.\n\nIts body is the one that the documentation prints. Where it prints none, the fields are made up, begin with \
             SANDBOX-, and say so: what Linksfield sends has others.",
        )
        .after_help(format!("{}\n\nExample:\n  linksfield trigger sms-received --to http://127.0.0.1:8788", PART.help()))
        .arg(Arg::new("kind").value_name("KIND").required(true).value_parser(kinds()).help("Which notification"))
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("URL")
                .required(true)
                .value_parser(url)
                .help("Where to send it"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .value_name("FILE")
                .help("Read the body from a file, or from standard input if it is -, instead"),
        )
        .args(profile);
    [listen, trigger]
}

/// A kind of notification, as a word of a command line.
fn kind(callback: Callback) -> String {
    let name = callback.name().chars();
    name.flat_map(|letter| letter.is_uppercase().then_some('-').into_iter().chain(letter.to_lowercase())).collect()
}

fn callback(matches: &ArgMatches) -> Option<Callback> {
    let asked = matches.get_one::<String>("kind")?;
    Callback::ALL.iter().copied().find(|callback| kind(*callback) == *asked)
}

/// What each request is handled with.
struct Listener {
    verifier: Verifier,
    printer: Printer,
    forward: Option<(Client, Url)>,
    /// Whether it was told to end, or nobody reads what it prints and nothing else is to be done.
    is_ending: watch::Sender<bool>,
}

pub async fn listen(matches: &ArgMatches) -> Result {
    let given = settings::read(PART, &wanted(matches)).await?;
    let verifier = Verifier::builder().key(given.value("key_id"), given.value("key")).tolerance(RESENT);
    let verifier = verifier.maybe_expecting(callback(matches)).build();
    let forward =
        matches.get_one::<Url>("forward-to").map(|url| Ok::<_, Failure>((http(url)?, url.clone()))).transpose()?;
    let listener =
        Listener { verifier, printer: printer(matches, true)?, forward, is_ending: watch::Sender::new(false) };
    let listener = Arc::new(listener);
    let Some(address) = matches.get_one::<SocketAddr>("address") else { return Ok(()) };
    let cannot = |error: std::io::Error| Failure::new(Exit::Other, format!("it can't listen on {address}: {error}"));
    let socket = TcpListener::bind(address).await.map_err(cannot)?;
    tell(&format!("listening on http://{}", socket.local_addr().map_err(cannot)?));
    served(socket, listener, Signals::new()).await.map_err(cannot)
}

/// Serves until it is to end, and then on for what has come whole, for a while.
async fn served(socket: TcpListener, listener: Arc<Listener>, mut signals: Signals) -> std::io::Result<()> {
    let (receiver, mut is_ending) = (Arc::clone(&listener), listener.is_ending.subscribe());
    let app = Router::new().fallback(move |request| receive(Arc::clone(&receiver), request));
    let mut end = is_ending.clone();
    let end = async move { drop(end.wait_for(|ending| *ending).await) };
    let mut served = axum::serve(socket, app).with_graceful_shutdown(end).into_future();
    tokio::select! {
        ended = &mut served => return ended,
        () = signals.next() => drop(listener.is_ending.send_replace(true)),
        _ = is_ending.wait_for(|ending| *ending) => {}
    }
    tokio::select! {
        ended = served => ended,
        () = signals.again() => {
            tell("what was not answered is lost here: Linksfield sends it again");
            Ok(())
        }
    }
}

/// The URL of a program of the caller's: `localhost:3000` would be one of the scheme `localhost`.
fn url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or("it must begin with http:// or https://, such as http://localhost:3000")
}

/// A client of the caller's own program.
fn http(url: &Url) -> Result<Client> {
    let http = connect::http_client(url).timeout(PATIENCE).build();
    http.map_err(|error| Failure::settings(format!("nothing can be sent: {error}")))
}

/// Verifies, prints and forwards a request, in a task of its own: a sender who hangs up does not cut it off.
async fn receive(listener: Arc<Listener>, request: Request<Body>) -> Response {
    if request.method() != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")]).into_response();
    }
    let (head, body) = request.into_parts();
    let body = match listener.whole(body).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let task = async move {
        match listener.verifier.verify(&head.headers, &body, SystemTime::now()) {
            Ok(verified) => listener.accepted(&verified, &head.headers, head.uri.query()).await,
            Err(rejection) => refused(&rejection),
        }
    };
    tokio::spawn(task).await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn refused(rejection: &Rejection) -> Response {
    tell(&format!("refused: {rejection}"));
    (rejection.status(), rejection.answer()).into_response()
}

impl Listener {
    /// A body that comes in time, as the sandbox waits for one, and before it is to end.
    async fn whole(&self, body: Body) -> Result<Bytes, StatusCode> {
        let refused = |status, why: &str| {
            tell(&format!("refused: {why}"));
            Err(status)
        };
        let mut is_ending = self.is_ending.subscribe();
        tokio::select! {
            biased;
            read = timeout(READ_TIMEOUT, to_bytes(body, self.verifier.body_limit())) => match read {
                Ok(Ok(body)) => Ok(body),
                Ok(Err(_)) => refused(StatusCode::BAD_REQUEST, "the body is too large, or was cut off"),
                Err(_) => refused(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
            },
            _ = is_ending.wait_for(|ending| *ending) => refused(StatusCode::SERVICE_UNAVAILABLE, "the body had not come when it was told to end"),
        }
    }

    async fn accepted(&self, verified: &Verified, headers: &HeaderMap, query: Option<&str>) -> Response {
        let printed = self.print(verified);
        if let Err(failure) = &printed {
            tell(&format!("not printed: {}", failure.message));
        }
        match (&self.forward, printed) {
            (Some((http, url)), _) => forward(http, with_query(url, query), verified, headers).await,
            (None, Ok(())) => StatusCode::OK.into_response(),
            (None, Err(failure)) => {
                if failure.exit == Exit::Done {
                    self.is_ending.send_replace(true);
                }
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }

    fn print(&self, verified: &Verified) -> Result {
        // Numbers with more digits than others keep become texts when it is printed.
        let body = serde_json::from_slice(&verified.body).unwrap_or(Value::Null);
        let kind = verified.event.callback().map(kind);
        let signed = verified.signed_at.and_then(|at| jiff::Timestamp::try_from(at).ok()).map(|at| at.to_string());
        let told = json!({ "kind": kind, "delivery": verified.delivery_id, "signed_at": signed, "body": body });
        match self.printer.item(told)? {
            Some(item) if self.printer.is_streaming() => output::print(&output::line(&item)),
            Some(item) => self.printer.value(&item, None),
            None => Ok(()),
        }
    }
}

/// The URL, and behind its own query that with which the notification came.
fn with_query(url: &Url, query: Option<&str>) -> Url {
    let mut url = url.clone();
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        let whole = url.query().map_or_else(|| query.to_owned(), |own| format!("{own}&{query}"));
        url.set_query(Some(&whole));
    }
    url
}

/// Hands the very bytes on, and gives back how they were taken.
async fn forward(http: &Client, url: Url, verified: &Verified, headers: &HeaderMap) -> Response {
    let is_signed = |name: &HeaderName| name.as_str().starts_with("x-lf-") || *name == CONTENT_TYPE;
    let kept = headers.iter().filter(|(name, _)| is_signed(name)).map(|(name, value)| (name.clone(), value.clone()));
    let request = http.post(url).headers(kept.collect()).body(verified.body.clone());
    match request.send().await {
        Ok(answer) => {
            let status = answer.status();
            if !status.is_success() {
                tell(&format!("your program answered HTTP {}", status.as_u16()));
            }
            let after = answer.headers().get(RETRY_AFTER).map(|after| [(RETRY_AFTER, after.clone())]);
            (status, after.map(HeaderMap::from_iter).unwrap_or_default()).into_response()
        }
        Err(error) => {
            tell(&format!("not forwarded: {}", unanswered("the forwarding", error)));
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

pub async fn trigger(matches: &ArgMatches) -> Result {
    let given = settings::read(PART, &wanted(matches)).await?;
    let (Some(callback), Some(url)) = (callback(matches), matches.get_one::<Url>("to")) else { return Ok(()) };
    let signer = Signer::new(given.value("key_id"), given.value("key"));
    let cannot = |rejection: Rejection| Failure::usage(format!("it can't be signed: {rejection}"));
    let mut sample = signer.sample(callback).map_err(cannot)?;
    if let Some(file) = matches.get_one::<String>("json") {
        sample.body = arguments::read("--json", file)?.into_bytes();
        sample.headers.extend(signer.headers(&sample.body, SystemTime::now()).map_err(cannot)?);
    }
    let answer = http(url)?.post(url.clone()).headers(sample.headers).body(sample.body).send().await;
    let answer = answer.map_err(|error| {
        let exit = if error.is_connect() { Exit::NothingSent } else { Exit::Other };
        Failure::new(exit, unanswered("the notification", error).to_string())
    })?;
    match answer.status() {
        status if status.is_success() => output::print(&format!("HTTP {}\n", status.as_u16())),
        status => Err(Failure::new(Exit::Refused, format!("it answered HTTP {}", status.as_u16()))),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::output::Format;

    /// The clock runs ahead while nothing happens.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_408() {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let verifier = Verifier::builder().key("an id", "a key").build();
        let printer = Printer { format: Format::JsonLines, query: None };
        let is_ending = watch::Sender::new(false);
        let listener = Arc::new(Listener { verifier, printer, forward: None, is_ending });
        tokio::spawn(served(socket, listener, Signals::new()));
        let mut sender = TcpStream::connect(address).await.unwrap();
        let head = "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{";
        sender.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        sender.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
}
