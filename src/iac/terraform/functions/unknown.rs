//! Unknown values that are made of unknown values.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::super::origin::{Digester, Origin, Position};
use super::super::super::value::{Part, Reference, Unknown, Value};
use super::{DEPTH_LIMIT, ITEM_LIMIT};
use crate::model::gap::GapCode;

/// How many nodes the arguments of one call may have: more than any configuration has, and less than
/// a value that was doubled twenty times.
const NODE_LIMIT: usize = ITEM_LIMIT * 10;

/// How many references an unknown value keeps.
const REFERENCE_LIMIT: usize = 256;

/// How many unknown expressions are named for one argument.
const NAMED_LIMIT: usize = 3;

/// The further elements of a list, of which not even the number is known: stands in the list where
/// they would.
pub(crate) fn rest(of: &Unknown) -> Value {
    let shown = match of.origin {
        Origin::Rest(_) => of.shown.clone(),
        _ => format!("elements of {}", of.shown),
    };
    Value::Unknown(Arc::new(Unknown {
        shown,
        origin: of.origin.rest(),
        references: parts_of(&of.references),
        ways: None,
        looked_up: None,
        ..of.clone()
    }))
}

/// Whether this element of a list stands for none, one or many: see [`rest`]. The number of elements,
/// and the positions from this one on, are then not known.
pub(crate) fn is_rest(value: &Value) -> bool {
    matches!(value, Value::Unknown(unknown) if matches!(unknown.origin, Origin::Rest(_)))
}

fn parts_of(references: &[Reference]) -> Vec<Reference> {
    references.iter().map(|reference| Reference { whole: false, ..reference.clone() }).collect()
}

/// What is known of arguments, after one bounded look.
pub(super) struct Survey {
    /// No part of any is unknown.
    pub(super) known: bool,
    /// None is itself unknown, nor is the number of elements in a list at the top of one.
    pub(super) shaped: bool,
}

impl Survey {
    /// `None` where the arguments are too large or nested too deep to look at.
    pub(super) fn of(args: &[Value]) -> Option<Self> {
        let mut fuel = NODE_LIMIT;
        let mut known = true;
        let mut shaped = true;
        for arg in args {
            let whole = walk(arg, 0, &mut fuel)?;
            known &= whole;
            shaped &= match arg {
                Value::Unknown(_) | Value::Template(_) => false,
                Value::Json(_) => whole,
                Value::List(items) => whole || !items.iter().any(is_rest),
                _ => true,
            };
        }
        Some(Self { known, shaped })
    }
}

/// Whether all of it is known; `None` where it is too much.
fn walk(value: &Value, depth: usize, fuel: &mut usize) -> Option<bool> {
    if depth > DEPTH_LIMIT {
        return None;
    }
    *fuel = fuel.checked_sub(1)?;
    let mut known = true;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        Value::Unknown(_) | Value::Template(_) => known = false,
        Value::Json(inner) => known = walk(inner, depth + 1, fuel)?,
        Value::List(items) => {
            for item in items.iter() {
                known &= walk(item, depth + 1, fuel)?;
            }
        }
        Value::Map(members) => {
            for member in members.values() {
                known &= walk(member, depth + 1, fuel)?;
            }
        }
    }
    Some(known)
}

/// Gathers what unknown values have in common.
struct Gathered {
    code: GapCode,
    references: Vec<Reference>,
    seen: BTreeSet<Reference>,
    writes_quotes: bool,
}

impl Gathered {
    fn new() -> Self {
        Self { code: GapCode::Unresolved, references: Vec::new(), seen: BTreeSet::new(), writes_quotes: false }
    }

    fn add(&mut self, unknown: &Unknown) {
        self.code = match (self.code, unknown.code) {
            (GapCode::Sensitive, _) | (_, GapCode::Sensitive) => GapCode::Sensitive,
            (GapCode::KnownAfterApply, _) | (_, GapCode::KnownAfterApply) => GapCode::KnownAfterApply,
            (mine, _) => mine,
        };
        self.writes_quotes |= unknown.writes_quotes;
        for reference in parts_of(&unknown.references) {
            if self.references.len() < REFERENCE_LIMIT && self.seen.insert(reference.clone()) {
                self.references.push(reference);
            }
        }
    }
}

/// Calls `found` for each unknown part of a value, as far as the bounds of [`Survey`] reach.
fn each<'a>(value: &'a Value, found: &mut dyn FnMut(&'a Unknown)) {
    each_below(value, 0, &mut { NODE_LIMIT }, found);
}

fn each_below<'a>(value: &'a Value, depth: usize, fuel: &mut usize, found: &mut dyn FnMut(&'a Unknown)) {
    if depth > DEPTH_LIMIT || *fuel == 0 {
        return;
    }
    *fuel -= 1;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        Value::Unknown(unknown) => found(unknown),
        Value::Template(parts) => {
            for part in parts.iter() {
                if let Part::Unknown(unknown) = part {
                    found(unknown);
                }
            }
        }
        Value::Json(inner) => each_below(inner, depth + 1, fuel, found),
        Value::List(items) => items.iter().for_each(|item| each_below(item, depth + 1, fuel, found)),
        Value::Map(members) => members.values().for_each(|member| each_below(member, depth + 1, fuel, found)),
    }
}

/// An unknown value made of these, shown so. Sensitive if any is, else known after apply if any is.
/// Nothing tells it from others.
pub(crate) fn derived(shown: &str, of: &[Value]) -> Value {
    Value::Unknown(Arc::new(gathered(shown, of)))
}

fn gathered(shown: &str, of: &[Value]) -> Unknown {
    let mut gathered = Gathered::new();
    for value in of {
        each(value, &mut |unknown| gathered.add(unknown));
    }
    let writes_quotes = gathered.writes_quotes;
    Unknown { writes_quotes, ..Unknown::new(gathered.code, shown).of(gathered.references) }
}

/// The result of a function that cannot be computed from these arguments: `join(…, aws_x.y.id)`. What is
/// shown names what is unknown, never a value.
pub(super) fn of_call(name: &str, args: &[Value]) -> Value {
    let mut shown: Vec<String> = Vec::new();
    for arg in args {
        let mut named = Vec::new();
        each(arg, &mut |unknown| {
            if named.len() < NAMED_LIMIT {
                named.push(unknown.shown.as_str());
            }
        });
        // What is known beside it is not shown, and that there is more is.
        let more = if matches!(arg, Value::Unknown(_)) { "" } else { "…" };
        let text = format!("{}{more}", named.join(", "));
        if shown.last() != Some(&text) && shown.len() < NAMED_LIMIT * 3 {
            shown.push(text);
        }
    }
    let origin = match (name, args) {
        ("length", [Value::Unknown(collection)]) => collection.origin.length(),
        _ => Origin::made_by(name, &args.iter().collect::<Vec<_>>()),
    };
    let mut unknown = gathered(&format!("{name}({})", shown.join(", ")), args).from(origin);
    unknown.writes_quotes |= args.iter().any(|arg| arg.as_text().is_some_and(|text| text.contains('"')));
    Value::Unknown(Arc::new(unknown))
}

/// The element at a position of a list that is not known, or of which no more is known.
pub(super) fn element_of(list: &Unknown, at: usize) -> Value {
    let origin = match &list.origin {
        // Which element of the collection it is, is not known: other elements come before.
        Origin::Rest(_) => Origin::Unidentified,
        of => of.element(Position::At(Arc::from(at.to_string()))),
    };
    let name = format!("{}[{at}]", list.shown);
    Value::Unknown(Arc::new(Unknown::new(list.code, &name).from(origin).of(parts_of(&list.references))))
}

/// What a call makes of one unknown part of a text.
pub(super) fn of_part(name: &str, args: &[Value], part: &Unknown) -> Arc<Unknown> {
    let origin = if part.origin.is_identified() {
        let mut made = Digester::new(name);
        made.origin(&part.origin);
        for arg in args {
            made.value(arg);
        }
        made.finish()
    } else {
        Origin::Unidentified
    };
    let shown = format!("{name}({})", part.shown);
    Arc::new(Unknown {
        shown,
        origin,
        references: parts_of(&part.references),
        ways: None,
        looked_up: None,
        ..part.clone()
    })
}
