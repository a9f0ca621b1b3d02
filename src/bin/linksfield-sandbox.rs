//! The sandbox as a program.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::process::ExitCode;

use linksfield::Credentials;
use linksfield::notification::Signer;
use linksfield::sandbox::{ACCESS_CODE, Fault, SECRET, Sandbox};

const HELP: &str = "\
A server that behaves as the documentation of Linksfield's CSSS API says, in memory.

Usage: linksfield-sandbox [OPTIONS]

Options:
  --listen ADDRESS:PORT   where to listen; port 0 takes a free one [default: 127.0.0.1:8787]
  --access-code CODE      whose requests are accepted [default: SANDBOX]
  --secret SECRET         the secret of that access code [default: sandbox-secret]
  --plan CODE             the code of a plan that can be ordered; may be repeated
  --callback URL          where notifications are sent to
  --callback-key ID/KEY   the notification key they are signed with
  --fault NAME            lets something go wrong with every request, for example
                          drop-after-placing; the request header sandbox-fault
                          does so for one
  --help                  print this help
  --version               print the version

It prints its URL when it is ready, and stops on Ctrl-C.
";

struct Settings {
    listen: SocketAddr,
    access_code: String,
    secret: String,
    plans: Vec<String>,
    fault: Option<Fault>,
    callback: Option<String>,
    callback_signer: Option<Signer>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match settings() {
        Ok(Some(settings)) => run(settings).await,
        Ok(None) => Ok(()),
        Err(error) => Err(format!("{error}; --help lists the options").into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linksfield-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The settings of the command line, or nothing if it asked for a text.
fn settings() -> Result<Option<Settings>, lexopt::Error> {
    use lexopt::prelude::{Long, ValueExt};
    let mut settings = Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
        access_code: ACCESS_CODE.to_owned(),
        secret: SECRET.to_owned(),
        plans: Vec::new(),
        fault: None,
        callback: None,
        callback_signer: None,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => settings.listen = arguments.value()?.parse()?,
            Long("access-code") => settings.access_code = arguments.value()?.string()?,
            Long("secret") => settings.secret = arguments.value()?.string()?,
            Long("plan") => settings.plans.push(arguments.value()?.string()?),
            Long("callback") => settings.callback = Some(arguments.value()?.string()?),
            Long("callback-key") => settings.callback_signer = Some(arguments.value()?.parse_with(signer)?),
            Long("fault") => settings.fault = Some(arguments.value()?.parse_with(fault)?),
            Long("help") => {
                print!("{HELP}");
                return Ok(None);
            }
            Long("version") => {
                println!("linksfield-sandbox {}", env!("CARGO_PKG_VERSION"));
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(settings))
}

fn signer(key: &str) -> Result<Signer, &'static str> {
    let (id, value) = key.split_once('/').ok_or("must be the id of a key, a slash and its value")?;
    Ok(Signer::new(id, value))
}

fn fault(name: &str) -> Result<Fault, String> {
    let names = || Fault::ALL.map(Fault::name).join(", ");
    Fault::from_name(name).ok_or_else(|| format!("must be one of {}", names()))
}

async fn run(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
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
        .start()
        .await?;
    sandbox.misbehave(settings.fault);
    println!("{}", sandbox.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
