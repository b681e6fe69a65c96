//! Objects that name a key twice.
//!
//! Terraform takes the last of them (HCL native syntax specification, "Collection Values"); the parser
//! refuses the text. Each later key is put in parentheses, a number of them that no other key has,
//! which keeps its meaning and every line, and makes it another key to the parser.

use std::borrow::Cow;

use hcl_edit::parser::Error;

use crate::iac::reparse::{self, Bounds};

/// How the parser's message for it ends.
const MESSAGE: &str = "found redefined object key";

/// Each key that is told apart costs another parse, and a level of the nesting that the parser allows.
const BOUNDS: Bounds = Bounds { times: 24, bytes: 128 << 20 };

/// Parses a text, and gives the text that was parsed with what came of it.
pub(super) fn parse<T>(text: &str, parser: impl Fn(&str) -> Result<T, Error>) -> Result<(T, Cow<'_, str>), Error> {
    let mut depth = 0;
    reparse::parse(text, &BOUNDS, parser, |text, error| {
        depth += 1;
        let again = error.message().ends_with(MESSAGE);
        let key = again.then(|| key(text, error.location().offset())).flatten()?;
        Some(parenthesized(text, &key, depth))
    })
}

/// Where the key at an offset lies, if it is a plain name or a quoted text without a template.
fn key(text: &str, offset: usize) -> Option<std::ops::Range<usize>> {
    let rest = text.get(offset..)?;
    let length = match rest.strip_prefix('"') {
        Some(quoted) => quoted.find(['"', '\\', '$', '%']).filter(|end| quoted.as_bytes()[*end] == b'"')? + 2,
        None => rest.find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '-'))?,
    };
    (length > 0).then_some(offset..offset + length)
}

fn parenthesized(text: &str, key: &std::ops::Range<usize>, depth: usize) -> String {
    let quote = if text[key.clone()].starts_with('"') { "" } else { "\"" };
    let (open, close) = ("(".repeat(depth), ")".repeat(depth));
    let (before, name, after) = (&text[..key.start], &text[key.clone()], &text[key.end..]);
    [before, &open, quote, name, quote, &close, after].concat()
}
