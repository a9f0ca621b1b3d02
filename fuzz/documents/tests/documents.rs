//! What the build makes of random documents: a client that could compile, or one line.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};

use linksfield_fuzz_documents::{compile, grammar, scope};

#[derive(Default)]
struct Counts {
    accepted: usize,
    refused: BTreeMap<String, usize>,
}

fn check(seed: u64, counts: &mut Counts) -> Result<(), String> {
    let document = grammar::document(seed);
    let result = panic::catch_unwind(AssertUnwindSafe(|| compile(&document)));
    match result.map_err(|_| format!("seed {seed}: a panic"))? {
        Ok((client, list)) => {
            counts.accepted += 1;
            for source in [client, list] {
                if let Some(name) = scope::doubled(&source) {
                    return Err(format!("seed {seed}: {name} is there twice"));
                }
            }
            Ok(())
        }
        Err(line) => {
            let rule = line.splitn(3, ": ").nth(2).unwrap_or(&line).to_owned();
            let general = ["panicked", "generator", "must be Rust", "must be OpenAPI"];
            if line.lines().count() != 1 || !rule.starts_with("must ") || general.iter().any(|word| rule.contains(word))
            {
                return Err(format!("seed {seed}: {line}"));
            }
            if seed % 2 == 0 {
                return Err(format!("seed {seed} is ordinary: {line}"));
            }
            *counts.refused.entry(rule).or_default() += 1;
            Ok(())
        }
    }
}

fn check_all(seeds: impl Iterator<Item = u64>) -> Counts {
    let mut counts = Counts::default();
    let failures: Vec<_> = seeds.filter_map(|seed| check(seed, &mut counts).err()).collect();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    counts
}

/// What failed once is a case of `tests/all/constructs.rs`: a seed is another document when the grammar grows. The first seeds: 2000, or as many as `DOCUMENTS` says.
#[test]
fn each_document_is_a_client_or_a_line() {
    let count = std::env::var("DOCUMENTS").map_or(2000, |count| count.parse().expect("DOCUMENTS is a number"));
    let counts = check_all(0..count);
    let refused: usize = counts.refused.values().sum();
    println!("{} accepted, {refused} refused by {} lines", counts.accepted, counts.refused.len());
    for (rule, count) in counts.refused {
        println!("{count:5} {rule}");
    }
}
