//! Patterns with `*` (any run of characters) and `?` (any one character), as IAM policies and
//! `CloudWatch` filters use them, and how two of them lie to each other.
//!
//! The tables are of size pattern × pattern; policies are bounded, so is the work.

use std::borrow::Cow;

pub use crate::model::glob::matches;

/// Whether everything that `inner` matches is matched by `outer` too.
///
/// A yes is certain. In rare cases (a star of `inner` that only a mixture of `?` and `*` in
/// `outer` could take) the answer is no although containment holds.
#[must_use]
pub fn contains(outer: &str, inner: &str) -> bool {
    table(&ordered(outer), &ordered(inner), |outer, inner| match (outer, inner) {
        (_, '*') => false,
        ('?', _) => true,
        (o, i) => o == i,
    })
}

/// The same pattern with each run of wildcards in one order: `*?*` is `?*`.
fn ordered(pattern: &str) -> Cow<'_, str> {
    if !["**", "*?"].iter().any(|run| pattern.contains(run)) {
        return Cow::Borrowed(pattern);
    }
    let (mut text, mut star) = (String::with_capacity(pattern.len()), false);
    for c in pattern.chars() {
        match c {
            '*' => star = true,
            '?' => text.push('?'),
            _ => {
                if std::mem::take(&mut star) {
                    text.push('*');
                }
                text.push(c);
            }
        }
    }
    if star {
        text.push('*');
    }
    Cow::Owned(text)
}

/// Fills the table of "the first o characters of `outer` take the first i of `inner`", where only a
/// star of `outer` takes a run, and `takes` says what its other characters take.
fn table(outer: &str, inner: &str, takes: impl Fn(char, char) -> bool) -> bool {
    let inner: Vec<char> = inner.chars().collect();
    let mut row = vec![false; inner.len() + 1];
    row[0] = true;
    for o in outer.chars() {
        let mut next = vec![false; inner.len() + 1];
        next[0] = row[0] && o == '*';
        for (index, &i) in inner.iter().enumerate() {
            next[index + 1] = if o == '*' { row[index + 1] || next[index] } else { row[index] && takes(o, i) };
        }
        row = next;
    }
    row[inner.len()]
}

/// Whether some text is matched by both.
#[must_use]
pub fn intersects(one: &str, other: &str) -> bool {
    let other: Vec<char> = other.chars().collect();
    let mut row = vec![false; other.len() + 1];
    row[0] = true;
    for (index, &c) in other.iter().enumerate() {
        row[index + 1] = row[index] && c == '*';
    }
    for o in one.chars() {
        let mut next = vec![false; other.len() + 1];
        next[0] = row[0] && o == '*';
        for (index, &c) in other.iter().enumerate() {
            let step = o == '*' || c == '*' || o == '?' || c == '?' || o == c;
            next[index + 1] = (row[index] && step)
                || (o == '*' && (next[index] || row[index + 1]))
                || (c == '*' && (row[index + 1] || next[index]));
        }
        row = next;
    }
    row[other.len()]
}

/// Whether the text has a wildcard in it.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every text over a small alphabet up to a length: the brute force that the others must equal.
    fn texts(length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length {
            last = last.iter().flat_map(|text| ["a", "b"].map(|c| format!("{text}{c}"))).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    fn slow_matches(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some(b'*'), _) => {
                slow_matches(&pattern[1..], text) || (!text.is_empty() && slow_matches(pattern, &text[1..]))
            }
            (Some(b'?'), Some(_)) => slow_matches(&pattern[1..], &text[1..]),
            (Some(p), Some(t)) => p == t && slow_matches(&pattern[1..], &text[1..]),
            _ => false,
        }
    }

    #[test]
    fn actions_lie_to_each_other_as_iam_sees_them() {
        assert!(matches("s3:get*", "s3:getobject"));
        assert!(matches("iam:*role*", "iam:passrole"));
        assert!(!matches("iam:pass", "iam:passrole"));
        assert!(contains("*", "s3:*") && contains("s3:*", "s3:get*") && contains("s3:*", "s3:*"));
        assert!(!contains("s3:get*", "s3:*") && !contains("s?:*", "*"));
        assert!(intersects("s3:get*", "s3:*object") && !intersects("s3:*", "iam:*"));
    }

    proptest! {
        #[test]
        fn they_equal_brute_force_on_a_small_alphabet(one in "[ab*?]{0,4}", other in "[ab*?]{0,4}") {
            let texts = texts(6);
            for text in &texts {
                prop_assert_eq!(matches(&one, text), slow_matches(one.as_bytes(), text.as_bytes()));
            }
            let both = texts.iter().any(|text| matches(&one, text) && matches(&other, text));
            // Two patterns of up to four characters share a text of at most six, or none.
            if both {
                prop_assert!(intersects(&one, &other));
            } else if one.len() + other.len() <= 6 {
                prop_assert!(!intersects(&one, &other));
            }
            if contains(&one, &other) {
                prop_assert!(texts.iter().all(|text| !matches(&other, text) || matches(&one, text)));
            }
        }
    }
}
