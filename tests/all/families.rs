//! The families, for tests that go through every operation of every one.

use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use linksfield::openapi::{DOCUMENTS, Document};
use linksfield::sandbox::{ACCESS_TOKEN, Sandbox};
use linksfield::{ApiClient, Error, Family, Operation, RetryPolicy, esim_qr};
use serde_json::Value;

use crate::mall::partner_code;

/// A module with the generated function `typed`.
macro_rules! typed {
    ($name:ident, $family:path, $file:literal) => {
        mod $name {
            use linksfield::Error;
            use serde_json::Value;
            use $family::{Client, types};
            include!(concat!(env!("OUT_DIR"), "/", $file, ".calls.rs"));
        }
    };
}

typed!(typed_csss, linksfield::csss, "csss");
typed!(typed_cube, linksfield::cube, "cube");
typed!(typed_esim_qr, linksfield::esim_qr, "esim-qr");
typed!(typed_mall, linksfield::mall, "mall");
typed!(typed_payment, linksfield::mall::payment, "payment");
typed!(typed_topup, linksfield::mall::topup, "topup");

/// The documents of what is called, in the order in which they came to be.
pub fn documents() -> Vec<&'static Document> {
    let mut documents: Vec<_> = DOCUMENTS.iter().copied().filter(|document| !document.operations.is_empty()).collect();
    documents.sort_by_key(|document| {
        ["csss", "mall", "payment", "topup", "esim-qr", "cube"].iter().position(|name| *name == document.name)
    });
    documents
}

/// How a test calls.
#[derive(Clone)]
pub struct Caller {
    pub timeout: Duration,
    pub retry: RetryPolicy,
    /// Where the CSSS API is, if not in the sandbox.
    pub url: Option<String>,
    /// What it calls with, if not with a client of its own.
    pub http: Option<reqwest::Client>,
    /// When it calls, if not now.
    pub time: Option<SystemTime>,
}

impl Caller {
    fn client<F: Family>(&self, credentials: F::Credentials, environment: String) -> ApiClient<F>
    where
        F::Environment: From<String>,
    {
        let time = self.time;
        ApiClient::builder()
            .credentials(credentials)
            .environment(self.url.clone().unwrap_or(environment))
            .timeout(self.timeout)
            .retry(self.retry.clone())
            .maybe_http_client(self.http.clone())
            .clock(move || time.unwrap_or_else(SystemTime::now))
            .build()
            .unwrap()
    }

    /// Calls an operation of `document` with its types.
    pub fn call(
        &self,
        sandbox: &Sandbox,
        document: &Document,
        operation: &'static Operation,
        parameters: Value,
    ) -> BoxFuture<'static, Result<String, Error>> {
        match document.name {
            "csss" => {
                let client = self.client(sandbox.credentials().clone(), sandbox.url().to_owned());
                Box::pin(typed_csss::typed(client, operation.id, parameters))
            }
            "mall" => {
                let client = self.client(partner_code(), sandbox.mall_url());
                Box::pin(typed_mall::typed(client, operation.id, parameters))
            }
            "payment" => {
                let client = self.client(partner_code(), sandbox.payment_url());
                Box::pin(typed_payment::typed(client, operation.id, parameters))
            }
            "topup" => {
                let client = self.client(partner_code(), sandbox.topup_url());
                Box::pin(typed_topup::typed(client, operation.id, parameters))
            }
            "esim-qr" => {
                let client = self.client(esim_qr::AccessToken::new(ACCESS_TOKEN).unwrap(), sandbox.esim_qr_url());
                Box::pin(typed_esim_qr::typed(client, operation.id, parameters))
            }
            "cube" => {
                let client = self.client(sandbox.cube_credentials(), sandbox.cube_url());
                Box::pin(typed_cube::typed(client, operation.id, parameters))
            }
            other => panic!("tests/all/families.rs lists no client of {other}"),
        }
    }
}

/// The documented example of an operation, for one SIM where it is for several; `known` stands for the order that is there.
pub fn example(operation: &Operation, known: &str) -> Value {
    let mut example: Value = serde_json::from_str(operation.example).unwrap();
    example.as_object_mut().unwrap().values_mut().filter_map(Value::as_array_mut).for_each(|list| list.truncate(1));
    if let Some(order) = example.get_mut("order_id").filter(|order| **order != "") {
        *order = known.into();
    }
    example
}
