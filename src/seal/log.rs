//! The log of all scans: append-only, aborted ones too, numbered without gaps.

use serde::{Deserialize, Serialize};

use super::merkle::{Hash, Tree};
use crate::model::canonical;
use crate::model::scan::ScanStatus;

/// One scan's leaf of the log. Its number is its place, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// The scan.
    pub scan: u64,
    /// How it ended.
    pub status: ScanStatus,
    /// How many records its tree has.
    pub tree_size: u64,
    /// Root of its tree, hex.
    pub tree_root: String,
}

impl LogEntry {
    /// The leaf as hashed: canonical JSON, a line of `log.jsonl`.
    ///
    /// # Panics
    ///
    /// Does not: numbers and strings always have a canonical form.
    #[must_use]
    pub fn line(&self) -> String {
        canonical::to_string(self).expect("numbers and strings always have a canonical form")
    }
}

/// The name of a store's log, and of the key that signs it.
#[must_use]
pub fn origin(store_id: &str) -> String {
    format!("tickmark/{store_id}")
}

/// The roots of the log after its first, second, … entry.
#[must_use]
pub fn roots(entries: &[LogEntry]) -> Vec<Hash> {
    let mut tree = Tree::default();
    let after = |entry: &LogEntry| {
        tree.push(entry.line().as_bytes());
        tree.root()
    };
    entries.iter().map(after).collect()
}
