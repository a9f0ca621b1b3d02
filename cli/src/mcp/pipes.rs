//! The pipes of the protocol. Nothing else gets to its output: what is printed by mistake, here or by a child, is on standard
//! error.

use std::io;

use tokio::io::Stdin;

#[cfg(unix)]
pub fn taken() -> io::Result<(Stdin, tokio::fs::File)> {
    use std::os::fd::AsFd;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok((tokio::io::stdin(), tokio::fs::File::from_std(output.into())))
}

#[cfg(not(unix))]
pub fn taken() -> io::Result<(Stdin, tokio::io::Stdout)> {
    Ok((tokio::io::stdin(), tokio::io::stdout()))
}
