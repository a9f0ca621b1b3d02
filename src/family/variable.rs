//! What a caller is known by, as the environment or the caller gives it.

use std::env;

use crate::error::Error;

/// The value of an environment variable.
pub(crate) fn variable(name: &str) -> Result<String, Error> {
    let value = match env::var(name) {
        Ok(value) => value,
        Err(env::VarError::NotPresent) => return Err(Error::settings(format!("{name} is not set: set it"))),
        Err(env::VarError::NotUnicode(_)) => return Err(Error::settings(format!("{name} is not Unicode text"))),
    };
    check(name, &value)?;
    Ok(value)
}

/// Whether a text is as Linksfield gave it, as far as one can see.
pub(crate) fn check(name: &str, value: &str) -> Result<(), Error> {
    if value.trim().is_empty() {
        Err(Error::settings(format!("{name} is empty: set it to what Linksfield gave you")))
    } else if value.trim() != value {
        Err(Error::settings(format!("{name} has white space around it: remove it")))
    } else {
        Ok(())
    }
}
