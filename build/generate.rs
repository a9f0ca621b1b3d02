//! Hands a peeled specification to progenitor.

use std::panic::{self, AssertUnwindSafe};

use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle};

use super::coded;
use super::document::{Document, Result};

/// The type of what is one of several scalars.
pub const CHOICE: &str = "Scalar";

/// Schemas whose types are written by hand, with those types.
const BY_HAND: [(&str, &str); 5] = [
    ("TimeText", "crate::Time"),
    ("EpochMillis", "crate::EpochMillis"),
    ("ByteCount", "crate::ByteCount"),
    ("Signature", "crate::signing::Signature"),
    (CHOICE, "crate::Scalar"),
];

pub fn by_hand() -> impl Iterator<Item = &'static str> {
    BY_HAND.iter().map(|(name, _)| *name)
}

pub fn generate(peeled: &Document) -> Result<syn::File> {
    let spec: OpenAPI = serde_json::from_value(peeled.root.clone())
        .map_err(|e| peeled.fault("(whole file)", format!("must be OpenAPI 3.0: {e}")))?;
    let settings = settings(peeled);
    let tokens = quietly(|| Generator::new(&settings).generate_tokens(&spec))
        .ok_or_else(|| peeled.fault("(whole file)", "must not use what the generator can't express; it panicked"))?
        .map_err(|e| peeled.fault("(whole file)", format!("must be something the generator can express: {e}")))?;
    syn::parse2(tokens).map_err(|e| peeled.fault("(generated source)", format!("must be Rust: {e}")))
}

fn settings(peeled: &Document) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Positional).with_tag(TagStyle::Merged).with_derive("PartialEq");
    settings.with_map_type("::std::collections::BTreeMap");
    for (schema, path) in BY_HAND {
        settings.with_replacement(schema, path, std::iter::empty());
    }
    for (schema, _) in peeled.schemas().filter(|(_, schema)| coded::values(schema).is_some()) {
        settings.with_replacement(schema, schema, std::iter::empty());
    }
    settings
}

/// What `work` returns, or nothing if it panics; a panic's text stays off the terminal.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    result.ok()
}
