//! From a specification to the source of a typed client, one file per step.

mod coded;
mod document;
mod events;
mod generate;
mod methods;
mod pages;
mod peel;
mod polish;
#[cfg(feature = "sandbox")]
mod reference;
mod rules;

use std::path::Path;

use document::{Document, Result};
use quote::quote;

/// The Rust source that the specification in `file` becomes.
pub fn compile(file: &Path) -> Result<String> {
    let document = Document::read(file)?;
    rules::check(&document)?;
    let peeled = peel::peel(&document);
    let mut wire = generate::generate(&peeled)?;
    let facade = if document.is_received() {
        wire.items.retain(polish::is_types_module);
        events::events(&document, &peeled)
    } else {
        methods::methods(&document, &peeled, &wire)
    };
    polish::polish(&mut wire, coded::enums(&peeled));
    let whole = quote! {
        pub(super) mod wire { #wire }
        pub use wire::types;
        #facade
    };
    let source = syn::parse2(whole).map_err(|e| document.fault("(generated source)", format!("must be Rust: {e}")))?;
    Ok(prettyplease::unparse(&source))
}

/// The specification in `file` as a page for people.
#[cfg(feature = "sandbox")]
pub fn reference(file: &Path) -> Result<String> {
    Ok(reference::page(&Document::read(file)?))
}
