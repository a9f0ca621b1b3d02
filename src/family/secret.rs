//! A secret that is too long for one line: in an environment variable, or in a file that one names.

use std::fs::File;
use std::io::{self, Read};

use zeroize::Zeroizing;

use super::variable::{both, unchecked};
use crate::error::Error;

/// A secret in an environment variable or in the file that another one names, and which of the two has it.
pub(crate) fn variable_or_file<'a>(name: &'a str, file: &'a str) -> Result<(&'a str, Zeroizing<String>), Error> {
    match both(unchecked(name), unchecked(file))? {
        (Some(_), Some(_)) => Err(Error::settings(format!("{name} and {file} are both set: remove one of them"))),
        (Some(secret), None) => Ok((name, secret)),
        (None, Some(path)) => {
            let secret = contents(file, path.trim());
            let why = |error| Error::settings(format!("{file} names a file that can't be read: {error}"));
            Ok((file, secret.map_err(why)?))
        }
        (None, None) => Err(Error::settings(format!("{name} is not set: set it, or {file}"))),
    }
}

/// What is in a file, a pipe, or what a link leads to; what is no text in it is nothing of a secret.
fn contents(variable: &str, path: &str) -> io::Result<Zeroizing<String>> {
    let mut file = File::open(path)?;
    warn_if_open(variable, &file);
    let mut bytes = Zeroizing::new(Vec::new());
    file.read_to_end(&mut bytes)?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Says so where others may read a secret's file: it is not this crate's, and some systems mount it like that.
#[cfg(all(unix, feature = "tracing"))]
fn warn_if_open(variable: &str, file: &File) {
    use std::os::unix::fs::PermissionsExt;
    let open = file.metadata().ok().filter(|about| about.is_file()).map(|about| about.permissions().mode() & 0o777);
    if let Some(mode) = open.filter(|mode| mode & 0o077 != 0) {
        let mode = format!("{mode:o}");
        tracing::warn!(target: "linksfield", variable, mode, "others may read the file of a secret: give it the mode 600");
    }
}

#[cfg(not(all(unix, feature = "tracing")))]
fn warn_if_open(_: &str, _: &File) {}
