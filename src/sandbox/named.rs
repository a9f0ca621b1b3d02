//! Sets of things that are called by name.

/// Makes an enum of variants with a name each, the list of all, and the way from a name back.
macro_rules! named {
    (
        $(#[$about:meta])*
        pub enum $set:ident {
            $($(#[$about_one:meta])* $variant:ident = $name:literal,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $set {
            $($(#[$about_one])* $variant,)*
        }

        impl $set {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in a header, on the command line and over HTTP.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The one of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }

            /// All names, with a comma between, as a message lists them.
            #[must_use]
            pub fn names() -> String {
                [$($name),*].join(", ")
            }
        }
    };
}

pub(super) use named;
