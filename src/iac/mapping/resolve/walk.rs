//! Where paths lead in the body of a block.

use std::sync::Arc;

use super::text;
use crate::iac::mapping::language::path::{Path, Step};
use crate::iac::value::{Part, Unknown, Value};
use crate::model::gap::GapCode;

/// A value, and its path from the body of its block (`ingress/0/cidr_blocks`), as spans are keyed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hit {
    /// The value; never [`Value::Null`].
    pub(crate) value: Value,
    /// Where it is.
    pub(crate) path: String,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// Nowhere: something on the way, or at its end, is not written.
    Absent,
    /// To one place.
    One(Hit),
    /// To as many places as lists on its way have elements.
    Many(Vec<Hit>),
}

/// Follows a path from a value that stands at `at`.
pub(crate) fn walk(path: &Path, value: &Value, at: &str) -> Found {
    let start = Hit { value: value.clone(), path: at.to_owned() };
    if !path.is_many() {
        return go(&path.steps, start).map_or(Found::Absent, Found::One);
    }
    let mut hits = Vec::new();
    if spread(&path.steps, start, &mut hits) { Found::Many(hits) } else { Found::Absent }
}

/// Follows steps that lead to one place.
fn go(steps: &[Step], mut hit: Hit) -> Option<Hit> {
    for step in steps {
        if matches!(hit.value, Value::Unknown(_)) {
            return Some(hit);
        }
        hit = match step {
            Step::Key(key) => member(hit, key)?,
            Step::Index(index) => element(&hit, *index)?,
            Step::All => return None,
        };
    }
    (!hit.value.is_null()).then_some(hit)
}

/// Follows steps that spread over lists; says whether there was a list at all.
fn spread(steps: &[Step], hit: Hit, hits: &mut Vec<Hit>) -> bool {
    let Some(all) = steps.iter().position(|step| *step == Step::All) else {
        hits.extend(go(steps, hit));
        return true;
    };
    let Some(list) = go(&steps[..all], hit) else { return false };
    for item in elements(list) {
        spread(&steps[all + 1..], item, hits);
    }
    true
}

/// The elements of a list, or of a text that is the JSON of one, with their paths; what is no list is
/// taken for a list of one.
pub(crate) fn elements(hit: Hit) -> Vec<Hit> {
    match &hit.value {
        Value::List(items) => items
            .iter()
            .enumerate()
            .filter(|(_, item)| !item.is_null())
            .map(|(index, item)| Hit { value: item.clone(), path: join(&hit.path, &index.to_string()) })
            .collect(),
        Value::Json(inner) => elements(Hit { value: Value::clone(inner), path: hit.path }),
        Value::Null => Vec::new(),
        Value::Text(_) | Value::Template(_) => match text::structure(&hit.value) {
            Some(value @ Value::List(_)) => elements(Hit { value, path: hit.path }),
            _ => vec![hit],
        },
        _ => vec![hit],
    }
}

fn element(hit: &Hit, index: usize) -> Option<Hit> {
    match &hit.value {
        Value::List(items) => {
            // What is nothing is no element, as in `elements`.
            let (place, value) = items.iter().enumerate().filter(|(_, item)| !item.is_null()).nth(index)?;
            Some(Hit { value: value.clone(), path: join(&hit.path, &place.to_string()) })
        }
        Value::Json(inner) => element(&Hit { value: Value::clone(inner), path: hit.path.clone() }, index),
        _ if index == 0 => Some(hit.clone()),
        _ => None,
    }
}

fn member(hit: Hit, key: &str) -> Option<Hit> {
    match &hit.value {
        Value::Map(members) => {
            let value = members.get(key)?.clone();
            Some(Hit { value, path: join(&hit.path, key) })
        }
        Value::List(_) => {
            let first = element(&hit, 0)?;
            if matches!(first.value, Value::Unknown(_)) { Some(first) } else { member(first, key) }
        }
        Value::Json(inner) => member(Hit { value: Value::clone(inner), path: hit.path }, key),
        Value::Text(_) | Value::Template(_) => match text::structure(&hit.value) {
            Some(value) => member(Hit { value, path: hit.path }, key),
            None => Some(Hit { value: not_a_block(&hit.value, key), path: hit.path }),
        },
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => Some(Hit { value: not_a_block(&hit.value, key), path: hit.path }),
        Value::Unknown(_) => Some(hit),
    }
}

/// What is found where a member is asked of something that has none.
fn not_a_block(value: &Value, key: &str) -> Value {
    if let Value::Template(parts) = value
        && let Some(Part::Unknown(unknown)) = parts.iter().find(|part| matches!(part, Part::Unknown(_)))
    {
        return Value::Unknown(Arc::clone(unknown));
    }
    let what = format!("`{key}` is asked of something that has no parts");
    Value::Unknown(Arc::new(Unknown::new(GapCode::Unresolved, &what)))
}

/// A path from the body with one more token.
pub(crate) fn join(path: &str, token: &str) -> String {
    if path.is_empty() { token.to_owned() } else { format!("{path}/{token}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn found(path: &str, body: &serde_json::Value) -> Found {
        walk(&Path::parse(path).expect("a path"), &Value::from_json(body), "")
    }

    fn one(path: &str, body: &serde_json::Value) -> Option<(Value, String)> {
        match found(path, body) {
            Found::One(hit) => Some((hit.value, hit.path)),
            Found::Absent => None,
            Found::Many(hits) => panic!("{hits:?}"),
        }
    }

    #[test]
    fn a_step_into_a_list_takes_its_first_element() {
        let body = json!({"a": [{"b": 1}, {"b": 2}], "n": null, "none": []});
        assert_eq!(one("a.b", &body), Some((Value::Number(1.0), "a/0/b".to_owned())));
        assert_eq!(one("a[1].b", &body), Some((Value::Number(2.0), "a/1/b".to_owned())));
        assert_eq!(one("a.c", &body), None);
        assert_eq!(one("n", &body), None, "null is not written");
        assert_eq!(one("none.b", &body), None);
    }

    #[test]
    fn brackets_spread_over_lists_of_lists() {
        let body = json!({"a": [{"b": [1, 2]}, {"b": [3]}, {}]});
        let Found::Many(hits) = found("a[].b[]", &body) else { panic!("many") };
        let values: Vec<Value> = hits.iter().map(|hit| hit.value.clone()).collect();
        assert_eq!(values, [1.0, 2.0, 3.0].map(Value::Number));
        assert_eq!(hits[2].path, "a/1/b/0");
        assert_eq!(found("x[].b", &body), Found::Absent);
    }

    #[test]
    fn text_that_is_json_is_stepped_into_and_other_text_is_not_known() {
        let body = json!({"policy": "{\"a\": [{\"b\": true}]}", "plain": "x"});
        assert_eq!(one("policy.a.b", &body).map(|hit| hit.0), Some(Value::Bool(true)));
        assert!(matches!(one("plain.a", &body), Some((Value::Unknown(_), _))));
    }

    #[test]
    fn what_lies_below_something_unknown_is_unknown() {
        let body = Value::map([(Arc::from("a"), Value::unknown(GapCode::Unresolved, "var.a"))].into());
        let Found::One(hit) = walk(&Path::parse("a.b.c").expect("a path"), &body, "") else { panic!("one") };
        assert!(matches!(hit.value, Value::Unknown(_)));
        assert_eq!(hit.path, "a");
    }

    #[test]
    fn a_quoted_key_may_hold_dots() {
        let body = json!({"tags": {"a.b": "x"}});
        assert_eq!(one("tags[\"a.b\"]", &body).map(|hit| hit.0), Some(Value::text("x")));
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_a_path_or_an_error_and_never_a_panic(source in "\\PC{0,40}") {
            if let Ok(path) = Path::parse(&source) {
                walk(&path, &Value::from_json(&json!({"a": [{"b": "{}"}]})), "");
            }
        }

    }
}
