//! The text of a plan: which encoding it is in, and on which line a byte stands.

use std::borrow::Cow;

/// The longest plan that is read, in bytes.
pub(super) const SIZE_LIMIT: usize = 1 << 30;

/// Why the bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TextError {
    /// Longer than [`SIZE_LIMIT`].
    #[error("read the plan: it is longer than 1 GiB")]
    TooLong,
    /// A byte sequence that UTF-8 does not have.
    #[error("read the plan: it is not UTF-8")]
    NotUtf8 {
        /// The line it is on.
        line: u32,
    },
    /// An odd number of bytes, or half of a surrogate pair.
    #[error("read the plan: it is not UTF-16, which its first bytes say it is")]
    NotUtf16,
}

/// The text of a file as Terraform, or a shell that redirected its output, wrote it: UTF-8, or UTF-16
/// in either byte order (`PowerShell`'s `>`), with or without a byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, TextError> {
    if bytes.len() > SIZE_LIMIT {
        return Err(TextError::TooLong);
    }
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Without a mark: JSON starts with an ASCII character, whose other byte is zero.
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(bytes, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, TextError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => Err(TextError::NotUtf8 { line: 1 + newlines(&bytes[..error.valid_up_to()]) }),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, TextError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(TextError::NotUtf16);
    }
    let mut text = String::with_capacity(pairs.len());
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(decoded.map_err(|_| TextError::NotUtf16)?);
    }
    Ok(Cow::Owned(text))
}

/// How many lines end in these bytes.
#[expect(clippy::naive_bytecount, reason = "the compiler makes vector code of it; a crate for it is not worth it")]
fn newlines(bytes: &[u8]) -> u32 {
    let count = bytes.iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Tells the lines of places in a text that are asked for in order, in one walk over it.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line, from 1, that the byte at `offset` is on. Going backwards starts from the top again.
    pub(super) fn line(&mut self, offset: usize) -> u32 {
        let offset = offset.min(self.text.len());
        if offset < self.at {
            self.at = 0;
            self.line = 1;
        }
        self.line = self.line.saturating_add(newlines(&self.text[self.at..offset]));
        self.at = offset;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text as `PowerShell` would write it.
    fn utf16_bytes(text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = text.encode_utf16();
        std::iter::once(0xFEFF).filter(|_| mark).chain(units).flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "{\r\n\"a\": \"\u{1F510} schön\"}";
        let mut marked = vec![0xEF, 0xBB, 0xBF];
        marked.extend_from_slice(text.as_bytes());
        for bytes in [
            text.as_bytes().to_vec(),
            marked,
            utf16_bytes(text, true, u16::to_le_bytes),
            utf16_bytes(text, true, u16::to_be_bytes),
            utf16_bytes(text, false, u16::to_le_bytes),
            utf16_bytes(text, false, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_text_is_said_so() {
        assert_eq!(decode(b"{\n\"a\xFF"), Err(TextError::NotUtf8 { line: 2 }));
        assert_eq!(decode(&[0xFF, 0xFE, b'{']), Err(TextError::NotUtf16));
        assert_eq!(decode(&[0xFF, 0xFE, 0x00, 0xD8]), Err(TextError::NotUtf16));
    }

    #[test]
    fn lines_are_counted_from_one_and_backwards_too() {
        let mut lines = Lines::new("a\nb\nc");
        assert_eq!((lines.line(0), lines.line(2), lines.line(4)), (1, 2, 3));
        assert_eq!(lines.line(1), 1);
        assert_eq!(lines.line(99), 3);
    }
}
