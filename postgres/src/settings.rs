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
use tokio_postgres::config::{Host, LoadBalanceHosts, SslMode};

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
        let (rest, taken) = match string.split_once("://") {
            Some(("postgres" | "postgresql", behind)) => {
                refuse_misread(behind)?;
                of_url(string)
            }
            _ => of_words(string)?,
        };
        let last = |name| taken.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        // What the driver says of a string may quote a part of it, and with it a password.
        let mut config: Config = rest.parse().map_err(|_| refused("it can't be read"))?;
        refuse_what_may_be_a_password(&config)?;
        if config.get_load_balance_hosts() != LoadBalanceHosts::Disable {
            return Err(refused(
                "load_balance_hosts is not supported: hosts are tried in the order in which they stand",
            ));
        }
        let authority = last("sslrootcert");
        let (mode, trust) = match last("sslmode") {
            Some("disable" | "prefer" | "require" | "verify-ca") if authority == Some("system") => {
                return Err(refused(
                    "with sslrootcert=system everybody has a certificate: it takes sslmode=verify-full",
                ));
            }
            Some("disable") => (SslMode::Disable, Trust::Any),
            Some("prefer") => (SslMode::Prefer, Trust::Any),
            Some("require") if authority.is_none() => (SslMode::Require, Trust::Any),
            Some("require" | "verify-ca") => (SslMode::Require, Trust::Authority),
            Some("verify-full") => (SslMode::Require, Trust::Host),
            Some(_) => return Err(refused("sslmode is none of disable, prefer, require, verify-ca and verify-full")),
            None if is_all_sockets(&config) => (SslMode::Prefer, Trust::Any),
            None if authority.is_none() && is_on_this_machine(&config) => (SslMode::Prefer, Trust::Any),
            None => (SslMode::Require, Trust::Host),
        };
        let authorities = authority.filter(|file| *file != "system").map(PathBuf::from);
        config.ssl_mode(mode);
        Ok(Self { config, trust, authorities })
    }

    /// The settings for each host alone, in the order in which they stand.
    pub(crate) fn hosts(&self) -> Result<Vec<Config>, Error> {
        let all = &self.config;
        let (hosts, addresses, ports) = (all.get_hosts(), all.get_hostaddrs(), all.get_ports());
        let count = hosts.len().max(addresses.len());
        if count == 0 {
            return Err(refused("it names no host"));
        }
        let fits = |given: usize| given == 0 || given == count;
        if !fits(hosts.len()) || !fits(addresses.len()) || !(fits(ports.len()) || ports.len() == 1) {
            return Err(refused("there are not as many hosts as addresses or ports"));
        }
        let alone = |at: usize| {
            let mut config = without_hosts(all);
            match hosts.get(at) {
                Some(Host::Tcp(name)) => drop(config.host(name)),
                #[cfg(unix)]
                Some(Host::Unix(folder)) => drop(config.host_path(folder)),
                None => {}
            }
            addresses.get(at).map(|address| config.hostaddr(*address));
            ports.get(at).or(ports.first()).map(|port| config.port(*port));
            config
        };
        Ok((0..count).map(alone).collect())
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

fn refused(why: &str) -> Error {
    Error::Settings(why.to_owned())
}

/// What stands for itself in a password ends it for whoever reads the URL, and the rest of it becomes a host, which errors show.
/// Quotes nothing, for that reason.
fn refuse_misread(url: &str) -> Result<(), Error> {
    let (before, behind) = url.split_once('@').unwrap_or_default();
    match before.contains(['/', '?']) || behind.contains('@') {
        true => Err(refused("within a user, a password or a value, write @ as %40, / as %2F and ? as %3F")),
        false => Ok(()),
    }
}

/// The same of what was read, however it was written: errors show hosts and the name of the database.
fn refuse_what_may_be_a_password(config: &Config) -> Result<(), Error> {
    let hosts = config.get_hosts().iter().filter_map(|host| match host {
        Host::Tcp(name) => Some(name.as_str()),
        #[cfg(unix)]
        Host::Unix(_) => None,
    });
    match hosts.chain(config.get_dbname()).any(|shown| shown.contains(['@', '='])) {
        true => Err(refused("there is @ or = in the host or in the name of the database, where no password may be")),
        false => Ok(()),
    }
}

/// All settings but which host: the driver takes no host out of its own.
fn without_hosts(all: &Config) -> Config {
    let mut config = Config::new();
    all.get_user().map(|user| config.user(user));
    all.get_password().map(|password| config.password(password));
    all.get_dbname().map(|name| config.dbname(name));
    all.get_options().map(|options| config.options(options));
    all.get_application_name().map(|name| config.application_name(name));
    all.get_connect_timeout().map(|timeout| config.connect_timeout(*timeout));
    all.get_tcp_user_timeout().map(|timeout| config.tcp_user_timeout(*timeout));
    all.get_keepalives_interval().map(|interval| config.keepalives_interval(interval));
    all.get_keepalives_retries().map(|retries| config.keepalives_retries(retries));
    config
        .keepalives(all.get_keepalives())
        .keepalives_idle(all.get_keepalives_idle())
        .ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .target_session_attrs(all.get_target_session_attrs());
    config
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
        let (value, length) = value(behind).ok_or_else(|| refused("a quote has no end"))?;
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

#[cfg(unix)]
fn is_all_sockets(config: &Config) -> bool {
    config.get_hostaddrs().is_empty() && config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
}

#[cfg(not(unix))]
fn is_all_sockets(_: &Config) -> bool {
    false
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
            ("host=localhost sslrootcert=/a", SslMode::Require, Trust::Host),
            ("host=localhost sslrootcert=system", SslMode::Require, Trust::Host),
            ("host=db.example sslmode=verify-full sslrootcert=system", SslMode::Require, Trust::Host),
            ("host=/run/postgresql sslrootcert=/a", SslMode::Prefer, Trust::Any),
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
        for string in [
            "host=h password='secret",
            "host=h pass word=secret",
            "postgres://u:secret@h:port/d",
            "secret",
            // What stands for itself in a password is read as its end.
            "postgres://u:1@secret@h/d",
            "postgres://u:1/secret@h/d",
            "postgres://u:1?secret@h/d",
            "postgres://u:1?secret=@h/d",
            "postgres://h/d?application_name=u:1@secret",
            "postgres://u@h/d&password=secret",
            "host=u:secret@h",
            "host=h dbname=postgres://u:secret@h/d",
        ] {
            let error = Settings::read(string).err().unwrap_or_else(|| panic!("{string}"));
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
        let settings = Settings::read("postgres://u:a%40secret%2F%3F@h:5433/d?application_name=a%40b").unwrap();
        assert_eq!(settings.address(), "h:5433/d");
        assert_eq!(settings.config.get_password(), Some(&b"a@secret/?"[..]));
    }

    #[test]
    fn hosts_in_a_random_order_are_refused() {
        let error = Settings::read("host=a,b load_balance_hosts=random").err().unwrap();
        assert!(error.to_string().contains("load_balance_hosts is not supported"), "{error}");
    }

    #[test]
    fn a_mode_that_is_unknown_or_believes_everybody_is_refused() {
        let unknown = "host=h sslmode=sometimes";
        let weak = ["disable", "prefer", "require", "verify-ca"]
            .map(|mode| format!("host=h sslmode={mode} sslrootcert=system"));
        for string in weak.iter().map(String::as_str).chain([unknown]) {
            assert!(Settings::read(string).is_err(), "{string}");
        }
    }

    #[test]
    fn each_host_has_all_settings_and_its_own_port() {
        let rest = "user=u password=p dbname=d options='-c a=b' application_name=n sslmode=verify-full connect_timeout=3 \
            tcp_user_timeout=4 keepalives=1 keepalives_idle=5 keepalives_interval=6 keepalives_retries=7 \
            target_session_attrs=read-write channel_binding=require load_balance_hosts=disable sslnegotiation=direct";
        let all = Settings::read(&format!("host=a,/b port=1,2 {rest}")).unwrap();
        for (config, host) in all.hosts().unwrap().iter().zip(["host=a port=1", "host=/b port=2"]) {
            assert_eq!(*config, Settings::read(&format!("{host} {rest}")).unwrap().config);
        }
        let one_port = Settings::read("host=a,b hostaddr=10.0.0.1,10.0.0.2 port=1").unwrap().hosts().unwrap();
        assert_eq!(
            one_port[1],
            "host=b hostaddr=10.0.0.2 port=1".parse::<Config>().unwrap().ssl_mode(SslMode::Require).clone()
        );
        for string in ["user=u", "host=a,b port=1,2,3", "host=a,b hostaddr=10.0.0.1"] {
            assert!(Settings::read(string).unwrap().hosts().is_err(), "{string}");
        }
    }
}
