//! `replace`, in texts of which parts are not known, and in JSON that is kept in its structure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::super::value::{Part, Unknown, Value};
use super::arguments::Call;
use super::convert::to_text;
use super::text::together;
use super::{DEPTH_LIMIT, FunctionError, Outcome, TEXT_LIMIT, patterns, unknown};

pub(super) fn replace(call: &Call<'_>) -> Outcome {
    if !call.arg(1)?.is_known() {
        return call.unknown();
    }
    let wanted = call.text(1)?;
    let subject = || to_text(call.arg(0)?).map_err(|_| call.error("a text is required"));
    if wanted.len() > 1 && wanted.starts_with('/') && wanted.ends_with('/') {
        return match subject()? {
            Value::Text(text) if call.arg(2)?.is_known() => {
                let pattern = wanted.get(1..wanted.len() - 1).unwrap_or_default();
                call.short(&patterns::replace(call, pattern, text, &call.text(2)?)?)
            }
            _ => call.unknown(),
        };
    }
    let with = match to_text(call.arg(2)?).map_err(|_| call.error("a text is required"))? {
        Value::Text(text) => vec![Part::Text(text)],
        Value::Template(parts) => parts.to_vec(),
        Value::Unknown(unknown) => vec![Part::Unknown(unknown)],
        _ => return call.unknown(),
    };
    let replacing = Replacing { call, placeholder: is_placeholder(&wanted), wanted, with };
    if let Value::Json(inner) = call.arg(0)?
        && replacing.placeholder
        && replacing.keeps_json()
    {
        let Some(replaced) = replacing.json(inner, 0)? else { return call.unknown() };
        return Ok(Value::Json(Arc::new(replaced)));
    }
    match subject()? {
        Value::Text(text) => replacing.value(&[Part::Text(text)]),
        Value::Template(parts) if replacing.placeholder || !spans(&parts, &replacing.wanted) => replacing.value(&parts),
        _ => call.unknown(),
    }
}

/// Whether a text was written to be replaced (`_BUCKET_ARN_`, `${NAME}`, `%name%`): no name that AWS
/// gives holds it, and in the text of JSON it stands within one text and nowhere else.
fn is_placeholder(wanted: &str) -> bool {
    let mut letters = wanted.chars();
    let (Some(first), Some(last)) = (letters.next(), letters.next_back()) else { return false };
    let inner = letters.as_str();
    let plain = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '<' | '>' | '&');
    let marked = matches!(first, '$' | '%' | '@' | '{' | '#');
    !first.is_alphanumeric()
        && !last.is_alphanumeric()
        && wanted.chars().all(plain)
        && inner.contains(|letter: char| letter.is_ascii_alphabetic())
        && (marked || !inner.contains(|letter: char| letter.is_ascii_lowercase()))
}

/// Whether `wanted` might be found over the border of a known and an unknown part.
fn spans(parts: &[Part], wanted: &str) -> bool {
    let cuts = || wanted.char_indices().map(|(at, _)| wanted.split_at(at)).filter(|(head, _)| !head.is_empty());
    let count = parts.len();
    wanted.is_empty()
        || parts.iter().enumerate().any(|(at, part)| match part {
            Part::Text(text) => {
                let follows = at > 0;
                let precedes = at + 1 < count;
                cuts().any(|(head, tail)| (precedes && text.ends_with(head)) || (follows && text.starts_with(tail)))
                    || (follows && precedes && wanted.contains(text.as_ref()) && wanted.len() > text.len())
            }
            Part::Unknown(_) => false,
        })
}

/// A literal text that is replaced.
struct Replacing<'a> {
    call: &'a Call<'a>,
    wanted: Arc<str>,
    /// Whether no unknown part can hold it.
    placeholder: bool,
    with: Vec<Part>,
}

impl Replacing<'_> {
    /// Whether what takes the place leaves the JSON around it as it is.
    fn keeps_json(&self) -> bool {
        self.with.iter().all(|part| match part {
            Part::Text(text) => !text.contains(|letter: char| matches!(letter, '"' | '\\') || letter.is_control()),
            Part::Unknown(_) => true,
        })
    }

    /// A text of these parts.
    fn value(&self, parts: &[Part]) -> Outcome {
        let mut replaced = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Text(text) => self.known(text, &mut replaced)?,
                Part::Unknown(unknown) => replaced.push(Part::Unknown(self.unknown(unknown))),
            }
        }
        together(&replaced)
    }

    fn known(&self, text: &str, replaced: &mut Vec<Part>) -> Result<(), FunctionError> {
        if let [Part::Text(with)] = self.with.as_slice() {
            replaced.push(Part::Text(Arc::from(literal(self.call, text, &self.wanted, with)?)));
            return Ok(());
        }
        for (at, between) in text.split(&*self.wanted).enumerate() {
            if at > 0 {
                replaced.extend(self.with.iter().cloned());
            }
            replaced.push(Part::Text(Arc::from(between)));
            if replaced.len() > TEXT_LIMIT / 64 {
                return Err(self.call.error("the result is too long"));
            }
        }
        Ok(())
    }

    fn unknown(&self, part: &Arc<Unknown>) -> Arc<Unknown> {
        if self.placeholder { Arc::clone(part) } else { unknown::of_part(self.call.name, self.call.args, part) }
    }

    /// The value that a JSON text is of, replaced in each of its texts; `None` where a name of a member
    /// would change to what is not known.
    fn json(&self, value: &Value, depth: usize) -> Result<Option<Value>, FunctionError> {
        if depth > DEPTH_LIMIT {
            return Ok(None);
        }
        Ok(Some(match value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => value.clone(),
            Value::Text(text) => self.value(&[Part::Text(Arc::clone(text))])?,
            Value::Template(parts) => self.value(parts)?,
            Value::Json(inner) => match self.json(inner, depth + 1)? {
                Some(inner) => Value::Json(Arc::new(inner)),
                None => return Ok(None),
            },
            Value::List(items) => {
                let mut replaced = Vec::with_capacity(items.len());
                for item in items.iter() {
                    let Some(item) = self.json(item, depth + 1)? else { return Ok(None) };
                    replaced.push(item);
                }
                Value::list(replaced)
            }
            Value::Map(members) => {
                let mut replaced = BTreeMap::new();
                for (name, member) in members.iter() {
                    let Value::Text(name) = self.value(&[Part::Text(Arc::clone(name))])? else { return Ok(None) };
                    let Some(member) = self.json(member, depth + 1)? else { return Ok(None) };
                    replaced.insert(name, member);
                }
                Value::map(replaced)
            }
        }))
    }
}

fn literal(call: &Call<'_>, text: &str, wanted: &str, with: &str) -> Result<String, FunctionError> {
    let found = if wanted.is_empty() { text.len() + 1 } else { text.matches(wanted).count() };
    if text.len().saturating_add(found.saturating_mul(with.len())) > TEXT_LIMIT {
        return Err(call.error("the result is too long"));
    }
    Ok(text.replace(wanted, with))
}
