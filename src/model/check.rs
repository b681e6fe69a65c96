//! What a check of code came to, result by result: what every output is made from. As JSON it is the
//! contract `tickmark.check/1`, which goes away with the next version; [`super::check_form`] is its successor.
//!
//! Nothing in it holds a value out of the code but names, addresses and the control's own sentences:
//! what is sensitive cannot reach an output that is made from it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::control::{Fix, Severity};
use super::gap::Gap;

/// Name and version of the old contract.
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
    /// Its last day, ISO 8601 date; none where another tool's directive accepts it, which has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The directive of another tool that accepts it (`checkov:skip=CKV_AWS_18`); none for one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Where the directive stands; none for a waiver of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

impl AcceptedException {
    /// When it ends, in words.
    #[must_use]
    pub fn ends(&self) -> String {
        self.until.as_ref().map_or_else(|| "without an end date".to_owned(), |until| format!("until {until}"))
    }

    /// Why it is accepted, in words.
    #[must_use]
    pub fn why(&self) -> &str {
        if self.reason.is_empty() { "no reason is given" } else { &self.reason }
    }
}

/// What became of the suppressions of other tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OtherSuppressions {
    /// Directives that were found, each rule of one by itself.
    pub directives: u64,
    /// Results that they accept.
    pub accepted: u64,
    /// Those that accept nothing, whatever fails where they stand.
    pub unused: Vec<UnusedRule>,
}

/// Directives of another tool that accept nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnusedRule {
    /// The directive, with its rule.
    pub directive: String,
    /// Why.
    pub why: String,
    /// How many there are.
    pub number: u64,
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
    /// The first 128 bits (hex) of a SHA-256 of control, address, path in the repository and the attributes
    /// that were read: the same as long as the finding is, whatever line it moves to.
    pub fingerprint: String,
    /// The name a person would use of the item, where the message or the reason says it and it is not the
    /// address: what is said apart from it is said of every instance.
    #[serde(skip)]
    pub name: Option<Box<str>>,
}

impl CheckResult {
    /// The order of results: file, line, control, address; then what else tells two apart.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        fn place(result: &CheckResult) -> (&str, u32) {
            result.locations.first().map_or(("", 0), |location| (&location.file, location.line))
        }
        fn then(result: &CheckResult) -> (Outcome, Severity, Action, bool) {
            (result.verdict, result.severity, result.action, result.in_baseline)
        }
        (place(self).cmp(&place(other)))
            .then_with(|| (&self.control, &self.resource.address).cmp(&(&other.control, &other.resource.address)))
            .then_with(|| self.resource.r#type.cmp(&other.resource.r#type))
            .then_with(|| self.locations.cmp(&other.locations))
            .then_with(|| then(self).cmp(&then(other)))
            .then_with(|| (&self.message, &self.reason).cmp(&(&other.message, &other.reason)))
            .then_with(|| (&self.fingerprint, &self.name).cmp(&(&other.fingerprint, &other.name)))
    }
}

/// Something that could not be read, or a directive that is of no use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CheckError {
    /// `unreadable` (the run is incomplete), `missing` (something is deployed that is not in the code, such as
    /// what a macro makes: weighed like what is not evaluated), `not_judged` (what is beside it and says nothing
    /// that could be judged: a note), `expired`, `malformed` or `unused` (a suppression).
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

/// What a pattern left out below the paths that were named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Excluded {
    /// The pattern, of the command line or the policy.
    pub pattern: String,
    /// Directories, each with all that is in it. Neither these nor files: the pattern matched nothing.
    pub directories: u64,
    /// Files.
    pub files: u64,
    /// Their paths, sorted.
    pub paths: Vec<String>,
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
    /// Files by the name in [`Location::file`], with their path below the root of the git work tree, or
    /// below the path that was named; only where the two differ.
    #[serde(skip)]
    pub in_repository: BTreeMap<String, String>,
    /// Controls that were not run; only with `--explain`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What was left out, by the pattern that did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Excluded>,
    /// What became of the suppressions of other tools, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_suppressions: Option<OtherSuppressions>,
    /// The sums.
    pub summary: CheckSummary,
}
