//! What an answer's envelope says, whatever types its scalars have, and whether it contradicts itself.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Error;
use serde_json::value::RawValue;

use super::scheme::{Answer, Unreadable};

/// A value of an envelope as it is written.
pub(crate) type Written<'a> = Option<&'a RawValue>;

/// The fields around the data of an answer.
#[derive(Clone, Copy, Default, serde::Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(borrow)]
    pub(crate) code: Written<'a>,
    #[serde(borrow)]
    pub(crate) success: Written<'a>,
    #[serde(borrow)]
    pub(crate) message: Written<'a>,
    #[serde(borrow)]
    pub(crate) data: Written<'a>,
}

impl<'a> Envelope<'a> {
    /// What it says, if `is_success` is how a code says so; `None` if it has no code.
    ///
    /// It is believed only if nothing contradicts it: a code that is zero in any form, but not the documented one, means
    /// success to whoever wrote it.
    pub(crate) fn judge(self, is_success: impl Fn(&str) -> bool) -> Result<Option<Answer<'a>>, Unreadable> {
        let code = self.code.and_then(scalar).filter(|code| !code.is_empty());
        let (succeeds, success) = (code.as_deref().is_some_and(is_success), self.success.and_then(truth));
        let is_zero = code.as_deref().is_some_and(|code| code.trim().parse() == Ok(0.0));
        let message = self.message.map(in_words);
        let data = self.data.map(RawValue::get);
        match (code, succeeds, success) {
            (Some(_), true, Some(false)) => {
                Err(Unreadable("it contradicts itself: its code says success, but `success` is false".to_owned()))
            }
            (Some(_), true, _) => Ok(Some(Answer::Accepted { data, message })),
            (Some(_), false, Some(true)) => Err(Unreadable(
                "it contradicts itself: `success` is true, but its code is not that of success".to_owned(),
            )),
            (Some(_), false, _) if is_zero => {
                Err(Unreadable("it contradicts itself: its code is zero, but not as success is documented".to_owned()))
            }
            (Some(code), false, _) => Ok(Some(Answer::Refused { code, message: message.unwrap_or_default(), data })),
            (None, ..) => Ok(None),
        }
    }
}

/// The text of a scalar; none of `null`, an array or an object.
pub(crate) fn scalar(json: &RawValue) -> Option<Cow<'_, str>> {
    match json.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str::<Text<'_>>(json.get()).ok().map(|Text(text)| text),
        Some(b'n' | b'{' | b'[') | None => None,
        Some(_) => Some(json.get().into()),
    }
}

/// A text, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A truth value in any of its spellings; none if it is another word.
pub(crate) fn truth(json: &RawValue) -> Option<bool> {
    match scalar(json)?.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A message that is not text is shown as the JSON it is.
pub(crate) fn in_words(message: &RawValue) -> Cow<'_, str> {
    scalar(message).unwrap_or_else(|| if message.get() == "null" { "".into() } else { message.get().into() })
}

/// Reads a field that may be `null` as what is written, so that `null` is told from an absent one.
pub(crate) fn written<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Written<'a>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Whether a code says what HTTP 5xx says: the server failed, and may have done it all the same.
pub(crate) fn is_server_failure(code: &str) -> bool {
    code.len() == 3 && code.starts_with('5') && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// An envelope that does not say whether the call succeeded.
pub(crate) fn unsaid(field: &str) -> Unreadable {
    Unreadable::from(Error::custom(format!("expected `{field}`, which says whether the call succeeded")))
}
