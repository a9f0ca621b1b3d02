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
