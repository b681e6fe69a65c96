//! What is undecided in a block, and the block once it is decided.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::iac::deployment::{Block, Uncertain};
use crate::iac::origin::Origin;
use crate::iac::value::{Choice, Unknown, Value, Ways};

/// Most undecided things of a block that are looked at.
const CHOICES: usize = 64;
/// How deep values are looked into.
const DEPTH: u32 = 64;

/// What is undecided: the same comes out the same way wherever it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// How many elements this has, or how many it is.
    Number(Origin),
    /// Whether this holds.
    Truth(Origin),
    /// Something that nothing tells from others, by the block and the words it is written in.
    Own(usize, String),
}

/// How something undecided comes out: of a number, `0`, `1` or `2` for several; of a condition, `1` where it
/// holds.
pub(super) type Way = u8;

/// Something undecided.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) key: Key,
    /// The ways in which it can come out, that in which there is most to show first.
    pub(super) ways: &'static [Way],
    /// As the reason of a verdict names it.
    pub(super) reason: String,
    pub(super) said: Said,
}

/// What is said of a way.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// Of a `dynamic` block.
    Blocks(String),
    /// Of a block with `count` or `for_each`, or with a condition.
    Block(String),
    /// Of a condition.
    Condition(String),
}

impl Said {
    pub(super) fn way(&self, way: Way) -> String {
        match (self, way) {
            (Self::Blocks(what), 0) => format!("`{what}` makes no block"),
            (Self::Blocks(what), 1) => format!("`{what}` makes one block"),
            (Self::Blocks(what), _) => format!("`{what}` makes several blocks"),
            (Self::Block(what), 0) => format!("{what} is not there"),
            (Self::Block(what), _) => format!("{what} is there"),
            (Self::Condition(what), 0) => format!("`{what}` is false"),
            (Self::Condition(what), _) => format!("`{what}` is true"),
        }
    }
}

/// What is undecided in a block; with `itself`, also whether it is there.
pub(super) fn opens(block: &Block, at: usize, itself: bool) -> Vec<Open> {
    let mut found = Vec::new();
    if let Some(uncertain) = block.uncertain.as_ref().filter(|_| itself) {
        found.push(Open {
            key: of_block(uncertain, at),
            ways: &[1, 0],
            reason: uncertain.unknown().gap().detail,
            said: Said::Block(format!("{} ({})", block.address, uncertain.unknown().shown)),
        });
    }
    within(&block.body, at, 0, &mut found);
    found
}

fn within(value: &Value, at: usize, depth: u32, found: &mut Vec<Open>) {
    if depth > DEPTH || found.len() >= CHOICES {
        return;
    }
    match value {
        Value::List(items) => items.iter().for_each(|item| within(item, at, depth + 1, found)),
        Value::Map(members) => members.values().for_each(|member| within(member, at, depth + 1, found)),
        Value::Json(inner) => within(inner, at, depth + 1, found),
        Value::Unknown(unknown) => {
            let Some(ways) = &unknown.ways else { return };
            // One of many is left to conditions, which it may decide.
            if matches!(ways.choice, Choice::OneOf(_)) {
                return;
            }
            let key = of_ways(ways, at);
            if found.iter().any(|open| open.key == key) {
                return;
            }
            let (numbers, said): (&'static [Way], Said) = match &ways.choice {
                Choice::Repeated(_) => (&[1, 2, 0], Said::Blocks(ways.shown.clone())),
                Choice::Either(..) | Choice::OneOf(_) => (&[1, 0], Said::Condition(ways.shown.clone())),
            };
            found.push(Open { key, ways: numbers, reason: unknown.gap().detail, said });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Template(_) => {}
    }
}

fn number(origin: &Origin) -> Key {
    match origin {
        Origin::Length(of) => Key::Number((**of).clone()),
        other => Key::Number(other.clone()),
    }
}

fn of_block(uncertain: &Uncertain, at: usize) -> Key {
    let unknown = uncertain.unknown();
    match uncertain {
        _ if !unknown.origin.is_identified() => Key::Own(at, unknown.shown.clone()),
        Uncertain::Condition(_) => Key::Truth(unknown.origin.clone()),
        Uncertain::ForEach(_) | Uncertain::Count(_) => number(&unknown.origin),
    }
}

fn of_ways(ways: &Ways, at: usize) -> Key {
    match &ways.choice {
        _ if !ways.by.is_identified() => Key::Own(at, ways.shown.clone()),
        Choice::Repeated(_) => number(&ways.by),
        Choice::Either(..) | Choice::OneOf(_) => Key::Truth(ways.by.clone()),
    }
}

/// A block with what is decided put in the place of what was not.
pub(super) fn put(block: &Block, at: usize, decided: &HashMap<Key, Way>) -> Block {
    let mut made = block.clone();
    if let Some(way) = block.uncertain.as_ref().and_then(|uncertain| decided.get(&of_block(uncertain, at))) {
        made.uncertain = None;
        if *way == 0 {
            // Its place stays, for blocks are known by it.
            made.kind = Arc::from("");
            made.body = Value::map(BTreeMap::new());
            return made;
        }
    }
    made.body = value(&block.body, at, decided, 0);
    made
}

fn value(old: &Value, at: usize, decided: &HashMap<Key, Way>, depth: u32) -> Value {
    if depth > DEPTH || old.is_known() {
        return old.clone();
    }
    let inner = |old: &Value| value(old, at, decided, depth + 1);
    match old {
        Value::Map(members) => Value::map(members.iter().map(|(name, old)| (Arc::clone(name), inner(old))).collect()),
        Value::Json(old) => Value::Json(Arc::new(inner(old))),
        Value::List(items) => list(items, at, decided, &inner),
        Value::Unknown(unknown) => match way(unknown, at, decided) {
            Some((Choice::Either(_, other), 0)) => inner(other),
            Some((Choice::Either(one, _), _)) => inner(one),
            _ => old.clone(),
        },
        other => other.clone(),
    }
}

/// A list, of which the elements stay where they are: nothing is in the place of none, and further ones are
/// at the end.
fn list(items: &[Value], at: usize, decided: &HashMap<Key, Way>, inner: &dyn Fn(&Value) -> Value) -> Value {
    let mut made = Vec::with_capacity(items.len());
    let mut more = Vec::new();
    for item in items {
        let repeated = match item {
            Value::Unknown(unknown) => way(unknown, at, decided),
            _ => None,
        };
        match repeated {
            Some((Choice::Repeated(_), 0)) => made.push(Value::Null),
            Some((Choice::Repeated(each), number)) => {
                made.push(inner(each));
                if number > 1 {
                    more.push(inner(each));
                }
            }
            _ => made.push(inner(item)),
        }
    }
    made.append(&mut more);
    let nothing = !items.is_empty() && made.iter().all(Value::is_null);
    if nothing { Value::Null } else { Value::list(made) }
}

fn way<'a>(unknown: &'a Unknown, at: usize, decided: &HashMap<Key, Way>) -> Option<(&'a Choice, Way)> {
    let ways = unknown.ways.as_deref()?;
    let way = decided.get(&of_ways(ways, at))?;
    Some((&ways.choice, *way))
}
