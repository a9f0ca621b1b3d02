//! What a schema is on the wire.

use serde_json::Value;

use super::document::{entries, text};

/// The types whose values hold nothing else.
pub const SCALARS: [&str; 4] = ["string", "integer", "number", "boolean"];

/// What limits values, apart from how many fields an object has and which codes there are.
pub const LIMITS: [&str; 11] = [
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
];

/// What a schema is on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape<'a> {
    /// An object of named fields.
    Object,
    /// An object of any fields, with the schema of their values.
    Map(&'a Value),
    /// A list, with the schema of its items.
    List(&'a Value),
    /// One of several scalars.
    Choice,
    /// A text, a number or a boolean.
    Scalar,
    /// Nothing that the build knows.
    Unknown,
}

impl<'a> Shape<'a> {
    pub fn of(schema: &'a Value) -> Self {
        match text(&schema["type"]) {
            "object" if is_map(schema) => Self::Map(&schema["additionalProperties"]),
            "object" => Self::Object,
            "array" => Self::List(&schema["items"]),
            kind if SCALARS.contains(&kind) => Self::Scalar,
            "" if schema["oneOf"].is_array() => Self::Choice,
            _ => Self::Unknown,
        }
    }

    /// What it holds, apart from named fields.
    pub fn inner(self) -> Option<&'a Value> {
        match self {
            Self::Map(inner) | Self::List(inner) => Some(inner),
            _ => None,
        }
    }
}

fn is_map(schema: &Value) -> bool {
    schema["additionalProperties"].is_object() && entries(&schema["properties"]).next().is_none()
}
