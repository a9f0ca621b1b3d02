//! Calls of every operation for an independent judge between the client and a server: `openapi/tools/contract` sets
//! `LINKSFIELD_CONTRACT_URL` to a proxy, or a mock, that holds each request and answer against the specification.

use std::time::Duration;

use linksfield::csss::Client;
use linksfield::csss::types::OpenPackage;
use linksfield::sandbox::Sandbox;
use linksfield::{Error, RetryPolicy};

use crate::families::{Caller, documents, example};
use crate::support::{client_of, placed};

/// A client of the judge, or of a sandbox of its own; the sandbox lives as long as it is kept.
async fn server() -> (Sandbox, Client, Caller) {
    let sandbox = Sandbox::start().await.unwrap();
    let url = std::env::var("LINKSFIELD_CONTRACT_URL").ok();
    let client = match &url {
        Some(url) => Client::builder().credentials(sandbox.credentials().clone()).environment(&**url).build().unwrap(),
        None => client_of(&sandbox),
    };
    let caller =
        Caller { timeout: Duration::from_secs(30), retry: RetryPolicy::default(), url, http: None, time: None };
    (sandbox, client, caller)
}

#[tokio::test]
async fn every_operation_is_called_and_answered_as_specified() -> Result<(), Error> {
    let (sandbox, client, caller) = server().await;
    client.open_package(&OpenPackage::builder().order_id(placed(&client).await).build()).await?;
    let csss = documents().into_iter().find(|document| document.name == "csss").unwrap();
    for operation in csss.operations {
        let parameters = example(operation, placed(&client).await.as_str());
        caller.call(&sandbox, csss, operation, parameters).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_answered_as_specified() {
    let (_sandbox, client, _) = server().await;
    let error = client.open_package(&OpenPackage::builder().order_id("no such order").build()).await.unwrap_err();
    assert_eq!((error.code(), error.status()), (Some("SANDBOX-UNKNOWN-ORDER"), Some(200)));
}
