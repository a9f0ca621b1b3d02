//! The sandbox as a program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match linksfield::sandbox::program("linksfield-sandbox", std::env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linksfield-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
