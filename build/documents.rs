//! The list of all specifications: their texts, and the operations of those that are compiled.

use std::path::{Path, PathBuf};

use heck::ToShoutySnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::document::{Document, Result, text};
use super::table;

/// The specifications in a folder, in the order of their names.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| Document::unread(folder, format!("must be a readable folder: {error}")))?;
    let mut files: Vec<_> = entries.iter().map(std::fs::DirEntry::path).filter(|path| is_yaml(path)).collect();
    files.sort();
    Ok(files)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

/// The name of a document as a constant.
pub fn constant(document: &Document) -> syn::Ident {
    format_ident!("{}", document.name().to_shouty_snake_case())
}

pub fn list(documents: &[Document], is_built: impl Fn(&Document) -> bool) -> Result<TokenStream> {
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
    let order_ids = if document.is_received() { Default::default() } else { table::all_order_ids(document) };
    let order_ids = order_ids.iter();
    let code = text(&document.root["x-linksfield-envelope"]["code"]);
    Ok(quote! {
        super::Document {
            name: #name, title: #title, text: super::#constant,
            #[cfg(feature = "sandbox")]
            page: include_str!(concat!(env!("OUT_DIR"), #page)),
            operations: &[#rows], order_ids: &[#(#order_ids),*], result_code: #code,
        }
    })
}
