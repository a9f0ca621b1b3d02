//! The sandbox shows the specifications, and a reference for people.

use linksfield::sandbox::Sandbox;
use linksfield::{csss, esim_qr, mall, openapi};

#[tokio::test]
async fn the_sandbox_serves_the_specifications_as_they_are() {
    let sandbox = Sandbox::start().await.unwrap();
    for (path, document) in [
        ("", openapi::CSSS),
        ("/notifications", openapi::NOTIFICATIONS),
        ("/mall-api", openapi::MALL),
        ("/esim-qr-api", openapi::ESIM_QR),
    ] {
        let response = reqwest::get(format!("{}{path}/openapi.yaml", sandbox.url())).await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/yaml");
        assert_eq!(response.text().await.unwrap(), document);
    }
}

#[tokio::test]
async fn each_reference_has_every_operation_and_needs_nothing_else() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = async |path| reqwest::get(format!("{}{path}/docs", sandbox.url())).await.unwrap().text().await.unwrap();
    for (path, operations) in
        [("", csss::OPERATIONS), ("/mall-api", mall::OPERATIONS), ("/esim-qr-api", esim_qr::OPERATIONS)]
    {
        let page = page(path).await;
        for operation in operations {
            assert!(page.contains(&format!("<section id=\"{}\"", operation.id)), "{}", operation.id);
            assert!(page.contains(operation.path) && page.contains(operation.page), "{}", operation.id);
        }
        for outside in ["<script", " src=", "@import", "<link rel=\"stylesheet\""] {
            assert!(!page.contains(outside), "{path}: {outside}");
        }
    }
    for (path, part) in [
        ("", "data.page.total_pages"),
        ("", "<code>5</code> Yearly plan."),
        ("", "string order-id"),
        ("", "&quot;order_id&quot;"),
        ("/mall-api", "purchase_order_id"),
        ("/mall-api", "data.orderList[].remainingDays"),
        ("/notifications", "devices[].warningCode"),
    ] {
        assert!(page(path).await.contains(part), "{path}: {part}");
    }
}
