//! What Linksfield sends, received and handed on; samples of it; and the sandbox as a command.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::SystemTime;

use linksfield::notification::{Callback, Signer};
use serde_json::{Value, json};

use crate::support::{Run, World};

const KEY: (&str, &str) = ("a-key-id", "a notification key");

fn signed(run: Run) -> Run {
    run.env("LINKSFIELD_NOTIFICATION_KEY_ID", KEY.0).env("LINKSFIELD_NOTIFICATION_KEY", KEY.1)
}

/// A program that runs until it is told to end.
struct Running {
    child: Child,
    said: BufReader<ChildStderr>,
}

impl Running {
    fn new(mut run: Run) -> Self {
        let mut child = run.0.stdin(Stdio::null()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        Self { child, said }
    }

    /// The next line on standard error.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line
    }

    fn tell_to_end(&self) {
        self.signal("-TERM");
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Tells it to end, as a supervisor does, and gives what it printed.
    fn end(self) -> String {
        self.tell_to_end();
        let output = self.child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// `listen`, and its URL.
fn listen(world: &World, flags: &[&str]) -> (Running, String) {
    let mut running = Running::new(signed(world.unset(["listen", "--address", "127.0.0.1:0"]).args(flags)));
    let line = running.line();
    let url = line.trim().strip_prefix("linksfield: listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
    (running, url)
}

/// A program of ours: it passes on each request, and answers with what it is given for it.
fn ours() -> (String, Receiver<String>, Sender<&'static str>) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let ((came, requests), (answers, answer)) = (channel(), channel());
    std::thread::spawn(move || {
        for mut caller in server.incoming().map_while(Result::ok) {
            came.send(request(&mut caller)).unwrap();
            let Ok(status) = answer.recv() else { return };
            let _ =
                write!(caller, "HTTP/1.1 {status}\r\nretry-after: 7\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    (url, requests, answers)
}

fn request(caller: &mut TcpStream) -> String {
    let mut reader = BufReader::new(caller);
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        text.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}

/// A request by hand, and the answer to it.
fn ask(url: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn post(body: &str) -> String {
    let headers = Signer::new(KEY.0, KEY.1).headers(body.as_bytes(), SystemTime::now()).unwrap();
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap())).collect();
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}content-type: application/json;charset=UTF-8\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn a_notification_is_printed_and_handed_on_byte_for_byte() {
    let world = World::new();
    let (url, requests, answers) = ours();
    let (running, listening) = listen(&world, &["--forward-to", &format!("{url}/hooks?a=1")]);
    // White space and the order of keys are those of the sender, and so is a number of twenty digits.
    let body = r#"{ "devices" : [ {"warningCode":"3","deviceId":"89314404000816575667","expireTime":""} ],"n":89852202508034252912}"#;
    answers.send("202 Accepted").unwrap();
    let sent = post(body).replace("POST / ", "POST /x?b=2%20c ");
    assert!(ask(&listening, &sent).starts_with("HTTP/1.1 202 "));
    let came = requests.recv().unwrap();
    assert!(
        came.starts_with("POST /hooks?a=1&b=2%20c HTTP/1.1\r\n") && came.ends_with(&format!("\r\n\r\n{body}")),
        "{came}"
    );
    for line in sent.lines().filter(|line| line.starts_with("x-lf-") || line.starts_with("content-type")) {
        assert!(came.contains(&format!("{line}\r\n")), "{line}\n{came}");
    }
    // How it is taken goes back to the sender, with when it is to come again.
    answers.send("503 Service Unavailable").unwrap();
    let answer = ask(&listening, &post(body));
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 7"), "{answer}");
    drop(answers);
    let printed = running.end();
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{printed}");
    assert_eq!(lines[0]["kind"], "plan-warning");
    assert_eq!(lines[0]["body"]["n"], json!("89852202508034252912"));
}

#[test]
fn what_is_not_signed_is_neither_printed_nor_handed_on() {
    let world = World::new();
    let (url, requests, _answers) = ours();
    let (mut running, listening) = listen(&world, &["--forward-to", &url]);
    let unsigned = "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    assert!(ask(&listening, unsigned).starts_with("HTTP/1.1 401 "));
    assert!(running.line().contains("refused: "));
    let other = post(r#"{"devices":[]}"#).replace(r#"{"devices":[]}"#, r#"{"devices":{}}"#);
    assert!(ask(&listening, &other).starts_with("HTTP/1.1 401 "));
    assert!(running.line().contains("the signature does not match"));
    let answer = ask(&listening, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("allow: POST"), "{answer}");
    assert_eq!(running.end(), "");
    assert!(requests.try_recv().is_err());
}

#[test]
fn what_cannot_be_handed_on_is_502() {
    let world = World::new();
    let (mut running, listening) = listen(&world, &["--forward-to", "http://127.0.0.1:1/"]);
    let trigger = signed(world.unset(["trigger", "plan-warning", "--to", &listening]));
    assert!(trigger.fails(4).contains("HTTP 502"));
    assert!(running.line().contains("not forwarded: "));
    running.end();
}

/// There nobody listens, so that what went to it would not arrive.
const PROXY: (&str, &str) = ("HTTP_PROXY", "http://127.0.0.1:1");

#[test]
fn what_is_for_this_machine_goes_through_no_proxy() {
    let world = World::new();
    let (url, requests, answers) = ours();
    answers.send("200 OK").unwrap();
    let listen = signed(world.unset(["listen", "--address", "127.0.0.1:0", "--forward-to", &url]));
    let mut running = Running::new(listen.env(PROXY.0, PROXY.1));
    let listening = running.line().trim().strip_prefix("linksfield: listening on ").unwrap().to_owned();
    let trigger = signed(world.unset(["trigger", "plan-warning", "--to", &listening])).env(PROXY.0, PROXY.1);
    assert_eq!(trigger.done(), "HTTP 200\n");
    assert!(requests.recv().unwrap().contains("x-lf-"));
    running.end();
}

#[test]
fn what_is_no_url_of_a_program_is_wrong_usage() {
    let world = World::new();
    for url in ["localhost:3000", "127.0.0.1:3000", "ftp://localhost/", "/hooks", ""] {
        for words in [&["listen", "--forward-to", url][..], &["trigger", "plan-warning", "--to", url]] {
            let said = world.unset(words).fails(2);
            assert!(said.contains("http://localhost:3000"), "{words:?}: {said}");
        }
    }
}

#[test]
fn what_can_neither_be_printed_nor_handed_on_is_sent_again() {
    let world = World::new();
    let mut full = signed(world.unset(["listen", "--address", "127.0.0.1:0"]));
    full.0.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let mut running = Running::new(full);
    let url = running.line().trim().strip_prefix("linksfield: listening on ").unwrap().to_owned();
    assert!(ask(&url, &post(r#"{"devices":[]}"#)).starts_with("HTTP/1.1 503 "));
    assert!(running.line().contains("not printed: "));
    running.end();
    // Nobody reads any more: it ends, and what came is sent again.
    let (mut running, url) = listen(&world, &[]);
    drop(running.child.stdout.take());
    assert!(ask(&url, &post(r#"{"devices":[]}"#)).starts_with("HTTP/1.1 503 "));
    assert!(running.child.wait().unwrap().success());
    // One that hands on goes on.
    let (ours, _requests, answers) = ours();
    let (mut running, url) = listen(&world, &["--forward-to", &ours]);
    drop(running.child.stdout.take());
    for _ in 0..2 {
        answers.send("200 OK").unwrap();
        assert!(ask(&url, &post(r#"{"devices":[]}"#)).starts_with("HTTP/1.1 200 "));
    }
    running.end();
}

#[test]
fn a_sender_who_hangs_up_does_not_cut_it_off() {
    let world = World::new();
    let (url, requests, answers) = ours();
    let (mut running, listening) = listen(&world, &["--forward-to", &url]);
    let mut sender = TcpStream::connect(listening.trim_start_matches("http://")).unwrap();
    sender.write_all(post(r#"{"devices":[]}"#).as_bytes()).unwrap();
    requests.recv().unwrap();
    drop(sender);
    // The next one is served, so that the end of the first was seen.
    assert!(ask(&listening, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").starts_with("HTTP/1.1 405 "));
    answers.send("500 Internal Server Error").unwrap();
    assert!(running.line().contains("your program answered HTTP 500"));
    running.end();
}

/// Sends a request but for its end, and waits until it is seen.
fn stalled(url: &str, part: &str) -> TcpStream {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.write_all(part.as_bytes()).unwrap();
    assert!(ask(url, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").starts_with("HTTP/1.1 405 "));
    stream
}

#[test]
fn a_sender_who_stalls_does_not_keep_it_from_ending() {
    let world = World::new();
    let whole = post(r#"{"devices":[]}"#);
    // Half a body is given up when it is told to end, and is sent again.
    let (running, url) = listen(&world, &[]);
    let mut stream = stalled(&url, &whole[..whole.len() - 1]);
    running.end();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    // Half a head, and a program that does not answer, only until it is told again.
    let (ours, requests, _answers) = ours();
    let (mut running, url) = listen(&world, &["--forward-to", &ours]);
    let _head = stalled(&url, &whole[..20]);
    let _sent = stalled(&url, &whole);
    requests.recv().unwrap();
    let _body = stalled(&url, &whole[..whole.len() - 1]);
    running.tell_to_end();
    assert!(running.line().contains("the body had not come when it was told to end"));
    running.tell_to_end();
    assert!(running.line().contains("Linksfield sends it again"));
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn signals_that_it_was_begun_to_ignore_do_not_end_it() {
    let world = World::new();
    let listen = signed(world.unset(["listen", "--address", "127.0.0.1:0"]));
    // As `nohup` begins it, or a shell behind `&`.
    let mut running = Running::new(listen.by_shell("trap '' HUP INT; exec \"$@\""));
    let url = running.line().trim().strip_prefix("linksfield: listening on ").unwrap().to_owned();
    running.signal("-HUP");
    running.signal("-INT");
    for _ in 0..3 {
        assert!(ask(&url, &post(r#"{"devices":[]}"#)).starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(running.end().lines().count(), 3);
}

#[test]
fn an_sms_drives_no_terminal() {
    let world = World::new();
    let sms = json!({ "sim_id": "89852022018041800192", "message_type": "MO", "text_message": "\u{1b}[2K\rpackage\u{202e} 30 days\u{7}" });
    for format in ["jsonl", "table", "yaml", "csv"] {
        let (running, listening) = listen(&world, &["--output", format]);
        let trigger = ["trigger", "sms-received", "--to", &listening, "--json", "-"];
        signed(world.unset(trigger)).input(&sms.to_string()).done();
        let printed = running.end();
        assert!(printed.contains("package") && printed.contains("sms-received"), "{format}: {printed}");
        for letter in ['\u{1b}', '\r', '\u{202e}', '\u{7}'] {
            assert!(!printed.contains(letter), "{format}: {printed:?}");
        }
    }
}

#[test]
fn a_sample_of_every_kind_is_accepted() {
    let world = World::new();
    for callback in Callback::ALL {
        let kind = heck::AsKebabCase(callback.name()).to_string();
        let (running, listening) = listen(&world, &["--kind", &kind]);
        assert_eq!(signed(world.unset(["trigger", &kind, "--to", &listening])).done(), "HTTP 200\n");
        assert!(running.end().contains(&format!(r#""kind":"{kind}""#)), "{kind}");
    }
    let to = ["--to", "http://127.0.0.1:1"];
    assert!(world.unset(["trigger", "plan-warning"]).args(to).fails(3).contains("LINKSFIELD_NOTIFICATION_KEY"));
    signed(world.unset(["trigger", "plan-warning"]).args(to)).fails(5);
}

#[test]
fn the_sandbox_is_a_command() {
    let world = World::new();
    let help = world.unset(["sandbox", "--help"]).done();
    assert!(help.contains("Usage: linksfield sandbox [OPTIONS]") && help.contains("--fault NAME"), "{help}");
    let wrong: [&[&str]; 5] =
        [&["--nonsense"], &["--listen", "nonsense"], &["--plan"], &["--callback", "x"], &["--access-code", ""]];
    for wrong in wrong {
        world.unset(["sandbox"]).args(wrong).fails(2);
    }
    assert!(world.unset(["sandbox", "--nonsense"]).fails(2).contains("--nonsense"));
    // As of `listen`.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(world.unset(["sandbox", "--listen", &address]).fails(1).contains("can't listen"));
    let unwritten = ["sandbox", "--listen", "127.0.0.1:0", "--cube-key", "/nowhere/key"];
    assert!(world.unset(unwritten).fails(1).contains("/nowhere/key"));
    let mut run = world.unset(["sandbox", "--listen", "127.0.0.1:0", "--quiet"]);
    let mut child = run.0.stdin(Stdio::null()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let query = ["csss", "query-order", "--page-no", "1", "--page-size", "10"];
    world.linksfield(query).env("LINKSFIELD_BASE_URL", url.trim()).done();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_key_of_notifications_is_kept_in_a_profile() {
    let world = World::new();
    world.unset(["configure", "notifications"]).input(&format!("{}\n{}\n", KEY.0, KEY.1)).done();
    let (running, listening) = listen(&world, &[]);
    assert_eq!(world.unset(["trigger", "plan-warning", "--to", &listening]).done(), "HTTP 200\n");
    running.end();
}
