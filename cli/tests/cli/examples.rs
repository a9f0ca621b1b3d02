//! The example of every command is run, and accepted as far as the sandbox knows the SIMs and orders in it.

use linksfield::Operation;
use linksfield::openapi::DOCUMENTS;

use crate::support::World;

/// A parameter of the example.
fn example_of(operation: &Operation, name: &str) -> String {
    let example: serde_json::Value = serde_json::from_str(operation.example).unwrap();
    example[name].as_str().unwrap().to_owned()
}

/// The example in the help of a command, as words.
fn example(world: &World, api: &str, command: &str) -> Vec<String> {
    let help = world.unset([api, command, "--help"]).done();
    let line = help.rsplit("Example:\n  ").next().unwrap().trim().to_owned();
    let words = shell_words::split(&line).unwrap();
    assert_eq!(words[0], "linksfield", "{line}");
    words[1..].to_vec()
}

#[test]
fn the_example_of_every_operation_reaches_the_api() {
    let world = World::new();
    for (document, operation) in
        DOCUMENTS.iter().flat_map(|document| document.operations.iter().map(move |operation| (document, operation)))
    {
        let mut words = example(&world, document.name, operation.command);
        match operation.confirm {
            Some(name) => words.extend(["--confirm".to_owned(), example_of(operation, name)]),
            None if !operation.safe_to_retry => words.push("--yes".to_owned()),
            None => {}
        }
        let output = world.everywhere(words.clone()).output();
        let said = String::from_utf8_lossy(&output.stderr);
        // Accepted, or refused because the order or the SIM of the example is not there: nothing is wrong with what was sent.
        let is_wrong = ["SANDBOX-PARAMETER", "SANDBOX-BODY", "SANDBOX-METHOD", "SANDBOX-UNKNOWN-PATH"];
        let is_accepted =
            matches!(output.status.code(), Some(0 | 4)) && !is_wrong.iter().any(|code| said.contains(code));
        assert!(is_accepted, "{words:?}: {said}");
        let requests = world.sandbox.requests();
        let seen = requests.iter().rev().find(|request| request.operation() == Some(operation.id)).unwrap();
        assert_eq!(seen.is_verified(), Some(true), "{words:?}");
        words.push("--dry-run".to_owned());
        let shown = world.everywhere(words).done();
        assert!(shown.contains(operation.path.split('{').next().unwrap()), "{shown}");
    }
}

#[test]
fn the_example_of_a_raw_call_reaches_the_api() {
    let world = World::new();
    let said = world.everywhere(example(&world, "csss", "call")).fails(4);
    assert!(said.contains("SANDBOX-"), "{said}");
}

/// What the examples of a command's help run, without `linksfield`.
fn lines(world: &World, command: &[&str]) -> Vec<String> {
    let help = world.unset(command).args(["--help"]).done();
    help.rsplit("Example:\n")
        .next()
        .unwrap()
        .replace("\\\n", " ")
        .replace("|\n", "| ")
        .lines()
        .map(|line| line.trim().to_owned())
        .collect()
}

/// The examples of the commands that are written by hand, run by a shell as they stand.
#[test]
fn the_examples_of_all_other_commands_run() {
    let world = World::new();
    let home = world.home.path();
    let binaries = std::path::Path::new(env!("CARGO_BIN_EXE_linksfield")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let shell = |line: &str, input: &str| {
        let mut run = world.everywhere(["--help"]).env("PATH", &path).env("LINKSFIELD_NOTIFICATION_KEY_ID", "id");
        run = run.env("LINKSFIELD_NOTIFICATION_KEY", "key").input(input);
        let environment: Vec<_> =
            run.0.get_envs().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned())).collect();
        let mut shell = std::process::Command::new("setsid");
        shell.args(["--wait", "sh", "-c", line]).env_clear().envs(environment).current_dir(home);
        let mut text = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut text, input.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut text).unwrap();
        shell.stdin(text).output().unwrap()
    };
    let done = |line: &str, input: &str| {
        let output = shell(line, input);
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    // What a person has before: a program that keeps secrets, folders, a list, a body.
    let bin = home.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("pass"), "#!/bin/sh\nprintf sandbox-secret\n").unwrap();
    std::fs::set_permissions(bin.join("pass"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let with_pass = |line: &str| format!("PATH={}:$PATH; {line}", bin.display());
    std::fs::create_dir_all(home.join(".local/share/bash-completion/completions")).unwrap();
    std::fs::write(home.join("sims.csv"), "device_id\n89852022018041800192\n").unwrap();
    let mut shared = crate::support::order_parameters();
    shared.as_object_mut().unwrap().retain(|name, _| !["device_id", "package_code"].contains(&name.as_str()));
    std::fs::write(home.join("defaults.json"), shared.to_string()).unwrap();
    let answers = format!("{}\nSANDBOX\n", world.sandbox.url());
    for line in lines(&world, &["configure"]) {
        done(&with_pass(&line), &answers);
    }
    for command in [&["doctor"][..], &["fleet", "order"], &["explain"], &["sign"], &["completions"], &["manual"]] {
        let lines = lines(&world, command);
        assert!(!lines.is_empty() && lines.iter().all(|line| line.contains("linksfield")), "{lines:?}");
        for line in lines {
            done(&line, "");
        }
    }
    assert!(home.join(".local/share/bash-completion/completions/linksfield").metadata().unwrap().len() > 1000);
    assert!(home.join(".local/share/man/man1/linksfield.1").exists());
    assert_eq!(world.orders(), 1);
    let signed = world.linksfield(["sign"]).input(r#"{"order_id":"1"}"#).done();
    let body = serde_json::json!({ "order_id": "1", "sign": signed.trim() });
    std::fs::write(home.join("body.json"), body.to_string()).unwrap();
    for line in lines(&world, &["verify"]) {
        assert!(done(&line, "").starts_with("the signature is right"));
    }
    // The assistant hangs up at once: that is no beginning of the protocol, but the settings were those of the profile.
    for line in lines(&world, &["mcp"]) {
        let said = String::from_utf8(shell(&with_pass(&line), "").stderr).unwrap();
        assert!(said.contains("the protocol did not begin"), "{said}");
    }
    // Nobody listens where a sample is sent.
    for line in lines(&world, &["trigger"]) {
        assert_eq!(shell(&line, "").status.code(), Some(5));
    }
    for line in lines(&world, &["listen"]) {
        let words = format!("timeout -s TERM 5 {line} --address 127.0.0.1:0 2>&1 | head -1");
        assert!(done(&words, "").contains("listening on http://127.0.0.1:"));
    }
}
