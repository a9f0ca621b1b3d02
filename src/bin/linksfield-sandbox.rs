//! The sandbox as a program.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::process::ExitCode;

use linksfield::Credentials;
use linksfield::sandbox::{ACCESS_CODE, SECRET, Sandbox};

const HELP: &str = "\
A server that behaves as the documentation of Linksfield's CSSS API says, in memory.

Usage: linksfield-sandbox [OPTIONS]

Options:
  --listen ADDRESS:PORT   where to listen; port 0 takes a free one [default: 127.0.0.1:8787]
  --access-code CODE      whose requests are accepted [default: SANDBOX]
  --secret SECRET         the secret of that access code [default: sandbox-secret]
  --plan CODE             the code of a plan that can be ordered; may be repeated
  --help                  print this help
  --version               print the version

It prints its URL when it is ready, and stops on Ctrl-C.
";

struct Settings {
    listen: SocketAddr,
    access_code: String,
    secret: String,
    plans: Vec<String>,
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
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => settings.listen = arguments.value()?.parse()?,
            Long("access-code") => settings.access_code = arguments.value()?.string()?,
            Long("secret") => settings.secret = arguments.value()?.string()?,
            Long("plan") => settings.plans.push(arguments.value()?.string()?),
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

async fn run(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
    let credentials = Credentials::new(settings.access_code, settings.secret)?;
    let mut sandbox = Sandbox::builder();
    for plan in settings.plans {
        sandbox = sandbox.plan(plan);
    }
    let sandbox = sandbox.listen(settings.listen).credentials(credentials).start().await?;
    println!("{}", sandbox.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
