//! Parsing a text once more after what the parser refuses in it was written in another way.

use std::borrow::Cow;

/// How much is done for one text.
pub(super) struct Bounds {
    /// How often it is changed.
    pub(super) times: usize,
    /// How many bytes are parsed again, all together.
    pub(super) bytes: usize,
}

/// Parses a text; after an error once more, as often as there is something to mend. Gives what came of it
/// with the text that was parsed in the end.
pub(super) fn parse<'t, T, E>(
    text: &'t str,
    bounds: &Bounds,
    parser: impl Fn(&str) -> Result<T, E>,
    mut mend: impl FnMut(&str, &E) -> Option<String>,
) -> Result<(T, Cow<'t, str>), E> {
    let mut text = Cow::Borrowed(text);
    let (mut times, mut bytes) = (0, 0);
    loop {
        let error = match parser(&text) {
            Ok(parsed) => return Ok((parsed, text)),
            Err(error) => error,
        };
        times += 1;
        bytes += text.len();
        if times > bounds.times || bytes > bounds.bytes {
            return Err(error);
        }
        match mend(&text, &error) {
            Some(mended) => text = Cow::Owned(mended),
            None => return Err(error),
        }
    }
}
