//! The words of the report: how numbers, times and states read, and what they never say.

use std::borrow::Cow;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::model::control::ItemScope;
use crate::model::scan::ScanStatus;

/// A state as the reader sees it: an icon, a colour and always a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// Exceptions noted.
    Exceptions,
    /// An exception that a waiver accepts.
    Waived,
    /// Not evaluated.
    NotEvaluated,
    /// Evaluated for a part of the items, without exceptions among these.
    InPart,
    /// Not tested in this scan.
    NotTested,
    /// Awaiting evidence that people give.
    Awaiting,
    /// A criterion of which a part was tested.
    Partly,
    /// A criterion of which all that a machine can test was tested.
    Tested,
    /// No exceptions noted.
    Clean,
    /// Not applicable.
    NotApplicable,
}

impl Mark {
    /// The class of its colours, and the id of its icon.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Exceptions => "exc",
            Self::Waived => "wai",
            Self::NotEvaluated => "gap",
            Self::InPart => "inp",
            Self::NotTested => "not",
            Self::Awaiting => "man",
            Self::Partly => "prt",
            Self::Tested => "tst",
            Self::Clean => "ok",
            Self::NotApplicable => "na",
        }
    }

    /// Its word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Exceptions => "Exceptions noted",
            Self::Waived => "Exception, waived",
            Self::NotEvaluated => "Not evaluated",
            Self::InPart => "Not evaluated in part",
            Self::NotTested => "Not tested in this scan",
            Self::Awaiting => "Manual evidence awaited",
            Self::Partly => "Partly tested",
            Self::Tested => "Tested",
            Self::Clean => "No exceptions noted",
            Self::NotApplicable => "Not applicable",
        }
    }
}

/// A whole number with thousands set apart.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A length as a number, on every platform.
pub(crate) fn size(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// "1 item", "2 items".
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// What one item of a control is called, one and many.
pub(crate) fn noun(scope: ItemScope) -> (&'static str, &'static str) {
    match scope {
        ItemScope::Resource => ("item", "items"),
        ItemScope::Account => ("account", "accounts"),
        ItemScope::Region => ("region", "regions"),
    }
}

/// A time for a reader, "14 Nov 2026, 02:00:05 UTC"; text that is no RFC 3339 time is shown as it is.
pub(crate) fn time(rfc3339: &str) -> String {
    DateTime::parse_from_rfc3339(rfc3339)
        .map_or_else(|_| clip(rfc3339, 40), |t| t.with_timezone(&Utc).format("%-d %b %Y, %H:%M:%S UTC").to_string())
}

/// A day for a reader, "14 November 2026".
pub(crate) fn day(rfc3339: &str) -> String {
    DateTime::parse_from_rfc3339(rfc3339)
        .map_or_else(|_| clip(rfc3339, 40), |t| t.with_timezone(&Utc).format("%-d %B %Y").to_string())
}

/// How long it took, for a reader; empty where a time cannot be read.
pub(crate) fn duration(start: &str, end: &str) -> String {
    let (Ok(start), Ok(end)) = (DateTime::parse_from_rfc3339(start), DateTime::parse_from_rfc3339(end)) else {
        return String::new();
    };
    let seconds = (end - start).num_seconds();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

/// AWS's clock against ours, in words; `None` where either cannot be read.
pub(crate) fn skew(ours: &str, aws_date: &str) -> Option<String> {
    let ours = DateTime::parse_from_rfc3339(ours).ok()?;
    let aws = DateTime::parse_from_rfc2822(aws_date).ok()?;
    // AWS sends whole seconds, so anything under one second is agreement.
    let seconds = (ours.timestamp() - aws.timestamp()).abs();
    Some(if seconds <= 1 {
        "the two clocks agree to the second".to_owned()
    } else {
        format!("the two clocks differ by {}", count(seconds.unsigned_abs(), "second", "seconds"))
    })
}

/// How a scan ended, in words.
pub(crate) fn status(status: ScanStatus) -> &'static str {
    match status {
        ScanStatus::Running => "still running: this report shows a part of it",
        ScanStatus::Complete => "complete: it looked at all it set out to look at",
        ScanStatus::Partial => "partial: some things could not be read",
        ScanStatus::Aborted => "aborted: it did not end by itself",
    }
}

/// Whether a character would act on the text around it, or not be seen at all: control characters,
/// and those that turn the direction of writing. A bucket's tag could otherwise reverse the
/// sentence it stands in.
fn hidden(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => true,
        other => other.is_control(),
    }
}

/// The text with hidden characters written out, as `⟨U+202E⟩`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    for character in text.chars() {
        if hidden(character) {
            write!(out, "⟨U+{:04X}⟩", u32::from(character)).expect("writing to a string does not fail");
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// Text made visible, and cut to a number of characters, saying so where it was cut.
pub(crate) fn clip(text: &str, limit: usize) -> String {
    let shown = visible(text);
    match shown.char_indices().nth(limit) {
        None => shown.into_owned(),
        Some((end, _)) => {
            format!("{}… [cut; {} characters in all]", &shown[..end], number(size(text.chars().count())))
        }
    }
}

/// How many bytes the text takes in HTML once visible: askama writes each of the five special
/// characters as five bytes, and a hidden one is written out in twelve.
pub(crate) fn weight(text: &str) -> usize {
    text.chars().map(|character| if hidden(character) { 12 } else { heft(character) }).sum()
}

fn heft(character: char) -> usize {
    if matches!(character, '<' | '>' | '&' | '"' | '\'') { 5 } else { character.len_utf8() }
}

/// The longest beginning of a text, already visible, that takes no more than `budget` bytes in HTML.
pub(crate) fn fit(text: &str, budget: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += heft(character);
        if used > budget {
            return &text[..at];
        }
    }
    text
}

/// The address, where it may be linked: only `https`, so that a control file or an answer cannot
/// smuggle in a `javascript:` link.
pub(crate) fn link(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://")?;
    let plain = !rest.is_empty() && address.len() <= 500 && address.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    plain.then_some(address)
}

/// An id that is safe as a file name: what it holds besides letters, digits, `.`, `-` and `_` is
/// written as its code. Ids of controls and criteria come out as they are.
pub(crate) fn file_name(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for byte in id.bytes().take(120) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            b'.' if !name.is_empty() => name.push('.'),
            other => name.extend(['~', hex_digit(other >> 4), hex_digit(other & 15)]),
        }
    }
    if name.is_empty() { "~".to_owned() } else { name }
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).unwrap_or('~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_read_in_thousands() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(count(1, "item", "items"), "1 item");
    }

    #[test]
    fn times_are_shown_in_utc_and_odd_ones_as_they_are() {
        assert_eq!(time("2026-11-14T03:00:05+01:00"), "14 Nov 2026, 02:00:05 UTC");
        assert_eq!(time("yesterday"), "yesterday");
        assert_eq!(duration("2026-11-14T02:00:00Z", "2026-11-14T02:03:05Z"), "3 min 5 s");
    }

    #[test]
    fn clocks_are_compared_to_the_second() {
        let agree = skew("2026-11-14T02:00:05.400Z", "Sat, 14 Nov 2026 02:00:05 GMT");
        assert_eq!(agree.as_deref(), Some("the two clocks agree to the second"));
        let differ = skew("2026-11-14T02:00:15.400Z", "Sat, 14 Nov 2026 02:00:05 GMT");
        assert_eq!(differ.as_deref(), Some("the two clocks differ by 10 seconds"));
        assert_eq!(skew("2026-11-14T02:00:15Z", "soon"), None);
    }

    #[test]
    fn only_https_addresses_become_links() {
        assert!(link("https://docs.aws.amazon.com/x").is_some());
        for bad in ["javascript:alert(1)", "http://x", "https://", "https://a b", "data:text/html,x", "HTTPS://x"] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }

    #[test]
    fn ids_become_file_names_that_stay_in_their_folder() {
        assert_eq!(file_name("s3-tls-only"), "s3-tls-only");
        assert_eq!(file_name("CC6.1"), "CC6.1");
        assert_eq!(file_name("../../etc"), "~2e.~2f..~2fetc");
        assert_eq!(file_name(""), "~");
    }

    #[test]
    fn characters_that_turn_the_text_around_are_written_out() {
        assert_eq!(clip("invoice\u{202e}fdp.exe\u{0}", 99), "invoice⟨U+202E⟩fdp.exe⟨U+0000⟩");
        assert_eq!(weight("\u{202e}"), "⟨U+202E⟩".len());
        assert_eq!(visible("two\nlines, naïve, 東京"), "two\nlines, naïve, 東京");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in ".*") {
            prop_assert!(!clip(&text, 50).chars().any(hidden));
            prop_assert_eq!(weight(&visible(&text)), weight(&text));
        }

        #[test]
        fn a_fitted_text_weighs_no_more_than_its_budget(text in ".*", budget in 0usize..200) {
            prop_assert!(weight(fit(&visible(&text), budget)) <= budget);
        }

        #[test]
        fn a_file_name_never_leaves_its_folder(id in ".*") {
            let name = file_name(&id);
            prop_assert!(!name.is_empty() && !name.starts_with('.'));
            prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)));
        }
    }
}
