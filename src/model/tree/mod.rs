//! A value with its unknowns in place: what a resource holds and what control expressions see.
//!
//! A [`Tree`] is cheap to clone (one reference count) and owns what it shows, so that functions
//! can take it apart, and resources can share parts of one another.

mod compare;
mod json;
#[cfg(test)]
pub(crate) mod tests;

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::{Deref, Index};
use std::sync::{Arc, OnceLock};

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

/// What stands in the place of a member that an object does not have.
static NULL: Tree = Tree::Null;

/// The members of an object, with what a reader has made of them.
pub struct Members {
    members: BTreeMap<Arc<str>, Tree>,
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

impl Clone for Members {
    /// The members alone: a copy is made to be changed, and what was read of it would not hold.
    fn clone(&self) -> Self {
        Self { members: self.members.clone(), reading: OnceLock::new() }
    }
}

impl Deref for Members {
    type Target = BTreeMap<Arc<str>, Tree>;

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

impl Tree {
    /// An object without members.
    #[must_use]
    pub fn object() -> Self {
        Self::from(BTreeMap::new())
    }

    /// The tree of a resource: its attributes, and its identity as `type`, `id`, `name`,
    /// `account` and `region`. The attributes are shared, not copied.
    #[must_use]
    pub fn of(resource: &Resource) -> Self {
        let Self::Map(attributes) = &resource.attributes else { return resource.attributes.clone() };
        let mut members = attributes.members.clone();
        let identity = &resource.identity;
        for (key, text) in [
            ("type", &identity.r#type),
            ("id", &identity.id),
            ("name", &identity.name),
            ("account", &identity.account),
            ("region", &identity.region),
        ] {
            if !members.get(key).is_some_and(Self::is_unknown) {
                members.insert(Arc::from(key), Self::from(text.as_str()));
            }
        }
        Self::from(members)
    }

    /// The member `key`, where this is an object that has one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members().and_then(|members| members.get(key))
    }

    /// The members, where this is an object.
    #[must_use]
    pub fn members(&self) -> Option<&BTreeMap<Arc<str>, Self>> {
        match self {
            Self::Map(members) => Some(&members.members),
            _ => None,
        }
    }

    /// Whether this is an object with a member `key` of which something is known.
    #[must_use]
    pub fn knows(&self, key: &str) -> bool {
        self.get(key).is_some_and(|member| !member.is_unknown())
    }

    /// The text, where this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, where this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, where this is one.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements, where this is a list. What is unknown is no list, and no empty one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether this is null, as a member is that an object does not have.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether nothing of it could be read.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Why nothing of it could be read, where that is so.
    #[must_use]
    pub fn gap(&self) -> Option<&Arc<Gap>> {
        match self {
            Self::Unknown(gap) => Some(gap),
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

    /// Puts a member in, in the place of one that was there; `None` takes it out. Anything but an
    /// object stays as it is: of what is unknown, no member can be told.
    pub(crate) fn put(&mut self, key: &str, member: Option<Self>) {
        let Self::Map(shared) = self else { return };
        let own = Arc::make_mut(shared);
        own.reading = OnceLock::new();
        match member {
            Some(member) => own.members.insert(Arc::from(key), member),
            None => own.members.remove(key),
        };
    }

    /// The same without the unknown parts that the test picks: in objects they are absent, in lists null.
    /// `None` where it is one itself.
    pub(crate) fn without(&self, picks: &dyn Fn(&Gap) -> bool) -> Option<Self> {
        Some(match self {
            Self::Unknown(gap) if picks(gap) => return None,
            Self::List(items) => {
                Self::List(items.iter().map(|item| item.without(picks).unwrap_or(Self::Null)).collect())
            }
            // What has no gap is shared, and with it what was read of it.
            Self::Map(map) if self.first_gap().is_some() => {
                let left = map.iter().filter_map(|(key, member)| Some((Arc::clone(key), member.without(picks)?)));
                Self::from(left.collect::<BTreeMap<_, _>>())
            }
            other => other.clone(),
        })
    }
}

/// The member of an object; null where it has none. A member of what is unknown is unknown for the
/// same reason.
impl Index<&str> for Tree {
    type Output = Self;

    fn index(&self, key: &str) -> &Self {
        match self {
            Self::Unknown(_) => self,
            _ => self.get(key).unwrap_or(&NULL),
        }
    }
}

/// The element of a list; null where it has none. An element of what is unknown is unknown for the
/// same reason.
impl Index<usize> for Tree {
    type Output = Self;

    fn index(&self, at: usize) -> &Self {
        match self {
            Self::Unknown(_) => self,
            _ => self.as_array().and_then(|items| items.get(at)).unwrap_or(&NULL),
        }
    }
}

impl From<BTreeMap<Arc<str>, Self>> for Tree {
    fn from(members: BTreeMap<Arc<str>, Self>) -> Self {
        Self::Map(Arc::new(Members { members, reading: OnceLock::new() }))
    }
}

impl From<Vec<Self>> for Tree {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items.into())
    }
}

impl From<Gap> for Tree {
    fn from(gap: Gap) -> Self {
        Self::Unknown(Arc::new(gap))
    }
}

impl From<bool> for Tree {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Tree {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Self::Str(Arc::from(text))
    }
}
