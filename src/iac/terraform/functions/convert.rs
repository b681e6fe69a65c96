//! Values as text, numbers and JSON, the way Terraform writes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::super::value::{Part, Unknown, Value};
use super::{DEPTH_LIMIT, FunctionError, TEXT_LIMIT};
use crate::model::gap::GapCode;

/// How many significant digits of a fraction are sure in a double.
const SURE_DIGITS: usize = 15;

/// A number as Terraform prints it: all digits, no exponent.
pub(crate) fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let shortest = number.to_string();
    if number.fract() == 0.0 || shortest.bytes().filter(u8::is_ascii_digit).count() <= SURE_DIGITS + 1 {
        return shortest;
    }
    // Terraform computes in decimals of 150 digits: what is 0.30000000000000004 here is 0.3 there.
    let rounded = format!("{number:.*e}", SURE_DIGITS - 1).parse::<f64>().unwrap_or(number).to_string();
    if rounded.len() + 5 <= shortest.len() { rounded } else { shortest }
}

/// A known scalar as text; `None` for what is none or not known.
pub(super) fn as_text(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Text(text) => Some(Arc::clone(text)),
        Value::Number(number) => Some(Arc::from(number_text(*number))),
        Value::Bool(truth) => Some(Arc::from(if *truth { "true" } else { "false" })),
        Value::Json(_) => match to_text(value) {
            Ok(Value::Text(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// A known number, or a text that is one.
pub(super) fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => {
            let digits = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
            let number = text.bytes().all(digits).then(|| text.parse::<f64>().ok()).flatten()?;
            number.is_finite().then_some(number)
        }
        _ => None,
    }
}

/// Elements of one type, as a list has: where one is text, all scalars become text. `None` where they
/// have no type in common.
pub(super) fn unified(items: &[Value]) -> Option<Vec<Value>> {
    let mut text = false;
    let mut number = false;
    let mut truth = false;
    let mut list = false;
    let mut map = false;
    for item in items {
        match item {
            Value::Text(_) | Value::Template(_) | Value::Json(_) => text = true,
            Value::Number(_) => number = true,
            Value::Bool(_) => truth = true,
            Value::List(_) => list = true,
            Value::Map(_) => map = true,
            Value::Null | Value::Unknown(_) => {}
        }
    }
    let scalar = text || number || truth;
    if (list && map) || (scalar && (list || map)) || (number && truth && !text) {
        return None;
    }
    if !text || !(number || truth) {
        return Some(items.to_vec());
    }
    Some(items.iter().map(|item| as_text(item).map_or_else(|| item.clone(), Value::Text)).collect())
}

/// A known truth value, or a text that is one.
pub(super) fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Text(text) => match text.as_ref() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Puts a text together from known and unknown parts.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    parts: Vec<Part>,
    text: String,
    length: usize,
    depth: usize,
}

impl Writer {
    /// Adds a known part.
    pub(crate) fn push_str(&mut self, text: &str) {
        self.length = self.length.saturating_add(text.len());
        if self.length <= TEXT_LIMIT {
            self.text.push_str(text);
        }
    }

    /// Adds an unknown part.
    pub(crate) fn push_unknown(&mut self, unknown: &Arc<Unknown>) {
        self.length = self.length.saturating_add(1);
        if self.length > TEXT_LIMIT {
            return;
        }
        if !self.text.is_empty() {
            self.parts.push(Part::Text(Arc::from(std::mem::take(&mut self.text))));
        }
        self.parts.push(Part::Unknown(Arc::clone(unknown)));
    }

    /// Adds the text of a value, as an interpolation does.
    ///
    /// # Errors
    ///
    /// Where the value is null, a list or a map: they have no text.
    pub(crate) fn push(&mut self, value: &Value) -> Result<(), FunctionError> {
        match value {
            Value::Text(text) => self.push_str(text),
            Value::Unknown(unknown) => self.push_unknown(unknown),
            Value::Template(parts) => self.push_parts(parts, &|text, writer| writer.push_str(text)),
            Value::Json(inner) => self.push_json(inner),
            Value::Null => return Err(FunctionError::Arguments("null has no text".to_owned())),
            Value::List(_) | Value::Map(_) => {
                return Err(FunctionError::Arguments("a list or map has no text".to_owned()));
            }
            Value::Bool(_) | Value::Number(_) => {
                if let Some(text) = as_text(value) {
                    self.push_str(&text);
                }
            }
        }
        Ok(())
    }

    fn push_parts(&mut self, parts: &[Part], known: &dyn Fn(&str, &mut Self)) {
        for part in parts {
            match part {
                Part::Text(text) => known(text, self),
                Part::Unknown(unknown) => self.push_unknown(unknown),
            }
        }
    }

    /// Adds the JSON of a value as `jsonencode` writes it: members in the order of their names, no
    /// spaces, `<`, `>` and `&` escaped.
    pub(crate) fn push_json(&mut self, value: &Value) {
        if self.depth >= DEPTH_LIMIT {
            self.length = usize::MAX;
        }
        if self.length > TEXT_LIMIT {
            return;
        }
        self.depth += 1;
        self.push_json_value(value);
        self.depth -= 1;
    }

    fn push_json_value(&mut self, value: &Value) {
        match value {
            Value::Null => self.push_str("null"),
            Value::Bool(_) | Value::Number(_) => {
                if let Some(text) = as_text(value) {
                    self.push_str(&text);
                }
            }
            Value::Text(text) => {
                self.push_str("\"");
                push_escaped(text, self);
                self.push_str("\"");
            }
            Value::Template(parts) => {
                self.push_str("\"");
                self.push_parts(parts, &push_escaped);
                self.push_str("\"");
            }
            Value::Unknown(unknown) => self.push_unknown(unknown),
            Value::Json(inner) => {
                let mut nested = Self { depth: self.depth, ..Self::default() };
                nested.push_json(inner);
                match nested.finish() {
                    Ok(text) => self.push_json(&text),
                    Err(_) => self.length = usize::MAX,
                }
            }
            Value::List(items) => {
                self.push_str("[");
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.push_str(",");
                    }
                    self.push_json(item);
                }
                self.push_str("]");
            }
            Value::Map(members) => {
                self.push_str("{");
                for (at, (name, member)) in members.iter().enumerate() {
                    if at > 0 {
                        self.push_str(",");
                    }
                    self.push_str("\"");
                    push_escaped(name, self);
                    self.push_str("\":");
                    self.push_json(member);
                }
                self.push_str("}");
            }
        }
    }

    /// The text: known, in parts, or, where an unknown value is all there is, that value.
    ///
    /// # Errors
    ///
    /// Where it is too long.
    pub(crate) fn finish(mut self) -> Result<Value, FunctionError> {
        if self.length > TEXT_LIMIT {
            return Err(FunctionError::Arguments("the text is too long".to_owned()));
        }
        if self.parts.is_empty() {
            return Ok(Value::Text(Arc::from(self.text)));
        }
        if !self.text.is_empty() {
            self.parts.push(Part::Text(Arc::from(self.text)));
        }
        Ok(match self.parts.as_slice() {
            [Part::Unknown(only)] => Value::Unknown(Arc::clone(only)),
            _ => Value::Template(Arc::from(self.parts)),
        })
    }
}

fn push_escaped(text: &str, writer: &mut Writer) {
    let mut from = 0;
    for (at, letter) in text.char_indices() {
        let escape = match letter {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            '\u{8}' => "\\b".to_owned(),
            '\u{c}' => "\\f".to_owned(),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => format!("\\u{:04x}", u32::from(letter)),
            _ => continue,
        };
        writer.push_str(text.get(from..at).unwrap_or_default());
        writer.push_str(&escape);
        from = at + letter.len_utf8();
    }
    writer.push_str(text.get(from..).unwrap_or_default());
}

/// The text of a scalar: `Text`, `Template`, or `Unknown` where all of it is unknown. Null stays null.
///
/// # Errors
///
/// Where the value is a list or a map, or the text would be too long.
pub(crate) fn to_text(value: &Value) -> Result<Value, FunctionError> {
    match value {
        Value::Null | Value::Text(_) | Value::Unknown(_) | Value::Template(_) => Ok(value.clone()),
        _ => {
            let mut writer = Writer::default();
            writer.push(value)?;
            writer.finish()
        }
    }
}

/// The JSON that jsonencode would give for a value.
pub(super) fn json_text(value: &Value) -> Result<Value, FunctionError> {
    let mut writer = Writer::default();
    writer.push_json(value);
    writer.finish()
}

/// Of the characters that stand for unknown parts, the first; they are for private use, and a text
/// that has one of its own is not read.
const STANDS_FOR: u32 = 0xF_0000;

/// How many unknown parts one text may have.
const PARTS_LIMIT: usize = 0xFFFD;

/// The value whose JSON this text is, with unknown parts in their places: `None` where it is not JSON,
/// or where that cannot be told. A name of a member that is unknown in part is written `${…}`.
pub(crate) fn json_of(value: &Value) -> Option<Value> {
    match value {
        Value::Json(inner) => Some(inner.as_ref().clone()),
        Value::Text(text) => serde_json::from_str(text).ok().map(|json| Value::from_json(&json)),
        Value::Template(parts) => json_of_parts(parts),
        _ => None,
    }
}

fn stand_in(letter: char) -> Option<usize> {
    let at = u32::from(letter).checked_sub(STANDS_FOR)? as usize;
    (at < PARTS_LIMIT).then_some(at)
}

fn json_of_parts(parts: &[Part]) -> Option<Value> {
    let mut text = String::new();
    let mut unknowns: Vec<&Arc<Unknown>> = Vec::new();
    let mut quoted = false;
    let mut escaped = false;
    for part in parts {
        match part {
            Part::Text(known) => {
                for letter in known.chars() {
                    if stand_in(letter).is_some() {
                        return None;
                    }
                    match letter {
                        _ if escaped => escaped = false,
                        '\\' if quoted => escaped = true,
                        '"' => quoted = !quoted,
                        _ => {}
                    }
                }
                text.push_str(known);
            }
            Part::Unknown(unknown) => {
                if escaped || unknowns.len() >= PARTS_LIMIT {
                    return None;
                }
                let letter = char::from_u32(STANDS_FOR + u32::try_from(unknowns.len()).ok()?)?;
                unknowns.push(unknown);
                if quoted {
                    text.push(letter);
                } else {
                    text.extend(['"', letter, '"']);
                }
            }
        }
    }
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(put_back(&json, &unknowns))
}

fn put_back(json: &serde_json::Value, unknowns: &[&Arc<Unknown>]) -> Value {
    let known = |letter: char| stand_in(letter).and_then(|at| unknowns.get(at));
    match json {
        serde_json::Value::String(text) => {
            let mut writer = Writer::default();
            for letter in text.chars() {
                match known(letter) {
                    Some(unknown) => writer.push_unknown(unknown),
                    None => writer.push_str(letter.encode_utf8(&mut [0; 4])),
                }
            }
            writer.finish().unwrap_or_else(|_| Value::unknown(GapCode::Unresolved, "a text that is too long"))
        }
        serde_json::Value::Array(items) => Value::list(items.iter().map(|item| put_back(item, unknowns)).collect()),
        serde_json::Value::Object(members) => {
            let mut map = BTreeMap::new();
            for (name, member) in members {
                let mut key = String::new();
                for letter in name.chars() {
                    match known(letter) {
                        Some(unknown) => key.push_str(&unknown.placeholder()),
                        None => key.push(letter),
                    }
                }
                map.insert(Arc::from(key), put_back(member, unknowns));
            }
            Value::map(map)
        }
        scalar => Value::from_json(scalar),
    }
}
