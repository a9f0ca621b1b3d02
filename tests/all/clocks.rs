//! A clock that is off is answered as a bad signature: the error says that it is the clock, and by how much.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use httpdate::fmt_http_date;
use linksfield::cube::types::CancelSim;
use linksfield::esim_qr::AccessToken;
use linksfield::http::Method;
use linksfield::mall::PartnerCode;
use linksfield::{esim_qr, mall};
use serde_json::{Value, json};

use crate::support::{Canned, client_at, monthly_plan};

/// When the client of `client_at` signs.
fn signed() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_643_253_530)
}

async fn refusing(status: u16, date: SystemTime, more: &str, body: &str) -> Canned {
    let date = fmt_http_date(date);
    Canned::raw(format!("HTTP/1.1 {status} x\r\ndate: {date}\r\n{more}connection: close\r\n\r\n{body}")).await
}

async fn refused(status: u16, date: SystemTime, more: &str, body: &str) -> String {
    let server = refusing(status, date, more, body).await;
    client_at(&server.url).order_package(&monthly_plan()).await.unwrap_err().to_string()
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_refused_call_says_how_far_its_clock_is_off() {
    for (date, words) in [
        (
            signed() - 11 * MINUTE,
            "the time that was signed is 11 minutes ahead of the server's: check this machine's clock first",
        ),
        (signed() + 5 * MINUTE, "is 5 minutes behind the server's"),
        (signed() + 119 * MINUTE, "is 119 minutes behind the server's"),
        (signed() + 8 * 60 * MINUTE, "is 8 hours behind the server's"),
        (signed() + 60 * 24 * 60 * MINUTE, "is 60 days behind the server's"),
    ] {
        for (status, body) in
            [(401, ""), (403, "<html>"), (403, r#"{"code":"1001"}"#), (200, r#"{"code":"1001","message":"签名错误"}"#)]
        {
            let error = refused(status, date, "", body).await;
            assert!(error.contains(words) && error.contains("check this machine's clock first"), "{words}: {error}");
        }
    }
}

#[tokio::test]
async fn a_refused_call_of_cube_says_how_far_its_clock_is_off() {
    // When `cube::client_at` signs.
    let signed = UNIX_EPOCH + Duration::from_millis(1_674_197_059_220);
    for (date, words) in [(signed - 11 * MINUTE, "11 minutes ahead of"), (signed + 11 * MINUTE, "10 minutes behind")] {
        for (status, body) in
            [(401, ""), (403, "<html>"), (403, r#"{"status":{"code":"CB-99-9403","message":"authentication failed"}}"#)]
        {
            let error = async |more| {
                let server = refusing(status, date, more, body).await;
                let cancel = CancelSim::builder().sim_id(crate::cube::SIM).build();
                crate::cube::client_at(&server.url).cancel_sim(&cancel).await.unwrap_err()
            };
            let told = error("").await;
            let words = format!("the time that was signed is {words} the server's: check this machine's clock first");
            assert!(told.to_string().contains(&words), "{words}: {told}");
            let cached = error("age: 0\r\n").await.to_string();
            assert!(!cached.contains("the time that was signed"), "{cached}");
        }
    }
}

#[tokio::test]
async fn nothing_is_said_of_a_clock_that_is_right_enough_or_not_to_blame() {
    let off = signed() + 60 * MINUTE;
    for error in [
        refused(403, signed() + 5 * MINUTE - Duration::from_secs(1), "", "").await,
        refused(403, signed() - 5 * MINUTE + Duration::from_secs(1), "", "").await,
        refused(403, off, "age: 0\r\n", "").await,
        refused(500, off, "", "").await,
        refused(200, off, "", r#"{"code":"1001","message":"no such plan"}"#).await,
        refused(403, signed(), "date: soon\r\n", "").await,
    ] {
        assert!(!error.contains("the time that was signed"), "{error}");
    }
}

#[tokio::test]
async fn the_clock_is_to_blame_only_where_a_time_is_signed() {
    let server = refusing(403, UNIX_EPOCH, "", "").await;
    let token = AccessToken::new("token").unwrap();
    let qr = esim_qr::Client::builder().credentials(token).environment(server.url.as_str()).build().unwrap();
    let unsigned = qr.call::<Value>(Method::POST, "/x", &json!({})).await.unwrap_err();
    let code = PartnerCode::new("P1").unwrap();
    let mall = mall::Client::builder().credentials(code).environment(server.url.as_str()).build().unwrap();
    assert!(!unsigned.to_string().contains("the server's"), "{unsigned}");
    let mut timed = 0;
    for operation in mall::OPERATIONS {
        let parameters: Value = serde_json::from_str(operation.example).unwrap();
        let call = || mall.perform::<Value>(operation, &parameters);
        let is_timed = call().explain().unwrap().content().contains("tradeTime");
        let error = call().await.unwrap_err().to_string();
        assert_eq!(error.contains("ahead of the server's"), is_timed, "{error}");
        timed += usize::from(is_timed);
    }
    assert!(timed > 0 && timed < mall::OPERATIONS.len());
}
