//! The request that is signed and sent, and the answer that comes.

use std::time::UNIX_EPOCH;

use http::HeaderValue;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, HeaderName};
use serde::Deserialize;

use super::keys::Credentials;
use super::signature::{NONCE, SIGNATURE_TYPE, Signed, TIMESTAMP, VERSION};
use super::types::ResultCode;
use crate::error::Blame;
use crate::family::envelope::{Envelope, Written, unsaid};
use crate::family::place::place_listing;
use crate::family::scheme::{Answer, Moment, Outgoing, Received, Scheme, SignError, Unreadable, Unsigned, by_number};
use crate::signing::{Explanation, explain_parameters};

const API_VERSION: HeaderName = HeaderName::from_static("x-lf-api-version");

/// Signs with a key, and reads the envelope.
#[derive(Debug)]
pub(super) struct Signing {
    pub(super) credentials: Credentials,
    pub(super) api_version: Option<HeaderValue>,
    /// What stands for the path of the server's URL where the path is signed.
    pub(super) signed_base_path: Option<String>,
}

impl Signing {
    /// The request without its signature, and what of it is signed beside the body.
    fn placed(&self, call: &Unsigned<'_>, moment: Moment) -> Result<(Outgoing, Signed), SignError> {
        // A list in the query is signed as one text, so that it is sent as one.
        let mut outgoing = place_listing(call, call.parameters.to_vec(), Some(','))?;
        let path = outgoing.url.path();
        let uri = match &self.signed_base_path {
            Some(base) => [base, path.strip_prefix(call.base.path().trim_end_matches('/')).unwrap_or(path)].concat(),
            None => path.to_owned(),
        };
        let since = moment.now.duration_since(UNIX_EPOCH).map_err(|_| SignError::Clock)?;
        let timestamp = u64::try_from(since.as_millis()).map_err(|_| SignError::Clock)?;
        // A positive number below 2^31.
        let nonce = moment.nonce % ((1 << 31) - 1) + 1;
        let query = outgoing.url.query_pairs().into_owned().collect();
        outgoing.headers.extend([
            (HeaderName::from_static(TIMESTAMP), timestamp.into()),
            (HeaderName::from_static(NONCE), nonce.into()),
            (HeaderName::from_static(SIGNATURE_TYPE), HeaderValue::from_static(VERSION)),
            (ACCEPT_LANGUAGE, HeaderValue::from_static("en-US")),
        ]);
        outgoing.headers.extend(self.api_version.iter().map(|version| (API_VERSION, version.clone())));
        Ok((outgoing, Signed { timestamp: timestamp.to_string(), nonce: nonce.to_string(), uri, query }))
    }
}

impl Scheme for Signing {
    fn account(&self) -> &str {
        self.credentials.key_id()
    }

    fn sign(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Outgoing, SignError> {
        let (mut outgoing, signed) = self.placed(call, moment)?;
        let parameters = signed.with(outgoing.body.as_deref().unwrap_or_default())?;
        let mut content = Vec::with_capacity(512);
        parameters.write_signed(&mut content)?;
        let authorization = self.credentials.authorization(&content).ok_or(SignError::Random)?;
        outgoing.headers.insert(AUTHORIZATION, authorization);
        Ok(outgoing)
    }

    fn explain(&self, call: &Unsigned<'_>, moment: Moment) -> Result<Explanation, SignError> {
        let (outgoing, signed) = self.placed(call, moment)?;
        let explanation = explain_parameters(&signed.with(outgoing.body.as_deref().unwrap_or_default())?, None)?;
        let notes = notes(&explanation, &signed.uri, outgoing.url.path());
        Ok(explanation.with_notes(notes))
    }

    fn read<'a>(&self, answer: &Received<'a>) -> Result<Answer<'a>, Unreadable> {
        let around = Envelope::parse(answer.text)?;
        let Enveloped { status } = serde_json::from_str(answer.text)?;
        let status = status.ok_or_else(|| unsaid("status.code"))?;
        let (within, success) = (Envelope::parse(status.get())?, ResultCode::Success.as_str());
        let said = around.over(within, success)?.judge(success)?;
        match said.ok_or_else(|| unsaid("status.code"))? {
            Answer::Accepted { .. } if !answer.status.is_success() => {
                Err(Unreadable(format!("it contradicts itself: its code says success, but HTTP {}", answer.status)))
            }
            said => Ok(said),
        }
    }

    fn doubt_elsewhere(&self) -> Option<&'static str> {
        Some(
            "the path is signed: where something hands calls on with another path, signed_base_path must be that one, or \
             LINKSFIELD_CUBE_SIGNED_BASE_PATH where the environment is read",
        )
    }

    fn who(&self) -> &'static str {
        "that the key id and the key are one pair, and of this server"
    }

    fn meaning(&self, code: &str) -> Option<&'static str> {
        result_code(code).meaning()
    }

    fn blame(&self, code: &str) -> Blame {
        match result_code(code) {
            ResultCode::InternalCallError | ResultCode::InternalServiceError => Blame::Server,
            ResultCode::AuthorizationMissing | ResultCode::AuthenticationFailed => Blame::Caller,
            _ => by_number(code),
        }
    }
}

/// A code, however its letters are written.
fn result_code(code: &str) -> ResultCode {
    ResultCode::from(code.trim().to_ascii_uppercase())
}

#[derive(Deserialize)]
struct Enveloped<'a> {
    #[serde(borrow)]
    status: Written<'a>,
}

/// What is decided here and not stated by the documentation, as far as it matters for a request.
fn notes(explanation: &Explanation, signed: &str, sent: &str) -> Vec<String> {
    let content = explanation.content();
    let decided = [
        (true, "no white space between tokens: the page says \"without any separators\""),
        (!explanation.left_out().is_empty(), "what is left out: null, \"\", [] and {} at the top level"),
        (content.contains(' '), "white space inside a value is kept: a printed sample of signature v1 removes it"),
        (!content.is_ascii(), "characters outside ASCII are signed as they are, in UTF-8"),
        (sent.contains('%'), "a path that needs percent-encoding is signed as it is sent"),
        (
            content.contains("\"category\":"),
            "`category` is signed by its own name: a printed sample says category_type",
        ),
    ];
    let decided = decided
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, what)| format!("decided here, not stated: {what}"));
    let moved = (signed != sent).then(|| format!("the path {sent} is signed as {signed}"));
    decided.chain(moved).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use http::{Method, StatusCode};
    use reqwest::Url;
    use serde_json::Value;

    use super::*;
    use crate::cube::{OPERATIONS, PrivateKey, SignedRequest, verify};
    use crate::openapi::Operation;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../openapi/cube-signing-vectors.json")).unwrap()
    }

    fn signed(credentials: Credentials) -> Signing {
        Signing { credentials, api_version: None, signed_base_path: None }
    }

    #[test]
    fn each_stage_of_a_signature_is_that_of_the_vectors() {
        let file = vectors();
        let (base, key) = (file["base_url"].as_str().unwrap().parse().unwrap(), file["private_key"].as_str().unwrap());
        for vector in file["vectors"].as_array().unwrap() {
            let text = |name: &str| vector[name].as_str().unwrap();
            let name = text("name");
            let key = PrivateKey::from_text(key).unwrap();
            let scheme = signed(Credentials::new(text("key_id"), key.clone()).unwrap());
            let operation = OPERATIONS.iter().find(|operation| operation.path == text("path")).unwrap();
            let method: Method = text("method").parse().unwrap();
            let parameters = vector["parameters"].to_string();
            let call = Unsigned {
                method: &method,
                base: &base,
                path: operation.path,
                added: operation.added,
                placing: operation.placing,
                in_query: &[],
                parameters: parameters.as_bytes(),
            };
            let now = UNIX_EPOCH + Duration::from_millis(text("timestamp").parse().unwrap());
            let moment = Moment { now, nonce: vector["nonce"].as_u64().unwrap() - 1 };
            let outgoing = scheme.sign(&call, moment).unwrap();
            assert_eq!(scheme.explain(&call, moment).unwrap().content(), text("content"), "{name}");
            // The order of the query is no part of it.
            let parts = |url: &Url| {
                let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
                (url.path().to_owned(), query)
            };
            assert_eq!(parts(&outgoing.url), parts(&text("url").parse().unwrap()), "{name}");
            for (header, value) in vector["headers"].as_object().unwrap() {
                assert_eq!(outgoing.headers[header.as_str()], value.as_str().unwrap(), "{name}");
            }
            assert!(outgoing.headers[AUTHORIZATION].is_sensitive());
            let json = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
            let expected = vector["body"].as_str().map(|body| json(body.as_bytes()));
            assert_eq!(outgoing.body.as_deref().map(json), expected, "{name}");
            let request = SignedRequest {
                path: outgoing.url.path(),
                query: outgoing.url.query().unwrap_or_default(),
                headers: &outgoing.headers,
                body: outgoing.body.as_deref().unwrap_or_default(),
            };
            let explanation = verify(&request, |_| Some(key.public_key()), now).unwrap();
            assert_eq!(explanation.content(), text("content"), "{name}");
        }
    }

    #[test]
    fn the_query_and_the_body_of_one_request_are_signed_as_openssl_signs_them() {
        let (file, method) = (vectors(), Method::PUT);
        let key = PrivateKey::from_text(file["private_key"].as_str().unwrap()).unwrap();
        let call = Unsigned {
            method: &method,
            base: &file["base_url"].as_str().unwrap().parse().unwrap(),
            path: "/sims/{sim_id}/cancel",
            added: &[],
            placing: crate::openapi::Placing::RAW,
            in_query: &["tags".to_owned(), "order_id".to_owned()],
            parameters: r#"{"sim_id":"1","order_id":"OL-1 + ü","tags":[1,"b"],"keep":true}"#.as_bytes(),
        };
        let moment = Moment { now: UNIX_EPOCH + Duration::from_millis(1_674_197_059_220), nonce: 0 };
        let outgoing = signed(Credentials::new("id", key).unwrap()).sign(&call, moment).unwrap();
        let url = "https://api.linksfield.net/cube/v4/sims/1/cancel?order_id=OL-1%20%2B%20%C3%BC&tags=1%2Cb";
        assert_eq!(outgoing.url.as_str(), url);
        assert_eq!(outgoing.body.unwrap(), br#"{"keep":true}"#);
        // `openssl dgst -sha1 -sign` of {"keep":true,"nonce":"1","order_id":"OL-1 + ü","tags":"1,b",
        // "timestamp":"1674197059220","x-sign-uri":"/cube/v4/sims/1/cancel"} with no line break in it.
        let sign = "Hmq/avxWW+YEkpnCTdPfuCWCJsfQDYjO21XMmiR0Y/M6EES0EhXaUjKGOYhb2UvoRL82X4uan5gKNWVYJ2DBSnJLK7pzpV04YU9O+cdouCO0\
                    Nd4eBmo8sbo1xVMBYupKi9m6T2teVE96yI2aXD0BkhAIeqKFf1pTn/tw1WJMi+Q=";
        assert_eq!(outgoing.headers[AUTHORIZATION], format!("LF id/{sign}"));
    }

    #[test]
    fn a_code_blames_the_service_the_caller_or_what_was_asked() {
        let key = PrivateKey::from_text(vectors()["private_key"].as_str().unwrap()).unwrap();
        let scheme = signed(Credentials::new("id", key).unwrap());
        for (code, blame) in [
            ("CB-99-9500", Blame::Server),
            ("CB-99-9999", Blame::Server),
            ("503", Blame::Server),
            ("CB-99-9401", Blame::Caller),
            ("CB-99-9403", Blame::Caller),
            ("429", Blame::Caller),
            ("CB-99-9400", Blame::Request),
            ("CB-01-9999", Blame::Request),
            ("", Blame::Request),
        ] {
            assert_eq!(scheme.blame(code), blame, "{code}");
        }
    }

    /// Figures, as ratios of one run: `cargo test --all-features --lib measure -- --ignored --nocapture`, best with `--release`.
    #[test]
    #[ignore = "measures"]
    fn measure_a_signature() {
        use std::hint::black_box;
        use std::process::Command;
        use std::time::Instant;

        let per_call = |work: &dyn Fn()| {
            let round = || {
                let start = Instant::now();
                (0..100).for_each(|_| work());
                start.elapsed().as_secs_f64() / 100.0
            };
            (0..20).map(|_| round()).fold(f64::MAX, f64::min)
        };
        let key = PrivateKey::from_text(vectors()["private_key"].as_str().unwrap()).unwrap();
        let scheme = signed(Credentials::new("id", key.clone()).unwrap());
        let operation = OPERATIONS.iter().find(|operation| operation.id == "createRenewalOrder").unwrap();
        let (method, base) = (Method::POST, "https://api.linksfield.net/cube/v4".parse().unwrap());
        let Operation { path, added, placing, .. } = *operation;
        let parameters = operation.example.as_bytes();
        let call = Unsigned { method: &method, base: &base, path, added, placing, in_query: &[], parameters };
        let moment = Moment { now: UNIX_EPOCH + Duration::from_secs(1_674_197_059), nonce: 1 };
        let content = scheme.explain(&call, moment).unwrap().content().to_owned();

        let rsa = per_call(&|| drop(black_box(key.sign(content.as_bytes()))));
        let whole = per_call(&|| drop(black_box(scheme.sign(&call, moment).unwrap())));
        let csss = crate::signing::Key::new("an example secret");
        let wrapped = per_call(&|| {
            let body = crate::csss::envelope::wrap(parameters, "P000270", "1643253530", &csss).unwrap();
            drop(black_box(place_listing(&call, body, None).unwrap()));
        });
        let placed = per_call(&|| {
            let (outgoing, signed) = scheme.placed(&call, moment).unwrap();
            let parameters = signed.with(outgoing.body.as_deref().unwrap_or_default()).unwrap();
            let mut content = Vec::with_capacity(512);
            parameters.write_signed(&mut content).unwrap();
            drop(black_box(content));
        });
        println!("raw RSA {:.1} us, a signed request {:.3} of it", rsa * 1e6, whole / rsa);
        println!(
            "without RSA {:.2} us, {:.2} of a CSSS body that is signed and placed",
            placed * 1e6,
            placed / wrapped
        );
        let speed = Command::new("openssl").args(["speed", "-mr", "-seconds", "1", "rsa1024"]).output();
        let speed = speed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        let fields =
            speed.lines().find_map(|line| line.strip_prefix("+F2:")).map(|line| line.split(':').collect::<Vec<_>>());
        match fields.as_deref() {
            Some([_, "1024", sign, ..]) => {
                println!("openssl {sign} a second: {:.1} of its time", rsa * sign.parse::<f64>().unwrap())
            }
            _ => println!("openssl does not say: {speed}"),
        }
    }

    #[test]
    fn success_is_believed_under_2xx_alone() {
        let key = PrivateKey::from_text(vectors()["private_key"].as_str().unwrap()).unwrap();
        let scheme = signed(Credentials::new("id", key).unwrap());
        let told = |status: u16, text: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            match scheme.read(&Received { status, text, fields: &[] }) {
                Ok(Answer::Accepted { data, .. }) => format!("accepted {}", data.unwrap_or("nothing")),
                Ok(Answer::Refused { code, .. }) => format!("refused {code}"),
                Err(Unreadable(reason)) => reason,
            }
        };
        assert_eq!(told(200, r#"{"status":{"code":"CB-00-0000"},"data":[1]}"#), "accepted [1]");
        assert_eq!(told(202, r#"{"status":{"code":"CB-00-0000"},"data":null}"#), "accepted nothing");
        assert_eq!(told(500, r#"{"status":{"code":"CB-01-0001"}}"#), "refused CB-01-0001");
        for (status, text) in [
            (500, r#"{"status":{"code":"CB-00-0000"}}"#),
            (400, r#"{"status":{"code":"CB-00-0000"}}"#),
            (200, r#"{"status":{"code":"cb-00-0000"}}"#),
            (200, r#"{"status":{"code":0}}"#),
            (200, r#"{"status":{"code":"CB-00-0000","code":"CB-01-0001"}}"#),
        ] {
            let reason = told(status, text);
            assert!(reason.contains("contradicts itself") || reason.contains("unexpected"), "{text}: {reason}");
        }
        for text in
            [r#"{"code":"CB-00-0000"}"#, r#"{"status":null}"#, r#"{"status":200}"#, r#"[{"code":"CB-00-0000"}]"#]
        {
            let reason = told(200, text);
            assert!(!reason.starts_with("accepted") && !reason.starts_with("refused"), "{text}: {reason}");
        }
    }
}
