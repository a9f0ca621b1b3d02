//! Compiles the specifications of `openapi/` to typed clients.

#[allow(dead_code, reason = "tests print the rules")]
#[path = "build/mod.rs"]
mod codegen;

use std::path::{Path, PathBuf};
use std::process::exit;

use codegen::Document;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=Cargo.toml");
    println!("cargo::rerun-if-changed=openapi");
    if let Err(message) = generate() {
        println!("cargo::error={message}");
        exit(1);
    }
}

fn generate() -> Result<(), String> {
    let manifest = std::fs::read_to_string("Cargo.toml").map_err(|error| format!("Cargo.toml: {error}"))?;
    let documents = codegen::read_all(Path::new("openapi"), &manifest).map_err(|fault| fault.to_string())?;
    for document in documents.iter().filter(|document| is_built(document)) {
        write(document.name(), "rs", codegen::compile(document).map_err(|fault| fault.to_string())?)?;
        #[cfg(feature = "sandbox")]
        if !document.is_received() {
            write(document.name(), "calls.rs", codegen::calls(document).map_err(|fault| fault.to_string())?)?;
        }
        #[cfg(feature = "sandbox")]
        write(document.name(), "html", reference(document)?)?;
    }
    write("documents", "rs", codegen::list(&documents, is_built).map_err(|fault| fault.to_string())?)
}

/// The page for people, with Chinese translations where the vendor has no Chinese sentence.
#[cfg(feature = "sandbox")]
fn reference(document: &Document) -> Result<String, String> {
    let overlay = Path::new("openapi/overlays").join(document.name()).with_extension("zh.yaml");
    codegen::reference(document, &overlay).map_err(|fault| fault.to_string())
}

/// Whether the feature of a document is on.
fn is_built(document: &Document) -> bool {
    let variable = |feature: &str| format!("CARGO_FEATURE_{}", feature.replace('-', "_").to_uppercase());
    document.feature().is_none_or(|feature| std::env::var_os(variable(feature)).is_some())
}

fn write(name: &str, extension: &str, content: String) -> Result<(), String> {
    let directory = std::env::var_os("OUT_DIR").ok_or("OUT_DIR must be set: run this script through cargo")?;
    let target = PathBuf::from(directory).join(name).with_extension(extension);
    std::fs::write(&target, content).map_err(|error| format!("{}: can't be written: {error}", target.display()))
}
