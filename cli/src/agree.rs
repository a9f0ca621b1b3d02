//! Money asks first: what changes something is shown to a person, who says yes, or agreed to on the command line.

use crate::ask::Terminal;
use crate::exit::{Exit, Failure, Result};

/// How a call is agreed to.
pub enum Agreement<'a> {
    /// By `yes`, typed or as a flag.
    Yes { said: bool },
    /// By an id that it names, typed once more or as a flag: it can't be taken back.
    Confirm { name: &'a str, id: &'a str, said: Option<&'a str> },
}

impl Agreement<'_> {
    /// What has to be typed.
    pub fn word(&self) -> &str {
        match self {
            Self::Yes { .. } => "yes",
            Self::Confirm { id, .. } => id,
        }
    }

    /// What a person is told to type.
    pub fn request(&self) -> String {
        match self {
            Self::Yes { .. } => "Type yes to send it: ".to_owned(),
            Self::Confirm { name, .. } => format!("This can't be taken back. Type the {name} to send it: "),
        }
    }
}

/// Asks about what `text` describes, unless it was agreed to.
pub fn ask(text: &str, agreement: &Agreement<'_>) -> Result {
    match agreement {
        Agreement::Yes { said: true } => return Ok(()),
        Agreement::Confirm { id, said: Some(said), .. } if said == id => return Ok(()),
        Agreement::Confirm { name, said: Some(_), .. } => {
            return Err(Failure::usage(format!("--confirm is not the {name} of this call; nothing was sent")));
        }
        _ => {}
    }
    let flag = match agreement {
        Agreement::Yes { .. } => "--yes",
        Agreement::Confirm { .. } => "--confirm ID",
    };
    let nobody = || {
        Failure::usage(format!("it changes something, and there is no terminal to ask: say {flag}; nothing was sent"))
    };
    let mut terminal = Terminal::open().ok_or_else(nobody)?;
    let answer = terminal.ask(&format!("{text}{}", agreement.request()));
    let answer =
        answer.map_err(|error| Failure::usage(format!("the terminal can't be asked: {error}; nothing was sent")))?;
    match answer {
        Some(word) if word == agreement.word() => Ok(()),
        _ => Err(Failure::new(Exit::NothingSent, "not agreed to; nothing was sent")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_taken_back_is_agreed_to_by_its_id_alone() {
        let asked = |said| ask("", &Agreement::Confirm { name: "sim_id", id: "8985", said });
        assert!(asked(Some("8985")).is_ok());
        for wrong in ["", "yes", "8986", "8985 "] {
            assert_eq!(asked(Some(wrong)).unwrap_err().exit, Exit::Usage, "{wrong}");
        }
    }
}
