//! Answers in JSON: AWS JSON 1.0 and 1.1, and REST JSON.
//!
//! A member that the model does not know is left out here and stays in the capture: AWS adds
//! members at any time. A value of another type than the model's is an error.

use serde_json::{Map, Value};

use super::model::{Kind, Member, Shape};
use super::read::{DEPTH, Reader, Unreadable, blob, float, timestamp_format, unreadable};
use super::time;

/// The body of an output.
pub(super) fn body(reader: &Reader<'_>, output: &Shape, body: &[u8]) -> Result<Map<String, Value>, Unreadable> {
    if let Some(payload) = output.payload.as_deref() {
        let member = &output.members[payload];
        let mut document = Map::new();
        if reader.shape(member).kind == Kind::Blob {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(body);
            document.insert(payload.to_owned(), Value::String(text));
        } else {
            let read = value(reader, member, &parse(body)?, 0).map_err(|why| why.under(payload))?;
            document.insert(payload.to_owned(), read);
        }
        return Ok(document);
    }
    if !output.members.values().any(Reader::in_body) {
        return Ok(Map::new());
    }
    object(reader, output, &parse(body)?)
}

/// An answer that is a JSON object.
pub(super) fn object(reader: &Reader<'_>, output: &Shape, answer: &Value) -> Result<Map<String, Value>, Unreadable> {
    match answer {
        Value::Object(members) => structure(reader, output, members, 0),
        _ => unreadable("the answer is no object"),
    }
}

fn parse(body: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(body).or_else(|_| unreadable("the answer is no JSON text"))
}

fn structure(
    reader: &Reader<'_>,
    shape: &Shape,
    members: &Map<String, Value>,
    depth: usize,
) -> Result<Map<String, Value>, Unreadable> {
    let mut document = Map::new();
    for (name, member) in shape.members.iter().filter(|(_, member)| Reader::in_body(member)) {
        match members.get(reader.key(name, member)) {
            None | Some(Value::Null) => {}
            Some(found) => {
                let read = value(reader, member, found, depth + 1).map_err(|why| why.under(name))?;
                document.insert(name.clone(), read);
            }
        }
    }
    Ok(document)
}

fn value(reader: &Reader<'_>, member: &Member, found: &Value, depth: usize) -> Result<Value, Unreadable> {
    if depth > DEPTH {
        return unreadable("is nested too deeply");
    }
    let shape = reader.shape(member);
    if shape.document {
        return Ok(found.clone());
    }
    match (shape.kind, found) {
        (Kind::Structure, Value::Object(members)) => structure(reader, shape, members, depth).map(Value::Object),
        (Kind::List, Value::Array(elements)) => {
            let Some(element) = &shape.member else { return unreadable("is a list of nothing") };
            elements.iter().map(|found| value(reader, element, found, depth + 1)).collect()
        }
        (Kind::Map, Value::Object(entries)) => {
            let Some(of) = &shape.value else { return unreadable("is a map of nothing") };
            let mut read = Map::new();
            for (key, found) in entries {
                read.insert(key.clone(), value(reader, of, found, depth + 1).map_err(|why| why.under(key))?);
            }
            Ok(Value::Object(read))
        }
        (Kind::Integer | Kind::Long | Kind::Short, Value::Number(number)) => whole(number),
        (Kind::String | Kind::Character, Value::String(_))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Float | Kind::Double, Value::Number(_)) => Ok(found.clone()),
        (Kind::Float | Kind::Double, Value::String(text)) => float(text),
        (Kind::Blob, Value::String(text)) => blob(text),
        (Kind::Timestamp, Value::Number(seconds)) => match (seconds.as_i64(), seconds.as_f64()) {
            (Some(seconds), _) => time::from_whole_seconds(seconds),
            (None, Some(seconds)) => time::from_seconds(seconds),
            (None, None) => unreadable("is no time"),
        },
        (Kind::Timestamp, Value::String(text)) => {
            time::from_text(text, timestamp_format(member, shape).unwrap_or("iso8601"))
        }
        _ => unreadable("is not of the type that the model says"),
    }
}

/// A whole number; some services write it with a fraction of zero.
fn whole(number: &serde_json::Number) -> Result<Value, Unreadable> {
    if number.is_i64() || number.is_u64() {
        return Ok(Value::Number(number.clone()));
    }
    match number.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
        Some(fraction) if fraction.fract() == 0.0 && fraction.abs() < 9e15 => Ok((fraction as i64).into()),
        _ => unreadable("is no whole number"),
    }
}
