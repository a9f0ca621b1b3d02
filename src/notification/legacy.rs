//! The older signature: MD5 over `key=value` pairs with the secret behind them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ctutils::CtEq;
use md5::{Digest, Md5};
use serde_json::value::RawValue;

use super::body::Body;
use crate::signing::canonical::{ContentError, MAX_DEPTH, Parameters, compact};

/// In which order the keys of an object are joined: the pages say both.
#[derive(Clone, Copy)]
enum Order {
    AsWritten,
    Sorted,
}

/// Whether `signature` is one of those that the pages may mean, in constant time: they leave open the order of the keys, and
/// whether the digest is encoded raw or as hex.
pub(super) fn verify(body: &Body<'_>, secret: &str, signature: &str) -> Result<bool, ContentError> {
    let mut found = false;
    for order in [Order::AsWritten, Order::Sorted] {
        let digest = digest(&text(body, order)?, secret);
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let hex: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
        found = [STANDARD.encode(digest), STANDARD.encode(hex)]
            .iter()
            .fold(found, |found, candidate| found | candidate.as_bytes().ct_eq(signature.as_bytes()).to_bool());
    }
    Ok(found)
}

/// One of those signatures: keys as written, raw digest.
pub(super) fn sign(body: &Body<'_>, secret: &str) -> Result<String, ContentError> {
    Ok(STANDARD.encode(digest(&text(body, Order::AsWritten)?, secret)))
}

/// What stands before the secret.
fn text(body: &Body<'_>, order: Order) -> Result<Vec<u8>, ContentError> {
    let json: &RawValue = serde_json::from_str(body.text()).map_err(ContentError::NotAnObject)?;
    let mut pairs = Vec::new();
    join(&mut pairs, json.get(), order, 1)?;
    let mut text = body.bytes(pairs.join("&").into_bytes());
    if !pairs.is_empty() {
        text.push(b'&');
    }
    Ok(text)
}

fn digest(text: &[u8], secret: &str) -> [u8; 16] {
    Md5::new().chain_update(text).chain_update(secret).finalize().into()
}

/// Appends the pairs of an object, or of the objects of a list one after the other.
fn join(pairs: &mut Vec<String>, json: &str, order: Order, depth: usize) -> Result<(), ContentError> {
    if depth > MAX_DEPTH {
        return Err(ContentError::TooDeep);
    }
    if json.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(json).map_err(ContentError::NotAnObject)?;
        return items.into_iter().try_for_each(|item| join(pairs, item.get(), order, depth + 1));
    }
    let object = match order {
        Order::AsWritten => Parameters::as_written(json)?,
        Order::Sorted => Parameters::parse(json.as_bytes())?,
    };
    for parameter in object.iter() {
        let name = &parameter.name;
        match (parameter.as_text(), parameter.as_json()) {
            (Some(text), _) => pairs.push(format!("{name}={text}")),
            (None, Some(json)) if is_list_of_objects(json) => join(pairs, json, order, depth + 1)?,
            (None, json) => pairs.push(format!("{name}={}", compact(json.unwrap_or_default()))),
        }
    }
    Ok(())
}

fn is_list_of_objects(json: &str) -> bool {
    json.strip_prefix('[').is_some_and(|items| items.trim_ascii_start().starts_with('{'))
}
