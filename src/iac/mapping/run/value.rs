//! What rules make: attributes in their three states, with the places that told them.

use std::sync::Arc;

use serde_json::{Number, Value as Json};

use crate::iac::value::{Part, Unknown, Value};
use crate::model::gap::{Gap, GapCode};

/// A place in the code: a block, and the path of an argument in it (`""` for the block as a whole).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct At {
    /// Index of the block in its scenario.
    pub(crate) block: usize,
    /// Path from its body.
    pub(crate) path: Arc<str>,
}

impl At {
    pub(crate) fn new(block: usize, path: &str) -> Self {
        Self { block, path: Arc::from(path) }
    }
}

/// What a rule made, and where it was told.
#[derive(Debug, Clone)]
pub(crate) struct RuleValue {
    pub(crate) state: State,
    pub(crate) told: Vec<At>,
}

/// What a rule made.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// It hangs on a block that is not in the code.
    Missing,
    /// There is none.
    Absent,
    /// It is not known.
    Unknown(Gap),
    /// A value as it stands in the code, at the place that is told.
    Value(Value),
    /// A value that the mapping tells.
    Json(Json),
    /// A list.
    List(Vec<RuleValue>),
    /// A map, with the members that are absent.
    Map(Vec<(Arc<str>, RuleValue)>),
}

impl RuleValue {
    pub(crate) fn missing() -> Self {
        Self { state: State::Missing, told: Vec::new() }
    }

    pub(crate) fn absent(told: Vec<At>) -> Self {
        Self { state: State::Absent, told }
    }

    pub(crate) fn unknown(gap: Gap, told: Vec<At>) -> Self {
        Self { state: State::Unknown(gap), told }
    }

    pub(crate) fn json(json: Json, told: Vec<At>) -> Self {
        Self { state: if json.is_null() { State::Absent } else { State::Json(json) }, told }
    }

    /// A value of the code; an unknown one is unknown, null is absent.
    pub(crate) fn value(value: Value, at: At) -> Self {
        let state = if value.is_null() { State::Absent } else { State::Value(value) };
        Self { state, told: vec![at] }
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.state, State::Absent)
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self.state, State::Missing)
    }

    /// The elements of a list; what is no list is a list of one.
    pub(crate) fn into_elements(self) -> Vec<Self> {
        match self.state {
            State::List(items) => items,
            State::Absent | State::Missing => Vec::new(),
            State::Json(Json::Array(items)) => {
                items.into_iter().map(|item| Self::json(item, self.told.clone())).collect()
            }
            State::Value(Value::List(items)) => items
                .iter()
                .enumerate()
                .filter(|(_, item)| !item.is_null())
                .map(|(index, item)| Self {
                    state: State::Value(item.clone()),
                    told: below(&self.told, &index.to_string()),
                })
                .collect(),
            _ => vec![self],
        }
    }

    /// All of it as JSON, where all of it is known.
    pub(crate) fn known(&self) -> Option<Json> {
        match &self.state {
            State::Missing | State::Unknown(_) => None,
            State::Absent => Some(Json::Null),
            State::Value(value) => json_of(value),
            State::Json(json) => Some(json.clone()),
            State::List(items) => items.iter().map(Self::known).collect::<Option<Vec<_>>>().map(Json::Array),
            State::Map(members) => {
                let mut map = serde_json::Map::new();
                for (key, member) in members.iter().filter(|(_, member)| !member.is_absent()) {
                    map.insert(key.to_string(), member.known()?);
                }
                Some(Json::Object(map))
            }
        }
    }

    /// The text of a known scalar.
    pub(crate) fn scalar(&self) -> Option<String> {
        match &self.state {
            State::Value(Value::Text(text)) => Some(text.to_string()),
            State::Value(Value::Bool(truth)) | State::Json(Json::Bool(truth)) => Some(truth.to_string()),
            State::Value(Value::Number(number)) => Some(number_text(*number)),
            State::Json(Json::String(text)) => Some(text.clone()),
            State::Json(Json::Number(number)) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Why it is not known, where it as a whole is not.
    pub(crate) fn gap(&self) -> Option<Gap> {
        match &self.state {
            State::Unknown(gap) => Some(gap.clone()),
            State::Value(value) => why(value).map(|unknown| unknown.gap()),
            _ => None,
        }
    }
}

/// The places, a step further down.
pub(crate) fn below(told: &[At], token: &str) -> Vec<At> {
    told.iter().map(|at| At::new(at.block, &crate::iac::mapping::resolve::join(&at.path, token))).collect()
}

/// Why a value as a whole is not known; a text of which a part is unknown is none that is known.
pub(crate) fn why(value: &Value) -> Option<&Arc<Unknown>> {
    match value {
        Value::Unknown(unknown) => Some(unknown),
        Value::Template(parts) => parts.iter().find_map(|part| match part {
            Part::Unknown(unknown) => Some(unknown),
            Part::Text(_) => None,
        }),
        _ => None,
    }
}

/// A value as JSON, where all of it is known.
pub(crate) fn json_of(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Number(number) => number_json(*number),
        Value::Text(text) => Json::String(text.to_string()),
        Value::Template(_) | Value::Unknown(_) => return None,
        Value::Json(inner) => Json::String(json_of(inner)?.to_string()),
        Value::List(items) => Json::Array(items.iter().map(json_of).collect::<Option<_>>()?),
        Value::Map(members) => {
            let mut map = serde_json::Map::new();
            for (key, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                map.insert(key.to_string(), json_of(member)?);
            }
            Json::Object(map)
        }
    })
}

/// A number as JSON: whole where it is whole.
pub(crate) fn number_json(number: f64) -> Json {
    match whole(number) {
        Some(whole) => Json::from(whole),
        None => Number::from_f64(number).map_or(Json::Null, Json::Number),
    }
}

/// A number as text, without a fraction where it is whole.
pub(crate) fn number_text(number: f64) -> String {
    whole(number).map_or_else(|| number.to_string(), |whole| whole.to_string())
}

/// The whole number, where it is one that a double holds exactly.
pub(crate) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within 2^53 is exact")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// A gap for what could be read and not understood.
pub(crate) fn unresolved(detail: impl Into<String>) -> Gap {
    Gap::new(GapCode::Unresolved, detail)
}
