//! The text of a file in UTF-8 or UTF-16, piece by piece.

use std::io::{self, Read};
use std::ops::Range;

use encoding_rs::{Decoder, DecoderResult, UTF_8};

/// Reads UTF-8, and UTF-16 that begins with its mark, as UTF-8 without a mark. Anything else is an error.
pub(super) struct Text<R> {
    inner: R,
    decoder: Decoder,
    raw: Box<[u8]>,
    /// The part of `raw` that was not decoded yet.
    left: Range<usize>,
    /// Decoded apart, as a reader may have no room for a character.
    text: Box<[u8]>,
    /// The part of `text` that was not read yet.
    ready: Range<usize>,
    is_last: bool,
}

impl<R: Read> Text<R> {
    pub(super) fn new(inner: R) -> Self {
        let (raw, text) = (vec![0; 8192].into(), vec![0; 8192].into());
        Self { inner, decoder: UTF_8.new_decoder(), raw, left: 0..0, text, ready: 0..0, is_last: false }
    }

    /// Decodes what comes next; nothing at the end.
    fn decode(&mut self) -> io::Result<()> {
        while self.ready.is_empty() && !(self.is_last && self.left.is_empty()) {
            if self.left.is_empty() {
                let read = self.inner.read(&mut self.raw)?;
                self.left = 0..read;
                self.is_last = read == 0;
            }
            let bytes = self.raw.get(self.left.clone()).unwrap_or_default();
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.text, self.is_last);
            if matches!(result, DecoderResult::Malformed(..)) {
                let what = "it is neither UTF-8 nor UTF-16: save it as UTF-8";
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            self.left.start += read;
            self.ready = 0..written;
        }
        Ok(())
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.decode()?;
        let read = self.text.get(self.ready.clone()).unwrap_or_default().read(to)?;
        self.ready.start += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let (Some((first, rest)), Some(place)) = (self.0.split_first(), to.first_mut()) else { return Ok(0) };
            (*place, self.0) = (*first, rest);
            Ok(1)
        }
    }

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        let buffered = io::BufReader::with_capacity(16, Text::new(Slow(bytes)));
        { buffered }.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn utf_8_and_utf_16_with_a_mark_are_read_alike() {
        let text = "device_id\t套餐\n8985\t😀\n";
        let utf_16 = |bytes: fn(u16) -> [u8; 2]| {
            ['\u{feff}'].into_iter().chain(text.chars()).collect::<String>().encode_utf16().flat_map(bytes).collect()
        };
        let forms: [Vec<u8>; 4] =
            [text.into(), format!("\u{feff}{text}").into(), utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes)];
        for bytes in forms {
            assert_eq!(read(&bytes).unwrap(), text);
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        for bytes in [&b"Men\xfc"[..], b"\xff\xfe8\x00\x00", b"8985\xe5"] {
            assert_eq!(read(bytes).unwrap_err().kind(), io::ErrorKind::InvalidData, "{bytes:?}");
        }
    }
}
