//! What has been acted on: the seam to a store that remembers it.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// How long a store remembers what is done: Linksfield sends again for 24 hours, as far as that is documented.
pub const REMEMBERED: Duration = Duration::from_secs(25 * 60 * 60);

/// A store of what was acted on, so that a [`Receiver`](super::Receiver) acts on nothing twice and loses nothing.
///
/// [`RecentDeliveries`](super::RecentDeliveries) keeps it in memory. Several servers need one that they share: the crate
/// `linksfield-postgres` has it.
///
/// Each step is one that can be repeated: after an error it is unknown whether it was carried out.
///
/// **A newer signature counts for the delivery that it first came with**, whatever became of that one. Nobody signed the id of
/// a delivery: a copy under another id is the same as its original, done or not, and that other id is not known by it. The
/// older signature is no such mark, and its claims have none. So every step is for the delivery that the
/// claim's [signature](Claim::signature) first came with, and for [`Claim::delivery`] if it came with none before; a
/// signature that first comes with a delivery that is done already is done itself, for a time of its own.
pub trait Deliveries: Send + Sync {
    /// Claims the delivery for as long as `lease`, unless it was done in the last [`REMEMBERED`], or is claimed by another
    /// whose lease has not ended. In any case the signature is known from then on, for as long as [`REMEMBERED`].
    fn begin(&self, claim: &Claim, lease: Duration) -> impl Future<Output = Result<Begun, StoreError>> + Send;

    /// Prolongs the claim: its lease ends after `lease` from now.
    fn renew(&self, claim: &Claim, lease: Duration) -> impl Future<Output = Result<Standing, StoreError>> + Send;

    /// Marks the delivery as done, also if the lease has ended while nobody else claimed it: [`Standing::Done`], or
    /// [`Standing::Gone`] and nothing changed.
    fn done(&self, claim: &Claim) -> impl Future<Output = Result<Standing, StoreError>> + Send;

    /// Gives the claim back, unless it is done: [`Standing::Done`] or [`Standing::Gone`].
    fn release(&self, claim: &Claim) -> impl Future<Output = Result<Standing, StoreError>> + Send;

    /// How it stands with the claim. Changes nothing.
    fn standing(&self, claim: &Claim) -> impl Future<Output = Result<Standing, StoreError>> + Send;
}

impl<D: Deliveries + ?Sized> Deliveries for Arc<D> {
    fn begin(&self, claim: &Claim, lease: Duration) -> impl Future<Output = Result<Begun, StoreError>> + Send {
        (**self).begin(claim, lease)
    }

    fn renew(&self, claim: &Claim, lease: Duration) -> impl Future<Output = Result<Standing, StoreError>> + Send {
        (**self).renew(claim, lease)
    }

    fn done(&self, claim: &Claim) -> impl Future<Output = Result<Standing, StoreError>> + Send {
        (**self).done(claim)
    }

    fn release(&self, claim: &Claim) -> impl Future<Output = Result<Standing, StoreError>> + Send {
        (**self).release(claim)
    }

    fn standing(&self, claim: &Claim) -> impl Future<Output = Result<Standing, StoreError>> + Send {
        (**self).standing(claim)
    }
}

/// Who acts on which delivery: what it is known by, and a token that nobody else has. Every step names it, so that one
/// whose lease has ended can't finish or release what another has claimed since.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    delivery: [u8; 32],
    signature: Option<[u8; 32]>,
    token: [u8; 16],
}

impl Claim {
    /// A claim of a delivery, with the signature that it came with. A [`Receiver`](super::Receiver) makes its own; this is
    /// for tests of a store.
    ///
    /// # Errors
    ///
    /// The system gives no random numbers.
    pub fn new(delivery: [u8; 32], signature: Option<[u8; 32]>) -> Result<Self, StoreError> {
        let mut token = [0; 16];
        getrandom::fill(&mut token).map_err(|_| StoreError::new("the system gives no random numbers"))?;
        Ok(Self { delivery, signature, token })
    }

    /// What the delivery says that it is: a digest.
    #[must_use]
    pub fn delivery(&self) -> &[u8; 32] {
        &self.delivery
    }

    /// The newer signature, if it has one: a digest.
    #[must_use]
    pub fn signature(&self) -> Option<&[u8; 32]> {
        self.signature.as_ref()
    }

    /// The random token.
    #[must_use]
    pub fn token(&self) -> &[u8; 16] {
        &self.token
    }
}

/// Shows no token.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claim(…)")
    }
}

/// What became of [`begin`](Deliveries::begin).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The delivery is yours to act on.
    Yours,
    /// It was acted on before.
    Done,
    /// Another is at work on it.
    Busy {
        /// When its lease ends.
        ends_in: Duration,
    },
}

/// How it stands with a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the claim's, and not done.
    Held,
    /// It is done.
    Done,
    /// It is not the claim's any more: released, or taken over by another.
    Gone,
}

/// A store that can't be reached, or that failed. Whether the step was carried out is unknown.
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// An error of a store. It is logged: let it hold no secret.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store of deliveries: {}", self.0)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
