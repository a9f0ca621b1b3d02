//! The language of the API's messages.

use http::HeaderValue;

/// Language of the API's messages, sent as `Accept-Language`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// `zh-CN`, what the API uses if no language is asked for.
    SimplifiedChinese,
    /// `en-US`; the English pages write it `EN-US`.
    English,
    /// Any other language tag, such as `fr` or `zh-Hant-HK`. None is documented.
    Other(String),
}

impl Language {
    pub(crate) fn from_tag(tag: &str) -> Self {
        let known = [Self::SimplifiedChinese, Self::English];
        known
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(tag))
            .unwrap_or_else(|| Self::Other(tag.into()))
    }

    /// The value of `Accept-Language`, or why there is none.
    pub(crate) fn header(&self) -> Result<HeaderValue, &'static str> {
        const RULE: &str = "must be a language tag, such as en-US";
        let tag = self.as_str();
        let mut parts = tag.split('-').map(str::as_bytes);
        let fits = parts.all(|part| (1..=8).contains(&part.len()) && part.iter().all(u8::is_ascii_alphanumeric));
        let begins_well = tag.starts_with(|first: char| first.is_ascii_alphabetic());
        HeaderValue::from_str(tag).ok().filter(|_| fits && begins_well).ok_or(RULE)
    }

    /// Whether it is a language tag, which can be sent: letters and digits, in parts between hyphens.
    ///
    /// ```
    /// use linksfield::Language;
    ///
    /// assert!(Language::English.is_tag());
    /// assert!(!Language::Other(String::new()).is_tag());
    /// ```
    #[must_use]
    pub fn is_tag(&self) -> bool {
        self.header().is_ok()
    }

    /// The language tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::SimplifiedChinese => "zh-CN",
            Self::English => "en-US",
            Self::Other(tag) => tag,
        }
    }
}
