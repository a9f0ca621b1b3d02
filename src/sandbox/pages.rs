//! The specifications, and references made of them, for whoever wants to read.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};

use super::api::Api;
use super::response;
use crate::openapi::{DOCUMENTS, Document};

const HTML: &str = "text/html; charset=utf-8";

pub(super) fn page(apis: &Arc<[Arc<dyn Api>]>, head: &Parts) -> Option<Response<Body>> {
    if head.method != Method::GET {
        return None;
    }
    let path = head.uri.path();
    if path == "/" {
        return Some(response::answer(StatusCode::OK, HTML, index(apis).into()));
    }
    DOCUMENTS.iter().find_map(|document| {
        let (media_type, text) = match path.strip_prefix(&root_of(apis, document))? {
            "/openapi.yaml" => ("application/yaml", document.text),
            "/docs" => (HTML, document.page),
            _ => return None,
        };
        Some(response::answer(StatusCode::OK, media_type, text.into()))
    })
}

/// Where a document is shown: where its API begins, or below its name if the sandbox does not serve it.
fn root_of(apis: &Arc<[Arc<dyn Api>]>, document: &Document) -> String {
    let api = apis.iter().find(|api| api.document().name == document.name);
    api.map_or_else(|| format!("/{}", document.name), |api| api.root().to_owned())
}

/// Links to all that can be read.
fn index(apis: &Arc<[Arc<dyn Api>]>) -> String {
    let mut page = String::from(concat!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Linksfield sandbox</title>\n",
        "<h1>Linksfield sandbox</h1>\n<ul>\n"
    ));
    for document in DOCUMENTS {
        let (root, title) = (root_of(apis, document), document.title.replace('&', "&amp;").replace('<', "&lt;"));
        let links = format!("<a href=\"{root}/docs\">{title}</a> (<a href=\"{root}/openapi.yaml\">OpenAPI</a>)");
        let _ = writeln!(page, "<li>{links}</li>");
    }
    page + concat!(
        "</ul>\n<p>What a test can tell this sandbox: <a href=\"/_sandbox/openapi.yaml\">/_sandbox/openapi.yaml</a>.</p>\n",
        "<p>Requests come from programs: no CORS header is ever sent, because a secret does not belong in a browser.</p>\n",
        "</html>\n"
    )
}
