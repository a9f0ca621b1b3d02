//! What an error says: to a human in a line, and to a program as a chain of causes.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use super::cause::{Cause, Head, Refusal};
use super::{Error, ErrorKind, chain};

/// The first characters of a text that is as long as others like.
pub(crate) fn bounded(text: &str, longest: usize) -> Cow<'_, str> {
    let cut = text.char_indices().nth(longest).and_then(|(end, _)| text.get(..end));
    cut.map_or(text.into(), |cut| format!("{cut}…").into())
}

/// The same of what strangers wrote, with what drives a terminal, turns the direction of text or does not show as escapes.
fn told(text: &str, longest: usize) -> String {
    let is_hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let shown = |character: char| match character {
        hidden if is_hidden(hidden) => hidden.escape_debug().to_string(),
        plain => plain.to_string(),
    };
    bounded(text, longest).chars().map(shown).collect()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.say(f, usize::MAX)
    }
}

/// An error, with the first characters of what others say in it.
#[cfg(feature = "tracing")]
pub(crate) struct Bounded<'a>(&'a Error, usize);

#[cfg(feature = "tracing")]
impl fmt::Display for Bounded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.say(f, self.1)
    }
}

impl Error {
    /// What it says, with `longest` characters of each thing that others say.
    #[cfg(feature = "tracing")]
    pub(crate) fn bounded(&self, longest: usize) -> Bounded<'_> {
        Bounded(self, longest)
    }

    fn say(&self, f: &mut fmt::Formatter<'_>, longest: usize) -> fmt::Result {
        write!(f, "{}: ", told(self.operation(), longest))?;
        match &self.0.cause {
            Cause::NotBegun => write!(f, "its deadline passed before it could be sent; nothing was sent")?,
            Cause::UsedUp { limit, free_in } => write!(
                f,
                "the {limit} calls that this client may make in 24 hours are used up; nothing was sent; the next is free in \
                 {} seconds",
                free_in.as_secs() + 1
            )?,
            Cause::Ended => write!(f, "it has ended: its result was given before, and can't be had again")?,
            Cause::CutShort => write!(f, "no answer before its deadline")?,
            Cause::Transport { source, .. } if source.is_timeout() => write!(f, "no answer in time")?,
            Cause::Transport { source, .. } => {
                write!(f, "the connection failed")?;
                let happened = source.what_happened().filter(|what| !what.is_empty());
                happened.map_or(Ok(()), |what| write!(f, ": {}", told(&what, longest)))?;
                source.hopeless().map_or(Ok(()), |why| write!(f, "; {why}"))?;
            }
            Cause::Refused(refusal) => {
                let Refusal { head, code, message, meaning, .. } = &**refusal;
                let (code, message) = (told(code, longest), told(message, longest));
                write!(f, "refused with code {code} (HTTP {})", head.status)?;
                match meaning {
                    _ if !message.trim().is_empty() => write!(f, ": {message}")?,
                    Some(meaning) => write!(f, ", which is documented as: {}", meaning.trim_end_matches('.'))?,
                    None => {}
                }
            }
            Cause::Unreadable { head: Head { status, .. }, body, reason } => {
                write!(
                    f,
                    "the answer (HTTP {status}, {} bytes) can't be read: {}; its bytes are in Error::body",
                    body.len(),
                    told(reason, longest)
                )?;
            }
            Cause::InvalidRequest(reason) => {
                write!(f, "the request can't be sent: {}", bounded(&reason.to_string(), longest))?
            }
            Cause::Settings(what, _) => write!(f, "{}", bounded(what, longest))?,
            Cause::Panicked { .. } => {
                write!(f, "a panic ended it: look at what the client calls while it sends, its clock and its headers")?
            }
        }
        if let (Some(proxy), Cause::Transport { .. } | Cause::CutShort | Cause::Unreadable { .. }) =
            (&self.0.proxy, &self.0.cause)
        {
            write!(f, "; it went through the proxy {proxy}")?;
        }
        if self.attempts() > 1 {
            write!(f, "; tried {} times", self.attempts())?;
        }
        let drift = self.drift();
        if let Some(drift) = drift {
            write!(f, "; {drift}")?;
        }
        match self.kind() {
            // A clock that is off is the reason, rather than the key.
            // What speaks of the signature says it below.
            ErrorKind::Unauthorised | ErrorKind::Refused
                if drift.is_none() && self.is_unauthorised() && !self.speaks_of_signature() =>
            {
                write!(f, "; check {}", self.0.who)?;
            }
            ErrorKind::NotFound => write!(f, "; check the server's URL and the path")?,
            _ => {}
        }
        // A clock that is off is the reason, and a missing signature no wrong one.
        if let Some(doubt) = self.0.doubt.filter(|_| drift.is_none() && self.status() == Some(403)) {
            write!(f, "; {doubt}")?;
        }
        if self.speaks_of_signature() {
            write!(f, "; look at the suspects in what was signed (Call::explain), then check {}", self.0.who)?;
        }
        if self.outcome_unknown() {
            write!(f, "; the call may or may not have taken effect: find out before you call again")?;
        } else if let Cause::Transport { source, may_be_sent } = &self.0.cause {
            write!(f, "{}", if *may_be_sent { "" } else { "; nothing was sent" })?;
            if source.hopeless().is_none() {
                write!(f, "; check the network and the server's URL, then call again")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let Some(source) = self.source() else { return Ok(()) };
        let causes: Vec<_> = chain(source).map(ToString::to_string).collect();
        write!(f, " ({})", causes.join(": "))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.cause {
            Cause::Transport { source, .. } => Some(source),
            Cause::Settings(_, source) => source.as_deref().map(|source| source as _),
            // The message has what it says.
            Cause::InvalidRequest(reason) => reason.source(),
            _ => None,
        }
    }
}
