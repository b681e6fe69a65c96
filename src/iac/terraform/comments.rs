//! The comments of a file in native syntax that hold a directive of suppression.

use crate::iac::ignore::WORD;

/// A comment with a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directive {
    /// The line the directive stands on.
    pub(super) line: u32,
    /// The line below which it stands, if nothing but comments is between: the first line after this
    /// comment and those that follow it directly. `None` if code stands before it on its line.
    pub(super) above: Option<u32>,
    /// The text after [`WORD`].
    pub(super) text: String,
}

/// A comment: its lines, its text, and whether nothing stands before it on its line.
struct Comment<'a> {
    first: u32,
    last: u32,
    alone: bool,
    text: &'a str,
}

/// A line of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::iac) struct Remark<'a> {
    /// The line.
    pub(in crate::iac) line: u32,
    /// The line below which its comment stands, as [`Directive::above`].
    pub(in crate::iac) above: Option<u32>,
    /// Its text, with the signs of the comment.
    pub(in crate::iac) text: &'a str,
}

/// The lines of all comments, in their order.
pub(in crate::iac) fn remarks(text: &str) -> Vec<Remark<'_>> {
    let comments = scan(text);
    let mut remarks = Vec::new();
    // From the last comment to the first, so that the end of a run of comments is known.
    let mut run: Option<(u32, u32)> = None;
    for comment in comments.iter().rev() {
        let above = if comment.alone {
            let end = match run {
                Some((start, end)) if start <= comment.last + 1 => end,
                _ => comment.last + 1,
            };
            run = Some((comment.first, end));
            Some(end)
        } else {
            run = None;
            None
        };
        let lines: Vec<Remark<'_>> =
            (comment.first..).zip(comment.text.lines()).map(|(line, text)| Remark { line, above, text }).collect();
        remarks.extend(lines.into_iter().rev());
    }
    remarks.reverse();
    remarks
}

/// The directives of a text.
pub(super) fn directives(text: &str) -> Vec<Directive> {
    if !text.contains(WORD) {
        return Vec::new();
    }
    let directive = |remark: Remark<'_>| {
        let start = remark.text.find(WORD)?;
        // The word stands first in the comment, but for the signs of the comment itself.
        let first =
            remark.text[..start].chars().all(|character| character.is_whitespace() || "#/*".contains(character));
        first.then(|| Directive {
            line: remark.line,
            above: remark.above,
            text: remark.text[start + WORD.len()..].trim_end().trim_end_matches("*/").trim_end().to_owned(),
        })
    };
    remarks(text).into_iter().filter_map(directive).collect()
}

/// What the scanner is in.
enum State {
    /// Code; the number of braces open since the `${` it stands in.
    Code(u32),
    /// A quoted text.
    Quoted,
    /// The text of a heredoc, up to this word.
    Heredoc(String),
}

/// Finds the comments: a `#` in a text, a heredoc or a template is none.
fn scan(text: &str) -> Vec<Comment<'_>> {
    let bytes = text.as_bytes();
    let mut comments = Vec::new();
    let mut states = vec![State::Code(0)];
    // A byte order mark is no code before the first comment.
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let (mut at, mut line, mut blank) = (start, 1_u32, true);
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'\n' {
            line = line.saturating_add(1);
            at += 1;
            blank = true;
            if let Some(State::Heredoc(word)) = states.last() {
                let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
                if text[at..end].trim() == word {
                    states.pop();
                    at = end;
                    blank = false;
                }
            } else if matches!(states.last(), Some(State::Quoted)) {
                // A quoted text ends with its line, whatever a broken file says.
                states.truncate(1);
            }
            continue;
        }
        let was_blank = blank;
        blank = blank && byte.is_ascii_whitespace();
        match states.last_mut() {
            Some(State::Code(open)) => match byte {
                b'#' | b'/' if byte == b'#' || bytes.get(at + 1) == Some(&b'/') => {
                    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
                    comments.push(Comment { first: line, last: line, alone: was_blank, text: &text[at..end] });
                    at = end;
                }
                b'/' if bytes.get(at + 1) == Some(&b'*') => {
                    let end = text[at + 2..].find("*/").map_or(text.len(), |end| at + 2 + end + 2);
                    let inner = &text[at..end];
                    let lines = u32::try_from(inner.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX);
                    comments.push(Comment {
                        first: line,
                        last: line.saturating_add(lines),
                        alone: was_blank,
                        text: inner,
                    });
                    line = line.saturating_add(lines);
                    at = end;
                }
                b'"' => {
                    states.push(State::Quoted);
                    at += 1;
                }
                b'<' if bytes.get(at + 1) == Some(&b'<') => {
                    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
                    let word = text[at + 2..end].trim_start_matches('-').trim();
                    let named = !word.is_empty()
                        && word.chars().all(|character| character.is_alphanumeric() || "_-".contains(character));
                    if named {
                        let word = word.to_owned();
                        states.push(State::Heredoc(word));
                        at = end;
                    } else {
                        at += 2;
                    }
                }
                b'{' => {
                    *open += 1;
                    at += 1;
                }
                b'}' => {
                    if *open > 0 || states.len() == 1 {
                        if let Some(State::Code(open)) = states.last_mut() {
                            *open = open.saturating_sub(1);
                        }
                    } else {
                        states.pop();
                    }
                    at += 1;
                }
                _ => at += 1,
            },
            Some(State::Quoted) => match byte {
                b'\\' => at += if bytes.get(at + 1) == Some(&b'\n') { 1 } else { 2 },
                b'"' => {
                    states.pop();
                    at += 1;
                }
                _ => at += interpolation(bytes, at, &mut states),
            },
            Some(State::Heredoc(_)) => at += interpolation(bytes, at, &mut states),
            None => states.push(State::Code(0)),
        }
    }
    comments
}

/// Goes into an interpolation if one begins here; how far to go on.
fn interpolation(bytes: &[u8], at: usize, states: &mut Vec<State>) -> usize {
    let opener = matches!(bytes[at], b'$' | b'%');
    if opener && bytes.get(at + 1) == Some(&bytes[at]) && bytes.get(at + 2) == Some(&b'{') {
        return 3;
    }
    if opener && bytes.get(at + 1) == Some(&b'{') {
        states.push(State::Code(0));
        return 2;
    }
    1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(u32, Option<u32>, String)> {
        directives(text).into_iter().map(|found| (found.line, found.above, found.text)).collect()
    }

    #[test]
    fn comments_of_all_three_kinds_are_found_with_the_line_they_stand_above() {
        let text = "# tickmark:ignore a x\n// tickmark:ignore b\n/* tickmark:ignore c */\nresource {\n  a = 1 # tickmark:ignore d\n}\n";
        assert_eq!(
            found(text),
            [
                (1, Some(4), " a x".to_owned()),
                (2, Some(4), " b".to_owned()),
                (3, Some(4), " c".to_owned()),
                (5, None, " d".to_owned()),
            ]
        );
    }

    #[test]
    fn a_blank_line_parts_a_comment_from_the_block_below() {
        assert_eq!(found("# tickmark:ignore a\n\nresource {}\n"), [(1, Some(2), " a".to_owned())]);
        assert_eq!(found("/*\n tickmark:ignore a\n*/\nx {}\n"), [(2, Some(4), " a".to_owned())]);
    }

    #[test]
    fn a_byte_order_mark_is_no_code_before_the_comment() {
        assert_eq!(found("\u{feff}# tickmark:ignore a\nresource {}\n"), [(1, Some(2), " a".to_owned())]);
    }

    #[test]
    fn a_text_a_heredoc_and_a_sentence_are_no_directive() {
        assert_eq!(found("a = \"# tickmark:ignore a\"\n"), []);
        assert_eq!(found("a = \"${\"}\"} # tickmark:ignore a\"\n"), []);
        assert_eq!(found("a = <<-EOT\n # tickmark:ignore a\n EOT\n"), []);
        assert_eq!(found("# as in tickmark:ignore a\n"), []);
        assert_eq!(found("a = <<EOT\n${x /* } */}\nEOT\n# tickmark:ignore b\n"), [(4, Some(5), " b".to_owned())]);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in any::<String>()) {
            directives(&format!("{text}\n# {WORD}\n{text}"));
        }

        #[test]
        fn text_of_the_languages_signs_never_panics(text in "[\"${}%#/*<\\-EOT\\\\\n ]{0,60}") {
            directives(&format!("{text}\n# {WORD}\n{text}"));
        }
    }
}
