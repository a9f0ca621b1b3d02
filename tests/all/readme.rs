//! README and the table of endpoints say what is so.

use std::io::Write;

use base64::prelude::{BASE64_STANDARD as STANDARD, Engine};
use linksfield::Completeness;
use linksfield::openapi::DOCUMENTS;

#[test]
fn the_table_of_endpoints_has_every_operation_and_no_other() {
    let table = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/endpoints.md")).unwrap();
    let typed: Vec<_> = table.lines().filter(|line| line.starts_with('|') && line.contains("| typed")).collect();
    let operations: Vec<_> = DOCUMENTS.iter().flat_map(|document| document.operations).collect();
    assert_eq!(typed.len(), operations.len(), "{typed:#?}");
    for operation in operations {
        let method = if operation.method == "POST" { String::new() } else { format!("{} ", operation.method) };
        let row = typed.iter().find(|row| row.contains(&format!("`{method}{}`", operation.path)));
        let row = row.unwrap_or_else(|| panic!("the table has no row for {}", operation.path));
        let unknown = operation.completeness == Completeness::PathOnly;
        assert!(!unknown || row.contains("open object") || row.contains("undocumented"), "{row}");
    }
}

#[test]
fn the_documentation_shows_each_picture_as_it_is() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let links = std::fs::read_to_string(folder.join("links.md")).unwrap();
    assert_eq!(links.lines().count(), 3);
    for link in links.lines() {
        let (name, picture) = link.split_once("]: data:image/svg+xml;base64,").unwrap();
        let file = folder.join(format!("{}.svg", name.trim_start_matches("[picture: ").replace(' ', "-")));
        assert_eq!(STANDARD.decode(picture).unwrap(), std::fs::read(file).unwrap(), "docs/pictures/draw draws it anew");
    }
}

#[test]
fn the_story_that_it_tells_is_a_test_that_runs() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let shown = readme.split("```rust,ignore\n").find(|block| block.starts_with("#[tokio::test]")).unwrap();
    let shown = shown.split("```").next().unwrap();
    assert!(include_str!("stories.rs").contains(shown), "{shown}");
}

#[test]
fn the_telemetry_that_is_set_up_in_the_guide_is_a_program_that_runs() {
    let read = |path| std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (guide, program) = (read("docs/observing.md"), read("tests/telemetry/src/lib.rs"));
    let shown: Vec<_> = guide.split("```").nth(1).unwrap().lines().skip(1).map(str::trim).collect();
    let written: Vec<_> = program.lines().map(str::trim).collect();
    assert!(shown.len() > 5);
    for line in shown {
        assert!(written.contains(&line), "{line}");
    }
}

#[test]
fn what_needs_a_database_is_told_to_be_left_out() {
    let command = "cargo test -p linksfield-postgres";
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(command));
    // Not by the macro, whose text is kept from who runs the tests.
    writeln!(std::io::stderr(), "skipped: what needs PostgreSQL: {command}").unwrap();
}
