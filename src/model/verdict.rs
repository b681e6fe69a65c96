//! Verdicts: of one control on one item. Never `pass` by default.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attr::CaptureId;
use super::control::Severity;
use super::gap::Gap;

/// Of one control on one item. Nothing else exists, and nothing is `pass` by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The item does what the control asks.
    Pass,
    /// The item does not: an exception.
    Fail,
    /// It could not be decided; the reason is a gap.
    NotEvaluated,
    /// The control does not apply to the item; the reason is the rule.
    NotApplicable,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 4] = [Self::Pass, Self::Fail, Self::NotEvaluated, Self::NotApplicable];

    /// The name as spelled in files and exports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotEvaluated => "not_evaluated",
            Self::NotApplicable => "not_applicable",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a verdict is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// One resource.
    Resource,
    /// The account.
    Account,
    /// One enabled region.
    Region,
    /// The population itself: it is empty, or could not be listed in full.
    Population,
}

/// One attribute that was read to reach a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// JSON pointer into the item (`/policy`), or into `resources` for scoped items
    /// (`/AWS::GuardDuty::Detector/0/status`).
    pub attribute: String,
    /// What stood there; left out where absent. Long values are cut to a bounded rendering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Why it could not be read, where it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
}

/// An accepted exception, as it stood when the verdict was reached. The raw verdict stays visible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who accepted it; another person than the owner.
    pub approver: String,
    /// Last day, ISO 8601 date.
    pub until: String,
}

/// An accepted gap, as it stood when the verdict was reached. The verdict stays `not_evaluated`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AcceptedGap {
    /// Why it is accepted.
    pub reason: String,
    /// Last day, ISO 8601 date.
    pub until: String,
}

/// The verdict of one control on one item, with all that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemVerdict {
    /// Id of the control.
    pub control: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not evaluated (a gap). For `not_applicable`, see `message`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Gap>,
    /// What is said of it: the exception's sentence, or the rule of `not_applicable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the item is.
    pub kind: ItemKind,
    /// Twelve-digit account id.
    pub account: String,
    /// Region name; `global` for global services.
    pub region: String,
    /// `CloudFormation` type name of the control's resource.
    pub r#type: String,
    /// The ARN where AWS has one, else AWS's id.
    pub id: String,
    /// The short name a person would use.
    pub name: String,
    /// Severity in force (the policy's, where it sets one).
    pub severity: Severity,
    /// Criteria the control serves, sorted.
    pub criteria: Vec<String>,
    /// Numbers of the captures that the verdict rests on, sorted.
    pub captures: Vec<CaptureId>,
    /// What was read, in the order read.
    pub read: Vec<Read>,
    /// The accepted exception that covers it, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
    /// The accepted gap, where it is not evaluated and the policy accepts that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<AcceptedGap>,
}

impl ItemVerdict {
    /// The key that names this verdict within a scan and sorts all of them: control, account,
    /// region, type, id.
    #[must_use]
    pub fn key(&self) -> (&str, &str, &str, &str, &str) {
        (&self.control, &self.account, &self.region, &self.r#type, &self.id)
    }
}
