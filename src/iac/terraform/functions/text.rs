//! Functions of text.

use std::sync::Arc;

use super::super::super::value::{Part, Value};
use super::arguments::{Call, integer};
use super::convert::{Writer, as_number, as_text, to_text};
use super::{FunctionError, ITEM_LIMIT, Outcome, TEXT_LIMIT, unknown};

/// The first argument as a text of parts, the others known. `None` where too much is unknown.
fn parts(call: &Call<'_>) -> Result<Option<Vec<Part>>, FunctionError> {
    if call.args.iter().skip(1).any(|arg| !arg.is_known()) {
        return Ok(None);
    }
    Ok(match to_text(call.arg(0)?).map_err(|_| call.error("a text is required"))? {
        Value::Text(text) => Some(vec![Part::Text(text)]),
        Value::Template(parts) => Some(parts.to_vec()),
        _ => None,
    })
}

/// Puts parts together again.
pub(super) fn together(parts: &[Part]) -> Outcome {
    let mut writer = Writer::default();
    for part in parts {
        match part {
            Part::Text(text) => writer.push_str(text),
            Part::Unknown(unknown) => writer.push_unknown(unknown),
        }
    }
    writer.finish()
}

/// Applies a change that looks at one letter at a time to all known parts.
fn letters(call: &Call<'_>, change: fn(char) -> char) -> Outcome {
    let Some(parts) = parts(call)? else { return call.unknown() };
    let changed: Vec<Part> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => Part::Text(text.chars().map(change).collect::<String>().into()),
            Part::Unknown(unknown) => Part::Unknown(unknown::of_part(call.name, call.args, unknown)),
        })
        .collect();
    together(&changed)
}

/// Letters that become more than one are left, as Go leaves them.
fn raise(letter: char) -> char {
    let mut raised = letter.to_uppercase();
    if raised.len() == 1 { raised.next().unwrap_or(letter) } else { letter }
}

fn lowered(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

pub(super) fn upper(call: &Call<'_>) -> Outcome {
    letters(call, raise)
}

pub(super) fn lower(call: &Call<'_>) -> Outcome {
    letters(call, lowered)
}

pub(super) fn title(call: &Call<'_>) -> Outcome {
    let mut before = ' ';
    let mut titled = String::new();
    for letter in call.text(0)?.chars() {
        let starts = if before.is_ascii() {
            !before.is_ascii_alphanumeric() && before != '_'
        } else {
            !before.is_alphanumeric() && before.is_whitespace()
        };
        titled.push(if starts { raise(letter) } else { letter });
        before = letter;
    }
    call.short(&titled)
}

pub(super) fn chomp(call: &Call<'_>) -> Outcome {
    call.short(call.text(0)?.trim_end_matches(['\r', '\n']))
}

pub(super) fn indent(call: &Call<'_>) -> Outcome {
    let (spaces, text) = (call.arg(0)?, call.arg(1)?);
    if !spaces.is_known() {
        return call.unknown();
    }
    let spaces = as_number(spaces).and_then(integer).and_then(|spaces| usize::try_from(spaces).ok());
    let Some(spaces) = spaces.filter(|spaces| *spaces <= TEXT_LIMIT) else {
        return Err(call.error("a number of spaces is required"));
    };
    let pad = format!("\n{}", " ".repeat(spaces));
    let indented = |text: &str| {
        let lines = text.matches('\n').count();
        if text.len().saturating_add(lines.saturating_mul(spaces)) > TEXT_LIMIT {
            return Err(call.error("the result is too long"));
        }
        Ok(text.replace('\n', &pad))
    };
    match to_text(text).map_err(|_| call.error("a text is required"))? {
        Value::Text(text) => call.short(&indented(&text)?),
        Value::Template(parts) => {
            let mut writer = Writer::default();
            for part in parts.iter() {
                match part {
                    Part::Text(text) => writer.push_str(&indented(text)?),
                    Part::Unknown(unknown) => writer.push_unknown(unknown),
                }
            }
            writer.finish()
        }
        _ => call.unknown(),
    }
}

pub(super) fn join(call: &Call<'_>) -> Outcome {
    let separator = call.arg(0)?;
    let mut items = Vec::new();
    for list in call.args.iter().skip(1) {
        match list {
            Value::List(list) if list.iter().any(unknown::is_rest) => return call.unknown(),
            Value::List(list) => items.extend(list.iter()),
            Value::Unknown(_) => return call.unknown(),
            _ => return Err(call.error("a list is required")),
        }
    }
    let mut writer = Writer::default();
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            writer.push(separator).map_err(|_| call.error("the separator is no text"))?;
        }
        writer.push(item).map_err(|_| call.error("an element is no text"))?;
    }
    writer.finish()
}

pub(super) fn split(call: &Call<'_>) -> Outcome {
    let (separator, text) = (call.text(0)?, call.text(1)?);
    let count = if separator.is_empty() { text.len() } else { text.matches(separator.as_ref()).count() };
    if count >= ITEM_LIMIT {
        return Err(call.error("the result has too many elements"));
    }
    if separator.is_empty() {
        return call.few(text.chars().map(|letter| Value::text(letter.encode_utf8(&mut [0; 4]))).collect());
    }
    call.few(text.split(separator.as_ref()).map(Value::text).collect())
}

/// Whether a known beginning decides that the text begins with `wanted`.
fn begins(parts: &[Part], wanted: &str) -> Option<bool> {
    match parts.first() {
        None => Some(wanted.is_empty()),
        Some(Part::Unknown(_)) => wanted.is_empty().then_some(true),
        Some(Part::Text(text)) if text.starts_with(wanted) => Some(true),
        Some(Part::Text(text)) if parts.len() > 1 && wanted.starts_with(text.as_ref()) => None,
        Some(Part::Text(_)) => Some(false),
    }
}

fn ends(parts: &[Part], wanted: &str) -> Option<bool> {
    match parts.last() {
        None => Some(wanted.is_empty()),
        Some(Part::Unknown(_)) => wanted.is_empty().then_some(true),
        Some(Part::Text(text)) if text.ends_with(wanted) => Some(true),
        Some(Part::Text(text)) if parts.len() > 1 && wanted.ends_with(text.as_ref()) => None,
        Some(Part::Text(_)) => Some(false),
    }
}

fn decided(call: &Call<'_>, truth: Option<bool>) -> Outcome {
    truth.map_or_else(|| call.unknown(), |truth| Ok(Value::Bool(truth)))
}

pub(super) fn startswith(call: &Call<'_>) -> Outcome {
    let Some(parts) = parts(call)? else { return call.unknown() };
    decided(call, begins(&parts, &call.text(1)?))
}

pub(super) fn endswith(call: &Call<'_>) -> Outcome {
    let Some(parts) = parts(call)? else { return call.unknown() };
    decided(call, ends(&parts, &call.text(1)?))
}

pub(super) fn strcontains(call: &Call<'_>) -> Outcome {
    let Some(parts) = parts(call)? else { return call.unknown() };
    let wanted = call.text(1)?;
    let found = parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains(wanted.as_ref())));
    let known = parts.iter().all(|part| matches!(part, Part::Text(_)));
    decided(call, (found || known).then_some(found))
}

/// A text whose known ends were trimmed. An unknown end may be longer than what it shows.
fn trimmed(call: &Call<'_>, starts: impl Fn(&str) -> &str, stops: impl Fn(&str) -> &str) -> Outcome {
    let Some(mut parts) = parts(call)? else { return call.unknown() };
    let last = parts.len().saturating_sub(1);
    for (at, part) in parts.iter_mut().enumerate() {
        *part = match part {
            Part::Text(text) => {
                let mut kept = text.as_ref();
                if at == 0 {
                    kept = starts(kept);
                }
                if at == last {
                    kept = stops(kept);
                }
                // All of it may belong to the trimmed end, and the unknown part beside it too.
                if kept.is_empty() && last > 0 {
                    return call.unknown();
                }
                Part::Text(Arc::from(kept))
            }
            Part::Unknown(unknown) if at == 0 || at == last => {
                Part::Unknown(unknown::of_part(call.name, call.args, unknown))
            }
            Part::Unknown(unknown) => Part::Unknown(Arc::clone(unknown)),
        };
    }
    together(&parts)
}

pub(super) fn trimspace(call: &Call<'_>) -> Outcome {
    trimmed(call, str::trim_start, str::trim_end)
}

pub(super) fn trim(call: &Call<'_>) -> Outcome {
    let Some(cutset) = as_text(call.arg(1)?) else { return call.unknown() };
    trimmed(
        call,
        |text| text.trim_start_matches(|letter| cutset.contains(letter)),
        |text| text.trim_end_matches(|letter| cutset.contains(letter)),
    )
}

pub(super) fn trimprefix(call: &Call<'_>) -> Outcome {
    let Some(mut parts) = parts(call)? else { return call.unknown() };
    let prefix = call.text(1)?;
    match (begins(&parts, &prefix), parts.first_mut()) {
        (Some(true), Some(Part::Text(text))) => *text = Arc::from(text.strip_prefix(prefix.as_ref()).unwrap_or(text)),
        (Some(_), _) => {}
        (None, Some(Part::Unknown(unknown))) => *unknown = unknown::of_part(call.name, call.args, unknown),
        (None, _) => return call.unknown(),
    }
    together(&parts)
}

pub(super) fn trimsuffix(call: &Call<'_>) -> Outcome {
    let Some(mut parts) = parts(call)? else { return call.unknown() };
    let suffix = call.text(1)?;
    match (ends(&parts, &suffix), parts.last_mut()) {
        (Some(true), Some(Part::Text(text))) => *text = Arc::from(text.strip_suffix(suffix.as_ref()).unwrap_or(text)),
        (Some(_), _) => {}
        (None, Some(Part::Unknown(unknown))) => *unknown = unknown::of_part(call.name, call.args, unknown),
        (None, _) => return call.unknown(),
    }
    together(&parts)
}

/// Whether a letter belongs to the one before it: what a reader takes for one character.
fn extends(before: Option<char>, letter: char) -> bool {
    let marks = matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200d}' | '\u{20d0}'..='\u{20f0}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}');
    marks || before == Some('\u{200d}') || (before == Some('\r') && letter == '\n')
}

/// The characters of a text as a reader counts them, as Terraform does.
pub(super) fn characters(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut before = None;
    for (at, letter) in text.char_indices() {
        if at > 0 && !extends(before, letter) {
            found.extend(text.get(from..at));
            from = at;
        }
        before = Some(letter);
    }
    if !text.is_empty() {
        found.extend(text.get(from..));
    }
    found
}

pub(super) fn strrev(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    call.short(&characters(&text).into_iter().rev().collect::<String>())
}

pub(super) fn substr(call: &Call<'_>) -> Outcome {
    let (start, wanted) = (call.arg(1)?, call.arg(2)?);
    if !start.is_known() || !wanted.is_known() {
        return call.unknown();
    }
    let (start, wanted) = (call.integer(1)?, call.integer(2)?);
    let cut = |text: &str, start: usize, wanted: Option<usize>| -> String {
        characters(text).into_iter().skip(start).take(wanted.unwrap_or(usize::MAX)).collect()
    };
    // From the end, a length of nothing is all that is left.
    let wanted = usize::try_from(wanted).ok().filter(|wanted| start >= 0 || *wanted > 0);
    match to_text(call.arg(0)?).map_err(|_| call.error("a text is required"))? {
        Value::Text(text) => {
            let start = match usize::try_from(start) {
                Ok(start) => start,
                Err(_) => {
                    characters(&text).len().saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX))
                }
            };
            call.short(&cut(&text, start, wanted))
        }
        Value::Template(parts) => match (parts.first(), usize::try_from(start), wanted) {
            (Some(Part::Text(text)), Ok(start), Some(wanted))
                if characters(text).len() >= start.saturating_add(wanted) =>
            {
                call.short(&cut(text, start, Some(wanted)))
            }
            _ => call.unknown(),
        },
        _ => call.unknown(),
    }
}
