//! The public methods over the generated client: same parameters, the operation's data or the crate's own error.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{
    Attribute, Expr, ExprLit, FnArg, ImplItem, ImplItemFn, Item, Lit, LitStr, Meta, MetaNameValue, Pat, ReturnType,
    parse_quote,
};

use super::document::{Document, Operation, items, text};
use super::polish::argument_of;
use super::{generate, pages, peel};

pub fn methods(document: &Document, peeled: &Document, wire: &syn::File) -> TokenStream {
    let operations: Vec<_> = document.operations().collect();
    let table = operations.iter().map(|operation| row(document, operation));
    let methods = generated(wire).filter_map(|method| {
        let index = operations.iter().position(|operation| method.sig.ident == operation.id().to_snake_case())?;
        let operation = operations.get(index)?;
        let (call, items) = (public_method(method, index, operation), pages::items_method(document, operation, method));
        Some(quote!(#call #items))
    });
    let environment = environment(document);
    let schemas = schemas(peeled);
    quote! {
        /// Every documented operation of this API.
        pub const OPERATIONS: &[crate::Operation] = &[#(#table),*];
        #environment
        #schemas
        impl super::Client { #(#methods)* }

        impl ::progenitor_client::ClientHooks<crate::hook::Slot> for wire::Client {
            async fn exec(
                &self,
                request: ::reqwest::Request,
                _: &::progenitor_client::OperationInfo,
            ) -> ::reqwest::Result<::reqwest::Response> {
                self.inner.exec(request).await
            }
        }
    }
}

fn row(document: &Document, operation: &Operation<'_>) -> TokenStream {
    let (id, method, path) = (operation.id(), operation.method.to_uppercase(), operation.path);
    let added = peel::added(document, operation);
    let servers = servers(document, operation).map(|(name, url)| quote!((#name, #url)));
    let documentation = &operation.node["x-linksfield-documentation"];
    let page = text(&documentation["page"]);
    let completeness = match text(&documentation["completeness"]) {
        "complete" => quote!(Complete),
        "partial" => quote!(Partial),
        _ => quote!(PathOnly),
    };
    let safe_to_retry = operation.node["x-linksfield-safe-to-retry"] == true;
    let deprecated = operation.node["deprecated"] == true;
    let no_data = if peel::data(document, operation)["type"] == "array" { "[]" } else { "{}" };
    quote! {
        crate::Operation {
            id: #id, method: #method, path: #path, page: #page, completeness: crate::Completeness::#completeness,
            safe_to_retry: #safe_to_retry, deprecated: #deprecated, no_data: #no_data,
            added: &[#(#added),*], servers: &[#(#servers),*],
        }
    }
}

/// The generated methods, one per operation.
fn generated(wire: &syn::File) -> impl Iterator<Item = &ImplItemFn> {
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
    let attributes = method.attrs.iter().cloned().map(|attribute| about_the_wire(attribute, operation));
    let more = more_documentation(operation);
    let deprecated = (operation.node["deprecated"] == true)
        .then(|| quote!(#[deprecated(note = "the vendor labels this operation as deprecated")]));
    Some(quote! {
        #(#attributes)*
        #[doc = #more]
        #deprecated
        pub #signature {
            // The slot knows where the request goes, so this URL is not called.
            let wire = wire::Client::new_with_client("http://localhost", self.http(), self.slot(&OPERATIONS[#index]));
            let result = wire.#name(#(#arguments),*).await;
            wire.inner.finish(result)
        }
    })
}

/// The generator's words about a request, of the one that is really sent.
fn about_the_wire(mut attribute: Attribute, operation: &Operation<'_>) -> Attribute {
    if let Meta::NameValue(MetaNameValue { value: Expr::Lit(ExprLit { lit: Lit::Str(words), .. }), .. }) =
        &mut attribute.meta
    {
        let generated = format!("`POST` request to `/{}`", operation.id());
        let real = format!("`{}` request to `{}`", operation.method.to_uppercase(), operation.path);
        *words = LitStr::new(&words.value().replace(&generated, &real), words.span());
    }
    attribute
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

/// The servers of an operation: those of its path, or else those of all.
fn servers<'a>(document: &'a Document, operation: &Operation<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let own = &document.root["paths"][operation.path]["servers"];
    let servers = if own.is_null() { &document.root["servers"] } else { own };
    named(servers).map(|server| (text(&server["x-linksfield-environment"]), text(&server["url"])))
}

/// The servers that the documentation names, and so without variables.
fn named(servers: &Value) -> impl Iterator<Item = &Value> {
    items(servers).filter(|server| server["variables"].is_null())
}

fn environment(document: &Document) -> TokenStream {
    let servers: Vec<_> = named(&document.root["servers"]).collect();
    let names: Vec<_> = servers.iter().map(|server| text(&server["x-linksfield-environment"])).collect();
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let about = servers.iter().map(|server| format!("`{}`\n\n{}", text(&server["url"]), text(&server["description"])));
    let urls = servers.iter().map(|server| text(&server["url"]));
    quote! {
        /// Which server a client calls.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Environment {
            #(#[doc = #about] #variants,)*
            /// Any other server, for example a sandbox: the URL before the operations' paths.
            Url(String),
        }

        impl Environment {
            /// The URL before the operations' paths.
            #[must_use]
            pub fn url(&self) -> &str {
                match self { #(Self::#variants => #urls,)* Self::Url(url) => url }
            }
        }

        impl crate::Environment for Environment {
            fn name(&self) -> Option<&'static str> {
                match self { #(Self::#variants => Some(#names),)* Self::Url(_) => None }
            }

            fn base_url(&self) -> &str { self.url() }
        }

        impl From<&str> for Environment {
            fn from(url: &str) -> Self { Self::Url(url.to_owned()) }
        }

        impl From<String> for Environment {
            fn from(url: String) -> Self { Self::Url(url) }
        }
    }
}

/// The JSON Schemas of all types, by name.
pub fn schemas(peeled: &Document) -> TokenStream {
    let names: Vec<_> = peeled
        .schemas()
        .map(|(name, _)| name)
        .filter(|name| generate::by_hand().all(|by_hand| by_hand != *name))
        .collect();
    let types = names.iter().map(|name| format_ident!("{name}"));
    quote! {
        /// The JSON Schema of every type of this API, by its name.
        #[cfg(feature = "schemars")]
        #[must_use]
        pub fn json_schemas() -> ::std::vec::Vec<(&'static str, ::schemars::Schema)> {
            ::std::vec![#((#names, ::schemars::schema_for!(types::#types))),*]
        }
    }
}
