//! The sandbox shows the specification, and a reference for people.

use linksfield::csss::OPERATIONS;
use linksfield::sandbox::Sandbox;

#[tokio::test]
async fn the_sandbox_serves_the_specification_as_it_is() {
    let sandbox = Sandbox::start().await.unwrap();
    let response = reqwest::get(format!("{}/openapi.yaml", sandbox.url())).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/yaml");
    assert_eq!(response.text().await.unwrap(), linksfield::openapi::CSSS);
}

#[tokio::test]
async fn the_reference_has_every_operation_and_needs_nothing_else() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = reqwest::get(format!("{}/docs", sandbox.url())).await.unwrap().text().await.unwrap();
    for operation in OPERATIONS {
        assert!(page.contains(&format!("<section id=\"{}\"", operation.id)), "{}", operation.id);
        assert!(page.contains(operation.path) && page.contains(operation.page), "{}", operation.id);
    }
    for part in ["data.page.total_pages", "<code>5</code> Yearly plan.", "string order-id", "&quot;order_id&quot;"] {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["<script", " src=", "@import", "<link rel=\"stylesheet\""] {
        assert!(!page.contains(outside), "{outside}");
    }
}
