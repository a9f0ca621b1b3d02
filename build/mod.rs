//! From the specifications to the source of typed clients, one file per step.

mod answers;
#[cfg(feature = "sandbox")]
mod calls;
mod coded;
mod document;
mod documents;
mod environment;
mod events;
mod generate;
mod methods;
#[cfg(feature = "sandbox")]
mod overlay;
mod pages;
mod parameters;
mod peel;
mod polish;
#[cfg(feature = "sandbox")]
mod reference;
mod rules;
mod shape;
mod table;
mod usage;

use std::path::Path;

pub use document::{Document, Result};
use proc_macro2::TokenStream;
use quote::quote;

/// Every specification in a folder, checked; `manifest` is the Cargo.toml of the crate that they are part of.
pub fn read_all(folder: &Path, manifest: &str) -> Result<Vec<Document>> {
    let documents = documents::files(folder)?.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?;
    documents::check_features(&documents, manifest)?;
    Ok(documents)
}

/// The specification in `file`, checked.
pub fn read(file: &Path) -> Result<Document> {
    let mut document = Document::read(file)?;
    rules::check_keys(&document)?;
    document.write_out();
    rules::check(&document)?;
    Ok(document)
}

/// What a specification may say, as a page for people.
pub fn rules() -> String {
    rules::page()
}

/// The Rust source of the API that a specification describes.
pub fn compile(document: &Document) -> Result<String> {
    let peeled = peel::peel(document);
    let mut wire = generate::generate(&peeled)?;
    let api = if document.is_received() {
        events::events(document)
    } else {
        let methods = methods::methods(document, &wire)?;
        let constant = documents::constant(document);
        let environment = environment::environment(document);
        quote! {
            /// Every documented operation of this API.
            pub const OPERATIONS: &[crate::openapi::Operation] = crate::openapi::documents::#constant.operations;
            #environment
            #methods
        }
    };
    let schemas = polish::json_schemas(&peeled);
    // The generated client is not used, only its types are.
    wire.items.retain(polish::is_types_module);
    polish::polish(&mut wire, &peeled);
    usage::link(&mut wire, document);
    print(document, quote!(#wire #api #schemas))
}

/// The Rust source of a function that calls any operation of an API, for tests.
#[cfg(feature = "sandbox")]
pub fn calls(document: &Document) -> Result<String> {
    print(document, calls::calls(document))
}

/// The Rust source of the list of `documents`, those of them that `is_built` says with their operations.
pub fn list(documents: &[Document], is_built: impl Fn(&Document) -> bool) -> Result<String> {
    let Some(first) = documents.first() else { return Ok(String::new()) };
    print(first, documents::list(documents, is_built)?)
}

fn print(document: &Document, source: TokenStream) -> Result<String> {
    let file = syn::parse2(source).map_err(|e| document.fault("(generated source)", format!("must be Rust: {e}")))?;
    Ok(prettyplease::unparse(&file))
}

/// A specification as a page for people, with what the overlay in `file` adds to it, if there is one.
#[cfg(feature = "sandbox")]
pub fn reference(document: &Document, file: &Path) -> Result<String> {
    let mut document = document.clone();
    if file.exists() {
        overlay::apply(&mut document, &Document::read(file)?)?;
    }
    Ok(reference::page(&document))
}
