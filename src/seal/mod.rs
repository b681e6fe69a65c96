//! The seal: that what was collected is kept whole, in order, and as it was.
//!
//! Every scan's records make a Merkle tree ([`merkle`]); its root is a leaf of the log of all scans
//! ([`log`]), whose head is signed ([`checkpoint`], [`key`]). [`verify()`] recomputes all of it from
//! what is kept and says, claim by claim, what is proved, what failed and what cannot be proved
//! here. [`package`] writes the file that is handed to the auditor, and verifies one.
//!
//! To end a scan: [`footer`], then [`seal_scan`], then have the store keep both.

pub mod checkpoint;
pub mod key;
pub mod log;
pub mod merkle;
pub mod package;
mod record;
pub mod salt;
mod verify;

pub use self::record::{Items, OutcomeHash, Records, SourceError, VerdictHash, verdict_sha256};
pub use self::verify::{Options, verify};
pub use crate::model::claim::{Claim, ClaimOutcome};

use self::checkpoint::Checkpoint;
use self::key::SigningKey;
use self::log::LogEntry;
use self::merkle::Tree;
use self::record::Reading;
use crate::model::canonical::{self, hex};
use crate::model::exit;
use crate::model::scan::{LaxParameter, ScanFooter, ScanStatus};
use crate::model::sealed::{Record, RecordKind, SealedScan};

impl Claim {
    fn new(id: &'static str, statement: &str, outcome: ClaimOutcome, detail: impl Into<String>) -> Self {
        Self { id, statement: statement.to_owned(), outcome, detail: detail.into() }
    }

    /// Proved where there are no problems, with `counted` as the detail.
    fn judged(id: &'static str, statement: &str, problems: &record::Problems, counted: impl Into<String>) -> Self {
        if problems.is_empty() {
            Self::new(id, statement, ClaimOutcome::Proved, counted)
        } else {
            Self::new(id, statement, ClaimOutcome::Failed, problems.to_text())
        }
    }
}

/// The id of the claim on signatures, which decides between proved and not provable here.
const SIGNATURES: &str = "signatures";

/// The exit code of a verification: [`exit::EXCEPTIONS`] where a claim failed, [`exit::INCOMPLETE`] where
/// the signatures could not be judged for want of a pinned key, else [`exit::CLEAN`]. Other claims that are
/// not provable here, such as an outside anchor, say what a reader has to know and change nothing.
#[must_use]
pub fn exit_code(claims: &[Claim]) -> u8 {
    if claims.iter().any(|claim| claim.outcome == ClaimOutcome::Failed) {
        return exit::EXCEPTIONS;
    }
    let judged = claims.iter().any(|claim| claim.id == SIGNATURES && claim.outcome == ClaimOutcome::Proved);
    if judged { exit::CLEAN } else { exit::INCOMPLETE }
}

/// Why a scan could not be sealed. The message fits after "could not".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// What is kept could not be read.
    #[error("read what is to be sealed")]
    Source(#[from] SourceError),
    /// A record has no canonical form.
    #[error(transparent)]
    Canonical(#[from] canonical::CanonicalError),
    /// The records contradict each other or the footer.
    #[error("seal scan {scan}: {what}")]
    Contradiction {
        /// The scan.
        scan: u64,
        /// What contradicts what.
        what: String,
    },
    /// The log up to here is not the one that was signed: adding to it would sign a rewritten past.
    #[error("seal scan {scan}: the log of earlier scans is not the one that was signed: {what}")]
    Log {
        /// The scan.
        scan: u64,
        /// What is wrong with it.
        what: String,
    },
}

impl SealError {
    /// What the user can do, as a sentence.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Source(_) | Self::Log { .. } => {
                "run `tickmark verify` to see all that is wrong, and restore the store from a backup"
            }
            Self::Canonical(_) | Self::Contradiction { .. } => "this is a fault of tickmark; please report it",
        }
    }
}

/// The footer of a scan, counted from its records. `ended` is RFC 3339, UTC.
///
/// # Errors
///
/// When the records cannot be read or contradict each other.
pub fn footer(
    records: &dyn Records,
    scan: u64,
    ended: &str,
    status: ScanStatus,
    lax: Vec<LaxParameter>,
) -> Result<ScanFooter, SealError> {
    let reading = read(records, scan)?;
    Ok(ScanFooter {
        ended: ended.to_owned(),
        status,
        verdicts: reading.verdicts,
        captures: reading.captures,
        verdict_sha256: reading.verdict_hash.finish(),
        outcome_sha256: Some(reading.outcome_hash.finish()),
        lax,
        given_up: Vec::new(),
        clock_behind_seconds: None,
    })
}

/// Seals `scan`, the newest, whose records are kept except for `footer`.
///
/// # Errors
///
/// [`SealError::Contradiction`] when the footer's counts are not those of the records;
/// [`SealError::Log`] when an earlier scan has no seal, or the log of earlier scans is not the one
/// that `key` signed.
pub fn seal_scan(
    records: &dyn Records,
    scan: u64,
    footer: &ScanFooter,
    key: &SigningKey,
) -> Result<SealedScan, SealError> {
    let mut reading = read(records, scan)?;
    reading.push(&Record { kind: RecordKind::Footer, text: canonical::to_string(footer)? });
    let verdicts = reading.verdict_hash.clone().finish();
    let mut wrong = reading.miscounts(scan);
    wrong.extend(reading.other_rules(scan));
    if verdicts != footer.verdict_sha256 {
        wrong.push("the footer's hash over the verdicts is not that of the verdicts".into());
    }
    if !reading.problems.is_empty() {
        wrong.push(reading.problems.to_text());
    }
    if !wrong.is_empty() {
        return Err(SealError::Contradiction { scan, what: wrong.join("; ") });
    }

    let origin = log::origin(&records.store_id()?);
    let mut tree = earlier_log(records, scan, &origin, key)?;
    let tree_root = hex(&reading.tree.root());
    let tree_size = reading.tree.size();
    let entry = LogEntry { scan, status: footer.status, tree_size, tree_root: tree_root.clone() };
    tree.push(entry.line().as_bytes());
    let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
    Ok(SealedScan {
        tree_size,
        tree_root,
        log_size: tree.size(),
        log_root: hex(&tree.root()),
        checkpoint: checkpoint.sign(key),
        key_fingerprint: key.public_key().fingerprint(),
    })
}

/// The log before `scan`, after checking that it is the one `key` signed last.
fn earlier_log(records: &dyn Records, scan: u64, origin: &str, key: &SigningKey) -> Result<Tree, SealError> {
    let wrong = |what: String| SealError::Log { scan, what };
    if records.scan_numbers()?.into_iter().ne(1..=scan) {
        return Err(wrong("its numbers have gaps, or it is not the newest".into()));
    }
    sealed_log(records, scan, origin, key)
}

/// Whether the log of a store is the one that was signed last: what is asked before a scan writes to it.
///
/// # Errors
///
/// As [`seal_scan`] where it is not, or cannot be read.
pub fn check_log(records: &dyn Records, key: &SigningKey) -> Result<(), SealError> {
    let numbers = records.scan_numbers()?;
    let next = numbers.len() as u64 + 1;
    if numbers.into_iter().ne(1..next) {
        return Err(SealError::Log { scan: next, what: "its numbers have gaps".into() });
    }
    sealed_log(records, next, &log::origin(&records.store_id()?), key).map(drop)
}

/// The log of the scans before this one, which must be the one that was signed last.
fn sealed_log(records: &dyn Records, scan: u64, origin: &str, key: &SigningKey) -> Result<Tree, SealError> {
    let wrong = |what: String| SealError::Log { scan, what };
    let mut tree = Tree::default();
    let mut last = None;
    for earlier in 1..scan {
        let (Some(footer), Some(seal)) = (records.footer(earlier)?, records.seal(earlier)?) else {
            return Err(wrong(format!("scan {earlier} is not sealed")));
        };
        let entry =
            LogEntry { scan: earlier, status: footer.status, tree_size: seal.tree_size, tree_root: seal.tree_root };
        tree.push(entry.line().as_bytes());
        last = Some(seal.checkpoint);
    }
    if let Some(note) = last {
        let head = Checkpoint::open(&note, &key.public_key()).map_err(|error| wrong(error.to_string()))?;
        if head != (Checkpoint { origin: origin.to_owned(), size: tree.size(), root: tree.root() }) {
            return Err(wrong("its root is another".into()));
        }
    }
    Ok(tree)
}

fn read(records: &dyn Records, scan: u64) -> Result<Reading, SealError> {
    let mut reading = Reading::default();
    for record in records.records(scan) {
        reading.push(&record?);
    }
    if !reading.problems.is_empty() {
        return Err(SealError::Contradiction { scan, what: reading.problems.to_text() });
    }
    Ok(reading)
}
