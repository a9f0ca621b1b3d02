//! What a proxy that the environment names gets to see, and what is said of it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;
use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::sandbox::Sandbox;
use tokio::sync::mpsc;

use crate::support::{client_of, in_its_own_process, monthly_plan, placed};

const CREDENTIALS: &str = "user:a-password-that-nobody-may-see";

/// Runs a test of this file where the environment names a proxy.
fn run(test: &str, proxy: &str) -> String {
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let none = ["NO_PROXY", "no_proxy"].map(|name| (name, ""));
    let variables: Vec<_> = names.map(|name| (name, proxy)).into_iter().chain(none).collect();
    in_its_own_process(&format!("proxies::{test}"), &variables)
}

fn url(proxy: &TcpListener) -> String {
    format!("http://{CREDENTIALS}@{}", proxy.local_addr().unwrap())
}

#[test]
fn a_proxy_gets_nothing_that_is_meant_for_this_machine() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let output = run("orders_and_notifies_on_this_machine", &url(&proxy));
    assert!(output.contains("ordered and notified"), "{output}");
    assert!(proxy.accept().is_err(), "the proxy was called");
}

#[tokio::test]
#[ignore = "run by the tests of this file, with an environment of their own"]
async fn orders_and_notifies_on_this_machine() {
    let (sender, mut notified) = mpsc::unbounded_channel();
    let receive = move || {
        let sender = sender.clone();
        async move { sender.send(()).unwrap() }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(receive))).await });
    let sandbox = Sandbox::builder().callback(callback).start().await.unwrap();
    placed(&client_of(&sandbox)).await;
    assert!(sandbox.send_sms("1", "text"));
    notified.recv().await.unwrap();
    println!("ordered and notified");
}

/// A proxy that answers everything with this status, and what was asked of it first.
fn refusing(status: u16) -> (TcpListener, Arc<Mutex<Vec<u8>>>) {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let (accepting, first) = (proxy.try_clone().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let firsts = Arc::clone(&first);
    std::thread::spawn(move || {
        for stream in accepting.incoming() {
            let (mut stream, mut asked) = (stream.unwrap(), [0; 8192]);
            let _ = stream.read(&mut asked);
            firsts.lock().unwrap().push(asked[0]);
            let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (proxy, first)
}

/// What is said of orders that a proxy refuses: to a server in plaintext, and to one with TLS.
fn errors_of(output: &str) -> [&str; 2] {
    let errors: Vec<_> = output.lines().filter(|line| line.contains("orderPackage: ")).collect();
    errors.try_into().unwrap_or_else(|_| panic!("{output}"))
}

#[test]
fn what_a_proxy_refuses_is_tried_once_and_said_to_be_the_proxy_s_refusal() {
    let (proxy, asked) = refusing(407);
    let output = run("prints_the_errors_of_servers_elsewhere", &url(&proxy));
    let [plain, tls] = errors_of(&output);
    let unsaid = ["tried", "check the network"];
    for (error, words) in [(plain, "the proxy refused the call"), (tls, "the proxy refused the connection (HTTP 407)")]
    {
        assert!(error.contains(words) && error.contains("user and the password"), "{error}");
        assert!(!unsaid.iter().any(|word| error.contains(word)), "{error}");
    }
    // A server may answer so, too: only where no connection was made it is certain that nothing was sent.
    assert!(plain.contains("may or may not have taken effect") && tls.contains("nothing was sent"), "{plain}\n{tls}");
    assert_eq!(*asked.lock().unwrap(), b"PC", "a post, and a connect");
    assert!(!output.contains(CREDENTIALS.split_once(':').unwrap().1), "{output}");

    let (proxy, asked) = refusing(403);
    let output = run("prints_the_errors_of_servers_elsewhere", &url(&proxy));
    let [_, tls] = errors_of(&output);
    assert!(
        tls.contains("the proxy refused the connection: check that it lets") && tls.contains("nothing was sent"),
        "{tls}"
    );
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn a_proxy_where_nobody_listens_is_not_taken_for_the_server() {
    let output = run("prints_the_errors_of_servers_elsewhere", "http://127.0.0.1:1");
    for error in errors_of(&output) {
        let said = "the connection failed: nothing accepts connections there; it went through the proxy 127.0.0.1:1;";
        assert!(error.contains(said) && error.contains("nothing was sent"), "{error}");
    }
}

#[test]
fn a_socks_proxy_is_spoken_to_in_socks() {
    let (proxy, asked) = refusing(500);
    let address = proxy.local_addr().unwrap();
    let output = run("prints_the_errors_of_servers_elsewhere", &format!("socks5h://{CREDENTIALS}@{address}"));
    for error in errors_of(&output) {
        assert!(
            error.contains("nothing was sent") && error.contains(&format!("through the proxy {address}")),
            "{error}"
        );
    }
    let asked = asked.lock().unwrap();
    assert!(!asked.is_empty() && asked.iter().all(|first| *first == 5), "{asked:?}");
    assert!(!output.contains(CREDENTIALS.split_once(':').unwrap().1), "{output}");
}

#[test]
fn what_can_be_no_proxy_is_refused_by_the_name_of_its_variable() {
    for odd in [
        "ftp://u:a-password@proxy.invalid",
        "\"http://u:a-password@proxy.invalid\"",
        "http://u:a-password@proxy invalid",
    ] {
        let output = run("builds_clients_of_servers_elsewhere", odd);
        for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
            assert!(output.contains(&format!("settings: {name} is not the URL of a proxy")), "{odd} {output}");
        }
        assert!(!output.contains("a-password"), "{output}");
    }
    let spared = [("HTTPS_PROXY", "ftp://x"), ("HTTP_PROXY", "ftp://x"), ("NO_PROXY", "*"), ("no_proxy", "*")];
    let output = in_its_own_process("proxies::builds_clients_of_servers_elsewhere", &spared);
    assert_eq!(output.matches("client: ApiClient").count(), 2, "{output}");
}

#[tokio::test]
#[ignore = "run by the tests of this file, with an environment of their own"]
async fn builds_clients_of_servers_elsewhere() {
    for url in ["http://server.invalid", "https://server.invalid"] {
        let credentials = Credentials::new("P000270", "s").unwrap();
        match Client::builder().credentials(credentials).environment(url).allow_plaintext(true).build() {
            Ok(client) => println!("client: {client:?}"),
            Err(error) => println!("{error}"),
        }
    }
}

#[test]
fn an_error_names_the_proxy_but_not_its_password() {
    let (proxy, _) = refusing(502);
    let (address, url) = (proxy.local_addr().unwrap(), url(&proxy));
    let output = run("prints_the_errors_of_servers_elsewhere", &url);
    let errors: Vec<_> = output.lines().filter(|line| line.contains("orderPackage: ")).collect();
    assert_eq!(errors.len(), 2, "{output}");
    for error in errors {
        assert!(error.contains(&format!("it went through the proxy {address}")), "{error}");
    }
    assert!(!output.contains(CREDENTIALS.split_once(':').unwrap().1), "{output}");
}

#[test]
fn a_proxy_without_a_port_is_named_with_that_of_its_scheme() {
    for (proxy, named) in [
        ("http://proxy.invalid", "proxy.invalid:80"),
        ("proxy.invalid", "proxy.invalid:80"),
        ("https://proxy.invalid", "proxy.invalid:443"),
        ("http://proxy.invalid:3128", "proxy.invalid:3128"),
    ] {
        let output = run("prints_the_errors_of_servers_elsewhere", proxy);
        let named = format!("it went through the proxy {named};");
        let errors = output.lines().filter(|line| line.starts_with("orderPackage: ") && line.contains(&named));
        assert_eq!(errors.count(), 2, "{named} {output}");
    }
}

#[tokio::test]
#[ignore = "run by the tests of this file, with an environment of their own"]
async fn prints_the_errors_of_servers_elsewhere() {
    for url in ["http://server.invalid", "https://server.invalid"] {
        let credentials = Credentials::new("P000270", "s").unwrap();
        let client = Client::builder().credentials(credentials).environment(url).allow_plaintext(true).build().unwrap();
        let error = client.order_package(&monthly_plan()).await.unwrap_err();
        let source = std::error::Error::source(&error).map(|source| format!("{source:?}"));
        println!("{error} {}", format!("{error:?} {source:?} {client:?}").replace("orderPackage: ", ""));
    }
}
