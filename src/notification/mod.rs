//! What Linksfield sends you: verified, and typed. The guide to it is [notifications](crate::guide::notifications).
//!
//! [`Verifier::verify`] turns the headers and the bytes of a request into [`Verified`], with the [`Event`] that it tells,
//! in any web framework; [`Receiver`] acts on each once. With the feature `tower` a receiver is a layer around a handler,
//! with the feature `axum` `Verified` is an extractor. The types are generated from `openapi/notifications.yaml`.
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
//! let verified = verifier.verify(&headers, body.as_bytes(), now)?;
//! let Event::PlanWarning(warning) = verified.event else { panic!() };
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
//! The results of Cube's asynchronous calls are open objects, whose fields are not documented: which call a result is
//! of is yours to tell, by what you find in those that come to you.
//!
//! ```
//! # use linksfield::notification::{Callback, Event, Signer, Verifier};
//! let verifier = Verifier::builder().key("1", "a key").expecting(Callback::AsyncApiResult).build();
//! # let body = br#"{"the field that yours has":"89852022018041800192"}"#;
//! # let now = std::time::SystemTime::now();
//! # let headers = Signer::new("1", "a key").headers(body, now)?;
//! // What you wait for: SIMs by their id, say.
//! let mut waiting = std::collections::HashSet::from(["89852022018041800192".to_owned()]);
//! if let Event::AsyncApiResult(result) = verifier.verify(&headers, body, now)?.event {
//!     let sim = result.get("the field that yours has").and_then(|sim| sim.as_str());
//!     if sim.is_some_and(|sim| waiting.remove(sim)) {
//!         // Ask the API how the SIM is now: neither the fields nor their values are documented.
//!     }
//! }
//! assert!(waiting.is_empty());
//! # Ok::<_, linksfield::notification::Rejection>(())
//! ```
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
//! it is not documented. `verify` remembers nothing; a [`Receiver`] does, and says what makes two deliveries the same.
//! Nothing says that notifications arrive in the order of what they tell: ask the API what is so now.
//!
//! # Whom a refusal is told
//!
//! The operator: with the feature `tracing` every [`Rejection`] is an event with its full reason, at level `warn` and at
//! most 10 a second, with a count of those left out. The sender gets a status and no reason.
//!
//! [newer]: https://apidoc-cn.iotcube.link/doc-2518982
//! [older]: https://developer-en.apifox.cn/api-42599743

mod body;
mod current;
mod deliveries;
#[cfg(feature = "axum")]
mod extractor;
mod headers;
#[cfg(feature = "tower")]
mod layer;
mod legacy;
mod receiver;
mod recent;
mod rejection;
mod report;
mod signer;
mod verified;
mod verifier;

mod generated {
    #![allow(unreachable_pub, reason = "the generator writes for a module of its own")]
    include!(concat!(env!("OUT_DIR"), "/notifications.rs"));
}

pub use deliveries::{Begun, Claim, Deliveries, REMEMBERED, Standing, StoreError};
#[cfg(feature = "schemars")]
pub use generated::json_schemas;
pub use generated::{Callback, Event, types};
pub use headers::{
    ALGORITHM_HEADER, DELIVERY_HEADER, LEGACY_SIGNATURE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, VERSION_HEADER,
};
#[cfg(feature = "tower")]
pub use layer::Receiving;
pub use receiver::{Answer, Receiver};
pub use recent::RecentDeliveries;
pub use rejection::Rejection;
pub use signer::{Sample, Signer};
pub use verified::{UsedKey, Verified};
pub use verifier::{BODY_LIMIT, Verifier, VerifierBuilder};

use types::{OrderEvent, OrderStatusChanged};

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
