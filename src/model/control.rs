//! A control: what the entity does to meet criteria, with the test that shows it. One YAML file in
//! `controls/` each; this is the shape of that file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::patch::Patch;
use super::verdict::Verdict;

/// How much a failed item matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Informational,
    /// Weakens defence in depth.
    Low,
    /// Weakens a control that others rely on.
    #[default]
    Medium,
    /// Likely to be used against the entity.
    High,
    /// Exposes the entity now.
    Critical,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name as spelled in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not one of informational, low, medium, high, critical"))
    }
}

/// Whether a control stops a mistake or finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControlType {
    /// It stops the mistake.
    Preventive,
    /// It finds the mistake.
    Detective,
    /// It limits or repairs the damage.
    Corrective,
}

/// How often the control operates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// All the time.
    Continuous,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// Every quarter.
    Quarterly,
    /// Every year.
    Annual,
}

/// What one item of the population is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "snake_case")]
pub enum ItemScope {
    /// Each resource of the control's type.
    #[default]
    Resource,
    /// The account; `resources["TYPE"]` is the list of that type in all its regions.
    Account,
    /// Each enabled region of the account; `resources["TYPE"]` is the list of that type there.
    Region,
}

/// Where a resource can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// From AWS's answers.
    Live,
    /// From Terraform or `OpenTofu`.
    Terraform,
    /// From `CloudFormation`.
    Cloudformation,
}

/// How to put a failed item right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// What to do, in a sentence or two.
    pub text: String,
    /// A ready AWS CLI command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cli: Option<String>,
    /// A ready Terraform snippet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terraform: Option<String>,
    /// A ready `CloudFormation` snippet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloudformation: Option<String>,
    /// AWS's page on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
}

/// One test case of a control, inside its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows.
    pub name: String,
    /// The item's attributes. Left out for `scope: account` and `scope: region`.
    #[serde(default)]
    pub resource: BTreeMap<String, Value>,
    /// Attributes that could not be read: JSON pointer to gap code. For a scoped control the
    /// pointer starts with the type: `/AWS::GuardDuty::Detector/0/status`; the type alone says
    /// that listing it had the gap.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, String>,
    /// For a scoped control: the resources in scope, by type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    /// Parameter values other than the control's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Value>,
    /// The clock of the case, RFC 3339; 2026-06-01T00:00:00Z where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// The account the case lies in; 123456789012 where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The region the case lies in; us-east-1 where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The verdict that must come out.
    pub expect: Verdict,
}

/// A control file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its id, the same as the file's name; reads well in "allow ⟨id⟩".
    pub id: String,
    /// What is true when the control holds, as a sentence without a full stop.
    pub title: String,
    /// The criteria it serves, each with the reason why it does.
    pub criteria: BTreeMap<String, String>,
    /// How much a failed item matters.
    pub severity: Severity,
    /// Whether it stops a mistake or finds it.
    pub r#type: ControlType,
    /// How often it operates.
    pub frequency: Frequency,
    /// Where it can be judged; live where left out.
    #[serde(default = "live")]
    pub sources: Vec<Source>,
    /// The resource type it is about: the population where `scope` is `resource`.
    pub resource: String,
    /// What one item is.
    #[serde(default)]
    pub scope: ItemScope,
    /// CEL: who is in the population; the rest is `not_applicable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Why the rest is not applicable, in words. Required with `when`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<String>,
    /// CEL: what must be true of an item.
    pub assert: String,
    /// What the test did, in the past tense, as an auditor writes it.
    pub procedure: String,
    /// What the test does not show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<String>,
    /// What is said of a failed item; `{{ resource.name }}` and the like are filled in.
    pub exception: String,
    /// How to put it right.
    pub fix: Fix,
    /// How code is changed so that it holds. Each control that is judged on code has one, or says why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Patch>,
    /// The Security Hub controls that look at the same thing: the second source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_hub: Vec<String>,
    /// Parameters with their default values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Value>,
    /// Which way a parameter is laxer than its default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub laxer: BTreeMap<String, Laxer>,
    /// Its test cases.
    pub cases: Vec<Case>,
}

/// Which way a parameter's value asks for less than the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Laxer {
    /// A higher number asks for less (days allowed).
    Higher,
    /// A lower number asks for less (characters required).
    Lower,
    /// Any longer list asks for less (accounts trusted).
    Longer,
    /// Any shorter list asks for less (ports looked for).
    Shorter,
    /// Any other value asks for less.
    Other,
}

fn live() -> Vec<Source> {
    vec![Source::Live]
}
