//! Text that is JSON, of which parts may be unknown: its structure, with the unknown parts in their
//! places.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::iac::value::{Part, Unknown, Value};

/// Largest text read as JSON, in bytes.
const SIZE_LIMIT: usize = 256 * 1024;

/// First and last character of the stand-in for an unknown part while its text is parsed. Both are
/// of a private use area; a text that holds one of its own is not read.
const OPEN: char = '\u{F0000}';
const CLOSE: char = '\u{F0001}';

/// The value that a text is the JSON of, where it is JSON.
///
/// An unknown part inside of a JSON string stays a part of that string. One that stands where a value
/// may stand is an unknown value. One that stands anywhere else leaves nothing that can be read.
pub(crate) fn structure(value: &Value) -> Option<Value> {
    match value {
        Value::Json(inner) => Some(Value::clone(inner)),
        Value::Map(_) | Value::List(_) => Some(value.clone()),
        Value::Text(text) => {
            if text.len() > SIZE_LIMIT || !text.trim_start().starts_with(['{', '[']) {
                return None;
            }
            Some(Value::from_json(&serde_json::from_str(text).ok()?))
        }
        Value::Template(parts) => template(parts),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => None,
    }
}

fn template(parts: &[Part]) -> Option<Value> {
    let mut source = String::new();
    let mut unknown: Vec<&Arc<Unknown>> = Vec::new();
    // Whether we are inside of a JSON string, and whether a backslash came just before.
    let (mut inside, mut escaped) = (false, false);
    for part in parts {
        match part {
            Part::Text(text) => {
                if text.contains([OPEN, CLOSE]) || source.len() + text.len() > SIZE_LIMIT {
                    return None;
                }
                for c in text.chars() {
                    match c {
                        _ if escaped => escaped = false,
                        '\\' if inside => escaped = true,
                        '"' => inside = !inside,
                        _ => {}
                    }
                }
                source.push_str(text);
            }
            Part::Unknown(why) => {
                let token = format!("{OPEN}{}{CLOSE}", unknown.len());
                unknown.push(why);
                if inside {
                    source.push_str(&token);
                } else {
                    source.push('"');
                    source.push_str(&token);
                    source.push('"');
                }
            }
        }
    }
    if !source.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let json: Json = serde_json::from_str(&source).ok()?;
    restore(&json, &unknown)
}

/// The value with its unknown parts back; `None` where the name of a member is not known.
fn restore(json: &Json, unknown: &[&Arc<Unknown>]) -> Option<Value> {
    Some(match json {
        Json::String(text) => restore_text(text, unknown)?,
        Json::Array(items) => Value::list(items.iter().map(|item| restore(item, unknown)).collect::<Option<Vec<_>>>()?),
        Json::Object(members) => {
            let mut map = BTreeMap::new();
            for (key, member) in members {
                if let Value::Text(key) = restore_text(key, unknown)? {
                    map.insert(key, restore(member, unknown)?);
                } else {
                    // A map whose keys are not all known is not known; the rest of the text still is.
                    let token = restore_text(key, unknown)?;
                    return Some(match token {
                        Value::Unknown(why) => Value::Unknown(why),
                        Value::Template(parts) => parts.iter().find_map(|part| match part {
                            Part::Unknown(why) => Some(Value::Unknown(Arc::clone(why))),
                            Part::Text(_) => None,
                        })?,
                        _ => return None,
                    });
                }
            }
            Value::map(map)
        }
        other => Value::from_json(other),
    })
}

fn restore_text(text: &str, unknown: &[&Arc<Unknown>]) -> Option<Value> {
    if !text.contains(OPEN) {
        return Some(Value::text(text));
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        if !before.is_empty() {
            parts.push(Part::Text(Arc::from(before)));
        }
        let (number, after) = after.split_once(CLOSE)?;
        let why = unknown.get(number.parse::<usize>().ok()?)?;
        parts.push(Part::Unknown(Arc::clone(why)));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(Arc::from(rest)));
    }
    Some(match parts.as_slice() {
        [Part::Unknown(why)] => Value::Unknown(Arc::clone(why)),
        _ => Value::Template(parts.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gap::GapCode;
    use proptest::prelude::*;

    fn of(parts: &[Result<&str, &str>]) -> Value {
        let part = |part: &Result<&str, &str>| match part {
            Ok(text) => Part::Text(Arc::from(*text)),
            Err(why) => Part::Unknown(Arc::new(Unknown::new(GapCode::Unresolved, why))),
        };
        Value::Template(parts.iter().map(part).collect())
    }

    #[test]
    fn an_unknown_part_stays_in_its_place() {
        let text = of(&[Ok("{\"a\": [\"x-"), Err("var.x"), Ok("\\\"\", "), Err("var.y"), Ok("], \"b\": \"z\"}")]);
        let value = structure(&text).expect("JSON");
        assert_eq!(value.get("b"), Some(&Value::text("z")));
        let Some(Value::List(items)) = value.get("a") else { panic!("a list") };
        assert_eq!(items[0], of(&[Ok("x-"), Err("var.x"), Ok("\"")]));
        assert!(matches!(&items[1], Value::Unknown(why) if why.shown == "var.y"));
    }

    #[test]
    fn a_map_with_an_unknown_key_is_unknown_and_the_rest_is_not() {
        let text = of(&[Ok("{\"a\": {\""), Err("var.x"), Ok(":sub\": 1}, \"b\": 2}")]);
        let value = structure(&text).expect("JSON");
        assert!(matches!(value.get("a"), Some(Value::Unknown(_))));
        assert_eq!(value.get("b"), Some(&Value::Number(2.0)));
    }

    #[test]
    fn text_that_is_not_json_has_no_structure() {
        for parts in [&[Ok("{"), Err("var.x"), Ok("}")][..], &[Ok("x"), Err("var.x")], &[Err("var.x")]] {
            assert_eq!(structure(&of(parts)), None);
        }
        assert_eq!(structure(&Value::text("plain")), None);
        assert_eq!(structure(&Value::text("\"plain\"")), None);
    }

    proptest! {
        #[test]
        fn arbitrary_texts_never_panic(first in "\\PC{0,30}", last in "[{}\\[\\]\",:a\\\\]{0,20}") {
            structure(&of(&[Ok(&first), Err("x"), Ok(&last)]));
            structure(&of(&[Ok("{\"a\": \""), Err("x"), Ok(&last), Ok("\"}")]));
        }
    }
}
