//! The parts of a plan's JSON that are read, and no other.
//!
//! `planned_values`, `prior_state`, `variables` and `output_changes` are skipped without being kept: what
//! is planned is in `change.after`, what was in `change.before`, and secrets stand in the rest in clear.
//! The shape is `HashiCorp`'s <https://developer.hashicorp.com/terraform/internals/json-format>.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{Mask, MaskSeed, NameSeed, Names, TextSeed, ValueSeed};
use crate::iac::value::Value;

/// The top of a plan.
#[derive(Debug, Default)]
pub(super) struct Document<'t> {
    /// `format_version`.
    pub(super) format: Option<String>,
    /// Each of `resource_changes`, unread; `None` where the member is not there.
    pub(super) changes: Option<Vec<&'t RawValue>>,
    /// `configuration`, unread.
    pub(super) configuration: Option<&'t RawValue>,
    /// Terraform met an error while planning, so that the plan breaks off.
    pub(super) errored: bool,
    /// `complete`; false where `-target` or deferred actions left something out.
    pub(super) complete: Option<bool>,
    /// Each of `deferred_changes`, unread.
    pub(super) deferred: Vec<&'t RawValue>,
    /// Each of `relevant_attributes` as an address and an attribute, `aws_s3_bucket.a[0]` and `id`: what
    /// decides about a change.
    pub(super) relevant: Vec<(String, String)>,
    /// It has `planned_values`, as every plan has; one without resources has no `resource_changes`.
    pub(super) has_planned: bool,
    /// It has `values`, as a state has.
    pub(super) has_values: bool,
}

/// One of `relevant_attributes`.
#[derive(serde::Deserialize)]
struct Relevant {
    resource: String,
    /// Names of members, and positions.
    #[serde(default)]
    attribute: Vec<serde_json::Value>,
}

impl<'t> Document<'t> {
    /// The top of the plan that this text is.
    pub(super) fn parse(text: &'t str) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let document = deserializer.deserialize_map(DocumentVisitor)?;
        deserializer.end()?;
        Ok(document)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a plan, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut document = Document::default();
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "format_version" => document.format = members.next_value_seed(TextSeed)?,
                "resource_changes" => document.changes = members.next_value()?,
                "configuration" => document.configuration = members.next_value()?,
                "errored" => document.errored = members.next_value::<Option<bool>>()?.unwrap_or_default(),
                "complete" => document.complete = members.next_value()?,
                "deferred_changes" => {
                    document.deferred = members.next_value::<Option<_>>()?.unwrap_or_default();
                }
                "relevant_attributes" => {
                    let listed: Option<Vec<Relevant>> = members.next_value()?;
                    let first = |path: Vec<serde_json::Value>| path.first()?.as_str().map(str::to_owned);
                    document.relevant = listed
                        .into_iter()
                        .flatten()
                        .filter_map(|Relevant { resource, attribute }| Some((resource, first(attribute)?)))
                        .collect();
                }
                name => {
                    document.has_planned |= name == "planned_values";
                    document.has_values |= name == "values";
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(document)
    }
}

/// What a plan does to an instance of a resource, or of a data source.
#[derive(Debug, Default)]
pub(super) struct ResourceChange<'t> {
    pub(super) address: String,
    pub(super) module: Option<Arc<str>>,
    /// `managed` or `data`.
    pub(super) mode: String,
    pub(super) kind: Option<Arc<str>>,
    pub(super) name: Option<Arc<str>>,
    /// The object is a left-over of an earlier replacement that failed, and is to be deleted.
    pub(super) deposed: bool,
    pub(super) change: Inner<'t>,
}

/// The member `change`.
#[derive(Debug, Default)]
pub(super) struct Inner<'t> {
    pub(super) actions: Vec<Arc<str>>,
    pub(super) before: Option<&'t RawValue>,
    pub(super) after: Value,
    pub(super) unknown: Mask,
    pub(super) sensitive: Mask,
}

impl<'t> ResourceChange<'t> {
    /// One of `resource_changes`.
    pub(super) fn parse(raw: &'t RawValue, names: &Names) -> Result<Self, serde_json::Error> {
        serde_json::Deserializer::from_str(raw.get()).deserialize_map(ChangeVisitor(names))
    }

    /// The change inside one of `deferred_changes`.
    pub(super) fn parse_deferred(raw: &'t RawValue, names: &Names) -> Result<Self, serde_json::Error> {
        let members: std::collections::HashMap<String, &RawValue> = serde_json::from_str(raw.get())?;
        members.get("resource_change").map_or_else(|| Ok(Self::default()), |change| Self::parse(change, names))
    }
}

struct ChangeVisitor<'n>(&'n Names);

impl<'de> Visitor<'de> for ChangeVisitor<'_> {
    type Value = ResourceChange<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a resource change, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut change = ResourceChange::default();
        while let Some(member) = members.next_key_seed(NameSeed(self.0))? {
            match &*member {
                "address" => change.address = members.next_value()?,
                "module_address" => {
                    change.module = members.next_value_seed(TextSeed)?.map(|module| self.0.keep(&module));
                }
                "mode" => change.mode = members.next_value()?,
                "type" => change.kind = Some(members.next_value_seed(NameSeed(self.0))?),
                "name" => change.name = Some(members.next_value_seed(NameSeed(self.0))?),
                "deposed" => change.deposed = members.next_value_seed(TextSeed)?.is_some(),
                "change" => change.change = members.next_value_seed(InnerSeed(self.0))?,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(change)
    }
}

struct InnerSeed<'n>(&'n Names);

impl<'de> DeserializeSeed<'de> for InnerSeed<'_> {
    type Value = Inner<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for InnerSeed<'_> {
    type Value = Inner<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a change, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut inner = Inner::default();
        while let Some(member) = members.next_key_seed(NameSeed(self.0))? {
            match &*member {
                "actions" => inner.actions = members.next_value_seed(NameListSeed(self.0))?,
                "before" => inner.before = Some(members.next_value()?),
                "after" => inner.after = members.next_value_seed(ValueSeed(self.0))?,
                "after_unknown" => inner.unknown = members.next_value_seed(MaskSeed(self.0))?,
                "after_sensitive" => inner.sensitive = members.next_value_seed(MaskSeed(self.0))?,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        inner.unknown = std::mem::take(&mut inner.unknown).without_empty_lists().with_lists(&inner.sensitive);
        inner.sensitive = std::mem::take(&mut inner.sensitive).without_empty_lists();
        Ok(inner)
    }
}

/// Reads a list of texts, kept as names.
pub(super) struct NameListSeed<'n>(pub(super) &'n Names);

impl<'de> DeserializeSeed<'de> for NameListSeed<'_> {
    type Value = Vec<Arc<str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for NameListSeed<'_> {
    type Value = Vec<Arc<str>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(NameSeed(self.0))? {
            list.push(item);
        }
        Ok(list)
    }
}

/// Whether a text starts as a plan does: an object with `format_version` and one of the members that
/// only plans have. Reading ends as soon as both were seen.
pub(super) fn looks_like(text: &str) -> bool {
    let mut marks = Marks::default();
    // The answer is in the marks: a plan that breaks off further down is still one.
    drop(serde_json::Deserializer::from_str(text).deserialize_map(&mut marks));
    marks.format && marks.plan
}

#[derive(Default)]
struct Marks {
    format: bool,
    plan: bool,
}

impl<'de> Visitor<'de> for &mut Marks {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "format_version" => self.format = true,
                "resource_changes" | "planned_values" => self.plan = true,
                _ => {}
            }
            if self.format && self.plan {
                break;
            }
            members.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_told_from_other_json() {
        assert!(looks_like(r#"{"format_version": "1.2", "planned_values": {}, "x": "#));
        assert!(looks_like(r#"{"resource_changes": [], "format_version": "1.2"}"#));
        // A state, a template, a list, nothing.
        assert!(!looks_like(r#"{"format_version": "1.0", "values": {}}"#));
        assert!(!looks_like(r#"{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}"#));
        assert!(!looks_like("[]"));
        assert!(!looks_like(""));
    }

    #[test]
    fn the_last_of_two_members_holds_and_unknown_ones_are_skipped() {
        let document = Document::parse(r#"{"format_version": "2.0", "later": [{}], "format_version": "1.2"}"#).unwrap();
        assert_eq!(document.format.as_deref(), Some("1.2"));
        assert!(document.changes.is_none());
    }

    #[test]
    fn what_follows_the_plan_is_an_error() {
        assert!(Document::parse(r#"{"format_version": "1.2"} x"#).is_err());
    }
}
