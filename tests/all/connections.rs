//! A connection that the server closed is not used any more, however a program drives the client.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use linksfield::Error;
use linksfield::csss::types::OrderPackageOutput;
use tokio::runtime::{Builder, Runtime};

use crate::support::{client_at, monthly_plan, response};

const IDLE: Duration = Duration::from_millis(200);

type Ordered = Result<OrderPackageOutput, Error>;

/// A server on a thread of its own, which answers one order on a connection and closes it when it is told to.
struct Closing {
    url: String,
    close: SyncSender<()>,
    closed: Receiver<()>,
}

impl Closing {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let ((close, told), (tell, closed)) = (sync_channel(0), sync_channel(0));
        std::thread::spawn(move || {
            let good = response("200 OK", "application/json", r#"{"code":"0000","data":{"order_id":"1"}}"#);
            let good = good.replace("connection: close\r\n", "");
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if stream.read(&mut [0; 8192]).unwrap() > 0 {
                    stream.write_all(good.as_bytes()).unwrap();
                    if told.recv().is_err() {
                        return;
                    }
                    drop(stream);
                    tell.send(()).unwrap();
                }
            }
        });
        Self { url, close, closed }
    }

    /// Orders twenty times; nobody drives the client while the connection is closed between two orders.
    fn order(&self, mut await_in_its_way: impl FnMut(linksfield::Call<OrderPackageOutput>) -> Ordered) {
        let client = client_at(&self.url);
        for number in 0..20 {
            let ordered = await_in_its_way(client.order_package(&monthly_plan()));
            assert!(ordered.is_ok(), "order {number}: {ordered:?}");
            self.close.send(()).unwrap();
            self.closed.recv().unwrap();
            // A runtime with threads of its own sees it meanwhile.
            std::thread::sleep(IDLE);
        }
    }
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn no_order_is_lost_by_a_thread_that_drives_the_client_for_each_order() {
    let runtime = current_thread();
    Closing::start().order(|call| runtime.block_on(call));
}

#[test]
fn no_order_is_lost_by_a_runtime_of_several_threads() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    Closing::start().order(|call| runtime.block_on(call));
}

#[test]
fn no_order_is_lost_by_a_runtime_for_each_order() {
    Closing::start().order(|call| current_thread().block_on(call));
}

#[test]
fn no_order_is_lost_by_a_thread_for_each_order() {
    let runtime = Arc::new(current_thread());
    Closing::start().order(|call| {
        let runtime = Arc::clone(&runtime);
        std::thread::spawn(move || runtime.block_on(call)).join().unwrap()
    });
}

#[test]
fn no_order_is_lost_by_who_waits_for_each() {
    Closing::start().order(linksfield::Call::wait);
}
