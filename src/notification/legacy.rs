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

/// Whether `signature` is one of those that the pages may mean, in constant time: they leave open the order of the keys,
/// and whether the digest is encoded raw or as hex.
pub(super) fn matches(body: &Body<'_>, secret: &str, signature: &str) -> Result<bool, ContentError> {
    let mut found = false;
    for order in [Order::AsWritten, Order::Sorted] {
        let digest = digest(body, secret, order)?;
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        for candidate in [STANDARD.encode(digest), STANDARD.encode(hex)] {
            found |= candidate.as_bytes().ct_eq(signature.as_bytes()).to_bool();
        }
    }
    Ok(found)
}

/// One of those signatures: keys as written, raw digest.
pub(super) fn sign(body: &Body<'_>, secret: &str) -> Result<String, ContentError> {
    Ok(STANDARD.encode(digest(body, secret, Order::AsWritten)?))
}

fn digest(body: &Body<'_>, secret: &str, order: Order) -> Result<[u8; 16], ContentError> {
    let json: &RawValue = serde_json::from_str(body.text()).map_err(ContentError::NotAnObject)?;
    let mut pairs = Vec::new();
    join(&mut pairs, json.get(), order, 1)?;
    let separator = if pairs.is_empty() { "" } else { "&" };
    let text = Md5::new().chain_update(body.bytes(pairs.join("&").into_bytes())).chain_update(separator);
    Ok(text.chain_update(secret).finalize().into())
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
