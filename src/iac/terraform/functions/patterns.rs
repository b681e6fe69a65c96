//! Functions of text that take a pattern. Patterns are RE2's, read by the `regex` crate after the few
//! spellings that mean something else to it are rewritten.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::regex::{Captures, Regex, RegexBuilder};

use super::super::super::value::Value;
use super::arguments::Call;
use super::{FunctionError, ITEM_LIMIT, Outcome, TEXT_LIMIT};

/// The longest pattern.
const PATTERN_LIMIT: usize = 10_000;

/// The most memory that a compiled pattern may take, in bytes.
const COMPILED_LIMIT: usize = 1 << 18;

/// The longest text that is searched, in bytes.
const SEARCHED_LIMIT: usize = 1 << 16;

/// A compiled pattern larger than this has so many states, each of which every letter may be tried in,
/// that less text is searched for it: the limits are divided by [`LARGE_PART`].
const LARGE: usize = 1 << 14;

/// See [`LARGE`].
const LARGE_PART: usize = 16;

/// How many bytes may be looked at until the last match is found: each search may look at all the text
/// that is left, so that many matches can cost the square of its length.
const WORK_LIMIT: usize = 1 << 24;

/// In RE2 `\d`, `\w`, `\s` and `\b` mean ASCII, and a class has no operators.
fn rewritten(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut letters = pattern.chars().peekable();
    let mut class = false;
    let mut first = false;
    while let Some(letter) = letters.next() {
        let start = std::mem::take(&mut first);
        match letter {
            '\\' => match letters.next() {
                Some('d') => out.push_str("[0-9]"),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str("[0-9A-Za-z_]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('s') => out.push_str("[\\t\\n\\x0C\\r ]"),
                Some('S') => out.push_str("[^\\t\\n\\x0C\\r ]"),
                Some('b') if !class => out.push_str("(?-u:\\b)"),
                Some('Q') if !class => {
                    let mut literal = String::new();
                    while let Some(letter) = letters.next() {
                        if letter == '\\' && letters.peek() == Some(&'E') {
                            letters.next();
                            break;
                        }
                        literal.push(letter);
                    }
                    out.push_str(&::regex::escape(&literal));
                }
                Some(letter @ ('<' | '>')) => out.push(letter),
                Some(letter) => out.extend(['\\', letter]),
                None => out.push('\\'),
            },
            '[' if !class => {
                class = true;
                first = true;
                out.push('[');
                if letters.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            '[' if letters.peek() == Some(&':') => {
                out.push('[');
                for letter in letters.by_ref() {
                    out.push(letter);
                    if letter == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' if class => out.extend(['\\', letter]),
            ']' if class && start => out.push_str("\\]"),
            ']' if class => {
                class = false;
                out.push(']');
            }
            // A hyphen at the start or end is one; two of them are an operator to this crate only.
            '-' if class && (start || matches!(letters.peek(), Some('-' | ']'))) => out.push_str("\\-"),
            _ => out.push(letter),
        }
    }
    out
}

/// A pattern and what its size leaves of the limits.
struct Compiled {
    pattern: Regex,
    searched: usize,
    work: usize,
}

fn compiled(call: &Call<'_>, pattern: &str) -> Result<Compiled, FunctionError> {
    if pattern.len() > PATTERN_LIMIT {
        return Err(call.error("the pattern is too long"));
    }
    let written = rewritten(pattern);
    let within =
        |limit| RegexBuilder::new(&written).size_limit(limit).dfa_size_limit(COMPILED_LIMIT).nest_limit(100).build();
    if let Ok(pattern) = within(LARGE) {
        return Ok(Compiled { pattern, searched: SEARCHED_LIMIT, work: WORK_LIMIT });
    }
    let pattern = within(COMPILED_LIMIT).map_err(|_| call.error("the pattern cannot be read"))?;
    Ok(Compiled { pattern, searched: SEARCHED_LIMIT / LARGE_PART, work: WORK_LIMIT / LARGE_PART })
}

impl Compiled {
    /// A text that is not too long to be searched.
    fn searched(&self, call: &Call<'_>, text: Arc<str>) -> Result<Arc<str>, FunctionError> {
        if text.len() > self.searched { Err(call.error("the text is too long to be searched")) } else { Ok(text) }
    }
}

/// What one match gives: the text, the groups in order, or the groups by name.
fn matched(call: &Call<'_>, pattern: &Regex, captures: &Captures<'_>) -> Outcome {
    let group = |at: usize| captures.get(at).map_or(Value::Null, |found| Value::text(found.as_str()));
    let groups: Vec<Option<&str>> = pattern.capture_names().skip(1).collect();
    if groups.is_empty() {
        return Ok(group(0));
    }
    let named = groups.iter().flatten().count();
    if named == 0 {
        return Ok(Value::list((1..=groups.len()).map(group).collect()));
    }
    if named < groups.len() {
        return Err(call.error("groups with and without names cannot be mixed"));
    }
    let members = groups.iter().enumerate().filter_map(|(at, name)| Some((Arc::from((*name)?), group(at + 1))));
    Ok(Value::map(members.collect::<BTreeMap<_, _>>()))
}

pub(super) fn regex(call: &Call<'_>) -> Outcome {
    let compiled = compiled(call, &call.text(0)?)?;
    let text = compiled.searched(call, call.text(1)?)?;
    let pattern = &compiled.pattern;
    let captures = pattern.captures(&text).ok_or_else(|| call.error("the pattern matches nothing"))?;
    matched(call, pattern, &captures)
}

pub(super) fn regexall(call: &Call<'_>) -> Outcome {
    let compiled = compiled(call, &call.text(0)?)?;
    let text = compiled.searched(call, call.text(1)?)?;
    let pattern = &compiled.pattern;
    let mut found = Vec::new();
    for captures in pattern.captures_iter(&text) {
        if found.len().saturating_mul(pattern.captures_len()) >= ITEM_LIMIT || found.len() * text.len() > compiled.work
        {
            return Err(call.error("the result has too many elements"));
        }
        found.push(matched(call, pattern, &captures)?);
    }
    Ok(Value::list(found))
}

/// `replace` with a pattern, which stands between slashes.
pub(super) fn replace(call: &Call<'_>, pattern: &str, text: Arc<str>, with: &str) -> Result<String, FunctionError> {
    let pattern = compiled(call, pattern)?;
    let text = pattern.searched(call, text)?;
    replace_pattern(call, &pattern, &text, with)
}

fn replace_pattern(call: &Call<'_>, compiled: &Compiled, text: &str, with: &str) -> Result<String, FunctionError> {
    let mut out = String::new();
    let mut from = 0;
    for (count, captures) in compiled.pattern.captures_iter(text).enumerate() {
        let Some(found) = captures.get(0) else { continue };
        out.push_str(text.get(from..found.start()).unwrap_or_default());
        captures.expand(with, &mut out);
        from = found.end();
        if out.len() > TEXT_LIMIT || count * text.len() > compiled.work {
            return Err(call.error("the result is too long"));
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Ok(out)
}
