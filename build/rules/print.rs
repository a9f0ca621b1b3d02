//! The rules as a page for those who add endpoints.

use std::fmt::Write;

use super::RULES;
use super::keys::{Done, Key, OBJECTS};

const HEAD: &str = "# What a document may say

Each file in `openapi/` is OpenAPI 3.0. The build makes a client of it, and refuses what it can't use in one line that names
the file, the place, the cause, and what to write instead. Nothing is passed over in silence: a key is *used*, or *told* to
readers and other tools, or *refused*. What begins with `x-` and stands nowhere below is left to other tools. No text has control characters but line feeds, marks of direction, or blocks of
code: it may become a comment in Rust, where code is a test. This page is printed from the rules themselves (`build/rules`).
";

/// The whole page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    page += "\n## Between the parts\n\n| | | because |\n| --- | --- | --- |\n";
    for rule in RULES {
        row(&mut page, [rule.of, rule.must, rule.why]);
    }
    page += "\n## Key by key\n";
    for object in OBJECTS {
        let _ = write!(page, "\n### {}\n\n| key | | |\n| --- | --- | --- |\n", object.name);
        for Key(name, done, what) in object.keys {
            let done = match done {
                Done::Used(_) => "used",
                Done::Told(_) => "told",
                Done::Refused => "refused",
            };
            row(&mut page, [&format!("`{name}`"), done, what]);
        }
    }
    page
}

fn row<const N: usize>(page: &mut String, cells: [&str; N]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}
