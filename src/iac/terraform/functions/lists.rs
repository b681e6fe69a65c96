//! Functions that make lists of lists.

use super::super::super::value::{Unknown, Value};
use super::arguments::Call;
use super::convert::{as_text, unified};
use super::unknown::{is_rest, rest};
use super::{FunctionError, ITEM_LIMIT, Outcome, sets, unknown};
use crate::model::gap::GapCode;

pub(super) fn concat(call: &Call<'_>) -> Outcome {
    if call.args.iter().all(|arg| matches!(arg, Value::Unknown(_))) {
        return call.unknown();
    }
    let mut all = Vec::new();
    for arg in call.args {
        match arg {
            Value::List(items) => all.extend(items.iter().cloned()),
            Value::Unknown(unknown) => all.push(rest(unknown)),
            _ => return Err(call.error("a list is required")),
        }
    }
    call.few(all)
}

pub(super) fn flatten(call: &Call<'_>) -> Outcome {
    if matches!(call.arg(0)?, Value::Unknown(_)) {
        return call.unknown();
    }
    let mut all = Vec::new();
    spread(call, call.list(0)?, &mut all)?;
    call.few(all)
}

fn spread(call: &Call<'_>, items: &[Value], all: &mut Vec<Value>) -> Result<(), FunctionError> {
    for item in items {
        match item {
            Value::List(items) => spread(call, items, all)?,
            // A variable may be a list; what AWS will tell of a resource is nearly always one value,
            // but an attribute of it that is not known may be a list all the same.
            Value::Unknown(unknown) if !single(unknown) => all.push(rest(unknown)),
            _ => all.push(item.clone()),
        }
        if all.len() > ITEM_LIMIT {
            return Err(call.error("the result has too many elements"));
        }
    }
    Ok(())
}

/// Whether it is an attribute that holds one value in every resource.
pub(super) fn single(unknown: &Unknown) -> bool {
    let scalar = |attribute: &str| {
        matches!(attribute, "id" | "arn" | "name" | "bucket" | "key_id" | "account_id" | "unique_id")
            || attribute.ends_with("_id")
            || attribute.ends_with("_arn")
            || attribute.ends_with("_name")
    };
    matches!(unknown.references.as_slice(), [one] if one.whole && scalar(&one.attribute))
}

pub(super) fn compact(call: &Call<'_>) -> Outcome {
    let Value::List(items) = call.arg(0)? else {
        return if matches!(call.arg(0)?, Value::Unknown(_)) {
            call.unknown()
        } else {
            Err(call.error("a list is required"))
        };
    };
    let mut kept = Vec::new();
    for item in items.iter() {
        match item {
            Value::Null => {}
            Value::List(_) | Value::Map(_) => return Err(call.error("an element is no text")),
            // What AWS gives is not empty text. What a variable holds may be.
            Value::Unknown(unknown) if unknown.code != GapCode::KnownAfterApply => kept.push(rest(unknown)),
            Value::Unknown(_) | Value::Template(_) | Value::Json(_) => kept.push(item.clone()),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
                kept.extend(as_text(item).filter(|text| !text.is_empty()).map(Value::Text));
            }
        }
    }
    Ok(Value::list(kept))
}

pub(super) fn distinct(call: &Call<'_>) -> Outcome {
    match call.arg(0)? {
        Value::Unknown(_) => call.unknown(),
        Value::List(items) => {
            let items = unified(items).ok_or_else(|| call.error("the elements have no type in common"))?;
            Ok(Value::list(sets::distinct(items)))
        }
        _ => Err(call.error("a list is required")),
    }
}

pub(super) fn reverse(call: &Call<'_>) -> Outcome {
    Ok(Value::list(call.list(0)?.iter().rev().cloned().collect()))
}

pub(super) fn sort(call: &Call<'_>) -> Outcome {
    let items: Option<Vec<_>> = call.list(0)?.iter().map(as_text).collect();
    let mut items = items.ok_or_else(|| call.error("an element is no text"))?;
    items.sort();
    Ok(Value::list(items.into_iter().map(Value::Text).collect()))
}

/// A position in a list.
fn position(call: &Call<'_>, at: usize) -> Result<usize, FunctionError> {
    usize::try_from(call.integer(at)?).map_err(|_| call.error("a position is not negative"))
}

/// The known elements that a list begins with, and what stands for the others, where there are others.
fn known_part<'a>(call: &Call<'a>) -> Result<(&'a [Value], Option<&'a Unknown>), FunctionError> {
    if let Value::Unknown(unknown) = call.arg(0)? {
        return Ok((&[], Some(unknown)));
    }
    let list = call.list(0)?;
    let (known, further) = list.split_at(list.iter().position(is_rest).unwrap_or(list.len()));
    Ok(match further.first() {
        Some(Value::Unknown(unknown)) => (known, Some(unknown)),
        _ => (known, None),
    })
}

/// Most elements that are made of a list which is not known.
const UNKNOWN_LIMIT: usize = 256;

pub(super) fn slice(call: &Call<'_>) -> Outcome {
    if !call.arg(1)?.is_known() || !call.arg(2)?.is_known() {
        return call.unknown();
    }
    let (start, stop) = (position(call, 1)?, position(call, 2)?);
    // Terraform takes no positions outside the list: so many elements there are, whatever they are.
    let (known, further) = known_part(call)?;
    if let Some(unknown) = further.filter(|_| start <= stop && stop > known.len()) {
        if stop - start > UNKNOWN_LIMIT {
            return call.unknown();
        }
        let at = |at: usize| known.get(at).cloned().unwrap_or_else(|| unknown::element_of(unknown, at));
        return Ok(Value::list((start..stop).map(at).collect()));
    }
    let part = known.get(start..stop).ok_or_else(|| call.error("the positions are outside the list"))?;
    Ok(Value::list(part.to_vec()))
}

pub(super) fn element(call: &Call<'_>) -> Outcome {
    if matches!(call.arg(0)?, Value::Unknown(_)) || !call.arg(1)?.is_known() {
        return call.unknown();
    }
    let list = call.list(0)?;
    let at = position(call, 1)?;
    let known = list.iter().position(is_rest);
    match (known, list.len()) {
        (_, 0) => Err(call.error("the list is empty")),
        (Some(known), _) if at < known => Ok(list.get(at).cloned().unwrap_or_default()),
        (Some(_), _) => call.unknown(),
        (None, length) => Ok(list.get(at % length).cloned().unwrap_or_default()),
    }
}

pub(super) fn chunklist(call: &Call<'_>) -> Outcome {
    let (list, size) = (call.list(0)?, position(call, 1)?);
    if list.is_empty() {
        return Ok(Value::list(Vec::new()));
    }
    let list = unified(list).ok_or_else(|| call.error("the elements have no type in common"))?;
    let size = if size == 0 { list.len() } else { size };
    Ok(Value::list(list.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect()))
}
