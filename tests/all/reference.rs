//! The sandbox shows the specifications, and a reference for people.

use linksfield::openapi::{DOCUMENTS, Document};
use linksfield::sandbox::Sandbox;

use crate::support::http;

/// Where the sandbox shows a document.
fn root(document: &Document) -> &'static str {
    match document.name {
        "csss" => "",
        "esim-qr" => "/esim-qr-api",
        "cube" => "/cube/v4",
        "mall" => "/mall-api",
        "payment" => "/payment-api",
        "topup" => "/topup-api",
        "notifications" => "/notifications",
        other => panic!("where is {other} shown?"),
    }
}

async fn get(url: String) -> reqwest::Response {
    http().build().unwrap().get(url).send().await.unwrap()
}

#[tokio::test]
async fn the_sandbox_serves_the_specifications_as_they_are() {
    let sandbox = Sandbox::start().await.unwrap();
    for document in DOCUMENTS {
        let response = get(format!("{}{}/openapi.yaml", sandbox.url(), root(document))).await;
        assert_eq!(response.headers()["content-type"], "application/yaml");
        assert_eq!(response.text().await.unwrap(), document.text);
    }
    assert_eq!(DOCUMENTS.len(), 7);
}

#[tokio::test]
async fn each_reference_has_every_operation_and_needs_nothing_else() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = async |path| get(format!("{}{path}/docs", sandbox.url())).await.text().await.unwrap();
    for document in DOCUMENTS {
        let page = page(root(document)).await;
        for operation in document.operations {
            assert!(page.contains(&format!("<section id=\"{}\"", operation.id)), "{}", operation.id);
            assert!(page.contains(operation.path) && page.contains(operation.page), "{}", operation.id);
        }
        for outside in [" src=", "@import", "<link rel=\"stylesheet\""] {
            assert!(!page.contains(outside), "{}: {outside}", document.name);
        }
    }
    for (path, part) in [
        ("", "data.page.total_pages"),
        ("", "<code>5</code> Yearly plan."),
        ("", "string order-id"),
        ("", "&quot;order_id&quot;"),
        ("/topup-api", "purchase_order_id"),
        ("/mall-api", "data.orderList[].remainingDays"),
        ("/notifications", "devices[].warningCode"),
        ("", "<p lang=\"zh\">为企业下的单个设备订购一个流量套餐。</p>"),
        ("", "<p lang=\"zh\">分页查询套餐订单。 <small>(our translation)</small></p>"),
        ("", "<a href=\"https://developer-en.apifox.cn/api-42599715\">"),
        ("", "The address of this page is not confirmed."),
        (
            "/notifications",
            "<code>1012</code> The IMSI was downloaded again by OTA. <span lang=\"zh\">OTA重新下号</span>",
        ),
    ] {
        assert!(page(path).await.contains(part), "{path}: {part}");
    }
}

/// The words of a command, as the shell of this machine reads them.
#[cfg(unix)]
fn words(command: &str) -> Vec<String> {
    let script = r#"curl() { for word in "$@"; do printf '%s\0' "$word"; done; }; eval "$1""#;
    let read = std::process::Command::new("sh").args(["-c", script, "sh", command]).output().unwrap();
    let words = String::from_utf8(read.stdout).unwrap();
    words.split_terminator('\0').map(str::to_owned).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_copied_as_curl_is_a_call_that_the_sandbox_verifies() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut count = 0;
    for document in DOCUMENTS.iter().filter(|document| document.name != "notifications") {
        for operation in document.operations {
            let asked =
                format!("{}/_sandbox/curl?document={}&operation={}", sandbox.url(), document.name, operation.id);
            let copied: serde_json::Value = get(asked).await.json().await.unwrap();
            let words = words(copied["command"].as_str().unwrap());
            let mut request = http().build().unwrap().request(words[1].parse().unwrap(), &words[2]);
            for option in words[3..].chunks(2) {
                request = match (&*option[0], option[1].split_once(": ")) {
                    ("--header", Some((name, value))) => request.header(name, value),
                    ("--data-raw", _) => request.body(option[1].clone()),
                    (name, _) => panic!("what is {name}?"),
                };
            }
            request.send().await.unwrap();
            let received = sandbox.requests().pop().unwrap();
            assert_eq!(received.operation(), Some(operation.id));
            assert_eq!(received.is_verified(), Some(true), "{words:?}");
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
    for (query, status) in [("document=csss&operation=none", 404), ("operation=querySim", 404), ("", 404)] {
        assert_eq!(get(format!("{}/_sandbox/curl?{query}", sandbox.url())).await.status(), status, "{query}");
    }
}
