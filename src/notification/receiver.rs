//! Acts on each notification once: who acts, for how long, and what is answered.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response, StatusCode};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::deliveries::{Begun, Claim, Deliveries, Standing, StoreError};
use super::report::{in_this_span, trouble};
use super::verified::Ids;
use super::{RecentDeliveries, Rejection, Verified, Verifier};

/// How long a claim lasts without being renewed.
const LEASE: Duration = Duration::from_secs(60);

/// How long a step of the store may take.
const STEP: Duration = Duration::from_secs(10);

/// Between two attempts to learn how it stands.
const PAUSE: Duration = Duration::from_millis(200);

/// Receives notifications: verifies them, and acts on each once.
///
/// A handler runs in a task of its own, so that a sender that hangs up does not cut it. Its delivery is claimed before it
/// runs, the claim is renewed while it runs, and it is marked as done when it has succeeded. What failed, panicked or was
/// killed is not done: Linksfield sends it again, and it is acted on then.
///
/// | what comes | answer |
/// | --- | --- |
/// | a notification, acted on | the handler's |
/// | one that the handler failed on | the handler's, and 500 after a panic; acted on again when it is sent again |
/// | one that was done in the last 25 hours | 200, not acted on |
/// | one that another is at work on | 503 with `Retry-After` |
/// | any, and the store can't be reached | 503, not acted on |
/// | one that is not verified | [the status of the rejection](Rejection::status) |
///
/// **What is promised.** Nothing is lost: only what a handler reported as done is not acted on again. A handler that fails
/// *after* its effect, that is killed between its effect and the mark, or whose mark the store can't take for a whole
/// lease, acts twice; where the effect is written in the
/// transaction that marks the delivery, as the crate `linksfield-postgres` can, it is written exactly once.
///
/// **What is the same.** Two deliveries with the same newer signature, or with the same `x-lf-delivery` and body; whichever
/// key they are signed with. Those of the older signature without `x-lf-delivery`: the same body within 25 hours, whatever
/// the white space, escapes and order of keys in its JSON. That this is how
/// Linksfield marks what it sends again is an assumption: the meaning of `x-lf-delivery` is not documented, and neither is
/// whether a re-send is signed anew. One that is signed anew *and* has no `x-lf-delivery` counts as new, as does one that is
/// re-sent by hand, which has another transaction id.
///
/// **Where both say something, the signature wins.** Nobody signs `x-lf-delivery`, so a newer signature is of the delivery that it
/// first came with, whatever it comes with later, and a copy of it under another id acts on nothing. That other id is not
/// remembered, so that a copy swallows no notification: one with this id and body that is signed anew is acted on, as is the
/// re-send, signed anew, of one whose copy under another id came first.
///
/// **The older signature** covers neither a time nor `x-lf-delivery`, nor which list or value a text belongs to. A copy of it
/// under an `x-lf-delivery` that was made up, or with a body of another structure, is another delivery, and is acted on again,
/// however old it is. Accept it only where that does no harm.
///
/// With the feature `tower` it is a layer around a handler: behind it, [`Verified`] and [`Claim`] are extensions of the
/// request. Without, call [`receive`](Self::receive).
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::{Extension, Router, http::StatusCode, routing::post};
/// use linksfield::notification::{Event, Receiver, Verified, Verifier};
///
/// async fn receive(Extension(verified): Extension<Verified>) -> StatusCode {
///     if let Event::SmsReceived(sms) = verified.event {
///         println!("{:?} wrote {:?}", sms.sim_id, sms.text_message);
///     }
///     StatusCode::OK
/// }
///
/// let verifier = Verifier::builder().key("a key id", "a notification key").build();
/// let receiver = Receiver::new(verifier);
/// let app: Router = Router::new().route("/linksfield", post(receive).layer(receiver.clone()));
/// // axum::serve(listener, app).with_graceful_shutdown(signal).await?;
/// // receiver.settled().await;
/// # }
/// ```
pub struct Receiver<D = RecentDeliveries> {
    verifier: Verifier,
    deliveries: Arc<D>,
    name: Arc<str>,
    lease: Duration,
    running: watch::Sender<usize>,
}

impl Receiver {
    /// Remembers in memory what was done, which is for a single server: what it was at work on when it was killed, and
    /// what it had done before, is acted on again if it is sent again.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        Self::with(verifier, RecentDeliveries::default())
    }
}

impl<D: Deliveries + 'static> Receiver<D> {
    /// Remembers in `deliveries` what was done.
    #[must_use]
    pub fn with(verifier: Verifier, deliveries: D) -> Self {
        let running = watch::Sender::new(0);
        Self { verifier, deliveries: Arc::new(deliveries), name: "".into(), lease: LEASE, running }
    }

    /// What acts here, where several receivers share a store: each name acts on a notification once. The servers that share
    /// the work have the same name, and two applications that both get a notification have different ones. No name if not
    /// set.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// For how long a delivery is claimed; 60 s if not set. The claim is renewed three times in it, so it bounds how long a
    /// notification waits after its server was killed, and not how long a handler may take.
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease: lease.max(Duration::from_millis(1)), ..self }
    }

    /// Verifies a request that came at `now`, and calls `handler` for it if it is not done yet.
    ///
    /// `handler` gets what is verified, and the claim, with which a store can mark the delivery in the transaction of the
    /// effect. `Ok` is done, `Err` is not. It goes on if the future that this returns is dropped; it is dropped itself where its
    /// claim is lost, which is when the store can't be reached for a whole [`lease`](Self::lease).
    pub async fn receive<N, V, F, R, T, E>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: &[u8],
        now: SystemTime,
        handler: F,
    ) -> Answer
    where
        N: AsRef<str>,
        V: AsRef<[u8]>,
        F: FnOnce(Verified, Claim) -> R + Send + 'static,
        R: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let verified = match self.verifier.verify_remembered(headers, body, now) {
            Ok(verified) => verified,
            Err(rejection) => return Answer::refusing(&rejection),
        };
        match self.act(verified, handler, Result::is_ok).await {
            Acted::Result(Ok(_)) => Answer::new(StatusCode::OK, "done"),
            Acted::Result(Err(_)) => FAILED,
            Acted::Not(answer) => answer,
        }
    }

    /// The verifier.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// What to answer to a request that could not be read whole: larger than the
    /// [limit](Verifier::body_limit), or cut off. Tells the operator.
    pub fn refuse(&self, rejection: Rejection) -> Answer {
        let answer = Answer::refusing(&rejection);
        let _ = self.verifier.told::<()>(Err(rejection), b"some");
        answer
    }

    /// Waits until no handler is running any more. At shutdown, wait for it after the server has ended: a handler whose
    /// sender has hung up may still be at work.
    pub async fn settled(&self) {
        // The sender is here, so that it can't be gone.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }

    /// Calls `handler` in a task of its own, unless the delivery is done or claimed.
    pub(super) async fn act<F, R, T>(&self, verified: Verified, handler: F, succeeded: fn(&T) -> bool) -> Acted<T>
    where
        F: FnOnce(Verified, Claim) -> R + Send + 'static,
        R: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let running = Running::new(self.running.clone());
        let this = self.clone();
        let acting = async move {
            let _running = running;
            this.act_here(verified, handler, succeeded).await
        };
        // It ends in no other way unless the runtime is shut down.
        tokio::spawn(in_this_span(acting)).await.unwrap_or(Acted::Not(UNAVAILABLE))
    }

    async fn act_here<F, R, T>(&self, verified: Verified, handler: F, succeeded: fn(&T) -> bool) -> Acted<T>
    where
        F: FnOnce(Verified, Claim) -> R + Send + 'static,
        R: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let Ids { delivery, signature } = verified.ids.of(&self.name);
        let claim = match Claim::new(delivery, signature) {
            Ok(claim) => claim,
            Err(error) => return Acted::unavailable(&error),
        };
        let ends = Instant::now() + self.lease;
        match self.step(self.deliveries.begin(&claim, self.lease)).await {
            Ok(Begun::Yours) => {}
            Ok(Begun::Done) => return Acted::Not(BEFORE),
            Ok(Begun::Busy { ends_in }) => return Acted::Not(Answer::busy(ends_in)),
            Err(error) => return Acted::unavailable(&error),
        }
        let of_handler = claim.clone();
        // Called inside the task: it may panic before it gives a future.
        let handling = async move { handler(verified, of_handler).await };
        let mut handling = Handling(tokio::spawn(in_this_span(handling)));
        let lost = pin!(self.lost(&claim, ends));
        let result = match select(&mut handling.0, lost).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => {
                handling.0.abort();
                // It ends where it next waits, and may come to its own end before.
                (&mut handling.0).await
            }
        };
        match result {
            Ok(result) if succeeded(&result) => self.mark(&claim, result).await,
            Ok(result) => self.give_back(&claim, Acted::Result(result)).await,
            Err(error) if error.is_cancelled() => {
                trouble("the claim of a notification was lost while its handler ran: the handler is dropped", None);
                self.give_back_unknown(&claim).await
            }
            Err(_) => {
                trouble("the handler of a notification panicked", None);
                self.give_back(&claim, Acted::Not(FAILED)).await
            }
        }
    }

    /// Renews the claim, and returns when it is lost: taken over by another, or at the end of a lease that could not be
    /// renewed.
    async fn lost(&self, claim: &Claim, mut ends: Instant) {
        let mut pause = self.lease / 3;
        loop {
            sleep(pause).await;
            let asked = Instant::now();
            match timeout_at(ends, self.step(self.deliveries.renew(claim, self.lease))).await {
                Ok(Ok(Standing::Held)) => (ends, pause) = (asked + self.lease, self.lease / 3),
                // By the handler itself, in a transaction.
                Ok(Ok(Standing::Done)) => std::future::pending().await,
                Ok(Ok(Standing::Gone)) => return,
                Ok(Err(_)) if asked < ends => pause = self.lease / 10,
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }

    /// Marks what a handler has done. After an error it is unknown whether it is marked, so that is read before anything
    /// is answered, until the lease has ended.
    async fn mark<T>(&self, claim: &Claim, result: T) -> Acted<T> {
        let ends = Instant::now() + self.lease;
        loop {
            let mut standing = self.step(self.deliveries.done(claim)).await;
            if let Err(error) = &standing {
                trouble("whether a notification is marked as done is unknown", Some(error));
                standing = self.step(self.deliveries.standing(claim)).await;
            }
            match standing {
                Ok(Standing::Done) => return Acted::Result(result),
                Ok(Standing::Gone) => {
                    trouble("a notification was acted on after its claim was lost: it may be acted on twice", None);
                    return Acted::Not(Answer::busy(self.lease));
                }
                Ok(Standing::Held) | Err(_) if Instant::now() < ends => sleep(PAUSE).await,
                Ok(Standing::Held) | Err(_) => {
                    trouble("a notification was acted on, and not marked: it may be acted on twice", None);
                    return Acted::Not(UNAVAILABLE);
                }
            }
        }
    }

    /// Gives back what a handler has failed on. If that fails, the end of the lease does it.
    async fn give_back<T>(&self, claim: &Claim, failed: Acted<T>) -> Acted<T> {
        match self.step(self.deliveries.release(claim)).await {
            // By the handler itself, in a transaction whose end it did not learn.
            Ok(Standing::Done) => Acted::Not(BEFORE),
            Ok(Standing::Held | Standing::Gone) => failed,
            Err(error) => {
                trouble("a notification that failed stays claimed until its lease ends", Some(&error));
                failed
            }
        }
    }

    /// Gives back what a handler was cut off from, if it is still claimed: it may be done, and may be another's by now.
    async fn give_back_unknown<T>(&self, claim: &Claim) -> Acted<T> {
        let answer = match self.step(self.deliveries.standing(claim)).await {
            Ok(Standing::Gone) => Answer::busy(self.lease),
            Ok(Standing::Held | Standing::Done) | Err(_) => UNAVAILABLE,
        };
        self.give_back(claim, Acted::Not(answer)).await
    }

    /// A step of the store, which ends well before the lease does.
    async fn step<T>(&self, step: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let late = |_| Err(StoreError::new("it does not answer"));
        timeout(STEP.min(self.lease / 3), step).await.unwrap_or_else(late)
    }
}

impl<D> Clone for Receiver<D> {
    fn clone(&self) -> Self {
        let Self { verifier, deliveries, name, lease, running } = self;
        let (verifier, deliveries, running) = (verifier.clone(), deliveries.clone(), running.clone());
        Self { verifier, deliveries, name: name.clone(), lease: *lease, running }
    }
}

impl<D> fmt::Debug for Receiver<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verifier, name, lease, .. } = self;
        let mut shown = f.debug_struct("Receiver");
        shown.field("verifier", verifier).field("name", name).field("lease", lease).finish_non_exhaustive()
    }
}

/// What came of a notification.
pub(super) enum Acted<T> {
    /// A handler has run, with this result.
    Result(T),
    /// None has, or its result does not count.
    Not(Answer),
}

impl<T> Acted<T> {
    fn unavailable(error: &StoreError) -> Self {
        trouble("a notification is not acted on", Some(error));
        Self::Not(UNAVAILABLE)
    }
}

/// What to answer to Linksfield.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Answer {
    status: StatusCode,
    text: &'static str,
    retry_after: Option<Duration>,
}

const BEFORE: Answer = Answer::new(StatusCode::OK, "this notification was acted on before");
const FAILED: Answer = Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "failed");
const UNAVAILABLE: Answer = Answer::new(StatusCode::SERVICE_UNAVAILABLE, "not now");

impl Answer {
    const fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text, retry_after: None }
    }

    pub(super) fn refusing(rejection: &Rejection) -> Self {
        Self::new(rejection.status(), rejection.answer())
    }

    fn busy(ends_in: Duration) -> Self {
        let text = "another is at work on this notification";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, text, retry_after: Some(ends_in) }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, a plain text.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// After which time Linksfield may send it again: the header `Retry-After`, in whole seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
            .map(|after| Duration::from_secs(after.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)))
    }

    /// The answer as a response of `http`.
    #[must_use]
    pub fn response<B: From<Bytes>>(&self) -> Response<B> {
        let mut response = Response::new(B::from(Bytes::from_static(self.text.as_bytes())));
        *response.status_mut() = self.status;
        if let Some(after) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after.as_secs()));
        }
        response
    }
}

/// A handler's task; it ends with whoever waits for it.
struct Handling<T>(JoinHandle<T>);

impl<T> Drop for Handling<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Counts a handler for as long as it runs.
struct Running(watch::Sender<usize>);

impl Running {
    fn new(count: watch::Sender<usize>) -> Self {
        count.send_modify(|running| *running += 1);
        Self(count)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}
