//! The example of every command is run, and accepted as far as the sandbox knows the SIMs and orders in it.

use linksfield::Operation;
use linksfield::openapi::DOCUMENTS;

use crate::support::World;

/// A parameter of the example.
fn example_of(operation: &Operation, name: &str) -> String {
    let example: serde_json::Value = serde_json::from_str(operation.example).unwrap();
    example[name].as_str().unwrap().to_owned()
}

/// The example in the help of a command, as words.
fn example(world: &World, api: &str, command: &str) -> Vec<String> {
    let help = world.unset([api, command, "--help"]).done();
    let line = help.rsplit("Example:\n  ").next().unwrap().trim().to_owned();
    let words = shell_words::split(&line).unwrap();
    assert_eq!(words[0], "linksfield", "{line}");
    words[1..].to_vec()
}

#[test]
fn the_example_of_every_operation_reaches_the_api() {
    let world = World::new();
    for (document, operation) in
        DOCUMENTS.iter().flat_map(|document| document.operations.iter().map(move |operation| (document, operation)))
    {
        let mut words = example(&world, document.name, operation.command);
        match operation.confirm {
            Some(name) => words.extend(["--confirm".to_owned(), example_of(operation, name)]),
            None if !operation.safe_to_retry => words.push("--yes".to_owned()),
            None => {}
        }
        let output = world.everywhere(words.clone()).output();
        let said = String::from_utf8_lossy(&output.stderr);
        // Accepted, or refused by the API: the order or the SIM is not there.
        assert!(matches!(output.status.code(), Some(0 | 4)), "{words:?}: {said}");
        words.push("--dry-run".to_owned());
        let shown = world.everywhere(words).done();
        assert!(shown.contains(operation.path.split('{').next().unwrap()), "{shown}");
    }
}

#[test]
fn the_example_of_a_raw_call_reaches_the_api() {
    let world = World::new();
    let said = world.everywhere(example(&world, "csss", "call")).fails(4);
    assert!(said.contains("SANDBOX-"), "{said}");
}
