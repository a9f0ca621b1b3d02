//! Compiles the specifications of `openapi/` to typed clients.

#[path = "build/mod.rs"]
mod codegen;

use std::path::{Path, PathBuf};
use std::process::exit;

/// One specification for each API family, and one for what Linksfield sends; with the feature that it is part of.
const FAMILIES: [(&str, Option<&str>); 4] =
    [("csss", None), ("notifications", Some("NOTIFICATION")), ("mall", Some("MALL")), ("esim-qr", Some("ESIM_QR"))];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let is_on = |feature: &str| std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    for (family, _) in FAMILIES.into_iter().filter(|(_, feature)| feature.is_none_or(is_on)) {
        let specification = format!("openapi/{family}.yaml");
        println!("cargo::rerun-if-changed={specification}");
        if let Err(message) = generate(family, Path::new(&specification)) {
            println!("cargo::error={message}");
            exit(1);
        }
    }
}

fn generate(family: &str, specification: &Path) -> Result<(), String> {
    let source = codegen::compile(specification).map_err(|fault| fault.to_string())?;
    write(&format!("{family}.rs"), source)?;
    #[cfg(feature = "sandbox")]
    write(&format!("{family}.html"), codegen::reference(specification).map_err(|fault| fault.to_string())?)?;
    Ok(())
}

fn write(name: &str, content: String) -> Result<(), String> {
    let directory = std::env::var_os("OUT_DIR").ok_or("OUT_DIR must be set: run this script through cargo")?;
    let target = PathBuf::from(directory).join(name);
    std::fs::write(&target, content).map_err(|error| format!("{}: can't be written: {error}", target.display()))
}
