//! Questions to a person: asked and answered on the controlling terminal alone, never by what is piped in.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};

use crate::visible::visible_lines;

/// How the controlling terminal is, to leave it so whatever ends a question: one for a secret shows nothing that is typed.
pub struct Mode(#[cfg(unix)] Option<(File, rustix::termios::Termios)>);

#[cfg(unix)]
impl Mode {
    pub fn now() -> Self {
        let terminal = File::open("/dev/tty").ok();
        Self(terminal.and_then(|terminal| {
            let mode = rustix::termios::tcgetattr(&terminal).ok()?;
            Some((terminal, mode))
        }))
    }

    pub fn restore(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some((terminal, mode)) = &self.0 {
            let _ = tcsetattr(terminal, OptionalActions::Now, mode);
        }
    }
}

#[cfg(not(unix))]
impl Mode {
    pub fn now() -> Self {
        Self()
    }

    pub fn restore(&self) {}
}

/// The terminal of the person who started the command.
pub struct Terminal {
    input: BufReader<File>,
    output: File,
}

impl Terminal {
    /// None if there is nobody to ask.
    pub fn open() -> Option<Self> {
        let (input, output) = if cfg!(windows) { ("CONIN$", "CONOUT$") } else { ("/dev/tty", "/dev/tty") };
        let open = |name| File::options().read(true).write(true).open(name).ok();
        Some(Self { input: BufReader::new(open(input)?), output: open(output)? })
    }

    /// Forgets what was typed before anybody could see a question: that is an answer to none.
    pub fn forget_typed(&mut self) {
        #[cfg(unix)]
        let _ = rustix::termios::tcflush(&self.output, rustix::termios::QueueSelector::IFlush);
    }

    /// Shows a text and gives the line that is typed; nothing at the end of the input.
    pub fn ask(&mut self, text: &str) -> io::Result<Option<String>> {
        write!(self.output, "{}", visible_lines(text))?;
        self.output.flush()?;
        let mut line = String::new();
        let read = self.input.read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim().to_owned()))
    }
}
