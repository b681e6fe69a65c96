//! The value that control expressions see: a resource with its unknowns in place.
//!
//! A [`Tree`] is cheap to clone (one reference count) and owns what it shows, so that functions
//! can take it apart.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use super::gap::Gap;
use super::resource::Resource;

/// A JSON value in which parts may be unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// JSON null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(Arc<str>),
    /// A list.
    List(Arc<[Self]>),
    /// An object. A key that is missing is absent: AWS says that there is none.
    Map(Arc<Members>),
    /// Could not be read.
    Unknown(Arc<Gap>),
}

/// The members of an object, with what a reader has made of them.
pub struct Members {
    members: BTreeMap<Box<str>, Tree>,
    reading: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Members {
    /// What `read` makes of the members. It is made once, and kept as long as they are: all that reads
    /// an object in the same way shares it.
    pub(crate) fn reading<T: Any + Send + Sync + Clone>(&self, read: impl Fn() -> T) -> T {
        let kept = self.reading.get_or_init(|| Box::new(read()));
        // Where something else was made of it before, it is made again.
        kept.downcast_ref::<T>().cloned().unwrap_or_else(read)
    }
}

impl Deref for Members {
    type Target = BTreeMap<Box<str>, Tree>;

    fn deref(&self) -> &Self::Target {
        &self.members
    }
}

impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members
    }
}

impl std::fmt::Debug for Members {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.members.fmt(f)
    }
}

impl From<BTreeMap<Box<str>, Self>> for Tree {
    fn from(members: BTreeMap<Box<str>, Self>) -> Self {
        Self::Map(Arc::new(Members { members, reading: OnceLock::new() }))
    }
}

impl Tree {
    /// The tree of a JSON value, with no unknowns.
    #[must_use]
    pub fn known(value: &Value) -> Self {
        Builder { unknown: None }.build(value, &mut String::new())
    }

    /// The tree of a JSON value with the given pointers (RFC 6901) unknown.
    #[must_use]
    pub fn with_unknown(value: &Value, unknown: &BTreeMap<String, Gap>) -> Self {
        if unknown.is_empty() {
            return Self::known(value);
        }
        Builder { unknown: Some(unknown) }.build(value, &mut String::new())
    }

    /// The tree of a resource: its attributes, and its identity as `type`, `id`, `name`,
    /// `account` and `region`.
    #[must_use]
    pub fn of(resource: &Resource) -> Self {
        let unknown = (!resource.unknown.is_empty()).then_some(&resource.unknown);
        let builder = Builder { unknown };
        if unknown.is_some_and(|unknown| unknown.contains_key("")) {
            return builder.build(&Value::Null, &mut String::new());
        }
        let mut map = builder.members(&resource.attributes, &mut String::new());
        let identity = &resource.identity;
        for (key, text) in [
            ("type", &identity.r#type),
            ("id", &identity.id),
            ("name", &identity.name),
            ("account", &identity.account),
            ("region", &identity.region),
        ] {
            if !matches!(map.get(key), Some(Self::Unknown(_))) {
                map.insert(Box::from(key), Self::Str(Arc::from(text.as_str())));
            }
        }
        Self::from(map)
    }

    /// The member `key`, where this is an object that has one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// The text, where this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The first gap in it, depth first, where any part is unknown.
    #[must_use]
    pub fn first_gap(&self) -> Option<&Arc<Gap>> {
        match self {
            Self::Unknown(gap) => Some(gap),
            Self::List(items) => items.iter().find_map(Self::first_gap),
            Self::Map(map) => map.values().find_map(Self::first_gap),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Str(_) => None,
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

struct Builder<'a> {
    unknown: Option<&'a BTreeMap<String, Gap>>,
}

impl Builder<'_> {
    fn build(&self, value: &Value, pointer: &mut String) -> Tree {
        if let Some(gap) = self.unknown.and_then(|unknown| unknown.get(pointer.as_str())) {
            return Tree::Unknown(Arc::new(gap.clone()));
        }
        match value {
            Value::Null => Tree::Null,
            Value::Bool(value) => Tree::Bool(*value),
            Value::Number(number) => {
                number.as_i64().map_or_else(|| Tree::Float(number.as_f64().unwrap_or(f64::NAN)), Tree::Int)
            }
            Value::String(text) => Tree::Str(Arc::from(text.as_str())),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                Tree::List(items.map(|(index, item)| self.child(item, &index.to_string(), pointer)).collect())
            }
            Value::Object(members) => Tree::from(self.members(members, pointer)),
        }
    }

    fn members(&self, members: &Map<String, Value>, pointer: &mut String) -> BTreeMap<Box<str>, Tree> {
        let mut map: BTreeMap<Box<str>, Tree> =
            members.iter().map(|(key, member)| (Box::from(key.as_str()), self.child(member, key, pointer))).collect();
        self.add_unknown_members(pointer, &mut map);
        map
    }

    fn child(&self, value: &Value, token: &str, pointer: &mut String) -> Tree {
        if self.unknown.is_none() {
            return self.build(value, pointer);
        }
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&crate::model::resource::escape(token));
        let child = self.build(value, pointer);
        pointer.truncate(length);
        child
    }

    /// Unknown members are not in the JSON; they come in from the side table. One that lies deeper
    /// below a missing object brings that object with it, so that the gap is met on the way.
    fn add_unknown_members(&self, pointer: &str, map: &mut BTreeMap<Box<str>, Tree>) {
        let Some(unknown) = self.unknown else { return };
        let prefix = format!("{pointer}/");
        for (at, gap) in unknown.range(prefix.clone()..) {
            let Some(rest) = at.strip_prefix(&prefix) else { break };
            let (token, deeper) = rest.split_once('/').map_or((rest, false), |(token, _)| (token, true));
            let key = token.replace("~1", "/").replace("~0", "~");
            if map.contains_key(key.as_str()) {
                continue;
            }
            let member = if deeper {
                let mut below = format!("{prefix}{token}");
                self.build(&Value::Object(Map::new()), &mut below)
            } else {
                Tree::Unknown(Arc::new(gap.clone()))
            };
            map.insert(key.into(), member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gap::GapCode;

    #[test]
    fn an_object_is_read_once_by_all_that_share_it() {
        let reads = std::cell::Cell::new(0);
        let read = |tree: &Tree| {
            let Tree::Map(members) = tree else { panic!("an object") };
            members.reading(|| {
                reads.set(reads.get() + 1);
                members.len()
            })
        };
        let tree = Tree::known(&serde_json::json!({"a": 1, "b": 2}));
        assert_eq!((read(&tree), read(&tree.clone()), reads.get()), (2, 2, 1));
        let Tree::Map(members) = &tree else { panic!("an object") };
        assert_eq!(members.reading(|| "other".to_owned()), "other", "one of another type is not taken for it");
        assert_eq!(tree, Tree::known(&serde_json::json!({"b": 2, "a": 1})), "it is no part of the value");
    }

    #[test]
    fn unknown_parts_stand_in_their_place() {
        let unknown = BTreeMap::from([
            ("/policy".to_owned(), Gap::new(GapCode::AccessDenied, "")),
            ("/list/1".to_owned(), Gap::new(GapCode::KnownAfterApply, "")),
            ("/deep/er/still".to_owned(), Gap::new(GapCode::Throttled, "")),
        ]);
        let tree = Tree::with_unknown(&serde_json::json!({"list": ["a", null, "c"], "n": 3}), &unknown);
        assert!(matches!(tree.get("policy"), Some(Tree::Unknown(_))));
        let Some(Tree::List(list)) = tree.get("list") else { panic!("a list") };
        assert!(matches!(list[1], Tree::Unknown(_)));
        assert_eq!(list[2].as_str(), Some("c"));
        let still = tree.get("deep").and_then(|deep| deep.get("er")).and_then(|er| er.get("still"));
        assert!(matches!(still, Some(Tree::Unknown(_))));
        assert_eq!(tree.get("absent"), None);
    }
}
