//! What becomes of a call, by the table that the packages of other languages are held against as well.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use linksfield::sandbox::Sandbox;
use linksfield::{Error, RetryPolicy};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::cube;
use crate::families::{Caller, documents, example};
use crate::support::{Canned, client_at, response};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    api: String,
    operation: String,
    /// Those that the call can't be made without; the documented example has them.
    #[serde(default)]
    parameters: serde_json::Map<String, Value>,
    answer: Option<Told>,
    /// What happens where no answer comes.
    instead: Option<String>,
    kind: String,
    code: Option<String>,
    message: Option<String>,
    /// The id that an accepted answer names.
    order_id: Option<String>,
    outcome_unknown: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    status: u16,
    /// The body, or its bytes in hexadecimal digits if it is not UTF-8.
    body: Option<String>,
    bytes: Option<String>,
    content_type: Option<String>,
    content_encoding: Option<String>,
}

impl Told {
    fn response(&self) -> Vec<u8> {
        let digit = |at: usize| self.bytes.as_deref().and_then(|bytes| bytes.get(at..at + 2));
        let bytes = (0..).step_by(2).map_while(digit).map(|digits| u8::from_str_radix(digits, 16).unwrap());
        let body = self.body.clone().map_or_else(|| bytes.collect(), String::into_bytes);
        let media_type = self.content_type.as_deref().unwrap_or("application/json");
        let head = response(&format!("{} x", self.status), media_type, "");
        let encoding = self.content_encoding.as_ref().map(|name| format!("content-encoding: {name}\r\n"));
        let fields = format!("length: {}\r\n{}", body.len(), encoding.unwrap_or_default());
        [head.replace("length: 0\r\n", &fields).into_bytes(), body].concat()
    }
}

/// Whether a request says how long its body is, and has one of JSON that is as long.
fn is_whole(request: &str) -> bool {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let length = format!("content-length: {}", body.len());
    head.to_lowercase().lines().any(|line| line == length) && serde_json::from_str::<Value>(body).unwrap().is_object()
}

/// A server that takes connections and says the same to whatever comes first, or nothing and holds them.
async fn deaf(said: Option<&'static [u8]>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]).await;
            match said {
                Some(said) => stream.write_all(said).await.unwrap(),
                None => held.push(stream),
            }
        }
    });
    (address, count)
}

/// What a server that knows no TLS says to who begins it: a fatal alert.
const ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 40];

/// What a case says of a call, as the table writes it.
fn said(result: Result<String, Error>) -> (String, Option<String>, bool) {
    let Err(error) = result else { return ("accepted".to_owned(), None, false) };
    let kind = format!("{:?}", error.kind());
    let snake = kind.chars().flat_map(|letter| {
        let is_inner = letter.is_uppercase() && !kind.starts_with(letter);
        is_inner.then_some('_').into_iter().chain(letter.to_lowercase())
    });
    (snake.collect(), error.code().map(str::to_owned), error.outcome_unknown())
}

#[tokio::test]
async fn the_table_that_other_languages_share_says_what_becomes_of_a_call() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../openapi/outcomes.json")).unwrap();
    assert!(cases.len() >= 30);
    let sandbox = Sandbox::start().await.unwrap();
    for case in cases {
        let instead = case.instead.as_deref();
        let cut = || response("200 OK", "application/json", "{}").replace("length: 2", "length: 9").into_bytes();
        let bytes = match (&case.answer, instead) {
            (Some(told), None) => Some(told.response()),
            (None, Some("cut")) => Some(cut()),
            (None, Some("closed")) => Some(Vec::new()),
            (None, Some("silent" | "no_tls" | "unreachable")) => None,
            _ => panic!("{}: an answer or what happens instead", case.name),
        };
        let canned = match bytes {
            Some(bytes) => Some(Canned::bytes(bytes).await),
            None => None,
        };
        let (address, connections) = deaf((instead == Some("no_tls")).then_some(ALERT)).await;
        let url = match (&canned, instead) {
            (Some(canned), _) => canned.url.clone(),
            (None, Some("no_tls")) => format!("https://{address}"),
            (None, Some("silent")) => format!("http://{address}"),
            (None, _) => "http://127.0.0.1:1".to_owned(),
        };
        let timeout = Duration::from_secs(if instead == Some("silent") { 1 } else { 30 });
        let caller = Caller { timeout, retry: RetryPolicy::never(), url: Some(url), http: None, time: None };
        let document = documents().into_iter().find(|document| document.name == case.api).unwrap();
        let operation = document.operations.iter().find(|operation| operation.id == case.operation).unwrap();
        let mut parameters = example(operation, "1");
        parameters.as_object_mut().unwrap().extend(case.parameters);
        let result = caller.call(&sandbox, document, operation, parameters).await;
        let requests = canned.as_ref().map(Canned::requests);
        let sent = requests.as_ref().map_or_else(|| connections.load(Ordering::SeqCst), Vec::len);
        assert_eq!(sent, usize::from(instead != Some("unreachable")), "{}: sent once", case.name);
        assert!(requests.iter().flatten().all(|request| is_whole(request)), "{}: its body arrived", case.name);
        if let Some(message) = case.message {
            assert_eq!(result.as_ref().unwrap_err().message(), Some(&*message), "{}", case.name);
        }
        if let Some(id) = case.order_id {
            assert!(result.as_ref().unwrap().contains(&id), "{}: {result:?}", case.name);
        }
        assert_eq!(said(result), (case.kind, case.code, case.outcome_unknown), "{}", case.name);
    }
}

#[tokio::test]
async fn a_success_is_believed_without_types_as_it_is_with_them() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../openapi/outcomes.json")).unwrap();
    let said_success = |case: &Case| matches!(&*case.kind, "accepted" | "unreadable");
    for case in cases.into_iter().filter(said_success) {
        let Some(told) = &case.answer else { continue };
        let server = Canned::bytes(told.response()).await;
        let document = documents().into_iter().find(|document| document.name == case.api).unwrap();
        let operation = document.operations.iter().find(|operation| operation.id == case.operation).unwrap();
        let parameters = example(operation, "1");
        let data: Result<Value, Error> = match document.name {
            "csss" => client_at(&server.url).perform(operation, &parameters).await,
            "cube" => cube::client_at(&server.url).perform(operation, &parameters).await,
            _ => continue,
        };
        let result = data.map(|data| data.to_string());
        assert_eq!(said(result), (case.kind, case.code, case.outcome_unknown), "{}", case.name);
    }
}
