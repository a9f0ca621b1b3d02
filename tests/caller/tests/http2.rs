//! HTTP/2, which a caller's dependencies may turn on, sends nothing again.

#[path = "../../all/tls_server.rs"]
mod tls_server;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tls_server::{Server, certificate};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What becomes of an order of a program that trusts what is in a file and nothing else.
fn order(url: &str, trusted: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_linksfield-caller"));
    let output = program.arg(url).env("SSL_CERT_FILE", trusted).env("SSL_CERT_DIR", folder.path()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A server that answers every request with one frame, in which it says that it did nothing.
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

fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, 0], &stream.to_be_bytes(), payload].concat()
}

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
        assert_eq!((orders.load(Ordering::SeqCst), server.connections()), (1, 1), "{output}");
    }
}
