//! Headers that a caller adds: never over those that the client sets.

use std::sync::Arc;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE,
    TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName};

/// Headers that say how a request is sent, or that the client sets.
pub(crate) const RESERVED: [HeaderName; 12] = [
    ACCEPT,
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CONNECTION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    EXPECT,
    HOST,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    USER_AGENT,
];

/// What a caller adds to each request of a client, into an empty map.
pub(crate) type Added = Arc<dyn Fn(&mut HeaderMap) + Send + Sync>;

/// The headers with those of `added` that are neither reserved nor there already.
pub(super) fn with(mut headers: HeaderMap, added: &Added) -> HeaderMap {
    let mut more = HeaderMap::new();
    added(&mut more);
    for name in RESERVED.iter().chain(headers.keys()) {
        more.remove(name);
    }
    headers.extend(more);
    headers
}
