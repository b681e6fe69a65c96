//! IAM policy documents of code, brought into the typed form with what is unknown in its place.
//!
//! The document is spelled anew as JSON in which every unknown part is a token, read by the one reader
//! of policies there is, and the tokens are then taken out of what it made.

use serde_json::{Map, Value as Json, json};

use super::context::MappingContext;
use super::placeholder::{Symbol, symbol};
use super::value::{At, RuleValue, State, below, unresolved, why};
use crate::iac::mapping::resolve::text;
use crate::iac::value::Value;
use crate::model::gap::Gap;
use crate::model::iam_policy::PolicyDocument;

/// First and last character of a token: of a private use area. A document that holds one of its own is
/// not read.
const OPEN: char = '\u{F0002}';
const CLOSE: char = '\u{F0003}';

/// Turns policy documents into their typed form; in a list, each.
pub(crate) fn apply(made: RuleValue, context: &MappingContext<'_>) -> RuleValue {
    match &made.state {
        State::Value(Value::List(_)) | State::List(_) | State::Json(Json::Array(_)) => {
            let told = made.told.clone();
            let items = made.into_elements().into_iter().map(|item| apply(item, context)).collect();
            RuleValue { state: State::List(items), told }
        }
        State::Json(json) => {
            let value = Value::from_json(json);
            structured(&value, &made.told, context)
        }
        State::Value(value) => match value {
            Value::Unknown(_) => made,
            Value::Text(text) if text.trim().is_empty() => RuleValue::absent(made.told),
            // Text is read by the strict reader, which knows of keys that are there twice.
            Value::Text(text) => match PolicyDocument::parse(text) {
                Ok(document) => match serde_json::to_value(&document) {
                    Ok(json) => RuleValue::json(json, made.told),
                    Err(error) => not_a_policy(&error.to_string(), &made.told),
                },
                Err(error) => not_a_policy(&error.to_string(), &made.told),
            },
            value => match text::structure(value) {
                Some(Value::Unknown(unknown)) => RuleValue::unknown(unknown.gap(), made.told),
                Some(value) => structured(&value, &made.told, context),
                None => {
                    let gap = why(value).map_or_else(|| unresolved("is not a policy"), |unknown| unknown.gap());
                    RuleValue::unknown(gap, made.told)
                }
            },
        },
        State::Missing | State::Absent | State::Unknown(_) | State::Map(_) => made,
    }
}

fn not_a_policy(error: &str, told: &[At]) -> RuleValue {
    let error: String = error.chars().filter(|c| !matches!(*c, OPEN | CLOSE)).collect();
    RuleValue::unknown(unresolved(format!("is not a policy: could not {error}")), told.to_vec())
}

fn structured(value: &Value, told: &[At], context: &MappingContext<'_>) -> RuleValue {
    let mut speller =
        Speller { context, from: told.first().map_or(0, |at| at.block), tokens: Vec::new(), effects: Vec::new() };
    let Some(json) = speller.document(value) else {
        return RuleValue::unknown(
            unresolved("is not a policy: it holds a character of a private use area"),
            told.to_vec(),
        );
    };
    let document = match PolicyDocument::from_value(&json) {
        Ok(document) => document,
        Err(error) => return not_a_policy(&error.to_string(), told),
    };
    let typed = match serde_json::to_value(&document) {
        Ok(typed) => typed,
        Err(error) => return not_a_policy(&error.to_string(), told),
    };
    match restore(typed, &speller.tokens) {
        Ok(mut made) => {
            made.told = told.to_vec();
            mark(&mut made, value, told, &speller.effects);
            made
        }
        Err((gap, _)) => RuleValue::unknown(*gap, told.to_vec()),
    }
}

/// Puts the places of the statements in, and the effects that are not known.
fn mark(made: &mut RuleValue, value: &Value, told: &[At], effects: &[(usize, Gap)]) {
    let State::Map(members) = &mut made.state else { return };
    let Some((_, list)) = members.iter_mut().find(|(name, _)| &**name == "statements") else { return };
    let State::List(statements) = &mut list.state else { return };
    let written = match value {
        Value::Map(map) => map.iter().find(|(key, _)| key.eq_ignore_ascii_case("statement")),
        _ => None,
    };
    for (index, statement) in statements.iter_mut().enumerate() {
        if let Some((key, body)) = written {
            statement.told = below(told, key);
            if matches!(body, Value::List(_)) {
                statement.told = below(&statement.told, &index.to_string());
            }
        }
        let gap = effects.iter().find(|(at, _)| *at == index).map(|(_, gap)| gap);
        if let (Some(gap), State::Map(members)) = (gap, &mut statement.state)
            && let Some((_, effect)) = members.iter_mut().find(|(name, _)| &**name == "effect")
        {
            effect.state = State::Unknown(gap.clone());
        }
    }
}

/// Spells a document with tokens.
struct Speller<'g, 'a> {
    context: &'g MappingContext<'a>,
    /// The block that the document is in.
    from: usize,
    /// By number: the gap, and how many levels above the token's own place it is.
    tokens: Vec<(Gap, usize)>,
    /// Statements whose effect is not known.
    effects: Vec<(usize, Gap)>,
}

impl Speller<'_, '_> {
    fn token(&mut self, gap: Gap, up: usize) -> String {
        self.tokens.push((gap, up));
        format!("{OPEN}{}{CLOSE}", self.tokens.len() - 1)
    }

    /// The token of an unknown value that is `up` levels above where it is put.
    fn unknown(&mut self, value: &Value, up: usize) -> Option<String> {
        let gap = why(value)?.gap();
        Some(self.token(gap, up))
    }

    fn document(&mut self, value: &Value) -> Option<Json> {
        let Value::Map(members) = value else { return self.plain(value) };
        let mut map = Map::new();
        for (key, member) in members.iter().filter(|(_, member)| !member.is_null()) {
            let json = match (key.to_ascii_lowercase().as_str(), member) {
                // From `/statements/0/sid`, the list is two levels up.
                ("statement", Value::Unknown(_)) => {
                    json!([{"Effect": "Deny", "Sid": self.unknown(member, 2)?}])
                }
                ("statement", Value::List(items)) => {
                    let known = items.iter().filter(|item| !item.is_null());
                    Json::Array(known.enumerate().map(|(at, item)| self.statement(item, at)).collect::<Option<_>>()?)
                }
                ("statement", single) => Json::Array(vec![self.statement(single, 0)?]),
                _ => self.scalar(member, 0)?,
            };
            map.insert(key.to_string(), json);
        }
        Some(Json::Object(map))
    }

    fn statement(&mut self, value: &Value, index: usize) -> Option<Json> {
        let members = match value {
            Value::Map(members) => members,
            Value::Unknown(_) | Value::Template(_) => {
                return Some(json!({"Effect": "Deny", "Sid": self.unknown(value, 1)?}));
            }
            other => return self.plain(other),
        };
        let mut map = Map::new();
        for (key, member) in members.iter().filter(|(_, member)| !member.is_null()) {
            let json = match key.to_ascii_lowercase().as_str() {
                "effect" => match why(member) {
                    Some(unknown) => {
                        self.effects.push((index, unknown.gap()));
                        Json::from("Allow")
                    }
                    None => self.plain(member)?,
                },
                "principal" | "notprincipal" => self.principal(member)?,
                "action" | "notaction" | "resource" | "notresource" => self.texts(member)?,
                "condition" => self.condition(member)?,
                _ => self.scalar(member, 0)?,
            };
            map.insert(key.to_string(), json);
        }
        Some(Json::Object(map))
    }

    fn principal(&mut self, value: &Value) -> Option<Json> {
        match value {
            // From `/principal/aws/0`, the principal is two levels up.
            Value::Unknown(_) => match symbol(value, self.from, self.context) {
                Some(_) => Some(json!({"AWS": self.texts(value)?})),
                None => Some(json!({"AWS": [self.unknown(value, 2)?]})),
            },
            Value::Template(_) => Some(json!({"AWS": self.texts(value)?})),
            Value::Map(kinds) => {
                let mut map = Map::new();
                for (kind, member) in kinds.iter().filter(|(_, member)| !member.is_null()) {
                    map.insert(kind.to_string(), self.texts(member)?);
                }
                Some(Json::Object(map))
            }
            other => self.plain(other),
        }
    }

    fn condition(&mut self, value: &Value) -> Option<Json> {
        let operators = match value {
            Value::Map(operators) => operators,
            // From `/conditions/0/operator`, the list is two levels up.
            Value::Unknown(_) | Value::Template(_) => {
                let token = self.unknown(value, 2)?;
                return Some(json!({token: {"unknown": []}}));
            }
            other => return self.plain(other),
        };
        let mut map = Map::new();
        for (operator, keys) in operators.iter().filter(|(_, keys)| !keys.is_null()) {
            let keys = match keys {
                Value::Unknown(_) | Value::Template(_) => {
                    let token = self.unknown(keys, 1)?;
                    json!({token: []})
                }
                Value::Map(keys) => {
                    let mut inner = Map::new();
                    for (key, values) in keys.iter().filter(|(_, values)| !values.is_null()) {
                        inner.insert(key.to_string(), self.texts(values)?);
                    }
                    Json::Object(inner)
                }
                other => self.plain(other)?,
            };
            map.insert(operator.to_string(), keys);
        }
        Some(Json::Object(map))
    }

    /// One text or a list of texts.
    fn texts(&mut self, value: &Value) -> Option<Json> {
        match value {
            Value::List(items) => {
                let known = items.iter().filter(|item| !item.is_null());
                Some(Json::Array(known.map(|item| self.scalar(item, 0)).collect::<Option<_>>()?))
            }
            // What is unknown may be one text or a list of them: the list is one level up.
            Value::Unknown(_) => Some(Json::Array(vec![self.scalar(value, 1)?])),
            single => self.scalar(single, 0),
        }
    }

    /// A text; one of which nothing is known is `up` levels above where it is put.
    fn scalar(&mut self, value: &Value, up: usize) -> Option<Json> {
        match value {
            Value::Unknown(_) | Value::Template(_) => match symbol(value, self.from, self.context) {
                Some(Symbol::Known(text)) => Some(Json::from(text)),
                Some(Symbol::Partial(gap)) => Some(Json::from(self.token(gap, 0))),
                None => self.unknown(value, up).map(Json::from),
            },
            other => self.plain(other),
        }
    }

    /// A value in which nothing is expected to be unknown.
    fn plain(&mut self, value: &Value) -> Option<Json> {
        Some(match value {
            Value::Text(text) if text.contains([OPEN, CLOSE]) => return None,
            Value::Text(text) => Json::from(&**text),
            Value::Json(inner) => self.plain(inner)?,
            Value::List(items) => Json::Array(items.iter().map(|item| self.plain(item)).collect::<Option<_>>()?),
            Value::Map(members) => {
                let mut map = Map::new();
                for (key, member) in members.iter() {
                    map.insert(key.to_string(), self.plain(member)?);
                }
                Json::Object(map)
            }
            Value::Unknown(_) | Value::Template(_) => Json::from(self.unknown(value, 0)?),
            scalar => super::value::json_of(scalar)?,
        })
    }
}

/// A gap that belongs so many levels further up.
type Above = (Box<Gap>, usize);

/// Takes the tokens out again.
fn restore(json: Json, tokens: &[(Gap, usize)]) -> Result<RuleValue, Above> {
    let place = |result: Result<RuleValue, Above>| match result {
        Err((gap, 0)) => Ok(RuleValue::unknown(*gap, Vec::new())),
        other => other,
    };
    let above = |(gap, up): Above| (gap, up - 1);
    match json {
        Json::String(text) => match text.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE)) {
            None => Ok(RuleValue::json(Json::String(text), Vec::new())),
            Some(number) => match number.parse::<usize>().ok().and_then(|number| tokens.get(number)) {
                Some((gap, up)) => place(Err((Box::new(gap.clone()), *up))),
                None => Ok(RuleValue::unknown(unresolved("is not a policy"), Vec::new())),
            },
        },
        Json::Array(items) => {
            let made: Result<Vec<RuleValue>, _> = items.into_iter().map(|item| restore(item, tokens)).collect();
            let list = made.map(|items| RuleValue { state: State::List(items), told: Vec::new() });
            place(list.map_err(above))
        }
        Json::Object(members) => {
            let made: Result<Vec<_>, _> = members
                .into_iter()
                .map(|(key, member)| restore(member, tokens).map(|made| (std::sync::Arc::from(key.as_str()), made)))
                .collect();
            let map = made.map(|members| RuleValue { state: State::Map(members), told: Vec::new() });
            place(map.map_err(above))
        }
        scalar => Ok(RuleValue::json(scalar, Vec::new())),
    }
}
