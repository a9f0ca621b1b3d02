//! A body that carries its own signature.

use super::SIGN;
use super::canonical::{ContentError, Parameters};

/// Adds parameters to `body`, and the signature that `sign` makes of the content: the non-empty parameters in the order
/// in which they are signed, then `sign`, then the empty ones.
pub(crate) fn signed_body<S: AsRef<[u8]>>(
    body: &[u8],
    added: &[(&str, &str)],
    sign: impl FnOnce(&[u8]) -> S,
) -> Result<Vec<u8>, ContentError> {
    let parameters = Parameters::with(body, added)?;
    if parameters.iter().any(|parameter| parameter.name == SIGN) {
        return Err(ContentError::ReservedKey(SIGN.to_owned()));
    }
    let mut out = Vec::with_capacity(body.len() + 192);
    parameters.write_signed(&mut out)?;
    let sign = sign(&out);
    // Open the signed object again: what follows is not part of the content. Base64 and hex need no escapes.
    out.pop();
    out.extend_from_slice(b",\"sign\":\"");
    out.extend_from_slice(sign.as_ref());
    out.push(b'"');
    for parameter in parameters.iter().filter(|parameter| parameter.is_empty()) {
        out.push(b',');
        parameter.write(&mut out)?;
    }
    out.push(b'}');
    Ok(out)
}
