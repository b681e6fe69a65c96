//! The lines of a block that are shown: its first line, and those that decided. Never another one.

use super::Look;
use super::redact::redacted;
use super::text::plain;
use crate::model::check::Location;

/// Deciding lines shown of one block; the rest is counted.
const LINES: usize = 6;

/// Lines before and after one that tell what its value is of.
const NEAR: usize = 2;

/// A line to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its number, from 1.
    pub(super) number: u32,
    /// Its text, without secrets and without unseen characters.
    pub(super) text: String,
    /// Whether it decided; the first line of the block is shown in any case.
    pub(super) decides: bool,
}

/// The lines to show of a block, in order, and the number of deciding lines that are left out. Empty
/// where the text of the file cannot be had, or has no such line.
pub(super) fn excerpt(location: &Location, look: &Look<'_>) -> (Vec<Shown>, usize) {
    let Some(source) = (look.sources)(&location.file) else { return (Vec::new(), 0) };
    let mut deciding: Vec<u32> =
        location.lines.iter().copied().filter(|line| *line >= location.line && *line <= location.end_line).collect();
    deciding.sort_unstable();
    deciding.dedup();
    let left_out = deciding.len().saturating_sub(LINES);
    deciding.truncate(LINES);
    let mut numbers = deciding.clone();
    if !numbers.contains(&location.line) {
        numbers.insert(0, location.line);
    }
    let Some(last) = numbers.last().copied() else { return (Vec::new(), 0) };
    let lines: Vec<&str> = source.lines().take(last as usize + NEAR).collect();
    let at = |number: u32| (number as usize).checked_sub(1).and_then(|index| lines.get(index)).copied();
    let shown = numbers
        .iter()
        .filter_map(|number| {
            let line = at(*number)?;
            let text = if (look.sensitive)(&location.file, *number) {
                let indent = &line[..line.len() - line.trim_start().len()];
                format!("{indent}… (sensitive)")
            } else {
                redacted(line, &around(&lines, *number, location, at))
            };
            Some(Shown { number: *number, text: plain(&text.replace('\t', "  ")), decides: deciding.contains(number) })
        })
        .collect();
    (shown, left_out)
}

fn around<'a>(lines: &[&'a str], number: u32, block: &Location, at: impl Fn(u32) -> Option<&'a str>) -> Vec<&'a str> {
    let index = number as usize - 1;
    let from = index.saturating_sub(NEAR);
    let to = (index + NEAR + 1).min(lines.len());
    let mut near: Vec<&str> = lines[from..to].to_vec();
    near.extend(at(block.line));
    near
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn shown(location: &Location, text: &str) -> (Vec<String>, usize) {
        let text: Arc<str> = text.into();
        let sources = |_: &str| Some(Arc::clone(&text));
        let sensitive = |_: &str, line: u32| line == 4;
        let look = Look { sources: &sources, sensitive: &sensitive, ..Look::plain() };
        let (lines, left_out) = excerpt(location, &look);
        (
            lines
                .into_iter()
                .map(|line| format!("{}{} {}", line.number, if line.decides { "!" } else { "" }, line.text))
                .collect(),
            left_out,
        )
    }

    fn block(line: u32, end_line: u32, lines: &[u32]) -> Location {
        Location { file: "a.tf".into(), line, end_line, address: "a.b".into(), lines: lines.to_vec() }
    }

    const TEXT: &str = "a {\n  b = 1\n  c = 2\n  d = 3\n  e = 4\n}\nf = 5\n";

    #[test]
    fn the_first_line_and_the_deciding_ones_are_shown() {
        assert_eq!(shown(&block(1, 6, &[3, 3]), TEXT).0, ["1 a {", "3!   c = 2"]);
        assert_eq!(shown(&block(1, 6, &[]), TEXT).0, ["1 a {"]);
    }

    #[test]
    fn a_line_outside_of_the_block_is_not_shown() {
        assert_eq!(shown(&block(2, 3, &[1, 3, 7]), TEXT).0, ["2   b = 1", "3!   c = 2"]);
        assert!(shown(&block(40, 50, &[41]), TEXT).0.is_empty());
        assert!(shown(&block(0, 0, &[]), TEXT).0.is_empty());
    }

    #[test]
    fn a_sensitive_line_is_named_and_not_shown() {
        assert_eq!(shown(&block(1, 6, &[4]), TEXT).0, ["1 a {", "4!   … (sensitive)"]);
    }

    #[test]
    fn many_deciding_lines_are_counted() {
        let text = "x = 1\n".repeat(20);
        let lines: Vec<u32> = (2..=15).collect();
        let (shown, left_out) = shown(&block(1, 20, &lines), &text);
        assert_eq!((shown.len(), left_out), (7, 8));
    }
}
