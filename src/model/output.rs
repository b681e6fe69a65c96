//! What commands print with `--format json`: one object on one line, named by its `schema`.
//!
//! Each form is a contract: a member may be added, none is renamed or given another meaning. What a
//! check prints is in [`super::check`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::claim::Claim;
use super::control::{Control, ItemScope, Severity, Source};
use super::scan::ScanStatus;
use super::verdict::Verdict;

/// A form of output with its name.
#[derive(Debug, Serialize)]
pub struct Named<T> {
    schema: &'static str,
    #[serde(flatten)]
    body: T,
}

/// A form of output.
pub trait Form: Serialize + JsonSchema {
    /// Name and version of the form.
    const SCHEMA: &'static str;

    /// The output with its name.
    fn named(&self) -> Named<&Self> {
        Named { schema: Self::SCHEMA, body: self }
    }
}

/// What a scan came to (`scan`, `demo`).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScanSummary {
    /// Number of the scan.
    pub scan: u64,
    /// How it ended.
    pub status: ScanStatus,
    /// Whether something stood in for AWS: such a scan is no evidence.
    pub synthetic: bool,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// When it ended.
    pub ended: String,
    /// The accounts that were scanned.
    pub accounts: Vec<String>,
    /// Other accounts of which the store holds earlier scans.
    pub other_accounts: Vec<String>,
    /// Every region known, scanned or not.
    pub regions: Vec<RegionOutput>,
    /// By how many seconds the clock of this machine was behind AWS's (ahead where negative), where that was
    /// so much that times and ages are in doubt.
    pub clock_behind_seconds: Option<i64>,
    /// How many items were looked at, over all controls.
    pub items: u64,
    /// How many verdicts of each kind, by name; all four kinds.
    pub verdicts: BTreeMap<String, u64>,
    /// How many failed items are waived.
    pub waived: u64,
    /// Accepted gaps, each with how many items it covers.
    pub accepted: Vec<AcceptedCount>,
    /// Acceptances of the policy that have expired, or that cover nothing.
    pub idle_acceptances: Vec<IdleAcceptance>,
    /// Exceptions that are not waived, by control, the most severe first.
    pub exceptions: Vec<ExceptionCount>,
    /// Why items were not evaluated.
    pub not_evaluated: Vec<GapCount>,
    /// How many answers were captured.
    pub captures: u64,
    /// SHA-256 (hex) over all verdicts: what re-performance must reach.
    pub verdict_sha256: String,
    /// SHA-256 (hex) over control, item, verdict and reason alone: the same on two nights on which nothing
    /// changed.
    pub outcome_sha256: Option<String>,
    /// The least severity that fails the scan.
    pub fail_on: Severity,
    /// How many exceptions are at or above it.
    pub failed_at_threshold: u64,
}

/// A region in the ledger of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RegionOutput {
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Whether the scan looked there.
    pub scanned: bool,
    /// Why it did not.
    pub why_not: Option<String>,
    /// Whether nothing answered there, so that it was given up.
    pub given_up: bool,
}

/// Items that are not evaluated and that the policy accepts to be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AcceptedCount {
    /// Why it is accepted.
    pub reason: String,
    /// Last day, ISO 8601 date.
    pub until: String,
    /// How many items.
    pub items: u64,
}

/// An acceptance of the policy that does nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IdleAcceptance {
    /// Why it was accepted.
    pub reason: String,
    /// Last day, ISO 8601 date.
    pub until: String,
    /// Whether that day is past; else it covers nothing in this scan.
    pub expired: bool,
}

/// A scan that could not be made (`scan`, exit code 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScanFailure {
    /// The exit code, 2.
    pub exit: u8,
    /// What could not be done, and why.
    pub error: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// The exceptions of a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExceptionCount {
    /// Id of the control.
    pub control: String,
    /// Its severity.
    pub severity: Severity,
    /// How many items fail it.
    pub items: u64,
}

/// Items that were not evaluated for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GapCount {
    /// The reason in words.
    pub gap: String,
    /// How many items.
    pub items: u64,
    /// The controls that were not evaluated.
    pub controls: Vec<String>,
    /// The IAM action that would tell, where one is known.
    pub action: Option<String>,
}

/// What a scan could not read with these credentials (`scan --preflight`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preflight {
    /// How many controls are selected.
    pub controls: usize,
    /// The actions that are denied, each with the controls that will not be evaluated.
    pub denied: BTreeMap<String, Vec<String>>,
}

/// The scans of a store (`history`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct History {
    /// The scans in the order of their numbers.
    pub scans: Vec<PastScan>,
}

/// One scan of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PastScan {
    /// Its number.
    pub scan: u64,
    /// The gate it was run for (`nightly`, `pre-merge`).
    pub gate: String,
    /// Id of the policy.
    pub policy: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// When it ended, where it has.
    pub ended: Option<String>,
    /// How it ended.
    pub status: ScanStatus,
    /// Whether something stood in for AWS: such a scan is no evidence.
    pub synthetic: bool,
    /// The accounts.
    pub accounts: Vec<String>,
    /// How many verdicts of each kind, by name.
    pub verdicts: BTreeMap<String, u64>,
    /// How many answers were captured, where it has ended.
    pub captures: Option<u64>,
    /// SHA-256 (hex) over all verdicts, where it has ended.
    pub verdict_sha256: Option<String>,
    /// SHA-256 (hex) over control, item, verdict and reason alone, where it has ended: the same on two nights on
    /// which nothing changed.
    pub outcome_sha256: Option<String>,
}

/// What was verified (`verify`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verification {
    /// The exit code: 0 proved, 1 a claim failed, 3 not provable here.
    pub exit: u8,
    /// Claim by claim.
    pub claims: Vec<Claim>,
}

/// What playing the stored answers back came to (`reperform`).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Reperformed {
    /// Number of the scan.
    pub scan: u64,
    /// How many answers were played back.
    pub captures: u64,
    /// How many verdicts were reached.
    pub verdicts: u64,
    /// The hash over the verdicts that was sealed.
    pub sealed: String,
    /// The hash over the verdicts that were reached now.
    pub reached: String,
    /// How the two compare.
    pub outcome: Comparison,
    /// The verdicts that are not the same.
    pub differences: Vec<VerdictDifference>,
    /// Revision of the collectors that made the scan.
    pub collectors_then: u32,
    /// Revision of the collectors that played it back.
    pub collectors_now: u32,
    /// Operations that were asked something now which was not asked then, `service:Operation`.
    pub asked_only_now: Vec<String>,
    /// Operations that were asked something then which was not asked now.
    pub asked_only_then: Vec<String>,
}

/// How re-performed verdicts compare with those that were sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// All are the same.
    Same,
    /// All that can be compared are the same. Others rest on a question that was not put then.
    NotComparable,
    /// Some are not the same on the same answers.
    Different,
}

/// A verdict that was sealed otherwise than it was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerdictDifference {
    /// The control.
    pub control: String,
    /// Account of the item.
    pub account: String,
    /// Region of the item.
    pub region: String,
    /// `CloudFormation` type of the item.
    pub r#type: String,
    /// The item's id.
    pub id: String,
    /// The verdict that was sealed; null where none was.
    pub sealed: Option<Verdict>,
    /// The verdict that was reached; null where none was.
    pub reached: Option<Verdict>,
    /// The question that was not put then, `service:Operation`, where the two cannot be compared for it.
    pub not_asked: Option<String>,
    /// The function of the control language that says something else since then, where the two cannot be
    /// compared for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

/// A new store (`init`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NewStore {
    /// Directory of the store.
    pub store: PathBuf,
    /// Its id, which the log's heads name.
    pub store_id: String,
    /// File of the signing key.
    pub signing_key: PathBuf,
    /// File of the public key.
    pub public_key: PathBuf,
    /// Fingerprint of the public key: for the auditor, by another way than the evidence itself.
    pub fingerprint: String,
    /// Where this machine pins the public key.
    pub pinned_in: Option<PathBuf>,
}

/// A report that was written (`report`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WrittenReport {
    /// Number of the scan.
    pub scan: u64,
    /// The page to open.
    pub index: PathBuf,
    /// How many pages there are.
    pub pages: u64,
    /// How many verdicts they show.
    pub verdicts: u64,
    /// How many raw answers have no page of their own.
    pub raw_without_page: u64,
    /// Captures whose stored bytes are not those recorded.
    pub mismatched: Vec<u64>,
}

/// A handover package that was written (`package`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WrittenPackage {
    /// Number of the scan.
    pub scan: u64,
    /// The file.
    pub file: PathBuf,
    /// How many files are in it.
    pub files: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256 (hex).
    pub sha256: String,
    /// Fingerprint of the key that signed it.
    pub key: String,
}

/// The controls (`controls list`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ControlList {
    /// The controls by id.
    pub controls: Vec<ListedControl>,
}

/// A control in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedControl {
    /// Its id.
    pub id: String,
    /// What is true when it holds.
    pub title: String,
    /// Its severity.
    pub severity: Severity,
    /// The criteria that it serves.
    pub criteria: Vec<String>,
    /// The type that it looks at.
    pub resource: String,
    /// What its items are.
    pub scope: ItemScope,
    /// From where it can be judged.
    pub sources: Vec<Source>,
    /// Its file.
    pub file: String,
}

/// The criteria (`controls list --criteria`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CriterionList {
    /// The criteria in the order of their list.
    pub criteria: Vec<ListedCriterion>,
}

/// A criterion in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedCriterion {
    /// Its id.
    pub id: String,
    /// What it asks, in our own words.
    pub text: String,
    /// The controls that serve it.
    pub controls: Vec<String>,
}

/// One control with all that its file says (`controls show`).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ShownControl {
    /// Its file.
    pub file: String,
    /// What the file says.
    pub control: Control,
}

/// The test cases of control files (`controls test`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseRun {
    /// How many came out as they say.
    pub passed: u64,
    /// Those that did not.
    pub failed: Vec<FailedCase>,
}

/// A test case that did not come out as it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedCase {
    /// Id of the control.
    pub control: String,
    /// Name of the case.
    pub case: String,
    /// What came out.
    pub why: String,
}

/// The mistakes in control files (`controls lint`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lint {
    /// How many controls there are; null where the files cannot be loaded.
    pub controls: Option<usize>,
    /// The mistakes.
    pub mistakes: Vec<Mistake>,
}

/// A mistake in a control file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Names the forms, and makes one schema of them all.
macro_rules! forms {
    ($($form:ty => $schema:literal,)+) => {
        $(impl Form for $form {
            const SCHEMA: &'static str = $schema;
        })+

        /// The JSON Schema of every form: an object is of the form that its `schema` names.
        #[must_use]
        pub fn schema() -> serde_json::Value {
            let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
            let any = vec![$({
                let form = generator.subschema_for::<$form>();
                serde_json::json!({
                    "properties": { "schema": { "const": $schema } },
                    "required": ["schema"],
                    "allOf": [form],
                })
            },)+];
            serde_json::json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "title": "Output",
                "description": "What a command of tickmark prints with `--format json`",
                "oneOf": any,
                "$defs": generator.take_definitions(true),
            })
        }
    };
}

/// What a patch of code came to (`fix`).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Fixes {
    /// Whether the files were written.
    pub written: bool,
    /// What the patch mends, by file and line.
    pub patched: Vec<PatchedFinding>,
    /// What it does not mend, each with the reason, by file and line.
    pub unpatched: Vec<UnpatchedFinding>,
    /// The files that the patch changes.
    pub files: Vec<String>,
    /// The patch, as a unified diff.
    pub diff: String,
    /// How many failed items fail the gate with the patch applied.
    pub left: u64,
    /// The exit code.
    pub exit_code: u8,
}

/// A failed item that a patch mends: with the patch applied, it passes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PatchedFinding {
    /// The control.
    pub control: String,
    /// Address of the item.
    pub address: String,
    /// The file of its block.
    pub file: String,
    /// The first line of its block, before the patch.
    pub line: u32,
    /// What the change does to what is deployed, where a reader would not expect it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

/// A failed item that no patch mends.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnpatchedFinding {
    /// The control.
    pub control: String,
    /// Address of the item.
    pub address: String,
    /// The file of its block.
    pub file: String,
    /// The first line of its block.
    pub line: u32,
    /// Why it is not patched.
    pub reason: String,
}

forms! {
    ScanSummary => "tickmark.scan/1",
    ScanFailure => "tickmark.scan-failure/1",
    Preflight => "tickmark.preflight/1",
    History => "tickmark.history/1",
    Verification => "tickmark.verify/1",
    Reperformed => "tickmark.reperform/1",
    NewStore => "tickmark.init/1",
    WrittenReport => "tickmark.report/1",
    WrittenPackage => "tickmark.package/1",
    ControlList => "tickmark.controls/1",
    CriterionList => "tickmark.criteria/1",
    ShownControl => "tickmark.control/1",
    CaseRun => "tickmark.cases/1",
    Lint => "tickmark.lint/1",
    Fixes => "tickmark.fix/1",
}
