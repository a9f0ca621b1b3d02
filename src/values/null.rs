//! `null` where a list is expected.

use serde::{Deserialize, Deserializer};

/// Reads `null` as the default of `T`: a good answer is not refused because a list has nothing in it.
pub(crate) fn as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
