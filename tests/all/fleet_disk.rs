//! The disk under a journal: what the system is asked for before an order goes out, and what becomes of a run when it says no.

use std::path::Path;

use linksfield::sandbox::Sandbox;
use tempfile::TempDir;
use tokio::process::Command;

use crate::fleet::{assert_one_order_each, assert_stops_at_a_failed_disk, end, list, program, spawn};

/// The example, under the eyes of `strace`, which is told to do this besides.
fn traced(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-s", "4096", "--seccomp-bpf", "-o"]).arg(folder.join("calls")).args(arguments);
    command.arg(program());
    command
}

async fn scene(sims: usize) -> (Sandbox, TempDir) {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), tempfile::tempdir().unwrap());
    list(folder.path(), sims);
    (sandbox, folder)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs strace"]
async fn the_name_of_the_journal_and_what_is_begun_are_on_the_disk_before_an_order_goes_out() {
    let (sandbox, folder) = scene(1).await;
    let command = traced(folder.path(), &["-e", "trace=write,fsync,fdatasync,sendto,writev,sendmsg"]);
    let (said, code) = end(spawn(command, &sandbox, folder.path())).await;
    assert_eq!(code, Some(0), "{said}");
    assert_one_order_each(&sandbox, folder.path(), 1).await;
    let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
    let mut calls = calls.lines();
    let named = format!("fsync({}>", folder.path().display());
    // Each comes after the one before it, and has ended.
    let mut comes = |what: &str, parts: &[&str]| {
        assert!(calls.any(|call| parts.iter().all(|part| call.contains(part))), "{what} comes too late, or never");
    };
    let named = named.replace("fsync(", "");
    comes("the name of the journal", &["fsync(", &named, "= 0"]);
    comes("what is begun", &["write(", "journal>", r#"\"begun\":"#]);
    comes("that it is on the disk", &["fdatasync", "= 0"]);
    comes("the order", &["orderPackage"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs strace"]
async fn one_sync_that_fails_ends_the_run_though_the_next_would_succeed() {
    let (sandbox, folder) = scene(crate::fleet::SIMS).await;
    let failing = traced(folder.path(), &["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=3"]);
    assert_stops_at_a_failed_disk(failing, &sandbox, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs strace"]
async fn where_a_lock_fails_or_may_lock_nothing_nothing_is_ordered() {
    for (inject, says) in [
        ("flock:error=ENOLCK", "can't be locked"),
        // As on NFS.
        ("fstatfs:poke_exit=@arg2=6969000000000000", "is on NFS, where a lock may lock nothing"),
    ] {
        let (sandbox, folder) = scene(1).await;
        let (call, _) = inject.split_once(':').unwrap();
        let (trace, inject) = (format!("trace={call}"), format!("inject={inject}"));
        let command = traced(folder.path(), &["-e", &trace, "-e", &inject]);
        let (said, code) = end(spawn(command, &sandbox, folder.path())).await;
        assert!(code == Some(1) && said.contains(says), "{said}");
        assert_eq!(sandbox.order_count(), 0);
    }
}
