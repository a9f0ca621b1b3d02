//! The sandbox as a program.

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;

#[cfg(feature = "cube")]
use super::CUBE_KEY;
use super::{ACCESS_CODE, Effect, Fault, Report, SECRET, Sandbox, Shape, Story};
use crate::csss::credentials::Credentials;
use crate::error::Error;
use crate::notification::Signer;

const ABOUT: &str = "A server that behaves as the documentation of Linksfield's APIs says, in memory.";

/// The options of the program, as its `--help` lists them.
pub const PROGRAM_OPTIONS: &str = "\
Options:
  --listen ADDRESS:PORT   where to listen; port 0 takes a free one [default: 127.0.0.1:8787]
  --access-code CODE      whose requests are accepted [default: SANDBOX]
  --secret SECRET         the secret of that access code [default: sandbox-secret]
  --plan CODE             the code of a plan that can be ordered; may be repeated
  --callback URL          where notifications are sent to
  --callback-key ID/KEY   the notification key they are signed with
  --cube-key FILE         writes the private key that signs calls of the Cube API, whose id
                          is sandbox; for feature cube
  --fault NAME            lets something go wrong with every request, for example
                          drop-after-placing; the request header sandbox-fault
                          does so for one
  --shape NAME            gives every answer a shape that is not documented, for
                          example nulls-left-out
  --any-shape SEED        gives every answer a shape at random
  --allow-remote-control  lets programs on other machines use /_sandbox/ too
  --control-host NAME     a name by which programs may call it there, without a port
  --quiet                 no line on stderr for each request
  --help                  print this help
  --version               print the version

It prints its URL on stdout when it is ready, and a line on stderr for each
request. Of --fault, --shape and --any-shape only one can be. It stops on Ctrl-C
and SIGTERM. What a test can tell it stands at /_sandbox/openapi.yaml, and all it
serves is linked at /.
";

const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Most lines that wait to be written.
const LINES: usize = 1024;

struct Settings {
    listen: SocketAddr,
    access_code: String,
    secret: String,
    plans: Vec<String>,
    fault: Option<Fault>,
    shape: Option<Shape>,
    any_shape: Option<u64>,
    #[cfg(feature = "cube")]
    cube_key: Option<std::path::PathBuf>,
    callback: Option<String>,
    callback_signer: Option<Signer>,
    allow_remote_control: bool,
    control_host: Option<String>,
    quiet: bool,
}

/// Runs a sandbox as the program `linksfield-sandbox` does, until Ctrl-C or SIGTERM: for a program that has it as a command, by the
/// `name` that its help is to show. `options` are the words behind that; `--help` lists them.
///
/// It prints its URL on standard output when it is ready.
///
/// # Errors
///
/// The options can't be used, or the sandbox can't be started with them: then the [source](std::error::Error::source) is what
/// the system says.
pub async fn program(name: &str, options: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    match settings(name, options) {
        Ok(Some(settings)) => run(settings).await,
        Ok(None) => Ok(()),
        Err(error) => Err(Error::settings(format!("{error}; --help lists the options"))),
    }
}

/// The settings of the command line, or nothing if it asked for a text.
fn settings(name: &str, options: impl IntoIterator<Item = OsString>) -> Result<Option<Settings>, lexopt::Error> {
    use lexopt::prelude::{Long, ValueExt};
    let mut settings = Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
        access_code: ACCESS_CODE.to_owned(),
        secret: SECRET.to_owned(),
        plans: Vec::new(),
        fault: None,
        shape: None,
        any_shape: None,
        #[cfg(feature = "cube")]
        cube_key: None,
        callback: None,
        callback_signer: None,
        allow_remote_control: false,
        control_host: None,
        quiet: false,
    };
    let mut arguments = lexopt::Parser::from_args(options);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => settings.listen = arguments.value()?.parse()?,
            Long("access-code") => settings.access_code = arguments.value()?.string()?,
            Long("secret") => settings.secret = hidden(&mut arguments)?,
            Long("plan") => settings.plans.push(arguments.value()?.string()?),
            Long("callback") => settings.callback = Some(arguments.value()?.string()?),
            Long("callback-key") => settings.callback_signer = Some(signer(&hidden(&mut arguments)?)?),
            #[cfg(feature = "cube")]
            Long("cube-key") => settings.cube_key = Some(arguments.value()?.into()),
            Long("fault") => settings.fault = Some(arguments.value()?.parse_with(fault)?),
            Long("allow-remote-control") => settings.allow_remote_control = true,
            Long("control-host") => settings.control_host = Some(arguments.value()?.string()?),
            Long("quiet") => settings.quiet = true,
            Long("shape") => settings.shape = Some(arguments.value()?.parse_with(shape)?),
            Long("any-shape") => settings.any_shape = Some(arguments.value()?.parse()?),
            Long("help") => {
                print!("{ABOUT}\n\nUsage: {name} [OPTIONS]\n\n{PROGRAM_OPTIONS}");
                return Ok(None);
            }
            Long("version") => {
                println!("{name} {}", env!("CARGO_PKG_VERSION"));
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        }
    }
    settings.contradiction(HAS_TLS).map_or(Ok(Some(settings)), |contradiction| Err(contradiction.into()))
}

impl Settings {
    /// Options that can't be meant together, or not with this program.
    fn contradiction(&self, has_tls: bool) -> Option<&'static str> {
        let wrong = [self.fault.is_some(), self.shape.is_some(), self.any_shape.is_some()];
        let is_of_https = self.callback.as_deref().is_some_and(|url| url.to_ascii_lowercase().starts_with("https:"));
        [
            (
                wrong.iter().filter(|is_told| **is_told).count() > 1,
                "only one of --fault, --shape and --any-shape can be",
            ),
            (
                self.callback_signer.is_some() && self.callback.is_none(),
                "--callback-key is of no use without --callback",
            ),
            (
                is_of_https && !has_tls,
                "--callback is of https, for which this program must be built with the feature rustls or native-tls",
            ),
        ]
        .into_iter()
        .find_map(|(is_so, contradiction)| is_so.then_some(contradiction))
    }
}

/// A value that no message quotes.
fn hidden(arguments: &mut lexopt::Parser) -> Result<String, lexopt::Error> {
    arguments.value()?.into_string().map_err(|_| "a secret or a key must be text in Unicode".into())
}

fn signer(key: &str) -> Result<Signer, &'static str> {
    match key.split_once('/') {
        Some((id, value)) if !id.is_empty() && !value.is_empty() => Ok(Signer::new(id, value)),
        _ => Err("--callback-key must be the id of a key, a slash and its value"),
    }
}

fn fault(name: &str) -> Result<Fault, String> {
    Fault::from_name(name).ok_or_else(|| format!("must be one of {}", Fault::names()))
}

fn shape(name: &str) -> Result<Shape, String> {
    Shape::from_name(name).ok_or_else(|| format!("must be one of {}", Shape::names()))
}

async fn run(settings: Settings) -> Result<(), Error> {
    let credentials = Credentials::new(settings.access_code, settings.secret)?;
    let mut sandbox = Sandbox::builder();
    for plan in settings.plans {
        sandbox = sandbox.plan(plan);
    }
    let sandbox = sandbox
        .listen(settings.listen)
        .credentials(credentials)
        .maybe_callback(settings.callback)
        .maybe_callback_signer(settings.callback_signer)
        .allow_remote_control(settings.allow_remote_control)
        .maybe_control_host(settings.control_host)
        .report(reporter(settings.quiet).map_err(cannot)?)
        .start()
        .await?;
    sandbox.misbehave(settings.fault);
    let shape = settings.shape.map(Effect::from).or(settings.any_shape.map(Effect::any_shape));
    if let Some(shape) = shape {
        sandbox.tell(Story::new(shape).always())?;
    }
    #[cfg(feature = "cube")]
    if let Some(file) = settings.cube_key {
        std::fs::write(&file, CUBE_KEY).map_err(|error| Error::of_system(&file.display().to_string(), error))?;
    }
    let stopped = stopped().map_err(cannot)?;
    println!("{}", sandbox.url());
    stopped.await;
    Ok(())
}

fn cannot(error: std::io::Error) -> Error {
    Error::of_system("the sandbox can't run", error)
}

/// Writes a line on stderr for each report, in a thread of its own: nobody waits for whoever does not read it, and what
/// does not fit in meanwhile is left out.
fn reporter(quiet: bool) -> std::io::Result<impl Fn(Report<'_>) + Send + Sync + 'static> {
    let (lines, written) = mpsc::sync_channel::<String>(LINES);
    thread::Builder::new().spawn(move || {
        for line in written {
            // In one piece, so that it stays a line beside what others write.
            let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
        }
    })?;
    Ok(move |report: Report<'_>| {
        if !(quiet && matches!(report, Report::Request(_))) {
            let _ = lines.try_send(report.to_string());
        }
    })
}

/// Ends with Ctrl-C or SIGTERM, which nothing but a handler ends process 1 by.
#[cfg(unix)]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_of_https_needs_tls() {
        let settings = |url: &str| settings("sandbox", ["--callback".into(), url.into()]).unwrap().unwrap();
        assert!(settings("HTTPS://example.test/").contradiction(false).unwrap().contains("the feature rustls"));
        assert_eq!(settings("https://example.test/").contradiction(true), None);
        assert_eq!(settings("http://example.test/").contradiction(false), None);
    }
}
