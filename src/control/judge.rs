//! One control on one item: the verdict, its reason, and what was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::expression::{Evaluated, Variables};
use super::load::LoadedControl;
use crate::model::gap::Gap;
use crate::model::tree::Tree;
use crate::model::verdict::{Read, Verdict};

/// Longest rendering of a value that was read, in bytes.
const VALUE_LIMIT: usize = 600;

/// What a control is run on.
pub struct Item<'a> {
    /// The resource, for a control without scope.
    pub resource: Option<&'a Tree>,
    /// The map of lists by type, for a scoped control.
    pub resources: Option<&'a Tree>,
    /// What is known of the things that these lists hide: see [`Variables::hidden`].
    pub hidden: &'a [(Arc<Gap>, Tree)],
    /// Twelve-digit account id.
    pub account: &'a str,
    /// Region name.
    pub region: &'a str,
}

/// What a control came to on an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not evaluated.
    pub reason: Option<Gap>,
    /// The exception's sentence, or the rule of `not_applicable`.
    pub message: Option<String>,
    /// What was read, in order.
    pub read: Vec<Read>,
}

/// Parameter values by name, as a tree.
#[must_use]
pub fn parameters(defaults: &BTreeMap<String, Value>, overrides: &BTreeMap<String, Value>) -> Tree {
    let values: Map<String, Value> =
        defaults.iter().map(|(name, default)| (name.clone(), overrides.get(name).unwrap_or(default).clone())).collect();
    Tree::known(&Value::Object(values))
}

impl LoadedControl {
    /// Runs the control on an item at a given time (seconds since the epoch).
    #[must_use]
    pub fn judge(&self, item: &Item<'_>, parameters: &Tree, now: i64) -> Judgement {
        let variables = Variables {
            resource: item.resource,
            resources: item.resources,
            hidden: item.hidden,
            parameters,
            account: item.account,
            region: item.region,
            now,
        };
        let mut read = Vec::new();
        if let Some(when) = &*self.when {
            let Evaluated { outcome, reads } = when.evaluate(&variables);
            read = reads;
            match outcome {
                Ok(true) => {}
                Ok(false) => {
                    let rule = self.control.not_applicable.clone();
                    return judgement(Verdict::NotApplicable, None, rule, read);
                }
                Err(gap) => return judgement(Verdict::NotEvaluated, Some(gap), None, read),
            }
        }
        let Evaluated { outcome, reads } = self.assert.evaluate(&variables);
        for (pointer, value) in reads {
            if !read.iter().any(|(earlier, _)| *earlier == pointer) {
                read.push((pointer, value));
            }
        }
        match outcome {
            Ok(true) => judgement(Verdict::Pass, None, None, read),
            Ok(false) => {
                let sentence = fill(&self.control.exception, item, parameters);
                judgement(Verdict::Fail, None, Some(sentence), read)
            }
            Err(gap) => judgement(Verdict::NotEvaluated, Some(gap), None, read),
        }
    }
}

fn judgement(
    verdict: Verdict,
    reason: Option<Gap>,
    message: Option<String>,
    read: Vec<(String, Option<Tree>)>,
) -> Judgement {
    let read = read.into_iter().map(|(attribute, value)| shown(attribute, value)).collect();
    Judgement { verdict, reason, message, read }
}

fn shown(attribute: String, value: Option<Tree>) -> Read {
    match value {
        None => Read { attribute, value: None, gap: None },
        Some(Tree::Unknown(gap)) => Read { attribute, value: None, gap: Some(gap.as_ref().clone()) },
        Some(tree) => {
            let value = tree.to_json();
            if is_short(&value) {
                return Read { attribute, value: Some(value), gap: None };
            }
            let text = value.to_string();
            if text.len() <= VALUE_LIMIT {
                return Read { attribute, value: Some(value), gap: None };
            }
            let mut end = VALUE_LIMIT;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let cut = format!("{}… ({} bytes; the raw answer has the whole)", &text[..end], text.len());
            Read { attribute, value: Some(Value::String(cut)), gap: None }
        }
    }
}

/// Whether a value is within the limit at a glance: it would be even if each byte of its texts were
/// escaped (`\u0000`).
fn is_short(value: &Value) -> bool {
    length_at_most(value) <= VALUE_LIMIT
}

/// A bound on the length of a value as JSON, in bytes; stops adding up beyond the limit.
fn length_at_most(value: &Value) -> usize {
    let text = |text: &str| text.len() * 6 + 2;
    let sum = |lengths: &mut dyn Iterator<Item = usize>| {
        let mut sum = 2;
        lengths
            .take_while(|length| {
                sum += length + 1;
                sum <= VALUE_LIMIT
            })
            .for_each(drop);
        sum
    };
    match value {
        Value::Null | Value::Bool(_) => 5,
        // The longest is a negative float: 17 digits, a point, an exponent of four.
        Value::Number(_) => 25,
        Value::String(string) => text(string),
        Value::Array(items) => sum(&mut items.iter().map(length_at_most)),
        Value::Object(members) => sum(&mut members.iter().map(|(key, value)| text(key) + 1 + length_at_most(value))),
    }
}

/// The `{{ path }}` places of a sentence, in order.
pub(crate) fn places(sentence: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = sentence;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((path, tail)) = after.split_once("}}") else { break };
        found.push(path.trim());
        rest = tail;
    }
    found
}

/// Fills the `{{ resource.name }}` places of a sentence. What is absent or unknown reads so; a place
/// that stands alone in parentheses is left out then, and where it says what the place before it said
/// (in code the address is both id and name).
fn fill(sentence: &str, item: &Item<'_>, parameters: &Tree) -> String {
    let mut filled = String::with_capacity(sentence.len());
    let mut rest = sentence;
    let mut said = None;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((path, tail)) = after.split_once("}}") else {
            filled.push_str(before);
            filled.push_str("{{");
            rest = after;
            continue;
        };
        let value = look_up(path.trim(), item, parameters);
        match (before.strip_suffix(" ("), tail.strip_prefix(')')) {
            (Some(before), Some(tail)) if value.is_err() || said == value.as_ref().ok().cloned() => {
                filled.push_str(before);
                rest = tail;
            }
            _ => {
                filled.push_str(before);
                filled.push_str(value.as_deref().unwrap_or_else(|missing| missing));
                rest = tail;
            }
        }
        said = value.ok();
    }
    filled.push_str(rest);
    filled
}

/// What is at a path, for a reader; the error is what stands for nothing.
fn look_up(path: &str, item: &Item<'_>, parameters: &Tree) -> Result<String, &'static str> {
    let mut parts = path.split('.');
    let found = match parts.next() {
        Some("account") => return Ok(item.account.to_owned()),
        Some("region") => return Ok(item.region.to_owned()),
        Some("resource") => item.resource.cloned(),
        Some("parameters") => Some(parameters.clone()),
        _ => None,
    };
    let leaf = parts.try_fold(found, |at, part| match at {
        Some(Tree::Unknown(_)) => Err(()),
        Some(tree) => Ok(tree.get(part).cloned()),
        None => Ok(None),
    });
    match leaf {
        Err(()) | Ok(Some(Tree::Unknown(_))) => Err("(unknown)"),
        Ok(None) => Err("(none)"),
        Ok(Some(Tree::Str(text))) => Ok(text.to_string()),
        Ok(Some(tree)) => Ok(texts(&tree).unwrap_or_else(|| tree.to_json().to_string())),
    }
}

/// The texts of a list that holds nothing else, one after the other.
fn texts(tree: &Tree) -> Option<String> {
    let Value::Array(items) = tree.to_json() else { return None };
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    Some(texts?.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(?s).{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("(?s).{0,8}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn a_sentence_says_what_is_known_and_nothing_twice() {
        let item = |resource: &Value, sentence: &str| {
            let tree = Tree::known(resource);
            let item = Item { resource: Some(&tree), resources: None, hidden: &[], account: "1", region: "eu-west-1" };
            fill(sentence, &item, &Tree::known(&Value::Object(Map::new())))
        };
        let sentence =
            "{{ resource.id }} ({{ resource.name }}) has an address ({{ resource.address }}) in {{ region }}";
        for (resource, expected) in [
            (
                serde_json::json!({"id": "i-1", "name": "web", "address": "x"}),
                "i-1 (web) has an address (x) in eu-west-1",
            ),
            (serde_json::json!({"id": "a.b", "name": "a.b"}), "a.b has an address in eu-west-1"),
            (serde_json::json!({"name": "web"}), "(none) (web) has an address in eu-west-1"),
        ] {
            assert_eq!(item(&resource, sentence), expected);
        }
        assert_eq!(item(&Value::Null, "({{ resource.x }}), {{ broken"), "((none)), {{ broken");
    }

    proptest! {
        #[test]
        fn what_looks_short_is_short(value in json()) {
            prop_assert!(!is_short(&value) || value.to_string().len() <= VALUE_LIMIT);
        }
    }
}
