//! What a policy makes of the controls: which are enforced, at which severity, with which values.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::control::judge::parameters;
use crate::control::load::{LoadedControl, Summary};
use crate::model::control::{Laxer, Severity, Source};
use crate::model::policy::Policy;
use crate::model::scan::{LaxParameter, ScanSelection};
use crate::model::tree::Tree;

/// One control as the policy has it.
#[derive(Clone)]
pub struct Enforced<'a> {
    /// The control.
    pub loaded: &'a LoadedControl,
    /// The severity in force.
    pub severity: Severity,
    /// The parameter values in force.
    pub parameters: Tree,
}

/// The controls that are run, and why the others are not.
pub struct Effective<'a> {
    /// The controls that are run, by id.
    pub enforced: Vec<Enforced<'a>>,
    /// The controls that are not, each with the reason.
    pub left_out: Vec<(String, String)>,
    /// Parameters that ask for less than the control's own default.
    pub lax: Vec<LaxParameter>,
}

/// Applies a policy and the command line's selection to the controls.
#[must_use]
pub fn effective<'a>(
    controls: &'a BTreeMap<String, LoadedControl>,
    policy: &Policy,
    asked: &ScanSelection,
    source: Source,
) -> Effective<'a> {
    let mut result = Effective { enforced: Vec::new(), left_out: Vec::new(), lax: Vec::new() };
    for (id, loaded) in controls {
        let control = &loaded.summary;
        if let Some(why) = left_out(control, policy, asked, source) {
            result.left_out.push((id.clone(), why));
            continue;
        }
        result.lax.extend(lax(control, policy));
        result.enforced.push(Enforced {
            loaded,
            severity: policy.severity.get(id).copied().unwrap_or(control.severity),
            parameters: parameters(&control.parameters, &policy.parameters),
        });
    }
    result
}

/// Why a control is not run on what comes from a source; `None` for one that is.
#[must_use]
pub fn left_out(control: &Summary, policy: &Policy, asked: &ScanSelection, source: Source) -> Option<String> {
    let id = &control.id;
    if !control.sources.contains(&source) {
        return Some("it cannot be judged from this source".to_owned());
    }
    if let Some(why) = policy.controls.except.get(id) {
        return Some(format!("the policy leaves it out: {why}"));
    }
    if !policy.controls.only.is_empty() && !policy.controls.only.contains(id) {
        return Some("the policy does not name it".to_owned());
    }
    if !asked.controls.is_empty() && !asked.controls.contains(id) {
        return Some("not among the controls asked for (--control)".to_owned());
    }
    if asked.except.contains(id) {
        return Some("left out when it was asked for (--except)".to_owned());
    }
    if !asked.criteria.is_empty() && !asked.criteria.iter().any(|criterion| control.criteria.contains(criterion)) {
        return Some("serves none of the criteria asked for (--criterion)".to_owned());
    }
    None
}

fn lax(control: &Summary, policy: &Policy) -> Vec<LaxParameter> {
    let asks_less = |name: &str, default: &Value, value: &Value| match control.laxer.get(name) {
        Some(Laxer::Higher) => value.as_f64() > default.as_f64(),
        Some(Laxer::Lower) => value.as_f64() < default.as_f64(),
        Some(Laxer::Longer) => length(value) > length(default),
        Some(Laxer::Shorter) => default.as_array().is_some_and(|wanted| {
            !wanted.iter().all(|item| value.as_array().is_some_and(|given| given.contains(item)))
        }),
        Some(Laxer::Other) | None => true,
    };
    control
        .parameters
        .iter()
        .filter_map(|(name, default)| {
            let value = policy.parameters.get(name).filter(|value| *value != default)?;
            asks_less(name, default, value).then(|| LaxParameter {
                control: control.id.clone(),
                parameter: name.clone(),
                default: default.clone(),
                value: value.clone(),
            })
        })
        .collect()
}

fn length(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

/// What is wrong with a policy in the light of the controls: names of controls and parameters that
/// do not exist, values of another kind, waivers without two persons or with a date that is none.
#[must_use]
pub fn mistakes(controls: &BTreeMap<String, LoadedControl>, policy: &Policy) -> Vec<String> {
    use crate::control::diagnostic::nearest;
    let mut wrong = Vec::new();
    let ids = || controls.keys().map(String::as_str);
    let named = policy
        .controls
        .only
        .iter()
        .chain(policy.controls.except.keys())
        .chain(policy.severity.keys())
        .chain(policy.rules.iter().flat_map(|rule| &rule.controls))
        .chain(policy.waivers.iter().map(|waiver| &waiver.control));
    for id in named.filter(|id| !controls.contains_key(*id)) {
        let near = nearest(id, ids()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        wrong.push(format!("there is no control `{id}`{near}"));
    }
    for (name, value) in &policy.parameters {
        let default = controls.values().find_map(|loaded| loaded.summary.parameters.get(name));
        match default {
            None => {
                let all = controls.values().flat_map(|loaded| loaded.summary.parameters.keys().map(String::as_str));
                let near = nearest(name, all).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                wrong.push(format!("no control has a parameter `{name}`{near}"));
            }
            Some(default) if kind(default) != kind(value) => {
                wrong.push(format!("the parameter `{name}` is a {}, not a {}", kind(default), kind(value)));
            }
            Some(_) => {}
        }
    }
    for rule in policy.rules.iter().filter(|rule| rule.reason.trim().is_empty()) {
        wrong.push(format!("a rule that says `{:?}` has no reason", rule.action).to_lowercase());
    }
    for waiver in &policy.waivers {
        let of = format!("the waiver of `{}` for `{}`", waiver.control, waiver.resource);
        if waiver.owner.trim().eq_ignore_ascii_case(waiver.approver.trim()) {
            wrong.push(format!("{of} is approved by its own owner"));
        }
        if waiver.reason.trim().is_empty() {
            wrong.push(format!("{of} has no reason"));
        }
        for day in [&waiver.start, &waiver.until] {
            if chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_err() {
                wrong.push(format!("{of}: `{day}` is not a date (YYYY-MM-DD)"));
            }
        }
    }
    for acceptance in &policy.accept {
        let all = || acceptance.regions.iter().chain(&acceptance.actions).cloned().collect::<Vec<_>>().join(", ");
        let of = format!("the acceptance of gaps for {}", all());
        if acceptance.regions.is_empty() && acceptance.actions.is_empty() {
            wrong.push("an acceptance of gaps names neither regions nor actions".to_owned());
        }
        if acceptance.reason.trim().is_empty() {
            wrong.push(format!("{of} has no reason"));
        }
        if chrono::NaiveDate::parse_from_str(&acceptance.until, "%Y-%m-%d").is_err() {
            wrong.push(format!("{of}: `{}` is not a date (YYYY-MM-DD)", acceptance.until));
        }
    }
    wrong
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "truth value",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    }
}
