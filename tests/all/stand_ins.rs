//! A service that is tested without any server: the client stands behind a trait of its own, and a stand-in makes errors.

use std::io;

use linksfield::csss::Client;
use linksfield::csss::types::{OpenPackage, OpenPackageOutput, OrderId};
use linksfield::{Error, ErrorKind};

/// What the service needs of the client.
trait Starter {
    fn start(&self, order: OrderId) -> impl Future<Output = Result<OpenPackageOutput, Error>> + Send;
}

impl Starter for Client {
    fn start(&self, order: OrderId) -> impl Future<Output = Result<OpenPackageOutput, Error>> + Send {
        self.open_package(&OpenPackage::builder().order_id(order).build())
    }
}

type Made = fn() -> Error;

struct StandIn(Made);

impl Starter for StandIn {
    async fn start(&self, _: OrderId) -> Result<OpenPackageOutput, Error> {
        Err(self.0())
    }
}

/// What the service answers its own caller.
async fn start(starter: &impl Starter, order: OrderId) -> &'static str {
    match starter.start(order).await {
        Ok(_) => "started",
        Err(error) if error.outcome_unknown() => "look whether it is started before you try again",
        Err(error) if error.kind() == ErrorKind::Refused && error.code() == Some("1001") => "no such order",
        Err(error) if error.retry_after().is_some() => "come later",
        Err(_) => "try again",
    }
}

#[tokio::test]
async fn a_service_is_tested_with_errors_that_it_makes_itself() {
    use linksfield::http::header::RETRY_AFTER;
    use linksfield::http::{HeaderMap, HeaderValue, StatusCode};
    let busy = || {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("9"))]);
        let error = Error::unreadable("openPackage", StatusCode::TOO_MANY_REQUESTS, "busy");
        error.with_headers(headers).with_outcome_unknown(false)
    };
    let refused_connection =
        || Error::not_sent("openPackage", io::Error::from(io::ErrorKind::ConnectionRefused)).with_attempts(3);
    let told: [(Made, &str); 5] = [
        (|| Error::refused("openPackage", "1001", "no such order"), "no such order"),
        (|| Error::timeout("openPackage"), "look whether it is started before you try again"),
        (
            || Error::unreadable("openPackage", StatusCode::OK, "<html>"),
            "look whether it is started before you try again",
        ),
        (busy, "come later"),
        (refused_connection, "try again"),
    ];
    for (error, answer) in told {
        assert_eq!(start(&StandIn(error), "1".into()).await, answer, "{}", error());
    }
}
