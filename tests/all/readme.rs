//! README says what the specifications have.

use std::io::Write;

use linksfield::Completeness;
use linksfield::openapi::DOCUMENTS;

#[test]
fn the_table_of_endpoints_has_every_operation_and_no_other() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let typed: Vec<_> = readme.lines().filter(|line| line.starts_with('|') && line.contains("| typed")).collect();
    let operations: Vec<_> = DOCUMENTS.iter().flat_map(|document| document.operations).collect();
    assert_eq!(typed.len(), operations.len(), "{typed:#?}");
    for operation in operations {
        let method = if operation.method == "POST" { String::new() } else { format!("{} ", operation.method) };
        let row = typed.iter().find(|row| row.contains(&format!("`{method}{}`", operation.path)));
        let row = row.unwrap_or_else(|| panic!("README's table has no row for {}", operation.path));
        let unknown = operation.completeness == Completeness::PathOnly;
        assert!(!unknown || row.contains("open object") || row.contains("undocumented"), "{row}");
    }
}

#[test]
fn what_the_readme_links_to_is_checked_as_a_name_of_this_crate() {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |file: &str| std::fs::read_to_string(format!("{root}/{file}")).unwrap();
    let (readme, library) = (read("README.md"), read("src/lib.rs"));
    let defined: Vec<_> =
        readme.lines().filter_map(|line| line.split_once("]: https://")).map(|(label, _)| label).collect();
    assert!(defined.len() >= 20, "{defined:?}");
    for label in defined {
        assert!(library.contains(&format!("//! {label}]: crate::")), "{label}] is not checked by rustdoc");
        assert!(readme.contains(&format!("{label}] ")) || readme.matches(label).count() > 1, "{label}] is not used");
    }
    assert!(!readme.contains("](docs/") && !readme.contains("](examples/"), "such a link is dead in the documentation");
}

#[test]
fn the_story_that_it_tells_is_a_test_that_runs() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let shown = readme.split("```rust,ignore\n").find(|block| block.starts_with("#[tokio::test]")).unwrap();
    let shown = shown.split("```").next().unwrap();
    assert!(include_str!("stories.rs").contains(shown), "{shown}");
}

#[test]
fn what_needs_a_database_is_told_to_be_left_out() {
    let command = "cargo test -p linksfield-postgres";
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(command));
    // Not by the macro, whose text is kept from who runs the tests.
    writeln!(std::io::stderr(), "skipped: what needs PostgreSQL: {command}").unwrap();
}
