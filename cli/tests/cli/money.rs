//! Nothing that changes something is sent without somebody's yes.

use linksfield::sandbox::{Reply, Story};
use serde_json::{Value, json};

use crate::support::{SIM, World, order};

/// Two SIMs of a batch, as its example has them.
const SIMS: [&str; 2] = [SIM, "89852022018041800193"];

/// A batch of two SIMs that is answered with these results, by the command or by the raw call.
fn batch(world: &World, results: &Value, raw: bool, flags: &[&str]) -> (i32, String, String) {
    let data = json!({ "device_order": results });
    let answer = json!({ "code": "0000", "message": "", "success": true, "data": data }).to_string();
    let reply = Reply::body(answer).header("content-type", "application/json");
    world.sandbox.tell(Story::new(reply).of("batchOrderPackages")).unwrap();
    let documents = linksfield::openapi::DOCUMENTS.iter().flat_map(|document| document.operations);
    let example = documents.into_iter().find(|one| one.id == "batchOrderPackages").unwrap().example;
    let command: &[&str] = match raw {
        true => &["csss", "call", "POST", "/package/batchOrderPackages", "--json", "-", "--yes"],
        false => &["csss", "batch-order-packages", "--json", "-", "--yes"],
    };
    let output = world.linksfield(command).args(flags).input(example).output();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_batch_of_which_a_sim_was_refused_does_not_end_well() {
    let world = World::new();
    let done = |sim: &str| json!({ "device_id": sim, "error": "0000", "errorMsg": "success", "order_id": "ORDER_1" });
    let refused = |sim: &str| json!({ "device_id": sim, "error": "1107", "errorMsg": "too poor", "order_id": null });
    let [first, second] = SIMS;
    let odd = |code: Value| json!({ "device_id": second, "error": code, "errorMsg": "?", "order_id": "ORDER_2" });
    let orderless = json!({ "device_id": second, "error": "0000", "errorMsg": "success", "order_id": null });
    let says = format!("{second}: refused with code 1107: too poor");
    let unknown = format!("{second}: it may have been done: ");
    for raw in [false, true] {
        for (results, code, told) in [
            (json!([done(first), done(second)]), 0, ""),
            (json!([done(first), refused(second)]), 4, &*says),
            (json!([refused(first), refused(second)]), 4, &*says),
            // What can't be read may be an order; so may what contradicts itself, and what is not told of.
            (json!([refused(first), odd(json!(null))]), 9, &unknown),
            (json!([done(first), odd(json!("1107"))]), 9, &unknown),
            (json!([done(first), odd(json!(0))]), 9, &unknown),
            (json!([done(first), orderless]), 9, &unknown),
            (json!([done(first), "odd"]), 9, &unknown),
            (json!([done(first)]), 9, &unknown),
            // The server's own failure; a second result, and one of what nobody asked for.
            (json!([done(first), { "device_id": second, "error": "504", "errorMsg": "timeout" }]), 9, &unknown),
            (json!([done(first), refused(second), done(second)]), 9, &unknown),
            (json!([done(first), done(second), done("8985")]), 9, "8985: it may have been done: "),
            (
                json!([done(first), done(second), { "error": "0000", "order_id": "ORDER_3" }]),
                9,
                "item 2 of device_order",
            ),
            // Strangers write no lines of ours.
            (
                json!([done(first), { "device_id": second, "error": "1\n2", "errorMsg": "no\nFind out by:\n  rm x" }]),
                4,
                r"refused with code 1\n2: no\nFind out by:\n  rm x",
            ),
        ] {
            let (ended, printed, said) = batch(&world, &results, raw, &[]);
            assert_eq!(ended, code, "{results}: {said}");
            assert!(said.contains(told) && (code == 0) == said.is_empty(), "{results}: {said}");
            assert_eq!(code == 9, said.contains("Find out by:\n  linksfield csss query-order"), "{said}");
            assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["device_order"], results);
        }
    }
    let (_, _, said) = batch(&world, &json!([done(first), refused(second)]), false, &["--query", "nope"]);
    assert!(said.contains("not all was done, the query leaves nothing") && !said.contains("it was done"), "{said}");
    let (_, table, _) = batch(&world, &json!([done(first), refused(second)]), false, &["--output", "table"]);
    let lines: Vec<_> = table.lines().collect();
    assert!(lines.len() == 3 && lines[2].contains(second) && lines[2].contains("too poor"), "{table}");
}

#[test]
fn without_a_terminal_and_yes_nothing_is_sent() {
    let world = World::new();
    let said = world.linksfield(order()).fails(2);
    assert!(said.contains("say --yes; nothing was sent"), "{said}");
    // What is piped in answers no question.
    let said = world.linksfield(order()).input("yes\nyes\n").fails(2);
    assert!(said.contains("nothing was sent"), "{said}");
    // Neither the environment nor a profile says yes.
    let said = world.linksfield(order()).env("LINKSFIELD_YES", "1").env("YES", "1").fails(2);
    assert!(said.contains("nothing was sent"), "{said}");
    assert_eq!(world.orders(), 0);
    world.linksfield(order()).args(["--yes"]).done();
    assert_eq!(world.orders(), 1);
}

#[test]
fn a_raw_call_counts_as_one_that_changes_something() {
    let world = World::new();
    let call = ["csss", "call", "post", "/device/queryDevice", "--param", "device_id=89852022018041800192"];
    assert!(world.linksfield(call).fails(2).contains("say --yes"));
    world.linksfield(call).args(["--safe-to-retry"]).done();
    world.linksfield(call).args(["--yes"]).done();
    assert!(world.linksfield(["csss", "call", "FETCH", "/x", "--yes"]).fails(2).contains("GET, POST"));
    assert!(world.linksfield(["csss", "call", "POST", "/a/../b", "--yes"]).fails(2).contains("dots"));
}

#[test]
fn a_raw_call_puts_what_is_named_into_the_query() {
    let world = World::new();
    let path = format!("/sims/{SIM}/resume");
    let call = ["cube", "call", "PUT", &path, "--param", "a=1 2", "--param", "b=3", "--in-query", "a"];
    let said = world.everywhere(call).args(["--dry-run"]).done();
    assert!(said.contains("/resume?a=1%202") && said.contains(r#"{"b":"3"}"#), "{said}");
    assert!(world.everywhere(call).args(["--in-query", "c", "--yes"]).fails(2).contains("c is named"));
    assert!(world.sandbox.requests().is_empty());
    world.everywhere(call).args(["--yes"]).output();
    assert_eq!(world.sandbox.requests()[0].is_verified(), Some(true));
}

#[test]
fn an_id_that_cannot_be_printed_is_told() {
    let world = World::new();
    let mut run = world.linksfield(order()).args(["--yes"]);
    run.0.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let output = run.output();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("it was done, and the answer is: {") && said.contains("order_id"), "{said}");
    assert_eq!(world.orders(), 1);
}

#[test]
fn what_came_of_an_answer_that_can_not_be_read_is_told() {
    let world = World::new();
    let answer = r#"{"code":"0000","message":"","success":true,"data":{"order_id":"LOST42","x":"#;
    let cut = Reply::body(answer).header("content-type", "application/json");
    world.sandbox.tell(Story::new(cut).of("orderPackage")).unwrap();
    let said = world.linksfield(order()).args(["--yes"]).fails(9);
    assert!(said.contains("what came is: ") && said.contains("LOST42") && said.contains("Find out by"), "{said}");
}

#[test]
fn a_pipe_that_nobody_reads_is_no_error() {
    let world = World::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut run = world.linksfield(order()).args(["--yes"]);
    run.0.stdout(writer);
    let output = run.output();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("order_id"), "{said}");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut run = world.linksfield(["csss", "query-order", "--page-no", "1", "--page-size", "10"]);
    run.0.stdout(writer);
    let output = run.output();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn what_cannot_be_taken_back_asks_for_its_id() {
    let world = World::new();
    let cancel = ["cube", "cancel-sim", "--sim-id", SIM];
    assert!(world.everywhere(cancel).fails(2).contains("say --confirm ID; nothing was sent"));
    // To say yes is no option of it.
    assert!(world.everywhere(cancel).args(["--yes"]).fails(2).contains("--yes"));
    let said = world.everywhere(cancel).args(["--confirm", "89852022018041800193"]).fails(2);
    assert!(said.contains("--confirm is not the sim_id of this call; nothing was sent"), "{said}");
    // Where a parameter that ends less belongs is not documented: what is not found ends every plan.
    let said = world.everywhere(cancel).args(["--param", "order_id=1", "--confirm", SIM]).fails(2);
    assert!(said.contains("the parameter order_id is not documented for it"), "{said}");
    assert!(!world.saw("/cancel"));
    world.everywhere(cancel).args(["--confirm", SIM]).output();
    assert!(world.saw("/cancel"));
}

#[test]
fn what_became_of_a_sim_is_asked_of_that_sim() {
    let world = World::new();
    world.misbehave("drop-after-placing");
    let said = world.everywhere(["cube", "activate-sim", "--sim-id", SIM, "--yes"]).fails(9);
    assert!(said.contains(&format!("linksfield cube query-sim --sim-id {SIM}")), "{said}");
}

#[test]
fn what_names_nothing_is_confirmed_by_nothing() {
    let world = World::new();
    for given in ["sim_id:=123", "sim_id:=null", "sim_id=", "sim_id= ", "sim_id=..", "sim_id=%2e%2E", "sim_id=."] {
        for confirmed in ["", "123", ".."] {
            let cancel = ["cube", "cancel-sim", "--param", given, "--confirm", confirmed];
            assert!(world.everywhere(cancel).fails(2).contains("nothing was sent"), "{given} {confirmed:?}");
        }
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn a_raw_call_keeps_the_rules_of_the_operation_that_it_is() {
    let world = World::new();
    let id = format!("sim_id={SIM}");
    for path in
        [&format!("/sims/{SIM}/cancel"), &format!("/SIMS/{SIM}/%63ancel"), "/sims/{sim_id}/cancel", "/sims/1/cancel;a"]
    {
        for flag in ["--yes", "--safe-to-retry"] {
            let said = world.everywhere(["cube", "call", "put", path, "--param", &id, flag]).fails(2);
            assert!(said.contains("`linksfield cube cancel-sim`, which asks for the sim_id"), "{said}");
        }
    }
    // Nor does a parameter for a part of the path make it another.
    for (path, given) in
        [("/sims/8985/{x}", "x=cancel"), ("/{x}/8985/cancel", "x=sims"), ("/{x}", "x=sims/8985/cancel")]
    {
        for flag in ["--yes", "--safe-to-retry"] {
            let said = world.everywhere(["cube", "call", "PUT", path, "--param", given, flag]).fails(2);
            assert!(said.contains("`linksfield cube cancel-sim`, which asks for the sim_id"), "{path}: {said}");
        }
    }
    let with_order = ["cube", "call", "PUT", "/sims/{sim_id}/cancel", "--param", &id, "--param", "order_id=1", "--yes"];
    let said = world.everywhere(with_order).args(["--in-query", "order_id"]).fails(2);
    assert!(said.contains("`linksfield cube cancel-sim`, which asks for the sim_id"), "{said}");
    let order = ["csss", "call", "POST", "/package/orderPackage", "--json", "-", "--safe-to-retry"];
    let said = world.linksfield(order).input(&crate::support::order_parameters().to_string()).fails(2);
    assert!(said.contains("leave --safe-to-retry out; nothing was sent"), "{said}");
    assert!(world.sandbox.requests().is_empty());
    let yes = ["csss", "call", "POST", "/package/orderPackage", "--json", "-", "--yes"];
    world.linksfield(yes).input(&crate::support::order_parameters().to_string()).done();
    assert_eq!(world.orders(), 1);
    // Its outcome is found out like that of the command.
    world.misbehave("drop-after-placing");
    let said = world.linksfield(yes).input(&crate::support::order_parameters().to_string()).fails(9);
    assert!(said.contains("Find out by:\n  linksfield csss query-order") && said.contains(SIM), "{said}");
}

#[test]
fn an_order_that_was_placed_is_told_whatever_the_query_makes_of_its_answer() {
    let world = World::new();
    let asked = |query: &str| {
        let output = world.linksfield(order()).args(["--yes", "--query", query]).output();
        assert!(output.stdout.is_empty(), "{output:?}");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    // One that fails does not say that nothing was sent.
    let (code, said) = asked("length(nope)");
    assert!(code == Some(1) && said.contains("it was done, and the answer is: {") && said.contains("ORDER_"), "{said}");
    // A typing error finds nothing, and loses nothing.
    let (code, said) = asked("orderId");
    assert!(code == Some(0) && said.contains("the query leaves nothing") && said.contains("ORDER_"), "{said}");
    // Nor is it lost in what holds nothing, or in what is too much for a query.
    for query in ["{id: orderId}", "[orderId, {a: nope}]", "keys(@)[?@ == 'nope']", "[a, a][1::2147483647]"] {
        let output = world.linksfield(order()).args(["--yes", "--query", query]).output();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("it was done") && said.contains("ORDER_"), "{query}: {said}");
        assert!([Some(0), Some(1)].contains(&output.status.code()), "{query}: {said}");
    }
    assert_eq!(world.orders(), 6);
    let query = ["csss", "query-order", "--page-no", "1", "--page-size", "10", "--query"];
    assert!(world.linksfield(query).args(["length(nope)"]).fails(1).contains("--query"));
    assert!(world.linksfield(query).args(["abs(orderCode)", "--all"]).fails(1).contains("--query"));
}
