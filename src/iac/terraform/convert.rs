//! Conversions between the kinds of values, as Terraform makes them of itself, and unknown values
//! made of others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::functions;
use crate::iac::origin::Origin;
use crate::iac::value::{Choice, Part, Reference, Unknown, Value, Ways};
use crate::model::gap::GapCode;

/// The hidden member of a map that is a whole resource: what is read of it and not written in it is
/// known after apply. It holds an unknown value that refers to the resource.
pub(super) const BLOCK_MEMBER: &str = "\u{0}block";

/// Most references kept of one unknown value.
const REFERENCES: usize = 64;

/// The text of a scalar: `None` for what has none.
pub(super) fn scalar_text(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Bool(truth) => Some(Arc::from(if *truth { "true" } else { "false" })),
        Value::Number(number) if number.is_finite() => Some(Arc::from(functions::number_text(*number))),
        _ => None,
    }
}

/// The number that a value is or is the text of.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) if text.len() < 400 && text.starts_with(|first: char| "+-.0123456789".contains(first)) => {
            text.parse().ok()
        }
        _ => None,
    }
}

/// The truth value that a value is or is the text of.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Text(text) => match &**text {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Text made of parts: known text beside each other is one, and what comes to one part only is that.
pub(super) fn template(parts: Vec<Part>) -> Value {
    let mut joined: Vec<Part> = Vec::with_capacity(parts.len());
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(known) => text.push_str(&known),
            Part::Unknown(_) => {
                if !text.is_empty() {
                    joined.push(Part::Text(Arc::from(std::mem::take(&mut text))));
                }
                joined.push(part);
            }
        }
    }
    if joined.is_empty() {
        return Value::Text(Arc::from(text));
    }
    if !text.is_empty() {
        joined.push(Part::Text(Arc::from(text)));
    }
    match joined.as_slice() {
        [Part::Unknown(unknown)] => Value::Unknown(unknown.clone()),
        _ => Value::Template(joined.into()),
    }
}

/// The unknown parts of a value, however deep.
fn unknowns<'a>(value: &'a Value, found: &mut Vec<&'a Unknown>) {
    if found.len() > REFERENCES {
        return;
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        Value::Template(parts) => {
            for part in parts.iter() {
                if let Part::Unknown(unknown) = part {
                    found.push(unknown);
                }
            }
        }
        Value::Json(inner) => unknowns(inner, found),
        Value::List(items) => items.iter().for_each(|item| unknowns(item, found)),
        Value::Map(members) => members.values().for_each(|item| unknowns(item, found)),
        Value::Unknown(unknown) => found.push(unknown),
    }
}

/// What is made of values that are not all known: its references are theirs. If one of them is
/// sensitive it is, too; else, if AWS tells one of them, no variable can.
///
/// Nothing tells it from others: where these values are all that it is made of, [`made_by`] does.
pub(super) fn made_of(shown: &str, values: &[&Value]) -> Value {
    made_from(shown, Origin::Unidentified, values)
}

/// What an operation of this name makes of these values, of nothing else, and each time the same.
pub(super) fn made_by(operation: &str, shown: &str, values: &[&Value]) -> Value {
    made_from(shown, Origin::made_by(operation, values), values)
}

/// The same as [`made_of`], which comes from here.
pub(super) fn made_from(shown: &str, origin: Origin, values: &[&Value]) -> Value {
    let mut found = Vec::new();
    for value in values {
        unknowns(value, &mut found);
    }
    let mut code = GapCode::Unresolved;
    let mut references: Vec<Reference> = Vec::new();
    for unknown in found {
        code = worse(code, unknown.code);
        for reference in &unknown.references {
            if references.len() < REFERENCES
                && !references
                    .iter()
                    .any(|other| other.address == reference.address && other.attribute == reference.attribute)
            {
                references.push(Reference { whole: false, ..reference.clone() });
            }
        }
    }
    Value::Unknown(Arc::new(Unknown::new(code, shown).from(origin).of(references)))
}

fn worse(one: GapCode, other: GapCode) -> GapCode {
    let rank = |code| match code {
        GapCode::Unresolved => 0,
        GapCode::KnownAfterApply => 1,
        _ => 2,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// An expression that the code does not tell the value of.
pub(super) fn unresolved(shown: &str) -> Value {
    Value::unknown(GapCode::Unresolved, shown)
}

/// A name that the code does not tell the value of.
pub(super) fn input(scope: &str, name: &str) -> Value {
    Value::unknown_from(GapCode::Unresolved, name, Origin::input(scope, name))
}

/// A value of which no scalar may be shown: each is unknown. What its parts are called is no secret.
pub(super) fn sensitive(value: &Value, shown: &str) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::List(items) => Value::list(items.iter().map(|item| sensitive(item, shown)).collect()),
        Value::Map(members) => {
            Value::map(members.iter().map(|(key, member)| (key.clone(), sensitive(member, shown))).collect())
        }
        Value::Unknown(unknown) => {
            Value::Unknown(Arc::new(Unknown { code: GapCode::Sensitive, ways: None, ..(**unknown).clone() }))
        }
        Value::Template(_) | Value::Json(_) | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
            let Value::Unknown(made) = made_by("sensitive", shown, &[value]) else { return Value::Null };
            Value::Unknown(Arc::new(Unknown { code: GapCode::Sensitive, ..(*made).clone() }))
        }
    }
}

/// The value without the hidden members of whole resources.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(plain).collect()),
        Value::Map(members) => Value::map(
            members
                .iter()
                .filter(|(key, _)| &***key != BLOCK_MEMBER)
                .map(|(key, member)| (key.clone(), plain(member)))
                .collect::<BTreeMap<_, _>>(),
        ),
        Value::Json(inner) => Value::Json(Arc::new(plain(inner))),
        Value::Unknown(unknown) => match &unknown.ways {
            None => value.clone(),
            Some(ways) => {
                let choice = match &ways.choice {
                    Choice::Repeated(each) => Choice::Repeated(plain(each)),
                    Choice::Either(one, other) => Choice::Either(plain(one), plain(other)),
                    Choice::OneOf(all) => Choice::OneOf(all.iter().map(plain).collect()),
                };
                let ways = Some(Arc::new(Ways { choice, ..(**ways).clone() }));
                Value::Unknown(Arc::new(Unknown { ways, ..(**unknown).clone() }))
            }
        },
        other => other.clone(),
    }
}

/// Whether two values are the same; `None` where what is unknown decides.
pub(super) fn equal(one: &Value, other: &Value) -> Option<bool> {
    match (one, other) {
        (Value::Unknown(one), Value::Unknown(other)) => is_same(one, other).then_some(true),
        (Value::Unknown(unknown), empty) | (empty, Value::Unknown(unknown))
            if empty.is_null() || empty.as_text() == Some("") =>
        {
            // What AWS gives each resource is there.
            unknown
                .references
                .iter()
                .any(|reference| reference.whole && matches!(reference.attribute.as_str(), "id" | "arn" | "key_id"))
                .then_some(false)
        }
        // The text of JSON is the same in more than one spelling.
        (Value::Unknown(_), _)
        | (_, Value::Unknown(_))
        | (Value::Json(_), Value::Text(_) | Value::Template(_))
        | (Value::Text(_) | Value::Template(_), Value::Json(_)) => None,
        (Value::Null, Value::Null) => Some(true),
        (Value::Template(parts), Value::Text(text)) | (Value::Text(text), Value::Template(parts)) => {
            cannot_be(parts, text).then_some(false)
        }
        (Value::Template(one), Value::Template(other)) => {
            let same = |(one, other): (&Part, &Part)| match (one, other) {
                (Part::Text(one), Part::Text(other)) => one == other,
                (Part::Unknown(one), Part::Unknown(other)) => is_same(one, other),
                _ => false,
            };
            (one.len() == other.len() && one.iter().zip(other.iter()).all(same)).then_some(true)
        }
        (Value::Json(one), Value::Json(other)) => equal(one, other),
        (Value::Bool(one), Value::Bool(other)) => Some(one == other),
        #[expect(clippy::float_cmp, reason = "numbers of the language are compared as they are")]
        (Value::Number(one), Value::Number(other)) => Some(one == other),
        (Value::Text(one), Value::Text(other)) => Some(one == other),
        (Value::List(one), Value::List(other)) => {
            if one.iter().chain(other.iter()).any(functions::is_rest) {
                return None;
            }
            if one.len() != other.len() {
                return Some(false);
            }
            all(one.iter().zip(other.iter()).map(|(one, other)| equal(one, other)))
        }
        (Value::Map(one), Value::Map(other)) => {
            if one.len() != other.len() || !one.keys().eq(other.keys()) {
                return Some(false);
            }
            all(one.values().zip(other.values()).map(|(one, other)| equal(one, other)))
        }
        _ => Some(false),
    }
}

/// Whether two values are the same, whatever they are. Of what is sensitive, not even that is told.
fn is_same(one: &Unknown, other: &Unknown) -> bool {
    one.code != GapCode::Sensitive && other.code != GapCode::Sensitive && one.origin.is_same(&other.origin)
}

/// Whether a text with unknown parts cannot come to this text.
fn cannot_be(parts: &[Part], text: &str) -> bool {
    let starts = match parts.first() {
        Some(Part::Text(start)) => text.starts_with(&**start),
        _ => true,
    };
    let ends = match parts.last() {
        Some(Part::Text(end)) => text.ends_with(&**end),
        _ => true,
    };
    let holds = parts.iter().all(|part| match part {
        Part::Text(known) => text.contains(&**known),
        Part::Unknown(_) => true,
    });
    !(starts && ends && holds)
}

fn all(comparisons: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut answer = Some(true);
    for comparison in comparisons {
        match comparison {
            Some(false) => return Some(false),
            Some(true) => {}
            None => answer = None,
        }
    }
    answer
}
