//! Stories: what goes wrong with which requests, and what the sandbox received.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use linksfield::csss::types::{OpenPackage, QueryOrder, SyncAssetInfo};
use linksfield::cube::types::QuerySim;
use linksfield::http::Method;
use linksfield::sandbox::{Effect, FAULT_HEADER, Fault, REQUEST_LIMIT, Reply, SECRET, Sandbox, Shape, Story};
use linksfield::signing::{Key, explain};
use linksfield::{Credentials, Error, ErrorKind, csss, esim_qr};
use serde_json::{Value, json};

use crate::support::{SIM, client_of, http, monthly_plan, placed};

fn list() -> QueryOrder {
    QueryOrder::builder().page_no(1).page_size(10).build()
}

async fn orders(client: &csss::Client) -> usize {
    client.query_order(&list()).await.unwrap().package_order.len()
}

#[tokio::test]
async fn an_order_whose_answer_is_lost_is_in_the_list() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    sandbox.tell(Story::new(Fault::DropAfterPlacing).of("orderPackage"))?;
    let error = client.order_package(&monthly_plan()).await.unwrap_err();
    assert!(error.outcome_unknown());
    let orders = client.query_order(&list()).await?.package_order;
    assert_eq!(orders.len(), 1, "it was placed");
    assert_eq!(sandbox.order_count(), 1, "nobody orders again");
    assert_eq!(sandbox.stories_left(), 0);
    Ok(())
}

#[tokio::test]
async fn a_story_is_for_as_many_requests_as_it_says_and_goes_on_with_the_next() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let refused = |code| Story::new(Reply::refusal(code, "not now")).of("orderPackage");
    sandbox
        .tell(refused("1001").times(2).then(refused("1002")).then(refused("1003").times(0)).then(refused("1004")))?;
    for code in ["1001", "1001", "1002", "1004"] {
        assert_eq!(orders(&client).await, 0);
        let error = client.order_package(&monthly_plan()).await.unwrap_err();
        assert_eq!((error.code(), error.message(), error.outcome_unknown()), (Some(code), Some("not now"), false));
    }
    placed(&client).await;
    sandbox.tell(refused("1001").always())?;
    sandbox.tell(refused("1002"))?;
    for _ in 0..5 {
        assert_eq!(client.order_package(&monthly_plan()).await.unwrap_err().code(), Some("1001"), "it came first");
    }
    assert_eq!(sandbox.stories_left(), 2);
    sandbox.forget_stories();
    placed(&client).await;
    assert_eq!(sandbox.stories_left(), 0);
    Ok(())
}

#[tokio::test]
async fn the_next_scene_waits_until_the_one_before_is_played() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let ordered = Story::new(Fault::DropAfterPlacing).of("orderPackage");
    sandbox.tell(ordered.then(Story::new(Reply::refusal("1", "")).of("queryOrder")))?;
    assert_eq!(orders(&client).await, 0);
    client.order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!(client.query_order(&list()).await.unwrap_err().code(), Some("1"));
    assert_eq!(orders(&client).await, 1);
    Ok(())
}

#[tokio::test]
async fn a_closure_chooses_by_what_was_received() -> Result<(), Error> {
    let sandbox = Arc::new(Sandbox::start().await?);
    let client = client_of(&sandbox);
    let (told, seen) = (sandbox.clone(), Arc::new(Mutex::new(Vec::new())));
    let kept = seen.clone();
    let story = Story::new(Fault::TooManyRequests).times(2).when(move |request| {
        kept.lock().unwrap().push((request.operation(), request.status()));
        told.tell(Story::new(Fault::Delay).of("syncAssetInfo")).unwrap();
        request.parameters()["device_id"] == "2" && request.headers().contains_key("accept-language")
    });
    sandbox.tell(story)?;
    placed(&client).await;
    let mut second = monthly_plan();
    second.device_id = "2".into();
    assert_eq!(client.order_package(&second).await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(*seen.lock().unwrap(), [(Some("orderPackage"), None), (Some("orderPackage"), None)]);
    assert_eq!(sandbox.stories_left(), 3, "a closure may tell stories");
    sandbox.forget_stories();
    Ok(())
}

#[tokio::test]
async fn a_connection_is_dropped_before_reading_for_the_operation_that_a_story_names() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    sandbox.tell(Story::new(Fault::DropBeforeReading).of("orderPackage").when(|request| request.body().is_empty()))?;
    assert_eq!(orders(&client).await, 0);
    assert!(client.order_package(&monthly_plan()).await.unwrap_err().outcome_unknown());
    placed(&client).await;
    let order = &sandbox.requests()[1];
    assert_eq!((order.body().len(), order.status(), order.is_verified()), (0, None, None));
    Ok(())
}

#[tokio::test]
async fn a_reply_has_a_status_headers_a_body_and_a_delay_of_its_own() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    let gateway = Reply::body("<html>").status(502).header("content-type", "text/html").header("x-gateway", "7");
    sandbox.tell(Story::new(gateway.clone()).then(Story::new(gateway.after_placing())))?;
    for count in [0, 1] {
        let error = client.order_package(&monthly_plan()).await.unwrap_err();
        assert_eq!((error.status(), error.body().unwrap().as_ref()), (Some(502), b"<html>".as_slice()));
        assert!(error.outcome_unknown());
        assert_eq!(sandbox.order_count(), count);
    }
    let own = Reply::own().status(202).header("x-trace", "a").delay(Duration::from_millis(30));
    sandbox.tell(Story::new(own))?;
    let began = std::time::Instant::now();
    let answer = client.order_package(&monthly_plan()).response().await?;
    assert!(began.elapsed() >= Duration::from_millis(30));
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-trace"]), (202, &"a".parse().unwrap()));
    assert_eq!(sandbox.order_count(), 2);
    sandbox.tell(Story::new(Reply::refusal("1001", "余额不足").status(402)))?;
    let error = client.order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!((error.status(), error.code(), error.message()), (Some(402), Some("1001"), Some("余额不足")));
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_worded_as_each_family_words_one() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let token = esim_qr::AccessToken::new(linksfield::sandbox::ACCESS_TOKEN)?;
    let esim = esim_qr::Client::builder().credentials(token).environment(sandbox.esim_qr_url()).build()?;
    sandbox.tell(Story::new(Reply::refusal("77", "no")).times(2))?;
    assert_eq!(esim.report_payment(&crate::mall::report()).await.unwrap_err().code(), Some("77"));
    let mall = crate::mall::client_of(&sandbox);
    let error = mall.single_order(&crate::mall::order("NO1", "0")).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Some("77"), Some("no")));
    Ok(())
}

#[tokio::test]
async fn what_can_not_be_played_is_refused_when_it_is_told() {
    let sandbox = Sandbox::start().await.unwrap();
    let reply = Reply::own;
    for (story, words) in [
        (Story::new(Fault::Hang).of("orderPackages"), "\"orderPackages\": it has"),
        (Story::new(reply()).then(Story::new(Fault::Hang).of("")), "no operation"),
        (Story::new(reply().status(99)), "from 200 to 599, not 99"),
        (Story::new(reply().header("a b", "1")), "\"a b\" can't be the name of a header"),
        (Story::new(reply().header("x", "a\nb")), "the value of the header x"),
        (Story::new(reply().header("Content-Length", "3")), "Fault::WrongLength"),
    ] {
        let error = sandbox.tell(story).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.kind(), ErrorKind::Settings);
    }
    assert_eq!(sandbox.stories_left(), 0);
}

#[tokio::test]
async fn the_header_comes_before_stories_and_stories_before_what_is_for_all() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    sandbox.misbehave(Some(Fault::NotJson));
    sandbox.tell(Story::new(Reply::refusal("1001", "")))?;
    let named = client.order_package(&monthly_plan()).header(FAULT_HEADER, "html-error").await.unwrap_err();
    assert_eq!(named.status(), Some(500));
    assert_eq!(client.order_package(&monthly_plan()).await.unwrap_err().code(), Some("1001"));
    assert_eq!(client.order_package(&monthly_plan()).await.unwrap_err().kind(), ErrorKind::Unreadable);
    // Also where what is for all happens before the body is read, and the story after.
    sandbox.misbehave(Some(Fault::DropBeforeReading));
    sandbox.tell(Story::new(Reply::own()).of("orderPackage"))?;
    placed(&client).await;
    assert_eq!(client.order_package(&monthly_plan()).await.unwrap_err().kind(), ErrorKind::Transport);
    Ok(())
}

#[tokio::test]
async fn a_story_of_many_requests_at_once_is_played_as_often_as_it_says() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    sandbox.tell(Story::new(Reply::refusal("1", "")).times(10).then(Story::new(Reply::refusal("2", "")).times(10)))?;
    let order = monthly_plan();
    let results = futures::future::join_all((0..50).map(|_| async { client.order_package(&order).await })).await;
    let count = |code| results.iter().filter(|result| result.as_ref().is_err_and(|e| e.code() == Some(code))).count();
    assert_eq!((count("1"), count("2"), sandbox.order_count()), (10, 10, 30));
    Ok(())
}

#[tokio::test]
async fn what_it_received_is_there_to_look_at() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    client.open_package(&OpenPackage::builder().order_id("7").build()).header("x-mine", "1").await.unwrap_err();
    client.sync_asset_info(&SyncAssetInfo::builder().build()).await?;
    let stranger = Credentials::new(linksfield::sandbox::ACCESS_CODE, "another secret that nobody may see")?;
    let stranger = csss::Client::builder().credentials(stranger).environment(sandbox.url()).build()?;
    stranger.sync_asset_info(&SyncAssetInfo::builder().build()).await.unwrap_err();
    reqwest::get(format!("{}/no/such?access_code=a", sandbox.url())).await.unwrap();

    let requests = sandbox.requests();
    let [open, sims, strange, lost] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((open.method().as_str(), open.path()), ("POST", "/package/openPackage"));
    assert_eq!((open.operation(), open.parameters()), (Some("openPackage"), json!({ "order_id": "7" })));
    assert_eq!((open.status(), open.code()), (Some(200), Some("SANDBOX-UNKNOWN-ORDER")));
    assert_eq!(open.headers()["x-mine"], "1");
    assert!(open.body().starts_with(b"{") && open.body().ends_with(b"}"));
    let verified = requests.iter().map(linksfield::sandbox::Request::is_verified).collect::<Vec<_>>();
    assert_eq!(verified, [Some(true), Some(true), Some(false), None]);
    assert_eq!((sims.status(), sims.code(), strange.code()), (Some(200), None, Some("SANDBOX-SIGNATURE")));
    assert_eq!((lost.operation(), lost.status()), (None, Some(404)));
    assert_eq!(
        format!("{open:?} / {open}"),
        r#"Request { method: POST, path: "/package/openPackage", operation: Some("openPackage"), parameters: {"order_id":"7"}, is_verified: Some(true), status: Some(200), code: Some("SANDBOX-UNKNOWN-ORDER") } / POST /package/openPackage 200 SANDBOX-UNKNOWN-ORDER"#
    );
    assert_eq!(
        format!("{strange} / {lost}"),
        "POST /device/syncAssetInfo 200 SANDBOX-SIGNATURE (not verified) / GET /no/such 404 SANDBOX-UNKNOWN-PATH"
    );
    sandbox.forget_requests();
    assert!(sandbox.requests().is_empty());
    Ok(())
}

/// A body that is signed right, whatever is in it.
fn signed(mut parameters: Value) -> Value {
    let content = explain(parameters.to_string().as_bytes()).unwrap().content().to_owned();
    parameters["sign"] = json!(Key::new(SECRET).sign(content.as_bytes()));
    parameters
}

#[tokio::test]
async fn a_request_that_is_signed_right_says_so_though_it_is_refused_for_another_reason() {
    let clock = Arc::new(Mutex::new(SystemTime::now()));
    let hands = clock.clone();
    let sandbox = Sandbox::builder().clock(move || *clock.lock().unwrap()).start().await.unwrap();
    let by = |access_code: &str, version: &str, timestamp: &str| {
        signed(json!({ "access_code": access_code, "version": version, "timestamp": timestamp })).to_string()
    };
    let mut forged: Value = serde_json::from_str(&by("SANDBOX", "2.0", "1643253530")).unwrap();
    forged["sign"] = json!("AAAA");
    for (body, code, verified) in [
        (by("SANDBOX", "2.0", "1643253530"), None, Some(true)),
        (by("SANDBOX", "1.0", "1643253530"), Some("SANDBOX-PARAMETER"), Some(true)),
        (by("SANDBOX", "2.0", "yesterday"), Some("SANDBOX-PARAMETER"), Some(true)),
        (by("P000270", "2.0", "1643253530"), Some("SANDBOX-ACCESS-CODE"), Some(false)),
        (forged.to_string(), Some("SANDBOX-SIGNATURE"), Some(false)),
        ("{}".to_owned(), Some("SANDBOX-PARAMETER"), Some(false)),
        ("no JSON".to_owned(), Some("SANDBOX-BODY"), None),
        ("x".repeat(2_000_000), Some("SANDBOX-BODY-TOO-LARGE"), None),
    ] {
        let url = format!("{}/device/syncAssetInfo", sandbox.url());
        http().build().unwrap().post(url).body(body.clone()).send().await.unwrap();
        let request = sandbox.requests().pop().unwrap();
        assert_eq!((request.code(), request.is_verified()), (code, verified), "{:.100}", body);
    }
    *hands.lock().unwrap() = UNIX_EPOCH - Duration::from_secs(1);
    client_of(&sandbox).order_package(&monthly_plan()).await.unwrap_err();
    assert_eq!(sandbox.requests().pop().unwrap().is_verified(), None, "nobody looked");

    let sandbox = Sandbox::start().await.unwrap();
    let mut order = crate::mall::order("NO1", "0");
    order.order_no = "x".repeat(65).into();
    crate::mall::client_of(&sandbox).single_order(&order).await.unwrap_err();
    crate::cube::client_of(&sandbox).query_sim(&QuerySim::builder().sim_id("7").build()).await.unwrap_err();
    let verified: Vec<_> = sandbox.requests().iter().map(linksfield::sandbox::Request::is_verified).collect();
    assert_eq!(verified, [Some(true), Some(true)]);
}

#[tokio::test]
async fn what_becomes_of_an_answer_does_not_hide_what_it_was_refused_with() {
    let sandbox = Sandbox::start().await.unwrap();
    let shapes = Shape::ALL.iter().map(|shape| Story::new(*shape));
    let faults = [Fault::NotJson, Fault::UnknownFields].map(Story::new);
    let replies = [Story::new(Reply::own().header("x-mine", "1"))];
    for story in shapes.chain(faults).chain(replies) {
        sandbox.tell(story.clone()).unwrap();
        let answer =
            http().build().unwrap().get(format!("{}/package/orderPackage", sandbox.url())).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["allow"]),
            (405, &"POST".parse().unwrap()),
            "{story:?}"
        );
        assert_eq!(sandbox.requests().pop().unwrap().code(), Some("SANDBOX-METHOD"), "{story:?}");
    }
    let broken = [Fault::Huge, Fault::HalfAnswer, Fault::WrongLength].map(Effect::from);
    for effect in broken.into_iter().chain([Reply::body("<html>").status(502).after_placing().into()]) {
        sandbox.tell(Story::new(effect)).unwrap();
        // The connection may end before the head has come.
        let _ = http().build().unwrap().get(format!("{}/no/such", sandbox.url())).send().await;
        assert_eq!(sandbox.requests().pop().unwrap().code(), Some("SANDBOX-UNKNOWN-PATH"));
    }
}

#[tokio::test]
async fn requests_show_neither_signatures_nor_credentials() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    placed(&client_of(&sandbox)).await;
    let token = esim_qr::AccessToken::new(linksfield::sandbox::ACCESS_TOKEN)?;
    let esim = esim_qr::Client::builder().credentials(token).environment(sandbox.esim_qr_url()).build()?;
    esim.report_payment(&crate::mall::report()).await?;
    let order = &sandbox.requests()[0];
    let body: serde_json::Value = serde_json::from_slice(order.body()).unwrap();
    let shown = format!("{:?} {:#?} {}", sandbox.requests(), sandbox.requests(), order);
    for hidden in [body["sign"].as_str().unwrap(), body["timestamp"].as_str().unwrap(), "access_code", "sandbox-token"]
    {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    assert!(shown.contains(SIM));
    Ok(())
}

#[tokio::test]
async fn the_last_requests_are_kept_and_the_beginning_of_a_long_body() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let http = reqwest::Client::new();
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(100_000));
    http.post(format!("{}/long", sandbox.url())).body(long).send().await.unwrap();
    let request = &sandbox.requests()[0];
    assert_eq!((request.body().len(), request.parameters()), (64 * 1024, serde_json::Value::Null));
    for number in 0..REQUEST_LIMIT + 3 {
        http.get(format!("{}/{number}", sandbox.url())).send().await.unwrap();
    }
    let requests = sandbox.requests();
    assert_eq!((requests.len(), requests[0].path(), requests[0].status()), (REQUEST_LIMIT, "/3", Some(404)));
    assert_eq!(requests.last().unwrap().path(), format!("/{}", REQUEST_LIMIT + 2));
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_under_way_is_there_already() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    sandbox.tell(Story::new(Fault::Hang))?;
    let call = client_of(&sandbox).order_package(&monthly_plan()).timeout(Duration::from_millis(200));
    assert!(call.await.unwrap_err().is_timeout());
    let [request] = &sandbox.requests()[..] else { panic!("one request") };
    assert_eq!((request.status(), request.is_verified(), sandbox.order_count()), (None, Some(true), 0));
    Ok(())
}

#[tokio::test]
async fn a_request_to_no_operation_is_kept_without_the_credentials_in_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let call = client_of(&sandbox).call::<serde_json::Value>(Method::POST, "/package/orderPackages", &monthly_plan());
    assert_eq!(call.await.unwrap_err().code(), Some("SANDBOX-UNKNOWN-PATH"));
    let kept = format!("{:?}", sandbox.requests());
    assert!(kept.contains("/package/orderPackages"), "{kept}");
    for name in ["access_code", "sign", "timestamp"] {
        assert!(!kept.contains(name), "{name}: {kept}");
    }
}
