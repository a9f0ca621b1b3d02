//! Waiting for what an API does later: asking again, until an answer says that it is done.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::Call;
use crate::error::{Blame, Cause, Error, ErrorKind, Subject};

/// The first and the longest delay between two questions.
const FIRST_DELAY: Duration = Duration::from_secs(2);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// How many answers one after the other may be something else than answers of the API.
const ODD_ANSWERS: u32 = 5;

/// What is told from elsewhere to all who wait for the same.
#[derive(Clone, Default)]
pub(crate) struct Completion(watch::Sender<Option<Value>>);

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Completion(…)")
    }
}

impl Completion {
    pub(crate) fn tell(&self, value: Value) {
        self.0.send_replace(Some(value));
    }

    /// What is told, while this is kept.
    fn told(&self) -> impl Future<Output = Value> + use<> {
        let mut told = self.0.subscribe();
        async move { told.wait_for(Option::is_some).await.ok().and_then(|value| value.clone()).unwrap_or_default() }
    }
}

/// What an answer means for an asynchronous operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is under way.
    NotYet,
    /// It succeeded.
    Done,
    /// It failed; it may be started again.
    Failed,
}

/// What is known of an asynchronous operation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum State<T> {
    /// It is under way, by this answer.
    NotYet(T),
    /// It succeeded, by this answer.
    Done(T),
    /// It failed, by this answer.
    Failed(T),
    /// Who knew it from elsewhere said this.
    Completed(Value),
}

/// Waiting for an asynchronous operation: a future of its last [`State`], or a stream of all.
///
/// It asks after 2 seconds, then after delays that double up to 60 seconds, or as late as the server asks for, within the
/// client's limits. A question that gets no answer, that the server has no time for or fails at, or for which the day's calls
/// are used up, is asked again later; so are up to five in a row that something between answers. One that is refused
/// ends it. Whatever the error, the [outcome](Error::outcome_unknown) of the operation is unknown: it may go on. Dropping it stops
/// the asking, not the operation.
#[must_use = "nothing is asked until it is awaited"]
pub struct Watch<T> {
    subject: Subject,
    waiting: Waiting<T>,
}

enum Waiting<T> {
    Told(Box<Asking<T>>),
    Asks(Pin<Box<dyn Stream<Item = Result<State<T>, Error>> + Send>>),
}

struct Asking<T> {
    subject: Subject,
    completion: Completion,
    ask: Box<dyn FnMut() -> Call<T> + Send>,
    judge: Box<dyn FnMut(&T) -> Progress + Send>,
    deadline: Option<Duration>,
}

impl<T: Send + 'static> Watch<T> {
    /// Waits for what became of `subject`: until `judge` calls an answer of what `ask` makes its last, or `completion` is told.
    pub(crate) fn new(
        subject: Subject,
        completion: Completion,
        ask: impl FnMut() -> Call<T> + Send + 'static,
        judge: impl FnMut(&T) -> Progress + Send + 'static,
    ) -> Self {
        let (ask, judge) = (Box::new(ask), Box::new(judge));
        let asking = Asking { subject: subject.clone(), completion, ask, judge, deadline: None };
        Self { subject, waiting: Waiting::Told(Box::new(asking)) }
    }

    /// Longest time to wait; without end if not told. The error after it has an unknown outcome: the operation may go on.
    pub fn deadline(mut self, limit: Duration) -> Self {
        if let Waiting::Told(asking) = &mut self.waiting {
            asking.deadline = Some(limit);
        }
        self
    }

    /// The next state; `None` after one that is the last.
    pub async fn next(&mut self) -> Option<Result<State<T>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> Asking<T> {
    /// The states, up to one that is the last.
    fn states(self) -> impl Stream<Item = Result<State<T>, Error>> {
        let deadline = self.deadline.and_then(|limit| Instant::now().checked_add(limit));
        let first = (self, deadline, FIRST_DELAY, AtomicU32::new(0));
        stream::unfold(Some(first), |state| async {
            let (mut asking, deadline, mut delay, asked) = state?;
            let known = asking.completion.told();
            let late = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            let (known, late) = (pin!(known), pin!(late));
            let answered = async {
                let (mut odd, mut free_in) = (0, Duration::ZERO);
                loop {
                    sleep(delay.max(free_in)).await;
                    delay = (delay * 2).min(LONGEST_DELAY);
                    asked.fetch_add(1, Relaxed);
                    let error = match (asking.ask)().await {
                        Ok(answer) => break Ok(answer),
                        Err(error) => error,
                    };
                    odd = if is_odd(&error) { odd + 1 } else { 0 };
                    if odd > ODD_ANSWERS || odd == 0 && !passes(&error) {
                        // A question was refused: nobody knows more of the operation.
                        break Err(error.undecided());
                    }
                    free_in = error.retry_after().unwrap_or_default();
                }
            };
            let result = match select(select(known, late), pin!(answered)).await {
                Either::Left((Either::Left((value, _)), _)) => Ok(State::Completed(value)),
                Either::Left((Either::Right(_), _)) => {
                    Err(Error::new(asking.subject.clone(), asked.load(Relaxed), Cause::CutShort))
                }
                Either::Right((answer, _)) => answer.map(|answer| match (asking.judge)(&answer) {
                    Progress::NotYet => State::NotYet(answer),
                    Progress::Done => State::Done(answer),
                    Progress::Failed => State::Failed(answer),
                }),
            };
            let goes_on = matches!(result, Ok(State::NotYet(_)));
            Some((result, goes_on.then_some((asking, deadline, delay, asked))))
        })
    }
}

/// Whether the same question is answered later.
fn passes(error: &Error) -> bool {
    let lost =
        matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::Server | ErrorKind::UsedUp);
    lost || error.is_rate_limited() || error.blame() == Some(Blame::Server)
}

/// Whether it is an answer of something between, which may go away or not.
fn is_odd(error: &Error) -> bool {
    use ErrorKind::{NotFound, Redirect, Unauthorised, Unreadable};
    matches!(error.kind(), NotFound | Redirect | Unauthorised | Unreadable)
}

impl<T: Send + 'static> Stream for Watch<T> {
    type Item = Result<State<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match std::mem::replace(&mut self.waiting, Waiting::Asks(Box::pin(stream::empty()))) {
                Waiting::Told(asking) => self.waiting = Waiting::Asks(Box::pin(asking.states().fuse())),
                Waiting::Asks(mut states) => {
                    let next = states.as_mut().poll_next(context);
                    self.waiting = Waiting::Asks(states);
                    return next;
                }
            }
        }
    }
}

impl<T: Send + 'static> IntoFuture for Watch<T> {
    type Output = Result<State<T>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            loop {
                match self.next().await {
                    Some(Ok(State::NotYet(_))) => {}
                    Some(last) => return last,
                    // Its last state was given before.
                    None => {
                        let subject = Subject { safe_to_retry: true, ..self.subject };
                        return Err(Error::new(subject, 0, Cause::Ended));
                    }
                }
            }
        })
    }
}

impl<T> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch(…)")
    }
}
