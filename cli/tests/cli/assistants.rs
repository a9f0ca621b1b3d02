//! The tools for assistants, by the protocol's own messages. Clients of other houses use them in `tests/assistants`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::{World, order_parameters};

/// A client that has begun.
struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Client {
    fn new(world: &World, url: &str, flags: &[&str]) -> Self {
        let mut run = world.linksfield(["mcp"]).args(flags).env("LINKSFIELD_BASE_URL", url).env("RUST_LOG", "trace");
        let mut child = run.0.stdin(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut client = Self { child, input, output };
        let me = json!({ "name": "test", "version": "1" });
        let head = json!({ "protocolVersion": "2025-06-18", "capabilities": { "elicitation": {} }, "clientInfo": me });
        client.send(&json!({ "jsonrpc": "2.0", "id": "begin", "method": "initialize", "params": head }));
        assert_eq!(client.next()["result"]["serverInfo"]["name"], "linksfield");
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    fn call(&mut self, id: u64, tool: &str, arguments: &Value) {
        let call = json!({ "name": tool, "arguments": arguments });
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": call }));
    }

    fn cancel(&mut self, id: u64) {
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }));
    }

    /// The next message: anything else on standard output fails here.
    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// The question to the person.
    fn question(&mut self) -> Value {
        let question = self.next();
        assert_eq!(question["method"], "elicitation/create", "{question}");
        question["id"].clone()
    }

    fn answer(&mut self, question: &Value, word: &str) {
        let result = json!({ "action": "accept", "content": { "answer": word } });
        self.send(&json!({ "jsonrpc": "2.0", "id": question, "result": result }));
    }

    /// Closes the input, and gives what was said on standard error.
    fn end(self) -> String {
        drop(self.input);
        let output = self.child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

fn text(message: &Value) -> &str {
    message["result"]["content"][0]["text"].as_str().unwrap()
}

fn orders(world: &World) -> usize {
    let listed = world.linksfield(["csss", "query-order", "--page-no", "1", "--page-size", "10"]).done();
    serde_json::from_str::<Value>(&listed).unwrap()["package_order"].as_array().unwrap().len()
}

#[test]
fn a_call_that_was_cancelled_while_a_person_was_asked_is_not_sent_whatever_the_answer() {
    let world = World::new();
    let mut client = Client::new(&world, world.sandbox.url(), &["--allow-changes"]);
    client.call(1, "csss_order_package", &order_parameters());
    let question = client.question();
    client.cancel(1);
    client.answer(&question, "yes");
    client.call(2, "csss_query_order", &json!({ "page_no": 1, "page_size": 10 }));
    let mut message = client.next();
    // The question may be taken back.
    while message["id"] != 2 {
        message = client.next();
    }
    assert!(text(&message).starts_with("Done."), "{message}");
    client.end();
    assert_eq!(orders(&world), 0);
}

#[test]
fn a_client_that_is_gone_while_a_person_is_asked_orders_nothing() {
    let world = World::new();
    let mut client = Client::new(&world, world.sandbox.url(), &["--allow-changes"]);
    client.call(1, "csss_order_package", &order_parameters());
    client.question();
    client.end();
    assert_eq!(orders(&world), 0);
}

#[test]
fn one_yes_is_for_one_call() {
    let world = World::new();
    let mut client = Client::new(&world, world.sandbox.url(), &["--allow-changes"]);
    for (id, word) in [(1, "yes"), (2, "no")] {
        client.call(id, "csss_order_package", &order_parameters());
        let question = client.question();
        client.answer(&question, word);
        let message = client.next();
        assert_eq!(message["result"]["isError"], json!(word == "no"), "{message}");
    }
    client.end();
    assert_eq!(orders(&world), 1);
}

#[test]
fn a_call_that_is_cancelled_after_it_was_sent_is_told_by_the_next_one() {
    let world = World::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let mut client = Client::new(&world, &url, &["--allow-changes"]);
    client.call(1, "csss_order_package", &order_parameters());
    let question = client.question();
    client.answer(&question, "yes");
    let (mut caller, _) = server.accept().unwrap();
    caller.read_exact(&mut [0; 4]).unwrap();
    client.cancel(1);
    // It is cancelled before it is answered: the answer to the next call says so.
    client.call(2, "no_such_tool", &json!({}));
    assert!(text(&client.next()).contains("no tool"));
    let body = r#"{"code":"0000","message":"","success":true,"data":{"order_id":"ORDER_7"}}"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    write!(caller, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut later = (3..100_000).map(|id| {
        client.call(id, "no_such_tool", &json!({}));
        text(&client.next()).to_owned()
    });
    let told = later.find(|text| text.starts_with("LATE RESULT")).unwrap();
    assert!(told.contains("orderPackage was done") && told.contains("ORDER_7"), "{told}");
    let said = client.end();
    assert!(said.contains("nobody waited for this result") && said.contains("ORDER_7"), "{said}");
}

#[test]
fn a_list_that_decides_whether_an_order_exists_is_refused_rather_than_cut() {
    let world = World::new();
    let mut client = Client::new(&world, world.sandbox.url(), &[]);
    for _ in 0..3 {
        world.ordered();
    }
    let query = |from: u64| json!({ "page_no": 1, "page_size": 10, "from_item": from });
    client.call(1, "csss_query_order", &query(0));
    assert!(text(&client.next()).starts_with("Done. All 3 items"));
    client.call(2, "csss_query_order", &query(1));
    let message = client.next();
    assert_eq!(message["result"]["isError"], json!(true), "{message}");
    assert!(text(&message).contains("would not say what is not there"), "{message}");
    client.end();
}
