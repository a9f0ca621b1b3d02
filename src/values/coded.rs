//! Open enums for codes, texts and integers: the documented codes have names, any other survives as it is.

/// Defines an open enum: `Name { Variant = "code", … }` or `Name i64 { Variant = 10, … }`, each with its documentation.
macro_rules! open_enum {
    ($(#[doc = $about:expr])* $name:ident i64 { $(#[doc = $what:expr] $variant:ident = $code:literal,)* }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = $what] #[doc = concat!("Code `", $code, "`.")] $variant,)*
            /// A code that is not documented, unchanged.
            Unknown(i64),
        }

        impl $name {
            /// The code.
            #[must_use]
            pub fn code(self) -> i64 {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unknown(code) => code,
                }
            }

            /// What the documentation says that it means; nothing of a code that is not documented.
            #[must_use]
            pub fn meaning(self) -> ::std::option::Option<&'static str> {
                match self {
                    $(Self::$variant => ::std::option::Option::Some($what),)*
                    Self::Unknown(_) => ::std::option::Option::None,
                }
            }
        }

        impl ::std::convert::From<i64> for $name {
            fn from(code: i64) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    _ => Self::Unknown(code),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.code(), f)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.code())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                <i64 as ::serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }

        impl crate::values::read::Read for $name {
            fn read(json: &str) -> ::std::result::Result<Self, ::serde_json::Error> {
                <i64 as crate::values::read::Read>::read(json).map(Self::from)
            }

            fn is_none(json: &str) -> bool {
                crate::values::read::is_empty(json)
            }
        }

        crate::values::coded::open_schema!($name "integer" concat!($($about,)*), [$($code),*]);
    };

    ($(#[doc = $about:expr])* $name:ident { $(#[doc = $what:expr] $variant:ident = $code:literal,)* }) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = $what] #[doc = concat!("Code `", $code, "`.")] $variant,)*
            /// A code that is not documented, unchanged.
            Unknown(::std::string::String),
        }

        impl $name {
            /// The code.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unknown(code) => code,
                }
            }

            /// What the documentation says that it means; nothing of a code that is not documented.
            #[must_use]
            pub fn meaning(&self) -> ::std::option::Option<&'static str> {
                match self {
                    $(Self::$variant => ::std::option::Option::Some($what),)*
                    Self::Unknown(_) => ::std::option::Option::None,
                }
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    _ => Self::Unknown(code.to_owned()),
                }
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(code: ::std::string::String) -> Self {
                match code.as_str() {
                    $($code => Self::$variant,)*
                    _ => Self::Unknown(code),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                <::std::string::String as ::serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }

        impl crate::values::read::Read for $name {
            fn read(json: &str) -> ::std::result::Result<Self, ::serde_json::Error> {
                crate::values::read::text(json).map(|code| Self::from(&*code))
            }
        }

        crate::values::coded::open_schema!($name "string" concat!($($about,)*), [$($code),*]);
    };
}

/// The schema of an open enum: any value of its type, as other codes than the documented ones are valid.
macro_rules! open_schema {
    ($name:ident $kind:literal $about:expr, $codes:expr) => {
        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ "type": $kind, "description": $about, "examples": $codes[..] })
            }
        }
    };
}

pub(crate) use open_enum;
pub(crate) use open_schema;
