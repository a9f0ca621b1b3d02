//! Answers in shapes that servers in Java and PHP, and gateways before them, send. A line a shape: what is sent, and what
//! the caller is told.

use linksfield::csss::types::{QueryOrder, SyncAssetInfo};
use linksfield::cube::types::QuerySims;
use linksfield::http::Method;
use linksfield::{Error, ErrorKind, csss, esim_qr, mall};
use serde_json::{Value, json};

use crate::support::{Canned, client_at, monthly_plan, monthly_plan_for};

/// An answer as bytes.
async fn answering(status: &str, content_type: &str, body: &[u8]) -> Canned {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    Canned::bytes([head.as_bytes(), body].concat()).await
}

/// What the caller is told, in a few words.
fn told(result: &Result<String, Error>) -> String {
    match result {
        Ok(data) => format!("ok {data}"),
        Err(error) => {
            let code = error.code().map(|code| format!(" {code}")).unwrap_or_default();
            let message = error.message().filter(|text| !text.is_empty()).map(|text| format!(" {text}"));
            let unknown = if error.outcome_unknown() { ", unknown" } else { "" };
            format!("{:?}{code}{}{unknown}", error.kind(), message.unwrap_or_default())
        }
    }
}

fn json<T: serde::Serialize>(data: T) -> String {
    serde_json::to_string(&data).unwrap()
}

async fn order(url: &str) -> Result<String, Error> {
    client_at(url).order_package(&monthly_plan()).await.map(json)
}

async fn batch(url: &str) -> Result<String, Error> {
    client_at(url).batch_order_packages(&monthly_plan_for(["1", "2", "3"])).await.map(json)
}

async fn list(url: &str) -> Result<String, Error> {
    client_at(url).query_order(&QueryOrder::builder().page_no(1).page_size(9).build()).await.map(json)
}

async fn raw(url: &str) -> Result<String, Error> {
    client_at(url).call::<Value>(Method::POST, "/x", &json!({})).await.map(json)
}

fn mall_at(url: &str) -> mall::Client {
    mall::Client::builder().credentials(mall::PartnerCode::new("P1").unwrap()).environment(url).build().unwrap()
}

async fn shop(url: &str) -> Result<String, Error> {
    mall_at(url).single_order(&crate::mall::order("NO1", "0")).await.map(json)
}

/// An operation of which no field of the answer is documented.
async fn verify(url: &str) -> Result<String, Error> {
    mall_at(url).single_verify(&crate::mall::single_verify()).await.map(json)
}

/// An operation of Cube, whose code is inside of `status`.
async fn renew(url: &str) -> Result<String, Error> {
    crate::cube::client_at(url).create_renewal_order(&crate::cube::renewal()).await.map(json)
}

async fn sms(url: &str) -> Result<String, Error> {
    crate::cube::client_at(url).send_sms(&crate::cube::sms("x")).await.map(json)
}

async fn sims(url: &str) -> Result<String, Error> {
    crate::cube::client_at(url).query_sims(&QuerySims::builder().build()).await.map(json)
}

async fn report(url: &str) -> Result<String, Error> {
    let token = esim_qr::AccessToken::new("t").unwrap();
    let client = esim_qr::Client::builder().credentials(token).environment(url).build().unwrap();
    client.report_payment(&crate::mall::report()).await.map(json)
}

/// Runs the rows of a table, each over HTTP.
macro_rules! shapes {
    ($($call:ident, $body:expr => $told:expr;)*) => {
        $({
            let body: &[u8] = $body.as_ref();
            let server = answering("200 OK", "application/json", body).await;
            let result = $call(&server.url).await;
            let what = String::from_utf8_lossy(body).into_owned();
            assert_eq!(told(&result), $told, "{} of {what}", stringify!($call));
            if let Err(error) = &result {
                assert!(error.kind() == ErrorKind::Refused || error.body().unwrap() == body, "its bytes are kept");
            }
        })*
    };
}

#[tokio::test]
async fn a_bad_answer_never_passes_for_a_good_one() {
    shapes! {
        shop, r#"{"operateCode":1001,"message":"x"}"# => "Refused 1001 x";
        shop, r#"{"operateCode":null}"# => "Unreadable, unknown";
        shop, r#"{"operateCode":"","message":"x"}"# => "Unreadable, unknown";
        shop, r#"{"operateCode":"S","message":"a","message":"b"}"# => "Unreadable, unknown";
        shop, r#"{"code":"1001","message":"no","success":false,"data":null}"# => "Refused 1001 no";
        shop, r#"{"success":"false","message":"no"}"# => "Refused  no";
        shop, r#"{"operateCode":"F","success":true}"# => "Unreadable, unknown";
        shop, r#"{"operateCode":"S","success":false}"# => "Unreadable, unknown";
        shop, r#"{"message":"x"}"# => "Unreadable, unknown";
        shop, r#"[]"# => "Unreadable, unknown";
        shop, r#"{"operateCode":"F","message":"no","orderNo":"NO1"}"# => "Refused F no, unknown";
        shop, r#"{"operateCode":"F","message":"no","orderNo":null}"# => "Refused F no";
        shop, r#"{"operateCode":"S","orderNo":"NO1"}"# => r#"ok {"orderNo":"NO1","operateCode":"S"}"#;
        shop, r#"{"orderNo":"NO1"}"# => r#"ok {"orderNo":"NO1"}"#;
        shop, r#"{"operateCode":null,"message":"out of stock","orderNo":null}"# => "Unreadable, unknown";
        shop, r#"{"code":"1001","message":"no stock","partnerCode":"P1"}"# => "Unreadable, unknown";
        shop, r#"{"operateCode":["F"],"orderNo":"1"}"# => "Unreadable, unknown";
        shop, r#"{"success":true,"code":"1001","orderNo":"NO1"}"# => "Unreadable, unknown";
        shop, r#"{"operateCode":"s","orderNo":"NO1"}"# => "Unreadable, unknown";
        batch, r#"{"code":"0000"}"# => "Unreadable, unknown";
        batch, r#"{"code":"0000","data":{"device_order":[]}}"# => "Unreadable, unknown";
        order, r#"{"code":"0000","data":{"order_id":""}}"# => "Unreadable, unknown";
        order, r#"{"code":"0000","data":{"order_id":" null "}}"# => "Unreadable, unknown";
        order, r#"{"code":"0000","data":{"order_id":false}}"# => "Unreadable, unknown";
        order, r#"{"code":"SUCCESS","message":"x"}"# => "Unreadable, unknown";
        order, r#"{"code":200}"# => "Unreadable, unknown";
        order, r#"{"code":true}"# => "Unreadable, unknown";
        order, r#"{"code":"1001","success":" Yes "}"# => "Unreadable, unknown";
        order, r#"{"code":" 5e2 ","message":"x"}"# => "Refused  5e2  x, unknown";
        order, r#"{"code":"1001","data":{"order_id":["7"]}}"# => "Refused 1001, unknown";
        order, r#"{"code":"1001","data":{"order_code":"7"}}"# => "Refused 1001, unknown";
        order, r#"{"code":"1001","order_id":"7"}"# => "Refused 1001, unknown";
        order, r#"{"code":"1001","data":"{\"order_id\":\"7\"}"}"# => "Refused 1001, unknown";
        order, r#"{"code":"1001","data":"[{\"order_id\":\"7\"}]"}"# => "Refused 1001, unknown";
        order, r#"{"code":"1001","data":[[{"order_id":"7"}]]}"# => "Refused 1001, unknown";
        raw, r#"{"code":"1001","data":{"order_id":"7"}}"# => "Refused 1001, unknown";
        raw, r#"{"code":"1001","data":{"id":"7"}}"# => "Refused 1001";
        raw, r#"{"code":"0000","data":{"a":{"k":1,"k":2}}}"# => "Unreadable, unknown";
        order, r#"["0000","x",null,{"order_id":"1"}]"# => "Unreadable, unknown";
        verify, r#"{"operateCode":null}"# => "Unreadable";
        verify, r#"{"status":404,"error":"Not Found"}"# => "Unreadable";
        verify, r#"{"code":"1","message":"x"}"# => "Unreadable";
        verify, r#"{"status":1}"# => r#"ok {"status":1}"#;
        verify, r#"{}"# => "ok {}";
        order, r#"{"code":401,"message":"token expired"}"# => "Refused 401 token expired";
        order, r#"{"code":500,"message":"oops"}"# => "Refused 500 oops, unknown";
        order, r#"{"code":"503","message":"oops"}"# => "Refused 503 oops, unknown";
        order, r#"{"code":"5003","message":"oops"}"# => "Refused 5003 oops";
        order, r#"{"code":"1001","success":true,"data":{"order_id":"1"}}"# => "Unreadable, unknown";
        order, r#"{"code":"1001","success":"true"}"# => "Unreadable, unknown";
        order, r#"{"code":"1001","success":1}"# => "Unreadable, unknown";
        order, r#"{"code":0}"# => "Unreadable, unknown";
        order, r#"{"code":"0","data":{"order_id":"1"}}"# => "Unreadable, unknown";
        order, r#"{"code":"00"}"# => "Unreadable, unknown";
        order, r#"{"code":"0000","success":"false","data":{"order_id":"1"}}"# => "Unreadable, unknown";
        order, r#"{"code":"0000","success":0,"data":{"order_id":"1"}}"# => "Unreadable, unknown";
        order, r#"{"code":"1001","message":"no","data":{"order_id":"7"}}"# => "Refused 1001 no, unknown";
        order, r#"{"code":"1001","message":"no","data":{"order_id":7}}"# => "Refused 1001 no, unknown";
        order, r#"{"code":"1001","message":"no","data":{"order_id":""}}"# => "Refused 1001 no";
        order, r#"{"code":"1001","message":"no","data":{"device_id":"7"}}"# => "Refused 1001 no";
        batch, r#"{"code":"1001","data":{"device_order":[{"device_id":"1"},{"order_id":"7"}]}}"# => "Refused 1001, unknown";
        batch, r#"{"code":"1001","data":{"device_order":[{"device_id":"1","order_id":null}]}}"# => "Refused 1001, unknown";
        batch, r#"{"code":"1001","data":{"device_order":[]}}"# => "Refused 1001";
        order, r#"{"code":"1001","data":{"order_id":"7","order_id":null}}"# => "Refused 1001, unknown";
        order, r#"{"success":false,"message":"no"}"# => "Unreadable, unknown";
        order, r#"{"code":null,"success":false}"# => "Unreadable, unknown";
        order, r#"{"code":["0000"],"success":false}"# => "Unreadable, unknown";
        order, r#"{"code":0.0}"# => "Unreadable, unknown";
        order, r#"{"code":" 0000 "}"# => "Unreadable, unknown";
        report, r#"{"success":false}"# => "Unreadable, unknown";
        shop, r#"{"operateCode":"F","data":{},"orderNo":"NO1"}"# => "Refused F, unknown";
        order, r#"{"code":"1001","code":"0000"}"# => "Unreadable, unknown";
        order, r#"{"code":"0000","data":{"order_id":"1","order_id":"2"}}"# => "Unreadable, unknown";
        order, r#"{"code":"0000","data":{"order_id":"1","x":1,"x":2}}"# => "Unreadable, unknown";
        order, r#"{"code":["0000"]}"# => "Unreadable, unknown";
        order, r#"{"code":"0000","data":[]}"# => "Unreadable, unknown";
        renew, r#"{"status":"CB-00-0000","data":{"order_id":"1"}}"# => "Unreadable, unknown";
        renew, r#"{"status":[{"code":"CB-00-0000"}],"data":{"order_id":"1"}}"# => "Unreadable, unknown";
        renew, r#"{"status":{"code":null},"data":{"order_id":"1"}}"# => "Unreadable, unknown";
        renew, r#"{"status":{"code":"CB-00-0000"},"data":{"order_id":""}}"# => "Unreadable, unknown";
        renew, r#"{"status":{"code":"CB-00-0000"},"status":{"code":"CB-01-0001"},"data":{"order_id":"1"}}"# => "Unreadable, unknown";
        renew, r#"{"status":{"code":"CB-02-0003","message":"no"},"data":null}"# => "Refused CB-02-0003 no";
        renew, r#"{"status":{"code":"CB-99-9500","message":"x"}}"# => "Refused CB-99-9500 x, unknown";
        renew, r#"{"status":{"code":"CB-01-0001"},"order_id":"1"}"# => "Refused CB-01-0001, unknown";
        sms, r#"{"status":{"code":"CB-00-0000"},"data":{}}"# => "Unreadable, unknown";
        sms, r#"{"status":{"code":"CB-04-9999","message":"no"},"data":[]}"# => "Refused CB-04-9999 no";
        sims, r#"{"status":{"code":"CB-99-9403","message":"x"},"data":[]}"# => "Refused CB-99-9403 x";
        sims, r#"{"status":{},"data":[]}"# => "Unreadable";
        sims, r#"{"status":{"code":"CB-00-0000"},"data":{"sim_id":1}}"# => "Unreadable";
        report, r#"{"code":"0"}"# => "ok {}";
        report, r#"{"code":0,"success":true,"data":null}"# => "ok {}";
        report, r#"{"code":1,"success":true}"# => "Unreadable, unknown";
        report, r#"{"code":"502","message":"x"}"# => "Refused 502 x, unknown";
    }
}

#[tokio::test]
async fn a_good_answer_is_never_lost() {
    shapes! {
        order, r#"{"code":"0000","data":{"order_id":202107061625560742397}}"# => r#"ok {"order_id":"202107061625560742397"}"#;
        order, r#"{"code":"0000","data":{"order_id":"1","order_start_date":1643253823000}}"#
            => r#"ok {"order_id":"1","order_start_date":"1643253823000"}"#;
        order, r#"{"code":"0000","data":{"order_id":"1","order_start_date":{"at":1}}}"#
            => r#"ok {"order_id":"1","order_start_date":{"at":1}}"#;
        order, r#"{"code":"0000","data":{"order_id":"1","order_start_date":"","sign":null}}"# => r#"ok {"order_id":"1"}"#;
        order, r#"{"code":"0000","data":{"order_id":"1","new":{"a":[1,"x",null]}}}"#
            => r#"ok {"order_id":"1","new":{"a":[1,"x",null]}}"#;
        order, r#"{"code":"0000","success":"yes","data":{"order_id":"1"}}"# => r#"ok {"order_id":"1"}"#;
        order, r#"{"code":"0000","data":{"order_id":"1","note":"cut \ud83d"}}"# => "ok {\"order_id\":\"1\",\"note\":\"cut \u{fffd}\"}";
        order, r#"{"code":"0000","data":{"order_id":"1\ud83d","note":"\ud83d\ude00"}}"#
            => "ok {\"order_id\":\"1\u{fffd}\",\"note\":\"\u{1f600}\"}";
        batch, r#"{"code":"0000","data":{"device_order":[{"order_id":"1","errorMsg":"\udc00"}]}}"#
            => "ok {\"device_order\":[{\"errorMsg\":\"\u{fffd}\",\"order_id\":\"1\"}]}";
        order, "\u{feff}{\"code\":\"0000\",\"data\":{\"order_id\":\"1\"}}\r\n\0\0" => r#"ok {"order_id":"1"}"#;
        list, r#"{"code":"0000","data":{"page":{"total_pages":"3","total_count":" 5 "},"package_order":[]}}"#
            => r#"ok {"page":{"total_count":5,"total_pages":3}}"#;
        list, r#"{"code":"0000","data":{"page":"","package_order":""}}"# => "ok {}";
        renew, r#"{"status":{"code":"CB-00-0000"},"data":{"order_id":7,"new":[1]}}"# => r#"ok {"order_id":"7","new":[1]}"#;
        renew, r#"{"status":{"code":"CB-00-0000"},"order_id":"7"}"# => r#"ok {"order_id":"7","status":{"code":"CB-00-0000"}}"#;
        sms, r#"{"data":{"job_id":898239829382732323},"status":{"code":"CB-00-0000","message":null}}"#
            => r#"ok {"job_id":"898239829382732323"}"#;
        sims, r#"{"status":{"code":"CB-00-0000"},"data":""}"# => "ok []";
        list, r#"{"code":"0000","data":{"page":[],"package_order":null}}"# => "ok {}";
        list, r#"{"code":"0000","page":{"total_pages":1.0},"package_order":[{"orderCode":"7"}]}"#
            => r#"ok {"package_order":[{"orderCode":"7"}],"page":{"total_pages":1},"code":"0000"}"#;
        list, r#"{"code":"0000","data":{"package_order":{}}}"# => "ok {}";
        order, "{\"code\":\"0000\",\"message\":\"a\nb it\\'s\",\"data\":{\"order_id\":\"1\t2\"}}" => r#"ok {"order_id":"1\t2"}"#;
        list, r#"{"code":"0000","data":[]}"# => "ok {}";
        list, r#"{"code":"0000","data":""}"# => "ok {}";
        list, r#"{"code":"0000","data":{"package_order":[null,{"orderCode":7},"x"]}}"#
            => r#"ok {"package_order":[null,{"orderCode":"7"},"x"]}"#;
        list, r#"{"code":"0000","data":{"package_order":{"orderCode":"7"}}}"# => r#"ok {"package_order":[{"orderCode":"7"}]}"#;
        batch, r#"{"code":"0000","data":{"device_order":[{"order_id":"1"},null]}}"#
            => r#"ok {"device_order":[{"order_id":"1"},null]}"#;
        raw, r#"{"code":"0000","data":{"iccid":89852022018041800192,"n":[0.10,1e3,2.5,-1]}}"#
            => r#"ok {"iccid":"89852022018041800192","n":["0.10","1e3",2.5,-1]}"#;
        order, r#"{"code":"0000","data":{"order_id":"1","iccid":89852022018041800192}}"#
            => r#"ok {"order_id":"1","iccid":"89852022018041800192"}"#;
        verify, r#"{"iccid":89852022018041800192}"# => r#"ok {"iccid":"89852022018041800192"}"#;
    }
}

#[tokio::test]
async fn text_is_read_in_the_encoding_that_it_has() {
    // The second byte of the last character is that of a backslash.
    let (message, _, _) = encoding_rs::GB18030.encode("订单许乗");
    assert_eq!(message.last(), Some(&0x5c));
    let body = [br#"{"code":"1001","message":""#.as_slice(), &message, br#""}"#].concat();
    for content_type in ["application/json", "application/json; charset=GBK", "text/html;charset=\"gb2312\""] {
        let server = answering("200 OK", content_type, &body).await;
        assert_eq!(told(&order(&server.url).await), "Refused 1001 订单许乗", "{content_type}");
    }
    let latin = b"{\"code\":\"1001\",\"message\":\"caf\xe9\"}";
    let server = answering("200 OK", "application/json; charset=ISO-8859-1", latin).await;
    assert_eq!(told(&order(&server.url).await), "Refused 1001 café");
    let server = answering("200 OK", "application/json", b"{\"code\":\"1001\",\"message\":\"x\xff\"}").await;
    assert_eq!(told(&order(&server.url).await), "Refused 1001 x\u{fffd}");
}

#[tokio::test]
async fn the_status_speaks_first_where_no_envelope_does() {
    for (status, body, kind) in [
        ("429 x", "", ErrorKind::RateLimited),
        ("401 x", "<html>", ErrorKind::Unauthorised),
        ("403 x", r#"{"error":"forbidden"}"#, ErrorKind::Unauthorised),
        ("404 x", "<html>", ErrorKind::NotFound),
        ("500 x", "", ErrorKind::Server),
        ("502 x", "<html>", ErrorKind::Server),
        ("302 x", "", ErrorKind::Redirect),
        ("400 x", "<html>", ErrorKind::Unreadable),
        ("200 x", "", ErrorKind::Unreadable),
    ] {
        let server = answering(status, "text/html", body.as_bytes()).await;
        let error = order(&server.url).await.unwrap_err();
        assert_eq!((error.kind(), error.body().unwrap().as_ref()), (kind, body.as_bytes()), "{status}");
        assert!(error.outcome_unknown(), "{status}: a gateway's page says nothing of the server behind it");
        let flags = [error.is_rate_limited(), error.is_unauthorised(), error.is_not_found(), error.is_server_error()];
        let kinds = [ErrorKind::RateLimited, ErrorKind::Unauthorised, ErrorKind::NotFound, ErrorKind::Server];
        assert_eq!(flags, kinds.map(|known| known == kind), "{status}");
    }
}

#[tokio::test]
async fn an_envelope_is_believed_under_any_status() {
    let body = r#"{"code":"1001","message":"slowly","data":{"why":[1]}}"#;
    let answer = format!(
        "HTTP/1.1 429 x\r\nretry-after: 7\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let error = order(&Canned::raw(answer).await.url).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.message()), (ErrorKind::Refused, Some("1001"), Some("slowly")));
    assert_eq!((error.data(), error.is_rate_limited()), (Some(r#"{"why":[1]}"#), true));
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(7)));
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_named() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\nconnection: close\r\n\r\n\u{1f}xy";
    let error = order(&Canned::raw(answer.to_owned()).await.url).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Unreadable, true));
    assert!(error.to_string().contains("gzip"), "{error}");
}

#[tokio::test]
async fn numbers_reach_a_type_of_the_callers_as_they_are_written() {
    #[derive(Debug, serde::Deserialize)]
    struct Exact {
        id: u128,
        amount: f64,
        all: Value,
        kept: Box<serde_json::value::RawValue>,
        list: Vec<Option<Value>>,
    }
    let body = r#"{"code":"0000","data":{"id":89852022018041800192,"amount":0.10,"all":{"n":89852022018041800192},
        "kept":{"n":89852022018041800192},"list":[89852022018041800192,null]}}"#;
    let server = Canned::json(body).await;
    let exact: Exact = client_at(&server.url).call(Method::POST, "/x", &json!({})).await.unwrap();
    assert_eq!((exact.id, exact.amount), (89_852_022_018_041_800_192, 0.1));
    assert_eq!(exact.all, json!({ "n": "89852022018041800192" }));
    assert_eq!(exact.kept.get(), r#"{"n":89852022018041800192}"#);
    assert_eq!(exact.list, [Some(json!("89852022018041800192")), None]);
    #[derive(Debug, PartialEq, serde::Deserialize)]
    enum Told {
        Nothing,
        Any(Value),
        Two(Value, u8),
        Named { value: Value },
    }
    let data = r#"["Nothing",{"Any":89852022018041800192},{"Two":[1e3,7]},{"Named":{"value":[0.10]}}]"#;
    let server = Canned::json(&format!(r#"{{"code":"0000","data":{data}}}"#)).await;
    let told: Vec<Told> = client_at(&server.url).call(Method::POST, "/x", &json!({})).await.unwrap();
    let named = Told::Named { value: json!(["0.10"]) };
    let expected = [Told::Nothing, Told::Any("89852022018041800192".into()), Told::Two("1e3".into(), 7), named];
    assert_eq!(told, expected, "also in what one of several has in it");
    for odd in [r#"{"Any":1,"Named":{"value":1}}"#, "{}", r#"{"Other":1}"#, r#"{"Two":[1]}"#, "\"Any\""] {
        let server = Canned::json(&format!(r#"{{"code":"0000","data":{odd}}}"#)).await;
        let error = client_at(&server.url).call::<Told>(Method::POST, "/x", &json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreadable, "{odd}: {error}");
    }
    #[derive(serde::Deserialize)]
    struct Flat {
        amount: f64,
    }
    #[derive(serde::Deserialize)]
    struct Around {
        #[serde(flatten)]
        flat: Flat,
    }
    let data = r#"{"amount":10.00}"#;
    let server = Canned::json(&format!(r#"{{"code":"0000","data":{data}}}"#)).await;
    let around: Result<Around, _> = client_at(&server.url).call(Method::POST, "/x", &json!({})).await;
    // A caller's tree may turn on what lets serde_json itself fail here.
    let expected = serde_json::from_str::<Around>(data).map(|around| around.flat.amount).ok();
    assert_eq!(around.map(|around| around.flat.amount).ok(), expected, "what asks for a number gets one");
    let raw: Box<serde_json::value::RawValue> = client_at(&Canned::json(r#"{"code":"0000","data":[1.50]}"#).await.url)
        .call(Method::POST, "/x", &json!({}))
        .await
        .unwrap();
    assert_eq!(raw.get(), "[1.50]");
}

#[tokio::test]
async fn an_odd_item_is_told_where_it_stands() {
    let body = r#"{"code":"0000","data":[{"assetId":"1"},null,{"assetId":"3"},7]}"#;
    let sims =
        client_at(&Canned::json(body).await.url).sync_asset_info(&SyncAssetInfo::builder().build()).await.unwrap();
    assert_eq!(sims.iter().map(|sim| sim.asset_id.as_deref().unwrap().as_str()).collect::<Vec<_>>(), ["1", "3"]);
    assert_eq!(sims.odd().iter().map(|odd| (odd.position(), odd.json())).collect::<Vec<_>>(), [(1, "null"), (3, "7")]);
    assert!(!format!("{sims:?}").contains("null") && sims.count() == 4 && sims.into_whole().is_err());
}

/// Types that are read by hand are written as they were read.
#[test]
fn types_of_answers_are_read_from_other_places_than_an_answer() {
    fn again<T: serde::de::DeserializeOwned + serde::Serialize>(value: Value) {
        assert_eq!(serde_json::to_value(serde_json::from_value::<T>(value.clone()).unwrap()).unwrap(), value);
    }
    again::<csss::types::QueryDeviceFlowUsageOutput>(json!({ "device_id": "1", "new": [{ "a": 1.5 }] }));
    again::<linksfield::Listed<String>>(json!(["a", null, "b"]));
}
