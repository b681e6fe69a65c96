//! The lines of a block that are shown: its first line, and those that decided. Never another one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Look;
use super::redact::{declares_secret, redacted};
use super::standing::Language;
use super::text::plain;
use crate::model::check::Location;

/// Deciding lines shown of one block; the rest is counted.
const LINES: usize = 6;

/// Lines before and after one that tell what its value is of.
const NEAR: u32 = 2;

/// Lines of a block that are looked through for what it says of itself.
const BLOCK: u32 = 200;

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

/// The texts that lines are taken from, each cut into lines once however many findings are in it.
pub(super) struct Sources<'a> {
    look: &'a Look<'a>,
    files: BTreeMap<String, Option<Text>>,
}

/// A text, and where each of its lines begins.
struct Text {
    text: Arc<str>,
    starts: Vec<usize>,
}

impl Text {
    fn new(text: Arc<str>) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The line of a number, from 1.
    fn line(&self, number: u32) -> Option<&str> {
        let index = (number as usize).checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let rest = &self.text[start..];
        let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
        // What follows the last line break is no line.
        (start < self.text.len()).then(|| line.trim_end_matches('\r'))
    }

    fn lines(&self, from: u32, to: u32) -> impl Iterator<Item = &str> {
        (from.max(1)..=to).map_while(|number| self.line(number))
    }

    /// What tells of a line whether its value is a secret: the lines beside it, the block's first line,
    /// and where the block says so itself, the line that does.
    fn around(&self, number: u32, block: &Location) -> Vec<&str> {
        let mut near: Vec<&str> = self.lines(number.saturating_sub(NEAR), number.saturating_add(NEAR)).collect();
        near.extend(self.line(block.line));
        let end = block.end_line.min(block.line.saturating_add(BLOCK));
        near.extend(self.lines(block.line, end).filter(|line| declares_secret(line)));
        near
    }
}

impl<'a> Sources<'a> {
    pub(super) fn new(look: &'a Look<'a>) -> Self {
        Self { look, files: BTreeMap::new() }
    }

    /// The lines to show of a block, in order, and the number of deciding lines that are left out. Empty
    /// where the text of the file cannot be had, or has no such line, and for a plan: what is sensitive in
    /// it is told elsewhere in the file.
    pub(super) fn excerpt(&mut self, location: &Location, language: Language) -> (Vec<Shown>, usize) {
        if language == Language::Terraform && is_plan(&location.file) {
            return (Vec::new(), 0);
        }
        if !self.files.contains_key(&location.file) {
            let text = (self.look.sources)(&location.file).map(Text::new);
            self.files.insert(location.file.clone(), text);
        }
        let Some(Some(text)) = self.files.get(&location.file) else { return (Vec::new(), 0) };
        let inside = location.line..=location.end_line;
        let mut deciding: Vec<u32> = location.lines.iter().copied().filter(|line| inside.contains(line)).collect();
        deciding.sort_unstable();
        deciding.dedup();
        let left_out = deciding.len().saturating_sub(LINES);
        deciding.truncate(LINES);
        let mut numbers = deciding.clone();
        if !numbers.contains(&location.line) {
            numbers.insert(0, location.line);
        }
        let shown = numbers.into_iter().filter_map(|number| {
            let line = text.line(number)?;
            let shown = if (self.look.sensitive)(&location.file, number) {
                let indent = &line[..line.len() - line.trim_start().len()];
                format!("{indent}… (sensitive)")
            } else {
                redacted(line, &text.around(number, location))
            };
            Some(Shown { number, text: plain(&shown.replace('\t', "  ")), decides: deciding.contains(&number) })
        });
        (shown.collect(), left_out)
    }
}

/// Whether a file of Terraform's is anything but configuration.
fn is_plan(file: &str) -> bool {
    let file = file.to_ascii_lowercase();
    ![".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|end| file.ends_with(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(location: &Location, text: &str) -> (Vec<String>, usize) {
        let text: Arc<str> = text.into();
        let sources = |_: &str| Some(Arc::clone(&text));
        let sensitive = |_: &str, line: u32| line == 4;
        let look = Look { sources: &sources, sensitive: &sensitive, ..Look::plain() };
        let (lines, left_out) = Sources::new(&look).excerpt(location, Language::Terraform);
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

    #[test]
    fn a_value_is_not_shown_where_its_block_says_that_it_is_a_secret() {
        let text = "variable \"x\" {\n  default = \"hunter2\"\n  type = string\n  description = \"a\"\n  nullable = false\n  sensitive = true\n}\n";
        assert_eq!(shown(&block(1, 7, &[2]), text).0[1], "2!   default = \"…\"");
        let text =
            "  Code:\n    Default: hunter2\n    Type: String\n    MinLength: 1\n    MaxLength: 9\n    NoEcho: true\n";
        assert_eq!(shown(&block(1, 6, &[2]), text).0[1], "2!     Default: …");
    }

    #[test]
    fn no_line_of_a_plan_is_shown() {
        let mut block = block(1, 6, &[3]);
        for plan in ["out/plan.json", "plan", "tfplan.out"] {
            block.file = plan.into();
            assert!(shown(&block, TEXT).0.is_empty(), "{plan}");
        }
        block.file = "main.tf.json".into();
        assert_eq!(shown(&block, TEXT).0.len(), 2);
    }

    #[test]
    fn lines_are_counted_as_editors_do() {
        let text = Text::new("a\r\nb\n\nc".into());
        let lines: Vec<Option<&str>> = (0..=5).map(|number| text.line(number)).collect();
        assert_eq!(lines, [None, Some("a"), Some("b"), Some(""), Some("c"), None]);
        assert_eq!(Text::new("a\n".into()).line(2), None);
    }

    proptest! {
        #[test]
        fn no_line_is_shown_but_the_first_and_those_that_decided(
            words in prop::collection::vec("[a-z =\"{}:#é]{0,12}", 1..30),
            line in 0u32..32,
            length in 0u32..32,
            deciding in prop::collection::vec(0u32..64, 0..10),
        ) {
            let text: Vec<String> = words.iter().enumerate().map(|(at, word)| format!("{word}<{}>", at + 1)).collect();
            let location = block(line, line + length, &deciding);
            for shown in shown(&location, &text.join("\n")).0 {
                let number: u32 = shown.split([' ', '!']).next().and_then(|n| n.parse().ok()).expect("a number");
                let inside = (line..=line + length).contains(&number) && deciding.contains(&number);
                prop_assert!(number == line || inside, "{}", shown);
                let other = (1..=30).filter(|other| *other != number).any(|other| shown.contains(&format!("<{other}>")));
                prop_assert!(!other, "{}", shown);
            }
        }
    }
}
