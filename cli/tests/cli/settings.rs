//! Who is called comes from one place, whole.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::support::{SIM, World};

const QUERY: [&str; 4] = ["csss", "query-device", "--device-id", SIM];

fn file(world: &World) -> PathBuf {
    world.home.path().join("config/linksfield/profiles.toml")
}

fn configure(world: &World, profile: &str) {
    world.configured(profile);
}

#[test]
fn a_profile_is_kept_for_its_owner_alone_and_used() {
    let world = World::new();
    configure(&world, "default");
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(file(&world)), mode(file(&world).parent().unwrap().to_owned())), (0o600, 0o700));
    world.unset(QUERY).done();
    configure(&world, "uat");
    assert_eq!(mode(file(&world)), 0o600);
    world.unset(QUERY).args(["--profile", "uat"]).done();
    world.unset(QUERY).done();
    assert!(
        world.unset(QUERY).args(["--profile", "no"]).fails(3).contains("there is no profile no, but: default, uat")
    );
}

#[test]
fn a_file_that_others_can_read_is_refused_and_a_link_is_followed() {
    let world = World::new();
    let elsewhere = world.home.path().join("dotfiles.toml");
    std::fs::create_dir_all(file(&world).parent().unwrap()).unwrap();
    std::fs::write(&elsewhere, "").unwrap();
    std::fs::set_permissions(&elsewhere, PermissionsExt::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(&elsewhere, file(&world)).unwrap();
    configure(&world, "default");
    assert!(std::fs::symlink_metadata(file(&world)).unwrap().is_symlink());
    world.unset(QUERY).done();
    std::fs::set_permissions(&elsewhere, PermissionsExt::from_mode(0o644)).unwrap();
    let said = world.unset(QUERY).fails(3);
    assert!(said.contains("mode 0644") && said.contains("chmod 600") && said.contains("file system is"), "{said}");
    world.unset(QUERY).args(["--loose-profile"]).done();
}

#[test]
fn many_configure_at_once_and_none_is_lost() {
    let world = World::new();
    std::thread::scope(|scope| {
        for profile in ["a", "b", "c", "d", "e", "f"] {
            let world = &world;
            scope.spawn(move || configure(world, profile));
        }
    });
    let text = std::fs::read_to_string(file(&world)).unwrap();
    assert!(["a", "b", "c", "d", "e", "f"].iter().all(|name| text.contains(&format!("[{name}.csss]"))), "{text}");
}

#[test]
fn a_half_set_environment_is_named_and_a_named_profile_beats_a_whole_one() {
    let world = World::new();
    configure(&world, "default");
    let said = world.unset(QUERY).env("LINKSFIELD_ACCESS_CODE", "OTHER").fails(3);
    assert!(said.contains("LINKSFIELD_BASE_URL, LINKSFIELD_SECRET is not set"), "{said}");
    let whole = |run: crate::support::Run| {
        run.env("LINKSFIELD_BASE_URL", "http://127.0.0.1:1")
            .env("LINKSFIELD_ACCESS_CODE", "OTHER")
            .env("LINKSFIELD_SECRET", "other")
    };
    whole(world.unset(QUERY)).fails(5);
    whole(world.unset(QUERY).args(["--profile", "default"])).done();
}

#[test]
fn a_secret_command_is_run_without_a_shell_and_its_output_is_not_shown() {
    let world = World::new();
    let answers = format!("{}\nSANDBOX\n", world.sandbox.url());
    let configure =
        |command: &str| world.unset(["configure", "csss", "--secret-command", command]).input(&answers).output();
    assert!(configure("printf 'sandbox-secret\\n'").status.success());
    world.unset(QUERY).done();
    let text = std::fs::read_to_string(file(&world)).unwrap();
    assert!(text.contains("secret_command") && !text.contains("\nsecret = "), "{text}");
    for (command, what) in [
        ("false", "failed"),
        ("no-such-program-anywhere", "can't be started"),
        ("sh -c 'echo hidden-secret >&2; echo hidden-secret; exit 3'", "failed: sh ended with exit status: 3"),
    ] {
        let output = configure(command);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(what) && !said.contains("hidden-secret"), "{said}");
    }
    configure("echo $HOME");
    assert!(world.unset(QUERY).fails(4).contains("sign"), "nothing is expanded");
    // Its standard input is empty: it can't take what is piped in.
    configure("sh -c 'cat; printf sandbox-secret'");
    world.unset(QUERY).input("something else").done();
}

#[test]
fn of_a_secret_command_no_more_is_read_than_a_secret_and_none_of_it_outlives_the_call() {
    let world = World::new();
    let answers = format!("{}\nSANDBOX\n", world.sandbox.url());
    let configure = |command: &str| world.unset(["configure", "csss", "--secret-command", command]).input(&answers);
    let said = configure("yes").fails(3);
    assert!(said.contains("printed more than 64 KiB"), "{said}");
    // What it leaves running keeps its output open, and is not waited for.
    let left = world.home.path().join("left");
    let leaves = format!("sh -c 'sleep 100 & echo $! >{}; echo sandbox-secret'", left.display());
    configure(&leaves).done();
    let alive = |file: &PathBuf| {
        let process = std::fs::read_to_string(file).unwrap();
        let state = std::fs::read_to_string(format!("/proc/{}/stat", process.trim()));
        state.is_ok_and(|state| !state.contains(") Z ")).then(|| process.trim().to_owned())
    };
    let kill = |process: &str| assert!(Command::new("kill").arg(process).status().unwrap().success());
    kill(&alive(&left).unwrap());
    // Told to end, it ends the command first.
    let mine = world.home.path().join("mine");
    let text = std::fs::read_to_string(file(&world)).unwrap();
    let waits = format!("sh -c 'echo $$ >{}; exec sleep 100'", mine.display());
    let line = text.lines().find(|line| line.starts_with("secret_command")).unwrap();
    std::fs::write(file(&world), text.replace(line, &format!("secret_command = {waits:?}"))).unwrap();
    let mut run = world.unset(QUERY).by_shell("echo $$; exec \"$@\"");
    let mut child = run.0.spawn().unwrap();
    let mut process = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut process).unwrap();
    while std::fs::read_to_string(&mine).map_or(0, |text| text.len()) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    kill(process.trim());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("was interrupted"));
    while alive(&mine).is_some() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_fault_in_the_file_is_said_without_its_secrets() {
    let world = World::new();
    configure(&world, "default");
    let good = std::fs::read_to_string(file(&world)).unwrap();
    for (bad, what) in [
        (good.replace("sandbox-secret\"", "sandbox-secret"), "is not TOML: line"),
        (format!("{good}\nbase_urls = \"x\"\n"), "has base_urls, which says nothing"),
        (format!("{good}\nsecret_command = \"x\"\n"), "has both secret and secret_command"),
        (good.replace("secret = \"sandbox-secret\"", ""), "has no secret"),
        (good.replace("secret = \"sandbox-secret\"", "secret = 7"), "has a secret that is no text"),
    ] {
        std::fs::write(file(&world), bad).unwrap();
        let said = world.unset(QUERY).fails(3);
        assert!(said.contains(what) && !said.contains("sandbox-secret"), "{said}");
    }
}

#[test]
fn a_key_pair_is_configured_by_its_path_and_told_by_its_fingerprint() {
    let world = World::new();
    let key = world.home.path().join("key.pem");
    std::fs::write(&key, linksfield::sandbox::CUBE_KEY).unwrap();
    let answers = format!("{}\nsandbox\n{}\n", world.sandbox.cube_url(), key.display());
    let output = world.unset(["configure", "cube"]).input(&answers).output();
    let said = String::from_utf8(output.stderr).unwrap();
    let fingerprint = world.sandbox.cube_credentials().key().fingerprint();
    assert!(output.status.success() && said.contains(&fingerprint) && said.contains("BEGIN PUBLIC KEY"), "{said}");
    assert!(!said.contains("PRIVATE"), "{said}");
    let text = std::fs::read_to_string(file(&world)).unwrap();
    assert!(text.contains("private_key_file") && !text.contains("BEGIN"), "{text}");
    let steps = world.unset(["doctor", "cube"]).done();
    assert!(steps.contains(&fingerprint) && steps.contains("ok     signature"), "{steps}");
    world.unset(["cube", "query-sims", "--page-no", "1", "--page-size", "10"]).done();
    // A key in a file and one beside it are not one key.
    let both = world.everywhere(["doctor", "cube"]).env("LINKSFIELD_CUBE_PRIVATE_KEY_FILE", key.to_str().unwrap());
    assert_eq!(both.output().status.code(), Some(3));
    std::fs::remove_file(&key).unwrap();
    let said = world.unset(["cube", "query-sims", "--page-no", "1", "--page-size", "10"]).fails(3);
    assert!(said.contains("has a private_key_file: ") && said.contains("can't be read"), "{said}");
}

#[test]
fn what_cannot_be_used_is_not_kept() {
    let world = World::new();
    configure(&world, "default");
    let kept = std::fs::read_to_string(file(&world)).unwrap();
    world.unset(["configure", "csss"]).input("ftp://nowhere\nSANDBOX\nx\n").fails(3);
    assert_eq!(std::fs::read_to_string(file(&world)).unwrap(), kept);
}

#[test]
fn what_is_configured_again_keeps_the_rest_of_the_file() {
    let world = World::new();
    configure(&world, "default");
    let first = std::fs::read_to_string(file(&world)).unwrap();
    let more = format!("# mine\n{first}language = \"en-US\" # of the messages\nallow_plaintext = true\n");
    std::fs::write(file(&world), more.replace("sandbox-secret", "an old one")).unwrap();
    configure(&world, "default");
    let text = std::fs::read_to_string(file(&world)).unwrap();
    for kept in
        ["# mine\n", "language = \"en-US\" # of the messages\n", "allow_plaintext = true\n", "\"sandbox-secret\"\n"]
    {
        assert!(text.contains(kept), "{kept}\n{text}");
    }
    // What says the secret otherwise goes.
    let answers = format!("{}\nSANDBOX\n", world.sandbox.url());
    let command = ["configure", "csss", "--secret-command", "printf sandbox-secret"];
    world.unset(command).input(&answers).done();
    let text = std::fs::read_to_string(file(&world)).unwrap();
    assert!(text.contains("secret_command") && !text.contains("\nsecret = ") && text.contains("# mine"), "{text}");
    world.unset(QUERY).done();
}

#[test]
fn a_link_to_what_is_not_there_yet_stays_a_link() {
    let world = World::new();
    std::fs::create_dir_all(file(&world).parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("../../dotfiles/linksfield.toml", file(&world)).unwrap();
    configure(&world, "default");
    assert!(std::fs::symlink_metadata(file(&world)).unwrap().is_symlink());
    let target = world.home.path().join("dotfiles/linksfield.toml");
    assert_eq!(std::fs::metadata(target).unwrap().permissions().mode() & 0o777, 0o600);
    world.unset(QUERY).done();
}

#[test]
fn an_empty_variable_is_not_set() {
    let world = World::new();
    configure(&world, "default");
    let empty = |run: crate::support::Run| {
        ["LINKSFIELD_BASE_URL", "LINKSFIELD_ACCESS_CODE", "LINKSFIELD_SECRET", "LINKSFIELD_ALLOW_PLAINTEXT"]
            .iter()
            .fold(run, |run, name| run.env(name, ""))
    };
    empty(world.unset(QUERY)).done();
    let said = world.linksfield(QUERY).env("LINKSFIELD_SECRET", "").fails(3);
    assert!(said.contains("LINKSFIELD_SECRET is not set"), "{said}");
}

#[test]
fn a_secret_that_is_not_as_it_was_given_is_refused_by_all_that_use_it() {
    let world = World::new();
    for (secret, what) in [
        ("sandbox-secret\n", "has white space around it"),
        ("'sandbox-secret'", "has quotes around it"),
        ("sandbox\nsecret", "has a line break"),
    ] {
        for words in [&["sign"][..], &["verify"], &QUERY, &["doctor"]] {
            let output = world.linksfield(words).env("LINKSFIELD_SECRET", secret).input("{}").output();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(3), "{said}");
            assert!(said.contains(&format!("LINKSFIELD_SECRET {what}")) && !said.contains("sandbox"), "{said}");
        }
        for words in [&["listen"][..], &["trigger", "plan-warning", "--to", "http://127.0.0.1:1"]] {
            let run = world.unset(words).env("LINKSFIELD_NOTIFICATION_KEY_ID", "an id");
            let said = run.env("LINKSFIELD_NOTIFICATION_KEY", secret).fails(3);
            assert!(said.contains(&format!("LINKSFIELD_NOTIFICATION_KEY {what}")), "{said}");
        }
    }
}

#[test]
fn the_file_of_a_key_is_read_as_the_library_reads_it() {
    let world = World::new();
    let path = world.home.path().join("key.pem");
    let wide = std::iter::once(0xfeff).chain(linksfield::sandbox::CUBE_KEY.encode_utf16());
    std::fs::write(&path, wide.flat_map(u16::to_le_bytes).collect::<Vec<_>>()).unwrap();
    let query = ["cube", "query-sims", "--page-no", "1", "--page-size", "10"];
    let with = |path: &str| {
        let run = world.unset(query).env("LINKSFIELD_CUBE_BASE_URL", &world.sandbox.cube_url());
        run.env("LINKSFIELD_CUBE_KEY_ID", "sandbox").env("LINKSFIELD_CUBE_PRIVATE_KEY_FILE", path)
    };
    // With white space around its name, as a variable from a file may have it, and around that of the key.
    with(&format!("{}\n", path.display())).done();
    with(path.to_str().unwrap()).env("LINKSFIELD_CUBE_KEY_ID", " sandbox\r\n").done();
    // What never ends is no key.
    assert!(with("/dev/zero").fails(3).contains("private key"));
}
