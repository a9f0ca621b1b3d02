//! How the types of answers are read: field by field, so that an odd one spoils no other, and nothing is lost.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;
use syn::{Attribute, Field, Fields, Item, ItemStruct, LitStr, Meta, parse_quote};

use super::document::{ALSO_NAMED, Document};
use super::peel;
use super::polish::argument_of;

/// The names of the types that what Linksfield sends is made of.
pub fn names(peeled: &Document) -> BTreeSet<String> {
    let sent = if peeled.is_received() { "requestBody" } else { "responses" };
    peel::reachable(peeled, peeled.operations().flat_map(|operation| peel::references(&operation.node[sent])).collect())
}

/// Makes the type one of an answer: its lists tell of odd items, and it keeps fields that nobody knows.
pub fn open(definition: &mut ItemStruct) {
    definition.attrs.iter_mut().for_each(without_deserialize);
    let Fields::Named(fields) = &mut definition.fields else { return };
    for field in &mut fields.named {
        if let Some(item) = argument_of(&field.ty, "Vec").cloned() {
            field.ty = parse_quote!(crate::Listed<#item>);
            field.attrs.iter_mut().for_each(skips_lists_of_nothing);
        }
    }
    if !fields.named.iter().any(is_catch_all) {
        let name: syn::Ident = if fields.named.iter().any(|field| is_named(field, "extra")) {
            parse_quote!(more)
        } else {
            parse_quote!(extra)
        };
        fields.named.push(parse_quote! {
            #[serde(flatten)]
            pub #name: ::serde_json::Map<::std::string::String, ::serde_json::Value>
        });
    }
}

/// How the type of a schema is read.
pub fn read(definition: &ItemStruct, schema: &Value) -> Vec<Item> {
    let name = &definition.ident;
    let body = match &definition.fields {
        Fields::Named(fields) => {
            let fields =
                fields.named.iter().filter(|field| !is_catch_all(field)).map(|field| read_field(field, schema));
            let rest = definition.fields.iter().find(|field| is_catch_all(field)).map(|field| &field.ident);
            quote! {
                let mut fields = crate::values::read::Fields::parse(json)?;
                ::std::result::Result::Ok(Self { #(#fields,)* #rest: fields.rest()? })
            }
        }
        _ => quote!(crate::values::read::Read::read(json).map(Self)),
    };
    vec![
        parse_quote! {
            impl crate::values::read::Read for #name {
                fn read(json: &str) -> ::std::result::Result<Self, ::serde_json::Error> { #body }
                fn is_none(json: &str) -> bool { crate::values::read::is_empty(json) }
            }
        },
        parse_quote! {
            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                    crate::values::read::deserialize(deserializer)
                }
            }
        },
    ]
}

/// How a text with a type of its own is read as a field of an answer; as a parameter it must be text.
pub fn read_text(name: &syn::Ident) -> Item {
    parse_quote! {
        impl crate::values::read::Read for #name {
            fn read(json: &str) -> ::std::result::Result<Self, ::serde_json::Error> {
                crate::values::read::Read::read(json).map(Self)
            }
        }
    }
}

fn read_field(field: &Field, schema: &Value) -> TokenStream {
    let (ident, wire) = (&field.ident, wire_name(field));
    let other = schema["properties"][&wire][ALSO_NAMED].as_str();
    let names = std::iter::once(wire.as_str()).chain(other);
    let is_optional = argument_of(&field.ty, "Option").is_some() || has(field, "default");
    if is_optional {
        quote!(#ident: fields.optional(&[#(#names),*]))
    } else {
        quote!(#ident: fields.required(&[#(#names),*])?)
    }
}

/// The name of a field in JSON.
fn wire_name(field: &Field) -> String {
    let mut name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    for attribute in serde(field) {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = meta.value()?.parse::<LitStr>()?.value();
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    name.trim_start_matches("r#").to_owned()
}

fn serde(field: &Field) -> impl Iterator<Item = &Attribute> {
    field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde"))
}

/// Whether a field has a word in its serde attribute.
pub fn has(field: &Field, word: &str) -> bool {
    let has = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) => list.tokens.clone().into_iter().any(|token| token.to_string() == word),
        _ => false,
    };
    serde(field).any(has)
}

/// Whether a field holds those that the documentation does not describe.
pub fn is_catch_all(field: &Field) -> bool {
    has(field, "flatten")
}

fn is_named(field: &Field, name: &str) -> bool {
    field.ident.as_ref().is_some_and(|ident| ident == name)
}

/// A list of odd items alone is not left out when it is written.
fn skips_lists_of_nothing(attribute: &mut Attribute) {
    let Meta::List(list) = &mut attribute.meta else { return };
    if list.path.is_ident("serde") && list.tokens.to_string().contains("skip_serializing_if") {
        list.tokens = quote!(default, skip_serializing_if = "crate::Listed::is_empty");
    }
}

fn without_deserialize(attribute: &mut Attribute) {
    let Meta::List(list) = &mut attribute.meta else { return };
    if !list.path.is_ident("derive") {
        return;
    }
    let paths = list.parse_args_with(syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
    let kept =
        paths.into_iter().flatten().filter(|path| path.segments.last().is_none_or(|last| last.ident != "Deserialize"));
    let kept: Vec<_> = kept.collect();
    list.tokens = quote!(#(#kept),*);
}
