//! A policy: what this organisation enforces where. One YAML file in `policies/` each.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// Accepted exceptions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
}
