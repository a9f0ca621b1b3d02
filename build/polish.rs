//! Gives the generated types what the generator can't: builders, conversions, JSON Schemas, room to grow.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Field, Fields, Item, ItemMod, ItemStruct, Type, parse_quote};

use super::document::Document;
use super::{answers, coded, generate};

/// Polishes the module `types` of `wire`, and adds the codes to it.
pub fn polish(wire: &mut syn::File, peeled: &Document) {
    let answers = answers::names(peeled);
    let Some(types) = wire.items.iter_mut().find_map(types_module) else { return };
    let mut implementations = Vec::new();
    for item in types.iter_mut() {
        match item {
            Item::Struct(definition) => implementations.extend(polish_struct(definition, peeled, &answers)),
            // Holds nothing but the error of conversions that nothing here has.
            Item::Mod(module) if module.ident == "error" => module.attrs.push(parse_quote!(#[doc(hidden)])),
            _ => {}
        }
    }
    types.extend(implementations);
    types.extend(coded::enums(peeled));
}

/// Whether this is the module that holds the generated types.
pub fn is_types_module(item: &Item) -> bool {
    matches!(item, Item::Mod(module) if module.ident == "types")
}

/// The items of that module.
pub fn types_module(item: &mut Item) -> Option<&mut Vec<Item>> {
    match item {
        Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) if ident == "types" => Some(items),
        _ => None,
    }
}

fn polish_struct(definition: &mut ItemStruct, peeled: &Document, answers: &BTreeSet<String>) -> Vec<Item> {
    definition.attrs.push(parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]));
    let text = matches!(&definition.fields, Fields::Unnamed(fields) if fields.unnamed.iter().any(is_text));
    let is_answer = !text && answers.contains(&definition.ident.to_string());
    if is_answer {
        answers::open(definition);
    }
    let mut implementations = match &mut definition.fields {
        Fields::Named(fields) => {
            fields.named.iter_mut().for_each(polish_field);
            definition.attrs.push(parse_quote!(#[derive(::bon::Builder)]));
            definition.attrs.push(parse_quote!(#[builder(on(_, into))]));
            definition.attrs.push(parse_quote!(#[non_exhaustive]));
            Vec::new()
        }
        Fields::Unnamed(fields) => {
            let inner = fields.unnamed.first().map(|field| field.ty.clone());
            inner.map_or_else(Vec::new, |inner| conversions(definition, &inner))
        }
        Fields::Unit => Vec::new(),
    };
    if is_answer {
        implementations.extend(answers::read(definition, peeled.schema(&definition.ident.to_string())));
    } else if text {
        implementations.push(answers::read_text(&definition.ident));
    }
    implementations
}

fn is_text(field: &Field) -> bool {
    matches!(&field.ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "String"))
}

/// A builder takes any list of what converts to the items.
fn polish_field(field: &mut Field) {
    // Of what holds itself; without this, one that is not there would be sent as null.
    if let Some(held) = argument_of(&field.ty, "Box").and_then(|boxed| argument_of(boxed, "Option")).cloned() {
        field.ty = parse_quote!(::std::option::Option<::std::boxed::Box<#held>>);
        field.attrs.push(parse_quote!(#[serde(skip_serializing_if = "::std::option::Option::is_none")]));
    }
    let list = argument_of(&field.ty, "Vec").or_else(|| argument_of(&field.ty, "Listed"));
    if let Some(item) = list.cloned() {
        field.attrs.push(parse_quote! {
            #[builder(with = |items: impl ::std::iter::IntoIterator<Item = impl ::std::convert::Into<#item>>| {
                items.into_iter().map(::std::convert::Into::into).collect()
            })]
        });
        if answers::has(field, "default") {
            field.attrs.push(parse_quote!(#[builder(default)]));
            let nullable = quote!(::std::option::Option<::std::vec::Vec<#item>>).to_string();
            field.attrs.push(parse_quote!(#[cfg_attr(feature = "schemars", schemars(with = #nullable))]));
        }
    } else if answers::is_catch_all(field) {
        field.attrs.push(parse_quote!(#[doc = "Fields that the documentation does not describe."]));
        field.attrs.push(parse_quote!(#[builder(default)]));
    }
}

/// `T` of `name<T>`.
pub fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    types_of(path.path.segments.last().filter(|segment| segment.ident == name)?).next()
}

/// The types between the brackets of `name<…>`.
pub fn types_of(segment: &syn::PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        syn::PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn conversions(definition: &ItemStruct, inner: &Type) -> Vec<Item> {
    let name = &definition.ident;
    let Type::Path(path) = inner else { return Vec::new() };
    match path.path.segments.last() {
        Some(last) if last.ident == "String" => vec![
            parse_quote! {
                impl ::std::convert::From<&str> for #name {
                    fn from(value: &str) -> Self { Self(value.to_owned()) }
                }
            },
            parse_quote! {
                impl ::std::convert::AsRef<str> for #name {
                    fn as_ref(&self) -> &str { &self.0 }
                }
            },
        ],
        Some(last) if last.ident == "Map" || last.ident == "BTreeMap" => {
            let value = types_of(last).last();
            vec![parse_quote! {
                impl<K: ::std::convert::Into<::std::string::String>, V: ::std::convert::Into<#value>>
                    ::std::iter::FromIterator<(K, V)> for #name
                {
                    fn from_iter<I: ::std::iter::IntoIterator<Item = (K, V)>>(fields: I) -> Self {
                        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
                    }
                }
            }]
        }
        _ => Vec::new(),
    }
}

/// The JSON Schemas of all types, by name.
pub fn json_schemas(peeled: &Document) -> TokenStream {
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
