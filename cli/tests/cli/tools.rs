//! What helps around calls: the doctor, signatures by hand, completions, the manual.

use serde_json::json;

use crate::support::{World, order};

#[test]
fn the_doctor_goes_step_by_step_and_names_the_first_fault() {
    let world = World::new();
    let steps = world.linksfield(["doctor"]).done();
    for step in ["settings", "proxy", "name", "connection", "clock", "signature"] {
        assert!(steps.lines().any(|line| line.starts_with(&format!("ok     {step}"))), "{step}\n{steps}");
    }
    let said = |run: crate::support::Run, code| {
        let output = run.output();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    assert!(said(world.unset(["doctor"]), 3).contains("linksfield configure csss"));
    let text = said(world.linksfield(["doctor"]).env("LINKSFIELD_SECRET", "a wrong one"), 4);
    assert!(text.contains("wrong  signature") && text.contains("credentials are not those"), "{text}");
    assert!(!text.contains("a wrong one"));
    assert!(
        said(world.linksfield(["doctor"]).env("LINKSFIELD_BASE_URL", "http://127.0.0.1:1"), 5)
            .contains("wrong  connection")
    );
    let nowhere = world.linksfield(["doctor"]).env("LINKSFIELD_BASE_URL", "https://no-such-host.invalid");
    assert!(said(nowhere, 5).contains("wrong  name"));
}

#[test]
fn the_doctor_goes_the_way_of_calls() {
    let world = World::new();
    let url = linksfield::reqwest::Url::parse(world.sandbox.url()).unwrap();
    let proxy = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    // The sandbox stands in for the proxy, which knows the name.
    let away = format!("http://no-such-host.invalid{}", url.path());
    let doctor = |by: &str| {
        let run = world.linksfield(["doctor"]).env("LINKSFIELD_BASE_URL", &away);
        run.env("LINKSFIELD_ALLOW_PLAINTEXT", "1").env("HTTP_PROXY", by)
    };
    let steps = doctor(&format!("http://user:password@{proxy}")).done();
    assert!(steps.contains(&format!("ok     proxy      {proxy}\n")) && !steps.contains("password"), "{steps}");
    assert!(steps.contains("open   name       not checked: a proxy is between\n"), "{steps}");
    assert!(steps.contains("ok     connection") && steps.contains("ok     signature"), "{steps}");
    for direct in [doctor(""), doctor(&format!("http://{proxy}")).env("NO_PROXY", ".invalid")] {
        let steps = direct.output();
        let steps = String::from_utf8_lossy(&steps.stdout);
        assert!(steps.contains("ok     proxy      none for this URL\nwrong  name"), "{steps}");
    }
    // Calls to this machine go through none.
    let steps = world.linksfield(["doctor"]).env("HTTP_PROXY", "http://127.0.0.1:1").done();
    assert!(steps.contains("ok     proxy      none for this URL\nok     name"), "{steps}");
}

#[test]
fn the_doctor_does_not_judge_what_it_can_not_know() {
    let world = World::new();
    for (api, line) in [
        ("csss", "ok     signature  "),
        ("cube", "ok     signature  querySims was accepted"),
        ("esim-qr", "open   signature  not checked: each operation of this API changes something"),
    ] {
        let steps = world.everywhere(["doctor", api]).done();
        assert!(steps.contains(line), "{steps}");
        assert!(!steps.contains("wrong"), "{steps}");
    }
    // Of these it can only ask for something that may not be there.
    for api in ["mall", "payment", "topup"] {
        let steps = world.everywhere(["doctor", api]).done();
        let last = steps.lines().last().unwrap();
        assert!(last.starts_with("ok     signature") || last.contains("signature  accepted, or not told: "), "{steps}");
        assert!(!steps.contains("wrong"), "{steps}");
        let changes = |request: &linksfield::sandbox::Request| {
            request.operation().is_some_and(|id| {
                let all = linksfield::openapi::DOCUMENTS.iter().flat_map(|document| document.operations);
                all.into_iter().any(|operation| operation.id == id && !operation.safe_to_retry)
            })
        };
        assert!(!world.sandbox.requests().iter().any(changes), "it changes nothing");
    }
    let refusal = linksfield::sandbox::Reply::refusal("SANDBOX-1", "there is no such order");
    world.sandbox.tell(linksfield::sandbox::Story::new(refusal).always()).unwrap();
    let steps = world.everywhere(["doctor", "payment"]).done();
    assert!(steps.contains("open   signature  accepted, or not told: "), "{steps}");
}

#[test]
fn the_doctor_blames_no_signature_for_what_a_server_can_not_do() {
    let world = World::new();
    for (api, status, line, code) in [
        ("csss", 404, "wrong  signature", 1),
        ("csss", 429, "open   signature  not checked", 6),
        ("csss", 500, "open   signature  not checked", 7),
        ("payment", 404, "open   signature  not checked", 1),
        ("payment", 401, "wrong  signature", 4),
    ] {
        let reply = linksfield::sandbox::Reply::body("<html>").status(status);
        world.sandbox.tell(linksfield::sandbox::Story::new(reply).always()).unwrap();
        let output = world.everywhere(["doctor", api]).output();
        let steps = String::from_utf8(output.stdout).unwrap();
        assert!(steps.contains(line), "{api} {status}: {steps}");
        assert_eq!(output.status.code(), Some(code), "{api} {status}: {steps}");
        world.sandbox.forget_stories();
    }
}

#[test]
fn a_signature_by_hand_is_that_of_a_call() {
    let world = World::new();
    let body =
        json!({ "order_id": "1", "access_code": "SANDBOX", "timestamp": "1643012271", "version": "2.0", "mcc": "" });
    let explained = world.unset(["explain"]).input(&body.to_string()).done();
    assert!(
        explained.contains(r#"{"access_code":"SANDBOX","order_id":"1","timestamp":"1643012271","version":"2.0"}"#),
        "{explained}"
    );
    assert!(explained.contains("not signed: mcc, because it is empty"), "{explained}");
    let sign = world.linksfield(["sign"]).input(&body.to_string()).done();
    let key = linksfield::signing::Key::new("sandbox-secret");
    let content = linksfield::signing::explain(body.to_string().as_bytes()).unwrap();
    assert_eq!(sign.trim(), key.sign(content.content().as_bytes()).as_str());
    let mut signed = body.clone();
    signed["sign"] = json!(sign.trim());
    assert!(world.linksfield(["verify"]).input(&signed.to_string()).done().starts_with("the signature is right"));
    signed["order_id"] = json!("2");
    assert!(world.linksfield(["verify"]).input(&signed.to_string()).fails(1).contains("does not match"));
    for no_body in ["", "[", "[1]", r#"{"order_id":"1"}"#, r#"{"a":"1","a":"2","sign":"3"}"#] {
        assert!(world.linksfield(["verify"]).input(no_body).fails(2).contains("standard input: "), "{no_body}");
    }
    let marked = format!("\u{feff}{body}");
    assert_eq!(world.linksfield(["sign"]).input(&marked).done(), sign);
    assert_eq!(world.unset(["explain"]).input(&marked).done(), explained);
    assert!(world.linksfield(["verify"]).input(&format!("\u{feff}{signed}")).fails(1).contains("does not match"));
    assert!(world.unset(["explain"]).input("[1]").fails(2).contains("standard input"));
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let world = World::new();
    let folder = world.home.path().join("man");
    world.unset(["manual", folder.to_str().unwrap()]).done();
    let page = std::fs::read_to_string(folder.join("linksfield-csss-order-package.1")).unwrap();
    assert!(page.contains("Order a data plan for one SIM") && page.contains(r"\-\-package\-code"), "{page}");
    assert!(page.contains(".SH EXAMPLES\n.nf\n  linksfield csss order\\-package"), "{page}");
    let pages = std::fs::read_dir(&folder).unwrap().map(|page| page.unwrap().path()).collect::<Vec<_>>();
    assert!(pages.len() > 30, "{pages:?}");
    for path in &pages {
        let page = std::fs::read_to_string(path).unwrap();
        assert!(!page.contains(".SH EXTRA") && !page.contains("Example:"), "{path:?}");
    }
    let page = std::fs::read_to_string(folder.join("linksfield-sandbox.1")).unwrap();
    assert!(page.contains(r"  \-\-fault NAME"), "{page}");
}

/// Where there is a reader of the manual: whatever it breaks lines by.
#[test]
fn an_example_of_the_manual_can_be_copied() {
    let world = World::new();
    let folder = world.home.path().join("man");
    world.unset(["manual", folder.to_str().unwrap()]).done();
    for words in [&["csss", "batch-order-packages"][..], &["cube", "query-sims"], &["fleet", "order"], &["configure"]] {
        let mut man = std::process::Command::new("man");
        man.env("LC_ALL", "C.UTF-8").env("MANWIDTH", "72").env("MANPAGER", "cat").arg("-l");
        let Ok(output) = man.arg(folder.join(format!("linksfield-{}.1", words.join("-")))).output() else {
            eprintln!("skipped: there is no man");
            return;
        };
        let shown = String::from_utf8(output.stdout).unwrap();
        let help = world.unset(words).args(["--help"]).done();
        let (_, example) = help.split_once("Example:\n").unwrap();
        for line in example.lines() {
            assert!(shown.lines().any(|other| other.trim() == line.trim()), "{line}\n{shown}");
        }
    }
}

/// Whether a shell is there; the script of checks installs all three, and takes a test that is skipped for a failure.
fn has(shell: &str) -> bool {
    let is_there =
        std::process::Command::new(shell).args(["-c", "true"]).output().is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!("skipped: there is no {shell}");
    }
    is_there
}

/// That it does what it should is not known: it is loaded nowhere.
#[test]
fn completions_for_powershell_are_made() {
    let world = World::new();
    let script = world.unset(["completions", "powershell"]).done();
    for part in ["Register-ArgumentCompleter -Native -CommandName 'linksfield'", "'--package-code'", "'order-package'"]
    {
        assert!(script.contains(part), "{part}");
    }
}

/// What a shell prints for these lines, with the completions of the command in a file whose name is `$script`.
fn shell(world: &World, shell: &str, lines: &str) -> String {
    let script = world.home.path().join(format!("completions.{shell}"));
    std::fs::write(&script, world.unset(["completions", shell]).done()).unwrap();
    let mut run = std::process::Command::new(shell);
    run.env("HOME", world.home.path()).env("script", &script).env("TERM", "dumb").args(["-c", lines]);
    let output = run.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{shell}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes_commands_flags_and_codes() {
    if !has("bash") {
        return;
    }
    let world = World::new();
    let complete = |words: &str| {
        let lines = format!(
            r#". "$script"; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            _linksfield linksfield "${{COMP_WORDS[$COMP_CWORD]}}" "${{COMP_WORDS[$((COMP_CWORD - 1))]}}"
            printf '%s\n' "${{COMPREPLY[@]}}""#
        );
        shell(&world, "bash", &lines)
    };
    assert!(complete("linksfield csss ord").contains("order-package"));
    assert!(complete("linksfield csss order-package --package-").contains("--package-code"));
    assert!(complete("linksfield csss order-package --is-open start").contains("start-at-once"));
}

#[test]
fn fish_completes_commands_flags_and_codes_with_their_descriptions() {
    if !has("fish") {
        return;
    }
    let world = World::new();
    let complete = |line: &str| shell(&world, "fish", &format!(r#"source "$script"; complete -C "{line}""#));
    assert!(complete("linksfield csss ord").contains("order-package\tOrder a data plan for one SIM"));
    assert!(complete("linksfield csss order-package --package-c").contains("--package-code\tCode of a data plan"));
    let codes = complete("linksfield csss order-package --package-type ");
    assert!(codes.contains("schedule\tSchedule plan （日程套餐）"), "{codes}");
}

#[test]
fn zsh_completes_commands_flags_and_codes() {
    if !has("zsh") {
        return;
    }
    let world = World::new();
    let script = world.home.path().join("completions.zsh");
    std::fs::write(&script, world.unset(["completions", "zsh"]).done()).unwrap();
    let mut zsh = std::process::Command::new("zsh");
    zsh.args(["-f", "-i"]).env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    zsh.env("HOME", world.home.path()).env("TERM", "dumb").env("script", &script);
    let mut zsh = rexpect::session::spawn_command(zsh, Some(60_000)).unwrap();
    zsh.send_line(r#"PROMPT='> '; autoload -U compinit; compinit -u -d "$HOME/dump"; source "$script"; echo "load"ed"#)
        .unwrap();
    zsh.exp_string("loaded").unwrap();
    for (begun, whole) in [
        ("linksfield csss order-p", "order-package "),
        ("linksfield csss order-package --package-c", "--package-code"),
        ("linksfield csss order-package --is-open start-at", "start-at-once "),
    ] {
        zsh.exp_string("> ").unwrap();
        zsh.send(&format!("{begun}\t")).unwrap();
        zsh.flush().unwrap();
        zsh.exp_string(whole).unwrap_or_else(|error| panic!("{begun}: {error}"));
        // To the next prompt, without running it.
        zsh.send_control('c').unwrap();
    }
}

#[test]
fn help_of_one_word_is_no_call() {
    let world = World::new();
    assert!(world.unset(["help"]).done().contains("Commands:"));
    assert!(world.unset(order()[..1].to_vec()).fails(2).contains("Commands:"));
}
