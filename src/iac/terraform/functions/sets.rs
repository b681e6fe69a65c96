//! Functions of sets. A set is a list without repetition; of scalars, in their order.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::super::value::Value;
use super::arguments::Call;
use super::convert::{json_text, unified};
use super::{FunctionError, ITEM_LIMIT, Outcome, unknown};

/// What tells values apart: their JSON with their kind. `None` for what is not known, which may be
/// equal to anything.
pub(super) fn identity(value: &Value) -> Option<Arc<str>> {
    if !value.is_known() {
        return None;
    }
    let plain = match value {
        // The text is what is compared, and not how it was made.
        Value::Json(_) => json_text(&json_text_of(value)?).ok()?,
        _ => json_text(value).ok()?,
    };
    plain.as_text().map(Arc::from)
}

fn json_text_of(value: &Value) -> Option<Value> {
    super::to_text(value).ok()
}

/// Without repetition, in order of first appearance. What is not known is kept.
pub(super) fn distinct(items: Vec<Value>) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let mut unknowns: Vec<Value> = Vec::new();
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        let new = match identity(&item) {
            Some(identity) => seen.insert(identity),
            None if unknowns.len() < 100 => {
                let new = !unknowns.iter().any(|other| other.is_same(&item));
                if new {
                    unknowns.push(item.clone());
                }
                new
            }
            None => true,
        };
        if new {
            kept.push(item);
        }
    }
    kept
}

fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.total_cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::List(_) | Value::Map(_), Value::List(_) | Value::Map(_)) => Ordering::Equal,
        _ => rank(left).cmp(&rank(right)),
    }
}

/// What is not known comes last, as null does.
fn rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Number(_) => 1,
        Value::Text(_) | Value::Json(_) => 2,
        Value::List(_) | Value::Map(_) => 3,
        Value::Template(_) => 4,
        Value::Unknown(_) => 5,
        Value::Null => 6,
    }
}

/// The set of these elements, which are of one type.
pub(super) fn set(items: Vec<Value>) -> Vec<Value> {
    let mut items = distinct(items);
    if items.iter().any(|item| matches!(item, Value::List(_) | Value::Map(_))) {
        items.sort_by_cached_key(identity);
        items.sort_by_key(rank);
    } else {
        items.sort_by(order);
    }
    items
}

/// The elements of every set, of one type all together.
fn unified_sets(call: &Call<'_>) -> Result<Vec<Vec<Value>>, FunctionError> {
    let mut all = Vec::new();
    let mut ends = Vec::new();
    for at in 0..call.args.len() {
        all.extend_from_slice(call.list(at)?);
        ends.push(all.len());
    }
    let mut all = unified(&all).ok_or_else(|| call.error("the elements have no type in common"))?;
    let mut sets = Vec::new();
    for end in ends.into_iter().rev().skip(1) {
        sets.push(all.split_off(end));
    }
    sets.push(all);
    sets.reverse();
    Ok(sets)
}

pub(super) fn setunion(call: &Call<'_>) -> Outcome {
    let mut all = Vec::new();
    for arg in call.args {
        match arg {
            Value::List(items) => all.extend(items.iter().cloned()),
            Value::Unknown(unknown) => all.push(unknown::rest(unknown)),
            _ => return Err(call.error("a set is required")),
        }
    }
    if call.args.iter().all(|arg| matches!(arg, Value::Unknown(_))) {
        return call.unknown();
    }
    let all = unified(&all).ok_or_else(|| call.error("the elements have no type in common"))?;
    call.few(set(all))
}

pub(super) fn setintersection(call: &Call<'_>) -> Outcome {
    let sets = unified_sets(call)?;
    let mut sets = sets.into_iter();
    let mut kept = set(sets.next().unwrap_or_default());
    for other in sets {
        let others: BTreeSet<_> = other.iter().filter_map(identity).collect();
        kept.retain(|item| identity(item).is_some_and(|identity| others.contains(&identity)));
    }
    Ok(Value::list(kept))
}

pub(super) fn setsubtract(call: &Call<'_>) -> Outcome {
    if matches!(call.arg(0)?, Value::Unknown(_)) || !call.arg(1)?.is_known() {
        return call.unknown();
    }
    let sets = unified_sets(call)?;
    let mut sets = sets.into_iter();
    let kept = set(sets.next().unwrap_or_default());
    let others: BTreeSet<_> = sets.next().unwrap_or_default().iter().filter_map(identity).collect();
    let kept = kept.into_iter().filter_map(|item| match identity(&item) {
        Some(identity) => (!others.contains(&identity)).then_some(item),
        // It may be one of those that are taken away.
        None => Some(match &item {
            Value::Unknown(unknown) if !others.is_empty() => unknown::rest(unknown),
            _ => item,
        }),
    });
    Ok(Value::list(kept.collect()))
}

pub(super) fn setproduct(call: &Call<'_>) -> Outcome {
    let mut lists = Vec::new();
    for at in 0..call.args.len() {
        lists.push(unified(call.list(at)?).ok_or_else(|| call.error("the elements have no type in common"))?);
    }
    let total = lists.iter().try_fold(1_usize, |total, list| total.checked_mul(list.len()));
    let total = total.filter(|total| total.saturating_mul(lists.len()) <= ITEM_LIMIT);
    let total = total.ok_or_else(|| call.error("the result has too many elements"))?;
    let mut product: Vec<Vec<Value>> = vec![Vec::new()];
    if total == 0 {
        return Ok(Value::list(Vec::new()));
    }
    for list in &lists {
        product = product
            .iter()
            .flat_map(|before| {
                list.iter().map(move |item| before.iter().cloned().chain([item.clone()]).collect::<Vec<_>>())
            })
            .collect();
    }
    Ok(Value::list(product.into_iter().map(Value::list).collect()))
}
