//! Guides: what the documentation of single types has no place for.
//!
//! | guide | for whom |
//! | --- | --- |
//! | [`getting_started`] | from an empty folder to a signed call, without an account |
//! | [`money_safety`] | whoever orders: what to do when an order gets no answer |
//! | [`testing`] | whoever has tests: the sandbox, and what it can be told |
//! | [`errors`], [`faults`], [`shapes`] | what is said of mistakes, of each failure, and of odd answers: tables that tests make |
//! | [`signing_trouble`] | whose first call is refused for its signature |
//! | [`observing`] | whoever runs it: spans and metrics by OpenTelemetry's conventions |
//! | [`fleets`] | whoever orders for many SIMs |
//! | [`notifications`] | whoever receives what Linksfield sends |
//! | [`other_languages`] | whoever does not write Rust |
//! | [`endpoints`] | whoever looks for one: the vendor's navigation, and what of it is typed |
//! | [`adding_an_endpoint`], [`documents`] | whoever knows of an operation that is not here yet |
//! | [`design`] | whoever asks why |

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
