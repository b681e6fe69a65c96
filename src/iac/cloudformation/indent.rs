//! Indentation that AWS takes and the parser refuses.
//!
//! YAML 1.2 asks each line inside brackets and inside a quoted text to be indented deeper than what
//! they stand in (section 6.1). Parsers of YAML 1.1 do not, and templates with such lines are deployed.
//! White space at the beginning of such a line has no meaning, so the line is moved to the right.

use std::collections::HashSet;

use saphyr_parser::ScanError;

use crate::iac::reparse::{self, Bounds};

const BOUNDS: Bounds = Bounds { times: 200, bytes: 64 << 20 };

/// Parses a text with the lines moved that have to be; each keeps its number.
pub(super) fn parse<T>(text: &str, parser: impl Fn(&str) -> Result<T, ScanError>) -> Result<T, ScanError> {
    let mut moved = HashSet::new();
    let parsed = reparse::parse(text, &BOUNDS, parser, |text, error| {
        let lines = lines_of(text, error)?;
        // A line that was moved before is not at fault for where it begins.
        let new = lines.clone().filter(|line| moved.insert(*line)).count();
        (new > 0).then(|| shifted(text, &lines))
    });
    parsed.map(|(parsed, _)| parsed)
}

/// The lines whose indentation an error is about, from 1.
fn lines_of(text: &str, error: &ScanError) -> Option<std::ops::RangeInclusive<usize>> {
    let mark = error.marker();
    match error.info() {
        "invalid indentation" | "invalid indentation in flow construct" => Some(mark.line()..=mark.line()),
        "invalid indentation in quoted scalar" => {
            let quoted = text.get(text.char_indices().nth(mark.index())?.0..)?;
            let more = quoted[..end_of_quoted(quoted)?].matches('\n').count();
            (more > 0).then(|| mark.line() + 1..=mark.line() + more)
        }
        _ => None,
    }
}

/// Where a quoted text ends that begins with its quote.
fn end_of_quoted(text: &str) -> Option<usize> {
    let quote = text.bytes().next().filter(|first| matches!(first, b'"' | b'\''))?;
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 1,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 1,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The text with these lines moved behind all others.
fn shifted(text: &str, lines: &std::ops::RangeInclusive<usize>) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let deepest = text.lines().map(indent).max().unwrap_or(0) + 1;
    let mut shifted = String::with_capacity(text.len() + lines.clone().count() * deepest);
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if lines.contains(&(at + 1)) {
            shifted.extend(std::iter::repeat_n(' ', deepest));
        }
        shifted.push_str(line);
    }
    shifted
}
