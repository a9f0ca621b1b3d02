//! How a client is set up, and what is said when it can't be.

use std::time::Duration;

use linksfield::csss::{Client, Environment};
use linksfield::{Credentials, Error, ErrorKind, Language, RetryPolicy};

use crate::support::{Canned, in_its_own_process, monthly_plan};

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
    for url in [
        "",
        "127.0.0.1:8787",
        "ftp://host",
        "http://",
        "https://host?x=1",
        "https://host#x",
        "https://u:p@host",
        "https://:u:p@host",
    ] {
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
    for url in [
        "http://example.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://[::2]",
        // Where these lead is the system's matter.
        "http://localhost.",
        "http://api.localhost",
        "http://0.0.0.0:8787",
        "http://[::]",
    ] {
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
        ("P000270", "\"s\"", "the secret has quotes around it"),
        ("'P000270'", "s", "the access code has quotes around it"),
        ("P000270", "“s”", "the secret has quotes around it"),
        ("P000270", "s\nt", "the secret has a line break"),
        ("P000270", "s\u{200b}t", "the secret has an invisible character"),
        ("\u{feff}P000270", "s", "the access code has an invisible character"),
        ("P000\u{ad}270", "s", "the access code has an invisible character"),
        ("P000270", "«s»", "the secret has quotes around it"),
        ("P000270", "„s“", "the secret has quotes around it"),
        ("P000270", "”s”", "the secret has quotes around it"),
        ("P000270", "「s」", "the secret has quotes around it"),
        ("P000270", "＂s＂", "the secret has quotes around it"),
        ("P000270", "s\u{3000}t", "the secret has an invisible character"),
        ("P000270", "s\u{a0}t", "the secret has an invisible character"),
        ("P000270", "s\u{61c}t", "the secret has an invisible character"),
        ("P000270", "s\u{34f}t", "the secret has an invisible character"),
        ("P000270", "s\u{fe0f}", "the secret has an invisible character"),
        ("P000270", "s\u{e0041}", "the secret has an invisible character"),
        ("P000270", "s\u{3164}t", "the secret has an invisible character"),
        ("P000270", "s\u{2800}t", "the secret has an invisible character"),
        ("P000270", "s\u{fffd}t", "the secret has an invisible character"),
    ] {
        let error = Credentials::new(access_code, secret).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    Credentials::new("P\"0", "it's a “secret\"").unwrap();
    Credentials::new("P000270", "a plain space, 密钥 é ﬁ").unwrap();
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
}

#[test]
fn a_language_is_a_language_tag_or_an_error() {
    let client = |language: &str| {
        let language = Language::Other(language.into());
        Client::builder().credentials(credentials()).environment(Environment::Uat).language(language).build()
    };
    for odd in [
        "not\na header",
        "",
        " ",
        "zh_CN",
        "français",
        "en-US,en;q=0.9",
        "-en",
        "en-",
        "en--US",
        "1-en",
        "internationally",
    ] {
        assert!(client(odd).unwrap_err().to_string().contains("the language must be a language tag"), "{odd}");
    }
    for tag in ["fr", "zh-Hant-HK", "de-CH-1996", "en-us"] {
        client(tag).unwrap();
    }
}

#[test]
fn settings_with_which_no_call_could_succeed_are_an_error() {
    let builder = || Client::builder().credentials(credentials()).environment(Environment::Uat);
    let never = RetryPolicy::builder().attempts(0).build();
    for (result, name) in [
        (builder().connect_timeout(Duration::ZERO).build(), "connect_timeout"),
        (builder().timeout(Duration::ZERO).build(), "timeout"),
        (builder().deadline(Duration::ZERO).build(), "deadline"),
        (builder().answer_limit(0).build(), "answer_limit"),
        (builder().in_flight(0).build(), "in_flight"),
        (builder().per_second(0).build(), "per_second"),
        (builder().retry(never).build(), "attempts"),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert!(error.to_string().contains(&format!("{name} must not be 0")), "{error}");
    }
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
    for header in
        [agent, "accept: application/json\r\n", "accept-language: en-us\r\n", "content-type: application/json\r\n"]
    {
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
    in_its_own_process("settings::prints_the_client_of_the_environment", variables)
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
        (&[code, ("LINKSFIELD_SECRET", "s\n")], "LINKSFIELD_SECRET has white space around it"),
        (&[("LINKSFIELD_ACCESS_CODE", "P1 "), secret], "LINKSFIELD_ACCESS_CODE has white space"),
        (&[code, secret], "LINKSFIELD_BASE_URL is not set"),
        (
            &[],
            "LINKSFIELD_ACCESS_CODE is not set: set it; LINKSFIELD_SECRET is not set: set it; LINKSFIELD_BASE_URL is not",
        ),
        (
            &[
                code,
                ("LINKSFIELD_SECRET", "'s'"),
                ("LINKSFIELD_ALLOW_PLAINTEXT", "yes"),
                ("LINKSFIELD_LANGUAGE", "中文"),
            ],
            "LINKSFIELD_SECRET has quotes around it: remove them; LINKSFIELD_BASE_URL is not set: set it; \
             LINKSFIELD_ALLOW_PLAINTEXT must be 1, or 0 as if it were not set; LINKSFIELD_LANGUAGE must be a language tag",
        ),
        (&[code, secret, ("LINKSFIELD_BASE_URL", "http://sandbox")], "LINKSFIELD_ALLOW_PLAINTEXT=1"),
        (&[code, secret, ("LINKSFIELD_BASE_URL", "example.com")], "LINKSFIELD_BASE_URL is not a URL"),
    ] {
        let output = client_from_env(variables);
        assert!(output.contains(words), "{words} in {output}");
    }
}

#[test]
fn the_environment_names_the_language_and_allows_plaintext() {
    let server = ("LINKSFIELD_BASE_URL", "http://sandbox");
    let code = [("LINKSFIELD_ACCESS_CODE", "P000270"), ("LINKSFIELD_SECRET", "s")];
    let allowed = [code[0], code[1], server, ("LINKSFIELD_ALLOW_PLAINTEXT", "1"), ("LINKSFIELD_LANGUAGE", "EN-us")];
    let output = client_from_env(&allowed);
    assert!(output.contains(r#"base_url: "http://sandbox"#) && output.contains(r#"Some("en-US")"#), "{output}");
    for no in ["0", ""] {
        let output = client_from_env(&[code[0], code[1], server, ("LINKSFIELD_ALLOW_PLAINTEXT", no)]);
        assert!(output.contains("must be https") && output.contains("allow_plaintext"), "{output}");
    }
    let empty = [allowed[0], allowed[1], allowed[2], allowed[3], ("LINKSFIELD_LANGUAGE", "")];
    let output = client_from_env(&empty);
    assert!(output.contains("language: None"), "an empty one is not set: {output}");
}

#[test]
fn errors_convert_to_a_boxed_error() {
    fn f() -> Result<Credentials, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Credentials::new("", "")?)
    }
    assert!(f().unwrap_err().downcast_ref::<Error>().is_some());
}
