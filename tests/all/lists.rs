//! A list is read to its true end, or says that it was not.

use futures::StreamExt;
use linksfield::csss::OPERATIONS;
use linksfield::csss::types::QueryOrder;
use linksfield::cube::types::QuerySims;
use linksfield::{Error, ErrorKind};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Canned, client_at, response};

/// A server with an answer for each page, the last of them for all behind.
async fn pages(data: &[Value]) -> Canned {
    let answers = data.iter().map(|data| {
        let body = if data["code"].is_null() { json!({ "code": "0000", "data": data }) } else { data.clone() };
        response("200 OK", "application/json", &body.to_string())
    });
    Canned::sequence(TcpListener::bind("127.0.0.1:0").await.unwrap(), answers.collect())
}

fn page(position: &Value, ids: &[&str]) -> Value {
    let orders: Vec<_> = ids.iter().map(|id| json!({ "orderCode": id })).collect();
    json!({ "page": position, "package_order": orders })
}

/// What the list of these pages brings, and how many pages were asked for.
async fn read(data: &[Value], first: i64) -> (Vec<Result<String, Error>>, usize) {
    let server = pages(data).await;
    let query = QueryOrder::builder().page_no(first).page_size(2).build();
    let items = client_at(&server.url)
        .query_order_items(query)
        .map(|item| item.map(|order| order.order_code.unwrap().to_string()));
    (items.collect().await, server.requests().len())
}

fn ids(items: &[Result<String, Error>]) -> Vec<&str> {
    items.iter().filter_map(|item| item.as_deref().ok()).collect()
}

#[tokio::test]
async fn a_list_ends_at_once_only_where_both_of_its_numbers_are_reached() {
    let both = json!({ "total_pages": 2, "total_count": 3 });
    let cases: [(&str, Vec<Value>, usize); 11] = [
        ("both are reached", vec![page(&both, &["1", "2"]), page(&both, &["3"]), page(&both, &["4"])], 2),
        (
            "no numbers, then an empty page",
            vec![page(&json!(null), &["1", "2"]), page(&json!(null), &["3"]), page(&json!(null), &[])],
            3,
        ),
        ("no numbers, and the last page again", vec![page(&json!(null), &["1", "2"]), page(&json!(null), &["3"])], 3),
        (
            "zero pages",
            vec![
                page(&json!({ "total_pages": 0 }), &["1", "2"]),
                page(&json!({ "total_pages": 0 }), &["3"]),
                page(&json!({}), &[]),
            ],
            3,
        ),
        (
            "one page, a count of -1",
            vec![
                page(&json!({ "total_pages": 1, "total_count": -1 }), &["1", "2"]),
                page(&json!({}), &["3"]),
                page(&json!({}), &[]),
            ],
            3,
        ),
        (
            "pages alone",
            vec![
                page(&json!({ "total_pages": 2 }), &["1", "2"]),
                page(&json!({ "total_pages": 2 }), &["3"]),
                page(&json!({}), &[]),
            ],
            3,
        ),
        (
            "a count alone",
            vec![
                page(&json!({ "total_count": 3 }), &["1", "2"]),
                page(&json!({ "total_count": 3 }), &["3"]),
                page(&json!({}), &[]),
            ],
            3,
        ),
        (
            "a refusal behind the last page",
            vec![
                page(&json!({ "total_pages": 2 }), &["1", "2"]),
                page(&json!({ "total_pages": 2 }), &["3"]),
                json!({ "code": "1001" }),
            ],
            3,
        ),
        (
            "a refusal behind the last item",
            vec![
                page(&json!({ "total_count": 3 }), &["1", "2"]),
                page(&json!({ "total_count": 3 }), &["3"]),
                json!({ "code": "1001" }),
            ],
            3,
        ),
        (
            "a server that caps the size",
            vec![
                page(&json!({ "total_pages": 2, "total_count": 3 }), &["1"]),
                page(&both, &["2"]),
                page(&both, &["3"]),
            ],
            3,
        ),
        (
            "numbers as text",
            vec![
                page(&json!({ "total_pages": "2", "total_count": "3" }), &["1", "2"]),
                page(&json!({ "total_pages": "2", "total_count": "3" }), &["3"]),
            ],
            2,
        ),
    ];
    for (what, data, asked) in cases {
        let (items, requests) = read(&data, 1).await;
        assert_eq!((ids(&items), items.len()), (vec!["1", "2", "3"], 3), "{what}: {items:?}");
        assert_eq!(requests, asked, "{what}");
    }
}

#[tokio::test]
async fn a_list_without_a_number_of_pages_ends_with_a_short_page_at_its_last_item() {
    let answer = |total: Value, ids: &[&str]| {
        let data: Vec<_> = ids.iter().map(|id| json!({ "sim_id": id })).collect();
        // With a code, `pages` takes it for a whole answer.
        json!({ "status": { "code": "CB-00-0000" }, "code": "", "data": data, "total_count": total })
    };
    let none = || answer(json!(3), &[]);
    let cases: [(&str, Option<i64>, Vec<Value>, usize); 7] = [
        ("a short page", Some(100), vec![answer(json!(3), &["1", "2", "3"])], 1),
        ("a short page behind a full one", Some(2), vec![answer(json!(3), &["1", "2"]), answer(json!(3), &["3"])], 2),
        ("a full page", Some(3), vec![answer(json!(3), &["1", "2", "3"]), none()], 2),
        ("a total that is too low", Some(2), vec![answer(json!(2), &["1", "2"]), answer(json!(3), &["3"])], 2),
        ("a server that caps the size", Some(100), vec![answer(json!(3), &["1", "2"]), answer(json!(3), &["3"])], 2),
        ("no size", None, vec![answer(json!(3), &["1", "2", "3"]), none()], 2),
        ("no total", Some(100), vec![answer(json!(null), &["1", "2", "3"]), answer(json!(null), &[])], 2),
    ];
    for (what, size, data, asked) in cases {
        let server = pages(&data).await;
        let query = QuerySims::builder().maybe_page_size(size).build();
        let sims = crate::cube::client_at(&server.url).query_sims_items(query).into_vec().await.unwrap();
        let ids: Vec<_> = sims.iter().map(|sim| sim.sim_id.as_ref().unwrap().as_str()).collect();
        assert_eq!((ids, server.requests().len()), (vec!["1", "2", "3"], asked), "{what}");
    }
    // One that begins later, at a server that caps the size: what came before is a guess.
    let server = pages(&[answer(json!(5), &["1", "2"]), answer(json!(5), &["3"])]).await;
    let query = QuerySims::builder().page_no(2).page_size(5).build();
    let sims = crate::cube::client_at(&server.url).query_sims_items(query).into_vec().await.unwrap();
    assert_eq!((sims.len(), server.requests().len()), (3, 3));
    let server = pages(&[answer(json!(4), &["1", "2", "3"]), answer(json!(4), &[])]).await;
    let sims = crate::cube::client_at(&server.url).query_sims_items(QuerySims::builder().page_size(100).build());
    let error = sims.into_vec().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unreadable && error.to_string().contains("4 items"), "a gap: {error}");
}

#[tokio::test]
async fn a_list_that_ends_too_soon_is_an_error_that_names_both_numbers() {
    let both = json!({ "total_pages": 9, "total_count": 400 });
    for last in [page(&both, &[]), page(&both, &["1", "2"])] {
        let (items, _) = read(&[page(&both, &["1", "2"]), last], 1).await;
        assert_eq!((ids(&items), items.len()), (vec!["1", "2"], 3));
        let error = items[2].as_ref().unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Unreadable, false), "{error}");
        for part in ["2 items", "9 pages", "400 items"] {
            assert!(error.to_string().contains(part), "{part} in {error}");
        }
    }
    let none = [page(&both, &[]), json!({ "page": both }), json!({ "page": both, "package_order": null })];
    for first in none {
        let (items, _) = read(&[first], 1).await;
        assert!(matches!(&items[..], [Err(error)] if error.kind() == ErrorKind::Unreadable), "not no order: {items:?}");
    }
    let late = [page(&json!(null), &["1", "2"]), page(&json!({ "total_count": 3 }), &[])];
    let (items, _) = read(&late, 1).await;
    assert_eq!((ids(&items), items.len()), (vec!["1", "2"], 3), "the last page names what is missing: {items:?}");
    for trouble in ["429", "401", "503"] {
        let named = json!({ "total_pages": 1, "total_count": -1 });
        let (items, _) = read(&[page(&named, &["1", "2"]), json!({ "code": trouble })], 1).await;
        assert_eq!(items[2].as_ref().unwrap_err().code(), Some(trouble), "trouble is no end");
    }
    let wraps = [page(&json!(null), &["1"]), page(&json!(null), &["2"]), page(&json!(null), &["1"])];
    let (items, requests) = read(&wraps, 1).await;
    assert_eq!((ids(&items), requests), (vec!["1", "2"], 3), "a page that came before brings nothing new");
    let (items, _) = read(&[page(&json!({ "total_pages": 2 }), &["1", "2"]), json!({ "code": "1001" })], 1).await;
    assert_eq!(items[2].as_ref().unwrap_err().code(), Some("1001"), "page 2 is not behind the last");
}

#[tokio::test]
async fn numbers_may_change_between_pages_and_a_list_may_begin_later() {
    let data = [
        page(&json!({ "total_pages": 1, "total_count": 2 }), &["1"]),
        page(&json!({ "total_pages": 3, "total_count": 5 }), &["2", "3"]),
        page(&json!({ "total_pages": 3, "total_count": 5 }), &["4", "5"]),
    ];
    let (items, requests) = read(&data, 1).await;
    assert_eq!((ids(&items), requests), (vec!["1", "2", "3", "4", "5"], 3));
    let both = json!({ "total_pages": 3, "total_count": 5 });
    let (items, requests) = read(&[page(&both, &["3", "4"]), page(&both, &["5"])], 2).await;
    assert_eq!((ids(&items), requests), (vec!["3", "4", "5"], 2));
}

#[tokio::test]
async fn an_odd_item_is_an_error_in_its_place_and_the_list_goes_on() {
    let both = json!({ "total_pages": 2, "total_count": 4 });
    let first = json!({ "page": both, "package_order": [{ "orderCode": "1" }, null] });
    let second = json!({ "page": both, "package_order": [7, { "orderCode": "4" }] });
    let (items, requests) = read(&[first.clone(), second.clone()], 1).await;
    assert_eq!((ids(&items), items.len(), requests), (vec!["1", "4"], 4, 2));
    for (position, body) in [(1, "null"), (2, "7")] {
        let error = items[position].as_ref().unwrap_err();
        assert_eq!((error.kind(), error.body().unwrap().as_ref()), (ErrorKind::Unreadable, body.as_bytes()));
    }
    let server = pages(&[first, second]).await;
    let query = QueryOrder::builder().page_no(1).page_size(2).build();
    assert!(
        client_at(&server.url).query_order_items(query).into_vec().await.is_err(),
        "a gap must not read as no order"
    );
}

#[tokio::test]
async fn a_list_is_read_without_another_crate() {
    let both = json!({ "total_pages": 1, "total_count": 2 });
    let server = pages(&[page(&both, &["1", "2"])]).await;
    let query = QueryOrder::builder().page_no(1).page_size(2).build();
    let mut items = client_at(&server.url).query_order_items(query.clone());
    let mut count = 0;
    while let Some(item) = items.next().await {
        item.unwrap();
        count += 1;
    }
    let all = client_at(&server.url).query_order_items(query).into_vec().await.unwrap();
    assert_eq!((count, all.len()), (2, 2));
}

#[tokio::test]
async fn an_answer_without_a_list_and_without_a_number_does_not_say_that_there_is_none() {
    let answer = |data: Value| json!({ "code": "0000", "data": data });
    let silent = [json!({ "code": "0000" }), answer(json!(null)), answer(json!({})), answer(json!({ "page": null }))];
    let misnamed = answer(json!({ "packageOrder": [{ "orderCode": "1" }], "page": { "totalCount": 1 } }));
    for body in silent.into_iter().chain([misnamed]) {
        let (items, _) = read(std::slice::from_ref(&body), 1).await;
        let refused = |error: &Error| error.to_string().contains("neither a list nor the number of its items");
        assert!(matches!(&items[..], [Err(error)] if refused(error)), "{body}: {items:?}");
        let (items, _) = read(&[page(&json!(null), &["1"]), body.clone()], 1).await;
        assert!(matches!(&items[..], [Ok(_), Err(error)] if refused(error)), "{body}: {items:?}");
        let operation = OPERATIONS.iter().find(|operation| operation.id == "queryOrder").unwrap();
        let server = pages(std::slice::from_ref(&body)).await;
        let items = client_at(&server.url).perform_items(operation, json!({ "page_no": 1, "page_size": 2 })).unwrap();
        assert!(items.into_vec().await.is_err(), "{body}");
    }
    let stated = [json!({ "package_order": [] }), json!({ "page": { "total_count": 0 }, "package_order": null })];
    for data in stated {
        assert!(read(std::slice::from_ref(&data), 1).await.0.is_empty(), "{data}");
    }
    let (items, _) = read(&[page(&json!({ "total_count": 1 }), &["1"]), answer(json!(null))], 1).await;
    assert_eq!((ids(&items), items.len()), (vec!["1"], 1), "behind the last it need not");
}

#[tokio::test]
async fn a_list_beside_another_number_of_its_items_is_not_the_whole() {
    let answer = |data: Value, beside: Value| json!({ "code": "0000", "data": data, "package_order_num": beside });
    for body in [
        answer(json!({ "package_order": [], "package_order_num": 1 }), json!(null)),
        answer(json!({ "package_order": [] }), json!("1")),
        answer(json!({ "page": { "total_count": 0, "total_pages": 0 }, "package_order": [] }), json!(1)),
        answer(json!({ "package_order": [{ "orderCode": "1" }], "package_order_num": 0 }), json!(null)),
    ] {
        let (items, _) = read(std::slice::from_ref(&body), 1).await;
        assert!(matches!(items.last(), Some(Err(_))), "{body}: {items:?}");
        let operation = OPERATIONS.iter().find(|operation| operation.id == "queryOrder").unwrap();
        let server = pages(std::slice::from_ref(&body)).await;
        let items = client_at(&server.url).perform_items(operation, json!({ "page_no": 1, "page_size": 2 })).unwrap();
        assert!(items.into_vec().await.is_err(), "{body}");
    }
    // Of the page, or of all.
    for number in [1, 2] {
        let numbered = |id: &str| {
            let data =
                json!({ "package_order": [{ "orderCode": id }], "page": { "total_count": 2, "total_pages": 2 } });
            answer(data, json!(number))
        };
        assert_eq!(ids(&read(&[numbered("1"), numbered("2")], 1).await.0), ["1", "2"]);
    }
}
