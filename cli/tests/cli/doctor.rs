//! What the doctor says of keys, connections and clocks that are wrong.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use linksfield::cube::PrivateKey;
use tokio::runtime::Runtime;

use crate::support::{Run, World};
use crate::tls_server::{Server, certificate};

/// A key of the same kind as the sandbox's, and not that.
const ANOTHER_KEY: &str = include_str!("../../../tests/fixtures/cube/keys/pkcs1.pem");

/// Its steps, and what it says at last.
fn said(run: Run, code: i32) -> (String, String) {
    let output = run.output();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn who_calls_by_a_key_pair_is_shown_as_the_platform_knows_it_and_blamed_as_a_pair() {
    let world = World::new();
    let steps = world.everywhere(["doctor", "cube"]).done();
    let key = world.sandbox.cube_credentials().key().public_key();
    assert!(steps.contains("ok     key        sandbox; its public key, to compare with the platform's"), "{steps}");
    assert!(steps.contains(key.to_pem().trim_end()) && steps.contains("ok     signature"), "{steps}");
    let pair = "the key id and the key are not one pair, or not of this server";
    for (name, value, code) in [
        ("LINKSFIELD_CUBE_PRIVATE_KEY", ANOTHER_KEY, "CB-99-9403"),
        ("LINKSFIELD_CUBE_KEY_ID", "another", "CB-99-9403"),
    ] {
        let (steps, last) = said(world.everywhere(["doctor", "cube"]).env(name, value), 4);
        for text in [&steps, &last] {
            assert!(text.contains(pair) && text.contains(code), "{text}");
            assert!(!text.contains("secret") && !text.contains("credentials") && !text.contains("PRIVATE"), "{text}");
        }
    }
    let theirs = PrivateKey::from_text(ANOTHER_KEY).unwrap().public_key();
    let (steps, _) = said(world.everywhere(["doctor", "cube"]).env("LINKSFIELD_CUBE_PRIVATE_KEY", ANOTHER_KEY), 4);
    assert!(steps.contains(theirs.to_pem().trim_end()), "{steps}");
    // Who has a secret has no pair.
    let (steps, _) = said(world.linksfield(["doctor"]).env("LINKSFIELD_SECRET", "a wrong one"), 4);
    assert!(steps.contains("then check the access code and the secret") && !steps.contains("pair"), "{steps}");
}

#[test]
fn why_there_is_no_connection_is_said_as_a_call_says_it() {
    let world = World::new();
    let runtime = Runtime::new().unwrap();
    let server = || runtime.block_on(Server::start(certificate("localhost"), b"http/1.1", |_| async {}));
    let (server, other) = (server(), server());
    let trusted = other.folder.path().join("trusted.pem");
    let plain = world.sandbox.url().replace("http:", "https:");
    for (url, proxy, words) in [
        (server.url().as_str(), "", "the server's certificate is not trusted: check the server's URL"),
        (&plain, "", "the server does not speak TLS on that port: check the port of its URL"),
        (
            "https://no-such-host.invalid",
            "http://127.0.0.1:1",
            "the connection failed: nothing accepts connections there",
        ),
    ] {
        let run = |words: &[&str]| {
            let run = world.linksfield(words).env("LINKSFIELD_BASE_URL", url).env("HTTPS_PROXY", proxy);
            run.env("SSL_CERT_FILE", trusted.to_str().unwrap())
        };
        let call = run(&["csss", "query-order", "--page-no", "1", "--page-size", "1"]).fails(5);
        let (steps, last) = said(run(&["doctor"]), 5);
        for text in [&call, &steps, &last] {
            assert!(text.contains(words) && text.contains("nothing was sent"), "{text}");
            let names_proxy = text.contains("it went through the proxy 127.0.0.1:1");
            assert!(names_proxy || proxy.is_empty(), "{text}");
        }
        assert!(steps.contains("wrong  connection GET https://") && !steps.contains("OtherError"), "{steps}");
    }
    assert_eq!(server.connections(), 2, "neither tries again");
}

/// The URL of a server that answers everything with these headers.
fn answering(headers: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 8192]);
            let answer = format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn a_clock_that_is_off_is_told_with_its_direction_where_the_answer_is_fresh() {
    const OFF: Duration = Duration::from_secs(11 * 60);
    let world = World::new();
    let now = SystemTime::now();
    let steps = |date: SystemTime, more: &str| {
        let url = answering(format!("date: {}\r\n{more}", httpdate::fmt_http_date(date)));
        let output = world.linksfield(["doctor"]).env("LINKSFIELD_BASE_URL", &url).output();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    for (date, way) in [(now + OFF, "slow"), (now - OFF, "fast")] {
        let (code, steps) = steps(date, "");
        assert!(steps.contains("wrong  clock") && steps.contains(&format!("minutes {way}: signatures")), "{steps}");
        assert_eq!(code, Some(1), "{steps}");
    }
    // What a cache has kept tells no time.
    let (_, aged) = steps(now - OFF, "age: 660\r\n");
    assert!(aged.contains("ok     clock      the server does not tell its own"), "{aged}");
    let (_, right) = steps(now, "");
    assert!(right.contains("ok     clock") && right.contains("s from the server's"), "{right}");
}

/// The URL of a gateway before the sandbox's Cube, which has another path there.
fn gateway(world: &World) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/gateway", listener.local_addr().unwrap());
    let sandbox = world.sandbox.url().strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap().replacen("/gateway", "/cube/v4", 1);
            let head = head.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
            let mut server = std::net::TcpStream::connect(&sandbox).unwrap();
            server.write_all(head.as_bytes()).unwrap();
            let _ = std::io::copy(&mut server, &mut stream);
        }
    });
    url
}

#[test]
fn a_gateway_with_another_path_is_called_by_what_is_set_for_it() {
    let world = World::new();
    let url = gateway(&world);
    let cube = |words: &[&str]| world.everywhere(words).env("LINKSFIELD_CUBE_BASE_URL", &url);
    let (steps, _) = said(cube(&["doctor", "cube"]), 4);
    assert!(steps.contains("LINKSFIELD_CUBE_SIGNED_BASE_PATH where the environment is read"), "{steps}");
    let set =
        |run: Run| run.env("LINKSFIELD_CUBE_SIGNED_BASE_PATH", "/cube/v4").env("LINKSFIELD_CUBE_API_VERSION", "1.0");
    assert!(set(cube(&["doctor", "cube"])).done().contains("ok     signature"));
    let query = ["cube", "query-sims", "--page-no", "1", "--page-size", "1"];
    set(cube(&query)).done();
    let version = world.sandbox.requests().pop().unwrap().headers().get("x-lf-api-version").cloned();
    assert_eq!(version.unwrap(), "1.0");
    for (name, wrong, what) in [
        ("LINKSFIELD_CUBE_SIGNED_BASE_PATH", "cube/v4", "signed_base_path must begin with /"),
        ("LINKSFIELD_CUBE_API_VERSION", " 1.0", "LINKSFIELD_CUBE_API_VERSION has white space around it"),
    ] {
        let text = cube(&query).env(name, wrong).fails(3);
        assert!(text.contains(what), "{text}");
    }

    let key = world.home.path().join("key.pem");
    std::fs::write(&key, linksfield::sandbox::CUBE_KEY).unwrap();
    let configure = || world.unset(["configure", "cube"]).input(&format!("{url}\nsandbox\n{}\n", key.display())).done();
    configure();
    world.unset(query).fails(4);
    let file = world.home.path().join("config/linksfield/profiles.toml");
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{kept}signed_base_path = \"/cube/v4\"\napi_version = \"1.0\"\n")).unwrap();
    world.unset(query).done();
    // Nobody is asked for them, so they stay.
    configure();
    world.unset(query).done();
    // Alone they are no settings.
    let text = world.unset(query).env("LINKSFIELD_CUBE_API_VERSION", "1.0").fails(3);
    assert!(text.contains("LINKSFIELD_CUBE_KEY_ID") && !text.contains("SIGNED_BASE_PATH"), "{text}");
}
