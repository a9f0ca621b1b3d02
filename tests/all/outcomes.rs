//! What becomes of a call, by the table that the packages of other languages are held against as well.

use std::time::Duration;

use linksfield::sandbox::Sandbox;
use linksfield::{Error, RetryPolicy};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::families::{Caller, documents, example};
use crate::support::{Canned, response};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    api: String,
    operation: String,
    answer: Option<Told>,
    /// What happens where no answer comes.
    instead: Option<String>,
    kind: String,
    code: Option<String>,
    outcome_unknown: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    status: u16,
    body: String,
    content_type: Option<String>,
}

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
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    for case in cases {
        let instead = case.instead.as_deref();
        let url = match (&case.answer, instead) {
            (Some(Told { status, body, content_type }), None) => {
                let media_type = content_type.as_deref().unwrap_or("application/json");
                Canned::raw(response(&format!("{status} x"), media_type, body)).await.url
            }
            (None, Some("cut")) => {
                Canned::raw(response("200 OK", "application/json", "{}").replace("length: 2", "length: 9")).await.url
            }
            (None, Some("closed")) => Canned::raw(String::new()).await.url,
            (None, Some("silent")) => silent.clone(),
            (None, Some("unreachable")) => "http://127.0.0.1:1".to_owned(),
            _ => panic!("{}: an answer or what happens instead", case.name),
        };
        let timeout = Duration::from_secs(if instead == Some("silent") { 1 } else { 30 });
        let caller = Caller { timeout, retry: RetryPolicy::never(), url: Some(url), http: None, time: None };
        let document = documents().into_iter().find(|document| document.name == case.api).unwrap();
        let operation = document.operations.iter().find(|operation| operation.id == case.operation).unwrap();
        let result = caller.call(&sandbox, document, operation, example(operation, "1")).await;
        assert_eq!(said(result), (case.kind, case.code, case.outcome_unknown), "{}", case.name);
    }
}
