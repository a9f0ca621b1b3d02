//! What goes out, and with what code a call ends.

use linksfield::sandbox::{Fault, Reply, Story};
use serde_json::{Value, json};

use crate::support::{SIM, World, order};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn an_order_is_placed_listed_started_and_renewed() {
    let world = World::new();
    let id = world.ordered();
    let listed = json(&world.linksfield(["csss", "query-order", "--page-no", "1", "--page-size", "10"]).done());
    assert_eq!(listed["package_order"][0]["orderCode"], json!(id));
    let started = json(&world.linksfield(["csss", "open-package", "--order-id", &id, "--yes"]).done());
    assert_eq!(started["order_id"], json!(id));
    let renew = ["csss", "renew-package", "--order-id", &id, "--renew-period", "1", "--yes"];
    assert_eq!(json(&world.linksfield(renew).done())["order_id"], json!(id));
}

#[test]
fn parameters_come_from_flags_from_json_and_by_name() {
    let world = World::new();
    let file = world.home.path().join("order.json");
    std::fs::write(&file, r#"{"order_id":"FROM-THE-FILE","why":{"a":[1,"2"]}}"#).unwrap();
    let shown = |arguments: &[&str]| {
        let text = world.linksfield(["csss", "open-package", "--dry-run"]).args(arguments).done();
        json(text.lines().find(|line| line.starts_with('{')).unwrap())
    };
    let body = shown(&["--json", file.to_str().unwrap()]);
    assert_eq!((&body["order_id"], &body["why"]), (&json!("FROM-THE-FILE"), &json!({ "a": [1, "2"] })));
    assert_eq!(shown(&["--json", file.to_str().unwrap(), "--order-id", "FLAG"])["order_id"], "FLAG");
    let body = shown(&["--order-id", "1", "--param", "new=007", "--param", "more:={\"a\":1}"]);
    assert_eq!((&body["new"], &body["more"], &body["order_id"]), (&json!("007"), &json!({ "a": 1 }), &json!("1")));
    let text =
        world.linksfield(["csss", "open-package", "--dry-run", "--json", "-"]).input(r#"{"order_id":"PIPED"}"#).done();
    assert!(text.contains(r#""order_id":"PIPED""#), "{text}");
    let said = |input: &str| world.linksfield(["csss", "open-package", "--yes", "--json", "-"]).input(input).fails(2);
    assert!(said(r#"{"order_id":"1","order_id":"2"}"#).contains("order_id"));
    assert!(said(r#"{"order_id":89852022018041800192}"#).contains("write it as text"));
    assert!(said("[1]").contains("--json -"));
}

#[test]
fn what_is_given_twice_is_refused_and_nothing_is_sent() {
    let world = World::new();
    let open = ["csss", "open-package", "--yes", "--order-id", "1"];
    let renew = ["cube", "create-renewal-order", "--yes"];
    let raw = ["csss", "call", "POST", "/x", "--yes"];
    for (words, more, what) in [
        (&open[..], &["--param", "a=1", "--param", "a=2"][..], "a is there twice"),
        (&open, &["--param", "a=1", "--param", "a:=2"], "a is there twice"),
        (&open, &["--param", "order_id=2"], "order_id is there twice"),
        (&open, &["--param", r#"a:={"b":1,"b":2}"#], r#"the key "b" is there twice"#),
        (&open, &["--param", r#"a:=[{"b":{"c":1,"c":2}}]"#], r#"the key "c" is there twice"#),
        (&renew, &["--items", r#"{"sim_id":"1","sim_id":"2"}"#], r#"the key "sim_id" is there twice"#),
        (&raw, &["--param", "a=1", "--param", "a=2"], "a is there twice"),
    ] {
        let said = world.everywhere(words).args(more).fails(2);
        assert!(said.contains(what) && said.contains("nothing was sent"), "{more:?}: {said}");
    }
    assert!(world.sandbox.requests().is_empty());
    // A file is what flags and names are added to.
    let shown = world.linksfield(["csss", "open-package", "--dry-run", "--json", "-", "--param", "order_id=2"]);
    assert!(shown.input(r#"{"order_id":"1"}"#).done().contains(r#""order_id":"2""#));
}

#[test]
fn codes_go_by_name_or_by_value() {
    let world = World::new();
    for (given, sent) in [("start-at-once", "1"), ("0", "0")] {
        let shown = world.linksfield(order()).args(["--dry-run", "--is-open", given]).output();
        // The flag is there twice.
        assert_eq!(shown.status.code(), Some(2));
        let mut words = order();
        let at = words.iter().position(|word| word == "--is-open").unwrap();
        words[at + 1] = given.to_owned();
        let shown = world.linksfield(words).args(["--dry-run"]).done();
        assert!(shown.contains(&format!(r#""is_open":"{sent}""#)), "{shown}");
    }
}

#[test]
fn a_dry_run_sends_nothing_and_shows_no_signature_and_no_secret() {
    let world = World::new();
    let shown = world.linksfield(order()).args(["--dry-run"]).done();
    assert!(shown.starts_with(&format!("POST {}/package/orderPackage\n", world.sandbox.url())), "{shown}");
    assert!(
        shown.contains("signed, ") && shown.contains(r#""sign":"…""#) && !shown.contains("sandbox-secret"),
        "{shown}"
    );
    let listed = json(&world.linksfield(["csss", "query-order", "--page-no", "1", "--page-size", "10"]).done());
    assert_eq!(listed["package_order"], json!([]));
}

#[test]
fn a_dry_run_of_a_request_that_is_signed_in_a_header_shows_no_signature() {
    let world = World::new();
    let shown = world.everywhere(["cube", "query-sim", "--sim-id", SIM, "--dry-run"]).done();
    assert!(shown.starts_with(&format!("GET {}/sims/{SIM}\n", world.sandbox.cube_url())), "{shown}");
    assert!(shown.contains("authorization: …\n") && shown.contains("x-sign-uri"), "{shown}");
    assert!(!shown.contains("LF sandbox/") && !shown.contains("PRIVATE"), "{shown}");
}

#[test]
fn each_end_has_its_code() {
    let world = World::new();
    let query = ["csss", "query-device", "--device-id", SIM];
    let open = ["csss", "open-package", "--order-id", "NO-SUCH-ORDER", "--yes"];
    assert!(world.linksfield(open).fails(4).contains("SANDBOX-"));
    assert!(
        world.linksfield(query).env("LINKSFIELD_BASE_URL", "http://127.0.0.1:1").fails(5).contains("nothing was sent")
    );
    assert!(
        world
            .linksfield(order())
            .args(["--yes"])
            .env("LINKSFIELD_BASE_URL", "http://127.0.0.1:1")
            .fails(5)
            .contains("nothing was sent")
    );
    assert!(world.unset(query).fails(3).contains("linksfield configure csss"));
    for (fault, of_query, of_order) in [
        ("drop-after-placing", 1, 9),
        ("half-answer", 1, 9),
        ("not-json", 7, 9),
        ("html-error", 7, 9),
        ("too-many-requests", 6, 9),
        ("unknown-code", 4, 4),
    ] {
        world.misbehave(fault);
        world.linksfield(query).fails(of_query);
        let said = world.linksfield(order()).args(["--yes"]).fails(of_order);
        assert_eq!(said.contains("may or may not have taken effect"), of_order == 9, "{fault}: {said}");
    }
}

#[test]
fn a_status_counts_though_a_code_can_be_read() {
    let world = World::new();
    let query = ["csss", "query-order", "--page-no", "1", "--page-size", "10"];
    for (status, of_query, of_order) in [(200, 4, 4), (429, 6, 6), (500, 7, 9), (502, 7, 9), (503, 7, 9)] {
        let reply = Reply::refusal("SANDBOX-1", "not now").status(status);
        world.sandbox.tell(Story::new(reply).always()).unwrap();
        world.linksfield(query).fails(of_query);
        world.linksfield(query).args(["--all"]).fails(of_query);
        world.linksfield(order()).args(["--yes"]).fails(of_order);
        let doctor = world.linksfield(["doctor"]).output();
        assert_eq!(doctor.status.code(), Some(of_query), "{status}: {doctor:?}");
        world.sandbox.forget_stories();
    }
}

#[test]
fn an_unknown_outcome_names_the_command_that_finds_out() {
    let world = World::new();
    world.misbehave("drop-after-placing");
    let said = world.linksfield(order()).args(["--yes"]).fails(9);
    let line = said.split("Find out by:\n  ").nth(1).unwrap().trim().to_owned();
    let words = shell_words::split(&line).unwrap();
    assert_eq!(words[..3], ["linksfield", "csss", "query-order"], "{line}");
    assert!(line.contains(&format!("--device-id {SIM}")), "{line}");
    world.sandbox.misbehave(None);
    assert_eq!(world.linksfield(&words[1..]).done().lines().count(), 1, "it was placed");
}

#[test]
fn what_finds_out_asks_for_the_same_account_and_for_all_pages() {
    let world = World::new();
    world.configured("the other one");
    // With the one that gets lost, more than a page: a part would not tell.
    for _ in 0..2 {
        world.ordered();
    }
    world.misbehave("drop-after-placing");
    let said = world.unset(order()).args(["--yes", "--profile", "the other one", "--loose-profile"]).fails(9);
    let line = said.split("Find out by:\n  ").nth(1).unwrap().trim().to_owned();
    assert!(line.ends_with("--all --profile 'the other one' --loose-profile"), "{line}");
    world.sandbox.misbehave(None);
    let words = shell_words::split(&line).unwrap();
    assert_eq!(world.unset(&words[1..]).done().lines().count(), 3, "{line}");
}

#[test]
fn all_pages_are_json_lines() {
    let world = World::new();
    let mut ids: Vec<_> = (0..5).map(|_| world.ordered()).collect();
    let query = ["csss", "query-order", "--page-no", "1", "--page-size", "2", "--all"];
    let lines = world.linksfield(query).done();
    let mut listed: Vec<_> = lines.lines().map(|line| json(line)["orderCode"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    listed.sort();
    assert_eq!(listed, ids);
    let lines = world.linksfield(query).args(["--query", "orderCode"]).done();
    assert_eq!(lines.lines().count(), 5);
    for whole in ["[0]", "@[0]", "@ | length(@)"] {
        assert!(world.linksfield(query).args(["--query", whole]).fails(2).contains("one item at a time"), "{whole}");
    }
}

#[test]
fn an_empty_id_in_a_path_is_refused() {
    let world = World::new();
    let run = world.unset(["topup", "get-async-result", "--request-id", " "]);
    let said = run
        .env("LINKSFIELD_MALL_TOPUP_BASE_URL", world.sandbox.topup_url().as_str())
        .env("LINKSFIELD_MALL_PARTNER_CODE", "SANDBOX")
        .fails(2);
    assert!(said.contains("--request-id is empty"), "{said}");
    for dots in ["..", ".", "%2e%2e", ". "] {
        world.everywhere(["topup", "get-async-result", "--request-id", dots]).fails(2);
        world.everywhere(["cube", "cancel-sim", "--sim-id", dots, "--confirm", dots]).fails(2);
        world.everywhere(["cube", "query-sim", "--sim-id", dots]).fails(2);
    }
    assert!(world.sandbox.requests().is_empty());
}

/// As where a variable of a shell is not set.
#[test]
fn what_is_given_but_empty_is_wrong_usage_and_sends_nothing() {
    let world = World::new();
    for tag in ["", " ", "en US"] {
        let said = world.linksfield(["csss", "query-order", "--lang", tag]).fails(2);
        assert!(said.contains("it must be a language tag, such as en-US"), "{said}");
    }
    let open = |words: &[&str]| world.linksfield(["csss", "open-package", "--yes"]).args(words);
    for words in [
        &["--order-id", ""][..],
        &["--order-id", " "],
        &["--param", "order_id="],
        &["--param", "order_id:=null"],
        &["--param", "order_id:=\"\""],
    ] {
        assert!(open(words).fails(2).contains("--order-id is empty"), "{words:?}");
    }
    for body in [r#"{"order_id":null}"#, r#"{"order_id":""}"#, r#"{"order_id":[]}"#] {
        assert!(open(&["--json", "-"]).input(body).fails(2).contains("--order-id is empty"), "{body}");
    }
    // A filter that says nothing would list everything.
    let query = ["csss", "query-order", "--page-no", "1", "--page-size", "10"];
    for words in [["--device-id", ""], ["--param", "device_id="]] {
        let said = world.linksfield(query).args(words).fails(2);
        assert!(said.contains("--device-id is empty: give it a value, or leave it out"), "{said}");
    }
    let (list, journal) = (world.home.path().join("sims.csv"), world.home.path().join("sims.journal"));
    std::fs::write(&list, format!("device_id\n{SIM}\n")).unwrap();
    let fleet = ["fleet", "order", list.to_str().unwrap(), "--new-journal", journal.to_str().unwrap(), "--yes"];
    assert!(world.linksfield(fleet).args(["--package-code", ""]).fails(2).contains("--package-code is empty"));
    assert!(world.sandbox.requests().is_empty());
    // As the document's own examples have it.
    world.linksfield(query).args(["--json", "-"]).input(r#"{"device_id":"","order_status":""}"#).done();
    // Or as a page allows: without test data there is none.
    let mut order = crate::support::order_parameters();
    order["test_flow"] = "".into();
    let place = world.linksfield(["csss", "order-package", "--json", "-", "--yes"]);
    place.input(&order.to_string()).done();
    assert_eq!(world.orders(), 1);
}

#[test]
fn all_pages_keep_to_the_deadline_and_end_with_the_highest_code() {
    let world = World::new();
    let query = ["csss", "query-order", "--page-no", "1", "--page-size", "2", "--all"];
    world.misbehave("hang");
    let said = world.linksfield(query).args(["--deadline", "1"]).fails(1);
    assert!(said.contains("the deadline has passed") && said.contains("the list is not whole"), "{said}");
    world.sandbox.misbehave(None);
    // An item that is none (7), and then a page that is not there (1).
    for _ in 0..5 {
        world.ordered();
    }
    let answer = r#"{"code":"0000","message":"","success":true,"data":{"package_order":["no object",{"orderCode":"1"}],"total_pages":2}}"#;
    let odd = Story::new(Reply::body(answer).header("content-type", "application/json")).of("queryOrder");
    world.sandbox.tell(odd.then(Story::new(Fault::HalfAnswer).of("queryOrder").always())).unwrap();
    let output = world.linksfield(query).output();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
}

#[test]
fn codes_of_a_file_go_by_name_too() {
    let world = World::new();
    let mut parameters = crate::support::order_parameters();
    parameters["is_open"] = json!("start-at-once");
    let run = world.linksfield(["csss", "order-package", "--json", "-", "--dry-run"]);
    let shown = run.input(&parameters.to_string()).done();
    assert!(shown.contains(r#""is_open":"1""#), "{shown}");
}

#[test]
fn a_dry_run_drives_no_terminal() {
    let world = World::new();
    let open = ["csss", "open-package", "--order-id", "1\u{202e}2\u{9b}31m", "--dry-run"];
    let shown = world.linksfield(open).done();
    assert!(shown.contains(r"1\u{202e}2\u{9b}31m") && !shown.contains(['\u{202e}', '\u{9b}']), "{shown:?}");
}

#[test]
fn a_deadline_that_no_clock_holds_is_refused_by_all_that_have_one() {
    let world = World::new();
    let query = ["csss", "query-order", "--page-no", "1", "--page-size", "10"];
    let fleet = ["fleet", "order", "sims.csv", "--journal", "a", "--yes"];
    let raw = ["csss", "call", "POST", "/x", "--yes"];
    let all = [&query[..], &["--all"]].concat();
    for words in [&query[..], &all, &fleet, &raw] {
        for deadline in ["0", "31536001", "18446744073709551615", "18446744073709551616"] {
            let said = world.linksfield(words).args(["--deadline", deadline]).fails(2);
            assert!(said.contains("--deadline") && said.contains(deadline), "{said}");
        }
    }
    world.linksfield(query).args(["--all", "--deadline", "31536000"]).done();
    world.linksfield(query).args(["--deadline", "31536000"]).done();
    assert!(!world.saw("/x"));
}
