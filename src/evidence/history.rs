//! The scans of a store.

use super::error::Failure;
use crate::model::output::{History, PastScan};
use crate::model::scan::{ScanFooter, ScanStatus};
use crate::seal::OutcomeHash;
use crate::store::Store;

/// The scans of a store, in the order of their numbers; those that are running, or wait to be sealed as
/// aborted, too.
///
/// # Errors
///
/// If the store cannot be read.
pub fn history(store: &Store) -> Result<History, Failure> {
    let mut scans = Vec::new();
    for scan in store.scan_numbers()? {
        let header = store.header(scan)?;
        let footer = store.footer(scan)?;
        scans.push(PastScan {
            scan,
            gate: header.gate,
            policy: header.policy,
            started: header.started,
            ended: footer.as_ref().map(|footer| footer.ended.clone()),
            status: footer.as_ref().map_or(ScanStatus::Running, |footer| footer.status),
            synthetic: header.synthetic,
            accounts: header.accounts.into_iter().map(|account| account.id).collect(),
            captures: footer.as_ref().map(|footer| footer.captures),
            outcome_sha256: footer.as_ref().map(|footer| outcomes(store, scan, footer)).transpose()?,
            verdict_sha256: footer.as_ref().map(|footer| footer.verdict_sha256.clone()),
            verdicts: footer.map(|footer| footer.verdicts).unwrap_or_default(),
        });
    }
    Ok(History { scans })
}

/// The hash that two scans are compared by. Where a footer has none, it is made of the verdicts.
fn outcomes(store: &Store, scan: u64, footer: &ScanFooter) -> Result<String, Failure> {
    if let Some(told) = &footer.outcome_sha256 {
        return Ok(told.clone());
    }
    let mut hash = OutcomeHash::default();
    for verdict in store.verdicts(scan) {
        hash.push(&verdict?);
    }
    Ok(hash.finish())
}
