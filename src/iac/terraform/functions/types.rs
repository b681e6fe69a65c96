//! Functions that convert between types, and those whose result no reading of code tells.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::super::origin::Origin;
use super::super::super::value::{Unknown, Value};
use super::arguments::Call;
use super::convert::{as_bool, as_number, as_text, to_text, unified};
use super::{Outcome, sets, unknown};
use crate::model::gap::GapCode;

/// `timestamp`, `uuid` and the like: new each time, so known after apply.
#[expect(clippy::unnecessary_wraps, reason = "the registry holds functions of one type")]
pub(super) fn after_apply(call: &Call<'_>) -> Outcome {
    let shown = if call.args.is_empty() { "" } else { "…" };
    Ok(Value::unknown_from(GapCode::KnownAfterApply, &format!("{}({shown})", call.name), Origin::Fresh))
}

/// A result that depends on Terraform's own code (`base64gzip`).
pub(super) fn not_repeatable(call: &Call<'_>) -> Outcome {
    call.unknown()
}

/// The value is dropped at once: what is not kept cannot be shown.
pub(super) fn sensitive(call: &Call<'_>) -> Outcome {
    let Value::Unknown(made) = unknown::of_call(call.name, call.args) else { return call.unknown() };
    Ok(Value::Unknown(Arc::new(Unknown { code: GapCode::Sensitive, ..(*made).clone() })))
}

/// What was sensitive was not kept, and stays unknown.
pub(super) fn nonsensitive(call: &Call<'_>) -> Outcome {
    Ok(call.arg(0)?.clone())
}

pub(super) fn issensitive(call: &Call<'_>) -> Outcome {
    match call.arg(0)? {
        Value::Unknown(unknown) if unknown.code == GapCode::Sensitive => Ok(Value::Bool(true)),
        Value::Unknown(_) | Value::Template(_) => call.unknown(),
        _ => Ok(Value::Bool(false)),
    }
}

pub(super) fn ephemeralasnull(call: &Call<'_>) -> Outcome {
    Ok(call.arg(0)?.clone())
}

pub(super) fn tostring(call: &Call<'_>) -> Outcome {
    to_text(call.arg(0)?).map_err(|_| call.error("a list or map has no text"))
}

pub(super) fn tonumber(call: &Call<'_>) -> Outcome {
    match call.arg(0)? {
        Value::Null => Ok(Value::Null),
        Value::Unknown(unknown) => Ok(Value::Unknown(Arc::clone(unknown))),
        Value::Template(_) => call.unknown(),
        value => as_number(value).map(Value::Number).ok_or_else(|| call.error("this is no number")),
    }
}

pub(super) fn tobool(call: &Call<'_>) -> Outcome {
    match call.arg(0)? {
        Value::Null => Ok(Value::Null),
        Value::Unknown(unknown) => Ok(Value::Unknown(Arc::clone(unknown))),
        Value::Template(_) => call.unknown(),
        value => as_bool(value).map(Value::Bool).ok_or_else(|| call.error("this is no truth value")),
    }
}

pub(super) fn tolist(call: &Call<'_>) -> Outcome {
    match call.arg(0)? {
        Value::Null => Ok(Value::Null),
        Value::Unknown(unknown) => Ok(Value::Unknown(Arc::clone(unknown))),
        Value::List(items) => {
            unified(items).map(Value::list).ok_or_else(|| call.error("the elements have no type in common"))
        }
        _ => Err(call.error("this is no list")),
    }
}

pub(super) fn toset(call: &Call<'_>) -> Outcome {
    match call.arg(0)? {
        Value::Null => Ok(Value::Null),
        Value::Unknown(unknown) => Ok(Value::Unknown(Arc::clone(unknown))),
        Value::List(items) => {
            let items = unified(items).ok_or_else(|| call.error("the elements have no type in common"))?;
            Ok(Value::list(sets::set(items)))
        }
        _ => Err(call.error("this is no list")),
    }
}

pub(super) fn tomap(call: &Call<'_>) -> Outcome {
    match call.arg(0)? {
        Value::Null => Ok(Value::Null),
        Value::Unknown(unknown) => Ok(Value::Unknown(Arc::clone(unknown))),
        Value::Map(members) => {
            let values: Vec<Value> = members.values().cloned().collect();
            let values = unified(&values).ok_or_else(|| call.error("the members have no type in common"))?;
            Ok(Value::map(members.keys().cloned().zip(values).collect()))
        }
        _ => Err(call.error("this is no map")),
    }
}

/// Of Terraform before 0.12; modules of that age still call it.
pub(super) fn list(call: &Call<'_>) -> Outcome {
    unified(call.args).map(Value::list).ok_or_else(|| call.error("the elements have no type in common"))
}

/// Of Terraform before 0.12: keys and values in turn.
pub(super) fn map(call: &Call<'_>) -> Outcome {
    let mut members = BTreeMap::new();
    for pair in call.args.chunks(2) {
        match pair {
            [Value::Unknown(_) | Value::Template(_), _] => return call.unknown(),
            [key, value] => {
                let key = as_text(key).ok_or_else(|| call.error("a key is no text"))?;
                members.insert(key, value.clone());
            }
            _ => return Err(call.error("a key has no value")),
        }
    }
    Ok(Value::map(members))
}
