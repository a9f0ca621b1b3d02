//! Random documents for the build of the crate: most are ordinary, some are odd.

#[allow(dead_code, unused_imports, unexpected_cfgs, reason = "the build uses all of it")]
#[path = "../../../build/mod.rs"]
mod codegen;
pub mod grammar;
pub mod scope;

use std::path::Path;

use serde_json::Value;

/// The source that the build makes of a document: the client, and the row of the operations table; or its one line.
pub fn compile(document: &Value) -> Result<(String, String), String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = directory.path().join("trial.yaml");
    std::fs::write(&file, document.to_string()).map_err(|error| error.to_string())?;
    let read = codegen::read(&file);
    let result = read.and_then(|document| {
        let client = codegen::compile(&document)?;
        Ok((client, codegen::list(&[document], |_| true)?))
    });
    result.map_err(|fault| fault.to_string().replace(&*Path::new(directory.path()).to_string_lossy(), "openapi"))
}
