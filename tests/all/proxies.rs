//! What a proxy that the environment names gets to see, and what is said of it.

use std::io::{Read, Write};
use std::net::TcpListener;

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

#[test]
fn an_error_names_the_proxy_but_not_its_password() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, url) = (proxy.local_addr().unwrap(), url(&proxy));
    std::thread::spawn(move || {
        for stream in proxy.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(b"HTTP/1.1 502 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
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
