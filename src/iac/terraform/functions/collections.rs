//! Functions of maps, and those that ask something of a collection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::super::value::{Part, Value};
use super::arguments::{Call, count};
use super::convert::{as_text, unified};
use super::sets::identity;
use super::text::characters;
use super::unknown::is_rest;
use super::{Outcome, to_text};

pub(super) fn alltrue(call: &Call<'_>) -> Outcome {
    quantified(call, true)
}

pub(super) fn anytrue(call: &Call<'_>) -> Outcome {
    quantified(call, false)
}

/// Whether all are true, or any: one element may decide whatever the others are.
fn quantified(call: &Call<'_>, all: bool) -> Outcome {
    if matches!(call.arg(0)?, Value::Unknown(_)) {
        return call.unknown();
    }
    let mut open = false;
    let mut result = all;
    for item in call.list(0)? {
        match item {
            Value::Unknown(_) | Value::Template(_) => open = true,
            Value::Null => result &= !all,
            _ if call.boolean(item)? != all => result = !all,
            _ => {}
        }
    }
    if open && result == all { call.unknown() } else { Ok(Value::Bool(result)) }
}

pub(super) fn coalesce(call: &Call<'_>) -> Outcome {
    let items = unified(call.args).ok_or_else(|| call.error("the arguments have no type in common"))?;
    let last = items.iter().rposition(|item| !item.is_null() && item.as_text() != Some(""));
    for (at, item) in items.iter().enumerate() {
        match item {
            Value::Null => {}
            Value::Text(text) if text.is_empty() => {}
            // It may be null or empty; only where nothing else is left it cannot.
            Value::Unknown(_) if Some(at) != last => return call.unknown(),
            Value::Template(parts) if Some(at) != last && !parts.iter().any(|part| matches!(part, Part::Text(_))) => {
                return call.unknown();
            }
            _ => return Ok(item.clone()),
        }
    }
    Err(call.error("no argument is anything but null or empty"))
}

pub(super) fn coalescelist(call: &Call<'_>) -> Outcome {
    for arg in call.args {
        match arg {
            Value::Null => {}
            Value::Unknown(_) => return call.unknown(),
            Value::List(items) if items.is_empty() => {}
            Value::List(items) if items.iter().all(is_rest) => return call.unknown(),
            Value::List(_) => return Ok(arg.clone()),
            _ => return Err(call.error("a list is required")),
        }
    }
    Err(call.error("every list is empty"))
}

/// Where in the list the value is; `Err` where that cannot be told.
fn found(items: &[Value], value: &Value) -> Result<Option<usize>, ()> {
    let wanted = identity(value).ok_or(())?;
    let mut open = false;
    for (at, item) in items.iter().enumerate() {
        match identity(item) {
            Some(identity) if identity == wanted => return if open { Err(()) } else { Ok(Some(at)) },
            Some(_) => {}
            None => open = true,
        }
    }
    if open { Err(()) } else { Ok(None) }
}

pub(super) fn contains(call: &Call<'_>) -> Outcome {
    let (list, value) = (call.arg(0)?, call.arg(1)?);
    if matches!(list, Value::Unknown(_)) {
        return call.unknown();
    }
    let list = call.list(0)?;
    if list.is_empty() {
        return Ok(Value::Bool(false));
    }
    let Some(wanted) = identity(value) else { return call.unknown() };
    if list.iter().any(|item| identity(item).as_ref() == Some(&wanted)) {
        return Ok(Value::Bool(true));
    }
    if list.iter().all(Value::is_known) { Ok(Value::Bool(false)) } else { call.unknown() }
}

pub(super) fn index(call: &Call<'_>) -> Outcome {
    if matches!(call.arg(0)?, Value::Unknown(_)) {
        return call.unknown();
    }
    match found(call.list(0)?, call.arg(1)?) {
        Ok(Some(at)) => Ok(count(at)),
        Ok(None) => Err(call.error("the list does not have it")),
        Err(()) => call.unknown(),
    }
}

pub(super) fn length(call: &Call<'_>) -> Outcome {
    match call.arg(0)? {
        Value::List(items) => Ok(count(items.len())),
        Value::Map(members) => Ok(count(members.len())),
        value => match to_text(value) {
            Ok(Value::Text(text)) if !matches!(value, Value::Number(_) | Value::Bool(_)) => {
                Ok(count(characters(&text).len()))
            }
            _ => Err(call.error("a text, list or map is required")),
        },
    }
}

pub(super) fn keys(call: &Call<'_>) -> Outcome {
    Ok(Value::list(call.map(0)?.keys().cloned().map(Value::Text).collect()))
}

pub(super) fn values(call: &Call<'_>) -> Outcome {
    Ok(Value::list(call.map(0)?.values().cloned().collect()))
}

pub(super) fn lookup(call: &Call<'_>) -> Outcome {
    let (map, key) = (call.arg(0)?, call.arg(1)?);
    if matches!(map, Value::Unknown(_)) || !key.is_known() {
        return call.unknown();
    }
    let key = as_text(key).ok_or_else(|| call.error("the key is no text"))?;
    match (call.map(0)?.get(&key), call.args.get(2)) {
        (Some(member), _) => Ok(member.clone()),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(call.error("the map does not have the key")),
    }
}

pub(super) fn merge(call: &Call<'_>) -> Outcome {
    let mut all = BTreeMap::new();
    for arg in call.args {
        match arg {
            Value::Null => {}
            // Its members would come before those that are known, and after them nothing is sure.
            Value::Unknown(_) => return call.unknown(),
            Value::Map(members) => {
                all.extend(members.iter().map(|(key, member)| (Arc::clone(key), member.clone())));
            }
            _ => return Err(call.error("a map is required")),
        }
    }
    Ok(Value::map(all))
}

pub(super) fn one(call: &Call<'_>) -> Outcome {
    match call.list(0)? {
        [] => Ok(Value::Null),
        [item] => Ok(item.clone()),
        _ => Err(call.error("the list has more than one element")),
    }
}

pub(super) fn matchkeys(call: &Call<'_>) -> Outcome {
    let known = |at: usize| call.args.get(at).is_some_and(Value::is_known);
    if matches!(call.arg(0)?, Value::Unknown(_)) || !known(1) || !known(2) {
        return call.unknown();
    }
    let (values, keys, wanted) = (call.list(0)?, call.list(1)?, call.list(2)?);
    if values.iter().any(is_rest) {
        return call.unknown();
    }
    if values.len() != keys.len() {
        return Err(call.error("there are not as many keys as values"));
    }
    let both: Vec<Value> = keys.iter().chain(wanted).cloned().collect();
    let both = unified(&both).ok_or_else(|| call.error("the keys have no type in common"))?;
    let (keys, wanted) = both.split_at(keys.len());
    let wanted: BTreeSet<_> = wanted.iter().filter_map(identity).collect();
    let kept = values.iter().zip(keys).filter(|(_, key)| identity(key).is_some_and(|key| wanted.contains(&key)));
    Ok(Value::list(kept.map(|(value, _)| value.clone()).collect()))
}

pub(super) fn zipmap(call: &Call<'_>) -> Outcome {
    if !call.arg(0)?.is_known() || matches!(call.arg(1)?, Value::Unknown(_)) {
        return call.unknown();
    }
    let (keys, values) = (call.list(0)?, call.list(1)?);
    if values.iter().any(is_rest) {
        return call.unknown();
    }
    if values.len() != keys.len() {
        return Err(call.error("there are not as many keys as values"));
    }
    let keys: Option<Vec<_>> = keys.iter().map(as_text).collect();
    let keys = keys.ok_or_else(|| call.error("a key is no text"))?;
    Ok(Value::map(keys.into_iter().zip(values.iter().cloned()).collect()))
}

pub(super) fn transpose(call: &Call<'_>) -> Outcome {
    let mut turned: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    for (key, items) in call.map(0)? {
        let Value::List(items) = items else { return Err(call.error("a member is no list")) };
        for item in items.iter() {
            let item = as_text(item).ok_or_else(|| call.error("an element is no text"))?;
            turned.entry(item).or_default().push(Value::Text(Arc::clone(key)));
        }
    }
    Ok(Value::map(turned.into_iter().map(|(key, items)| (key, Value::list(items))).collect()))
}
