//! The canonical content, and the signature over it, apart.

use linksfield::envelope::wrap;
use linksfield::signing::{ContentError, Key, Reason, Signature, TimestampUnit, VerifyError, explain, verify};
use md5::{Digest, Md5};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Vector<'a> {
    name: String,
    #[serde(borrow)]
    parameters: &'a RawValue,
    access_code: String,
    timestamp: String,
    secret: String,
    content: Option<String>,
    sign: Option<String>,
    error: Option<String>,
}

fn vectors(check: impl Fn(&Vector<'_>, Result<Vec<u8>, ContentError>)) {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/signing-vectors.json")).unwrap();
    let vectors: Vec<Vector<'_>> = serde_json::from_str(&text).unwrap();
    assert!(vectors.len() >= 25);
    for vector in &vectors {
        let key = Key::new(&vector.secret);
        check(vector, wrap(vector.parameters.get().as_bytes(), &vector.access_code, &vector.timestamp, &key));
    }
}

#[test]
fn every_vector_has_its_content() {
    vectors(|vector, wrapped| match (&vector.content, wrapped) {
        (Some(content), Ok(body)) => assert_eq!(explain(&body).unwrap().content(), content, "{}", vector.name),
        (None, Err(error)) => assert!(vector.error.is_some(), "{}: {error}", vector.name),
        (_, result) => panic!("{}: {result:?}", vector.name),
    });
}

#[test]
fn every_vector_has_its_signature() {
    vectors(|vector, wrapped| {
        if let (Some(content), Some(sign)) = (&vector.content, &vector.sign) {
            let key = Key::new(&vector.secret);
            assert_eq!(key.sign(content.as_bytes()).as_str(), sign, "{}", vector.name);
            assert!(key.matches(content.as_bytes(), &Signature::from(sign.as_str())), "{}", vector.name);
            let body: Value = serde_json::from_slice(&wrapped.unwrap()).unwrap();
            assert_eq!(body["sign"], *sign, "{}", vector.name);
        }
    });
}

#[test]
fn nothing_of_a_vector_is_lost_on_the_wire() {
    vectors(|vector, wrapped| {
        if let Ok(body) = wrapped {
            let mut sent: Map<String, Value> = serde_json::from_slice(&body).unwrap();
            sent.retain(|name, _| !["access_code", "timestamp", "version", "sign"].contains(&name.as_str()));
            let parameters: Map<String, Value> = serde_json::from_str(vector.parameters.get()).unwrap();
            assert_eq!(sent, parameters, "{}", vector.name);
        }
    });
}

#[test]
fn the_vendors_mall_signatures_reproduce_from_the_canonical_content() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/published-signatures.json"));
    let published: Value = serde_json::from_str(&text.unwrap()).unwrap();
    let samples = published["mall_md5"].as_array().unwrap();
    assert_eq!(samples.len(), 2);
    for sample in samples {
        let content = explain(sample["params"].to_string().as_bytes()).unwrap();
        let digest: String = Md5::digest(content.content()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sample["sign"], digest, "{}", content.content());
    }
}

#[test]
fn numbers_are_signed_as_written() {
    let body = br#"{"a":1.0,"b":1E5,"c":-0,"d":1e-7,"e":[10000000000000000000000000.10]}"#;
    assert_eq!(explain(body).unwrap().content().as_bytes(), body);
}

#[test]
fn white_space_and_needless_escapes_do_not_matter() {
    let spaced = b"\n{ \"b\" : [ 1 , { \"z\" : 2 , \"y\" : \"\\u4e2d\\/\" } ] ,\t\"a\" : \"\\u0041\" }\r\n";
    assert_eq!(explain(spaced).unwrap().content(), r#"{"a":"A","b":[1,{"y":"中/","z":2}]}"#);
    assert_eq!(explain(br#"{"\u0061":"\/\u0041"}"#).unwrap().content(), r#"{"a":"/A"}"#);
    assert_eq!(explain(br#"{"a":"\/\u0041","b":"\/"}"#).unwrap().content(), r#"{"a":"/A","b":"/"}"#);
    assert_eq!(explain(br#"{"a":"\/\/"}"#).unwrap().content(), r#"{"a":"//"}"#);
}

#[test]
fn whatever_has_to_be_escaped_is_however_often_it_is_there() {
    let body = r#"{"a":"\"\\","b":"\"\n","c":"\\\n","d":"\"\"","e":"\\\\","f":"\n\n","\"\\":"1","\"\n":"2"}"#;
    let content = explain(body.as_bytes()).unwrap().content().to_owned();
    let read: (Map<String, Value>, Map<String, Value>) =
        (serde_json::from_str(body).unwrap(), serde_json::from_str(&content).unwrap());
    assert_eq!((read.0, content.len()), (read.1, body.len()));
}

#[test]
fn empty_containers_with_white_space_are_empty() {
    let explanation = explain(br#"{"a":[ ],"b":{ },"c":" "}"#).unwrap();
    assert_eq!(explanation.content(), r#"{"c":" "}"#);
}

#[test]
fn the_sign_comes_after_what_is_signed_and_before_what_is_empty() {
    let body = wrap(br#"{"mcc":"","days":364,"a":null}"#, "P000270", "1662628450", &Key::new("s")).unwrap();
    let text = String::from_utf8(body).unwrap();
    let signed = r#"{"access_code":"P000270","days":364,"timestamp":"1662628450","version":"2.0","sign":""#;
    assert!(text.starts_with(signed), "{text}");
    assert!(text.ends_with(r#"=","a":null,"mcc":""}"#), "{text}");
}

#[test]
fn explain_says_what_was_left_out_and_why() {
    let explanation = explain(br#"{"sign":"x","mcc":"","order_id":"1"}"#).unwrap();
    let left_out: Vec<_> = explanation.left_out().iter().map(|left| (left.name.as_str(), left.reason)).collect();
    assert_eq!(left_out, [("mcc", Reason::Empty), ("sign", Reason::IsSignature)]);
}

#[test]
fn a_body_that_is_no_object_is_an_error() {
    for body in ["[]", "1", "null", "\"text\"", "", "{", "{\"a\":1}x", "{\"a\":\"\\ud800\"}", "{a:1}"] {
        let wrapped = wrap(body.as_bytes(), "P000270", "1643253530", &Key::new("s"));
        assert!(matches!(wrapped, Err(ContentError::NotAnObject(_))), "{body}: {wrapped:?}");
    }
    let error = explain(b"[]").unwrap_err().to_string();
    assert!(error.starts_with("the body must be a JSON object: expected a JSON object at line 1"), "{error}");
    for body in [&b"}"[..], b"{\"a\":\"\xff\"}", b"{\"a\":\"\x01\"}", b"{\"a\":\"\x01\n\"}", b"{\"\t\":\"\"}"] {
        assert!(matches!(explain(body), Err(ContentError::NotAnObject(_))));
    }
}

#[test]
fn what_almost_is_an_object_of_text_is_an_error() {
    assert_eq!(explain(br#"{"a":"1","b":"2"}"#).unwrap().content(), r#"{"a":"1","b":"2"}"#);
    for body in [
        r#"["a":"1","b":"2"}"#,
        r#"("a":"1"}"#,
        r#""a":"1"}"#,
        r#"{"a":"1";"b":"2"}"#,
        r#"{"a":"1","b","2"}"#,
        r#"{"a":"1","b":"2","c"}"#,
        r#"{"a":"1","b":"2",}"#,
        r#"{"a":"1","b":"2"]"#,
        r#"{"a":"1","b":"2"}}"#,
        r#"{"a":"1","b":"2""#,
        r#"{"a":"1","b":"2}"#,
    ] {
        assert!(matches!(explain(body.as_bytes()), Err(ContentError::NotAnObject(_))), "{body}");
    }
}

#[test]
fn a_parameter_that_the_signing_sets_is_an_error() {
    for name in ["access_code", "timestamp", "version", "sign"] {
        for value in ["\"1\"", "\"\"", "null"] {
            let body = format!("{{\"{name}\":{value}}}");
            let wrapped = wrap(body.as_bytes(), "P000270", "1643253530", &Key::new("s"));
            assert!(matches!(&wrapped, Err(ContentError::ReservedKey(key)) if key == name), "{body}: {wrapped:?}");
        }
    }
}

#[test]
fn a_key_that_is_there_twice_is_an_error_at_every_depth() {
    for body in [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":1}"#, r#"{"x":[{"a":1,"b":2,"a":3}]}"#] {
        assert!(matches!(explain(body.as_bytes()), Err(ContentError::DuplicateKey(key)) if key == "a"), "{body}");
        let wrapped = wrap(body.as_bytes(), "P000270", "1643253530", &Key::new("s"));
        assert!(matches!(wrapped, Err(ContentError::DuplicateKey(key)) if key == "a"), "{body}");
    }
}

#[test]
fn nesting_has_a_bound_which_is_the_same_for_arrays_and_objects_whatever_is_in_them() {
    let arrays = |inner: &str, count: usize| format!("{}{inner}{}", "[".repeat(count), "]".repeat(count));
    let objects = |inner: &str, count: usize| format!("{}{inner}{}", "{\"a\":".repeat(count), "}".repeat(count));
    for inner in ["1", "\"text\"", "\"\\u4e2d\"", "null"] {
        for (what, deepest, too_deep) in [
            ("arrays", objects(&arrays(inner, 127), 1), objects(&arrays(inner, 128), 1)),
            ("objects", objects(inner, 128), objects(inner, 129)),
            ("an empty array", objects("[]", 127), objects("[]", 128)),
            ("an empty object", objects(&arrays("{}", 126), 1), objects(&arrays("{ }", 127), 1)),
        ] {
            assert!(explain(deepest.as_bytes()).is_ok(), "{what} around {inner}");
            assert!(matches!(explain(too_deep.as_bytes()), Err(ContentError::TooDeep)), "{what} around {inner}");
        }
    }
    assert!(matches!(explain(objects(&arrays("1", 100_000), 1).as_bytes()), Err(ContentError::TooDeep)));
}

#[test]
fn another_key_or_another_signature_does_not_verify() {
    let body = wrap(br#"{"order_id":"1"}"#, "P000270", "1643253530", &Key::new("right")).unwrap();
    assert!(verify(&body, &Key::new("right")).is_ok());
    assert!(matches!(verify(&body, &Key::new("wrong")), Err(VerifyError::Mismatch(_))));
    assert!(matches!(verify(br#"{"order_id":"1"}"#, &Key::new("right")), Err(VerifyError::Unsigned)));
    let shown = format!("{:?} {:?}", Key::new("right"), Signature::from("AAAA"));
    assert_eq!(shown, "Key(…) Signature(…)", "neither of them");
    for sign in ["", "=", "AAAA", "not base64 at all", "zOoyHBVtE/pOeA7nOuzCLvAg8d8="] {
        let body = json!({ "order_id": "1", "sign": sign }).to_string();
        assert!(matches!(verify(body.as_bytes(), &Key::new("right")), Err(VerifyError::Mismatch(_))), "{sign}");
    }
}

#[test]
fn a_timestamp_has_seconds_or_milliseconds() {
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_640_917_845_984);
    assert_eq!(TimestampUnit::Seconds.format(now).as_deref(), Some("1640917845"));
    assert_eq!(TimestampUnit::Milliseconds.format(now).as_deref(), Some("1640917845984"));
    let early = std::time::UNIX_EPOCH - std::time::Duration::from_secs(1);
    assert_eq!(TimestampUnit::Seconds.format(early), None);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e6..1.0e6).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Parameters with names that are not those of the signing.
fn any_parameters() -> impl Strategy<Value = String> {
    prop::collection::hash_map(".{0,8}x", any_json(), 0..8)
        .prop_map(|map| Value::Object(map.into_iter().collect()).to_string())
}

proptest! {
    #[test]
    fn any_object_that_was_signed_verifies(parameters in any_parameters(), secret in ".{1,80}") {
        let key = Key::new(&secret);
        let body = wrap(parameters.as_bytes(), "P000270", "1643253530", &key).unwrap();
        prop_assert!(verify(&body, &key).is_ok());
        let reordered: Value = serde_json::from_slice(&body).unwrap();
        prop_assert!(verify(reordered.to_string().as_bytes(), &key).is_ok());
    }

    #[test]
    fn any_changed_byte_of_what_is_signed_does_not_verify(
        parameters in any_parameters(), position in any::<prop::sample::Index>(), flip in 1_u8..=255,
    ) {
        let key = Key::new("secret");
        let mut body = wrap(parameters.as_bytes(), "P000270", "1643253530", &key).unwrap();
        let signed = body.windows(9).rposition(|window| window == b",\"sign\":\"").unwrap() + 9 + 28;
        body[position.index(signed)] ^= flip;
        prop_assert!(verify(&body, &key).is_err());
    }

    #[test]
    fn the_content_is_that_of_an_independent_canonicaliser(parameters in any_parameters()) {
        let mut sorted: Value = serde_json::from_str(&parameters).unwrap();
        sorted.as_object_mut().unwrap().retain(|_, value| !is_empty(value));
        sorted.sort_all_objects();
        let content = explain(parameters.as_bytes()).unwrap();
        prop_assert_eq!(content.content(), serde_json::to_string(&sorted).unwrap());
    }
}

fn is_empty(value: &Value) -> bool {
    [json!(null), json!(""), json!([]), json!({})].contains(value)
}
