//! The public methods: names, arguments and types are the generator's, the words are the specification's, and what a method
//! does is one line: it makes a call.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;
use syn::{FnArg, ImplItem, ImplItemFn, Item, Pat, ReturnType, Type, parse_quote};

use super::document::{Document, Operation, Result, items, text};
use super::polish::{argument_of, types_of};
use super::{pages, peel, usage};

pub fn methods(document: &Document, wire: &syn::File) -> Result<TokenStream> {
    let operations = document.operations().enumerate();
    let methods = operations.map(|(index, operation)| method(document, wire, index, &operation));
    let methods = methods.collect::<Result<Vec<_>>>()?;
    Ok(quote!(impl super::Client { #(#methods)* }))
}

fn method(document: &Document, wire: &syn::File, index: usize, operation: &Operation<'_>) -> Result<TokenStream> {
    let missing = || document.fault(operation.place(), "must become a method of one argument; the generator made none");
    let generated = generated(wire).find(|method| method.sig.ident == operation.id().to_snake_case());
    let (name, argument, parameters, data) = generated.and_then(parts).ok_or_else(missing)?;
    let data = match argument_of(data, "Vec") {
        Some(item) if is_schema(document, item) => quote!(crate::Listed<types::#item>),
        Some(item) => quote!(crate::Listed<#item>),
        None => quote!(#data),
    };
    let types = linked_types(&[parameters, &parse_quote!(#data)]);
    let about = about(document, operation, &types);
    let items = pages::items_method(document, operation, index, name);
    let deprecated = (operation.node["deprecated"] == true)
        .then(|| quote!(#[deprecated(note = "the vendor labels this operation as deprecated")]));
    Ok(quote! {
        #[doc = #about]
        #deprecated
        pub fn #name(&self, #argument: &#parameters) -> crate::call::Call<#data> {
            self.ask(&OPERATIONS[#index], #argument)
        }
        #items
    })
}

/// Whether a type is named as a schema is: codes, which the generator takes for types of elsewhere.
fn is_schema(document: &Document, ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.get_ident().is_some_and(|name| document.schemas().any(|(known, _)| name == known))
}

/// The methods of the generated client.
fn generated(wire: &syn::File) -> impl Iterator<Item = &ImplItemFn> {
    let inherent = wire.items.iter().filter_map(|item| match item {
        Item::Impl(block) if block.trait_.is_none() => Some(block),
        _ => None,
    });
    inherent.flat_map(|block| &block.items).filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    })
}

/// Name, argument, its type and that of the data, if the method takes one reference and returns data.
fn parts(method: &ImplItemFn) -> Option<(&syn::Ident, &syn::Ident, &Type, &Type)> {
    let ReturnType::Type(_, result) = &method.sig.output else { return None };
    let data = argument_of(argument_of(result, "Result")?, "ResponseValue")?;
    let mut arguments = method.sig.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let (Some(argument), None) = (arguments.next(), arguments.next()) else { return None };
    match (&*argument.pat, &*argument.ty) {
        (Pat::Ident(name), Type::Reference(parameters)) => {
            Some((&method.sig.ident, &name.ident, &parameters.elem, data))
        }
        _ => None,
    }
}

/// Where to read of the parameters, and of what is returned.
fn linked_types([parameters, data]: &[&Type; 2]) -> String {
    let link = |ty| generated_type(ty).map(|name| format!("[`{name}`](types::{name})"));
    match (link(parameters), link(data)) {
        (Some(parameters), Some(data)) => format!("Takes {parameters}, returns {data}."),
        (Some(only), None) | (None, Some(only)) => format!("See {only}."),
        (None, None) => String::new(),
    }
}

/// The name of the first generated type in `ty`.
fn generated_type(ty: &Type) -> Option<&syn::Ident> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if path.path.segments.iter().any(|segment| segment.ident == "types") {
        return Some(&last.ident);
    }
    types_of(last).find_map(generated_type)
}

/// What the specification says of an operation, and what may go wrong.
fn about(document: &Document, operation: &Operation<'_>, types: &str) -> String {
    let node = operation.node;
    let documentation = &node["x-linksfield-documentation"];
    let title = text(&documentation["title"]).replace('[', "\\[");
    let beside = peel::beside(document, operation).join("`, `");
    let beside = match beside.is_empty() {
        true => String::new(),
        false => {
            format!("\n\nBeside its data the answer has `{beside}`: [`Response::beside`](crate::Response::beside).")
        }
    };
    let unknown = if node["x-linksfield-safe-to-retry"] == true {
        ""
    } else {
        " If no readable answer came, the call may or may not have taken effect: ask \
         [`Error::outcome_unknown`](crate::Error::outcome_unknown) before you call again."
    };
    format!(
        "{}.\n\n{}{}{beside}\n\n{}\n\n{}\n\n`{} {}`; documentation ({}): {title}, <{}>\n\n# Errors\n\nThe API refused the call, no readable \
         answer came, or the parameters can't be signed; see [`Error`](crate::Error).{unknown}",
        text(&node["summary"]).trim_end_matches('.'),
        text(&node["description"]).trim(),
        window(node),
        usage::example(document, operation),
        types,
        operation.method.to_uppercase(),
        operation.path,
        text(&documentation["completeness"]),
        text(&documentation["page"]),
    )
}

/// For how long equal calls count as one, if they do: each call has headers of its own.
fn window(node: &Value) -> String {
    let Some(seconds) = node["x-linksfield-idempotent-for"].as_u64() else { return String::new() };
    let headers = items(&node["x-linksfield-idempotent-by"]).map(text).collect::<Vec<_>>().join("`, `");
    let (equal, second) = match &*headers {
        "" => (
            "equal calls".to_owned(),
            "a second call that is meant to be one of its own may get the answer of the first",
        ),
        _ => (
            format!("calls that are equal, also in `{headers}`,"),
            "every call here has another, so that a second call is one of its own",
        ),
    };
    format!(
        "\n\nFor {seconds} seconds {equal} count as one by its page: {second}. \
         [`RetryPolicy::within_window`](crate::RetryPolicy::within_window) makes use of that."
    )
}
