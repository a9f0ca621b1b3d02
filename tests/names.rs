//! What a name of the crate means does not depend on its features.

mod elsewhere {
    pub struct Client;
}

#[allow(unused_imports, reason = "what it imports depends on the features")]
use linksfield::*;
// Both are globs, so that this name would be ambiguous if the crate had it too: an API is chosen by its module.
use elsewhere::*;

#[test]
fn nothing_is_named_client_at_the_root() {
    assert_eq!(size_of::<Client>(), 0);
    assert_eq!(size_of::<csss::Client>(), size_of::<usize>());
}
