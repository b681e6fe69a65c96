//! Sealed records: where they come from, the tree over them, and what they must add up to.

use std::collections::BTreeMap;
use std::error::Error;

use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::merkle::Tree;
use crate::model::canonical::{self, hex};
use crate::model::capture::Capture;
use crate::model::gap::Gap;
use crate::model::policy::Waiver;
use crate::model::scan::{Population, Reconciled, ScanFooter, ScanHeader};
use crate::model::sealed::{Record, RecordKind, RulesRecord, SealedScan};
use crate::model::verdict::{ItemVerdict, Verdict};

/// Why something could not be read from where the records are kept.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// Items that are read one after the other.
pub type Items<'a, T> = Box<dyn Iterator<Item = Result<T, SourceError>> + 'a>;

/// Where records are kept: the store, as seen by what seals and verifies. Nothing it says is
/// taken on trust.
pub trait Records {
    /// The id that names the store.
    ///
    /// # Errors
    ///
    /// Each of these: when what is kept cannot be read.
    fn store_id(&self) -> Result<String, SourceError>;
    /// What the database finds wrong with itself.
    fn faults(&self) -> Result<Vec<String>, SourceError>;
    /// Numbers of all scans, in order.
    fn scan_numbers(&self) -> Result<Vec<u64>, SourceError>;
    /// A scan's footer, where it has one.
    fn footer(&self, scan: u64) -> Result<Option<ScanFooter>, SourceError>;
    /// A scan's seal, where it has one.
    fn seal(&self, scan: u64) -> Result<Option<SealedScan>, SourceError>;
    /// A scan's records as kept, in the order of [`RecordKind`].
    fn records(&self, scan: u64) -> Items<'_, Record>;
    /// Every stored body: the hash it is kept under, and its bytes.
    fn blobs(&self) -> Items<'_, (String, Vec<u8>)>;
    /// The length of a body; `None` when it is not there.
    fn blob_size(&self, sha256: &str) -> Result<Option<u64>, SourceError>;
    /// The bytes of a body.
    fn body(&self, sha256: &str) -> Result<Vec<u8>, SourceError>;
    /// How many bodies no record names.
    fn unnamed_blobs(&self) -> Result<u64, SourceError>;
}

/// The hash over verdicts that re-performance must reach: SHA-256 (hex) over their canonical
/// JSON, each with a line end. `verdicts` must come in the order of [`ItemVerdict::key`].
///
/// # Errors
///
/// When a verdict has no canonical form.
pub fn verdict_sha256<'a>(
    verdicts: impl IntoIterator<Item = &'a ItemVerdict>,
) -> Result<String, canonical::CanonicalError> {
    let mut hash = VerdictHash::default();
    for verdict in verdicts {
        hash.push(&canonical::to_string(verdict)?);
    }
    Ok(hash.finish())
}

/// [`verdict_sha256`] over verdicts that stream by as canonical JSON.
#[derive(Debug, Clone, Default)]
pub struct VerdictHash(Sha256);

impl VerdictHash {
    /// Adds the next verdict.
    pub fn push(&mut self, canonical: &str) {
        self.0.update(canonical.as_bytes());
        self.0.update(b"\n");
    }

    /// The hash, in hex.
    #[must_use]
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// The hash that two scans are compared by: SHA-256 (hex) over control, item, verdict and reason of every
/// verdict, in the order of [`ItemVerdict::key`]. What moves with each scan is not in it: capture numbers, what
/// was read, ages in days, and the words of a reason, which AWS may put otherwise every time.
#[derive(Debug, Clone, Default)]
pub struct OutcomeHash(Sha256);

impl OutcomeHash {
    /// Adds the next verdict.
    pub fn push(&mut self, verdict: &ItemVerdict) {
        let reason = verdict.reason.as_ref().map(|gap| {
            let Gap { code, operation, error, .. } = gap;
            serde_json::json!([code, operation, error, gap.regions()])
        });
        let row = serde_json::json!([verdict.key(), verdict.verdict, reason]);
        // Lists of texts have one form only.
        self.0.update(row.to_string().as_bytes());
        self.0.update(b"\n");
    }

    /// The hash, in hex.
    #[must_use]
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// A few problems in words, and how many there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Problems {
    first: Vec<String>,
    count: u64,
}

impl Problems {
    /// How many are told; the rest are counted.
    const TOLD: usize = 5;

    pub(super) fn add(&mut self, problem: impl Into<String>) {
        self.count += 1;
        if self.first.len() < Self::TOLD {
            self.first.push(problem.into());
        }
    }

    /// These problems and the others.
    pub(super) fn joined(&self, others: &Self) -> Self {
        let first = self.first.iter().chain(&others.first).take(Self::TOLD).cloned().collect();
        Self { first, count: self.count + others.count }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn to_text(&self) -> String {
        let text = self.first.join("; ");
        let more = self.count.saturating_sub(self.first.len() as u64);
        if more > 0 { format!("{text}; and {more} more") } else { text }
    }
}

/// What one scan's records add up to, as they stream by.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) tree: Tree,
    pub(super) header: Option<ScanHeader>,
    pub(super) rules: Option<RulesRecord>,
    pub(super) footer: Option<ScanFooter>,
    pub(super) captures: u64,
    pub(super) verdicts: BTreeMap<String, u64>,
    pub(super) verdict_hash: VerdictHash,
    pub(super) outcome_hash: OutcomeHash,
    /// Records that are not what they must be, or not where they must be.
    pub(super) problems: Problems,
    last_kind: Option<RecordKind>,
    last_key: Option<[String; 5]>,
}

impl Reading {
    /// Takes in the next record, and gives it back parsed where it is a capture or a verdict.
    pub(super) fn push(&mut self, record: &Record) -> Parsed {
        self.tree.push(record.line().as_bytes());
        let name = record.kind.as_str();
        if self.last_kind.is_some_and(|last| last > record.kind) {
            self.problems.add(format!("a {name} record stands after others that it must precede"));
        }
        self.last_kind = Some(record.kind);
        let canonical =
            serde_json::from_str::<Value>(&record.text).ok().and_then(|value| canonical::to_string(&value).ok());
        if canonical.as_deref() != Some(&record.text) {
            self.problems.add(format!("a {name} record is not canonical JSON"));
        }
        match record.kind {
            RecordKind::Header => {
                let header = self.parse(record);
                self.only_one(record.kind, self.header.is_some());
                self.header = header;
            }
            RecordKind::Rules => {
                let rules = self.parse(record);
                self.only_one(record.kind, self.rules.is_some());
                self.rules = rules;
            }
            RecordKind::Footer => {
                let footer = self.parse(record);
                self.only_one(record.kind, self.footer.is_some());
                self.footer = footer;
            }
            RecordKind::Capture => {
                self.captures += 1;
                if let Some(capture) = self.parse::<Capture>(record) {
                    if capture.n != self.captures {
                        self.problems.add(format!("capture {} stands where capture {} must", capture.n, self.captures));
                    }
                    return Parsed::Capture(Box::new(capture));
                }
            }
            RecordKind::Verdict => {
                self.verdict_hash.push(&record.text);
                if let Some(verdict) = self.parse::<ItemVerdict>(record) {
                    self.outcome_hash.push(&verdict);
                    *self.verdicts.entry(verdict.verdict.as_str().to_owned()).or_default() += 1;
                    let (control, account, region, r#type, id) = verdict.key();
                    let key = [control, account, region, r#type, id].map(str::to_owned);
                    if self.last_key.as_ref().is_some_and(|last| *last >= key) {
                        self.problems.add(format!("the verdict of {control} on {id} is out of order or there twice"));
                    }
                    self.last_key = Some(key);
                    return Parsed::Verdict(Box::new(verdict));
                }
            }
            RecordKind::Population => drop(self.parse::<Population>(record)),
            RecordKind::Reconciled => drop(self.parse::<Reconciled>(record)),
            RecordKind::Waiver => drop(self.parse::<Waiver>(record)),
        }
        Parsed::Other
    }

    /// Where the footer's counts are not those of the records.
    pub(super) fn miscounts(&self, scan: u64) -> Vec<String> {
        let Some(footer) = &self.footer else { return vec![format!("scan {scan} has no footer")] };
        let mut wrong = Vec::new();
        let outcomes = self.outcome_hash.clone().finish();
        if footer.outcome_sha256.as_ref().is_some_and(|said| *said != outcomes) {
            wrong.push(format!("the outcomes of scan {scan} are not those of its footer"));
        }
        if footer.captures != self.captures {
            wrong.push(format!("scan {scan} has {} captures and its footer says {}", self.captures, footer.captures));
        }
        let known = Verdict::ALL.map(Verdict::as_str);
        for kind in
            known.into_iter().chain(footer.verdicts.keys().map(String::as_str).filter(|kind| !known.contains(kind)))
        {
            let (has, says) =
                (self.verdicts.get(kind).copied().unwrap_or(0), footer.verdicts.get(kind).copied().unwrap_or(0));
            if has != says {
                wrong.push(format!("scan {scan} has {has} verdicts `{kind}` and its footer says {says}"));
            }
        }
        wrong
    }

    /// Where the rules kept are not those that the header names.
    pub(super) fn other_rules(&self, scan: u64) -> Vec<String> {
        let (Some(header), Some(rules)) = (&self.header, &self.rules) else { return Vec::new() };
        let mut wrong = Vec::new();
        if header.tool.controls_sha256 != rules.controls {
            wrong.push(format!("the controls kept with scan {scan} are not those that its header names"));
        }
        if header.tool.policy_sha256 != rules.policy {
            wrong.push(format!("the policy kept with scan {scan} is not the one that its header names"));
        }
        wrong
    }

    fn only_one(&mut self, kind: RecordKind, there: bool) {
        if there {
            self.problems.add(format!("there are two {} records", kind.as_str()));
        }
    }

    fn parse<T: DeserializeOwned>(&mut self, record: &Record) -> Option<T> {
        match serde_json::from_str(&record.text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.add(format!("a {} record cannot be read: {error}", record.kind.as_str()));
                None
            }
        }
    }
}

/// A record that more is to be checked of.
pub(super) enum Parsed {
    Capture(Box<Capture>),
    Verdict(Box<ItemVerdict>),
    Other,
}
