//! The generated public API, one readable digest a type: a changed snapshot is a changed API.

use linksfield::mall::{self, payment, topup};
use linksfield::{csss, cube, esim_qr, notification};
use syn::{Attribute, ImplItem, Item, ItemStruct, parse_quote};

use crate::support::{client_at, monthly_plan};

const CSSS: &str = include_str!(concat!(env!("OUT_DIR"), "/csss.rs"));
const MALL: &str = include_str!(concat!(env!("OUT_DIR"), "/mall.rs"));
const PAYMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/payment.rs"));
const TOPUP: &str = include_str!(concat!(env!("OUT_DIR"), "/topup.rs"));
const CUBE: &str = include_str!(concat!(env!("OUT_DIR"), "/cube.rs"));
const ESIM_QR: &str = include_str!(concat!(env!("OUT_DIR"), "/esim-qr.rs"));
const NOTIFICATIONS: &str = include_str!(concat!(env!("OUT_DIR"), "/notifications.rs"));

fn generated(source: &str) -> Vec<Item> {
    syn::parse_file(source).unwrap().items
}

/// The items of the module `types`.
fn types(source: &str) -> Vec<Item> {
    let module = generated(source).into_iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content,
        _ => None,
    });
    module.unwrap().1
}

/// As one writes it: formatted, with short names of the standard library.
fn print(items: Vec<Item>) -> String {
    let text = prettyplease::unparse(&parse_quote!(#(#items)*));
    let modules = ["option", "string", "vec", "result", "convert", "ops", "fmt", "str", "iter"];
    let text = modules.iter().fold(text, |text, module| text.replace(&format!("::std::{module}::"), ""));
    text.replace("::serde_json::", "").replace("::serde::", "")
}

fn keep(attributes: &mut Vec<Attribute>, names: &[&str]) {
    attributes.retain(|attribute| names.iter().any(|name| attribute.path().is_ident(name)));
}

/// The type, and what is implemented for it and with it beside the derived traits.
fn digest(item: &ItemStruct, items: &[Item]) -> String {
    let mut item = item.clone();
    keep(&mut item.attrs, &["doc", "derive", "serde", "builder", "non_exhaustive"]);
    item.fields.iter_mut().for_each(|field| keep(&mut field.attrs, &["doc", "serde"]));
    let name = item.ident.to_string();
    let implementations = items.iter().filter_map(|item| match item {
        Item::Impl(block) => Some(Item::Impl(syn::ItemImpl { items: Vec::new(), ..block.clone() })),
        _ => None,
    });
    let implementations = implementations
        .map(|block| print(vec![block]))
        .filter(|text| text.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name));
    let implementations: String = implementations.collect();
    print(vec![Item::Struct(item)]) + &implementations
}

/// An open enum, as `coded::open_enum!` gets it.
fn open_enum(tokens: &str) -> String {
    tokens.replace("# [doc = \"", "\n/// ").replace("\"] ", "\n").replace(" ,", ",").trim().to_owned()
}

/// One snapshot for each type; how many there are.
fn assert_types(prefix: &str, source: &str) -> usize {
    let items = types(source);
    let mut checked = 0;
    for item in &items {
        match item {
            Item::Struct(item) => insta::assert_snapshot!(format!("{prefix}type_{}", item.ident), digest(item, &items)),
            Item::Macro(item) => {
                let text = open_enum(&item.mac.tokens.to_string());
                let name = text.split(" {").next().unwrap().rsplit('\n').next().unwrap().to_owned();
                insta::assert_snapshot!(format!("{prefix}type_{name}"), text);
            }
            _ => continue,
        }
        checked += 1;
    }
    checked
}

#[test]
fn every_type_is_as_it_was() {
    assert!(assert_types("", CSSS) >= 30);
    assert!(assert_types("notification_", NOTIFICATIONS) >= 10);
    assert!(assert_types("mall_", MALL) >= 15);
    assert!(assert_types("payment_", PAYMENT) >= 4);
    assert!(assert_types("topup_", TOPUP) >= 10);
    assert!(assert_types("esim_qr_", ESIM_QR) >= 2);
    assert!(assert_types("cube_", CUBE) >= 50);
}

#[test]
fn every_event_is_as_it_was() {
    let enums = generated(NOTIFICATIONS).into_iter().filter(|item| matches!(item, Item::Enum(_)));
    insta::assert_snapshot!("notification_events", print(enums.collect()));
}

/// `impl super::Client`.
fn is_client(block: &syn::ItemImpl) -> bool {
    let syn::Type::Path(of) = &*block.self_ty else { return false };
    block.trait_.is_none() && of.path.segments.last().is_some_and(|last| last.ident == "Client")
}

#[test]
fn every_operation_is_as_it_was() {
    for (prefix, source) in
        [("", CSSS), ("mall_", MALL), ("payment_", PAYMENT), ("topup_", TOPUP), ("esim_qr_", ESIM_QR), ("cube_", CUBE)]
    {
        let methods = generated(source).into_iter().filter_map(|item| match item {
            Item::Impl(block) if is_client(&block) => Some(block.items),
            _ => None,
        });
        for method in methods.flatten() {
            let ImplItem::Fn(mut method) = method else { continue };
            method.block = parse_quote!({});
            let name = format!("{prefix}operation_{}", method.sig.ident);
            insta::assert_snapshot!(name, print(vec![parse_quote!(impl Client { #method })]));
        }
    }
}

#[test]
fn every_json_schema_is_as_it_was() {
    let families = [
        ("", csss::json_schemas()),
        ("notification_", notification::json_schemas()),
        ("mall_", mall::json_schemas()),
        ("payment_", payment::json_schemas()),
        ("topup_", topup::json_schemas()),
        ("esim_qr_", esim_qr::json_schemas()),
        ("cube_", cube::json_schemas()),
    ];
    let schemas = families.into_iter().flat_map(|(prefix, all)| all.into_iter().map(move |schema| (prefix, schema)));
    for (prefix, (name, schema)) in schemas {
        let mut value = schema.to_value();
        value.sort_all_objects();
        insta::assert_snapshot!(format!("{prefix}schema_{name}"), serde_json::to_string_pretty(&value).unwrap());
    }
}

#[test]
fn a_request_is_as_it_was() {
    let explanation = client_at("http://127.0.0.1:1").order_package(&monthly_plan()).explain().unwrap();
    insta::assert_snapshot!("request_orderPackage", explanation.content());
}
