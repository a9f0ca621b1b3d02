//! Guides: what the documentation of single types has no place for.
//!
//! | guide | what it is for |
//! | --- | --- |
//! | [`getting_started`] | from an empty folder to a signed call, without an account |
//! | [`money_safety`] | what to do when an order gets no answer |
//! | [`testing`] | your own code against the sandbox, and what you can tell it |
//! | [`errors`], [`faults`], [`shapes`] | what a caller gets: for common mistakes, under each fault, for each odd answer |
//! | [`signing_trouble`] | when a signature is refused |
//! | [`observing`] | spans and metrics by OpenTelemetry's conventions |
//! | [`fleets`] | one plan for each SIM of a long list |
//! | [`notifications`] | receive what Linksfield sends |
//! | [`other_languages`] | packages, generated clients and signing beside Rust |
//! | [`endpoints`] | the vendor's navigation, and what of it is typed |
//! | [`adding_an_endpoint`], [`documents`] | a new operation is a few lines of YAML; what they may say |
//! | [`design`] | why it is built this way |

/// A page of the documentation for each text of `docs/`. Of a link that is defined twice the first definition holds: here the
/// page, where the text by itself has the file beside it.
macro_rules! guides {
    ($($name:ident $file:literal)*) => { $(
        #[doc = include_str!("../docs/pictures/links.md")]
        /// [adding an endpoint]: crate::guide::adding_an_endpoint
        /// [documents]: crate::guide::documents
        /// [errors]: crate::guide::errors
        /// [faults]: crate::guide::faults
        /// [fleets]: crate::guide::fleets
        /// [money safety]: crate::guide::money_safety
        /// [notifications]: crate::guide::notifications
        /// [shapes]: crate::guide::shapes
        /// [signing trouble]: crate::guide::signing_trouble
        /// [testing]: crate::guide::testing
        ///
        #[doc = include_str!(concat!("../docs/", $file, ".md"))]
        pub mod $name {}
    )* };
}

guides! {
    adding_an_endpoint "adding-an-endpoint"
    design "design"
    documents "documents"
    endpoints "endpoints"
    errors "errors"
    faults "faults"
    fleets "fleets"
    getting_started "getting-started"
    money_safety "money-safety"
    notifications "notifications"
    observing "observing"
    other_languages "other-languages"
    shapes "shapes"
    signing_trouble "signing-trouble"
    testing "testing"
}
