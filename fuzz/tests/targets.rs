//! The targets.

use std::collections::BTreeMap;

use linksfield::Time;
use linksfield::envelope::{read, wrap};
use linksfield::notification::{Signer, Verifier};
use linksfield::signing::{ContentError, Key, explain, verify};
use linksfield_fuzz::{Change, changed};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// An object is refused only if a key is there twice or it is too deep, and nothing else is taken for one. The canonical
/// content is that of serde_json's sorted maps, and is its own canonical content.
#[test]
fn content() {
    bolero::check!().with_type::<Change>().for_each(|change| {
        let body = changed(change);
        // Maps of serde_json are sorted. It rounds and refuses numbers, so only bodies whose numbers it keeps are compared.
        let read = serde_json::from_slice::<BTreeMap<String, Value>>(&body);
        let explanation = match explain(&body) {
            Ok(explanation) => explanation,
            Err(ContentError::NotAnObject(error)) => return assert!(read.is_err(), "refused: {error}"),
            Err(_) => return,
        };
        assert!(serde_json::from_slice::<BTreeMap<String, &RawValue>>(&body).is_ok(), "no object: {body:?}");
        let content = explanation.content();
        assert_eq!(explain(content.as_bytes()).expect("canonical").content(), content);
        let Ok(mut all) = read else { return };
        all.retain(|name, value| name != "sign" && ![json!(null), json!(""), json!([]), json!({})].contains(value));
        let independent = json!(all).to_string();
        let numbers = |text: &str| text.contains(|letter: char| letter.is_ascii_digit());
        if independent != content {
            assert!(numbers(content), "{content} is not {independent}");
            let reread: Value = serde_json::from_str(content).expect("JSON");
            assert_eq!(reread.to_string(), independent);
        }
    });
}

/// What is signed verifies; what is not signed does not.
#[test]
fn signatures() {
    let (key, other) = (Key::new("secret"), Key::new("another"));
    bolero::check!().with_type::<Change>().for_each(|change| {
        let body = changed(change);
        assert!(verify(&body, &key).is_err(), "nobody signed this");
        let Ok(signed) = wrap(&body, "P000270", "1643253530", &key) else { return };
        assert!(verify(&signed, &key).is_ok());
        assert!(verify(&signed, &other).is_err());
    });
}

/// A body is refused for a reason, or signed without losing anything.
#[test]
fn wrapping() {
    let key = Key::new("secret");
    bolero::check!().with_type::<Change>().for_each(|change| {
        let body = changed(change);
        let Ok(signed) = wrap(&body, "P000270", "1643253530", &key) else { return };
        let (Ok(before), Ok(mut after)) =
            (serde_json::from_slice::<Value>(&body), serde_json::from_slice::<Value>(&signed))
        else {
            return;
        };
        let fields = after.as_object_mut().expect("an object");
        for added in ["access_code", "timestamp", "version", "sign"] {
            assert!(fields.remove(added).is_some());
        }
        assert_eq!(before, after);
    });
}

/// An answer is read or not, but never crashes.
#[test]
fn answers() {
    bolero::check!().with_type::<Change>().for_each(|change| {
        let body = changed(change);
        if let Ok(answer) = read(&body) {
            let whole: Value = match serde_json::from_slice(&body) {
                Ok(whole) => whole,
                Err(_) => return,
            };
            assert!(matches!(whole["code"], Value::String(_) | Value::Number(_) | Value::Bool(_)), "{answer:?}");
        }
    });
}

/// A notification is refused for a reason, or is an event; what Linksfield would sign is verified, what it would not is not.
#[test]
fn notifications() {
    let now = std::time::SystemTime::now();
    let verifier_of = |key: &str, secret: &str| Verifier::builder().key("1", key).legacy_secret(secret).build();
    bolero::check!().with_type::<Change>().for_each(|change| {
        let (verifier, other) = (verifier_of("key", "secret"), verifier_of("another", "another"));
        let body = changed(change);
        let _ = verifier.accept_unsigned(&body);
        for signer in [Signer::new("1", "key"), Signer::legacy("secret")] {
            let Ok(headers) = signer.headers(&body, now) else { continue };
            // The older signature reads keys in two orders, and refuses a key that is there twice in the second.
            if let Err(error) = verifier.verify(&headers, &body, now) {
                assert!(matches!(error, linksfield::notification::Rejection::Body(_)), "{error}");
            }
            assert!(other.verify(&headers, &body, now).is_err());
        }
    });
}

/// A time is an instant or not, and stays the text that it was.
#[test]
fn times() {
    const SEEDS: [&str; 4] = ["2022-01-27 11:23:43", "20231127", "9999-12-31 23:59:59", "-999-01-01 00:00:00"];
    bolero::check!().with_type::<(u8, Vec<(u8, u8)>)>().for_each(|(seed, edits)| {
        let mut text = SEEDS[usize::from(*seed) % SEEDS.len()].as_bytes().to_vec();
        for (place, byte) in edits {
            let place = usize::from(*place) % text.len();
            text[place] = *byte;
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        let time = Time::from(text.as_str());
        let _ = time.in_utc8();
        assert_eq!(time.as_str(), text);
    });
}
