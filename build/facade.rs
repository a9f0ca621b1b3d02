//! The public methods over the generated client: same parameters, the operation's data or the crate's own error.

use heck::{ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{FnArg, ImplItem, ImplItemFn, Item, Pat, ReturnType, parse_quote};

use super::document::{Document, Operation, items};
use super::peel;
use super::polish::argument_of;

pub fn facade(document: &Document, wire: &syn::File) -> TokenStream {
    let operations: Vec<_> = document.operations().collect();
    let table = operations.iter().map(|operation| row(document, operation));
    let methods = methods(wire).filter_map(|method| {
        let index = operations.iter().position(|operation| method.sig.ident == operation.id().to_snake_case())?;
        public_method(method, index, &operations[index])
    });
    let servers = servers(document);
    let schemas = schemas(wire);
    quote! {
        /// Every documented operation of this API.
        pub const OPERATIONS: &[crate::Operation] = &[#(#table),*];
        #(#servers)*
        #schemas
        impl super::Client { #(#methods)* }
    }
}

fn row(document: &Document, operation: &Operation<'_>) -> TokenStream {
    let (id, path) = (operation.id(), operation.path);
    let documentation = &operation.node["x-linksfield-documentation"];
    let page = text(&documentation["page"]);
    let completeness = match text(&documentation["completeness"]) {
        "complete" => quote!(Complete),
        "partial" => quote!(Partial),
        _ => quote!(PathOnly),
    };
    let safe_to_retry = operation.node["x-linksfield-safe-to-retry"] == true;
    let deprecated = operation.node["deprecated"] == true;
    let no_data = if peel::data(document, operation.node)["type"] == "array" { "[]" } else { "{}" };
    quote! {
        crate::Operation {
            id: #id, path: #path, page: #page, completeness: crate::Completeness::#completeness,
            safe_to_retry: #safe_to_retry, deprecated: #deprecated, no_data: #no_data,
        }
    }
}

/// The generated methods, one per operation.
fn methods(wire: &syn::File) -> impl Iterator<Item = &ImplItemFn> {
    let inherent = wire.items.iter().filter_map(|item| match item {
        Item::Impl(block) if block.trait_.is_none() => Some(block),
        _ => None,
    });
    inherent.flat_map(|block| &block.items).filter_map(|item| match item {
        ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method),
        _ => None,
    })
}

fn public_method(method: &ImplItemFn, index: usize, operation: &Operation<'_>) -> Option<TokenStream> {
    let ReturnType::Type(_, result) = &method.sig.output else { return None };
    let data = argument_of(argument_of(result, "Result")?, "ResponseValue")?;
    let mut signature = method.sig.clone();
    signature.output = parse_quote!(-> ::std::result::Result<#data, crate::Error>);
    let name = &method.sig.ident;
    let arguments = method.sig.inputs.iter().filter_map(argument_name);
    let attributes = &method.attrs;
    let more = more_documentation(operation);
    let deprecated = (operation.node["deprecated"] == true)
        .then(|| quote!(#[deprecated(note = "the vendor labels this operation as deprecated")]));
    Some(quote! {
        #(#attributes)*
        #[doc = #more]
        #deprecated
        pub #signature {
            let wire = self.wire(&OPERATIONS[#index]);
            let result = wire.#name(#(#arguments),*).await;
            wire.inner.finish(result)
        }
    })
}

fn argument_name(argument: &FnArg) -> Option<&syn::Ident> {
    match argument {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(name) => Some(&name.ident),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    }
}

fn more_documentation(operation: &Operation<'_>) -> String {
    let documentation = &operation.node["x-linksfield-documentation"];
    let title = text(&documentation["title"]).replace('[', "\\[");
    let page = text(&documentation["page"]);
    let completeness = text(&documentation["completeness"]);
    let unknown = if operation.node["x-linksfield-safe-to-retry"] == true {
        ""
    } else {
        " If no readable answer came, the call may or may not have taken effect: ask \
         [`Error::outcome_unknown`](crate::Error::outcome_unknown) before you call again."
    };
    format!(
        "Documentation ({completeness}): {title}, <{page}>\n\n# Errors\n\nThe API refused the call, no readable answer \
         came, or the parameters can't be signed; see [`Error`](crate::Error).{unknown}"
    )
}

fn servers(document: &Document) -> impl Iterator<Item = TokenStream> {
    items(&document.root["servers"]).map(|server| {
        let name = format_ident!("{}_URL", text(&server["x-linksfield-environment"]).to_shouty_snake_case());
        let (url, description) = (text(&server["url"]), text(&server["description"]));
        quote! { #[doc = #description] pub(super) const #name: &str = #url; }
    })
}

/// The JSON Schemas of the types that progenitor generated, by name.
fn schemas(wire: &syn::File) -> TokenStream {
    let types = wire.items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    let names: Vec<_> = types.into_iter().flat_map(|(_, items)| items).filter_map(struct_name).collect();
    let texts = names.iter().map(ToString::to_string);
    quote! {
        /// The JSON Schema of every object, list and id of this API, by the name of its type.
        #[cfg(feature = "schemars")]
        pub fn json_schemas() -> ::std::vec::Vec<(&'static str, ::schemars::Schema)> {
            ::std::vec![#((#texts, ::schemars::schema_for!(types::#names))),*]
        }
    }
}

fn struct_name(item: &Item) -> Option<&syn::Ident> {
    match item {
        Item::Struct(definition) => Some(&definition.ident),
        _ => None,
    }
}

fn text(node: &Value) -> &str {
    node.as_str().unwrap_or_default()
}
