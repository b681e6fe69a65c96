//! Secrets that are written in a value of the code: where they stand and what they look like, never the
//! values.
//!
//! What is not known from the code is not written in it: a reference, a variable without a value, a value
//! that is marked sensitive hold no secret here. A literal that a plan does not show is one where it is a
//! password, and may be a placeholder where it is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use serde_json::Value as Json;

use super::value::{At, RuleValue, State};
use crate::iac::mapping::resolve::text;
use crate::iac::origin::Origin;
use crate::iac::secrets;
use crate::iac::value::{Part, Value};
use crate::model::gap::Gap;

/// Deepest nesting that is looked through.
const DEPTH_LIMIT: usize = 32;

/// Most secrets that are named of one value.
const FOUND_LIMIT: usize = 20;

/// Longest name that is said, in characters.
const NAME_LIMIT: usize = 80;

/// Members that name the value beside them, in lower case: a variable of ECS or `CodeBuild`, an option of
/// Elastic Beanstalk, a parameter.
const NAMES: &[&str] = &["name", "key", "option_name", "optionname", "parameterkey"];
/// Members that hold that value.
const VALUES: &[&str] = &["value", "parametervalue"];
/// Types of variables whose value is the name of a secret.
const STORED: &[&str] = &["PARAMETER_STORE", "SECRETS_MANAGER"];

/// The secrets in a value: a list of texts, `NAME: a password`. With `all`, whatever is written counts.
pub(super) fn apply(made: RuleValue, all: bool) -> RuleValue {
    let named = |told: &[At]| told.last().map(|at| last_name(&at.path)).unwrap_or_default();
    let name = named(&made.told);
    let mut found = Found { all, names: Vec::new(), hidden: None };
    match &made.state {
        State::Missing | State::Absent => return made,
        State::Value(value) => found.value(&name, value, 0),
        State::Json(json) => found.value(&name, &Value::from_json(json), 0),
        State::List(items) => {
            for item in items {
                if let State::Value(value) = &item.state {
                    found.value(&named(&item.told), value, 0);
                }
            }
        }
        State::Unknown(_) | State::Map(_) => {}
    }
    if let (true, Some(hidden)) = (found.names.is_empty(), found.hidden) {
        return RuleValue::unknown(hidden, made.told);
    }
    let list = found.names.into_iter().map(Json::from).collect();
    RuleValue { state: State::Json(Json::Array(list)), told: made.told }
}

/// The last name of a path, without its indexes.
fn last_name(path: &str) -> String {
    let named = path.rsplit(['.', '/']).find(|part| !part.is_empty() && part.parse::<usize>().is_err());
    named.unwrap_or_default().split('[').next().unwrap_or_default().to_owned()
}

struct Found {
    all: bool,
    names: Vec<String>,
    /// Why it is not known whether a literal is a secret.
    hidden: Option<Gap>,
}

impl Found {
    fn say(&mut self, name: &str, looks: &str) {
        let name: String = name.chars().take(NAME_LIMIT).collect();
        let said = if name.is_empty() { looks.to_owned() } else { format!("{name}: {looks}") };
        if self.names.len() < FOUND_LIMIT && !self.names.contains(&said) {
            self.names.push(said);
        }
    }

    fn value(&mut self, name: &str, value: &Value, depth: usize) {
        if depth > DEPTH_LIMIT {
            return;
        }
        match value {
            Value::Text(text) => self.text(name, text, value, depth),
            Value::Template(parts) => {
                let known = parts.iter().filter_map(|part| match part {
                    Part::Text(text) => Some(&**text),
                    Part::Unknown(_) => None,
                });
                // Each part by itself: what an unknown part is between may be anything.
                for text in known {
                    for (own, looks) in secrets::in_text(text) {
                        self.say(own.as_deref().unwrap_or(name), looks);
                    }
                }
            }
            Value::Json(inner) => self.inner(name, inner, depth + 1),
            Value::List(items) => items.iter().for_each(|item| self.value(name, item, depth + 1)),
            Value::Map(members) => self.members(name, members, depth),
            Value::Unknown(unknown) if self.all && unknown.origin == Origin::HiddenLiteral => {
                if secrets::is_password(name) {
                    self.say(name, "a secret");
                } else {
                    self.hidden = Some(unknown.gap());
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => {}
        }
    }

    fn members(&mut self, name: &str, members: &BTreeMap<Arc<str>, Value>, depth: usize) {
        let among = |known: &[&str]| {
            members
                .iter()
                .find(|(member, _)| known.contains(&member.to_ascii_lowercase().as_str()))
                .map(|(_, value)| value)
        };
        if let (Some(Value::Text(own)), Some(value)) = (among(NAMES), among(VALUES)) {
            let stored = matches!(among(&["type"]), Some(Value::Text(kind)) if STORED.contains(&&**kind));
            if !stored {
                self.value(own, value, depth + 1);
            }
            return;
        }
        for (member, value) in members {
            // A member that is a number tells nothing; what it is in does.
            self.value(if member.parse::<usize>().is_ok() { name } else { member }, value, depth + 1);
        }
    }

    fn text(&mut self, name: &str, text: &str, value: &Value, depth: usize) {
        if let Some(inner) = text::structure(value) {
            return self.inner(name, &inner, depth + 1);
        }
        if self.all {
            if let Some(looks) = secrets::as_written(name, text) {
                self.say(name, looks);
            }
            return;
        }
        if let Some(decoded) = decoded(text) {
            return self.lines(name, &decoded);
        }
        if text.contains('\n') {
            self.lines(name, text);
        } else if let Some(looks) = secrets::in_value(name, text) {
            self.say(name, looks);
        } else {
            self.lines(name, text);
        }
    }

    /// What is in a text, which has names of its own.
    fn inner(&mut self, name: &str, inner: &Value, depth: usize) {
        let all = std::mem::take(&mut self.all);
        self.value(name, inner, depth);
        self.all = all;
    }

    fn lines(&mut self, name: &str, text: &str) {
        for (own, looks) in secrets::in_text(text) {
            self.say(own.as_deref().unwrap_or(name), looks);
        }
    }
}

/// What a text is the Base64 of, where that is text of several lines, as user data is.
fn decoded(text: &str) -> Option<String> {
    let text = text.trim();
    let looks = text.len() >= 24
        && text.len().is_multiple_of(4)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    let bytes = looks.then(|| base64::engine::general_purpose::STANDARD.decode(text).ok()).flatten()?;
    String::from_utf8(bytes).ok().filter(|text| text.contains('\n'))
}
