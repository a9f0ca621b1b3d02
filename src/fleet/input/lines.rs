//! The lines of a text, as an editor counts them.

use std::io::{self, BufRead};

use super::Problem;

/// Longest line.
const LONGEST: usize = 1024 * 1024;

/// Lines with their numbers, of which the first is 1. One ends with a line feed, a carriage return, or both in this order.
/// Nothing follows an error.
pub(super) struct Lines<R> {
    /// None after the end.
    reader: Option<R>,
    number: u64,
    /// Whether the last one ended with a carriage return, to which a line feed may belong.
    ended_by_return: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader: Some(reader), number: 0, ended_by_return: false }
    }

    /// The next line, without its end; or none.
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let mut line = Vec::new();
        loop {
            let piece = reader.fill_buf()?;
            if piece.is_empty() {
                return Ok((!line.is_empty()).then_some(line));
            }
            if std::mem::take(&mut self.ended_by_return) && piece.starts_with(b"\n") {
                reader.consume(1);
                continue;
            }
            let end = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (text, rest) = piece.split_at(end.unwrap_or(piece.len()));
            line.extend_from_slice(text);
            self.ended_by_return = rest.starts_with(b"\r");
            let read = text.len() + usize::from(end.is_some());
            reader.consume(read);
            if line.len() > LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has more than {LONGEST} bytes")));
            }
            if end.is_some() {
                return Ok(Some(line));
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<(u64, String), Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        self.number += 1;
        let text = |bytes| String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error));
        let line = self.read().and_then(|line| line.map(text).transpose());
        if !matches!(line, Ok(Some(_))) {
            self.reader = None;
        }
        let line = line.map_err(|error| Problem::unreadable(self.number, &error)).transpose()?;
        Some(line.map(|text| (self.number, text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_whatever_they_end_with() {
        for (text, lines) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a\nb\n", vec!["a", "b"]),
            ("a\r\nb\r\n", vec!["a", "b"]),
            ("a\rb\r", vec!["a", "b"]),
            ("a\n\r\n\n\rb", vec!["a", "", "", "", "b"]),
            ("a\r\r\n\nb\r\n", vec!["a", "", "", "b"]),
        ] {
            // Of any capacity, so that each end of a line is cut in two.
            for capacity in 1..4 {
                let reader = io::BufReader::with_capacity(capacity, text.as_bytes());
                let read = Lines::new(reader).map(Result::unwrap).collect::<Vec<_>>();
                let expected = (1..).zip(lines.iter().map(|line| (*line).to_owned())).collect::<Vec<_>>();
                assert_eq!(read, expected, "{text:?}");
            }
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut lines = Lines::new(io::BufReader::new(io::Read::chain(&b"a\n"[..], io::repeat(b'x'))));
        assert!(lines.next().unwrap().is_ok());
        let problem = lines.next().unwrap().unwrap_err();
        assert!(problem.line == 2 && problem.what.contains("more than 1048576 bytes"), "{problem:?}");
        assert!(lines.next().is_none());
    }
}
