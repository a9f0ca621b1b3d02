//! A request becomes a trusted, typed event, or is refused for a reason of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use linksfield::notification::types::{MessageType, OrderEvent, WarningCode};
use linksfield::notification::{
    ALGORITHM_HEADER, BODY_LIMIT, Callback, DELIVERY_HEADER, Event, Rejection, SIGNATURE_HEADER, Signer,
    TIMESTAMP_HEADER, VERSION_HEADER, Verified, Verifier,
};
use linksfield::signing::{ContentError, Key};
use md5::{Digest, Md5};
use proptest::prelude::*;
use serde_json::{Value, json};

const KEY_ID: &str = "key-1";
const KEY: &str = "a notification key that nobody may see";
const SECRET: &str = "a legacy secret that nobody may see";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_683_524_066_000)
}

fn verifier() -> Verifier {
    Verifier::builder().key(KEY_ID, KEY).build()
}

fn legacy() -> Verifier {
    Verifier::builder().legacy_secret(SECRET).build()
}

fn signed(body: &str) -> HeaderMap {
    Signer::new(KEY_ID, KEY).headers(body.as_bytes(), now()).unwrap()
}

fn verified(body: &str) -> Verified {
    verifier().verify(&signed(body), body.as_bytes(), now()).unwrap()
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn md5_header(signature: &str) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static("x-lf-md5"), HeaderValue::from_str(signature).unwrap())])
}

#[test]
fn the_published_sample_is_verified() {
    let samples: Value = serde_json::from_str(&fixture("published-signatures.json")).unwrap();
    let sample = &samples["notification_hmac_sha1"][0];
    let text = |name: &str| sample[name].as_str().unwrap().to_owned();
    let mut headers = HeaderMap::new();
    for (name, field) in [
        ("x-lf-notification-version", "version"),
        ("x-lf-algo", "algo"),
        ("x-lf-timestamp", "timestamp"),
        ("x-lf-signature", "signature"),
    ] {
        headers.insert(name, text(field).parse().unwrap());
    }
    let sent = UNIX_EPOCH + Duration::from_millis(text("timestamp").parse().unwrap());
    let verifier = Verifier::builder().key(text("key_id"), text("key")).build();
    for body in [r#"{"name": "liguoli","age": 18}"#, r#"{"age":18,"name":"liguoli"}"#] {
        let verified = verifier.verify(&headers, body.as_bytes(), sent).unwrap();
        assert_eq!(verified.event, Event::Unknown(json!({ "name": "liguoli", "age": 18 })));
    }
}

#[test]
fn documented_notifications_are_typed() {
    let body = fixture("notifications/sms-mo.json");
    let Event::SmsReceived(sms) = verified(&body).event else { panic!() };
    assert_eq!(sms.sim_id.as_deref(), Some("89860220190123456789"));
    assert_eq!((sms.message_type, sms.text_message.as_deref()), (Some(MessageType::Binary), Some("发送短信内容")));

    let body = fixture("notifications/mall-device-warning.json");
    let Event::PlanWarning(plan) = verified(&body).event else { panic!() };
    assert_eq!(plan.devices.len(), 3);
    assert_eq!(plan.devices[0].warning_code, Some(WarningCode::NoPlan));
}

#[test]
fn a_verifier_for_one_kind_reads_what_no_field_tells() {
    let body = r#"{"type":1005,"code":"1009","other":[]}"#;
    let read = |callback| {
        let verifier = Verifier::builder().key(KEY_ID, KEY).expecting(callback).build();
        verifier.verify(&signed(body), body.as_bytes(), now()).unwrap().event
    };
    let Event::OrderStatusChanged(changed) = read(Callback::OrderStatusChanged) else { panic!() };
    assert_eq!(changed.event("type"), Some(OrderEvent::Started));
    assert_eq!(changed.event("code"), Some(OrderEvent::Extended));
    assert_eq!((changed.event("other"), changed.event("none")), (None, None));
    assert!(matches!(read(Callback::RechargeSucceeded), Event::RechargeSucceeded(_)));
    assert!(matches!(read(Callback::AsyncApiResult), Event::AsyncApiResult(_)));
    assert!(matches!(read(Callback::PlanWarning), Event::Unknown(_)), "it has no devices");
}

#[test]
fn what_is_not_recognized_is_a_value_and_keeps_all_it_has() {
    for body in [r#"{"new":"kind"}"#, "[1]", "3", "null", r#"{"devices":"none"}"#] {
        assert_eq!(verified(body).event, Event::Unknown(serde_json::from_str(body).unwrap()), "{body}");
    }
    let body = r#"{"devices":[{"deviceId":"1","new":true}],"more":1}"#;
    let Event::PlanWarning(plan) = verified(body).event else { panic!() };
    assert_eq!(serde_json::to_value(plan).unwrap(), serde_json::from_str::<Value>(body).unwrap());
}

#[test]
fn each_bad_case_is_refused_with_its_own_rejection() {
    let body = r#"{"b":1,"a":[{"d":1,"c":2}]}"#;
    type Change = fn(&mut HeaderMap);
    let cases: [(&str, StatusCode, Change); 14] = [
        ("WrongSignature", StatusCode::UNAUTHORIZED, |headers| {
            let signer = Signer::new(KEY_ID, "another key");
            *headers = signer.headers(br#"{"b":1,"a":[{"d":1,"c":2}]}"#, now()).unwrap();
        }),
        ("UnknownKey", StatusCode::UNAUTHORIZED, |headers| {
            headers.insert("x-lf-signature", "another/AAAA".parse().unwrap());
        }),
        ("MalformedSignature", StatusCode::BAD_REQUEST, |headers| {
            headers.insert("x-lf-signature", "nothing".parse().unwrap());
        }),
        ("Stale { by: 601s }", StatusCode::UNAUTHORIZED, |headers| {
            headers.insert("x-lf-timestamp", "1683523465000".parse().unwrap());
        }),
        ("FromFuture { by: 601s }", StatusCode::UNAUTHORIZED, |headers| {
            headers.insert("x-lf-timestamp", "1683524667000".parse().unwrap());
        }),
        ("WrongSignature", StatusCode::UNAUTHORIZED, |headers| {
            headers.insert("x-lf-timestamp", "1683524066001".parse().unwrap());
        }),
        ("WrongSignature", StatusCode::UNAUTHORIZED, |headers| {
            headers.insert("x-lf-notification-version", "1.1".parse().unwrap());
        }),
        ("MalformedTimestamp", StatusCode::BAD_REQUEST, |headers| {
            headers.insert("x-lf-timestamp", "+1683524066000".parse().unwrap());
        }),
        ("MalformedTimestamp", StatusCode::BAD_REQUEST, |headers| {
            headers.insert("x-lf-timestamp", "99999999999999999999999".parse().unwrap());
        }),
        ("MissingHeader(\"x-lf-timestamp\")", StatusCode::BAD_REQUEST, |headers| {
            headers.remove("x-lf-timestamp");
        }),
        ("DuplicateHeader(\"x-lf-signature\")", StatusCode::BAD_REQUEST, |headers| {
            headers.append("x-lf-signature", "key-1/AAAA".parse().unwrap());
        }),
        ("UnreadableHeader(\"x-lf-algo\")", StatusCode::BAD_REQUEST, |headers| {
            headers.insert("x-lf-algo", HeaderValue::from_bytes(b"\xff").unwrap());
        }),
        ("UnsupportedAlgorithm", StatusCode::UNAUTHORIZED, |headers| {
            headers.insert("x-lf-algo", "md5".parse().unwrap());
        }),
        ("Unsigned", StatusCode::UNAUTHORIZED, HeaderMap::clear),
    ];
    for (name, status, change) in cases {
        let mut headers = signed(body);
        change(&mut headers);
        let rejection = verifier().verify(&headers, body.as_bytes(), now()).unwrap_err();
        assert_eq!((format!("{rejection:?}").as_str(), rejection.status()), (name, status));
        assert!(!format!("{rejection} {rejection:?} {:?}", verifier()).contains(KEY));
    }
}

#[test]
fn each_bad_body_is_refused_with_its_own_rejection() {
    let refuse = |body: &[u8]| verifier().verify(&signed("{}"), body, now()).unwrap_err();
    assert!(matches!(refuse(b"{\"a\": }"), Rejection::Body(ContentError::NotAnObject(_))));
    assert!(matches!(refuse(b"{\"a\": \"\xff\"}"), Rejection::WrongSignature), "it is verified as the bytes that came");
    assert!(matches!(refuse(b""), Rejection::Body(_)));
    assert!(matches!(refuse(br#"{"a":1,"a":2}"#), Rejection::Body(ContentError::DuplicateKey(_))));
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    assert!(matches!(refuse(deep.as_bytes()), Rejection::Body(_)));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(10_000_000));
    assert!(matches!(refuse(large.as_bytes()), Rejection::TooLarge { limit: 1_048_576 }));
    let headers = signed(r#"{"amount":"1"}"#);
    let changed = verifier().verify(&headers, br#"{"amount":"9"}"#, now()).unwrap_err();
    assert!(matches!(changed, Rejection::WrongSignature));
}

#[test]
fn reordered_keys_and_white_space_have_the_same_signature() {
    let headers = signed(r#"{"a":{"y":[1, 2],"x":"a b"},"b":"\u4e2d"}"#);
    for body in [
        r#"{"a":{"y":[1, 2],"x":"a b"},"b":"\u4e2d"}"#,
        "{ \"b\" : \"\\u4e2d\" ,\n \"a\": {\"y\": [1,2], \"x\": \"a b\"} }",
    ] {
        verifier().verify(&headers, body.as_bytes(), now()).unwrap();
    }
    let other_spaces_in_a_text = r#"{"a":{"y":[1,2],"x":"ab"},"b":"\u4e2d"}"#;
    assert!(verifier().verify(&headers, other_spaces_in_a_text.as_bytes(), now()).is_err());
}

#[test]
fn keys_below_the_top_level_may_have_been_sorted_or_not() {
    let object = r#"{"b":{"d":1,"c":"é"},"a":1}"#;
    let list = r#"[{"b": 1, "a": "\u00e9"}, 2]"#;
    for (body, text) in [
        (object, r#"{"a":1,"b":{"d":1,"c":"é"}}"#),
        (object, r#"{"a":1,"b":{"c":"é","d":1}}"#),
        (list, r#"[{"b":1,"a":"\u00e9"},2]"#),
        (list, r#"[{"a":"é","b":1},2]"#),
    ] {
        let sign = linksfield::signing::Key::new(KEY).sign(format!("1.0:HMAC-SHA1:1683524066000{text}").as_bytes());
        let mut headers = signed(body);
        headers.insert("x-lf-signature", format!("{KEY_ID}/{}", sign.as_str()).parse().unwrap());
        verifier().verify(&headers, body.as_bytes(), now()).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn the_name_of_the_algorithm_is_signed_as_it_is_written_and_known_in_any_case() {
    let mut headers = signed("{}");
    headers.insert("x-lf-algo", "hmac-sha1".parse().unwrap());
    assert!(matches!(verifier().verify(&headers, b"{}", now()), Err(Rejection::WrongSignature)));
    let sign = linksfield::signing::Key::new(KEY).sign(b"1.0:hmac-sha1:1683524066000{}");
    headers.insert("x-lf-signature", format!("{KEY_ID}/{}", sign.as_str()).parse().unwrap());
    verifier().verify(&headers, b"{}", now()).unwrap();
}

#[test]
fn a_body_may_be_as_long_as_the_limit() {
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(BODY_LIMIT - 8));
    assert_eq!((body.len(), verifier().body_limit()), (BODY_LIMIT, BODY_LIMIT));
    verifier().verify(&signed(&body), body.as_bytes(), now()).unwrap();
    let small = Verifier::builder().key(KEY_ID, KEY).body_limit(2).build();
    small.verify(&signed("{}"), b"{}", now()).unwrap();
    assert!(matches!(small.verify(&signed("{}"), b"{ }", now()), Err(Rejection::TooLarge { limit: 2 })));
}

#[test]
fn several_keys_are_accepted_while_they_change() {
    let body = "{}";
    let verifier = Verifier::builder().key("old", "1").key("new", "2").build();
    for (id, key) in [("old", "1"), ("new", "2")] {
        let headers = Signer::new(id, key).headers(body.as_bytes(), now()).unwrap();
        verifier.verify(&headers, body.as_bytes(), now()).unwrap();
    }
    let shown = format!("{:?} {verifier:?}", Signer::new("old", "a secret"));
    assert!(
        shown.starts_with("Signer(…) Verifier") && shown.contains("\"old\"") && !shown.contains("secret"),
        "{shown}"
    );
    let swapped = Signer::new("old", "2").headers(body.as_bytes(), now()).unwrap();
    assert!(matches!(verifier.verify(&swapped, body.as_bytes(), now()), Err(Rejection::WrongSignature)));
}

#[test]
fn a_refreshed_key_keeps_its_id_and_every_value_of_it_is_tried() {
    let verifier =
        Verifier::builder().key("id", "old").key("other", "new").key("id", "new").key("id", "newest").build();
    for (position, value) in ["old", "new", "newest"].into_iter().enumerate() {
        let headers = Signer::new("id", value).headers(b"{}", now()).unwrap();
        let key = verifier.verify(&headers, b"{}", now()).unwrap().key.unwrap();
        assert_eq!((key.id.as_str(), key.position), ("id", position));
        assert!(!format!("{key:?}").contains(value));
    }
    let gone = Signer::new("id", "a value of another id").headers(b"{}", now()).unwrap();
    assert!(matches!(verifier.verify(&gone, b"{}", now()), Err(Rejection::WrongSignature)));
}

#[test]
fn what_is_verified_has_what_a_handler_needs() {
    let body = r#"{ "b": 1, "a": 2 }"#;
    let mut headers = signed(body);
    headers.insert(DELIVERY_HEADER, "7".parse().unwrap());
    let verified = verifier().verify(&headers, body.as_bytes(), now() + Duration::from_secs(9)).unwrap();
    assert_eq!(verified.event, Event::Unknown(json!({ "a": 2, "b": 1 })));
    assert_eq!((verified.delivery_id.as_deref(), verified.signed_at), (Some("7"), Some(now())));
    assert_eq!((&*verified.body, verified.key.unwrap().id.as_str()), (body.as_bytes(), KEY_ID));

    let headers = Signer::legacy(SECRET).headers(body.as_bytes(), now()).unwrap();
    let verified = legacy().verify(&headers, body.as_bytes(), now()).unwrap();
    assert_eq!((verified.delivery_id, verified.signed_at, verified.key), (None, None, None), "the older one has none");
}

#[test]
fn the_headers_of_any_framework_are_read() {
    let headers = signed("{}");
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let names = [SIGNATURE_HEADER, ALGORITHM_HEADER, TIMESTAMP_HEADER, VERSION_HEADER];
    let pairs: Vec<(String, String)> = names.iter().map(|name| (name.to_ascii_uppercase(), text(name))).collect();
    let of_texts = verifier().verify(pairs.iter().map(|(name, value)| (name, value)), b"{}", now());
    assert!(of_texts.is_ok());
    let of_bytes = names.map(|name| (name, text(name).into_bytes()));
    assert!(verifier().verify(of_bytes, b"{}", now()).is_ok());
    let twice = pairs.iter().chain(&pairs).map(|(name, value)| (name, value));
    assert!(matches!(verifier().verify(twice, b"{}", now()), Err(Rejection::DuplicateHeader(_))));
}

#[test]
fn a_stranger_is_not_told_what_is_wrong() {
    let sign =
        |id: &str, key: &str, age| Signer::new(id, key).headers(b"{}", now() - Duration::from_secs(age)).unwrap();
    let refused = [sign("another", KEY, 0), sign(KEY_ID, "another", 0), sign(KEY_ID, KEY, 601), HeaderMap::new()];
    for headers in refused {
        let rejection = verifier().verify(&headers, b"{}", now()).unwrap_err();
        assert_eq!((rejection.status(), rejection.answer()), (StatusCode::UNAUTHORIZED, "not accepted"), "{rejection}");
    }
}

#[test]
fn the_tolerance_is_ten_minutes_or_what_is_set() {
    let headers = signed("{}");
    for (seconds, refused) in [(600, false), (601, true)] {
        let distance = Duration::from_secs(seconds);
        for received in [now() + distance, now() - distance] {
            assert_eq!(verifier().verify(&headers, b"{}", received).is_err(), refused, "{seconds} s");
        }
    }
    let patient = Verifier::builder().key(KEY_ID, KEY).tolerance(Duration::from_secs(3600)).build();
    patient.verify(&headers, b"{}", now() + Duration::from_secs(3600)).unwrap();
    let early = patient.verify(&headers, b"{}", now() - Duration::from_secs(601));
    assert!(matches!(early, Err(Rejection::FromFuture { .. })), "nothing is signed an hour ahead");
}

#[test]
fn the_legacy_signature_is_accepted_in_each_reading_of_its_page_if_asked_for() {
    use base64::Engine;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let object = r#"{ "b": "2", "a": "中", "n": 1.50, "t": true }"#;
    let list = r#"[{"key1":"v1","key2":"v2"},{"key1":"v11","key2":"v22"}]"#;
    let nested = r#"{"devices":[{"k2":"","k1":"x"},{"k2":"y","k1":"z"}]}"#;
    for (body, joined) in [
        (object, "b=2&a=中&n=1.50&t=true"),
        (object, "a=中&b=2&n=1.50&t=true"),
        (list, "key1=v1&key2=v2&key1=v11&key2=v22"),
        (nested, "k2=&k1=x&k2=y&k1=z"),
        (nested, "k1=x&k2=&k1=z&k2=y"),
    ] {
        let digest = Md5::digest(format!("{joined}&{SECRET}"));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        for header in [encode(&digest), encode(hex.as_bytes())] {
            let headers = md5_header(&header);
            legacy().verify(&headers, body.as_bytes(), now()).unwrap_or_else(|error| panic!("{joined}: {error}"));
            assert!(matches!(verifier().verify(&headers, body.as_bytes(), now()), Err(Rejection::LegacyNotAccepted)));
        }
    }
    let wrong = legacy().verify(&md5_header(&encode(b"0123456789abcdef")), object.as_bytes(), now()).unwrap_err();
    assert!(matches!(wrong, Rejection::WrongSignature));
    assert!(!format!("{wrong:?} {wrong} {:?}", legacy()).contains(SECRET));
}

#[test]
fn the_legacy_signature_of_nothing_is_that_of_the_secret_alone() {
    let headers = Signer::legacy(SECRET).headers(b"{}", now()).unwrap();
    let digest = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, Md5::digest(SECRET));
    assert_eq!(headers["x-lf-md5"], digest.as_str());
}

#[test]
fn the_legacy_signature_has_a_bound_of_nesting() {
    let lists = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    let objects = |count: usize| format!("{}{{}}{}", "{\"a\":[".repeat(count), "]}".repeat(count));
    let sign = |body: String| Signer::legacy(SECRET).headers(body.as_bytes(), now());
    for (deepest, too_deep) in [(lists(128), lists(129)), (format!("[{}]", objects(63)), objects(64))] {
        assert!(sign(deepest).is_ok());
        assert!(matches!(sign(too_deep), Err(Rejection::Body(ContentError::TooDeep))));
    }
}

#[test]
fn an_unsigned_notification_is_read_only_if_it_is_named_so() {
    let body = fixture("notifications/sms-mo.json");
    assert!(matches!(verifier().verify(&HeaderMap::new(), body.as_bytes(), now()), Err(Rejection::Unsigned)));
    assert!(matches!(verifier().accept_unsigned(body.as_bytes()), Ok(Event::SmsReceived(_))));
    assert!(matches!(verifier().accept_unsigned(b"<html>"), Err(Rejection::Body(_))));
    assert!(matches!(verifier().accept_unsigned(&vec![b' '; 2_000_000]), Err(Rejection::TooLarge { .. })));
}

/// All names of notifications stand beside those of the framework.
mod names {
    use axum::Router;
    use axum::routing::post;
    use linksfield::notification::*;

    pub(super) fn app() -> Router {
        let verifier = Verifier::builder().key("1", "a key").build();
        Router::new().route("/", post(async |_: Verified| ())).with_state(verifier)
    }
}

#[test]
fn the_names_of_notifications_leave_axum_alone() {
    assert!(names::app().has_routes());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::hash_map(any::<String>(), inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_signed_is_verified_and_nothing_else(body in any_json(), other in any_json(), pretty: bool) {
        let compact = body.to_string();
        let sent = if pretty { serde_json::to_string_pretty(&body).unwrap() } else { compact.clone() };
        for (signer, verifier) in [(Signer::new(KEY_ID, KEY), verifier()), (Signer::legacy(SECRET), legacy())] {
            let Ok(headers) = signer.headers(compact.as_bytes(), now()) else { continue };
            prop_assert!(verifier.verify(&headers, sent.as_bytes(), now()).is_ok());
        }
        told_as_unsigned(&sent, None);
        if other != body {
            let result = verifier().verify(&signed(&compact), other.to_string().as_bytes(), now());
            prop_assert!(matches!(result, Err(Rejection::WrongSignature)), "{body} and {other}");
        }
    }
}

/// Whether what is verified, by either signature, tells the event that it tells unsigned, or is refused as it is.
fn told_as_unsigned(body: &str, content_type: Option<&'static str>) {
    let both = Verifier::builder().key(KEY_ID, KEY).legacy_secret(SECRET).build();
    let unsigned = both.accept_unsigned(body.as_bytes());
    for signer in [Signer::new(KEY_ID, KEY), Signer::legacy(SECRET)] {
        // Nothing but an object or a list of such has the older signature.
        let Ok(mut headers) = signer.headers(body.as_bytes(), now()) else { continue };
        content_type.map(|value| headers.insert("content-type", HeaderValue::from_static(value)));
        match (both.verify(&headers, body.as_bytes(), now()), &unsigned) {
            (Ok(signed), Ok(unsigned)) => assert_eq!(&signed.event, unsigned, "{body}"),
            (signed, unsigned) => assert!(signed.is_err() && unsigned.is_err(), "{body}: {signed:?}, {unsigned:?}"),
        }
    }
}

#[test]
fn what_is_verified_tells_the_same_event_as_it_does_unsigned() {
    let plan = fixture("notifications/mall-device-warning.json");
    let escaped = plan.replacen("\"devices\"", "\"devi\\u0063es\"", 1);
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    for body in [
        r#"{"a":{"b":1,"b":2}}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"[{"b":1,"b":2}]"#,
        r#"{"a":[{"b":"\ud800"}],"b":1.50}"#,
        "{\"a\":\"\u{1}\"}",
        &plan,
        &escaped,
        &plan.replacen("\"warningCode\"", "\"deviceId\": \"0\", \"warningCode\"", 1),
        &plan.replacen("\"1\"", "\"\\ud800\"", 1),
        &nested(127),
        &nested(128),
        &nested(129),
        &format!("[{}{{}}]", "{},".repeat(200)),
    ] {
        told_as_unsigned(body, None);
    }
    assert_ne!(plan, escaped);
    assert!(verifier().accept_unsigned(nested(127).as_bytes()).is_ok());
    assert!(matches!(verifier().accept_unsigned(escaped.as_bytes()), Ok(Event::PlanWarning(_))));
    told_as_unsigned("\u{feff}{\"a\":\"许\"}", Some("application/json; charset=gbk"));
}

/// A notification in another encoding than UTF-8, signed over the bytes that are sent.
fn signed_bytes(body: &[u8], content: &[u8]) -> HeaderMap {
    let mut headers = signed("{}");
    let timestamp = headers["x-lf-timestamp"].to_str().unwrap().to_owned();
    let text = [format!("1.0:HMAC-SHA1:{timestamp}").as_bytes(), content].concat();
    let signature = format!("{KEY_ID}/{}", Key::new(KEY).sign(&text).as_str());
    headers.insert("x-lf-signature", signature.parse().unwrap());
    headers.insert("content-type", "application/json".parse().unwrap());
    assert!(std::str::from_utf8(body).is_err());
    headers
}

#[test]
fn a_body_that_is_not_utf_8_is_verified_as_the_bytes_that_came() {
    let (chinese, _, _) = encoding_rs::GBK.encode("许乗");
    let gbk = [br#"{"text_message":""#.as_slice(), &chinese, br#"","sim_id":"1","message_type":"t"}"#].concat();
    let sorted = [br#"{"message_type":"t","sim_id":"1","text_message":""#.as_slice(), &chinese, br#""}"#].concat();
    let event = verifier().verify(&signed_bytes(&gbk, &sorted), &gbk, now()).unwrap().event;
    let Event::SmsReceived(sms) = event else { panic!("{event:?}") };
    assert_eq!(sms.text_message.as_deref(), Some("许乗"));
    // Neither UTF-8 nor GB18030.
    let odd = b"{\"b\":\"\xff\",\"a\":1}";
    let event = verifier().verify(&signed_bytes(odd, b"{\"a\":1,\"b\":\"\xff\"}"), odd, now()).unwrap().event;
    assert_eq!(event, Event::Unknown(serde_json::json!({ "a": 1, "b": "\u{fffd}" })));
    // A character that is written in two ways: here as the other one.
    let euro = b"{\"a\":\"\xa2\xe3\"}";
    verifier().verify(&signed_bytes(euro, euro), euro, now()).unwrap();
}

#[test]
fn what_only_looks_odd_reaches_the_handler_whole() {
    for (body, read) in [
        (r#"{"iccid":89852022018041800192,"n":1.50}"#, r#"{"iccid":"89852022018041800192","n":"1.50"}"#),
        (r#"{"text":"cut \ud83d","b":"\ud83d\ude00"}"#, "{\"text\":\"cut \u{fffd}\",\"b\":\"\u{1f600}\"}"),
    ] {
        assert_eq!(verified(body).event, Event::Unknown(serde_json::from_str(read).unwrap()), "{body}");
    }
    let body = r#"{"a":1}"#;
    let marked = format!("\u{feff}{body}\0\0");
    verifier().verify(&signed(body), marked.as_bytes(), now()).unwrap();
    assert!(verifier().accept_unsigned(b"true x").is_err());
}

#[test]
fn control_characters_that_stand_in_a_text_as_they_are_are_signed_so_and_read() {
    let raw = "{ \"text_message\": \"a\nb\u{1}\\\"\",\n \"sim_id\": \"1\", \"message_type\": \"t\" }";
    let sorted = "{\"message_type\":\"t\",\"sim_id\":\"1\",\"text_message\":\"a\nb\u{1}\\\"\"}";
    let signature = |text: &str| Key::new(KEY).sign(format!("1.0:HMAC-SHA1:1683524066000{text}").as_bytes());
    let mut headers = signed("{}");
    headers.insert("x-lf-signature", format!("{KEY_ID}/{}", signature(sorted).as_str()).parse().unwrap());
    let Event::SmsReceived(sms) = verifier().verify(&headers, raw.as_bytes(), now()).unwrap().event else { panic!() };
    assert_eq!(sms.text_message.as_deref(), Some("a\nb\u{1}\""));
    let other = raw.replace('\u{1}', "\u{2}");
    assert!(matches!(verifier().verify(&headers, other.as_bytes(), now()), Err(Rejection::WrongSignature)));
    let private = raw.replace('\u{1}', "\u{f0001}");
    assert!(matches!(verifier().verify(&headers, private.as_bytes(), now()), Err(Rejection::WrongSignature)));
    for signer in [Signer::new(KEY_ID, KEY), Signer::legacy(SECRET)] {
        let both = Verifier::builder().key(KEY_ID, KEY).legacy_secret(SECRET).build();
        for body in ["{\"a\":\"\u{f0001}\u{1}\u{f0021}\"}", "{\"a\tb\":[\"\r\n\"]}"] {
            let headers = signer.headers(body.as_bytes(), now()).unwrap();
            both.verify(&headers, body.as_bytes(), now()).unwrap();
        }
    }
    // In another encoding as well.
    let (chinese, _, _) = encoding_rs::GBK.encode("许\n乗");
    let gbk = [br#"{"a":""#.as_slice(), &chinese, br#""}"#].concat();
    let event = verifier().verify(&signed_bytes(&gbk, &gbk), &gbk, now()).unwrap().event;
    assert_eq!(event, Event::Unknown(json!({ "a": "许\n乗" })));
}
