//! How a client is set up, and what is said when it can't be.

use std::process::Command;
use std::time::Duration;

use linksfield::csss::{Client, Environment};
use linksfield::{Credentials, Error, ErrorKind, Language};

use crate::support::{Canned, monthly_plan};

fn credentials() -> Credentials {
    Credentials::new("P000270", "secret").unwrap()
}

#[test]
fn the_documented_servers_are_known() {
    assert_eq!(Environment::Production.url(), "https://apiv3.linksfield.net");
    assert_eq!(Environment::Uat.url(), "https://api-uat.io.linksfield.net/cube/v4");
}

#[test]
fn a_server_that_is_no_url_is_an_error() {
    for url in ["", "127.0.0.1:8787", "ftp://host", "http://", "https://host?x=1", "https://host#x", "https://u:p@host"]
    {
        let error = Client::builder().credentials(credentials()).environment(url).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings, "{url}");
        assert!(!error.to_string().contains("u:p"), "{error}");
    }
}

#[test]
fn plaintext_is_for_this_machine_unless_it_is_allowed() {
    let build = |url: &str, allow| {
        Client::builder().credentials(credentials()).environment(url).allow_plaintext(allow).build().map(drop)
    };
    for url in
        ["http://127.0.0.1:8787", "http://localhost", "http://[::1]:1", "http://127.1.2.3/x", "https://example.com"]
    {
        build(url, false).unwrap();
    }
    for url in ["http://example.com", "http://10.0.0.1", "http://localhost.example.com", "http://[::2]"] {
        assert!(build(url, false).unwrap_err().to_string().contains("must be https"), "{url}");
        build(url, true).unwrap();
    }
}

#[test]
fn credentials_that_were_copied_badly_are_an_error() {
    for (access_code, secret, words) in [
        ("", "s", "the access code is empty"),
        ("P000270", " ", "the secret is empty"),
        ("P000270", "s\n", "the secret has white space around it"),
    ] {
        let error = Credentials::new(access_code, secret).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_an_error() {
    let error = Client::builder()
        .credentials(credentials())
        .environment(Environment::Uat)
        .http_client(reqwest::Client::new())
        .connect_timeout(Duration::from_secs(1))
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("connect_timeout"), "{error}");
    let language = Language::Other("not\na header".into());
    let error = Client::builder().credentials(credentials()).environment(Environment::Uat).language(language).build();
    assert!(error.unwrap_err().to_string().contains("language tag"));
}

#[tokio::test]
async fn requests_name_the_crate_the_language_and_the_media_type_and_no_version_of_ours() {
    let server = Canned::json(r#"{"code":"1"}"#).await;
    let client = Client::builder()
        .credentials(credentials())
        .environment(server.url.as_str())
        .language(Language::English)
        .build()
        .unwrap();
    let _ = client.order_package(&monthly_plan()).await;
    let request = server.requests()[0].to_lowercase();
    assert!(request.starts_with("post /package/orderpackage http/1.1\r\n"), "{request}");
    let agent = concat!("user-agent: linksfield/", env!("CARGO_PKG_VERSION"), "\r\n");
    for header in [agent, "accept-language: en-us\r\n", "content-type: application/json\r\n"] {
        assert!(request.contains(header), "{header} in {request}");
    }
    assert!(!request.contains("api-version"), "{request}");
}

#[tokio::test]
async fn without_a_language_none_is_asked_for() {
    let server = Canned::json(r#"{"code":"1"}"#).await;
    let client = Client::builder().credentials(credentials()).environment(server.url.as_str()).build().unwrap();
    let _ = client.order_package(&monthly_plan()).await;
    assert!(!server.requests()[0].to_lowercase().contains("accept-language"));
}

/// Runs [`prints_the_client_of_the_environment`] in a process of its own, because an environment is a process's.
fn client_from_env(variables: &[(&str, &str)]) -> String {
    let names = ["LINKSFIELD_ACCESS_CODE", "LINKSFIELD_SECRET", "LINKSFIELD_BASE_URL"];
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "settings::prints_the_client_of_the_environment", "--ignored", "--nocapture"]);
    for name in names {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "run by the tests of this file, with an environment of their own"]
fn prints_the_client_of_the_environment() {
    match Client::from_env() {
        Ok(client) => println!("{client:?}"),
        Err(error) => println!("{error}"),
    }
}

#[test]
fn a_client_is_set_up_by_three_environment_variables() {
    let code = ("LINKSFIELD_ACCESS_CODE", "P000270");
    let secret = ("LINKSFIELD_SECRET", "a secret that nobody may see");
    let output = client_from_env(&[code, secret, ("LINKSFIELD_BASE_URL", "https://example.com/x/")]);
    assert!(output.contains("https://example.com/x\"") && output.contains("P000270"), "{output}");
    assert!(!output.contains(secret.1), "{output}");
    for (variables, words) in [
        (&[secret][..], "LINKSFIELD_ACCESS_CODE is not set"),
        (&[code], "LINKSFIELD_SECRET is not set"),
        (&[code, ("LINKSFIELD_SECRET", "")], "LINKSFIELD_SECRET is empty"),
        (&[("LINKSFIELD_ACCESS_CODE", "P1 "), secret], "LINKSFIELD_ACCESS_CODE has white space"),
        (&[code, secret], "LINKSFIELD_BASE_URL is not set"),
        (&[code, secret, ("LINKSFIELD_BASE_URL", "example.com")], "LINKSFIELD_BASE_URL is not a URL"),
    ] {
        let output = client_from_env(variables);
        assert!(output.contains(words), "{words} in {output}");
    }
}

#[test]
fn errors_convert_to_a_boxed_error() {
    fn f() -> Result<Credentials, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Credentials::new("", "")?)
    }
    assert!(f().unwrap_err().downcast_ref::<Error>().is_some());
}
