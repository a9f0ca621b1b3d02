//! A secret that is too long for one line: in an environment variable, or in a file that one names.

use std::fs::File;
use std::io::{self, Read};

use encoding_rs::UTF_8;
use zeroize::Zeroizing;

use super::variable::{both, check, unchecked};
use crate::error::Error;

/// Most bytes of a file that are read: whatever it is, what follows is no secret.
const LONGEST: usize = 64 * 1024;

/// A secret in an environment variable or in the file that another one names, and which of the two has it.
pub(crate) fn variable_or_file<'a>(name: &'a str, file: &'a str) -> Result<(&'a str, Zeroizing<String>), Error> {
    match both(given(name), given(file))? {
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

/// The value of an environment variable without the white space around it, which a file of it may end with.
pub(crate) fn trimmed(name: &str) -> Result<Zeroizing<String>, Error> {
    let value = given(name)?.ok_or_else(|| Error::settings(format!("{name} is not set: set it")))?;
    let value = Zeroizing::new(value.trim().to_owned());
    check(name, &value).map(|()| value)
}

/// The value of a variable that is set and not empty.
fn given(name: &str) -> Result<Option<Zeroizing<String>>, Error> {
    Ok(unchecked(name)?.filter(|value| !value.is_empty()))
}

/// What is in a file, a pipe, or what a link leads to: UTF-8, or UTF-16 with its mark.
fn contents(variable: &str, path: &str) -> io::Result<Zeroizing<String>> {
    let file = File::open(path)?;
    warn_if_open(variable, &file);
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    file.take(u64::try_from(LONGEST).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(Zeroizing::new(UTF_8.decode(&bytes).0.into_owned()))
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
