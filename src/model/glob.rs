//! Patterns with `*` (any run of characters) and `?` (any one character).

/// Whether the pattern matches the text.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Walk with one point of return: the last star seen, and how much text it has taken.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_take_runs_and_question_marks_one() {
        assert!(matches("arn:*:role/?b*", "arn:aws:iam::1:role/abc"));
        assert!(matches("*", "") && !matches("?", "") && !matches("a", "ab"));
    }
}
