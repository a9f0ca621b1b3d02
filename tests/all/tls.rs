//! Servers with TLS: which are trusted, what is said of the others, and that HTTP/2 sends nothing again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::sandbox::Sandbox;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

use crate::support::{Canned, in_its_own_process, monthly_plan, response};

const GOOD: &str = r#"{"code":"0000","data":{"order_id":"1"}}"#;

/// A server on this machine, and a folder with the certificate by which it is trusted.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
    folder: TempDir,
}

impl Server {
    async fn start<F: Future<Output = ()> + Send>(
        certificate: CertificateParams,
        protocol: &[u8],
        serve: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + 'static,
    ) -> Self {
        let signing_key = KeyPair::generate().unwrap();
        let cert = certificate.self_signed(&signing_key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("trusted.pem"), cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let mut config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, connections) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let (acceptor, serve) = (acceptor.clone(), serve.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream).await;
                    }
                });
            }
        });
        Self { port, connections, folder }
    }

    /// Its certificate is for `name`.
    async fn answering(name: &str) -> Self {
        Self::with(certificate(name)).await
    }

    async fn with(certificate: CertificateParams) -> Self {
        Self::start(certificate, b"http/1.1", |mut stream| async move {
            let _ = stream.read(&mut [0; 8192]).await;
            let _ = stream.write_all(response("200 OK", "application/json", GOOD).as_bytes()).await;
            let _ = stream.shutdown().await;
        })
        .await
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn certificate(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).unwrap()
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
    let server = Server::answering("localhost").await;
    let output = order(&server.url(), &server.folder.path().join("trusted.pem"));
    assert!(output.contains("ordered 1"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_trusted_is_said_to_be_and_tried_once() {
    let (server, other) = (Server::answering("localhost").await, Server::answering("localhost").await);
    let output = order(&server.url(), &other.folder.path().join("trusted.pem"));
    assert!(output.contains("certificate is not trusted") && output.contains("unknown: false"), "{output}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_said_to_be_and_tried_once() {
    let server = Server::answering("elsewhere.example").await;
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
        let server = Server::with(certificate).await;
        let output = order(&server.url(), &server.folder.path().join("trusted.pem"));
        assert!(output.contains("certificate is expired, or not valid yet: check this machine's clock"), "{output}");
        assert!(output.contains("unknown: false") && !output.contains("not trusted"), "{output}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_without_tls_is_said_to_be_and_tried_once() {
    let (plain, trusted) = (Sandbox::start().await.unwrap(), Server::answering("localhost").await);
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
    let output = order(&Server::answering("localhost").await.url(), none.path());
    let words =
        if cfg!(feature = "native-tls") { "certificate is not trusted" } else { "no certificates of authorities" };
    assert!(output.contains(words) && output.contains("SSL_CERT_FILE"), "{output}");
}

/// An HTTP/2 server that answers every request with one frame, in which it says that it did nothing.
#[cfg(feature = "_caller")]
async fn refusing(mut stream: TlsStream<TcpStream>, requests: Arc<AtomicUsize>, refuse: fn(u32) -> Vec<u8>) {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    stream.read_exact(&mut [0; PREFACE.len()]).await.unwrap();
    stream.write_all(&frame(4, 0, &[])).await.unwrap();
    let mut head = [0; 9];
    while stream.read_exact(&mut head).await.is_ok() {
        let [a, b, c, kind, _, w, x, y, z] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload).await.unwrap();
        if kind == 1 {
            requests.fetch_add(1, Ordering::SeqCst);
            stream.write_all(&refuse(u32::from_be_bytes([w, x, y, z]))).await.unwrap();
        }
    }
}

#[cfg(feature = "_caller")]
fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, 0], &stream.to_be_bytes(), payload].concat()
}

#[cfg(feature = "_caller")]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_http_2_refuses_is_not_sent_again() {
    // RST_STREAM with REFUSED_STREAM, and GOAWAY without an error, of which no stream was worked on.
    let refusals: [fn(u32) -> Vec<u8>; 2] = [|stream| frame(3, stream, &[0, 0, 0, 7]), |_| frame(7, 0, &[0; 8])];
    for refuse in refusals {
        let orders = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&orders);
        let serve = move |stream| refusing(stream, Arc::clone(&count), refuse);
        let server = Server::start(certificate("localhost"), b"h2", serve).await;
        let output = order(&server.url(), &server.folder.path().join("trusted.pem"));
        assert!(output.contains("unknown: true"), "{output}");
        assert_eq!(orders.load(Ordering::SeqCst), 1, "{output}");
    }
}
