//! A scan: one sealed run over a scope (accounts × regions × services).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attr::CaptureId;
use super::gap::{Gap, GapCode};

/// What was asked for on the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct ScanSelection {
    /// `--service`, as given.
    pub services: Vec<String>,
    /// `--control`, as given.
    pub controls: Vec<String>,
    /// `--criterion`, as given.
    pub criteria: Vec<String>,
    /// `--region`, as given; empty means all enabled regions.
    pub regions: Vec<String>,
    /// `--except`, as given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// One region of an account, in the ledger of the scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionScope {
    /// Region name.
    pub name: String,
    /// AWS's opt-in status (`opt-in-not-required`, `opted-in`, `not-opted-in`).
    pub opt_in_status: String,
    /// Whether this scan looked there.
    pub scanned: bool,
    /// Why not, where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<Gap>,
}

impl RegionScope {
    /// Whether the account can have things there that this scan did not look at: not in a region that is
    /// not enabled, or that the account does not have.
    #[must_use]
    pub fn is_unseen(&self) -> bool {
        let disabled = self.why_not.as_ref().is_some_and(|gap| gap.code == GapCode::RegionDisabled);
        !self.scanned && !disabled && self.opt_in_status != "not-opted-in"
    }
}

/// One account, in the ledger of the scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountScope {
    /// Twelve-digit account id.
    pub id: String,
    /// Partition (`aws`, `aws-us-gov`, `aws-cn`, …).
    pub partition: String,
    /// ARN of the identity that looked (`sts:GetCallerIdentity`).
    pub caller_arn: String,
    /// AWS's unique id of that identity.
    pub caller_id: String,
    /// Every region known, scanned or not.
    pub regions: Vec<RegionScope>,
    /// Why the list of regions is not known to be complete, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions_incomplete: Option<Gap>,
}

impl AccountScope {
    /// The regions that were asked for by name, and that the scan did not look at.
    pub fn asked_and_not_scanned<'a>(&'a self, asked: &'a [String]) -> impl Iterator<Item = &'a RegionScope> {
        self.regions.iter().filter(|region| !region.scanned && asked.contains(&region.name))
    }
}

/// The program and the rules that made a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Version of tickmark.
    pub version: String,
    /// SHA-256 (hex) of the running executable.
    pub executable_sha256: String,
    /// SHA-256 (hex) over all control files in force, in canonical form.
    pub controls_sha256: String,
    /// SHA-256 (hex) of the policy in force, in canonical form.
    pub policy_sha256: String,
}

/// A file that a pre-merge scan judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeFile {
    /// Its path as given.
    pub path: String,
    /// SHA-256 (hex) of its text.
    pub sha256: String,
}

/// The code that a pre-merge scan judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct CodeScope {
    /// Where the repository is fetched from, without credentials; where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit that was checked out (40 hex digits), where the code lies in a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether the work tree differed from that commit, or a file that was judged is not part of it. Plans,
    /// what the CDK synthesised and modules that were fetched are made from the commit, not part of it.
    pub modified: bool,
    /// What was named on the command line.
    pub paths: Vec<String>,
    /// The options that had a part in the verdicts or in the exit code. Of a value that was given for a
    /// variable or a parameter, the name alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The files that were judged, by path.
    pub files: Vec<CodeFile>,
    /// Files that could not be read, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    /// The gate's exit code: 0 let through, 1 refused, 3 not decided.
    pub exit_code: u8,
}

/// What a scan is, fixed and stored before anything is collected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanHeader {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// The gate it was run for (`nightly`, `pre-merge`).
    pub gate: String,
    /// When it began, RFC 3339, UTC. The clock of every verdict in it.
    pub started: String,
    /// The program and the rules.
    pub tool: Tool,
    /// Id of the policy in force.
    pub policy: String,
    /// What was asked for.
    pub asked: ScanSelection,
    /// Every account known, scanned or not.
    pub accounts: Vec<AccountScope>,
    /// Whether an endpoint override or a tape stood in for AWS: such a scan is no evidence.
    pub synthetic: bool,
    /// The endpoint that stood in, where one did for every service that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The endpoints that stood in for some of the services, by IAM prefix (`sts`), where not one did for
    /// all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, String>,
    /// The code that was judged, for a pre-merge scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeScope>,
    /// Revision of the collectors that asked AWS; left out of scans of the first revision, and of code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collectors: Option<u32>,
}

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScanStatus {
    /// It is still running, or was killed and waits to be sealed as aborted.
    Running,
    /// It looked at all it set out to look at.
    Complete,
    /// It ended, with gaps.
    Partial,
    /// It did not end by itself.
    Aborted,
}

impl ScanStatus {
    /// The name as spelled in the store and in exports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Aborted => "aborted",
        }
    }
}

/// How one resource type was counted in one place: the completeness of a population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Population {
    /// Twelve-digit account id.
    pub account: String,
    /// Region name; `global` for global services.
    pub region: String,
    /// `CloudFormation` type name.
    pub r#type: String,
    /// How many items were found and still there when they were looked at.
    pub count: u64,
    /// The operation that counted them (`s3:ListBuckets`).
    pub counted_by: String,
    /// How many pages the listing had.
    pub pages: u32,
    /// Whether the listing reached its end.
    pub complete: bool,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// Items that were listed and had gone when they were looked at, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
    /// The captures of the listing.
    pub captures: Vec<CaptureId>,
}

/// How a control's parameter was set where it asks for less than the default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaxParameter {
    /// The control.
    pub control: String,
    /// The parameter.
    pub parameter: String,
    /// The catalogue's default.
    pub default: Value,
    /// The policy's value.
    pub value: Value,
}

/// How an item fares by us and by Security Hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Both say the same.
    Agrees,
    /// They say opposite things.
    Disagrees,
    /// Security Hub has no finding for the item.
    OnlyOurs,
    /// Security Hub has a finding for an item that we did not judge.
    OnlyTheirs,
}

/// One item reconciled with the second source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// Our control.
    pub control: String,
    /// Their control (`S3.5`).
    pub security_control: String,
    /// Account of the item.
    pub account: String,
    /// Region of the item.
    pub region: String,
    /// The item's id.
    pub id: String,
    /// Our verdict, where we have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<super::verdict::Verdict>,
    /// Their compliance status (`PASSED`, `FAILED`, `WARNING`, `NOT_AVAILABLE`), where they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<String>,
    /// How the two compare.
    pub agreement: Agreement,
    /// The captures that hold their finding.
    pub captures: Vec<CaptureId>,
}

/// What a scan came to, sealed after everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanFooter {
    /// When it ended, RFC 3339, UTC; for an aborted scan, when it was found so.
    pub ended: String,
    /// How it ended.
    pub status: ScanStatus,
    /// How many verdicts of each kind, by name.
    pub verdicts: BTreeMap<String, u64>,
    /// How many captures.
    pub captures: u64,
    /// SHA-256 (hex) over all verdicts in canonical form and order: what re-performance must reach.
    pub verdict_sha256: String,
    /// SHA-256 (hex) over control, item, verdict and reason alone: what two scans are compared by. Scans of
    /// the first versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_sha256: Option<String>,
    /// Regions in which nothing answered, and which were given up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_up: Vec<String>,
    /// By how many seconds our clock was behind AWS's (ahead where negative), where that was so much that
    /// times and ages are in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_behind_seconds: Option<i64>,
    /// Parameters that ask for less than the catalogue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lax: Vec<LaxParameter>,
}
