//! What an answer says of its call: accepted with data, refused with a code, or nothing that can be believed.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, HeaderValue, LOCATION};
use reqwest::StatusCode;

use super::intent::{Intent, Target};
use super::retry::Trouble;
use super::{Accepted, Transport};
use crate::error::retry_after::retry_after;
use crate::error::{Blame, Cause, Head, Refusal};
use crate::family::scheme::{Answer, Received, Unreadable};
use crate::values::read::{field, has_any, is_empty, may_name_any, names_any};
use crate::values::text::{content_type, decode, repaired};

/// What became of an attempt that failed, and the error it would be.
pub(super) type Failure = (Trouble, Cause);

/// An answer that was read to its end.
pub(super) struct Whole {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Transport {
    /// What a whole answer says.
    pub(super) fn judge(&self, answer: Whole, intent: &Intent) -> Result<Accepted, Failure> {
        let Whole { status, headers, body } = answer;
        let target = &intent.target;
        let failed = |cause| Err((answered(status, &headers), cause));
        let head = || Head::new(status, headers.clone());
        let (decoded, mended);
        decoded = decode(&body, content_type(&headers));
        let mut text = &decoded;
        let read = |text| self.scheme.read(&Received { status, text, fields: target.telling_fields() });
        let mut answer = read(text);
        if answer.is_err()
            && let Some(repaired) = repaired(text)
        {
            mended = Cow::Owned(repaired);
            text = &mended;
            answer = read(text);
        }
        let (data, message) = match answer {
            Ok(Answer::Accepted { data, message }) => (data, message.map(Cow::into_owned)),
            Ok(Answer::Refused { code, message, data }) => {
                let blame = self.scheme.blame(&code);
                return failed(Cause::Refused(Box::new(Refusal {
                    head: head(),
                    code: code.to_string(),
                    message: message.into_owned(),
                    meaning: self.scheme.meaning(&code),
                    data: data.map(Into::into),
                    blame,
                    outcome_unknown: blame == Blame::Server || may_name_an_order(text, data, target),
                })));
            }
            Err(Unreadable(reason)) => {
                return failed(Cause::unreadable(head(), body.clone(), by_status(status, &headers, reason)));
            }
        };
        let data = or_beside(data, text, target);
        if target.must_name_order && !names_its_order(data.unwrap_or_default(), target) {
            let reason = format!("it says success, but names no {}", target.own_order_ids.join(" or "));
            return failed(Cause::unreadable(head(), body.clone(), reason));
        }
        // An empty one of another type says that there is none.
        let data = data.filter(|data| target.no_data == "null" || !is_empty(data));
        let data = match (data, text) {
            (None, _) => Bytes::from_static(target.no_data.as_bytes()),
            (Some(data), Cow::Borrowed(_)) => body.slice_ref(data.as_bytes()),
            (Some(data), Cow::Owned(_)) => Bytes::copy_from_slice(data.as_bytes()),
        };
        let total_count = target.total_count.and_then(|name| field(text, name));
        Ok(Accepted { status, headers, data, total_count, message, raw: body, attempts: 0 })
    }
}

/// The data, or the whole answer: some put the fields beside the envelope instead of into it.
fn or_beside<'a>(data: Option<&'a str>, text: &'a str, target: &Target) -> Option<&'a str> {
    let is_beside = data.is_none_or(is_empty) && has_any(text, target.fields);
    if is_beside { Some(text) } else { data }
}

/// Whether a refusal names an order, and so may be none.
fn may_name_an_order(text: &str, data: Option<&str>, target: &Target) -> bool {
    or_beside(data, text, target).is_some_and(|data| may_name_any(data, target.order_ids.in_data))
        || names_any(text, target.certain_order_ids())
}

/// Whether accepted data has the id of its order. Of a batch each line is an answer, also one without an order.
fn names_its_order(data: &str, target: &Target) -> bool {
    let own = target.own_order_ids;
    let is_batch = !own.iter().any(|id| target.fields.contains(id));
    if is_batch { has_any(data, target.fields) && may_name_any(data, own) } else { has_any(data, own) }
}

fn answered(status: StatusCode, headers: &HeaderMap) -> Trouble {
    Trouble::Answered { status: status.as_u16(), retry_after: retry_after(headers) }
}

/// Why an answer says nothing: the status speaks first.
fn by_status(status: StatusCode, headers: &HeaderMap, reason: String) -> String {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let encoding = text(CONTENT_ENCODING).filter(|encoding| !matches!(encoding.trim(), "" | "identity"));
    match (encoding, text(LOCATION)) {
        (Some(encoding), _) => format!("its encoding is {encoding}, which was not asked for"),
        _ if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            "the proxy refused the call: check the user and the password in its URL".to_owned()
        }
        _ if status == StatusCode::NOT_MODIFIED => "it says that nothing has changed, which was not asked".to_owned(),
        (None, Some(target)) if status.is_redirection() => {
            // A query may have a signature, and what is before the host a password.
            let target = target.split(['?', '#']).next().unwrap_or_default();
            let target = target.split_once('@').map_or(target, |(_, behind)| behind);
            format!("it redirects to {target}, which is not followed")
        }
        _ => reason,
    }
}
