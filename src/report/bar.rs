//! A strip that shows how many items a control has in each state. The template draws it as SVG;
//! the numbers stand beside it in words.

use super::tally::Tally;
use super::words::{number, size};

/// One part of a strip.
pub(crate) struct Segment {
    pub(crate) class: &'static str,
    /// Where it begins, in hundredths of the strip.
    pub(crate) x: u64,
    /// How wide it is, in hundredths of the strip.
    pub(crate) width: u64,
}

/// A strip of segments, 10,000 units wide.
pub(crate) struct Bar {
    pub(crate) segments: Vec<Segment>,
    /// The same in words.
    pub(crate) title: String,
}

const FULL: u64 = 10_000;
/// The least that a state which occurs is given, so that one exception among thousands is seen.
const LEAST: u64 = 250;

impl Bar {
    pub(crate) fn new(tally: &Tally) -> Self {
        let parts = [
            ("exc", "with an open exception", tally.exceptions),
            ("wai", "with a waived exception", tally.waived),
            ("gap", "not evaluated", tally.unknown()),
            ("ok", "without exception", tally.clean),
            ("na", "not applicable", tally.not_applicable),
        ];
        let present: Vec<_> = parts.into_iter().filter(|(_, _, n)| *n > 0).collect();
        let total: u64 = present.iter().map(|(_, _, n)| n).sum();
        let shared = FULL - LEAST * size(present.len());
        let mut x = 0;
        let mut segments = Vec::new();
        for (at, (class, _, n)) in present.iter().enumerate() {
            let share = u128::from(shared) * u128::from(*n) / u128::from(total.max(1));
            let width = LEAST + u64::try_from(share).unwrap_or(shared);
            // What division left over goes to the last, so that the strip is always full.
            let width = if at + 1 == present.len() { FULL - x } else { width };
            segments.push(Segment { class, x, width });
            x += width;
        }
        let words: Vec<_> = present.iter().map(|(_, word, n)| format!("{} {word}", number(*n))).collect();
        Self { segments, title: if words.is_empty() { "nothing to show".to_owned() } else { words.join(", ") } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_exception_among_a_million_is_still_seen() {
        let bar = Bar::new(&Tally { clean: 1_000_000, exceptions: 1, ..Tally::default() });
        assert_eq!(bar.segments[0].class, "exc");
        assert!(bar.segments[0].width >= LEAST);
        assert_eq!(bar.segments.iter().map(|segment| segment.width).sum::<u64>(), FULL);
        assert_eq!(bar.title, "1 with an open exception, 1,000,000 without exception");
    }

    #[test]
    fn nothing_makes_an_empty_strip() {
        assert!(Bar::new(&Tally::default()).segments.is_empty());
    }
}
