//! The Mall and the eSIM QR Mall: other signatures, other places, the same client.

use std::time::{Duration, UNIX_EPOCH};

use linksfield::esim_qr::types::ReportPayment;
use linksfield::esim_qr::{self, AccessToken};
use linksfield::mall::payment::types::{ResultQuery, StripeSubDirectly};
use linksfield::mall::topup::types::{GetGroupSims, GetOrder, RemoveGroupSims};
use linksfield::mall::types::{
    CancelAutoRenewalRecord, QueryAutoRenewalRecord, SingleOrder, SingleQueryOrder, SingleServicePlanPage, SingleVerify,
};
use linksfield::mall::{self, Client, PartnerCode, payment, topup};
use linksfield::sandbox::{ACCESS_CODE, ACCESS_TOKEN, Sandbox};
use linksfield::{ApiClient, Error, ErrorKind, Family, openapi};
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

use crate::support::{Canned, http};

pub const SIM: &str = "89852420180910340793";

fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A client of the printed examples' partner, whose clock stands at `milliseconds`.
fn client_at<F>(url: &str, milliseconds: u64) -> ApiClient<F>
where
    F: Family<Credentials = PartnerCode>,
    F::Environment: From<String>,
{
    ApiClient::builder()
        .credentials(PartnerCode::new("P000270").unwrap())
        .environment(url.to_owned())
        .clock(move || UNIX_EPOCH + Duration::from_millis(milliseconds))
        .build()
        .unwrap()
}

pub fn client_of(sandbox: &Sandbox) -> Client {
    Client::builder().credentials(partner_code()).environment(sandbox.mall_url()).build().unwrap()
}

fn payment_of(sandbox: &Sandbox) -> payment::Client {
    payment::Client::builder().credentials(partner_code()).environment(sandbox.payment_url()).build().unwrap()
}

fn topup_of(sandbox: &Sandbox) -> topup::Client {
    topup::Client::builder().credentials(partner_code()).environment(sandbox.topup_url()).build().unwrap()
}

pub fn partner_code() -> PartnerCode {
    PartnerCode::new(ACCESS_CODE).unwrap()
}

pub fn single_verify() -> SingleVerify {
    SingleVerify::builder()
        .device_code(SIM)
        .language_code("1")
        .mark("0")
        .terminal("1")
        .trade_type("singleVerify")
        .url("https://dist.linksfield.net/login")
        .build()
}

pub fn order(number: &str, auto_renewal: &str) -> SingleOrder {
    SingleOrder::builder()
        .auto_renewal(auto_renewal)
        .device_code(SIM)
        .language_code("0")
        .mark("0")
        .order_no(number)
        .order_period("1")
        .package_code("PACKAGE20180428000007")
        .pay_amount("4.99")
        .pay_currency("USD")
        .pay_id(format!("PAY-{number}"))
        .request_order_id("000000000001")
        .service_plan_code("string")
        .service_plan_show_name("A plan")
        .terminal("0")
        .trade_type("verify")
        .build()
}

pub fn renewal_of() -> QueryAutoRenewalRecord {
    let query = QueryAutoRenewalRecord::builder().device_code(SIM).language_code("0").mark("0").terminal("0");
    query.trade_type("singleVerify").build()
}

pub fn single_query() -> SingleQueryOrder {
    let query = SingleQueryOrder::builder().device_code(SIM).language_code("1").mark("0").terminal("0");
    query.trade_type("verify").build()
}

pub fn subscription(payment: &str) -> StripeSubDirectly {
    StripeSubDirectly::builder()
        .email("buyer@example.com")
        .pay_amount("4.99")
        .pay_currency("usd")
        .pay_id(payment)
        .plan_id("string")
        .pm_id("string")
        .trade_type("payPalPay")
        .build()
}

/// The signature of the rule, made apart from the crate.
fn independent_sign(parameters: &Map<String, Value>) -> String {
    let mut signed = parameters.clone();
    signed.remove("sign");
    signed.sort_keys();
    let digest = Md5::digest(Value::Object(signed).to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn both_printed_requests_are_sent_byte_for_byte_with_their_signatures() {
    let server = Canned::json("{}").await;
    client_at::<mall::Mall>(&server.url, 1_645_683_857_572).single_verify(&single_verify()).await.unwrap();
    let list = SingleServicePlanPage::builder()
        .area("欧洲")
        .device_code(SIM)
        .language_code("1")
        .mark("0")
        .terminal("0")
        .trade_type("singleServicePlanPage")
        .build();
    client_at::<mall::Mall>(&server.url, 1_645_782_486_394).single_service_plan_page(&list).await.unwrap();
    let requests = server.requests();
    for (request, printed) in requests.iter().zip(["singleVerify", "singleServicePlanPage"]) {
        let body = request.split_once("\r\n\r\n").unwrap().1;
        let sent: Value = serde_json::from_str(body).unwrap();
        assert_eq!(sent, fixture(&format!("mall/{printed}.request.json")), "{printed}");
        assert!(request.starts_with(&format!("POST /{printed} ")), "{request}");
    }
    assert_eq!(requests.len(), 2);
}

#[test]
fn the_vectors_that_other_languages_share_have_the_signatures_of_this_crate() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../openapi/mall-signing-vectors.json")).unwrap();
    for vector in vectors {
        let mut whole = vector["parameters"].clone();
        whole["version"] = mall::VERSION.into();
        whole["partnerCode"] = vector["partner_code"].clone();
        whole["tradeTime"] = vector["trade_time"].clone();
        let sign = mall::sign(whole.to_string().as_bytes()).unwrap();
        assert_eq!(sign, vector["sign"], "{}", vector["name"]);
    }
}

#[test]
fn the_published_signatures_reproduce() {
    for sample in fixture("published-signatures.json")["mall_md5"].as_array().unwrap() {
        let sign = linksfield::mall::sign(sample["params"].to_string().as_bytes()).unwrap();
        assert_eq!(sample["sign"], sign, "{}", sample["source"]);
    }
}

#[tokio::test]
async fn parameters_of_a_get_go_into_path_and_query_and_all_are_signed() {
    let server = Canned::json("{}").await;
    let client: topup::Client = client_at(&server.url, 0);
    client.get_group_sims(&GetGroupSims::builder().group_id("a b/c?中").build()).await.unwrap();
    client.get_order(&GetOrder::builder().sim_id("1&2").build()).await.unwrap();
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /mall/bundle-groups/a%20b%2Fc%3F%E4%B8%AD/sims?"), "{}", requests[0]);
    for (request, own) in requests.iter().zip([("group_id", "a b/c?中"), ("sim_id", "1&2")]) {
        let target = request.split(' ').nth(1).unwrap();
        let url = reqwest::Url::parse(&format!("http://x{target}")).unwrap();
        let mut sent: Map<_, _> = url.query_pairs().map(|(name, value)| (name.into_owned(), json!(value))).collect();
        sent.insert(own.0.to_owned(), json!(own.1));
        assert_eq!(sent.len(), 4, "{sent:?}");
        assert_eq!(sent["sign"], independent_sign(&sent));
        assert!(request.ends_with("\r\n\r\n"), "no body");
    }
}

#[tokio::test]
async fn parameters_of_a_delete_go_into_path_and_body() {
    let server = Canned::json("{}").await;
    let mut remove = RemoveGroupSims::builder().group_id("7").build();
    remove.extra.insert("anything".into(), serde_json::from_str("[1.10, -2.996376492894955e-194]").unwrap());
    client_at::<topup::Topup>(&server.url, 0).remove_group_sims(&remove).await.unwrap();
    let request = server.requests().remove(0);
    assert!(request.starts_with("DELETE /mall/bundle-groups/7/sims "), "{request}");
    let mut body: Map<_, _> = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert!(!body.contains_key("group_id"));
    body.insert("group_id".into(), json!("7"));
    assert_eq!(body["sign"], independent_sign(&body));
    let sandbox = Sandbox::start().await.unwrap();
    topup_of(&sandbox).remove_group_sims(&remove).await.expect("numbers go as they were signed");
}

#[tokio::test]
async fn a_parameter_that_would_lead_to_another_path_is_not_sent() {
    for group in ["", ".", ".."] {
        let query = GetGroupSims::builder().group_id(group).build();
        let error = client_at::<topup::Topup>("http://127.0.0.1:1", 0).get_group_sims(&query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{group:?}: {error}");
    }
}

#[test]
fn each_service_has_its_own_address() {
    assert_eq!(mall::Environment::Production.url(), "https://wx.linksfield.net/vshop");
    assert_eq!(payment::Environment::Production.url(), "https://wx.linksfield.net/payment");
    assert_eq!(topup::Environment::Test.url(), "https://wx.linksfield.net/topup_test");
    assert!([mall::OPERATIONS, payment::OPERATIONS, topup::OPERATIONS].iter().all(|operations| operations.len() > 1));
}

#[tokio::test]
async fn a_purchase_goes_through_the_sandbox() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let (client, payment, topup) = (client_of(&sandbox), payment_of(&sandbox), topup_of(&sandbox));
    client.single_verify(&single_verify()).await?;
    let ordered = client.single_order(&order("NO1", "0")).await?;
    assert_eq!(ordered.order_no.as_deref().map(String::as_str), Some("NO1"));
    let listed = client.single_query_order(&single_query()).await?;
    assert_eq!(listed.order_list.len(), 1);
    assert_eq!(listed.order_list[0].service_plan_show_name.as_deref(), Some("A plan"));

    let none = client.query_auto_renewal_record(&renewal_of()).await.unwrap_err();
    assert_eq!(none.code(), Some("SANDBOX-UNKNOWN-ORDER"));
    assert_eq!(payment.stripe_sub_directly(&subscription("PAY-NO1")).await?.sub_id, "SANDBOX-PAY-NO1");
    let renewal = client.query_auto_renewal_record(&renewal_of()).await?;
    assert_eq!(renewal.order_no.as_deref().map(String::as_str), Some("NO1"));
    let cancel = CancelAutoRenewalRecord::builder().device_code(SIM).language_code("0").mark("0").order_no("NO1");
    client
        .cancel_auto_renewal_record(
            &cancel.pay_id("PAY-NO1").terminal("0").trade_type("cancelAutoRenewalRecord").build(),
        )
        .await?;
    assert!(client.query_auto_renewal_record(&renewal_of()).await.is_err());
    payment.result_query(&ResultQuery::builder().pay_id("PAY-NO1").trade_type("resultQuery").build()).await?;
    topup.get_group_sims(&GetGroupSims::builder().group_id("a/b 中").build()).await?;
    topup.remove_group_sims(&RemoveGroupSims::builder().group_id("1").build()).await?;
    topup.get_order(&GetOrder::builder().sim_id(SIM).build()).await?;
    Ok(())
}

#[tokio::test]
async fn an_order_that_is_sent_twice_is_placed_once() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = client_of(&sandbox);
    client.single_order(&order("NO1", "1")).await?;
    assert_eq!(client.single_order(&order("NO1", "1")).await.unwrap_err().code(), Some("SANDBOX-NOT-ALLOWED"));
    Ok(())
}

#[tokio::test]
async fn the_sandbox_refuses_a_stranger_a_wrong_signature_and_a_wrong_method() {
    let sandbox = Sandbox::start().await.unwrap();
    let stranger = Client::builder().credentials(PartnerCode::new("P1").unwrap()).environment(sandbox.mall_url());
    let error = stranger.build().unwrap().single_verify(&single_verify()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Refused, Some("SANDBOX-ACCESS-CODE")));
    let http = http().build().unwrap();
    let url = sandbox.mall_url();
    let unsigned = r#"{"version":"3.0","partnerCode":"SANDBOX","tradeTime":"1","sign":"x"}"#;
    for (request, status, code) in [
        (http.post(format!("{url}/singleVerify")).body(unsigned), 400, "SANDBOX-SIGNATURE"),
        (http.post(format!("{url}/singleVerify")).body("{}"), 400, "SANDBOX-PARAMETER"),
        (http.post(format!("{url}/singleQueryOrder")).body(unsigned), 200, "SANDBOX-SIGNATURE"),
        (http.post(format!("{url}/singleVerify")).body("["), 400, "SANDBOX-BODY"),
        (http.get(format!("{url}/singleVerify")), 405, "SANDBOX-METHOD"),
        (http.post(format!("{}/mall/bundle-groups/1/sims", sandbox.topup_url())), 405, "SANDBOX-METHOD"),
        (http.post(format!("{url}/nothing")), 404, "SANDBOX-UNKNOWN-PATH"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        if status == 405 {
            let allowed = answer.headers()["allow"].to_str().unwrap().to_owned();
            assert!(["POST", "GET, DELETE"].contains(&allowed.as_str()), "{allowed}");
        }
        assert_eq!(answer.json::<Value>().await.unwrap()["operateCode"], code);
    }
}

#[tokio::test]
async fn printed_answers_are_read_without_loss() {
    let read = async |name: &str| {
        let printed = fixture(&format!("mall/{name}.json"));
        (Canned::json(&printed.to_string()).await, printed)
    };
    let (server, printed) = read("singleOrder.response").await;
    let data = client_at::<mall::Mall>(&server.url, 0).single_order(&order("1", "0")).await.unwrap();
    assert_eq!(serde_json::to_value(data).unwrap(), printed);
    let (server, printed) = read("queryAutoRenewalRecord.response").await;
    let data = client_at::<mall::Mall>(&server.url, 0).query_auto_renewal_record(&renewal_of()).await.unwrap();
    assert_eq!(serde_json::to_value(data).unwrap(), printed);
    let (server, printed) = read("singleQueryOrder.response.cut").await;
    let data = client_at::<mall::Mall>(&server.url, 0).single_query_order(&single_query()).await.unwrap();
    assert_eq!(serde_json::to_value(data).unwrap(), printed["data"]);
}

#[tokio::test]
async fn an_answer_without_an_envelope_is_judged_by_its_status() {
    let refused = Canned::json(r#"{"operateCode":"F","message":"no"}"#).await;
    let error = client_at::<mall::Mall>(&refused.url, 0).single_verify(&single_verify()).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Some("F"), Some("no")));
    let failed = Canned::raw("HTTP/1.1 500 X\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}".to_owned()).await;
    let error = client_at::<mall::Mall>(&failed.url, 0).single_order(&order("1", "0")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Server, true), "{error}");
}

pub fn report() -> ReportPayment {
    ReportPayment::builder()
        .date_time("1670228581")
        .order_id("string")
        .partner_code("string")
        .pay_amount("100")
        .pay_currency("USD")
        .type_("payment_intent.succeeded")
        .build()
}

#[tokio::test]
async fn a_payment_is_reported_with_the_access_token() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let client = |token: &str| {
        let token = AccessToken::new(token)?;
        esim_qr::Client::builder().credentials(token).environment(sandbox.esim_qr_url()).build()
    };
    client(ACCESS_TOKEN)?.report_payment(&report()).await?;
    let stranger = client("a token that nobody may see")?;
    let error = stranger.report_payment(&report()).await.unwrap_err();
    assert_eq!(error.code(), Some("-1"));
    assert!(error.message().unwrap().contains("SANDBOX-ACCESS-CODE"));
    assert!(!format!("{stranger:?} {error:?} {error}").contains("nobody may see"));
    let server = Canned::json(&fixture("esim-qr/payment.webhook.response.json").to_string()).await;
    let token = AccessToken::new("t")?;
    let client = esim_qr::Client::builder().credentials(token).environment(server.url.clone()).build()?;
    client.report_payment(&report()).await?;
    let request = server.requests().remove(0);
    assert!(request.to_lowercase().contains("x-access-token: t\r\n"), "{request}");
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body, fixture("esim-qr/payment.webhook.request.json"));
    Ok(())
}

#[tokio::test]
async fn the_sandbox_reads_the_query_whatever_the_method() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    let http = http().build().unwrap();
    let report = |query: &str, body: Value| {
        let url = format!("{}/v1.1/payment/webhook?{query}", sandbox.esim_qr_url());
        let request = http
            .post(url)
            .header(esim_qr::ACCESS_TOKEN_HEADER, ACCESS_TOKEN)
            .header("accept-language", "en-US")
            .json(&body);
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    let mut body = fixture("esim-qr/payment.webhook.request.json");
    let order = body.as_object_mut().unwrap().remove("orderId").unwrap();
    let missing = report("", body.clone()).await;
    assert!(missing.contains("SANDBOX-PARAMETER") && missing.contains("orderId"), "{missing}");
    let query = format!("orderId={}", order.as_str().unwrap());
    let taken = report(&query, body.clone()).await;
    assert!(taken.contains("\"code\":0"), "{taken}");
    body["orderId"] = order;
    let twice = report(&query, body).await;
    assert!(twice.contains("orderId") && twice.contains("in the path or the query, and in the body"), "{twice}");
    Ok(())
}

#[test]
fn the_examples_of_the_specifications_are_the_printed_ones() {
    let mut checked = 0;
    for (document, operations) in [
        (openapi::MALL, mall::OPERATIONS),
        (openapi::PAYMENT, payment::OPERATIONS),
        (openapi::TOPUP, topup::OPERATIONS),
    ] {
        let document: Value = serde_saphyr::from_str(document).unwrap();
        for operation in operations {
            let node = &document["paths"][operation.path][operation.method.as_str().to_lowercase()];
            for (part, name) in [(&node["requestBody"], "request"), (&node["responses"]["200"], "response")] {
                if let Some(printed) = part["content"]["application/json"]["examples"].get("printed") {
                    let cut = if operation.id == "singleQueryOrder" && name == "response" { ".cut" } else { "" };
                    assert_eq!(printed["value"], fixture(&format!("mall/{}.{name}{cut}.json", operation.id)));
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 13);
}
