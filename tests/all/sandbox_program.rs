//! The sandbox as a program.

use std::process::Stdio;

use linksfield::Credentials;
use linksfield::csss::Client;
use linksfield::cube;
use linksfield::cube::types::QuerySims;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::{placed, skipped};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linksfield-sandbox"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn it_prints_its_url_serves_and_stops_on_ctrl_c() {
    let mut child = program()
        .args(["--listen", "127.0.0.1:0", "--access-code", "P000270", "--secret", "a secret that nobody may see"])
        .arg("--quiet")
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = output.next_line().await.unwrap().unwrap();
    let credentials = Credentials::new("P000270", "a secret that nobody may see").unwrap();
    let client = Client::builder().credentials(credentials).environment(url).build().unwrap();
    placed(&client).await;
    let interrupted = Command::new("kill").args(["-INT", &child.id().unwrap().to_string()]).status().await.unwrap();
    assert!(interrupted.success());
    let result = child.wait_with_output().await.unwrap();
    assert!(result.status.success(), "{result:?}");
    assert!(result.stderr.is_empty(), "{result:?}");
    assert!(output.next_line().await.unwrap().is_none(), "it prints nothing but its URL");
}

#[tokio::test]
async fn it_says_how_to_use_it() {
    let result = program().arg("--help").output().await.unwrap();
    assert!(result.status.success());
    let help = String::from_utf8(result.stdout).unwrap();
    for option in ["--listen", "--access-code", "--secret", "--plan", "--fault", "--quiet", "--allow-remote-control"] {
        assert!(help.contains(option), "{option} in {help}");
    }
}

#[tokio::test]
async fn bad_arguments_end_it_with_a_message_that_hides_the_secret() {
    for arguments in [
        &["--listen", "nowhere"][..],
        &["--no-such-option"],
        &["--fault", "no-such-fault"],
        &["--secret"],
        &["--secret", " a secret that nobody may see"],
        &["--listen", "127.0.0.1:0", "surplus"],
        &["--listen", "127.0.0.1:0", "--callback-key", "key-1/a key that nobody may see"],
        &["--listen", "127.0.0.1:0", "--callback", "http://localhost/", "--callback-key", "/a key that nobody may see"],
        &["--listen", "127.0.0.1:0", "--callback", "http://localhost/", "--callback-key", "key-1/"],
        &["--listen", "127.0.0.1:0", "--callback", "nowhere"],
        &["--listen", "127.0.0.1:0", "--access-code", ""],
        &["--listen", "127.0.0.1:0", "--fault", "hang", "--shape", "half"],
        &["--listen", "127.0.0.1:0", "--fault", "hang", "--any-shape", "1"],
        &["--listen", "127.0.0.1:0", "--shape", "half", "--any-shape", "1"],
        &["--listen", "127.0.0.1:0", "--control-host", "localhost:8787"],
        &["--listen", "127.0.0.1:0", "--control-host", "http://sandbox.test"],
        &["--listen", "127.0.0.1:0", "--control-host", ""],
    ] {
        let result = program().args(arguments).output().await.unwrap();
        assert!(!result.status.success(), "{arguments:?}");
        let message = String::from_utf8(result.stderr).unwrap();
        assert!(message.starts_with("linksfield-sandbox: "), "{message}");
        assert!(!message.contains("nobody may see"), "{message}");
    }
}

#[tokio::test]
#[cfg(unix)]
async fn a_secret_that_is_no_text_is_not_shown() {
    use std::os::unix::ffi::OsStringExt;
    for option in ["--secret", "--callback-key"] {
        let value = std::ffi::OsString::from_vec(b"key-1/nobody may see\xff".to_vec());
        let result = program().arg(option).arg(value).output().await.unwrap();
        let message = String::from_utf8(result.stderr).unwrap();
        assert!(message.contains("must be text in Unicode") && !message.contains("nobody"), "{message}");
    }
}

/// Starts it, and reads its URL.
async fn started(arguments: &[&str]) -> (tokio::process::Child, String) {
    let mut child = program().args(["--listen", "127.0.0.1:0"]).args(arguments).spawn().unwrap();
    let url = BufReader::new(child.stdout.take().unwrap()).lines().next_line().await.unwrap().unwrap();
    (child, url)
}

async fn terminated(child: tokio::process::Child) -> String {
    let ended = Command::new("kill").args(["-TERM", &child.id().unwrap().to_string()]).status().await.unwrap();
    assert!(ended.success());
    let result = child.wait_with_output().await.unwrap();
    assert!(result.status.success(), "{result:?}");
    String::from_utf8(result.stderr).unwrap()
}

async fn line(child: &mut tokio::process::Child) -> String {
    let mut line = String::new();
    BufReader::with_capacity(1, child.stderr.as_mut().unwrap()).read_line(&mut line).await.unwrap();
    line
}

#[tokio::test]
async fn it_tells_of_each_request_in_a_line_without_keys_and_bodies_and_ends_on_sigterm() {
    let (mut child, url) = started(&[]).await;
    let credentials = Credentials::new("SANDBOX", "sandbox-secret").unwrap();
    let client = Client::builder().credentials(credentials).environment(&*url).build().unwrap();
    placed(&client).await;
    assert_eq!(line(&mut child).await, "POST /package/orderPackage 200\n");
    reqwest::get(format!("{url}/no/such?access_code=hidden")).await.unwrap();
    assert_eq!(line(&mut child).await, "GET /no/such 404 SANDBOX-UNKNOWN-PATH\n");
    reqwest::get(format!("{url}/docs")).await.unwrap();
    assert_eq!(line(&mut child).await, "GET /docs 200\n");
    reqwest::get(format!("{url}/_sandbox/clock")).await.unwrap();
    assert_eq!(line(&mut child).await, "GET /_sandbox/clock 200\n");
    reqwest::get(format!("{url}/_sandbox/none")).await.unwrap();
    assert_eq!(line(&mut child).await, "GET /_sandbox/none 404 SANDBOX-CONTROL\n");
    assert_eq!(terminated(child).await, "");
}

#[tokio::test]
async fn a_client_of_cube_signs_with_the_key_that_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let (child, url) = started(&["--quiet", "--cube-key", file.to_str().unwrap()]).await;
    let key = cube::PrivateKey::from_text(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let credentials = cube::Credentials::new("sandbox", key).unwrap();
    let client = cube::Client::builder().credentials(credentials).environment(format!("{url}/cube/v4"));
    let sims = client.build().unwrap().query_sims(&QuerySims::builder().build()).await.unwrap();
    assert_eq!(sims.len(), 10);
    terminated(child).await;

    let nowhere = folder.path().join("no/such/key.pem");
    let result = program().args(["--listen", "127.0.0.1:0", "--cube-key"]).arg(&nowhere).output().await.unwrap();
    let message = String::from_utf8(result.stderr).unwrap();
    assert!(!result.status.success() && message.contains("no/such/key.pem: "), "{message}");
}

#[tokio::test]
async fn it_serves_on_where_nobody_reads_what_it_tells() {
    let (child, url) = started(&[]).await;
    let http = reqwest::Client::new();
    let long = format!("{url}/{}", "x".repeat(2000));
    for _ in 0..200 {
        assert_eq!(http.get(&long).send().await.unwrap().status(), 404);
    }
    terminated(child).await;
}

#[tokio::test]
async fn it_tells_of_a_notification_that_fails() {
    let (mut child, url) =
        started(&["--quiet", "--callback", "http://127.0.0.1:1/", "--callback-key", "key-1/k"]).await;
    let body = r#"{"sim_id":"1","text":"a text that nobody may see"}"#;
    let sent = reqwest::Client::new().post(format!("{url}/_sandbox/sms")).body(body).send().await.unwrap();
    assert_eq!(sent.text().await.unwrap(), r#"{"is_sent":true}"#);
    let line = line(&mut child).await;
    assert!(line.starts_with("notification 1 failed: Connection refused"), "{line}");
    terminated(child).await;
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn it_ends_on_sigterm_as_process_1() {
    let unshare = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child"]).args(arguments).stdout(Stdio::piped()).kill_on_drop(true);
        command
    };
    if !unshare(&["true"]).status().await.is_ok_and(|status| status.success()) {
        return skipped("SIGTERM as process 1, because nobody may be that here");
    }
    let program = env!("CARGO_BIN_EXE_linksfield-sandbox");
    let mut child = unshare(&[program, "--listen", "127.0.0.1:0", "--quiet"]).spawn().unwrap();
    let url = BufReader::new(child.stdout.take().unwrap()).lines().next_line().await.unwrap().unwrap();
    let parent = child.id().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
    let ended = Command::new("kill").args(["-TERM", children.trim()]).status().await.unwrap();
    assert!(ended.success(), "{url}");
    assert!(child.wait().await.unwrap().success());
}
