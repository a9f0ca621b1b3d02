//! A day of an operator, as a script, over a network that loses an answer.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{SIM, World};

/// Passes requests on to `server`, one a connection, and closes the connection of the first order when its answer has come.
fn relay(server: &str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (server, orders) = (server.trim_start_matches("http://").to_owned(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&orders);
    std::thread::spawn(move || {
        for mut caller in listener.incoming().map_while(Result::ok) {
            let request = request(&mut caller);
            let is_order = request.starts_with(b"POST /package/orderPackage ");
            let is_lost = is_order && counted.fetch_add(1, Ordering::SeqCst) == 0;
            let mut behind = TcpStream::connect(&server).unwrap();
            behind.write_all(&request).unwrap();
            let mut answer = Vec::new();
            behind.read_to_end(&mut answer).unwrap();
            if !is_lost {
                let _ = caller.write_all(&answer);
            }
        }
    });
    (url, orders)
}

/// A whole request, after which the server is to close.
fn request(caller: &mut TcpStream) -> Vec<u8> {
    let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
            let length =
                head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
            if read.len() >= end + 4 + length.unwrap_or_default() {
                let text = String::from_utf8(read).unwrap();
                return text.replacen("\r\n", "\r\nconnection: close\r\n", 1).into_bytes();
            }
        }
        let size = caller.read(&mut chunk).unwrap();
        assert!(size > 0, "the request ended early");
        read.extend_from_slice(&chunk[..size]);
    }
}

#[test]
fn a_day_of_an_operator_survives_a_lost_answer() {
    let world = World::new();
    let (url, orders) = relay(world.sandbox.url());
    let folder = world.home.path();
    let binaries = std::path::Path::new(env!("CARGO_BIN_EXE_linksfield")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let mut script = Command::new("sh");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/day.sh")).current_dir(folder);
    script.env_clear().env("PATH", path).env("HOME", folder).env("XDG_CONFIG_HOME", folder.join("config"));
    script.env("SERVER", url).env("ACCESS_CODE", "SANDBOX").env("SECRET", "sandbox-secret");
    let output = script.env("SIM", SIM).env("PLAN", "DP20190726001274").output().unwrap();
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}\n{said}");
    assert!(said.contains("may or may not have taken effect") && said.contains("the order was placed"), "{said}");
    assert!(!said.contains("sandbox-secret") && !printed.contains("sandbox-secret"));
    assert_eq!(orders.load(Ordering::SeqCst), 1, "nothing is ordered twice");
    let id = printed.lines().last().unwrap();
    let table = std::fs::read_to_string(folder.join("orders.csv")).unwrap();
    assert!(table.lines().count() == 2 && table.contains(id), "{table}");
}
