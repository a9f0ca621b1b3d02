//! The list of all specifications: their texts, and the operations of those that are compiled.

use std::path::{Path, PathBuf};

use heck::ToShoutySnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{Document, Result, text};
use super::{environment, parameters, table};

/// The specifications in a folder, in the order of their names.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| Document::unread(folder, format!("must be a readable folder: {error}")))?;
    let mut files = Vec::new();
    for file in entries.iter().map(std::fs::DirEntry::path) {
        match is_document(&file) {
            true if file.extension().is_some_and(|extension| extension == "yaml") => files.push(file),
            true => return Err(Document::unread(&file, "must be YAML, in a file whose name ends in .yaml".into())),
            false => {}
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file is a specification, by its name; JSON may be anything, so that is looked into.
fn is_document(file: &Path) -> bool {
    let extension = file.extension().unwrap_or_default().to_ascii_lowercase();
    match extension.to_str().unwrap_or_default() {
        "yaml" | "yml" => true,
        "json" => {
            let root = std::fs::read(file).ok().and_then(|json| serde_json::from_slice::<Value>(&json).ok());
            root.is_some_and(|root| !root["openapi"].is_null())
        }
        _ => false,
    }
}

/// Refuses a document that is part of a feature which `manifest`, a Cargo.toml, does not have: nothing would compile it.
pub fn check_features(documents: &[Document], manifest: &str) -> Result<()> {
    let lines = manifest.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let section = lines.skip_while(|line| *line != "[features]").skip(1).take_while(|line| !line.starts_with('['));
    let features: Vec<_> = section.filter_map(|line| Some(line.split_once('=')?.0.trim().trim_matches('"'))).collect();
    let unknown = documents.iter().find(|document| document.feature().is_some_and(|name| !features.contains(&name)));
    let rule = format!("must be a feature of Cargo.toml: {}", features.join(", "));
    unknown.map_or(Ok(()), |document| Err(document.fault("x-linksfield-feature", rule)))
}

/// The name of a document as a constant.
pub fn constant(document: &Document) -> syn::Ident {
    format_ident!("{}", document.name().to_shouty_snake_case())
}

pub fn list(documents: &[Document], is_built: impl Fn(&Document) -> bool) -> Result<TokenStream> {
    let reserved = parameters::RESERVED_FLAGS;
    let names = documents.iter().map(constant);
    let about = documents.iter().map(|document| format!("The document {}.", title(document)));
    let files = documents.iter().map(|document| format!("/openapi/{}.yaml", document.name()));
    let built: Vec<_> = documents.iter().filter(|document| is_built(document)).collect();
    let built_names: Vec<_> = built.iter().map(|document| constant(document)).collect();
    let entries = built.iter().map(|document| entry(document)).collect::<Result<Vec<_>>>()?;
    Ok(quote! {
        #(#[doc = #about] pub const #names: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), #files));)*

        /// The documents whose APIs are compiled in, by their names.
        pub(crate) mod documents {
            #(pub(crate) const #built_names: &super::Document = &#entries;)*
        }

        /// The names of flags that a command has itself, which no parameter takes.
        pub const RESERVED_FLAGS: &[&str] = &[#(#reserved),*];

        /// The documents whose APIs are compiled in, in the order of their names.
        pub const DOCUMENTS: &[&Document] = &[#(documents::#built_names),*];
    })
}

fn title(document: &Document) -> &str {
    text(&document.root["info"]["title"])
}

fn entry(document: &Document) -> Result<TokenStream> {
    let (name, title, constant) = (document.name(), title(document), constant(document));
    let rows = if document.is_received() { TokenStream::new() } else { table::rows(document)? };
    let page = format!("/{name}.html");
    let order_ids = if document.is_received() {
        quote!(super::OrderIds { in_data: &[], anywhere: &[] })
    } else {
        table::order_ids(document)
    };
    let code = text(&document.root["x-linksfield-envelope"]["code"]);
    let servers = environment::servers(document).map(|server| {
        let (url, description) = (text(&server["url"]), text(&server["description"]).trim());
        quote!(super::Server { url: #url, description: #description })
    });
    Ok(quote! {
        super::Document {
            name: #name, title: #title, text: super::#constant, servers: &[#(#servers),*],
            #[cfg(feature = "sandbox")]
            page: include_str!(concat!(env!("OUT_DIR"), #page)),
            operations: &[#rows], order_ids: #order_ids, result_code: #code,
        }
    })
}
