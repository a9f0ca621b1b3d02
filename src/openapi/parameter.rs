//! What the specification says of the parameters of an operation.

/// A parameter of an operation: one that a caller passes, wherever it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its name as a flag of a command, in kebab-case: `device-id`. Never one of [`RESERVED_FLAGS`](super::RESERVED_FLAGS).
    pub flag: &'static str,
    /// Where it goes.
    pub place: Place,
    /// What its value is.
    pub kind: Kind,
    /// Which kind of text it is, or of a list its items are, such as `device-id`; empty where the specification names none.
    pub format: &'static str,
    /// Whether a call without it is refused.
    pub required: bool,
    /// What it is.
    pub description: &'static str,
    /// The vendor's own Chinese words for that; empty where there are none.
    pub description_zh: &'static str,
    /// Its documented values, if they are codes. Others may be valid too.
    pub codes: &'static [Code],
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A segment of the path.
    Path,
    /// The query.
    Query,
    /// A field of the body; or the body itself, if it is a list or a map.
    Body,
}

/// What a value is, as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A text, a number or a boolean.
    Scalar,
    /// An object of fields.
    Object,
    /// A list of such values.
    List(&'static Kind),
}

/// A documented value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Code {
    /// The value on the wire; of a number, its digits.
    pub value: &'static str,
    /// What the specification calls it, in kebab-case: `start-at-once`.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
}
