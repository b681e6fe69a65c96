//! A policy: what this organisation enforces where. One YAML file in `policies/` each.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::Action;
use super::control::Severity;

/// A point where a policy decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Before a change is merged.
    PreMerge,
    /// Every night.
    Nightly,
    /// Before evidence is handed to the auditor.
    Handover,
}

/// Which controls are enforced. Everything that is not excluded, where `only` is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Only these controls.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub only: BTreeSet<String>,
    /// All but these, each with the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub except: BTreeMap<String, String>,
}

/// An accepted exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The control whose exception is accepted.
    pub control: String,
    /// The item: its id or name; `*` matches any run of characters.
    pub resource: String,
    /// Only in this account, where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who accepted it; must be another person than the owner.
    pub approver: String,
    /// First day, ISO 8601 date.
    pub start: String,
    /// Last day, ISO 8601 date. After it the exception counts again.
    pub until: String,
}

/// A gap that is accepted: something that cannot be read here, and is not meant to be (a region that a
/// service control policy denies, an action that a member account does not have). What hangs on it stays
/// not evaluated, is counted apart, and does not make the exit code 3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// In these regions; `global` for what is asked once an account. In any, where left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub regions: BTreeSet<String>,
    /// For want of these IAM actions (`organizations:ListPolicies`); `*` matches any run of characters. Of
    /// any, where left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub actions: BTreeSet<String>,
    /// Only in this account, where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Last day, ISO 8601 date. After it the gap counts again.
    pub until: String,
}

/// What a gate does with failed items of some kind. Every field that is given must match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateRule {
    /// What it does with them.
    pub action: Action,
    /// Why, for whoever reads the policy.
    pub reason: String,
    /// Only these controls.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub controls: BTreeSet<String>,
    /// Only these severities.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub severities: BTreeSet<Severity>,
    /// Only in files whose path is like one of these globs (`examples/**`, `**/test-*.tf`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Only resources with all of these tags; `*` in a value matches any run of characters. A resource
    /// whose tags are not known has none of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// A policy file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its id, the same as the file's name.
    pub id: String,
    /// What it is for.
    pub title: String,
    /// Where it decides.
    pub gate: Gate,
    /// Which controls are enforced.
    #[serde(default)]
    pub controls: Selection,
    /// Severities other than the controls' own, by control.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub severity: BTreeMap<String, Severity>,
    /// Parameter values other than the controls' defaults, by parameter name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Value>,
    /// The least severity whose exceptions make the exit code 1.
    pub fail_on: Severity,
    /// A policy (the name of a built-in one, or a file beside this one) whose parameter values and
    /// severities hold here too, where this one gives none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares_with: Option<String>,
    /// Pre-merge: patterns, as `.gitignore` has them, of what is left out below a directory that is checked. One
    /// without `/` is a name at any depth, one with `/` a path below that directory. What a command line names
    /// itself is not left out, and a module that other code calls is read wherever it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Pre-merge: what becomes of failed items. The first rule that matches decides; where none does,
    /// they are denied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<GateRule>,
    /// Pre-merge: what becomes of items that could not be evaluated. `deny` makes the exit code 3,
    /// `warn` shows them, `silent` counts them.
    #[serde(default = "deny", skip_serializing_if = "is_deny")]
    pub not_evaluated: Action,
    /// Accepted exceptions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// Nightly: accepted gaps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<Acceptance>,
}

fn deny() -> Action {
    Action::Deny
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_deny(action: &Action) -> bool {
    *action == Action::Deny
}
