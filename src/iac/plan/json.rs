//! JSON straight into the values of code, without a tree of `serde_json` between.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::iac::value::Value;

/// The names of attributes, each kept once: a plan repeats the same few thousand times over.
#[derive(Debug, Default)]
pub(super) struct Names(RefCell<HashSet<Arc<str>>>);

impl Names {
    /// The kept name that reads so.
    pub(super) fn keep(&self, name: &str) -> Arc<str> {
        let mut names = self.0.borrow_mut();
        if let Some(kept) = names.get(name) {
            return Arc::clone(kept);
        }
        let kept: Arc<str> = Arc::from(name);
        names.insert(Arc::clone(&kept));
        kept
    }
}

/// Reads a text and keeps it as a name.
pub(super) struct NameSeed<'n>(pub(super) &'n Names);

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = Arc<str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = Arc<str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.keep(text))
    }
}

/// Reads any JSON as a [`Value`]. Members that are null are left out: null is the same as not written.
/// Elements of lists that are null stay, for their position counts.
#[derive(Clone, Copy)]
pub(super) struct ValueSeed<'n>(pub(super) &'n Names);

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    #[expect(clippy::cast_precision_loss, reason = "a value of code is a double, as AWS takes it")]
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a value of code is a double, as AWS takes it")]
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::list(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(name) = members.next_key_seed(NameSeed(self.0))? {
            // The last of members with the same name holds, its null too.
            match members.next_value_seed(self)? {
                Value::Null => map.remove(&name),
                value => map.insert(name, value),
            };
        }
        Ok(Value::map(map))
    }
}

/// Which parts of a value are unknown, or sensitive: `after_unknown` and `after_sensitive`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Mask {
    /// No part of it.
    #[default]
    None,
    /// All of it.
    All,
    /// All of it, and it is a list, a set, or nested blocks.
    AllOfList,
    /// A list with nothing in it; only while a change is read.
    EmptyList,
    /// By position.
    List(Vec<Self>),
    /// By name; members that are not named are not.
    Map(BTreeMap<Arc<str>, Self>),
}

impl Mask {
    /// The mask of the member `name`.
    pub(super) fn member(&self, name: &str) -> &Self {
        match self {
            Self::All | Self::AllOfList => &Self::All,
            Self::Map(members) => members.get(name).unwrap_or(&Self::None),
            Self::None | Self::EmptyList | Self::List(_) => &Self::None,
        }
    }

    /// The mask of the element at `position`.
    pub(super) fn element(&self, position: usize) -> &Self {
        match self {
            Self::All | Self::AllOfList => &Self::All,
            Self::List(items) => items.get(position).unwrap_or(&Self::None),
            Self::None | Self::EmptyList | Self::Map(_) => &Self::None,
        }
    }

    /// Whether it covers the value as a whole.
    pub(super) fn is_all(&self) -> bool {
        matches!(self, Self::All | Self::AllOfList)
    }

    /// `after_unknown` with its lists told apart. `true` stands there for a list as for a single value;
    /// in `after_sensitive`, whose form is that of the value, the list is there, and empty.
    pub(super) fn with_lists(self, form: &Self) -> Self {
        match (self, form) {
            (Self::All, Self::EmptyList) => Self::AllOfList,
            (Self::Map(mut members), Self::Map(forms)) => {
                for (name, form) in forms {
                    if let Some(member) = members.get_mut(name) {
                        *member = std::mem::take(member).with_lists(form);
                    }
                }
                Self::Map(members)
            }
            (Self::List(mut items), Self::List(forms)) => {
                for (item, form) in items.iter_mut().zip(forms) {
                    *item = std::mem::take(item).with_lists(form);
                }
                Self::List(items)
            }
            (mask, _) => mask,
        }
    }

    /// The same without lists that are there for their form alone.
    pub(super) fn without_empty_lists(self) -> Self {
        match self {
            Self::EmptyList => Self::None,
            Self::List(items) => Self::list(items.into_iter().map(Self::without_empty_lists).collect()),
            Self::Map(members) => {
                let kept = members.into_iter().map(|(name, mask)| (name, mask.without_empty_lists()));
                Self::map(kept.filter(|(_, mask)| *mask != Self::None).collect())
            }
            mask => mask,
        }
    }

    fn list(items: Vec<Self>) -> Self {
        if items.iter().all(|mask| *mask == Self::None) { Self::None } else { Self::List(items) }
    }

    fn map(members: BTreeMap<Arc<str>, Self>) -> Self {
        if members.is_empty() { Self::None } else { Self::Map(members) }
    }
}

/// Reads a [`Mask`].
#[derive(Clone, Copy)]
pub(super) struct MaskSeed<'n>(pub(super) &'n Names);

impl<'de> DeserializeSeed<'de> for MaskSeed<'_> {
    type Value = Mask;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MaskSeed<'_> {
    type Value = Mask;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("true, false, or lists and objects of them")
    }

    fn visit_unit<E>(self) -> Result<Mask, E> {
        Ok(Mask::None)
    }

    fn visit_bool<E>(self, all: bool) -> Result<Mask, E> {
        Ok(if all { Mask::All } else { Mask::None })
    }

    // Terraform writes truth values only. What is anything else is taken for masked: a value too few
    // is not evaluated, a value too many could be a secret.
    fn visit_i64<E>(self, _: i64) -> Result<Mask, E> {
        Ok(Mask::All)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Mask, E> {
        Ok(Mask::All)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Mask, E> {
        Ok(Mask::All)
    }

    fn visit_str<E>(self, _: &str) -> Result<Mask, E> {
        Ok(Mask::All)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Mask, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(if list.is_empty() { Mask::EmptyList } else { Mask::list(list) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Mask, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(name) = members.next_key_seed(NameSeed(self.0))? {
            match members.next_value_seed(self)? {
                Mask::None => map.remove(&name),
                mask => map.insert(name, mask),
            };
        }
        Ok(Mask::map(map))
    }
}

/// Reads a text, and takes anything else for none: members of a plan that are only sometimes texts.
pub(super) struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(truth.then(|| "true".to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        let names = Names::default();
        ValueSeed(&names).deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap()
    }

    fn mask(json: &str) -> Mask {
        let names = Names::default();
        MaskSeed(&names).deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap()
    }

    #[test]
    fn null_members_are_not_there_and_null_elements_are() {
        assert_eq!(value(r#"{"a": null, "b": [null, 1]}"#), value(r#"{"b": [null, 1]}"#));
        assert_eq!(value("[null]"), Value::list(vec![Value::Null]));
    }

    #[test]
    fn the_last_member_of_a_name_holds() {
        assert_eq!(value(r#"{"a": 1, "a": 2}"#), value(r#"{"a": 2}"#));
        assert_eq!(value(r#"{"a": 1, "a": null}"#), value("{}"));
        assert_eq!(mask(r#"{"a": true, "a": false}"#), Mask::None);
    }

    #[test]
    fn a_mask_of_nothing_is_none() {
        assert_eq!(mask(r#"{"a": [], "b": {}, "c": [false, {"d": false}]}"#).without_empty_lists(), Mask::None);
        let some = mask(r#"{"a": [false, true]}"#);
        assert_eq!(some.member("a").element(1), &Mask::All);
        assert_eq!(some.member("a").element(0), &Mask::None);
        assert_eq!(some.member("b"), &Mask::None);
    }

    #[test]
    fn a_mask_that_is_no_truth_value_masks() {
        assert_eq!(mask(r#"{"a": "yes"}"#).member("a"), &Mask::All);
    }
}
