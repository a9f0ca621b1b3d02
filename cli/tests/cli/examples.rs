//! The example of every command is run, and accepted as far as the sandbox knows the SIMs and orders in it.

use linksfield::openapi::DOCUMENTS;

use crate::support::{Run, World};

/// The example in the help of a command, as words.
fn example(world: &World, api: &str, command: &str) -> Vec<String> {
    let help = world.unset([api, command, "--help"]).done();
    let line = help.rsplit("Example:\n  ").next().unwrap().trim().to_owned();
    let words = shell_words::split(&line).unwrap();
    assert_eq!(words[0], "linksfield", "{line}");
    words[1..].to_vec()
}

fn with_settings(world: &World, words: Vec<String>) -> Run {
    let url = |path: &str| format!("{}{path}", world.sandbox.url());
    world
        .linksfield(words)
        .env("LINKSFIELD_MALL_BASE_URL", world.sandbox.mall_url().as_str())
        .env("LINKSFIELD_MALL_PAYMENT_BASE_URL", world.sandbox.payment_url().as_str())
        .env("LINKSFIELD_MALL_TOPUP_BASE_URL", world.sandbox.topup_url().as_str())
        .env("LINKSFIELD_MALL_PARTNER_CODE", "SANDBOX")
        .env("LINKSFIELD_ESIM_QR_BASE_URL", world.sandbox.esim_qr_url().as_str())
        .env("LINKSFIELD_ESIM_QR_ACCESS_TOKEN", linksfield::sandbox::ACCESS_TOKEN)
        .env("SANDBOX", &url(""))
}

#[test]
fn the_example_of_every_operation_reaches_the_api() {
    let world = World::new();
    for (document, operation) in
        DOCUMENTS.iter().flat_map(|document| document.operations.iter().map(move |operation| (document, operation)))
    {
        let mut words = example(&world, document.name, operation.command);
        if !operation.safe_to_retry {
            words.push("--yes".to_owned());
        }
        let output = with_settings(&world, words.clone()).output();
        let said = String::from_utf8_lossy(&output.stderr);
        // Accepted, or refused by the API: the order or the SIM is not there.
        assert!(matches!(output.status.code(), Some(0 | 4)), "{words:?}: {said}");
        words.push("--dry-run".to_owned());
        let shown = with_settings(&world, words).done();
        assert!(shown.contains(operation.path.split('{').next().unwrap()), "{shown}");
    }
}

#[test]
fn the_example_of_a_raw_call_reaches_the_api() {
    let world = World::new();
    let said = with_settings(&world, example(&world, "csss", "call")).fails(4);
    assert!(said.contains("SANDBOX-"), "{said}");
}
