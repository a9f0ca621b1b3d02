//! What Linksfield sends you: verified, and typed.
//!
//! [`Verifier::verify`] turns the headers and the bytes of a request into an [`Event`], in any web framework; with the
//! feature `axum`, [`Verified`](axum::Verified) does so as an extractor. The types are generated from
//! `openapi/notifications.yaml`.
//!
//! ```
//! use linksfield::notification::{Event, Signer, Verifier};
//!
//! let verifier = Verifier::builder().key("a key id", "a notification key").build();
//!
//! // What Linksfield sends; in a test of yours, `Signer` signs as Linksfield does.
//! let body = r#"{"devices":[{"deviceId":"89314404000816575667","warningCode":"3","expireTime":""}]}"#;
//! let now = std::time::SystemTime::now();
//! let headers = Signer::new("a key id", "a notification key").headers(body.as_bytes(), now)?;
//!
//! let Event::PlanWarning(warning) = verifier.verify(&headers, body.as_bytes(), now)? else { panic!() };
//! assert_eq!(warning.devices[0].device_id.as_deref(), Some("89314404000816575667"));
//! # Ok::<_, linksfield::notification::Rejection>(())
//! ```
//!
//! # Which notification it is
//!
//! A body does not name its kind. Where fields are documented they tell it (SMS, plan warnings). All others are
//! [`Event::Unknown`], unless you give Linksfield a URL for each kind and say so:
//! [`expecting`](VerifierBuilder::expecting). A notification that can't be read as its kind is a value, not an error, so
//! that none is lost.
//!
//! # Two signatures
//!
//! | headers | signature | accepted |
//! | --- | --- | --- |
//! | `x-lf-signature`, `x-lf-algo`, `x-lf-timestamp`, `x-lf-notification-version` | HMAC-SHA1 with a [notification key][newer] | with [`key`](VerifierBuilder::key) |
//! | `x-lf-md5` | MD5 with a [secret][older] behind the text | with [`legacy_secret`](VerifierBuilder::legacy_secret) |
//!
//! MD5 with an appended secret is weak, and carries no time: whoever saw a notification can send it again for ever, and
//! forging one is within reach. Ask Linksfield for the newer signature, and confirm what an old one says by a query.
//!
//! The page of the order-status callback says that its headers are not sent yet: [`Verifier::accept_unsigned`].
//!
//! # Repeated notifications
//!
//! Linksfield sends again what failed: for the results of asynchronous calls at most 30 times within 24 hours; for others
//! it is not documented. [`deliveries`](VerifierBuilder::deliveries) remembers what has come.
//!
//! [newer]: https://apidoc-cn.iotcube.link/doc-2518982
//! [older]: https://developer-en.apifox.cn/api-42599743

#[cfg(feature = "axum")]
pub mod axum;
mod body;
mod current;
mod deliveries;
mod legacy;
mod rejection;
mod signer;
mod verifier;

mod generated {
    #![allow(unreachable_pub, reason = "the generator writes for a module of its own")]
    include!(concat!(env!("OUT_DIR"), "/notifications.rs"));
}

pub use deliveries::{Deliveries, RecentDeliveries};
#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{Callback, Event, types};
pub use rejection::Rejection;
pub use signer::Signer;
pub use verifier::{BODY_LIMIT, Verifier, VerifierBuilder};

use types::{OrderEvent, OrderStatusChanged};

/// The header of a delivery's id, of which the documentation says no more than its name.
pub const DELIVERY_HEADER: &str = "x-lf-delivery";

impl OrderStatusChanged {
    /// The event whose code is in `field`, as text or as a number.
    ///
    /// The documentation lists the codes, but not the field that has them: look at one notification of yours.
    #[must_use]
    pub fn event(&self, field: &str) -> Option<OrderEvent> {
        match self.get(field)? {
            serde_json::Value::String(code) => Some(code.as_str().into()),
            serde_json::Value::Number(code) => Some(code.to_string().into()),
            _ => None,
        }
    }
}
