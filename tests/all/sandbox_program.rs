//! The sandbox as a program.

use std::process::Stdio;

use linksfield::Credentials;
use linksfield::csss::Client;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::placed;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linksfield-sandbox"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn it_prints_its_url_serves_and_stops_on_ctrl_c() {
    let mut child = program()
        .args(["--listen", "127.0.0.1:0", "--access-code", "P000270", "--secret", "a secret that nobody may see"])
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
    for option in ["--listen", "--access-code", "--secret", "--plan", "--fault"] {
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
    ] {
        let result = program().args(arguments).output().await.unwrap();
        assert!(!result.status.success(), "{arguments:?}");
        let message = String::from_utf8(result.stderr).unwrap();
        assert!(message.starts_with("linksfield-sandbox: "), "{message}");
        assert!(!message.contains("nobody may see"), "{message}");
    }
}
