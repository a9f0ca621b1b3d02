//! What the command ends with, and why.

use std::error::Error as _;
use std::fmt;
use std::process::ExitCode;

use linksfield::{Error, ErrorKind, reqwest};

use crate::visible::visible;

/// What a script learns of how it went. A batch ends with the highest of its lines'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done = 0,
    Other = 1,
    Usage = 2,
    Settings = 3,
    Refused = 4,
    NothingSent = 5,
    RateLimited = 6,
    Unreadable = 7,
    OutcomeUnknown = 9,
}

/// The codes in words, as the help has them.
pub const HELP: &str = "\
Exit codes:
  0  done
  1  anything that has no code of its own
  2  wrong usage; nothing was sent
  3  the settings are missing or wrong; nothing was sent
  4  the API refused the call
  5  nothing was sent: unreachable, a limit of your own, or you said no
  6  rate limited
  7  an answer that can't be read, or a server that failed; nothing was changed
  9  the outcome is unknown: it may have been done. Find out before you go on";

/// Why it ends otherwise than well.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
}

pub type Result<T = (), E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub fn settings(message: impl Into<String>) -> Self {
        Self::new(Exit::Settings, message)
    }

    /// That of a call, with what of an answer came where nobody knows what it means: it may name an order.
    pub fn of_answer(error: Error) -> Self {
        const LONGEST: usize = 4096;
        let body = error.body().map(|body| String::from_utf8_lossy(body).chars().take(LONGEST).collect::<String>());
        let failure = Self::from(error);
        match body.filter(|body| failure.exit == Exit::OutcomeUnknown && !body.is_empty()) {
            Some(body) => failure.and(format!("what came is: {}", visible(&body))),
            None => failure,
        }
    }

    /// That of a call after another of the same command: what was sent is not unsent.
    pub fn after_others(mut self) -> Self {
        if matches!(self.exit, Exit::Usage | Exit::Settings | Exit::NothingSent) {
            self.exit = Exit::Other;
        }
        self
    }

    /// The same with another sentence behind, if there is one.
    pub fn and_maybe(self, more: Option<&str>) -> Self {
        match more {
            Some(more) => self.and(more),
            None => self,
        }
    }

    /// The same with another sentence behind.
    pub fn and(mut self, more: impl AsRef<str>) -> Self {
        self.message = format!("{}\n{}", self.message, more.as_ref());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(Exit::of(&error), error.to_string())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    pub fn of(error: &Error) -> Self {
        if error.outcome_unknown() {
            return Self::OutcomeUnknown;
        }
        // Whether a code came with the status or not.
        if error.is_rate_limited() {
            return Self::RateLimited;
        }
        if error.is_server_error() {
            return Self::Unreadable;
        }
        match error.kind() {
            ErrorKind::Settings => Self::Settings,
            ErrorKind::UsedUp => Self::NothingSent,
            ErrorKind::InvalidRequest => Self::Usage,
            ErrorKind::Refused | ErrorKind::Unauthorised => Self::Refused,
            ErrorKind::Unreadable => Self::Unreadable,
            ErrorKind::Transport | ErrorKind::Timeout if nothing_was_sent(error) => Self::NothingSent,
            _ => Self::Other,
        }
    }
}

/// That of a request beside the calls, with the words that a call has for it.
pub fn unanswered(request: impl Into<String>, error: reqwest::Error) -> Error {
    // What was sent is known to change nothing, or is sent again.
    if error.is_connect() || error.is_builder() {
        Error::not_sent(request, error)
    } else {
        Error::transport(request, error).with_outcome_unknown(false)
    }
}

/// The deadline passed while it waited, or no connection could be made.
fn nothing_was_sent(error: &Error) -> bool {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<reqwest::Error>());
    error.attempts() == 0 || causes.any(reqwest::Error::is_connect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_the_help_names() {
        let named: Vec<_> =
            HELP.lines().filter_map(|line| line.trim().split_once("  ")?.0.parse::<u8>().ok()).collect();
        let all = [
            Exit::Done,
            Exit::Other,
            Exit::Usage,
            Exit::Settings,
            Exit::Refused,
            Exit::NothingSent,
            Exit::RateLimited,
            Exit::Unreadable,
            Exit::OutcomeUnknown,
        ];
        assert_eq!(named, all.map(|exit| exit as u8));
        assert!(all.is_sorted(), "the highest of a batch's lines is the worst");
    }
}
