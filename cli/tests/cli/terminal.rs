//! Questions to a person, over a real terminal.

use std::io::Read;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};

use crate::support::{SIM, World, order};

/// The binary, which is begun to ignore no signal, as who runs tests behind a shell's `&` does.
fn binary() -> Command {
    let (path, heard) = (env!("CARGO_BIN_EXE_linksfield"), "--default-signal=HUP,INT,TERM");
    let can_tell = Command::new("env").args([heard, "true"]).output().is_ok_and(|output| output.status.success());
    if !can_tell {
        return Command::new(path);
    }
    let mut command = Command::new("env");
    command.args([heard, path]);
    command
}

/// A journal of which one SIM is unknown, as a run leaves it that was killed when it had begun its order.
fn killed_journal(world: &World, path: &str) {
    use linksfield::fleet::{FileJournal, Fleet, Journal, Orders, Terms, Wanted};
    let (client, seconds) = (world.client(), Duration::from_secs(1));
    let fleet = Fleet::builder().client(client).defaults(&serde_json::json!({})).build().unwrap();
    let begun = async {
        let journal = FileJournal::create(path, fleet.purpose()).await.unwrap();
        let wanted = serde_json::json!({ "sim": SIM, "fingerprint": "0123456789abcdef" });
        let wanted: Wanted = serde_json::from_value(wanted).unwrap();
        let orders = Orders::first([].into());
        journal.begun(&wanted, &orders, &Terms::new(seconds, seconds)).await.unwrap();
    };
    world.runtime.block_on(begun);
}

/// The binary on a terminal of its own.
fn on_a_terminal(world: &World, words: &[String]) -> PtySession {
    at(world, world.sandbox.url(), words)
}

fn at(world: &World, url: &str, words: &[String]) -> PtySession {
    let mut command = binary();
    command.args(words).env_clear().env("HOME", world.home.path()).env("TERM", "xterm");
    command.env("LINKSFIELD_BASE_URL", url);
    command.env("LINKSFIELD_ACCESS_CODE", "SANDBOX").env("LINKSFIELD_SECRET", "sandbox-secret");
    command.env("LINKSFIELD_CUBE_BASE_URL", world.sandbox.cube_url());
    command.env("LINKSFIELD_CUBE_KEY_ID", linksfield::sandbox::CUBE_KEY_ID);
    command.env("LINKSFIELD_CUBE_PRIVATE_KEY", linksfield::sandbox::CUBE_KEY);
    spawn_command(command, Some(60_000)).unwrap()
}

/// What it printed until it ended, and with what code.
fn end(mut session: PtySession) -> (String, i32) {
    let rest = session.exp_eof().unwrap();
    // `Exited(Pid(1), 0)`: its type is not public.
    let status = format!("{:?}", session.process().wait().unwrap());
    let code = status.strip_prefix("Exited(").and_then(|status| status.trim_end_matches(')').rsplit(", ").next());
    (rest, code.and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{status}")))
}

#[test]
fn an_order_is_shown_and_asked_for() {
    let world = World::new();
    let mut session = on_a_terminal(&world, &order());
    let shown = session.exp_string("Type yes to send it: ").unwrap();
    for part in [
        "Order a data plan for one SIM",
        "127.0.0.1 as SANDBOX (from the environment)",
        "package_code: \"DP20190726001274\"",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    session.send_line("yes").unwrap();
    let (printed, code) = end(session);
    assert!(printed.contains("order_id") && code == 0, "{printed}");
}

#[test]
fn what_a_person_found_out_is_shown_and_asked_for() {
    let world = World::new();
    let path = world.home.path().join("journal");
    // Of a run that was killed when it had begun its order; each line as it was written then.
    let journal = path.to_str().unwrap();
    killed_journal(&world, journal);
    for (answer, code) in [("no", 5), ("yes", 0)] {
        let words = ["fleet", "found-out", SIM, "--none", "--journal", journal].map(str::to_owned);
        let mut session = on_a_terminal(&world, &words);
        let shown = session.exp_string("Type yes to tell it: ").unwrap();
        for part in [SIM, "no order was placed", "the next run orders for it", "orderPackage for SANDBOX at http://"] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        session.send_line(answer).unwrap();
        let (printed, ended) = end(session);
        assert_eq!(ended, code, "{printed}");
    }
}

#[test]
fn what_was_typed_before_the_question_answers_nothing() {
    let world = World::new();
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 1; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_linksfield")]).args(order()).env_clear();
    command.env("HOME", world.home.path()).env("TERM", "xterm").env("PATH", std::env::var_os("PATH").unwrap());
    command.env("LINKSFIELD_BASE_URL", world.sandbox.url());
    command.env("LINKSFIELD_ACCESS_CODE", "SANDBOX").env("LINKSFIELD_SECRET", "sandbox-secret");
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.send_line("yes").unwrap();
    session.exp_string("Type yes to send it: ").unwrap();
    session.send_line("no").unwrap();
    let (printed, code) = end(session);
    assert!(printed.contains("nothing was sent") && code == 5, "{printed}");
    assert_eq!(world.orders(), 0);
}

#[test]
fn anything_but_yes_is_no() {
    let world = World::new();
    for answer in ["", "y", "no", "yes please"] {
        let mut session = on_a_terminal(&world, &order());
        session.exp_string("Type yes to send it: ").unwrap();
        session.send_line(answer).unwrap();
        let (printed, code) = end(session);
        assert!(printed.contains("nothing was sent") && code == 5, "{answer}: {printed}");
    }
    let mut session = on_a_terminal(&world, &order());
    session.exp_string("Type yes to send it: ").unwrap();
    session.send_control('d').unwrap();
    assert_eq!(end(session).1, 5, "the end of the input is no");
}

#[test]
fn a_question_is_interrupted_at_once_though_a_secret_command_was_waited_for() {
    let world = World::new();
    let answers = format!("{}\nSANDBOX\n", world.sandbox.url());
    world.unset(["configure", "csss", "--secret-command", "printf sandbox-secret"]).input(&answers).done();
    let mut command = binary();
    command.args(order()).env_clear().env("HOME", world.home.path()).env("TERM", "xterm");
    command.env("XDG_CONFIG_HOME", world.home.path().join("config"));
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let mut session = spawn_command(command, Some(60_000)).unwrap();
    session.exp_string("Type yes to send it: ").unwrap();
    session.send_control('c').unwrap();
    session.exp_eof().unwrap();
    let status = format!("{:?}", session.process().wait().unwrap());
    assert!(status.contains("SIGINT"), "{status}");
    assert_eq!(world.orders(), 0);
}

#[test]
fn what_cannot_be_taken_back_asks_for_its_id_to_be_typed() {
    let world = World::new();
    let words = ["cube", "cancel-sim", "--sim-id", SIM].map(str::to_owned);
    for answer in ["yes", "89852022018041800193"] {
        let mut session = on_a_terminal(&world, &words);
        session.exp_string("This can't be taken back. Type the sim_id to send it: ").unwrap();
        session.send_line(answer).unwrap();
        let (printed, code) = end(session);
        assert!(printed.contains("nothing was sent") && code == 5, "{answer}: {printed}");
    }
    let mut session = on_a_terminal(&world, &words);
    session.exp_string("Type the sim_id to send it: ").unwrap();
    session.send_line(SIM).unwrap();
    end(session);
    assert!(world.sandbox.requests().iter().any(|request| request.path().ends_with("/cancel")));
}

#[test]
fn what_is_asked_shows_no_escape_of_a_parameter() {
    let world = World::new();
    let mut words = order();
    let at = words.iter().position(|word| word == "--package-name").unwrap();
    words[at + 1] = "\u{1b}[2K\rfree plan\u{202e}".to_owned();
    let mut session = on_a_terminal(&world, &words);
    let shown = session.exp_string("Type yes to send it: ").unwrap();
    assert!(!shown.contains('\u{1b}') && !shown.contains("\rfree") && !shown.contains('\u{202e}'), "{shown:?}");
    session.send_line("no").unwrap();
    assert_eq!(end(session).1, 5);
}

#[test]
fn a_terminal_gets_a_table_and_an_order_that_is_given_up_ends_with_9() {
    let world = World::new();
    world.ordered();
    let query = ["csss", "query-order", "--page-no", "1", "--page-size", "10"].map(str::to_owned);
    let (printed, code) = end(on_a_terminal(&world, &query));
    assert!(printed.contains("orderCode") || printed.contains("ORDERCODE"), "{printed}");
    assert!(!printed.contains('{') && code == 0, "{printed}");
    // A server that takes the order and never answers.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let mut words = order();
    words.push("--yes".to_owned());
    let mut session = at(&world, &url, &words);
    let (mut caller, _) = server.accept().unwrap();
    caller.read_exact(&mut [0; 5]).unwrap();
    session.send_control('c').unwrap();
    session.exp_string("waiting for its answer").unwrap();
    session.send_control('c').unwrap();
    let (printed, code) = end(session);
    assert!(printed.contains("may or may not have taken effect") && code == 9, "{printed}");
    assert!(printed.contains("Find out by:") && printed.contains("linksfield csss query-order"), "{printed}");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let world = World::new();
    let help = |environment: &[(&str, &str)]| {
        let mut command = binary();
        command.args(["csss", "--help"]).env_clear().env("HOME", world.home.path()).env("TERM", "xterm");
        command.envs(environment.iter().copied());
        end(spawn_command(command, Some(60_000)).unwrap()).0
    };
    assert!(help(&[]).contains("\u{1b}["), "a terminal has colours");
    assert!(!help(&[("NO_COLOR", "1")]).contains('\u{1b}'));
    assert!(!help(&[("TERM", "dumb")]).contains('\u{1b}'));
}

#[test]
fn a_question_for_a_secret_that_is_interrupted_leaves_the_terminal_as_it_was() {
    let world = World::new();
    for is_typed in [true, false] {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "echo $$; stty echo; \"$@\"; echo ended with $?; stty -a",
            "sh",
            env!("CARGO_BIN_EXE_linksfield"),
        ]);
        command.args(["configure", "csss"]).env_clear().env("HOME", world.home.path()).env("TERM", "xterm");
        command.env("PATH", std::env::var_os("PATH").unwrap());
        let mut session = spawn_command(command, Some(60_000)).unwrap();
        let shell = session.read_line().unwrap();
        let shell = shell.trim();
        session.exp_string("URL of the server: ").unwrap();
        session.send_line(world.sandbox.url()).unwrap();
        session.exp_string("access code: ").unwrap();
        session.send_line("SANDBOX").unwrap();
        session.exp_string("(not shown): ").unwrap();
        if is_typed {
            session.send_control('c').unwrap();
        } else {
            // Its shell's only child.
            let child = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
            assert!(Command::new("kill").arg(child.trim()).status().unwrap().success());
        }
        let (printed, _) = end(session);
        assert!(printed.contains("interrupted: nothing was kept") && printed.contains("ended with 1"), "{printed}");
        assert!(printed.contains(" echo ") && !printed.contains("-echo "), "{printed}");
    }
    assert!(!world.home.path().join(".config/linksfield/profiles.toml").exists());
}
