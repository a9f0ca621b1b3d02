//! README says what the specification has.

use linksfield::Completeness;
use linksfield::csss::OPERATIONS;

#[test]
fn the_table_of_endpoints_has_every_operation_and_no_other() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let typed: Vec<_> = readme.lines().filter(|line| line.starts_with('|') && line.contains("| typed")).collect();
    assert_eq!(typed.len(), OPERATIONS.len(), "{typed:#?}");
    for operation in OPERATIONS {
        let row = typed.iter().find(|row| row.contains(&format!("`{}`", operation.path)));
        let row = row.unwrap_or_else(|| panic!("README's table has no row for {}", operation.path));
        let open = operation.completeness == Completeness::PathOnly;
        assert_eq!(row.contains("open object"), open, "{row}");
    }
}
