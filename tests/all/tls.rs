//! Servers with TLS: which are trusted, and what is said of the others.

use std::path::Path;

use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::sandbox::Sandbox;
use rcgen::{CertificateParams, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Canned, in_its_own_process, monthly_plan, response};
use crate::tls_server::{Server, certificate};

const GOOD: &str = r#"{"code":"0000","data":{"order_id":"1"}}"#;

/// Its certificate is for `name`.
async fn answering(name: &str) -> Server {
    with(certificate(name)).await
}

async fn with(certificate: CertificateParams) -> Server {
    Server::start(certificate, b"http/1.1", |mut stream| async move {
        let _ = stream.read(&mut [0; 8192]).await;
        let _ = stream.write_all(response("200 OK", "application/json", GOOD).as_bytes()).await;
        let _ = stream.shutdown().await;
    })
    .await
}

/// What becomes of an order of a process that trusts what is in a file and nothing else.
fn order(url: &str, trusted: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = trusted.to_str().unwrap();
    let variables = [("SERVER_URL", url), ("SSL_CERT_FILE", file), ("SSL_CERT_DIR", folder.path().to_str().unwrap())];
    in_its_own_process("tls::prints_what_becomes_of_an_order", &variables)
}

#[tokio::test]
#[ignore = "run by the tests of this file, with an environment of their own"]
async fn prints_what_becomes_of_an_order() {
    let url = std::env::var("SERVER_URL").unwrap();
    let client = Client::builder().credentials(Credentials::new("P000270", "s").unwrap()).environment(url).build();
    match client {
        Ok(client) => match client.order_package(&monthly_plan()).await {
            Ok(ordered) => println!("ordered {}", ordered.order_id),
            Err(error) => println!("{error}; unknown: {}", error.outcome_unknown()),
        },
        Err(error) => println!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_by_a_file_of_certificates() {
    let server = answering("localhost").await;
    let output = order(&server.url(), &server.folder.path().join("trusted.pem"));
    assert!(output.contains("ordered 1"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_trusted_is_said_to_be_and_tried_once() {
    let (server, other) = (answering("localhost").await, answering("localhost").await);
    let output = order(&server.url(), &other.folder.path().join("trusted.pem"));
    assert!(output.contains("certificate is not trusted") && output.contains("unknown: false"), "{output}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_said_to_be_and_tried_once() {
    let server = answering("elsewhere.example").await;
    let output = order(&server.url(), &server.folder.path().join("trusted.pem"));
    assert!(output.contains("certificate is for another name") && output.contains("unknown: false"), "{output}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_at_the_wrong_time_is_said_to_be_with_a_hint_at_the_clock_and_tried_once() {
    let (mut expired, mut early) = (certificate("localhost"), certificate("localhost"));
    expired.not_after = date_time_ymd(2020, 1, 1);
    early.not_before = date_time_ymd(3000, 1, 1);
    for certificate in [expired, early] {
        let server = with(certificate).await;
        let output = order(&server.url(), &server.folder.path().join("trusted.pem"));
        assert!(output.contains("certificate is expired, or not valid yet: check this machine's clock"), "{output}");
        assert!(output.contains("unknown: false") && !output.contains("not trusted"), "{output}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_without_tls_is_said_to_be_and_tried_once() {
    let (plain, trusted) = (Sandbox::start().await.unwrap(), answering("localhost").await);
    let output = order(&plain.url().replace("http:", "https:"), &trusted.folder.path().join("trusted.pem"));
    assert!(output.contains("does not speak TLS") && output.contains("unknown: false"), "{output}");
    assert!(!output.contains("tried"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_certificates_can_call_itself_and_says_what_it_lacks() {
    let none = tempfile::NamedTempFile::new().unwrap();
    let plain = Canned::json(GOOD).await;
    let output = order(&plain.url, none.path());
    assert!(output.contains("ordered 1"), "{output}");
    let output = order(&answering("localhost").await.url(), none.path());
    let words =
        if cfg!(feature = "native-tls") { "certificate is not trusted" } else { "no certificates of authorities" };
    assert!(output.contains(words) && output.contains("SSL_CERT_FILE"), "{output}");
}
