//! Answers in CBOR (RFC 8949), of services that offer no JSON and of recorded answers.
//!
//! The answer is turned into JSON by the shapes and read as such: one reader has the rules.

use ciborium::Value as Cbor;
use serde_json::{Map, Value};

use super::model::Shape;
use super::read::{DEPTH, Reader, Unreadable, unreadable};
use super::read_json;

/// The body of an output.
pub(super) fn body(reader: &Reader<'_>, output: &Shape, body: &[u8]) -> Result<Map<String, Value>, Unreadable> {
    if !output.members.values().any(Reader::in_body) {
        return Ok(Map::new());
    }
    let mut rest = body;
    let answer: Cbor = ciborium::de::from_reader_with_recursion_limit(&mut rest, 2 * DEPTH)
        .or_else(|_| unreadable("the answer is no CBOR"))?;
    if !rest.is_empty() {
        return unreadable("bytes follow the answer");
    }
    match json(answer, 0)? {
        members @ Value::Object(_) => read_json::object(reader, output, &members),
        _ => unreadable("the answer is no CBOR map"),
    }
}

/// The same value in JSON: bytes in base64, times (tag 1) as seconds.
fn json(value: Cbor, depth: usize) -> Result<Value, Unreadable> {
    if depth > 2 * DEPTH {
        return unreadable("is nested too deeply");
    }
    Ok(match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(flag) => Value::Bool(flag),
        Cbor::Integer(number) => match i64::try_from(number) {
            Ok(number) => number.into(),
            Err(_) => return unreadable("is a number too large"),
        },
        Cbor::Float(number) => match serde_json::Number::from_f64(number) {
            Some(number) => Value::Number(number),
            None => Value::String(
                if number.is_nan() {
                    "NaN"
                } else if number > 0.0 {
                    "Infinity"
                } else {
                    "-Infinity"
                }
                .to_owned(),
            ),
        },
        Cbor::Text(text) => Value::String(text),
        Cbor::Bytes(bytes) => {
            use base64::Engine as _;
            Value::String(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        Cbor::Tag(1, inner) => json(*inner, depth + 1)?,
        Cbor::Array(elements) => {
            elements.into_iter().map(|element| json(element, depth + 1)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Cbor::Map(entries) => {
            let mut members = Map::new();
            for (key, value) in entries {
                let Cbor::Text(key) = key else { return unreadable("has a key that is no text") };
                members.insert(key, json(value, depth + 1)?);
            }
            Value::Object(members)
        }
        _ => return unreadable("holds a kind of CBOR that AWS does not use"),
    })
}
