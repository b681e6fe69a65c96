//! The contract `tickmark.check/2`: a check in which nothing is told twice. What a control is stands once, by
//! its id; where an item is written stands once; a result is what one control says, with all items of which it
//! says the same.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{
    AcceptedException, Action, CheckSummary, CheckedResource, Excluded, LeftOut, OtherSuppressions, Outcome,
    Replacement,
};
use super::control::{Fix, Severity};
use super::gap::Gap;

/// Name and version of the contract.
pub const SCHEMA: &str = "tickmark.check/2";

/// What a check came to.
///
/// In a pattern, `{address}`, `{name}` and `{module}` stand for the item's address, its name, and the module
/// instance that it is in. `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckForm {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of tickmark.
    pub tool_version: String,
    /// The sums.
    pub summary: FormSummary,
    /// What could not be read, and suppressions that are of no use.
    pub errors: Vec<ErrorForm>,
    /// Controls that were not run; only with `--explain`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What was left out, by the pattern that did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Excluded>,
    /// What became of the suppressions of other tools, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_suppressions: Option<OtherSuppressions>,
    /// The controls that results name, by id.
    pub controls: BTreeMap<String, ControlForm>,
    /// Why something is not evaluated; results name an entry by its index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<GapForm>,
    /// The files in which something is written; the other tables name an entry by its index.
    pub files: Vec<FileForm>,
    /// Module calls, and other blocks that took part; items and results name an entry by its index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherForm>,
    /// The items; results name an entry by its index.
    pub items: Vec<ItemForm>,
    /// What is said: one control and one verdict each, with every item of which it is said.
    pub results: Vec<ResultForm>,
}

/// The sums.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FormSummary {
    /// Of results.
    #[serde(flatten)]
    pub results: CheckSummary,
    /// What fails the gate, block by block.
    pub denied_findings: FindingSums,
}

/// Failed items put together: a finding is a block and what one control says of it, whatever the number of
/// instances of which the same is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct FindingSums {
    /// Findings.
    pub findings: u64,
    /// Blocks that there are findings of.
    pub blocks: u64,
    /// Instances of these blocks that fail.
    pub instances: u64,
}

/// Something that could not be read, or a directive that is of no use, in one place or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorForm {
    /// `unreadable`, `missing`, `expired`, `malformed` or `unused`, as [`super::check::CheckError::kind`].
    pub kind: String,
    /// What is wrong, and what to do.
    pub message: String,
    /// The places.
    pub at: Vec<ErrorPlace>,
}

/// Where an error is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorPlace {
    /// The file.
    pub file: String,
    /// The line, where one is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// What a control says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlForm {
    /// `CloudFormation` type name of the items that it is about.
    pub r#type: String,
    /// The severity in force.
    pub severity: Severity,
    /// What it says, as a sentence without a full stop. With the criteria it is left out where the control
    /// only passes or does not apply.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Criteria it serves, each with the reason why it does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub criteria: BTreeMap<String, String>,
    /// How to put it right, with the snippet of the language that the item is written in; results name an
    /// entry by its index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Option<Fix>>,
    /// What is said of items, as patterns; results name an entry by its index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Option<String>>,
}

/// Why something is not evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct GapForm {
    /// In words, as a pattern.
    pub reason: Option<String>,
    /// For machines; its detail is a pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
}

/// A file in which items are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct FileForm {
    /// As given on the command line, with `/` between parts.
    pub file: String,
    /// Its path below the root of the git work tree, or below the path that was named, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_repository: Option<String>,
}

/// A module call, or a block other than that of the item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct OtherForm {
    /// Its address.
    pub address: String,
    /// The file: an index into `files`.
    pub file: usize,
    /// First line, from 1.
    pub line: u32,
    /// Last line, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// The lines inside of it that decided; left out where the block as a whole did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u32>,
}

/// An item: an instance of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemForm {
    /// Its address.
    pub address: String,
    /// The name a person would use, where something that is said has it and it is not the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The file: an index into `files`.
    pub file: usize,
    /// First line of its block, from 1.
    pub line: u32,
    /// Last line of its block, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// The module calls that lead to it, outermost last: indexes into `others`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<usize>,
}

/// What a control says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResultForm {
    /// Id of the control.
    pub control: String,
    /// The verdict.
    pub verdict: Outcome,
    /// Type of the items, and the address of the first of them.
    pub resource: CheckedResource,
    /// What the policy makes of it; denied where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// The severity, where it is not the control's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What is said: an index into the control's `messages`, the first where it is left out.
    #[serde(default, skip_serializing_if = "is_first")]
    pub message: usize,
    /// The fix of what failed: an index into the control's `fixes`, the first where it is left out.
    #[serde(default, skip_serializing_if = "is_first")]
    pub fix: usize,
    /// Why it is not evaluated: an index into `gaps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<usize>,
    /// The accepted exception, where the verdict is `waived`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<AcceptedException>,
    /// Whether the baseline knows it; it does not where this is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_baseline: bool,
    /// Every item of which it is said.
    pub locations: Vec<LocationForm>,
}

/// An item of which something is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocationForm {
    /// Its address.
    pub address: String,
    /// The item: an index into `items`.
    pub item: usize,
    /// The lines inside the block that decided; left out where the block as a whole did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u32>,
    /// The other blocks that took part: indexes into `others`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<usize>,
    /// Of what failed: its fingerprint.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
    /// The patch that mends it, where patches are asked for (`--fixes`) and one holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patch: Vec<Replacement>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_first(index: &usize) -> bool {
    *index == 0
}
