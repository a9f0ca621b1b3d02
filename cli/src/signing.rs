//! Signatures by hand: what of a body is signed, with what, and whether it is right. All work on standard input.

use std::io::Read;

use clap::{ArgMatches, Command};
use linksfield::Credentials;
use linksfield::signing::{self, Key, VerifyError};

use crate::command::from_profile;
use crate::exit::{Exit, Failure, Result};
use crate::perform::wanted;
use crate::visible::visible_lines;
use crate::{family, output, settings};

/// The API whose signatures are made with a secret over a body.
const API: &str = "csss";

pub fn commands() -> [Command; 3] {
    let of_secret = from_profile("Take the secret from this profile");
    [
        Command::new("explain").about("Say what of a CSSS body is signed: a JSON object on standard input").after_help(
            r#"Example:
  echo '{"order_id":"1","mcc":""}' | linksfield explain"#,
        ),
        Command::new("sign")
            .about("Print the signature of a CSSS body on standard input")
            .after_help(
                r#"Example:
  echo '{"order_id":"1","access_code":"P000270","timestamp":"1643012271","version":"2.0"}' | linksfield sign"#,
            )
            .args(of_secret.clone()),
        Command::new("verify")
            .about("Check the signature in a CSSS body on standard input")
            .after_help(
                r#"Example:
  linksfield verify < body.json"#,
            )
            .args(of_secret),
    ]
}

pub fn explain() -> Result {
    let explanation =
        signing::explain(&input()?).map_err(|error| Failure::usage(format!("standard input: {error}")))?;
    output::print(&format!("{}\n", visible_lines(&explanation.to_string())))
}

pub async fn sign(matches: &ArgMatches) -> Result {
    let body = input()?;
    let explanation = signing::explain(&body).map_err(|error| Failure::usage(format!("standard input: {error}")))?;
    let signature = key(matches).await?.sign(explanation.content().as_bytes());
    output::print(&format!("{}\n", signature.as_str()))
}

pub async fn verify(matches: &ArgMatches) -> Result {
    let body = input()?;
    let explanation = signing::verify(&body, &key(matches).await?);
    let explanation = explanation.map_err(|error| match error {
        VerifyError::Mismatch(_) => Failure::new(Exit::Other, error.to_string()),
        no_body => Failure::usage(format!("standard input: {no_body}")),
    })?;
    output::print(&format!("the signature is right\n{}\n", visible_lines(&explanation.to_string())))
}

async fn key(matches: &ArgMatches) -> Result<Key> {
    let Some((row, _)) = family::of(API) else { return Err(Failure::settings("there is no CSSS API")) };
    let given = settings::read(row.part(), &wanted(matches)).await?;
    Ok(Credentials::new(given.value("access_code"), given.value("secret"))?.key().clone())
}

fn input() -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let read = std::io::stdin().read_to_end(&mut body);
    read.map_err(|error| Failure::usage(format!("standard input can't be read: {error}")))?;
    // The mark with which some programs begin a file is no part of a body.
    if body.starts_with("\u{feff}".as_bytes()) {
        body.drain(.."\u{feff}".len());
    }
    Ok(body)
}
