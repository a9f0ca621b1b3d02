//! Money asks first: what changes something is shown to a person, who says yes, or agreed to on the command line.

use linksfield::Operation;
use serde_json::Value;

use crate::ask::Terminal;
use crate::exit::{Exit, Failure, Result};
use crate::family::Parameters;

/// What agrees to what can be taken back.
pub const YES: &str = "yes";

/// What has to be typed before a call is sent: never nothing.
pub struct Agreement<'a> {
    word: &'a str,
    /// Which parameter that is, where the call can't be taken back.
    name: Option<&'static str>,
    verb: &'static str,
    past: &'static str,
}

impl<'a> Agreement<'a> {
    /// By the word that is typed for what can be taken back.
    pub const BY_YES: Agreement<'static> = Agreement { word: YES, name: None, verb: "send", past: "sent" };

    /// By the same word, where nothing is sent, but a journal is told something.
    pub const TO_TELL: Agreement<'static> = Agreement { word: YES, name: None, verb: "tell", past: "told" };

    /// To an operation with these parameters; or why none is possible.
    pub fn to(operation: &Operation, parameters: &'a Parameters) -> Result<Self, String> {
        let Some(name) = operation.confirm else { return Ok(Self::BY_YES) };
        let id = parameters.get(name).and_then(Value::as_str).filter(|id| !id.trim().is_empty());
        id.map(|id| Self { word: id, name: Some(name), ..Self::BY_YES })
            .ok_or_else(|| format!("{name} must be text that is not empty: it is typed once more"))
    }

    /// Whether this, as it was typed, agrees.
    pub fn is(&self, typed: &str) -> bool {
        typed == self.word
    }

    /// What a person is told to type.
    pub fn request(&self) -> String {
        match self.name {
            None => format!("Type {YES} to {} it: ", self.verb),
            Some(name) => format!("This can't be taken back. Type the {name} to {} it: ", self.verb),
        }
    }
}

/// Asks about what `text` describes, unless it was agreed to by what was said on the command line.
pub fn ask(text: &str, agreement: &Agreement<'_>, said: Option<&str>) -> Result {
    let nothing = format!("nothing was {}", agreement.past);
    match said {
        Some(said) if agreement.is(said) => return Ok(()),
        Some(_) => {
            let what = agreement.name.unwrap_or(YES);
            return Err(Failure::usage(format!("--confirm is not the {what} of this call; {nothing}")));
        }
        None => {}
    }
    let flag = agreement.name.map_or("--yes", |_| "--confirm ID");
    let nobody =
        || Failure::usage(format!("it changes something, and there is no terminal to ask: say {flag}; {nothing}"));
    let mut terminal = Terminal::open().ok_or_else(nobody)?;
    terminal.forget_typed();
    let answer = terminal.ask(&format!("{text}{}", agreement.request()));
    let answer = answer.map_err(|error| Failure::usage(format!("the terminal can't be asked: {error}; {nothing}")))?;
    match answer {
        Some(typed) if agreement.is(&typed) => Ok(()),
        _ => Err(Failure::new(Exit::NothingSent, format!("not agreed to; {nothing}"))),
    }
}

#[cfg(test)]
mod tests {
    use linksfield::cube::OPERATIONS;
    use serde_json::json;

    use super::*;

    fn cancel() -> &'static Operation {
        OPERATIONS.iter().find(|operation| operation.confirm == Some("sim_id")).unwrap()
    }

    fn with(id: Value) -> Parameters {
        Parameters::from_iter([("sim_id".to_owned(), id)])
    }

    #[test]
    fn what_cannot_be_taken_back_is_agreed_to_by_its_id_alone() {
        let parameters = with(json!("8985"));
        let agreement = Agreement::to(cancel(), &parameters).unwrap();
        assert!(ask("", &agreement, Some("8985")).is_ok());
        for wrong in ["", "yes", "8986", "8985 "] {
            assert_eq!(ask("", &agreement, Some(wrong)).unwrap_err().exit, Exit::Usage, "{wrong}");
        }
    }

    #[test]
    fn nothing_is_agreed_to_by_typing_nothing() {
        for id in [json!(""), json!(" "), json!(8985), json!(null), json!(["8985"])] {
            assert!(Agreement::to(cancel(), &with(id.clone())).is_err(), "{id}");
        }
        assert!(Agreement::to(cancel(), &Parameters::new()).is_err());
        assert!(!Agreement::BY_YES.is(""));
    }
}
