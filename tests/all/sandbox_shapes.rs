//! Every shape of an answer against every operation of every API: what the caller is told.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use linksfield::openapi::Document;
use linksfield::sandbox::{Effect, Sandbox, Shape, Story};
use linksfield::{Error, ErrorKind, Operation};
use serde_json::Value;

use crate::families::{Caller, documents};
use crate::faults::{Done, Trial, assert_page, hasty, prepared, rows, told};
use crate::support::{client_of, monthly_plan};

struct Shaped {
    /// None is the documented one.
    shape: Option<Shape>,
    http: reqwest::Client,
    /// What each operation brings in the documented shape.
    documented: BTreeMap<&'static str, String>,
}

impl Shaped {
    /// Calls `operation` once: what it brings, and how often it was done if it changes something.
    async fn called(
        &self,
        document: &'static Document,
        operation: &'static Operation,
    ) -> (Result<String, Error>, usize) {
        let (sandbox, parameters) = prepared(document, operation, &self.http).await;
        let before = Done::of(&sandbox);
        if let Some(shape) = self.shape {
            sandbox.tell(Story::new(shape).always()).unwrap();
        }
        let caller = Caller { http: Some(self.http.clone()), ..hasty(Duration::from_secs(30)) };
        let result = caller.call(&sandbox, document, operation, parameters).await;
        let what = format!("{} as {:?}", operation.id, self.shape);
        (result, Done::of(&sandbox).since(before, &what))
    }
}

impl Trial for Shaped {
    async fn outcome(&self, document: &'static Document, operation: &'static Operation) -> (String, usize) {
        let (result, new) = self.called(document, operation).await;
        let what = format!("{} as {:?}", operation.id, self.shape);
        let unknown = result.as_ref().is_err_and(Error::outcome_unknown);
        // A refusal that names nothing, as the documented answer does not, can only be believed.
        let is_lied_to = self.shape == Some(Shape::FailureWithData)
            && result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Refused)
            && ["null", "{}"].contains(&&*self.documented[operation.id]);
        assert!(
            new == 0 || result.is_ok() || unknown || is_lied_to,
            "{what}: it was done, and nobody says so: {result:?}"
        );
        assert!(!(operation.safe_to_retry && unknown), "{what}: a query changes nothing");
        let otherwise = result.as_ref().is_ok_and(|data| *data != self.documented[operation.id]);
        (told(&result.map(drop)) + if otherwise { ", read otherwise" } else { "" }, new)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_shape_hides_that_something_was_done() {
    let mut shaped = Shaped { shape: None, http: reqwest::Client::new(), documented: BTreeMap::new() };
    for document in documents() {
        for operation in document.operations {
            shaped.documented.insert(operation.id, shaped.called(document, operation).await.0.unwrap());
        }
    }
    let mut table = include_str!("sandbox_shapes_head.md").to_owned();
    for shape in Shape::ALL {
        shaped.shape = Some(*shape);
        table += &rows(shape.name(), &shaped).await;
    }
    assert_page("shapes.md", &table);
}

/// The bodies of some answers.
async fn bodies(sandbox: &Sandbox) -> Vec<String> {
    let mut bodies = Vec::new();
    for _ in 0..30 {
        bodies.push(match client_of(sandbox).order_package(&monthly_plan()).response().await {
            Ok(response) => String::from_utf8_lossy(response.raw()).into_owned(),
            Err(error) => String::from_utf8_lossy(error.body().map_or(b"", |body| body)).into_owned(),
        });
    }
    bodies
}

#[tokio::test]
async fn shapes_at_random_are_the_same_for_equal_seeds() -> Result<(), Error> {
    let mut all = Vec::new();
    for seed in [42, 42, 43] {
        let sandbox = Sandbox::start().await?;
        sandbox.set_time(Some(UNIX_EPOCH + Duration::from_secs(4_000_000_000)))?;
        sandbox.tell(Story::new(Effect::any_shape(seed)).always())?;
        all.push(bodies(&sandbox).await);
        assert_eq!((sandbox.order_count(), sandbox.stories_left()), (30, 1), "each is carried out");
    }
    let [first, again, other] = &all[..] else { panic!("three") };
    assert_eq!(first, again);
    assert_ne!(first, other);
    Ok(())
}

#[tokio::test]
async fn a_shape_is_put_on_a_refusal_too_and_its_name_finds_it() -> Result<(), Error> {
    for shape in Shape::ALL {
        assert_eq!(Shape::from_name(shape.name()), Some(*shape));
    }
    assert_eq!(Shape::from_name("none"), None);
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    sandbox.tell(Story::new(Shape::RawLineBreak))?;
    let mut order = monthly_plan();
    order.package_code = "none".into();
    let error = client.order_package(&order).await.unwrap_err();
    assert_eq!(error.message(), Some("no plan has this package_code\n"), "{error}");
    sandbox.tell(Story::new(Shape::Gb18030))?;
    let url = format!("{}/no/such", sandbox.url());
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json; charset=GB18030");
    let bytes = answer.bytes().await.unwrap();
    let (text, _, _) = encoding_rs::GB18030.decode(&bytes);
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["message"], "路径不存在");
    Ok(())
}
