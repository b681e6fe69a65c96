//! What is sealed, record by record, and what a seal is.

use serde::{Deserialize, Serialize};

/// The kinds of sealed records, in the order in which they stand in a scan's tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// [`super::scan::ScanHeader`], with the scope: one.
    Header,
    /// [`RulesRecord`]: one, or none where a scan broke off before its rules were stored.
    Rules,
    /// [`super::capture::Capture`], by number.
    Capture,
    /// [`super::scan::Population`], in the order stored.
    Population,
    /// [`super::verdict::ItemVerdict`], by key.
    Verdict,
    /// [`super::scan::Reconciled`], in the order stored.
    Reconciled,
    /// [`super::policy::Waiver`], in the order stored.
    Waiver,
    /// [`super::scan::ScanFooter`]: one.
    Footer,
}

impl RecordKind {
    /// Every kind, in the order of the tree.
    pub const ALL: [Self; 8] = [
        Self::Header,
        Self::Rules,
        Self::Capture,
        Self::Population,
        Self::Verdict,
        Self::Reconciled,
        Self::Waiver,
        Self::Footer,
    ];

    /// The name as spelled in sealed records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Rules => "rules",
            Self::Capture => "capture",
            Self::Population => "population",
            Self::Verdict => "verdict",
            Self::Reconciled => "reconciled",
            Self::Waiver => "waiver",
            Self::Footer => "footer",
        }
    }
}

/// The rules that were in force, by the SHA-256 (hex) of the bytes that are kept as blobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesRecord {
    /// All control files, canonical JSON; the same as the header's `tool.controls_sha256`.
    pub controls: String,
    /// The criteria, canonical JSON.
    pub criteria: String,
    /// The policy, canonical JSON; the same as the header's `tool.policy_sha256`.
    pub policy: String,
}

/// One sealed record: a leaf of its scan's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub kind: RecordKind,
    /// The value in canonical JSON, exactly as it is kept.
    pub text: String,
}

impl Record {
    /// The leaf as hashed, and as written on a line of `records.jsonl`: an object whose only
    /// member is named after the kind. It is canonical JSON because `text` is.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{{\"{}\":{}}}", self.kind.as_str(), self.text)
    }
}

/// The seal of one scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedScan {
    /// How many records its tree has.
    pub tree_size: u64,
    /// Root of its tree, hex.
    pub tree_root: String,
    /// How many scans the log has, with this one: the scan's own number.
    pub log_size: u64,
    /// Root of the log, hex.
    pub log_root: String,
    /// The log's head as a C2SP checkpoint, with its signature line.
    pub checkpoint: String,
    /// SHA-256 (hex) of the `SubjectPublicKeyInfo` DER of the key that signed.
    pub key_fingerprint: String,
}
