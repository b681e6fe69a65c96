//! What a check of code came to: the contract `tickmark.check/1`, which every output is made from.
//!
//! Nothing in it holds a value out of the code but names, addresses and the control's own sentences:
//! what is sensitive cannot reach an output that is made from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::control::{Fix, Severity};
use super::gap::Gap;

/// Name and version of the contract.
pub const SCHEMA: &str = "tickmark.check/1";

/// A verdict as a gate sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The item does what the control asks.
    Pass,
    /// It does not.
    Fail,
    /// It could not be decided; the reason says why.
    NotEvaluated,
    /// The control does not apply to it; the message is the rule.
    NotApplicable,
    /// It does not, and an exception is accepted until a day.
    Waived,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::Pass, Self::Fail, Self::NotEvaluated, Self::NotApplicable, Self::Waived];

    /// The name as spelled in outputs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotEvaluated => "not_evaluated",
            Self::NotApplicable => "not_applicable",
            Self::Waived => "waived",
        }
    }
}

/// What the policy makes of a failed item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is counted, and not shown among the findings.
    Silent,
    /// It is shown, and does not fail the gate.
    Warn,
    /// It fails the gate.
    Deny,
}

/// What the item is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CheckedResource {
    /// `CloudFormation` type name (`AWS::S3::Bucket`), whatever language it is written in.
    pub r#type: String,
    /// Terraform's address, or `CloudFormation`'s logical id.
    pub address: String,
}

/// Where a block that took part is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The file as given on the command line, with `/` between parts.
    pub file: String,
    /// First line of the block, from 1.
    pub line: u32,
    /// Last line of the block.
    pub end_line: u32,
    /// Address of the block or of the module call.
    pub address: String,
    /// The lines inside the block that decided, sorted; empty where the block as a whole did (an
    /// argument that is not written).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u32>,
}

/// An exception that was accepted beside the code or in the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptedException {
    /// Why.
    pub reason: String,
    /// Its last day, ISO 8601 date.
    pub until: String,
    /// Where the directive stands; none for a waiver of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

/// A stretch of a file that a patch replaces. Where it begins and ends at one place, something is put in there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replacement {
    /// The file as given on the command line, with `/` between parts.
    pub file: String,
    /// Line of the first character that is replaced, from 1.
    pub line: u32,
    /// Its column, in characters, from 1.
    pub column: u32,
    /// Line of the first character that is not.
    pub end_line: u32,
    /// Its column.
    pub end_column: u32,
    /// What takes its place. It is of the patch, and not of the code.
    pub text: String,
}

/// The verdict of one control on one item of the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// Id of the control.
    pub control: String,
    /// What the control says, as a sentence without a full stop.
    pub title: Arc<str>,
    /// The verdict.
    pub verdict: Outcome,
    /// The severity in force.
    pub severity: Severity,
    /// What the policy makes of it if it fails.
    pub action: Action,
    /// Criteria it serves, each with the reason why it does.
    pub criteria: Arc<BTreeMap<String, String>>,
    /// The item.
    pub resource: CheckedResource,
    /// The primary block first, then every other block that took part, then the module calls that
    /// lead to the primary block, outermost last.
    pub locations: Vec<Location>,
    /// What is said of it: the exception's sentence, or the rule of `not_applicable`; else null.
    #[serde(default)]
    pub message: Option<String>,
    /// Why it is not evaluated, in words; else null.
    #[serde(default)]
    pub reason: Option<String>,
    /// The same for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// How to put it right, where there is something to; else null.
    #[serde(default)]
    pub fix: Option<Arc<Fix>>,
    /// The patch that mends it, where patches are asked for (`--fixes`) and one holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patch: Vec<Replacement>,
    /// The accepted exception, where the verdict is `waived`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<AcceptedException>,
    /// Whether the baseline knows it: then it does not fail the gate.
    pub in_baseline: bool,
    /// SHA-256 (hex) of control, address, file and the attributes that were read: the same as long as
    /// the finding is, whatever line it moves to.
    pub fingerprint: String,
}

/// Something that could not be read, or a directive that is of no use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CheckError {
    /// `unreadable` (the run is incomplete), `missing` (something is deployed that is not in the code, such as
    /// what a macro makes: weighed like what is not evaluated), `expired`, `malformed` or `unused` (a
    /// suppression).
    pub kind: String,
    /// The file.
    pub file: String,
    /// The line, where one is to blame.
    #[serde(default)]
    pub line: Option<u32>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// The sums.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct CheckSummary {
    /// Results by outcome; each outcome is named.
    pub verdicts: BTreeMap<String, u64>,
    /// Failed items by severity; only severities that occur.
    pub failed: BTreeMap<String, u64>,
    /// Failed items that fail the gate: denied, at or above the threshold, not in the baseline.
    pub denied: u64,
    /// Failed items that the baseline knows.
    pub in_baseline: u64,
    /// Files that were read.
    pub files: u64,
    /// Resources that were found.
    pub resources: u64,
    /// Controls that were run.
    pub controls: u64,
    /// The least severity that fails the gate.
    pub fail_on: Severity,
    /// The exit code.
    pub exit_code: u8,
}

/// A control that was not run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Its id.
    pub control: String,
    /// Why.
    pub reason: String,
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of tickmark.
    pub tool_version: String,
    /// The results, sorted by file, line, control and address.
    pub results: Vec<CheckResult>,
    /// What could not be read, and suppressions that are of no use.
    pub errors: Vec<CheckError>,
    /// Controls that were not run; only with `--explain`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The sums.
    pub summary: CheckSummary,
}
