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

/// A page of the documentation for each text of `docs/`, and what of the crate it is about. Of a link that is defined twice the
/// first definition holds: here the page, where the text by itself has the file beside it.
macro_rules! guides {
    ($($name:ident $file:literal $items:literal)*) => { $(
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
        #[doc = concat!("\n\nIn the crate: ", $items)]
        pub mod $name {}
    )* };
}

guides! {
    adding_an_endpoint "adding-an-endpoint" "[`ApiClient::call`](crate::ApiClient::call), [`Operation`](crate::Operation)"
    design "design" "[`Call`](crate::Call), [`Error`](crate::Error), [`Family`](crate::Family)"
    documents "documents" "[`openapi`](crate::openapi)"
    endpoints "endpoints" "[`csss`](crate::csss), [`cube`](crate::cube), [`esim_qr`](crate::esim_qr), [`mall`](crate::mall)"
    errors "errors" "[`Error`](crate::Error), [`ErrorKind`](crate::ErrorKind)"
    faults "faults" "[`Fault`](crate::sandbox::Fault), [`Error`](crate::Error)"
    fleets "fleets" "[`fleet`](crate::fleet)"
    getting_started "getting-started" "[`csss::Client`](crate::csss::Client), [`Sandbox`](crate::sandbox::Sandbox)"
    money_safety "money-safety" "[`Error::outcome_unknown`](crate::Error::outcome_unknown), [`RetryPolicy`](crate::RetryPolicy)"
    notifications "notifications" "[`notification`](crate::notification)"
    observing "observing" "[`ClientBuilder::headers`](crate::ClientBuilder::headers)"
    other_languages "other-languages" "[`openapi`](crate::openapi)"
    shapes "shapes" "[`Shape`](crate::sandbox::Shape), [`Error`](crate::Error)"
    signing_trouble "signing-trouble" "[`Call::explain`](crate::Call::explain), [`signing`](crate::signing)"
    testing "testing" "[`sandbox`](crate::sandbox), [`Error::refused`](crate::Error::refused)"
}
