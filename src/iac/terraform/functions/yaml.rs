//! YAML, as Terraform reads and writes it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat};
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::super::super::value::{Part, Value};
use super::arguments::Call;
use super::convert::{Writer, as_number};
use super::{FunctionError, ITEM_LIMIT, Outcome, TEXT_LIMIT};

/// How deep a document may be nested.
const DEPTH_LIMIT: usize = 100;

/// A collection that is not complete yet.
enum Open {
    List { items: Vec<Value>, anchor: usize, nodes: usize },
    Map { members: BTreeMap<Arc<str>, Value>, key: Option<Arc<str>>, anchor: usize, nodes: usize },
}

/// Builds a value from events. Nodes that aliases repeat are counted each time.
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, usize)>,
    nodes: usize,
    done: Option<Value>,
}

pub(super) fn yamldecode(call: &Call<'_>) -> Outcome {
    let text = call.text(0)?;
    let mut builder = Builder { open: Vec::new(), anchors: HashMap::new(), nodes: 0, done: None };
    let mut documents = 0;
    for event in Parser::new_from_str(&text) {
        let (event, _) = event.map_err(|_| call.error("the text is not YAML"))?;
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
        }
        if documents > 1 {
            return Err(call.error("the text has more than one document"));
        }
        builder.take(event).map_err(|why| call.error(why))?;
    }
    builder.done.ok_or_else(|| call.error("the text has no document"))
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref())?;
                self.complete(value, anchor, 1)
            }
            Event::Alias(anchor) => {
                let (value, nodes) = self.anchors.get(&anchor).cloned().ok_or("an alias has no anchor")?;
                self.complete(value, 0, nodes)
            }
            Event::SequenceStart(anchor, tag) => {
                collection_tag(tag.as_deref(), "seq")?;
                self.begin(Open::List { items: Vec::new(), anchor, nodes: 1 })
            }
            Event::MappingStart(anchor, tag) => {
                collection_tag(tag.as_deref(), "map")?;
                self.begin(Open::Map { members: BTreeMap::new(), key: None, anchor, nodes: 1 })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { items, anchor, nodes }) => self.complete(Value::list(items), anchor, nodes),
                Some(Open::Map { members, anchor, nodes, .. }) => self.complete(Value::map(members), anchor, nodes),
                None => Err("the text is not YAML"),
            },
            _ => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), &'static str> {
        if self.open.len() >= DEPTH_LIMIT {
            return Err("the text is nested too deep");
        }
        self.open.push(open);
        Ok(())
    }

    fn complete(&mut self, value: Value, anchor: usize, size: usize) -> Result<(), &'static str> {
        self.nodes += size;
        if self.nodes > ITEM_LIMIT {
            return Err("the text holds too much");
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        match self.open.last_mut() {
            None => self.done = Some(value),
            Some(Open::List { items, nodes, .. }) => {
                items.push(value);
                *nodes += size;
            }
            Some(Open::Map { members, key, nodes, .. }) => {
                *nodes += size;
                match key.take() {
                    None => *key = Some(super::convert::as_text(&value).ok_or("a key is no text")?),
                    // What is merged counts where it stands: what comes after it replaces it.
                    Some(name) if name.as_ref() == "<<" => {
                        let Value::Map(from) = &value else { return Err("what is merged is no mapping") };
                        members.extend(from.iter().map(|(key, member)| (Arc::clone(key), member.clone())));
                    }
                    Some(name) => {
                        members.insert(name, value);
                    }
                }
            }
        }
        Ok(())
    }
}

fn collection_tag(tag: Option<&Tag>, kind: &str) -> Result<(), &'static str> {
    match tag {
        None => Ok(()),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == kind => Ok(()),
        Some(_) => Err("a tag is not known"),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, &'static str> {
    if let Some(tag) = tag {
        if !tag.is_yaml_core_schema() {
            return Err("a tag is not known");
        }
        let wrong = "a value is not of the type of its tag";
        return match tag.suffix.as_str() {
            "str" | "binary" | "timestamp" => Ok(Value::text(text)),
            "int" | "float" => number(text).map(Value::Number).ok_or(wrong),
            "bool" => truth(text).map(Value::Bool).ok_or(wrong),
            "null" => Ok(Value::Null),
            _ => Err("a tag is not known"),
        };
    }
    if style != ScalarStyle::Plain {
        return Ok(Value::text(text));
    }
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Ok(Value::Null);
    }
    if let Some(truth) = truth(text) {
        return Ok(Value::Bool(truth));
    }
    if let Some(number) = number(text) {
        return Ok(Value::Number(number));
    }
    if matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Err("a number is not finite");
    }
    Ok(Value::text(&time(text).unwrap_or_else(|| text.to_owned())))
}

/// A day or a time, which Terraform gives as a text of RFC 3339 without fractions.
fn time(text: &str) -> Option<String> {
    let written = text.as_bytes();
    if written.len() > 40 || written.get(4) != Some(&b'-') {
        return None;
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return (text.len() >= 8).then(|| format!("{}T00:00:00Z", day.format("%Y-%m-%d")));
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
        return Some(time.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of AWS are far below 2^53")]
fn number(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(digits) = digits.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().filter(|_| text.starts_with('0')).map(|number| number as f64);
    }
    if let Some(digits) = digits.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().map(|number| sign * number as f64);
    }
    let starts = digits.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.');
    starts.then(|| as_number(&Value::text(digits))).flatten().map(|number| sign * number)
}

/// How deep a value is written.
const INDENT: &str = "  ";

pub(super) fn yamlencode(call: &Call<'_>) -> Outcome {
    let value = call.arg(0)?;
    if matches!(value, Value::Unknown(_)) {
        return call.unknown();
    }
    let mut writer = Writer::default();
    let mut left = TEXT_LIMIT;
    block(&mut writer, value, 0, &mut left).map_err(|()| call.error("the result is too long"))?;
    // A plain scalar alone needs the mark of the document's end.
    let plain = matches!(value, Value::Null | Value::Bool(_) | Value::Number(_));
    writer.push_str(if plain { "\n...\n" } else { "\n" });
    writer.finish().map_err(|_: FunctionError| call.error("the result is too long"))
}

/// A line break, and the indentation of the next line. `left` bounds all indentation together.
fn line(writer: &mut Writer, depth: usize, left: &mut usize) -> Result<(), ()> {
    *left = left.checked_sub(depth * INDENT.len() + 1).ok_or(())?;
    writer.push_str("\n");
    writer.push_str(&INDENT.repeat(depth));
    Ok(())
}

/// Writes a value at the place where the writer stands, which is indented by `depth`.
fn block(writer: &mut Writer, value: &Value, depth: usize, left: &mut usize) -> Result<(), ()> {
    match value {
        Value::List(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    line(writer, depth, left)?;
                }
                writer.push_str("- ");
                match item {
                    Value::Text(text) if in_lines(text) => literal(writer, text, depth + 1, left)?,
                    _ => block(writer, item, depth + 1, left)?,
                }
            }
        }
        Value::Map(members) if !members.is_empty() => {
            for (at, (key, member)) in members.iter().enumerate() {
                if at > 0 {
                    line(writer, depth, left)?;
                }
                quoted(writer, &Value::Text(Arc::clone(key)));
                writer.push_str(":");
                match member {
                    Value::List(items) if !items.is_empty() => {
                        line(writer, depth, left)?;
                        block(writer, member, depth, left)?;
                    }
                    Value::Map(members) if !members.is_empty() => {
                        line(writer, depth + 1, left)?;
                        block(writer, member, depth + 1, left)?;
                    }
                    Value::Text(text) if in_lines(text) => {
                        writer.push_str(" ");
                        literal(writer, text, depth + 1, left)?;
                    }
                    _ => {
                        writer.push_str(" ");
                        quoted(writer, member);
                    }
                }
            }
        }
        Value::Text(text) if in_lines(text) => literal(writer, text, depth + 1, left)?,
        _ => quoted(writer, value),
    }
    Ok(())
}

/// Whether a text is written as lines and not in quotes.
fn in_lines(text: &str) -> bool {
    text.contains('\n') && !text.contains(" \n") && !text.ends_with(' ') && !text.chars().any(special)
}

/// Whether a letter is written by an escape, which only quotes have.
fn special(letter: char) -> bool {
    match letter {
        '\u{feff}' => true,
        '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}' => false,
        _ => true,
    }
}

fn literal(writer: &mut Writer, text: &str, depth: usize, left: &mut usize) -> Result<(), ()> {
    let body = text.strip_suffix('\n');
    writer.push_str(if text.starts_with([' ', '\n']) { "|2" } else { "|" });
    writer.push_str(match body {
        Some(body) if body.ends_with('\n') || body.is_empty() => "+",
        Some(_) => "",
        None => "-",
    });
    for part in body.unwrap_or(text).split('\n') {
        if part.is_empty() {
            writer.push_str("\n");
            continue;
        }
        line(writer, depth, left)?;
        writer.push_str(part);
    }
    Ok(())
}

/// A scalar, or an empty collection; unknown parts of a text stay in its quotes.
fn quoted(writer: &mut Writer, value: &Value) {
    let text = match value {
        Value::Json(_) => super::to_text(value).unwrap_or_default(),
        _ => value.clone(),
    };
    match &text {
        Value::Text(text) => {
            writer.push_str("\"");
            escaped(writer, text);
            writer.push_str("\"");
        }
        Value::Template(parts) => {
            writer.push_str("\"");
            for part in parts.iter() {
                match part {
                    Part::Text(text) => escaped(writer, text),
                    Part::Unknown(unknown) => writer.push_unknown(unknown),
                }
            }
            writer.push_str("\"");
        }
        other => writer.push_json(other),
    }
}

fn escaped(writer: &mut Writer, text: &str) {
    for letter in text.chars() {
        match letter {
            '"' => writer.push_str("\\\""),
            '\\' => writer.push_str("\\\\"),
            '\n' => writer.push_str("\\n"),
            _ if !special(letter) => writer.push_str(letter.encode_utf8(&mut [0; 4])),
            '\0' => writer.push_str("\\0"),
            '\u{7}' => writer.push_str("\\a"),
            '\u{8}' => writer.push_str("\\b"),
            '\t' => writer.push_str("\\t"),
            '\u{b}' => writer.push_str("\\v"),
            '\u{c}' => writer.push_str("\\f"),
            '\r' => writer.push_str("\\r"),
            '\u{1b}' => writer.push_str("\\e"),
            '\u{85}' => writer.push_str("\\N"),
            '\u{2028}' => writer.push_str("\\L"),
            '\u{2029}' => writer.push_str("\\P"),
            '\0'..='\u{ff}' => writer.push_str(&format!("\\x{:02X}", u32::from(letter))),
            '\u{100}'..='\u{ffff}' => writer.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => writer.push_str(&format!("\\U{:08X}", u32::from(letter))),
        }
    }
}
