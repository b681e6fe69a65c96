//! Paths of mapping files, and where they lead in the body of a block.
//!
//! `a.b` steps into maps, and into the first element of a list, because nested blocks are lists;
//! `a[].b` goes on at every element, `a[1]` at one; `a["x.y"]` is a key with other characters in it;
//! `^` in front goes to the body of the block, wherever the cursor is; `.` alone is the cursor.

use std::fmt::Write as _;
use std::sync::Arc;

use super::text;
use crate::iac::value::{Part, Unknown, Value};
use crate::model::gap::GapCode;

/// Most steps that a path has.
const STEP_LIMIT: usize = 32;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// To a member of a map.
    Key(Arc<str>),
    /// To one element of a list.
    Index(usize),
    /// To each element of a list.
    All,
}

/// A path, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Path {
    /// Whether it starts at the body of the block.
    pub(super) from_body: bool,
    /// Its steps.
    pub(super) steps: Vec<Step>,
}

impl Path {
    /// Reads a path; the error is what is wrong with it.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        if source == "." {
            return Ok(Self { from_body: false, steps: Vec::new() });
        }
        let wrong = |what: &str| Err(format!("the path `{source}` {what}"));
        let (from_body, rest) = match source.strip_prefix('^') {
            Some("") => return Ok(Self { from_body: true, steps: Vec::new() }),
            Some(rest) => match rest.strip_prefix('.') {
                Some(rest) => (true, rest),
                None => return wrong("needs a dot after `^`"),
            },
            None => (false, source),
        };
        let mut steps = Vec::new();
        let mut rest = rest;
        // A path may begin with brackets, but otherwise begins with a key.
        let mut key_expected = !rest.starts_with('[');
        loop {
            if key_expected {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let key = &rest[..end];
                if key.is_empty() || !key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':')) {
                    return wrong("has a step that is no name");
                }
                steps.push(Step::Key(Arc::from(key)));
                rest = &rest[end..];
            } else if let Some(bracket) = rest.strip_prefix('[') {
                let (step, after) = match bracket.strip_prefix('"') {
                    Some(quoted) => match quoted.split_once("\"]") {
                        Some((key, after)) => (Step::Key(Arc::from(key)), after),
                        None => return wrong("has a quoted key without end"),
                    },
                    None => match bracket.split_once(']') {
                        Some(("", after)) => (Step::All, after),
                        Some((number, after)) => match number.parse() {
                            Ok(number) => (Step::Index(number), after),
                            Err(_) => return wrong("has an index that is no number"),
                        },
                        None => return wrong("has a bracket without end"),
                    },
                };
                steps.push(step);
                rest = after;
            } else {
                return wrong("has something other than a dot between steps");
            }
            if steps.len() > STEP_LIMIT {
                return wrong("has too many steps");
            }
            if rest.is_empty() {
                return Ok(Self { from_body, steps });
            }
            key_expected = false;
            if let Some(after) = rest.strip_prefix('.') {
                rest = after;
                key_expected = true;
            }
        }
    }

    /// Whether it may lead to more than one place.
    pub(super) fn is_many(&self) -> bool {
        self.steps.contains(&Step::All)
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        if self.from_body {
            text.push('^');
        }
        for step in &self.steps {
            match step {
                Step::Key(key) if key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':')) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                // A quoted key after `^` or another step; a dot in between would ask for a name.
                Step::Key(key) => write!(text, "[\"{key}\"]")?,
                Step::Index(index) => write!(text, "[{index}]")?,
                Step::All => text.push_str("[]"),
            }
        }
        if text.starts_with("^[") {
            text.insert(1, '.');
        }
        f.write_str(if text.is_empty() { "." } else { &text })
    }
}

/// A value, and its path from the body of its block (`ingress/0/cidr_blocks`), as spans are keyed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    /// The value; never [`Value::Null`].
    pub(super) value: Value,
    /// Where it is.
    pub(super) path: String,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    /// Nowhere: something on the way, or at its end, is not written.
    Absent,
    /// To one place.
    One(Hit),
    /// To as many places as lists on its way have elements.
    Many(Vec<Hit>),
}

/// Follows a path from a value that stands at `at`.
pub(super) fn walk(path: &Path, value: &Value, at: &str) -> Found {
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
pub(super) fn elements(hit: Hit) -> Vec<Hit> {
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
            let value = items.get(index)?.clone();
            Some(Hit { value, path: join(&hit.path, &index.to_string()) })
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
pub(super) fn join(path: &str, token: &str) -> String {
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
        for wrong in ["", "a..b", "a[", "a[x]", "a[\"b", "^a", "a b", "a]", ".a", "a."] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_a_path_or_an_error_and_never_a_panic(source in "\\PC{0,40}") {
            if let Ok(path) = Path::parse(&source) {
                walk(&path, &Value::from_json(&json!({"a": [{"b": "{}"}]})), "");
            }
        }

        #[test]
        fn a_path_survives_being_written(source in "(\\^\\.)?[a-z_]{1,5}(\\.[a-z:-]{1,4}|\\[\\]|\\[[0-9]{1,3}\\]|\\[\"[a-z. ]{1,4}\"\\]){0,5}") {
            let path = Path::parse(&source).expect("a path");
            prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
        }
    }
}
