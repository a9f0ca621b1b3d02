//! The language of the API's messages.

/// Language of the API's messages, sent as `Accept-Language`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// `zh-CN`, what the API uses if no language is asked for.
    SimplifiedChinese,
    /// `en-US`; the English pages write it `EN-US`.
    English,
    /// Any other language tag. None is documented.
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
