//! A request before it is sent, for a person to look at.

use std::fmt;

use http::Method;
use reqwest::{Request, Url};
use serde_json::value::RawValue;

use crate::signing::{Explanation, SIGN};
use crate::values::object::{Field, Object};

/// What stands for what nobody may see.
const HIDDEN: &str = "…";

/// The request of a call as it would be sent now, from [`Call::preview`](super::Call::preview).
///
/// Signatures and tokens are `…` in it, so that it can be shown; all else is what would go on the wire. Its `Display` has the lines
/// of the request, and below them what of it is signed.
#[derive(Clone, Debug)]
pub struct Preview {
    method: Method,
    url: Url,
    headers: Vec<(String, String)>,
    body: Option<String>,
    signed: Explanation,
}

impl Preview {
    pub(crate) fn new(request: &Request, signed: Explanation) -> Self {
        let headers = request.headers().iter().map(|(name, value)| {
            let shown = if value.is_sensitive() { HIDDEN.into() } else { String::from_utf8_lossy(value.as_bytes()) };
            (name.to_string(), shown.into_owned())
        });
        let body = request.body().and_then(|body| body.as_bytes());
        Self {
            method: request.method().clone(),
            url: without_signature(request.url()),
            headers: headers.collect(),
            body: body.map(|body| unsigned(&String::from_utf8_lossy(body))),
            signed,
        }
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The URL, with its query.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The headers that this client sets, by their names.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The body: JSON; none if the request has none.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// What of it is signed.
    #[must_use]
    pub fn signed(&self) -> &Explanation {
        &self.signed
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.method, self.url)?;
        self.headers.iter().try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))?;
        if let Some(body) = &self.body {
            writeln!(f, "\n{body}")?;
        }
        write!(f, "\n{}", self.signed)
    }
}

fn without_signature(url: &Url) -> Url {
    let mut shown = url.clone();
    if url.query_pairs().any(|(name, _)| name == SIGN) {
        let pairs =
            url.query_pairs().map(|(name, value)| if name == SIGN { (name, HIDDEN.into()) } else { (name, value) });
        shown.query_pairs_mut().clear().extend_pairs(pairs);
    }
    shown
}

/// The body with `…` for its signature. What is no object has none.
fn unsigned(body: &str) -> String {
    let Ok(Object(fields)) = serde_json::from_str::<Object<Field<'_>>>(body) else { return body.to_owned() };
    let shown = fields.iter().map(|(name, value)| {
        let value = if name == SIGN { "\"…\"" } else { RawValue::get(value) };
        format!("{}:{value}", serde_json::Value::from(name.as_ref()))
    });
    format!("{{{}}}", shown.collect::<Vec<_>>().join(","))
}
