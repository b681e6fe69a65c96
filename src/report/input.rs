//! What a report is made of: the seam between this room and `cli`, which feeds it.

use std::borrow::Cow;

use crate::model::capture::Capture;
use crate::model::control::Control;
use crate::model::criterion::Criterion;
use crate::model::policy::Policy;
use crate::model::scan::{Population, Reconciled, ScanFooter, ScanHeader};
use crate::model::verdict::ItemVerdict;

/// Everything that a report shows. The same input gives the same bytes.
pub struct Input<'a> {
    /// What the scan is.
    pub header: &'a ScanHeader,
    /// What it came to.
    pub footer: &'a ScanFooter,
    /// All 61 criteria, in the order to show them.
    pub criteria: &'a [Criterion],
    /// Every control of the catalogue in force, tested in this scan or not.
    pub controls: &'a [Control],
    /// The policy in force: parameters and waivers.
    pub policy: &'a Policy,
    /// Controls of the catalogue that this scan did not test: id and reason, in words.
    pub not_tested: &'a [(String, String)],
    /// The verdicts, asked for one control at a time, so that memory holds one control's only.
    pub verdicts: &'a dyn Verdicts,
    /// The ledger of populations.
    pub populations: &'a [Population],
    /// The captures, sorted by number. Bodies are asked for one at a time.
    pub captures: &'a [Capture],
    /// What Security Hub says of the same items.
    pub reconciled: &'a [Reconciled],
    /// The seal.
    pub seal: &'a SealView,
    /// The stored bytes of an answer by their SHA-256 (hex); `None` where the store has none.
    pub bodies: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

/// Where verdicts come from, one control at a time.
pub trait Verdicts {
    /// All verdicts of a control, sorted by [`ItemVerdict::key`].
    ///
    /// # Errors
    ///
    /// Whatever the store says, as a fragment that fits after "could not".
    fn of_control(&self, control: &str) -> Result<Cow<'_, [ItemVerdict]>, Box<dyn std::error::Error + Send + Sync>>;
}

/// Verdicts already in memory, sorted by [`ItemVerdict::key`].
impl Verdicts for Vec<ItemVerdict> {
    fn of_control(&self, control: &str) -> Result<Cow<'_, [ItemVerdict]>, Box<dyn std::error::Error + Send + Sync>> {
        let start = self.partition_point(|verdict| verdict.control.as_str() < control);
        let end = self.partition_point(|verdict| verdict.control.as_str() <= control);
        Ok(Cow::Borrowed(&self[start..end]))
    }
}

/// How one claim of the seal fared when the report was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimState {
    /// It was checked and holds.
    Proved,
    /// It was checked and does not hold.
    Failed,
    /// It cannot be checked from what was at hand.
    NotProvable,
}

/// One claim of the seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealClaim {
    /// What is claimed, as a sentence without a full stop.
    pub claim: String,
    /// How it fared.
    pub state: ClaimState,
    /// Why, in words; may be empty.
    pub detail: String,
}

/// The seal of the scan, as this room needs to show it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SealView {
    /// How many scans the log holds, this one included.
    pub log_size: u64,
    /// Root (hex) of the tree over this scan's records; empty where the scan is not sealed.
    pub tree_root: String,
    /// Root (hex) of the log of scans; empty where the scan is not sealed.
    pub log_root: String,
    /// The log head: a C2SP checkpoint, signature lines included; empty where there is none.
    pub checkpoint: String,
    /// Fingerprint of the public key.
    pub public_key_fingerprint: String,
    /// The public key, PEM (`SubjectPublicKeyInfo`); empty where there is none.
    pub public_key_pem: String,
    /// Whether the checkpoint carries a signature.
    pub signed: bool,
    /// In one sentence: what was verified when the report was made.
    pub verified: String,
    /// The same claim by claim; may be empty.
    pub claims: Vec<SealClaim>,
}

impl SealView {
    /// Whether there is a seal at all.
    #[must_use]
    pub fn sealed(&self) -> bool {
        !self.tree_root.is_empty()
    }

    /// Whether a claim was checked and does not hold.
    #[must_use]
    pub fn broken(&self) -> bool {
        self.claims.iter().any(|claim| claim.state == ClaimState::Failed)
    }
}
