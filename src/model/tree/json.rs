//! Trees from JSON and back. On disk the unknown parts stand beside the JSON, by pointer (RFC 6901).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Tree;
use crate::model::gap::Gap;
use crate::model::resource::escape;

impl Tree {
    /// The tree of a JSON value, with no unknowns.
    #[must_use]
    pub fn known(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => {
                number.as_i64().map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Int)
            }
            Value::String(text) => Self::from(text.as_str()),
            Value::Array(items) => Self::List(items.iter().map(Self::known).collect()),
            Value::Object(members) => Self::known_members(members),
        }
    }

    /// The tree of a JSON object, with no unknowns.
    #[must_use]
    pub fn known_members(members: &Map<String, Value>) -> Self {
        let members = members.iter().map(|(key, member)| (Arc::from(key.as_str()), Self::known(member)));
        Self::from(members.collect::<BTreeMap<_, _>>())
    }

    /// The tree of a JSON value with the given pointers unknown. One that lies deeper below a missing
    /// object brings that object with it, so that the gap is met on the way.
    #[must_use]
    pub fn with_unknown(value: &Value, unknown: &BTreeMap<String, Gap>) -> Self {
        let mut tree = Self::known(value);
        tree.set_unknown(unknown);
        tree
    }

    /// Makes the parts at these pointers unknown, as in [`Tree::with_unknown`].
    pub(crate) fn set_unknown(&mut self, unknown: &BTreeMap<String, Gap>) {
        for (pointer, gap) in unknown {
            self.set_gap(pointer, gap);
        }
    }

    /// Below what is no object and no list, and beyond the end of a list, nothing can be unknown.
    fn set_gap(&mut self, pointer: &str, gap: &Gap) {
        if pointer.is_empty() {
            *self = Self::from(gap.clone());
            return;
        }
        let Some(rest) = pointer.strip_prefix('/') else { return };
        let (token, below) = rest.find('/').map_or((rest, ""), |end| rest.split_at(end));
        match self {
            Self::Map(_) => {
                let key = token.replace("~1", "/").replace("~0", "~");
                // Out of its place while it is changed, so that nothing else shares it.
                let mut member = self.get(&key).cloned().unwrap_or_else(Self::object);
                self.put(&key, None);
                member.set_gap(below, gap);
                self.put(&key, Some(member));
            }
            Self::List(items) => {
                let index = token.parse::<usize>().ok().filter(|index| index.to_string() == token);
                if let Some(item) = index.and_then(|index| Arc::make_mut(items).get_mut(index)) {
                    item.set_gap(below, gap);
                }
            }
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Str(_) | Self::Unknown(_) => {}
        }
    }

    /// The part at a JSON pointer; `None` where there is none. Below what is unknown, that.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        if pointer.is_empty() || self.is_unknown() {
            return Some(self);
        }
        let rest = pointer.strip_prefix('/')?;
        let (token, below) = rest.find('/').map_or((rest, ""), |end| rest.split_at(end));
        let child = match self {
            Self::Map(members) => members.get(&*token.replace("~1", "/").replace("~0", "~")),
            Self::List(items) => items.get(token.parse::<usize>().ok()?),
            _ => None,
        };
        child?.pointer(below)
    }

    /// The unknown parts by JSON pointer.
    #[must_use]
    pub fn unknown(&self) -> BTreeMap<String, &Gap> {
        fn gather<'t>(tree: &'t Tree, pointer: &mut String, found: &mut BTreeMap<String, &'t Gap>) {
            let mut child = |token: &str, child: &'t Tree| {
                let length = pointer.len();
                pointer.push('/');
                pointer.push_str(token);
                gather(child, pointer, found);
                pointer.truncate(length);
            };
            match tree {
                Tree::Unknown(gap) => {
                    found.insert(pointer.clone(), gap);
                }
                Tree::Map(members) => members.iter().for_each(|(key, member)| child(&escape(key), member)),
                Tree::List(items) => items.iter().enumerate().for_each(|(at, item)| child(&at.to_string(), item)),
                Tree::Null | Tree::Bool(_) | Tree::Int(_) | Tree::Float(_) | Tree::Str(_) => {}
            }
        }
        let mut found = BTreeMap::new();
        gather(self, &mut String::new(), &mut found);
        found
    }

    /// JSON of what is known: unknown members are left out, unknown elements are null.
    #[must_use]
    pub fn known_json(&self) -> Value {
        match self {
            Self::List(items) => Value::Array(items.iter().map(Self::known_json).collect()),
            Self::Map(members) => {
                let known = members.iter().filter(|(_, member)| !member.is_unknown());
                Value::Object(known.map(|(key, member)| (key.to_string(), member.known_json())).collect())
            }
            Self::Unknown(_) => Value::Null,
            scalar => scalar.to_json(),
        }
    }

    /// JSON again; unknown parts become `{"unknown": "access_denied"}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::from(*value),
            Self::Float(value) => Value::from(*value),
            Self::Str(text) => Value::String(text.to_string()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(map) => {
                Value::Object(map.iter().map(|(key, value)| (key.to_string(), value.to_json())).collect())
            }
            Self::Unknown(gap) => serde_json::json!({ "unknown": gap.code.as_str() }),
        }
    }
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        Self::known(&value)
    }
}
