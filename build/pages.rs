//! For an operation that answers a page at a time: a method that goes through all pages.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{Document, Operation, RESULTS, reference, requires_on_success, text};
use super::shape::Shape;
use super::{coded, parameters, peel, usage};

/// What `x-linksfield-pagination` names.
pub const NAMES: [&str; 6] = ["page-number", "page-size", "position", "total-pages", "total-count", "items"];

/// What it may name besides: another number of the items, of the page or of all.
pub const COUNT: &str = "count";

/// How an operation is paginated: its parameters with the number of the page and how many items one has, the schema of the
/// items, and where they and their count are.
pub struct Pages<'a> {
    number: &'a str,
    size: &'a str,
    total_count: &'a str,
    item: &'a str,
    list: List<'a>,
}

enum List<'a> {
    /// A field of the data, with the counts in another.
    Inside { position: &'a str, total_pages: &'a str, items: &'a str, count: Option<&'a str> },
    /// The data, with the count beside it.
    Data,
}

/// How `operation` is paginated, if it says so and has all that it names.
pub fn of<'a>(document: &'a Document, operation: &Operation<'a>) -> Option<Pages<'a>> {
    let pagination = &operation.node["x-linksfield-pagination"];
    let [number, size, position, total_pages, total_count, items] = NAMES.map(|name| text(&pagination[name]));
    let data = document.resolved(peel::inside(document, operation));
    let (list, listed, counts) = match Shape::of(data) {
        Shape::List(_) if peel::beside(document, operation).contains(&total_count) => {
            let counts = &document.resolved(operation.answer())["properties"];
            (List::Data, data, vec![&counts[total_count]])
        }
        Shape::Object => {
            let place = document.resolved(&data["properties"][position]);
            if requires_on_success(data, position)
                || requires_on_success(place, total_pages)
                || requires_on_success(place, total_count)
            {
                return None;
            }
            let count = pagination[COUNT].as_str();
            if count.is_some_and(|count| requires_on_success(data, count)) {
                return None;
            }
            let counts = &place["properties"];
            let counts = [&counts[total_pages], &counts[total_count]].into_iter();
            let counts = counts.chain(count.map(|count| &data["properties"][count])).collect();
            let listed = document.resolved(&data["properties"][items]);
            (List::Inside { position, total_pages, items, count }, listed, counts)
        }
        _ => return None,
    };
    let Shape::List(item) = Shape::of(listed) else { return None };
    let request = peel::whole_request(document, operation);
    let asked = [&request["properties"][number], &request["properties"][size]];
    let mut numbers = asked.into_iter().chain(counts);
    let plain = |number: &Value| number["type"] == "integer" && coded::values(number).is_none();
    let known = number != size && numbers.all(|number| plain(document.resolved(number)));
    Some(Pages { number, size, total_count, item: reference(item).filter(|_| known)?, list })
}

/// `x_items`, for the method `x` of an operation with `x-linksfield-pagination`, which is the one of `index` in the table.
pub fn items_method(
    document: &Document,
    operation: &Operation<'_>,
    index: usize,
    method: &syn::Ident,
) -> Option<TokenStream> {
    let pages = of(document, operation)?;
    let request = peel::whole_request(document, operation);
    let field = |name: &str| format_ident!("{}", usage::member(name));
    let is_required = |name: &str| requires_on_success(&request, name);
    let asked = |name: &str, default: i64| {
        let field = field(name);
        if is_required(name) { quote!(parameters.#field) } else { quote!(parameters.#field.unwrap_or(#default)) }
    };
    let (first, size) = (asked(pages.number, 1), asked(pages.size, 0));
    let page = if is_required(pages.number) { quote!(page) } else { quote!(::std::option::Option::Some(page)) };
    let read = match pages.list {
        List::Inside { position, total_pages, items, count } => {
            let numbers = count.map(|count| {
                let member = field(count);
                quote!(.counted([data.#member, around.beside(#count)]))
            });
            let [position, total_pages, total_count, items] =
                [position, total_pages, pages.total_count, items].map(field);
            quote! {
                |data, around| {
                    let (total_pages, total_count) =
                        data.#position.map_or((None, None), |position| (position.#total_pages, position.#total_count));
                    let is_stated = data.#items.is_stated();
                    crate::call::pages::Page::new(data.#items, is_stated, total_pages, total_count)#numbers
                }
            }
        }
        List::Data => {
            let total_count = pages.total_count;
            quote! {
                |items, around| {
                    crate::call::pages::Page::new(items, around.has_list(), None, around.beside(#total_count))
                }
            }
        }
    };
    let number = field(pages.number);
    let name = format_ident!("{method}_items");
    let parameters = format_ident!("{}", operation.parameters_name());
    let item = format_ident!("{}", pages.item);
    let about = format!(
        "The items that [`{method}`](Self::{method}) lists, from the page that `parameters` name to the last: see \
         [`Items`](crate::Items)."
    );
    Some(quote! {
        #[doc = #about]
        pub fn #name(&self, parameters: types::#parameters) -> crate::Items<types::#item> {
            let client = self.clone();
            let (first, size) = (#first, #size);
            let ask = move |page| {
                let mut parameters = parameters.clone();
                parameters.#number = #page;
                client.#method(&parameters).response()
            };
            crate::Items::new(&OPERATIONS[#index], first, size, ask, #read)
        }
    })
}

/// How an operation is paged, as part of its row in the operations table.
pub fn row(document: &Document, operation: &Operation<'_>) -> TokenStream {
    let Some(Pages { number, size, total_count, list, .. }) = of(document, operation) else { return quote!(None) };
    let (total_pages, total_count, count) = match list {
        List::Inside { position, total_pages, count, .. } => {
            let count = count.map_or(quote!(None), |count| quote!(Some(#count)));
            (quote!(Some((#position, #total_pages))), quote!((Some(#position), #total_count)), count)
        }
        List::Data => (quote!(None), quote!((None, #total_count)), quote!(None)),
    };
    quote!(Some(super::Pages {
        number: #number, size: #size, total_pages: #total_pages, total_count: #total_count, count: #count,
    }))
}

/// Where the data of an answer has its list, as part of the same row.
pub fn list(document: &Document, operation: &Operation<'_>) -> TokenStream {
    let data = document.resolved(peel::inside(document, operation));
    let (field, listed) = match of(document, operation).map(|pages| pages.list) {
        Some(List::Inside { items, .. }) => (quote!(Some(#items)), document.resolved(&data["properties"][items])),
        _ => match text(&operation.node[RESULTS]["list"]) {
            "" => (quote!(None), data),
            list => (quote!(Some(#list)), document.resolved(&data["properties"][list])),
        },
    };
    let Shape::List(item) = Shape::of(listed) else { return quote!(None) };
    let item = parameters::kind(document, document.resolved(item));
    quote!(Some(super::List { field: #field, item: #item }))
}
