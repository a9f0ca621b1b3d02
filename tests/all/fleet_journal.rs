//! The journal of a fleet: whatever becomes of its file, nothing is ordered twice because of it.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use linksfield::csss::Client;
use linksfield::fleet::{
    Claim, Done, FileJournal, Fleet, Journal, JournalError, List, Orders, Outcome, Summary, Terms, Wanted,
};
use linksfield::sandbox::Sandbox;
use serde_json::json;
use tempfile::TempDir;

use crate::fleet_runs::{defaults, fleet_of, outcomes};
use crate::support::client_of;

struct Kept {
    sandbox: Sandbox,
    folder: TempDir,
    fleet: Fleet<Client>,
}

impl Kept {
    /// A fleet without a journal.
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let fleet = fleet_of(&sandbox);
        Self { fleet, sandbox, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    async fn create(&self) -> FileJournal {
        FileJournal::create(self.path(), self.fleet.purpose()).await.unwrap()
    }

    async fn open(&self) -> Result<FileJournal, JournalError> {
        FileJournal::open(self.path(), self.fleet.purpose()).await
    }

    fn list(&self, sims: &[&str]) -> List {
        self.fleet.list_of(format!("device_id\n{}\n", sims.join("\n"))).unwrap()
    }

    async fn run(&self, sims: &[&str], journal: FileJournal) -> (Vec<Outcome>, Summary) {
        outcomes(self.fleet.run(self.list(sims), journal)).await.unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }
}

/// How a run orders that nobody hurries.
fn terms() -> Terms {
    Terms::new(Duration::from_secs(60), Duration::from_secs(5))
}

fn wanted(sim: &str) -> Wanted {
    serde_json::from_value(json!({ "sim": sim, "fingerprint": "0123456789abcdef" })).unwrap()
}

#[tokio::test]
async fn a_missing_journal_is_no_silent_new_start_and_one_that_is_there_is_not_created_again() {
    let kept = Kept::new().await;
    let missing = kept.open().await.unwrap_err();
    assert!(matches!(missing, JournalError::Missing(_)));
    let path = kept.path();
    assert!(path.is_absolute() && missing.to_string().contains(path.to_str().unwrap()), "{missing}");
    drop(kept.create().await);
    let before = kept.bytes();
    let there = FileJournal::create(kept.path(), kept.fleet.purpose()).await.unwrap_err();
    assert!(matches!(there, JournalError::Exists(_)), "{there}");
    assert_eq!(kept.bytes(), before);
    assert_eq!(std::fs::read_dir(kept.folder.path()).unwrap().count(), 1, "no draft is left");
}

#[tokio::test]
async fn a_journal_of_another_plan_account_or_server_is_refused_and_both_are_named() {
    let kept = Kept::new().await;
    drop(kept.create().await);
    let before = kept.bytes();
    let mut other = defaults();
    other["package_code"] = "DP20201218003915".into();
    let other = Fleet::builder().client(client_of(&kept.sandbox)).defaults(&other).build().unwrap();
    let error = FileJournal::open(kept.path(), other.purpose()).await.unwrap_err().to_string();
    assert!(error.contains("DP20190726001274") && error.contains("DP20201218003915"), "{error}");
    let elsewhere = Sandbox::start().await.unwrap();
    let error = FileJournal::open(kept.path(), fleet_of(&elsewhere).purpose()).await.unwrap_err();
    assert!(matches!(error, JournalError::OtherPurpose { .. }), "{error}");
    assert_eq!(kept.bytes(), before, "it was not touched");
}

#[tokio::test]
async fn an_order_for_a_sim_with_other_parameters_is_refused() {
    let kept = Kept::new().await;
    let first = kept.fleet.list_of("device_id,order_period\n1,1\n").unwrap();
    outcomes(kept.fleet.run(first, kept.create().await)).await.unwrap();
    let second = kept.fleet.list_of("device_id,order_period\n1,2\n").unwrap();
    let error = outcomes(kept.fleet.run(second, kept.open().await.unwrap())).await.unwrap_err();
    assert!(error.to_string().contains("SIM 1 was ordered for with other parameters"), "{error}");
    assert_eq!(kept.sandbox.order_count(), 1);
}

#[tokio::test]
async fn a_second_run_on_a_journal_is_refused_until_the_first_has_ended() {
    let kept = Kept::new().await;
    let first = kept.create().await;
    let second = kept.open().await.unwrap_err();
    assert!(matches!(second, JournalError::Locked(_)), "{second}");
    drop(first);
    kept.open().await.unwrap();
}

#[tokio::test]
async fn nothing_is_begun_any_more_once_another_has_written_although_there_is_a_lock() {
    let kept = Kept::new().await;
    let journal = kept.create().await;
    let (wanted, orders) = (wanted("1"), Orders::first(BTreeSet::new()));
    journal.begun(&wanted, &orders, &terms()).await.unwrap();
    std::fs::OpenOptions::new().append(true).open(kept.path()).unwrap().write_all(b"a line\n").unwrap();
    for _ in 0..2 {
        let error = journal.begun(&wanted, &orders, &terms()).await.unwrap_err();
        assert!(matches!(error, JournalError::Locked(_)), "{error}");
    }
    // Nor does another try in this process: what would be read need not be on the disk.
    drop(journal);
    let error = kept.open().await.unwrap_err();
    assert!(error.to_string().contains("it failed before in this process"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_ordered_any_more_once_the_file_was_deleted() {
    let kept = Kept::new().await;
    let journal = kept.create().await;
    std::fs::remove_file(kept.path()).unwrap();
    let error = outcomes(kept.fleet.run(kept.list(&["1", "2"]), journal)).await.unwrap_err();
    assert!(error.to_string().contains("its file was deleted"), "{error}");
    assert_eq!(kept.sandbox.order_count(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_begun_any_more_once_the_file_was_replaced() {
    let kept = Kept::new().await;
    let journal = kept.create().await;
    let (wanted, orders) = (wanted("1"), Orders::first(BTreeSet::new()));
    journal.begun(&wanted, &orders, &terms()).await.unwrap();
    let other = kept.folder.path().join("other");
    std::fs::copy(kept.path(), &other).unwrap();
    std::fs::rename(&other, kept.path()).unwrap();
    let error = journal.begun(&wanted, &orders, &terms()).await.unwrap_err();
    assert!(matches!(error, JournalError::Failed { .. }), "{error}");
}

#[tokio::test]
async fn a_tail_that_was_cut_off_anywhere_is_no_loss_and_nothing_joins_it() {
    let mut kept = Kept::new().await;
    // A short deadline: what was begun is looked up after it.
    let fleet =
        Fleet::builder().client(client_of(&kept.sandbox)).defaults(&defaults()).deadline(Duration::from_secs(1));
    kept.fleet = fleet.settle(Duration::from_millis(200)).accepts_recent(true).build().unwrap();
    kept.run(&["1", "2"], kept.create().await).await;
    let whole = kept.bytes();
    // What is before was synced: no kill takes it away.
    let synced = whole.windows(8).rposition(|bytes| bytes == b"\"begun\":").unwrap();
    let synced = synced + whole[synced..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for end in (synced..=whole.len()).step_by(37) {
        let _ = std::fs::remove_file(kept.folder.path().join("journal.torn"));
        // Resumed twice, each time with another tail: of zeros, as after a loss of power, and of text.
        for tail in [&b"\0\0\0\0"[..], b"", b"{\"n\":9,\"at\":"] {
            let mut bytes = if tail.is_empty() { whole[..end].to_vec() } else { kept.bytes() };
            bytes.extend_from_slice(tail);
            std::fs::write(kept.path(), bytes).unwrap();
            let (_, summary) = kept.run(&["1", "2"], kept.open().await.unwrap()).await;
            assert!(summary.is_complete(), "cut off at {end}: {summary}");
        }
        let torn = std::fs::read(kept.folder.path().join("journal.torn")).unwrap();
        assert!(torn.windows(4).any(|bytes| bytes == [0; 4]), "the tail is kept");
    }
    assert_eq!(kept.sandbox.order_count(), 2);
}

#[tokio::test]
async fn a_damaged_line_that_is_not_the_last_is_refused_and_the_file_left_alone() {
    let kept = Kept::new().await;
    kept.run(&["1"], kept.create().await).await;
    let whole = kept.bytes();
    let damaged = |change: fn(&mut Vec<Vec<u8>>)| {
        let mut lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        change(&mut lines);
        lines.concat()
    };
    for (bytes, said) in [
        (damaged(|lines| lines[2][30] ^= 1), "line 3"),
        (damaged(|lines| drop(lines.remove(2))), "line 3"),
        (damaged(|lines| lines.swap(1, 2)), "line 2"),
        (damaged(|lines| drop(lines.remove(0))), "line 1"),
        (Vec::new(), "line 1"),
    ] {
        std::fs::write(kept.path(), &bytes).unwrap();
        let error = kept.open().await.unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }) && error.to_string().contains(said), "{error}");
        assert_eq!(kept.bytes(), bytes);
    }
}

#[tokio::test]
async fn a_journal_of_another_format_is_refused_and_untouched() {
    let kept = Kept::new().await;
    // The checksum is the beginning of the SHA-1 of what is before it.
    for (line, says) in [
        (r#"{"n":0,"at":1,"did":{"journal":{"format":3,"more":true}},"sum":"504fa3d4"}"#, "format 3, which is newer"),
        (
            r#"{"n":0,"at":1,"did":{"journal":{"format":1,"purpose":{}}},"sum":"80b82259"}"#,
            "format 1, from before the first",
        ),
    ] {
        let bytes = format!("{line}\n");
        std::fs::write(kept.path(), &bytes).unwrap();
        let error = kept.open().await.unwrap_err();
        assert!(matches!(error, JournalError::Newer(3) | JournalError::Older(1)), "{error}");
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(kept.bytes(), bytes.as_bytes());
    }
}

#[tokio::test]
async fn a_line_of_a_kind_that_is_not_known_is_refused_also_as_the_last() {
    let kept = Kept::new().await;
    drop(kept.create().await);
    let mut bytes = kept.bytes();
    bytes.extend_from_slice(br#"{"n":2,"at":1,"did":{"paused":{"sim":"1"}},"sum":"48fc8817"}"#);
    bytes.push(b'\n');
    std::fs::write(kept.path(), &bytes).unwrap();
    let error = kept.open().await.unwrap_err();
    assert!(
        matches!(error, JournalError::Damaged { line: 3, .. }) && error.to_string().contains("expected one of"),
        "{error}"
    );
    assert_eq!(kept.bytes(), bytes);
}

#[tokio::test]
async fn what_is_no_file_is_refused() {
    let kept = Kept::new().await;
    for path in ["/dev/full", "/"] {
        if Path::new(path).exists() {
            let error = FileJournal::open(path, kept.fleet.purpose()).await.unwrap_err();
            assert!(matches!(error, JournalError::Unfit(_)), "{error}");
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_journal_in_memory_says_that_it_may_be_forgotten() {
    let kept = Kept::new().await;
    for parent in ["/dev/shm", env!("CARGO_TARGET_TMPDIR")] {
        let folder = tempfile::tempdir_in(parent).unwrap();
        let told = std::process::Command::new("stat").args(["-f", "-c", "%T"]).arg(folder.path()).output().unwrap();
        let is_in_memory = ["tmpfs", "ramfs"].contains(&String::from_utf8(told.stdout).unwrap().trim());
        let path = folder.path().join("journal");
        let created = FileJournal::create(&path, kept.fleet.purpose()).await.unwrap();
        assert_eq!(created.may_forget(), is_in_memory, "{parent}");
        drop(created);
        let opened = FileJournal::open(&path, kept.fleet.purpose()).await.unwrap();
        assert_eq!(opened.may_forget(), is_in_memory, "{parent}");
    }
}

#[tokio::test]
async fn a_journal_says_itself_for_what_it_is_unless_a_run_has_it() {
    let kept = Kept::new().await;
    let missing = FileJournal::purpose_of(kept.path()).await.unwrap_err();
    assert!(matches!(missing, JournalError::Missing(_)), "{missing}");
    let journal = kept.create().await;
    let locked = FileJournal::purpose_of(kept.path()).await.unwrap_err();
    assert!(matches!(locked, JournalError::Locked(_)), "{locked}");
    drop(journal);
    let before = kept.bytes();
    assert_eq!(FileJournal::purpose_of(kept.path()).await.unwrap(), *kept.fleet.purpose());
    assert_eq!(kept.bytes(), before, "it was not touched");
    // One of the older example does not say it before a run has gone on with it.
    let older = "{\"about\":{\"sim\":\"1\",\"before\":[]}}\n";
    std::fs::write(kept.path(), older).unwrap();
    let error = FileJournal::purpose_of(kept.path()).await.unwrap_err().to_string();
    assert!(error.contains("does not say for what it is"), "{error}");
    drop(kept.open().await.unwrap());
    assert_eq!(FileJournal::purpose_of(kept.path()).await.unwrap(), *kept.fleet.purpose());
}

#[tokio::test]
async fn a_journal_of_the_older_example_is_gone_on_with() {
    let kept = Kept::new().await;
    let client = client_of(&kept.sandbox);
    let mut order = crate::support::monthly_plan();
    // SIM 1 is done, SIM 2 was begun and ordered, SIM 3 was begun only; the last line was cut off.
    for sim in ["1", "2"] {
        order.device_id = sim.into();
        client.order_package(&order).await.unwrap();
    }
    let older = concat!(
        r#"{"about":{"sim":"1","before":[]}}"#,
        "\n",
        r#"{"ordered":{"sim":"1","order":"ORDER_00000000000000001"}}"#,
        "\n",
        r#"{"about":{"sim":"2","before":[]}}"#,
        "\n",
        r#"{"about":{"sim":"3","before":[]}}"#,
        "\n",
        r#"{"abo"#
    );
    std::fs::write(kept.path(), older).unwrap();
    let journal = kept.open().await.unwrap();
    let claims = journal.claim(&["1", "2", "3", "4"].map(wanted), &terms()).await.unwrap();
    // It wrote a line once, and may have ordered again and again.
    let begun = |claim: &Claim| matches!(claim, Claim::Begun { orders, wait, .. } if *wait == Duration::from_secs(65) && orders.sent == 2);
    let done = Claim::Ordered { order: "ORDER_00000000000000001".to_owned(), at: None };
    assert!(claims[0] == done && claims[3] == Claim::Open, "{claims:?}");
    assert!(begun(&claims[1]) && begun(&claims[2]), "{claims:?}");
    journal.done(&wanted("2"), &Done::Ordered("ORDER_00000000000000002".to_owned())).await.unwrap();
    drop(journal);
    let claims = kept.open().await.unwrap().claim(&[wanted("2")], &terms()).await.unwrap();
    assert!(matches!(&claims[..], [Claim::Ordered { order, .. }] if order.ends_with('2')), "{claims:?}");
}
