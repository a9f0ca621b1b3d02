//! The list of a fleet: read as spreadsheets write it, or refused whole.

use linksfield::fleet::{Event, FileJournal, Fleet, ListError};
use linksfield::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::fleet_runs::{defaults, fleet_of, journal};
use crate::support::client_of;

const SIM: &str = "89852022018041800192";

async fn read(text: impl Into<Vec<u8>>) -> Result<u64, ListError> {
    let sandbox = Sandbox::start().await.unwrap();
    fleet_of(&sandbox).list_of(text).map(|list| list.count())
}

#[tokio::test]
async fn lists_of_every_spreadsheet_are_read() {
    let utf_16 = |text: &str| {
        ['\u{feff}'].into_iter().chain(text.chars()).collect::<String>().encode_utf16().collect::<Vec<_>>()
    };
    let tabs = format!("device_id\tpackage_name\r\n{SIM}\t套餐\r\n");
    for bytes in [
        format!("device_id\n{SIM}\n").into_bytes(),
        format!("DEVICE_ID,Package_Name\n{SIM},x\n").into(),
        format!("\u{feff}device_id;package_name\r\n{SIM};a,b\r\n").into(),
        format!("device_id,package_name\n\"=\"\"{SIM}\"\"\",\"a \"\"b\"\"\"\n").into(),
        format!("device_id\n'{SIM}\u{a0}\n\n").into(),
        format!("{{\"device_id\":\"{SIM}\",\"pay_type\":\"2\"}}\n\n").into(),
        utf_16(&tabs).into_iter().flat_map(u16::to_le_bytes).collect(),
        utf_16(&tabs).into_iter().flat_map(u16::to_be_bytes).collect(),
    ] {
        assert_eq!(read(bytes.clone()).await.unwrap(), 1, "{}", String::from_utf8_lossy(&bytes));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_list_is_said_with_the_line() {
    for (text, said) in [
        ("", "line 1: the header"),
        ("device_id\n", "it has no SIM"),
        ("iccid\n1\n", "line 1: the header says what each column is, and [\"iccid\"] is no parameter"),
        ("device_id|package_name\n1|x\n", "device_id|package_name"),
        ("package_name\nx\n", "line 1: there is no column device_id"),
        ("device_id,Device_Id\n1,1\n", "line 1: there are two columns device_id"),
        ("device_id\n1\n2\n1\n", "line 4: SIM 1 stands in line 2 before"),
        ("device_id\n1\n8.98E+19\n", "line 3: 8.98E+19 is a number that a spreadsheet shortened"),
        ("device_id\n89852O22\n", "line 2: the id of a SIM has 'O' as character 6"),
        ("device_id\n89852022018041800000\n", "line 2: 89852022018041800000 has only zeros after its fifteenth digit"),
        ("device_id,package_code\n1,1.2E+5\n", "line 2: package_code is a number that a spreadsheet shortened"),
        ("device_id,package_code\n1\n", "line 2: it has 1 columns, and the header 2"),
        ("{\"device_id\":8985}\n", "line 1: device_id must be text"),
        ("{\"device_id\":\"1\",\"package_code\":12}\n", "line 1: package_code: expected a string"),
        ("{\"device_id\":\"1\"}\n{\"device_id\":\"2\",\"plan\":\"x\"}\n", "line 2: [\"plan\"] is no parameter"),
        ("{\"device_id\":\"1\"}\n{\"device_id\"\n", "line 2: EOF"),
        ("device_id\n1\n\"2\n3\n4\n", "line 3: a quote is not closed"),
        ("device_id\n1\n\"2", "line 3: a quote is not closed"),
        ("device_id,package_name\n1,a\n2,\"b\"\"\n3,c\n", "line 3: a quote is not closed"),
        ("device_id,package_name\n1,\"a\nb\"\n", "line 2: a quote is not closed"),
        ("\"device_id,package_name\n1,a\n", "line 1: a quote is not closed"),
        ("device_id,package_name\n1,a\tb\n", "line 2: package_name has the control character '\\t'"),
        ("device_id,package_name\n1,a\u{0}\n", "line 2: package_name has the control character '\\0'"),
        (
            "{\"device_id\":\"1\"}\n{\"device_id\":\"2\",\"device_id\":\"3\"}\n",
            "line 2: the key \"device_id\" is there twice",
        ),
        (
            "{\"device_id\":\"1\",\"pay_rst\":\"1\",\"pay\\u005frst\":\"2\"}\n",
            "line 1: the key \"pay_rst\" is there twice",
        ),
        ("{\"device_id\":\"1\",\"package_name\":{\"a\":1,\"a\":2}}\n", "line 1: the key \"a\" is there twice"),
    ] {
        let error = read(text).await.unwrap_err().to_string();
        assert!(error.contains(said), "{text:?}: {error}");
    }
    let error = read(b"device_id\n1\nM\xfcnchen\n".to_vec()).await.unwrap_err().to_string();
    assert!(error.contains("neither UTF-8 nor UTF-16"), "{error}");
}

/// The fifth line is wrong, whatever lines end with.
#[tokio::test]
async fn lines_are_counted_as_an_editor_counts_them() {
    let csv = "device_id,package_name\n1,\"a\"\n\n\n2,\n3,\n";
    let json = "{\"device_id\":\"1\"}\n\n\n\n{\"device_id\":\"x\"}\n{\"device_id\":\"3\"}\n";
    let utf_16 = |text: &str| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for end in ["\n", "\r\n", "\r"] {
        for (text, said) in [
            (csv.replace("2,", "x,"), "line 5: the id of a SIM has 'x'"),
            (csv.replace("2,", "2"), "line 5: it has 1 columns"),
            (csv.replace("2,", "1,"), "line 5: SIM 1 stands in line 2 before"),
            (csv.replace("2,", "2,\"b"), "line 5: a quote is not closed"),
            (json.to_owned(), "line 5: the id of a SIM has 'x'"),
        ] {
            let text = text.replace('\n', end);
            for bytes in [text.clone().into_bytes(), utf_16(&text)] {
                let error = read(bytes).await.unwrap_err();
                assert!(error.to_string().contains(said) && error.count() == 1, "{text:?}: {error}");
            }
        }
        let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
        let fleet = fleet_of(&sandbox);
        let mut run = fleet.run(fleet.list_of(csv.replace('\n', end)).unwrap(), journal(&folder, &fleet).await);
        let mut lines = Vec::new();
        while let Some(event) = run.next().await {
            if let Event::Settled { sim, line, .. } = event {
                lines.push((sim.to_string(), line));
            }
        }
        lines.sort();
        assert_eq!(lines, [("1".to_owned(), 2), ("2".to_owned(), 5), ("3".to_owned(), 6)], "{end:?}");
    }
}

#[tokio::test]
async fn a_parameter_that_neither_list_nor_defaults_have_is_missed() {
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&json!({})).build().unwrap();
    let error = fleet.list_of("device_id\n1\n").unwrap_err().to_string();
    assert!(error.contains("line 2: missing field `global_order`"), "{error}");
}

#[tokio::test]
async fn ids_that_were_rounded_to_seventeen_digits_are_seen_in_the_whole() {
    let rounded =
        |step: u64| (0..60).map(|sim| format!("898520220180{:08}\n", 11_111_111 + sim * step)).collect::<String>();
    assert_eq!(read(format!("device_id\n{}", rounded(1))).await.unwrap(), 60);
    let zeros = (1..60).map(|sim| format!("898520220180418{sim:02}000\n")).collect::<String>();
    let error = read(format!("device_id\n{zeros}")).await.unwrap_err().to_string();
    assert!(error.contains("59 of 59 ids end in 000"), "{error}");
    let sandbox = Sandbox::start().await.unwrap();
    let fleet =
        Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).accepts_rounded(true).build().unwrap();
    assert_eq!(fleet.list_of(format!("device_id\n{zeros}89852022018041800000\n")).unwrap().count(), 60);
}

#[tokio::test]
async fn all_that_is_wrong_is_counted_and_the_first_is_printed() {
    let lines = (0..100).map(|_| "x\n").collect::<String>();
    let error = read(format!("device_id\n{lines}")).await.unwrap_err();
    assert_eq!(error.count(), 100);
    assert!(error.to_string().contains("and 80 more"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_can_be_read_only_once_is_no_list() {
    let sandbox = Sandbox::start().await.unwrap();
    let (mut reader, writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut &writer, format!("device_id\n{SIM}\n").as_bytes()).unwrap();
    drop(writer);
    let pipe = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
    let error = fleet_of(&sandbox).list(&pipe).unwrap_err().to_string();
    assert!(error.contains("write it to a file first"), "{error}");
    // It was left alone.
    let mut left = String::new();
    std::io::Read::read_to_string(&mut reader, &mut left).unwrap();
    assert!(left.contains(SIM), "{left}");
}

#[tokio::test]
async fn what_a_cell_stands_for_is_what_the_caller_says() {
    let sandbox = Sandbox::start().await.unwrap();
    let cell = |name: &str, text: &str| match (name, text) {
        ("package_type", "monthly") => Ok("2".to_owned()),
        ("package_type", "2") | ("package_name", _) => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is no code")),
    };
    let fleet = Fleet::builder().client(client_of(&sandbox)).defaults(&defaults()).cell(cell).build().unwrap();
    let list = format!("device_id,package_type,package_name\n{SIM},monthly,monthly\n");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sims.journal");
    let journal = FileJournal::create(&path, fleet.purpose()).await.unwrap();
    fleet.run(fleet.list_of(list).unwrap(), journal).finish().await.unwrap();
    let sent = sandbox.requests().into_iter().find(|request| request.path().ends_with("orderPackage")).unwrap();
    let body: Value = serde_json::from_slice(sent.body()).unwrap();
    assert_eq!((&body["package_type"], &body["package_name"]), (&json!("2"), &json!("monthly")));
    // By whichever, it is the same order.
    let journal = FileJournal::open(&path, fleet.purpose()).await.unwrap();
    let list = format!("{{\"device_id\":\"{SIM}\",\"package_type\":\"2\",\"package_name\":\"monthly\"}}\n");
    let summary = fleet.run(fleet.list_of(list).unwrap(), journal).finish().await.unwrap();
    assert_eq!(summary.progress.ordered_before, 1, "{summary}");
    let error = fleet.list_of(format!("device_id,package_type\n{SIM},weekly\n")).unwrap_err().to_string();
    assert!(error.contains("line 2: package_type: \"weekly\" is no code"), "{error}");
}

#[tokio::test]
async fn the_first_order_of_a_list_can_be_seen_before_it_is_sent() {
    let sandbox = Sandbox::start().await.unwrap();
    let fleet = fleet_of(&sandbox);
    let list = fleet.list_of(format!("device_id,package_name\n{SIM},first\n1,second\n")).unwrap();
    let preview = fleet.preview(&list).unwrap();
    assert_eq!(preview.url(), format!("{}/package/orderPackage", sandbox.url()));
    let body: Value = serde_json::from_str(preview.body().unwrap()).unwrap();
    assert_eq!((&body["device_id"], &body["package_name"], &body["sign"]), (&json!(SIM), &json!("first"), &json!("…")));
    assert!(sandbox.requests().is_empty());
}
