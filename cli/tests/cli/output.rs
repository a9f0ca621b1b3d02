//! What is printed, and how.

use crate::support::{SIM, World};

const QUERY: [&str; 5] = ["csss", "query-order", "--page-no", "1", "--page-size"];

#[test]
fn the_formats_say_the_same() {
    let world = World::new();
    let id = world.ordered();
    let printed = |format: &str| world.linksfield(QUERY).args(["10", "--output", format]).done();
    assert!(printed("json").contains(&format!("\"orderCode\": \"{id}\"")));
    let lines = printed("jsonl");
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.contains(&format!("\"orderCode\":\"{id}\"")), "{lines}");
    let yaml = printed("yaml");
    assert!(yaml.contains(&format!("orderCode: {id}")) || yaml.contains(&format!("orderCode: \"{id}\"")), "{yaml}");
    let table = printed("table");
    assert!(table.starts_with("BUYTYPE"), "{table}");
    assert!(table.contains(&id), "{table}");
    let csv = printed("csv");
    let (head, row) = csv.trim().split_once('\n').unwrap();
    assert!(head.contains("orderCode") && row.contains(&id), "{csv}");
    assert_eq!(head.split(',').count(), row.split(',').count());
}

#[test]
fn a_query_is_asked_of_the_whole_answer() {
    let world = World::new();
    let ids = [world.ordered(), world.ordered()];
    let asked = |expression: &str| world.linksfield(QUERY).args(["10", "--query", expression]).done();
    assert_eq!(asked("length(package_order)").trim(), "2");
    let found = asked("package_order[].orderCode | sort(@)");
    assert!(ids.iter().all(|id| found.contains(id)), "{found}");
    assert_eq!(asked("no.such.field"), "", "nothing is printed for null");
    assert!(world.linksfield(QUERY).args(["10", "--query", "a["]).fails(2).contains("--query a["));
}

#[test]
fn nothing_but_the_answer_is_on_standard_output() {
    let world = World::new();
    let output = world.linksfield(["csss", "pause-service", "--yes"]).output();
    assert!(String::from_utf8_lossy(&output.stderr).contains("labels this operation as deprecated"));
    let output = world.linksfield(["csss", "query-device", "--device-id", SIM]).output();
    assert!(output.stderr.is_empty(), "{output:?}");
    serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
}
