//! What an answer's envelope says, whatever types its scalars have, and whether it contradicts itself.

use std::borrow::Cow;

use serde::de::Error as _;
use serde_json::Error;
use serde_json::value::RawValue;

use super::scheme::{Answer, Unreadable};
use crate::values::text::Text;

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
    /// Reads the fields of an object.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Unreadable> {
        // A list would be read as the fields in their order.
        if text.trim_ascii_start().starts_with('[') {
            return Err(Unreadable::from(Error::custom("expected a JSON object")));
        }
        Ok(serde_json::from_str(text)?)
    }

    /// What is around an envelope in a field of its own, and that envelope, as one: they must not say two things.
    #[cfg(feature = "cube")]
    pub(crate) fn over(self, within: Self, success_code: &str) -> Result<Self, Unreadable> {
        let code = |envelope: &Self| {
            let code = envelope.code.and_then(scalar).filter(|code| !code.is_empty())?;
            Some(code == success_code || means_success(&code, success_code))
        };
        let success = |envelope: &Self| envelope.success.and_then(truth);
        let differ = |what: &str| {
            Err(Unreadable(format!("it contradicts itself: it has `{what}` twice, of success and of its contrary")))
        };
        if code(&self).zip(code(&within)).is_some_and(|(around, said)| around != said) {
            return differ("code");
        }
        match (success(&self), success(&within)) {
            (Some(around), Some(said)) if around != said => differ("success"),
            (Some(_), _) => Ok(Self { success: self.success, data: self.data, ..within }),
            (None, _) => Ok(Self { data: self.data, ..within }),
        }
    }

    /// What it says, if `success` is the code that says so; `None` if it has no code.
    ///
    /// It is believed only if nothing contradicts it: a code that means success elsewhere, zero above all, was written by
    /// somebody who meant it.
    pub(crate) fn judge(self, success_code: &str) -> Result<Option<Answer<'a>>, Unreadable> {
        let Some(code) = self.code.and_then(scalar).filter(|code| !code.is_empty()) else { return Ok(None) };
        let success = self.success.and_then(truth);
        let message = self.message.map(in_words);
        let data = self.data.map(RawValue::get);
        let contradicts = |how: &str| Err(Unreadable(format!("it contradicts itself: {how}")));
        match (code == success_code, success) {
            (true, Some(false)) => contradicts("its code says success, but `success` is false"),
            (true, _) => Ok(Some(Answer::Accepted { data, message })),
            (false, Some(true)) => contradicts("`success` is true, but its code is not that of success"),
            (false, _) if means_success(&code, success_code) => {
                contradicts("its code means success, but not as it is documented")
            }
            (false, _) => Ok(Some(Answer::Refused { code, message: message.unwrap_or_default(), data })),
        }
    }
}

/// Whether a code that is not the documented one is a word or a number for success all the same.
pub(crate) fn means_success(code: &str, success_code: &str) -> bool {
    let code = code.trim().to_ascii_lowercase();
    let is_word = matches!(code.as_str(), "true" | "success" | "ok" | "200");
    is_word || code == success_code.to_ascii_lowercase() || code.parse() == Ok(0.0)
}

/// The text of a scalar; none of `null`, an array or an object.
pub(crate) fn scalar(json: &RawValue) -> Option<Cow<'_, str>> {
    match json.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str::<Text<'_>>(json.get()).ok().map(|Text(text)| text),
        Some(b'n' | b'{' | b'[') | None => None,
        Some(_) => Some(json.get().into()),
    }
}

/// A truth value in any of its spellings; none if it is another word.
pub(crate) fn truth(json: &RawValue) -> Option<bool> {
    match scalar(json)?.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "1.0" | "yes" | "y" => Some(true),
        "false" | "0" | "0.0" | "no" | "n" => Some(false),
        _ => None,
    }
}

/// A message that is not text is shown as the JSON it is.
pub(crate) fn in_words(message: &RawValue) -> Cow<'_, str> {
    scalar(message).unwrap_or_else(|| if message.get() == "null" { "".into() } else { message.get().into() })
}

/// An envelope that does not say whether the call succeeded.
pub(crate) fn unsaid(field: &str) -> Unreadable {
    Unreadable::from(Error::custom(format!("expected `{field}`, which says whether the call succeeded")))
}
