//! What is there twice in a scope.

use std::collections::BTreeSet;

use syn::{ImplItem, Item};

/// The first name that a scope of `source` has twice.
pub fn doubled(source: &str) -> Option<String> {
    doubled_in(&syn::parse_file(source).expect("it was printed from a tree").items)
}

fn doubled_in(items: &[Item]) -> Option<String> {
    let mut names = BTreeSet::new();
    let mut methods = BTreeSet::new();
    for item in items {
        let (name, inner) = match item {
            Item::Struct(item) => (item.ident.to_string(), doubled_fields(&item.fields)),
            Item::Enum(item) => (item.ident.to_string(), None),
            Item::Const(item) => (item.ident.to_string(), None),
            Item::Fn(item) => (item.sig.ident.to_string(), None),
            Item::Mod(item) => {
                (format!("mod {}", item.ident), item.content.as_ref().and_then(|(_, items)| doubled_in(items)))
            }
            Item::Macro(item) => (name_of_enum(&item.mac.tokens.to_string()), None),
            Item::Impl(block) if block.trait_.is_none() => {
                let twice = block.items.iter().find_map(|item| match item {
                    ImplItem::Fn(method) => {
                        let of = &block.self_ty;
                        let name = format!("{}::{}", quote::quote!(#of), method.sig.ident);
                        (!methods.insert(name.clone())).then_some(name)
                    }
                    _ => None,
                });
                match twice {
                    Some(name) => return Some(name),
                    None => continue,
                }
            }
            _ => continue,
        };
        if inner.is_some() {
            return inner;
        }
        let builder = matches!(item, Item::Struct(item) if matches!(item.fields, syn::Fields::Named(_)));
        for name in std::iter::once(name.clone()).chain(builder.then(|| format!("{name}Builder"))) {
            if !names.insert(name.clone()) {
                return Some(name);
            }
        }
    }
    None
}

fn doubled_fields(fields: &syn::Fields) -> Option<String> {
    let mut names = BTreeSet::new();
    fields
        .iter()
        .filter_map(|field| field.ident.as_ref())
        .map(ToString::to_string)
        .find(|name| !names.insert(name.clone()))
}

/// The enum that `open_enum!` defines: the last word before its body.
fn name_of_enum(tokens: &str) -> String {
    let head = tokens.split('{').next().unwrap_or_default();
    head.split_whitespace().rfind(|word| *word != "i64").unwrap_or_default().to_owned()
}
