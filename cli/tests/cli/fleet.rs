//! A list of SIMs, ordered for from a shell.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linksfield::sandbox::{Effect, Fault, Reply, Request, Story};
use serde_json::{Value, json};

use crate::support::{Run, World, order_parameters};

const SIMS: [&str; 3] = ["89852022018041800192", "89852022018041800193", "89852022018041800194"];

/// A list of SIMs, and the parameters that they share, as files.
fn files(world: &World) {
    std::fs::write(world.home.path().join("sims.csv"), format!("device_id\n{}\n", SIMS.join("\n"))).unwrap();
    let mut shared = order_parameters();
    let shared = shared.as_object_mut().unwrap();
    shared.remove("device_id");
    shared.remove("package_code");
    std::fs::write(world.home.path().join("defaults.json"), json!(shared).to_string()).unwrap();
}

fn order(world: &World, flags: &[&str]) -> Run {
    let words = ["fleet", "order", "sims.csv", "--package-code", "DP20190726001274", "--json", "defaults.json"];
    let mut run = world.linksfield(words).args(["--settle", "1"]).args(flags);
    run.0.current_dir(world.home.path());
    run
}

fn orders(world: &World) -> usize {
    let query = ["csss", "query-order", "--page-no", "1", "--page-size", "50", "--query", "package_order"];
    serde_json::from_str::<Vec<Value>>(&world.linksfield(query).done()).unwrap().len()
}

#[test]
fn results_are_never_written_into_the_list_or_the_journal() {
    let world = World::new();
    files(&world);
    for results in ["sims.csv", "./sims.journal"] {
        let said = order(&world, &["--new-journal", "sims.journal", "--yes", "--results", results]).fails(2);
        assert!(said.contains("a file of its own"), "{said}");
    }
    order(&world, &["--new-journal", "sims.journal", "--yes"]).done();
    let journal = std::fs::read(world.home.path().join("sims.journal")).unwrap();
    let said = order(&world, &["--journal", "sims.journal", "--yes", "--results", "sims.journal"]).fails(2);
    assert!(said.contains("a file of its own"), "{said}");
    assert_eq!(std::fs::read(world.home.path().join("sims.journal")).unwrap(), journal);
}

#[test]
fn results_are_written_into_nothing_that_is_read_by_whatever_name() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    files(&world);
    let home = world.home.path();
    let refused = |flags: &[&str], results: &str| {
        let said = order(&world, &[flags, &["--yes", "--results", results]].concat()).fails(2);
        assert!(said.contains("a file of its own"), "{results}: {said}");
    };
    // Of a journal that is not there yet, and is not made.
    std::fs::create_dir(home.join("sub")).unwrap();
    symlink("sub", home.join("linked")).unwrap();
    symlink("sub/new.journal", home.join("dangling")).unwrap();
    for results in
        ["sub/new.journal", "sub/../sub/new.journal", "linked/new.journal", "linked/./new.journal", "dangling"]
    {
        refused(&["--new-journal", "sub/new.journal"], results);
    }
    assert!(std::fs::read_dir(home.join("sub")).unwrap().next().is_none());
    order(&world, &["--new-journal", "sub/new.journal", "--yes", "--results", "sub/results"]).done();
    let names = ["sub/new.journal", "sims.csv", "defaults.json"];
    let kept = names.map(|name| std::fs::read(home.join(name)).unwrap());
    for (name, hard) in names.into_iter().zip(["a", "b", "c"]) {
        std::fs::hard_link(home.join(name), home.join(hard)).unwrap();
        for results in [name, hard] {
            refused(&["--journal", "sub/new.journal"], results);
        }
    }
    refused(&["--journal", "sub/new.journal"], "linked/new.journal");
    assert_eq!(names.map(|name| std::fs::read(home.join(name)).unwrap()), kept);
}

#[test]
fn codes_go_by_name_or_by_value_in_a_column_as_in_a_flag() {
    let world = World::new();
    files(&world);
    let list = |codes: [&str; 3]| {
        let lines: String = SIMS.iter().zip(codes).map(|(sim, code)| format!("{sim},{code}\n")).collect();
        std::fs::write(world.home.path().join("sims.csv"), format!("device_id,pay_rst\n{lines}")).unwrap();
    };
    list(["paid", "payed", "Paid"]);
    let said = order(&world, &["--new-journal", "a", "--yes"]).fails(2);
    for part in ["line 3: pay_rst: \"payed\" is no code: they are unpaid [1], paid [2]", "line 4: pay_rst: \"Paid\""] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    // What the document does not know yet goes out: the API says what it is.
    list(["paid", "2", "3"]);
    assert!(order(&world, &["--dry-run"]).done().contains("3 SIMs"));
    list(["paid", "2", ""]);
    order(&world, &["--new-journal", "a", "--yes", "--accept-recent"]).done();
    let sent = world.sandbox.requests().into_iter().filter(|request| request.path().ends_with("orderPackage"));
    let mut sent: Vec<_> = sent
        .map(|request| {
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            (body["device_id"].to_string(), body["pay_rst"].clone())
        })
        .collect();
    sent.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(sent.into_iter().map(|(_, code)| code).collect::<Vec<_>>(), ["2", "2", "1"]);
}

#[test]
fn what_is_no_file_is_neither_list_nor_journal() {
    let world = World::new();
    files(&world);
    let pipe = world.home.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let list = ["fleet", "order", pipe.to_str().unwrap(), "--json", "defaults.json", "--new-journal", "a", "--yes"];
    let mut run = world.linksfield(list);
    run.0.current_dir(world.home.path());
    let said = run.fails(2);
    assert!(said.contains("write it to a file first"), "{said}");
    let said = order(&world, &["--journal", "pipe", "--yes"]).fails(3);
    assert!(said.contains("nothing was sent"), "{said}");
    assert_eq!(orders(&world), 0);
}

#[test]
fn results_that_cannot_be_written_are_told_and_the_run_does_not_end_well() {
    let world = World::new();
    for journal in ["file.journal", "printed.journal"] {
        files(&world);
        let mut run = order(&world, &["--new-journal", journal, "--yes", "--accept-recent"]);
        if journal == "file.journal" {
            run = run.args(["--results", "/dev/full"]);
        } else {
            run.0.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
        }
        let output = run.output();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(said.matches(r#"{"ordered":"ORDER_"#).count(), 3, "{said}");
        assert!(said.contains("3 results could not be written (") && said.contains("in the journal"), "{said}");
        let kept = std::fs::read_to_string(world.home.path().join(journal)).unwrap();
        assert!(SIMS.iter().all(|sim| kept.contains(sim)), "{kept}");
        // They stand there, as it says, and the next run prints them.
        let printed = order(&world, &["--journal", journal, "--yes"]).done();
        assert_eq!(printed.matches(r#"{"ordered":"ORDER_"#).count(), 3, "{printed}");
    }
    // Where there is no standard output, orders are told.
    files(&world);
    let closed = |run: Run| {
        let output = run.by_shell("exec \"$@\" >&-").output();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = closed(order(&world, &["--new-journal", "closed.journal", "--yes", "--accept-recent"]));
    assert_eq!(said.matches(r#"{"ordered":"ORDER_"#).count(), 3, "{said}");
    let said = closed(world.linksfield(crate::support::order()).args(["--yes"]));
    assert!(said.contains("standard output goes nowhere") && said.contains("ORDER_"), "{said}");
}

#[test]
fn each_sim_is_ordered_for_once_and_a_second_run_has_nothing_to_do() {
    let world = World::new();
    files(&world);
    let printed = order(&world, &["--new-journal", "sims.journal", "--yes"]).done();
    let json = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let mut sims: Vec<_> = printed.lines().map(json).collect();
    sims.sort_by_key(|line| line["settled"]["sim"].to_string());
    for (line, sim) in sims.iter().zip(SIMS) {
        assert_eq!(line["settled"]["sim"], json!(sim), "{printed}");
        assert!(line["settled"]["outcome"]["ordered"].is_string(), "{printed}");
    }
    assert_eq!(orders(&world), 3);
    // Said, and no failure: it may be run again by a script that ends where one is.
    let output = order(&world, &["--journal", "sims.journal", "--yes"]).output();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("nothing ordered: all 3 SIMs"), "{said}");
    // The same results, as the first run may have been killed before it could print them.
    let mut before: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(json).collect();
    before.sort_by_key(|line| line["settled_before"]["sim"].to_string());
    for (line, before) in sims.iter().zip(&before) {
        for part in ["sim", "line", "outcome"] {
            assert_eq!(line["settled"][part], before["settled_before"][part], "{before}");
        }
    }
    assert_eq!(before.len(), 3);
    // A journal that is not there is no new one.
    let said = order(&world, &["--journal", "another.journal", "--yes"]).fails(3);
    assert!(said.contains("there is no journal") && said.contains("another.journal"), "{said}");
    let said = order(&world, &["--new-journal", "sims.journal", "--yes"]).fails(3);
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(orders(&world), 3);
}

#[test]
fn a_fleet_asks_first() {
    let world = World::new();
    files(&world);
    let said = order(&world, &["--new-journal", "sims.journal"]).fails(2);
    assert!(said.contains("say --yes; nothing was sent"), "{said}");
    assert!(!world.home.path().join("sims.journal").exists());
    let shown = order(&world, &["--dry-run"]).done();
    assert!(
        shown.contains("for each of 3 SIMs of sims.csv")
            && shown.contains("where a line says nothing else")
            && shown.contains("package_code: \"DP20190726001274\""),
        "{shown}"
    );
    // The request of the first, and what is signed of it.
    assert!(shown.contains("/package/orderPackage") && shown.contains("\"sign\":\"…\""), "{shown}");
    assert!(shown.contains(&format!("\"device_id\":\"{}\"", SIMS[0])) && !shown.contains(SIMS[1]), "{shown}");
    assert!(!world.saw("/orderPackage"));
    assert_eq!(orders(&world), 0);
    // It opens no journal: one that is being worked on, or is not there, is none of its business.
    order(&world, &["--dry-run", "--journal", "not-there.journal"]).done();
    order(&world, &["--dry-run", "--new-journal", "sims.journal"]).done();
    assert!(!world.home.path().join("sims.journal").exists());
    for (flags, what) in [
        (&["--yes"][..], "--journal"),
        (&["--yes", "--journal", "postgres://me:secret@db/x"], "seen by all on this machine"),
        (&["--yes", "--new-journal", "host=db password=me:secret"], "seen by all on this machine"),
        (&["--yes", "--journal", "a", "--param", "nonsense=1"], "unexpected argument '--param'"),
    ] {
        let said = order(&world, flags).fails(2);
        assert!(said.contains(what) && !said.contains("me:secret"), "{said}");
    }
}

#[test]
fn a_batch_ends_with_the_highest_code_of_its_lines() {
    let world = World::new();
    files(&world);
    let tell = |story: Story| world.sandbox.tell(story.always()).unwrap();
    tell(Story::new(Fault::UnknownCode).of("orderPackage"));
    let output = order(&world, &["--new-journal", "refused.journal", "--yes"]).output();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    world.sandbox.forget_stories();
    // The answer to the first order is lost, and from then on no list can be had.
    let ordered = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ordered);
    tell(Story::new(Fault::DropAfterPlacing).of("orderPackage").when(move |_| !ordered.swap(true, Ordering::SeqCst)));
    tell(Story::new(Fault::HalfAnswer).of("queryOrder").when(move |_| seen.load(Ordering::SeqCst)));
    let flags = ["--new-journal", "unknown.journal", "--yes", "--concurrency", "1", "--results", "results.jsonl"];
    let output = order(&world, &flags).output();
    assert_eq!(output.status.code(), Some(9), "{output:?}");
    assert!(output.stdout.is_empty());
    let results = std::fs::read_to_string(world.home.path().join("results.jsonl")).unwrap();
    let count = |outcome: &str| results.matches(outcome).count();
    assert_eq!((count(r#"{"unknown":"#), count(r#"{"not_sent":"#)), (1, 2), "{results}");
    // What became of it is looked up, and it is not ordered twice.
    world.sandbox.forget_stories();
    assert_eq!(orders(&world), 1);
    order(&world, &["--journal", "unknown.journal", "--yes"]).done();
    assert_eq!(orders(&world), 3);
}

#[test]
fn a_batch_that_ordered_something_does_not_say_that_nothing_was_sent() {
    let world = World::new();
    files(&world);
    let tell = |story: Story| world.sandbox.tell(story.always()).unwrap();
    // From the first order on no list can be had.
    let ordered = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ordered);
    tell(Story::new(Reply::own()).of("orderPackage").when(move |_| !ordered.swap(true, Ordering::SeqCst)));
    tell(Story::new(Fault::HalfAnswer).of("queryOrder").when(move |_| seen.load(Ordering::SeqCst)));
    let output = order(&world, &["--new-journal", "one.journal", "--yes", "--concurrency", "1"]).output();
    let printed = String::from_utf8(output.stdout).unwrap();
    let count = |outcome: &str| printed.matches(outcome).count();
    assert_eq!((count(r#"{"ordered":"#), count(r#"{"not_sent":"#)), (1, 2), "{printed}");
    assert_eq!(output.status.code(), Some(1), "{printed}");
    // Nor does a later run, of which nothing was.
    assert_eq!(order(&world, &["--journal", "one.journal", "--yes"]).output().status.code(), Some(1));
}

#[test]
fn a_batch_of_which_nothing_was_sent_ends_with_5() {
    let world = World::new();
    files(&world);
    // A new journal, and whether there are orders of a run before can't be seen.
    world.sandbox.tell(Story::new(Fault::HalfAnswer).of("queryOrder").always()).unwrap();
    let said = order(&world, &["--new-journal", "a.journal", "--yes"]).fails(5);
    assert!(said.contains("nothing was ordered: run it again"), "{said}");
    // No line could be ordered for.
    let output = order(&world, &["--new-journal", "b.journal", "--yes", "--accept-recent"]).output();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), printed.matches(r#"{"not_sent":"#).count()), (Some(5), 3), "{printed}");
    world.sandbox.forget_stories();
    assert_eq!(orders(&world), 0);
    // A new journal, and orders of a run before.
    order(&world, &["--journal", "a.journal", "--yes"]).done();
    let said = order(&world, &["--new-journal", "c.journal", "--yes"]).fails(5);
    assert!(said.contains("say --accept-recent; a new journal is there by now, so name it by --journal"), "{said}");
    assert_eq!(orders(&world), 3);
    assert_eq!(
        order(&world, &["--new-journal", "c.journal", "--yes", "--accept-recent"]).output().status.code(),
        Some(3)
    );
    order(&world, &["--journal", "c.journal", "--yes", "--accept-recent"]).done();
    assert_eq!(orders(&world), 6);
}

#[test]
fn what_a_refusal_says_drives_no_terminal() {
    let world = World::new();
    files(&world);
    let shared = std::fs::read_to_string(world.home.path().join("defaults.json")).unwrap();
    // The sandbox quotes what it refuses.
    let mut shared: Value = serde_json::from_str(&shared).unwrap();
    shared["order_period"] = json!("\u{1b}[2K\r1\u{202e}");
    std::fs::write(world.home.path().join("defaults.json"), shared.to_string()).unwrap();
    let output = order(&world, &["--new-journal", "sims.journal", "--yes"]).output();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(4), "{text}");
    for letter in ['\u{1b}', '\r', '\u{202e}'] {
        assert!(!text.contains(letter), "{text:?}");
    }
}

/// A run that is told to end while it orders for its first SIM.
fn told_to_end(world: &World, effect: impl Into<Effect>) -> (Child, BufReader<ChildStderr>) {
    let (begun, orders) = channel();
    let begun = Mutex::new(begun);
    let is_begun = move |_: &Request| begun.lock().unwrap().send(()).is_ok();
    world.sandbox.tell(Story::new(effect).of("orderPackage").when(is_begun).always()).unwrap();
    let mut child = order(world, &["--new-journal", "sims.journal", "--yes", "--concurrency", "1"]).0.spawn().unwrap();
    orders.recv().unwrap();
    terminate(&child);
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut lines = String::new();
    // Where the home is in memory, that is said before.
    while said.read_line(&mut lines).unwrap() > 0 && !lines.contains("stopping: orders that are under way are finished")
    {
    }
    assert!(lines.contains("stopping"), "{lines}");
    (child, said)
}

fn terminate(child: &Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn told_to_end_it_finishes_what_is_under_way_and_goes_on_later() {
    let world = World::new();
    files(&world);
    let (mut child, mut said) = told_to_end(&world, Reply::own().delay(Duration::from_secs(1)));
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    assert!(rest.contains("stopped: of 3 SIMs 1 ordered"), "{rest}");
    world.sandbox.forget_stories();
    assert_eq!(orders(&world), 1);
    order(&world, &["--journal", "sims.journal", "--yes"]).done();
    assert_eq!(orders(&world), 3);
}

#[test]
fn told_to_end_twice_it_ends_with_9() {
    let world = World::new();
    files(&world);
    let (mut child, mut said) = told_to_end(&world, Fault::Hang);
    terminate(&child);
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(9), "{rest}");
    assert!(rest.contains("nobody knows whether they were placed"), "{rest}");
}

/// A journal with one SIM that is unknown, although its order was placed: which SIM that is, and what was said.
fn one_unknown(world: &World, run: impl Fn(&[&str]) -> Run) -> (String, String) {
    let tell = |story: Story| world.sandbox.tell(story.always()).unwrap();
    let ordered = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ordered);
    tell(Story::new(Fault::DropAfterPlacing).of("orderPackage").when(move |_| !ordered.swap(true, Ordering::SeqCst)));
    tell(Story::new(Fault::HalfAnswer).of("queryOrder").when(move |_| seen.load(Ordering::SeqCst)));
    let output =
        run(&["--new-journal", "july", "--yes", "--accept-recent", "--concurrency", "1", "--deadline", "5"]).output();
    world.sandbox.forget_stories();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(9), "{said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let unknown = printed.lines().find(|line| line.contains(r#"{"unknown":"#)).unwrap();
    let event: Value = serde_json::from_str(unknown).unwrap();
    (event["settled"]["sim"].as_str().unwrap().to_owned(), said)
}

/// Tells a journal what was found out, of which nothing needs credentials.
fn found_out(world: &World, words: &[&str]) -> Run {
    let mut run = world.unset(["fleet", "found-out", "--journal", "july"]).args(words);
    run.0.current_dir(world.home.path());
    run
}

fn a_person_settles_what_stays_unknown(world: &World, database: &[(&str, &str)]) {
    let with = |run: Run| database.iter().fold(run, |run, (name, value)| run.env(name, value));
    let run = |flags: &[&str]| with(order(world, flags));
    let tell = |words: &[&str]| with(found_out(world, words));
    let (sim, said) = one_unknown(world, run);
    assert!(said.contains("linksfield fleet found-out SIM --journal july --order ID"), "{said}");
    assert_eq!(orders(world), 1);
    // Not without a word, of no other SIM, and of no other journal.
    let said = tell(&[&sim, "--none"]).fails(2);
    assert!(said.contains("say --yes"), "{said}");
    for (words, what) in [
        (&[&*sim, "--yes"][..], "<--order <ID>|--none>"),
        (&[&sim, "--none", "--order", "ORDER_1", "--yes"], "cannot be used with"),
        (&["8.98E+19", "--none", "--yes"], "a number that a spreadsheet shortened"),
        (&[&sim, "--order", "", "--yes"], "--order"),
    ] {
        let said = tell(words).fails(2);
        assert!(said.contains(what), "{said}");
    }
    let said = tell(&["1", "--none", "--yes"]).fails(1);
    assert!(said.contains("SIM 1 is not unknown"), "{said}");
    let mut other = tell(&[&sim, "--none", "--yes"]);
    other.0.args(["--journal", "june"]);
    assert_eq!(other.output().status.code(), Some(2), "one journal");

    assert_eq!(tell(&[&sim, "--order", "ORDER_00000000000000001", "--yes"]).done(), "");
    let said = tell(&[&sim, "--none", "--yes"]).fails(1);
    assert!(said.contains("is not unknown"), "{said}");
    let printed = run(&["--journal", "july", "--yes"]).done();
    let before = printed.lines().find(|line| line.contains("settled_before")).unwrap();
    assert!(before.contains(&sim) && before.contains(r#"{"ordered":"ORDER_00000000000000001"}"#), "{printed}");
    assert_eq!(orders(world), 3);
}

#[test]
fn what_stays_unknown_is_settled_by_a_command() {
    let world = World::new();
    files(&world);
    let said = found_out(&world, &[SIMS[0], "--none", "--yes"]).fails(3);
    assert!(said.contains("there is no journal"), "{said}");
    a_person_settles_what_stays_unknown(&world, &[]);
}

#[test]
fn where_a_person_says_that_none_was_placed_the_next_run_orders() {
    let world = World::new();
    files(&world);
    let (sim, _) = one_unknown(&world, |flags| order(&world, flags));
    found_out(&world, &[&sim, "--none", "--yes"]).done();
    let printed = order(&world, &["--journal", "july", "--yes"]).done();
    assert_eq!(printed.matches(r#"{"settled":"#).count(), 3, "{printed}");
    assert_eq!(orders(&world), 4);
}

#[cfg(target_os = "linux")]
#[test]
fn a_journal_in_memory_is_said_to_be_lost_with_the_power() {
    let world = World::new();
    files(&world);
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    let journal = memory.path().join("journal");
    for flag in ["--new-journal", "--journal"] {
        let output = order(&world, &[flag, journal.to_str().unwrap(), "--yes"]).output();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && said.contains("the journal is in memory"), "{said}");
    }
}

#[cfg(not(feature = "postgres"))]
#[test]
fn a_database_is_not_taken_for_a_file() {
    let world = World::new();
    files(&world);
    let run = order(&world, &["--new-journal", "july", "--yes"]).env("LINKSFIELD_JOURNAL", "host=db password=secret");
    let said = run.fails(3);
    assert!(said.contains("built without the feature postgres") && !said.contains("secret"), "{said}");
    assert!(!world.home.path().join("july").exists());
    assert_eq!(orders(&world), 0);
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;
    use crate::database::Database;

    #[test]
    fn a_fleet_goes_on_in_a_database_on_another_machine() {
        let Some(database) = Database::start() else { return };
        let world = World::new();
        files(&world);
        let run = |flags: &[&str]| order(&world, flags).env("LINKSFIELD_JOURNAL", &database.string());
        let said = run(&["--journal", "july", "--yes"]).fails(3);
        assert!(said.contains("july") && said.contains("nothing was sent"), "{said}");
        // The second order is refused, and so are the rest: the others are left to the next run.
        let story = Story::new(Fault::UnknownCode).of("orderPackage").always();
        world.sandbox.tell(story).unwrap();
        let flags = ["--new-journal", "july", "--yes", "--concurrency", "1", "--max-refused", "1"];
        assert_eq!(run(&flags).output().status.code(), Some(4));
        world.sandbox.forget_stories();
        assert_eq!(orders(&world), 0);
        // Two at once share the work.
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| run(&["--journal", "july", "--yes", "--again-refused"]).output());
            }
        });
        run(&["--journal", "july", "--yes"]).done();
        assert_eq!(orders(&world), 3);
        let said = run(&["--new-journal", "july", "--yes"]).fails(3);
        assert!(said.contains("is there already"), "{said}");
        assert!(!world.home.path().join("july").exists(), "it is no file");
    }

    #[test]
    fn what_stays_unknown_in_a_database_is_settled_by_a_command_and_its_address_may_be_in_a_file() {
        let Some(database) = Database::start() else { return };
        let world = World::new();
        files(&world);
        let file = world.home.path().join("database");
        std::fs::write(&file, format!("{}\n", database.string())).unwrap();
        let file = file.to_str().unwrap();
        a_person_settles_what_stays_unknown(&world, &[("LINKSFIELD_JOURNAL_FILE", file)]);
        assert!(!world.home.path().join("july").exists(), "it is no file");
        for (name, value, what) in [
            ("LINKSFIELD_JOURNAL", "host=db password=secret", "are both set: keep one"),
            ("LINKSFIELD_JOURNAL_FILE", "not-there", "LINKSFIELD_JOURNAL_FILE names not-there, which can't be read"),
        ] {
            let run = order(&world, &["--journal", "july", "--yes"]).env("LINKSFIELD_JOURNAL_FILE", file);
            let said = run.env(name, value).fails(3);
            assert!(said.contains(what) && !said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn no_error_shows_the_password_of_a_database() {
        let world = World::new();
        files(&world);
        for string in
            ["postgres://me:secret@127.0.0.1:1/fleet", "host=127.0.0.1 port=1 user=me password=secret", "secret"]
        {
            let run = order(&world, &["--journal", "july", "--yes"]).env("LINKSFIELD_JOURNAL", string);
            let said = run.fails(3);
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
