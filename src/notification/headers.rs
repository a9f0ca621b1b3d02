//! The headers of a notification: their names, and what of a request's headers is one of them.

use super::Rejection;

/// The header of the newer signature: the id of a notification key, `/`, and the signature.
pub const SIGNATURE_HEADER: &str = "x-lf-signature";
/// The header of the newer signature's algorithm; signed.
pub const ALGORITHM_HEADER: &str = "x-lf-algo";
/// The header of the time at which the newer signature was made, in milliseconds since 1970; signed.
pub const TIMESTAMP_HEADER: &str = "x-lf-timestamp";
/// The header of the notification's version; signed.
pub const VERSION_HEADER: &str = "x-lf-notification-version";
/// The header of the older signature.
pub const LEGACY_SIGNATURE_HEADER: &str = "x-lf-md5";
/// The header of a delivery's id, of which the documentation says no more than its name. Neither signature covers it.
pub const DELIVERY_HEADER: &str = "x-lf-delivery";

pub(super) const CONTENT_TYPE: &str = "content-type";

const KNOWN: [&str; 7] = [
    SIGNATURE_HEADER,
    ALGORITHM_HEADER,
    TIMESTAMP_HEADER,
    VERSION_HEADER,
    LEGACY_SIGNATURE_HEADER,
    DELIVERY_HEADER,
    CONTENT_TYPE,
];

/// The headers that matter, out of those of any framework.
pub(super) struct Headers<V>(Vec<(&'static str, V)>);

impl<V: AsRef<[u8]>> Headers<V> {
    pub(super) fn new<N: AsRef<str>>(headers: impl IntoIterator<Item = (N, V)>) -> Self {
        let known = |name: &str| KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name));
        Self(headers.into_iter().filter_map(|(name, value)| Some((known(name.as_ref())?, value))).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// A header that is there once, as text.
    pub(super) fn one(&self, name: &'static str) -> Result<&str, Rejection> {
        let mut values = self.all(name);
        let value = values.next().ok_or(Rejection::MissingHeader(name))?;
        if values.next().is_some() {
            return Err(Rejection::DuplicateHeader(name));
        }
        text(value).ok_or(Rejection::UnreadableHeader(name))
    }

    /// A header that nothing depends on: the first of its name, if it is text.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next().and_then(text)
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }
}

/// A value as text: printable characters of ASCII and tabs.
fn text(value: &[u8]) -> Option<&str> {
    let plain = value.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    std::str::from_utf8(value).ok().filter(|_| plain)
}
