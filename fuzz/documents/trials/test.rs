//! Each operation of random documents, called once: a server checks method, path, query and body.

use axum::body::Bytes;
use axum::http::{Method, StatusCode, Uri};
use serde_json::{Value, json};

#[tokio::test]
async fn each_operation_is_called_as_its_document_says() {
    let calls: Vec<Value> = serde_json::from_str(include_str!("trials.json")).unwrap();
    let known = calls.clone();
    let answer = move |method: Method, uri: Uri, body: Bytes| async move { respond(&known, &method, &uri, &body) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    let mut failures = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let (document, operation) = (call["document"].as_str().unwrap(), call["operation"].as_str().unwrap().to_owned());
        match linksfield::trials::call(document, url.clone(), index, operation).await {
            Ok(data) if data == call["data"] => {}
            Ok(data) => failures.push(format!("{call}: answered {data}")),
            Err(error) => failures.push(format!("{call}: {error} {:?}", error.body())),
        }
    }
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), calls.len(), failures.join("\n"));
    println!("{} calls", calls.len());
}

fn respond(calls: &[Value], method: &Method, uri: &Uri, body: &Bytes) -> (StatusCode, String) {
    let url = linksfield::reqwest::Url::parse(&format!("http://server{uri}")).unwrap();
    let mut path: Vec<_> = url.path_segments().unwrap().map(decoded).collect();
    let call = &calls[path.remove(0).parse::<usize>().unwrap()];
    let mut query: Vec<_> = url.query_pairs().map(|(name, value)| json!([name, value])).collect();
    query.sort_by_key(Value::to_string);
    let mut wanted = call["query"].as_array().unwrap().clone();
    wanted.sort_by_key(Value::to_string);
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() };
    let seen = json!({ "method": method.as_str(), "path": path, "query": query, "body": body });
    let wanted = json!({ "method": call["method"], "path": call["path"], "query": wanted, "body": call["body"] });
    match seen == wanted {
        true => (StatusCode::OK, call["answer"].to_string()),
        false => (StatusCode::BAD_REQUEST, json!({ "seen": seen }).to_string()),
    }
}

fn decoded(segment: &str) -> String {
    let url = format!("http://server?{}", segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D"));
    linksfield::reqwest::Url::parse(&url).unwrap().query_pairs().next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
