//! When a call is sent again. Pure: time and chance are parameters.

use std::time::Duration;

/// How often, and after how long, a failed call is sent again; each time with a signature of its own.
///
/// An operation that is [safe to retry](crate::Operation::safe_to_retry) is sent again if no answer came, or one of HTTP
/// 408, 429, 502, 503 and 504. Any other only if no byte of it can have left: if the connection could not be made. So
/// nothing is ordered twice.
///
/// A request that was given to a kept connection which turns out to be closed before its first byte is written goes on
/// another: nothing of it was sent, so that this is no attempt. Nothing else in the HTTP client of
/// this crate sends anything again, HTTP/2 included.
///
/// The delay is random, up to a limit that doubles each time ("full jitter"). A `Retry-After` of the server is kept; a call
/// whose server asks for more than the longest delay fails at once, and [its error](crate::Error::retry_after) says for how
/// much. One of zero, or of a time that has passed, leaves the delay as it is.
///
/// Linksfield documents no retry rule, and a rate limit of the Cube API alone: the defaults are this crate's.
#[derive(Clone, Debug, PartialEq, Eq, bon::Builder)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Most times that a call is sent; 3 if not set, 1 to send nothing again.
    #[builder(default = 3)]
    pub attempts: u32,
    /// Longest first delay; 250 milliseconds if not set.
    #[builder(default = Duration::from_millis(250))]
    pub first_delay: Duration,
    /// Longest delay, also for a `Retry-After`; 10 seconds if not set.
    #[builder(default = Duration::from_secs(10))]
    pub longest_delay: Duration,
    /// No attempt begins later than this after the first; 60 seconds if not set. It cuts no attempt short: a deadline does.
    #[builder(default = Duration::from_secs(60))]
    pub total: Duration,
    /// Whether an operation whose documentation says that equal calls count as one for some time
    /// ([`Operation::idempotent_for`](crate::Operation::idempotent_for)) is sent once more if its outcome is unknown; it is not
    /// if not set.
    ///
    /// Of a window of 10 seconds, the one more attempt begins no later than 4 seconds after the first began, ends by the eighth,
    /// and has its very bytes. If it is accepted, the outcome is known. If it is refused, not sent or not readable, the outcome
    /// stays unknown: the first may have placed the order. A `Retry-After`, the deadline and the other numbers of this policy
    /// hold here as well. A first attempt that hangs is sent again only if its timeout ends it within these 4 seconds.
    ///
    /// **The risk that remains:** when the window begins is not documented, nor whether it holds for all servers of the
    /// vendor. A first request that was held up on its way for longer than the window is an order of its own. On another system
    /// than Linux, a clock that is set back while the machine sleeps, by longer than it slept, hides that it slept.
    #[builder(default = false)]
    pub within_window: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl RetryPolicy {
    /// Sends nothing again.
    #[must_use]
    pub fn never() -> Self {
        Self::builder().attempts(1).build()
    }

    /// How long to wait before the next attempt, or `None` to give up.
    pub(crate) fn delay(&self, tried: &Tried, chance: f64) -> Option<Duration> {
        let Tried { safe_to_retry, in_window, attempt, elapsed, trouble } = *tried;
        let again = match trouble {
            Trouble::Unsent => true,
            Trouble::Lost => safe_to_retry || in_window,
            Trouble::Answered { status, .. } => {
                in_window || safe_to_retry && matches!(status, 408 | 429 | 502 | 503 | 504)
            }
            Trouble::Final => false,
        };
        if !again || attempt >= self.attempts {
            return None;
        }
        let delay = match trouble.retry_after() {
            Some(asked) if asked > self.longest_delay => return None,
            Some(asked) if !asked.is_zero() => asked,
            // Who asks for no delay gets no crowd at once all the same.
            _ => self.longest_at(attempt).mul_f64(chance.clamp(0.0, 1.0)),
        };
        (elapsed.saturating_add(delay) <= self.total).then_some(delay)
    }

    fn longest_at(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.checked_pow(attempt - 1).and_then(|times| self.first_delay.checked_mul(times));
        doubled.unwrap_or(Duration::MAX).min(self.longest_delay)
    }
}

/// What a policy is asked about: a call that failed so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried {
    pub(crate) safe_to_retry: bool,
    /// Whether its outcome is unknown, and equal calls count as one for a while.
    pub(crate) in_window: bool,
    /// Counts from 1.
    pub(crate) attempt: u32,
    /// From the beginning of the first attempt.
    pub(crate) elapsed: Duration,
    pub(crate) trouble: Trouble,
}

/// What became of an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No byte can have left.
    Unsent,
    /// No whole answer came.
    Lost,
    /// An answer came.
    Answered { status: u16, retry_after: Option<Duration> },
    /// Sending it again would fail again.
    Final,
}

impl Trouble {
    /// How long the server asks to wait.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Answered { retry_after, .. } => retry_after,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn tried(safe_to_retry: bool, attempt: u32, elapsed: Duration, trouble: Trouble) -> Tried {
        Tried { safe_to_retry, in_window: false, attempt, elapsed, trouble }
    }

    fn answered(status: u16) -> Trouble {
        Trouble::Answered { status, retry_after: None }
    }

    #[test]
    fn the_table_of_what_is_sent_again() {
        let cases = [
            (Trouble::Unsent, true, true),
            (Trouble::Unsent, false, true),
            (Trouble::Lost, true, true),
            (Trouble::Lost, false, false),
            (answered(408), true, true),
            (answered(429), true, true),
            (answered(502), true, true),
            (answered(503), true, true),
            (answered(504), true, true),
            (answered(429), false, false),
            (answered(503), false, false),
            (answered(200), true, false),
            (answered(400), true, false),
            (answered(500), true, false),
            (Trouble::Final, true, false),
            (Trouble::Final, false, false),
        ];
        for (trouble, safe, again) in cases {
            let delay = RetryPolicy::default().delay(&tried(safe, 1, Duration::ZERO, trouble), 0.5);
            assert_eq!(delay.is_some(), again, "{trouble:?}, safe to retry: {safe}");
            assert_eq!(RetryPolicy::never().delay(&tried(safe, 1, Duration::ZERO, trouble), 0.5), None);
        }
    }

    #[test]
    fn in_a_window_whatever_may_be_answered_otherwise_is_sent_again_within_what_the_policy_allows() {
        let policy = RetryPolicy::default();
        let delay = |trouble| policy.delay(&Tried { in_window: true, ..tried(false, 1, Duration::ZERO, trouble) }, 0.5);
        let asking = |asked| Trouble::Answered { status: 503, retry_after: Some(asked) };
        assert_eq!(delay(Trouble::Lost), Some(Duration::from_millis(125)));
        assert_eq!(delay(answered(200)), Some(Duration::from_millis(125)), "with a code of the server's failure");
        assert_eq!(delay(asking(3 * SECOND)), Some(3 * SECOND));
        assert_eq!(delay(asking(11 * SECOND)), None);
        assert_eq!(delay(Trouble::Final), None);
    }

    #[test]
    fn delays_double_up_to_the_longest_and_are_random() {
        let policy = RetryPolicy::builder().attempts(u32::MAX).first_delay(SECOND).total(Duration::MAX).build();
        let delay =
            |attempt, chance| policy.delay(&tried(true, attempt, Duration::ZERO, Trouble::Lost), chance).unwrap();
        let longest = [1, 2, 3, 4, 5, 6, 40, u32::MAX - 1].map(|attempt| delay(attempt, 1.0).as_secs());
        assert_eq!(longest, [1, 2, 4, 8, 10, 10, 10, 10]);
        assert_eq!(delay(3, 0.25), SECOND);
        assert_eq!(delay(3, 0.0), Duration::ZERO);
    }

    #[test]
    fn attempts_and_total_time_have_an_end() {
        let policy = RetryPolicy::builder().attempts(3).first_delay(SECOND).total(10 * SECOND).build();
        let delay = |attempt, elapsed| policy.delay(&tried(true, attempt, elapsed, Trouble::Lost), 1.0);
        assert!(delay(2, Duration::ZERO).is_some() && delay(3, Duration::ZERO).is_none());
        assert!(delay(1, 9 * SECOND).is_some() && delay(1, 9 * SECOND + Duration::from_nanos(1)).is_none());
        assert!(delay(1, Duration::MAX).is_none());
    }

    #[test]
    fn what_the_server_asks_for_is_kept_or_the_call_given_up() {
        let policy = RetryPolicy::default();
        let delay = |asked| {
            let trouble = Trouble::Answered { status: 429, retry_after: Some(asked) };
            policy.delay(&tried(true, 1, Duration::ZERO, trouble), 0.5)
        };
        for kept in [Duration::from_nanos(1), 3 * SECOND, 10 * SECOND] {
            assert_eq!(delay(kept), Some(kept));
        }
        assert_eq!(delay(10 * SECOND + Duration::from_nanos(1)), None);
        assert_eq!(delay(Duration::ZERO), Some(Duration::from_millis(125)), "the delay of its own");
    }
}
