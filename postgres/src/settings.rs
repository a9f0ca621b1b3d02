//! A connection string, and how far the server's certificate is believed.
//!
//! The driver reads all of a string but what libpq calls `verify-ca`, `verify-full` and `sslrootcert`, and prefers TLS
//! where nothing is said: over a network, whoever stands in between may then take it away. Here what is not said is
//! verified.

use std::borrow::Cow;
use std::net::IpAddr;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::Error;

/// How far the server's certificate is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Whoever it is of: the string says so, or the server is on this machine.
    Any,
    /// It is of the authority, whichever host it names.
    Authority,
    /// It is of the authority, and names the host.
    Host,
}

/// A connection string that was read.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) trust: Trust,
    /// The file of the authorities; those of the system if there is none.
    pub(crate) authorities: Option<PathBuf>,
}

impl Settings {
    pub(crate) fn read(string: &str) -> Result<Self, Error> {
        let (rest, taken) = match string.starts_with("postgres://") || string.starts_with("postgresql://") {
            true => of_url(string),
            false => of_words(string)?,
        };
        let last = |name| taken.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        // What the driver says of a string may quote a part of it, and with it a password.
        let mut config: Config = rest.parse().map_err(|_| Error::Settings("it can't be read".to_owned()))?;
        let authorities = last("sslrootcert").filter(|file| *file != "system").map(PathBuf::from);
        let (mode, trust) = match last("sslmode") {
            Some("disable") => (SslMode::Disable, Trust::Any),
            Some("prefer") => (SslMode::Prefer, Trust::Any),
            Some("require") if authorities.is_none() => (SslMode::Require, Trust::Any),
            Some("require" | "verify-ca") => (SslMode::Require, Trust::Authority),
            Some("verify-full") => (SslMode::Require, Trust::Host),
            None if is_on_this_machine(&config) => (SslMode::Prefer, Trust::Any),
            None => (SslMode::Require, Trust::Host),
            Some(_) => {
                let known = "disable, prefer, require, verify-ca and verify-full";
                return Err(Error::Settings(format!("sslmode is none of {known}")));
            }
        };
        config.ssl_mode(mode);
        Ok(Self { config, trust, authorities })
    }

    /// Where the database is, without who asks it.
    pub(crate) fn address(&self) -> String {
        let config = &self.config;
        let hosts = config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
        let hosts: Vec<_> = hosts.chain(config.get_hostaddrs().iter().map(IpAddr::to_string)).collect();
        let ports: Vec<_> = config.get_ports().iter().map(u16::to_string).collect();
        format!("{}:{}/{}", hosts.join(","), ports.join(","), config.get_dbname().unwrap_or_default())
    }
}

const TAKEN: [&str; 2] = ["sslmode", "sslrootcert"];

type Taken = Vec<(&'static str, String)>;

fn taken(name: &str, value: impl Into<String>) -> Option<(&'static str, String)> {
    Some((TAKEN.into_iter().find(|taken| *taken == name)?, value.into()))
}

/// A URL without the options that are read here, and those.
fn of_url(url: &str) -> (Cow<'_, str>, Taken) {
    let Some((base, query)) = url.split_once('?') else { return (url.into(), Vec::new()) };
    let (mut rest, mut found) = (Vec::new(), Vec::new());
    for option in query.split('&') {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        match taken(name, percent_decode_str(value).decode_utf8_lossy()) {
            Some(option) => found.push(option),
            None => rest.push(option),
        }
    }
    let mark = if rest.is_empty() { "" } else { "?" };
    (format!("{base}{mark}{}", rest.join("&")).into(), found)
}

/// The same of words: `name=value` or `name = 'a value'`, where a backslash makes what follows plain.
fn of_words(mut words: &str) -> Result<(Cow<'_, str>, Taken), Error> {
    let (mut rest, mut found) = (String::new(), Vec::new());
    loop {
        words = words.trim_start();
        let Some((name, behind)) = words.split_once('=') else { break };
        let behind = behind.trim_start();
        let (value, length) = value(behind).ok_or_else(|| Error::Settings("a quote has no end".to_owned()))?;
        let written = behind.get(..length).unwrap_or_default();
        match taken(name.trim_end(), value) {
            Some(option) => found.push(option),
            None => rest.extend([name, "=", written, " "]),
        }
        words = behind.get(length..).unwrap_or_default();
    }
    rest.push_str(words);
    Ok((rest.into(), found))
}

/// A value, and how long it is as it is written.
fn value(text: &str) -> Option<(String, usize)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, plain)| plain)),
            '\'' if quoted => return Some((value, at + 1)),
            space if !quoted && space.is_whitespace() => return Some((value, at)),
            other => value.push(other),
        }
    }
    (!quoted).then_some((value, text.len()))
}

fn is_on_this_machine(config: &Config) -> bool {
    let is_loopback =
        |name: &str| name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => is_loopback(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    // Where there are addresses, they are dialled, whatever the names are.
    let dialled = config.get_hostaddrs();
    if dialled.is_empty() { hosts } else { dialled.iter().all(IpAddr::is_loopback) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_verified_unless_the_server_is_on_this_machine() {
        for (string, mode, trust) in [
            ("host=db.example user=u", SslMode::Require, Trust::Host),
            ("postgres://u:p@db.example/d", SslMode::Require, Trust::Host),
            ("host=localhost,db.example", SslMode::Require, Trust::Host),
            ("host=localhost hostaddr=10.0.0.1", SslMode::Require, Trust::Host),
            ("host=localhost", SslMode::Prefer, Trust::Any),
            ("host=127.0.0.1", SslMode::Prefer, Trust::Any),
            ("postgres://[::1]/d", SslMode::Prefer, Trust::Any),
            ("host=/run/postgresql", SslMode::Prefer, Trust::Any),
            ("host=db.example sslmode=disable", SslMode::Disable, Trust::Any),
            ("host=db.example sslmode=prefer", SslMode::Prefer, Trust::Any),
            ("host=db.example sslmode=require", SslMode::Require, Trust::Any),
            ("host=db.example sslmode=require sslrootcert=/a", SslMode::Require, Trust::Authority),
            ("host=db.example sslmode = 'verify-ca' user=u", SslMode::Require, Trust::Authority),
            ("postgres://db.example/d?sslmode=verify-full&connect_timeout=3", SslMode::Require, Trust::Host),
        ] {
            let settings = Settings::read(string).unwrap_or_else(|error| panic!("{string}: {error}"));
            assert_eq!((settings.config.get_ssl_mode(), settings.trust), (mode, trust), "{string}");
        }
    }

    #[test]
    fn the_rest_of_a_string_is_the_drivers() {
        for string in [
            r"user = 'a \'b\' c' password=p\ q sslmode=verify-full sslrootcert='/a b/c' host=h dbname=d",
            "postgres://a%20%27b%27%20c:p%20q@h/d?sslrootcert=/a%20b/c&sslmode=verify-full",
        ] {
            let Settings { config, authorities, .. } = Settings::read(string).unwrap();
            assert_eq!((config.get_user(), config.get_password()), (Some("a 'b' c"), Some(&b"p q"[..])), "{string}");
            assert_eq!((config.get_dbname(), authorities), (Some("d"), Some(PathBuf::from("/a b/c"))), "{string}");
        }
        assert_eq!(Settings::read("host=h sslrootcert=system").unwrap().authorities, None);
    }

    #[test]
    fn no_error_shows_a_part_of_the_string() {
        for string in ["host=h password='secret", "host=h pass word=secret", "postgres://u:secret@h:port/d", "secret"] {
            let error = Settings::read(string).err().unwrap_or_else(|| panic!("{string}"));
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
        assert!(Settings::read("host=h sslmode=sometimes").is_err());
        let settings = Settings::read("postgres://u:secret@h:5433/d").unwrap();
        assert_eq!(settings.address(), "h:5433/d");
    }
}
