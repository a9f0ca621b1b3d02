//! What is printed, and how.

use linksfield::sandbox::{Reply, Story};

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

/// The orders of an answer in this format, as lines.
fn orders_as(world: &World, orders: &serde_json::Value, format: &str) -> Vec<String> {
    let data = serde_json::json!({ "package_order": orders, "total_pages": 1 });
    let answer = serde_json::json!({ "code": "0000", "message": "", "success": true, "data": data }).to_string();
    let reply = Reply::body(answer).header("content-type", "application/json");
    world.sandbox.tell(Story::new(reply).of("queryOrder")).unwrap();
    let output = world.linksfield(QUERY).args(["10", "--output", format]).output();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_row_that_is_no_object_is_not_lost() {
    let world = World::new();
    let orders = serde_json::json!([{ "orderCode": "1" }, "odd", 7, { "orderCode": "2" }]);
    let whole = [r#"{"orderCode":"1"}"#, "odd", "7", r#"{"orderCode":"2"}"#];
    assert_eq!(orders_as(&world, &orders, "table"), whole);
    let quoted =
        |row: &str| if row.contains('"') { format!("\"{}\"", row.replace('"', "\"\"")) } else { row.to_owned() };
    assert_eq!(orders_as(&world, &orders, "csv"), whole.map(quoted));
}

#[test]
fn a_table_has_what_is_within_in_short() {
    let world = World::new();
    let orders = serde_json::json!([
        { "orderCode": "1", "plan": { "name": "A", "term": { "start": 5 } }, "tags": ["x", "y"], "uses": [{ "a": 1 }, 2] },
        { "orderCode": "2", "plan": { "name": "B", "orderCode": "3" }, "tags": [], "uses": null },
    ]);
    let lines = [
        "ORDERCODE  NAME  START  TAGS  USES     PLAN.ORDERCODE",
        "1          A     5      x, y  2 items",
        "2          B                           3",
    ];
    assert_eq!(orders_as(&world, &orders, "table"), lines);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&orders_as(&world, &orders, "jsonl")[0]).unwrap(), orders[0]);
    // Of one answer the lists stand below.
    let example = ["--device-code", SIM, "--language-code", "1", "--mark", "0", "--terminal", "0"];
    let query = world.everywhere(["mall", "single-query-order", "--trade-type", "verify"]).args(example);
    let data = serde_json::json!({ "deviceCode": SIM, "about": { "orderList": [{ "id": "A1" }, { "id": "B2" }] } });
    let reply = Reply::body(data.to_string()).header("content-type", "application/json");
    world.sandbox.tell(Story::new(reply).of("singleQueryOrder")).unwrap();
    let printed = query.args(["--output", "table"]).done();
    let whole = format!("deviceCode       {SIM}\nabout.orderList  2 items\n\nabout.orderList:\nID\nA1\nB2\n");
    assert_eq!(printed, whole);
}

#[test]
fn no_cell_of_csv_is_a_formula() {
    let world = World::new();
    for (text, cell) in [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-inf", "'-inf"),
        ("+8613800000000", "+8613800000000"),
        ("-0.5", "-0.5"),
        ("2024-01-01", "2024-01-01"),
    ] {
        let orders = serde_json::json!([{ "note": text, "amount": -1.5, "=A1": "1" }]);
        let lines = orders_as(&world, &orders, "csv");
        assert_eq!(lines, ["note,amount,'=A1".to_owned(), format!("{cell},-1.5,1")], "{text}");
    }
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

#[test]
fn what_a_server_says_does_not_drive_the_terminal() {
    let world = World::new();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let message = "\u{1b}[2K\rpackage\u{202e} 30 days\u{9b}31m";
    let answers = [
        serde_json::json!({ "code": "E1", "message": message, "success": false, "data": null }).to_string(),
        serde_json::json!({ "code": "0000", "message": "", "success": true, "data": { "note": message } }).to_string(),
    ];
    let query = ["csss", "query-device", "--device-id", SIM];
    let asked = |answer: &str, format: &str| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (mut caller, _) = server.accept().unwrap();
                let _ = std::io::Read::read(&mut caller, &mut [0; 4096]).unwrap();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
                std::io::Write::write_all(&mut caller, answer.as_bytes()).unwrap();
            });
            let output = world.linksfield(query).args(["--output", format]).env("LINKSFIELD_BASE_URL", &url).output();
            String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
        })
    };
    for format in ["json", "jsonl", "yaml", "table", "csv"] {
        for answer in &answers {
            let shown = asked(answer, format);
            assert!(shown.contains("30 days"), "{shown:?}");
            assert!(!shown.contains(['\u{1b}', '\r', '\u{202e}', '\u{9b}']), "{format}: {shown:?}");
        }
    }
    let json: serde_json::Value = serde_json::from_str(&asked(&answers[1], "json")).unwrap();
    assert_eq!(json["note"], message, "JSON is the same text for a program");
}
