//! Nothing that changes something is sent without somebody's yes.

use serde_json::Value;

use crate::support::{SIM, World, order};

fn orders(world: &World) -> usize {
    let listed = world.linksfield(["csss", "query-order", "--page-no", "1", "--page-size", "10"]).done();
    serde_json::from_str::<Value>(&listed).unwrap()["package_order"].as_array().unwrap().len()
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
    assert_eq!(orders(&world), 0);
    world.linksfield(order()).args(["--yes"]).done();
    assert_eq!(orders(&world), 1);
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
fn an_id_that_cannot_be_printed_is_told() {
    let world = World::new();
    let mut run = world.linksfield(order()).args(["--yes"]);
    run.0.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let output = run.output();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("it was done, and the answer is: {") && said.contains("order_id"), "{said}");
    assert_eq!(orders(&world), 1);
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
    let is_cancel = |request: &linksfield::sandbox::Request| request.path().ends_with("/cancel");
    assert!(!world.sandbox.requests().iter().any(is_cancel));
    world.everywhere(cancel).args(["--confirm", SIM]).output();
    assert!(world.sandbox.requests().iter().any(is_cancel));
}
