//! Being told to end while something is under way that must not be cut off.

#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use linksfield::Call;
use serde_json::Value;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use crate::exit::{Exit, Failure, Result};
use crate::tell;

/// How long an answer is waited for after that.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The data of a call. Told to end, it waits for the answer a while; told again, it gives up, as it does when the while is
/// over: then the outcome is unknown.
pub async fn patiently(mut call: Call<Value>) -> Result<Value> {
    let mut signals = Signals::new();
    tokio::select! {
        biased;
        result = &mut call => return result.map_err(Failure::of_answer),
        () = signals.next() => {}
    }
    tell("it is under way: waiting for its answer up to 20 seconds, unless you interrupt again");
    tokio::select! {
        biased;
        result = &mut call => result.map_err(Failure::of_answer),
        () = signals.again() => Err(Failure::new(
            Exit::OutcomeUnknown,
            "interrupted: the call may or may not have taken effect; find out before you send it again",
        )),
    }
}

/// What some work gives before the program is told to end, which drops it. Signals that come after it end the program at once, if they
/// did before.
#[cfg(unix)]
pub async fn unless_told_to_end<T>(work: impl Future<Output = T>) -> Option<T> {
    let before = ARE_UNHEARD.load(Ordering::SeqCst);
    let mut signals = Signals::new();
    for kind in heard() {
        let _ = signal_hook::flag::register_conditional_default(kind.as_raw_value(), &ARE_UNHEARD);
    }
    let given = tokio::select! {
        biased;
        () = signals.next() => None,
        given = work => Some(given),
    };
    ARE_UNHEARD.store(before, Ordering::SeqCst);
    // One may have come in between.
    tokio::select! {
        biased;
        () = signals.next() => None,
        () = std::future::ready(()) => given,
    }
}

/// A console tells the work itself.
#[cfg(not(unix))]
pub async fn unless_told_to_end<T>(work: impl Future<Output = T>) -> Option<T> {
    Some(work.await)
}

/// Whether nobody hears signals, so that they end the program at once.
#[cfg(unix)]
static ARE_UNHEARD: AtomicBool = AtomicBool::new(true);

impl Signals {
    /// Waits for the next one, or until patience is at its end.
    pub async fn again(&mut self) {
        tokio::select! {
            () = self.next() => {}
            () = sleep(PATIENCE) => {}
        }
    }
}

/// The signals that tell a program to end: Ctrl-C, and what a supervisor or a terminal that is closed sends.
#[cfg(unix)]
pub struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    pub fn new() -> Self {
        let signals = Self(heard().filter_map(|kind| signal(kind).ok()).collect());
        ARE_UNHEARD.store(false, Ordering::SeqCst);
        signals
    }

    pub async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let came = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if came { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

#[cfg(unix)]
fn heard() -> impl Iterator<Item = SignalKind> {
    let (all, ignored) = ([SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()], ignored());
    all.into_iter().filter(move |kind| ignored >> (kind.as_raw_value() - 1) & 1 == 0)
}

/// The signals that this program was begun to ignore, as by `nohup` or behind a shell's `&`, a bit each; and it does, where
/// the system tells them.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
}

#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn new() -> Self {
        Self
    }

    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
