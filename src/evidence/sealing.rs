//! Ending scans: the footer, the seal, and what a killed scan left.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};

use super::error::Failure;
use super::stores::{Made, make};
use crate::model::scan::{LaxParameter, ScanStatus};
use crate::seal::key::{self, SigningKey};
use crate::seal::{footer, seal_scan};
use crate::store::Store;

/// Opens the store for writing, makes it and its key where there are none, and seals what a
/// killed scan left.
///
/// # Errors
///
/// If the store is in use, or it or its key cannot be read or written.
pub fn open_or_make(dir: &Path) -> Result<Made, Failure> {
    if Store::exists(dir) {
        let store = Store::open(dir)?;
        let key = key::load(dir)?;
        seal_leftovers(&store, &key)?;
        return Ok(Made { store, key, trusted_at: None });
    }
    make(dir)
}

/// Seals scans that a killed process left as aborted: the log has no gaps.
fn seal_leftovers(store: &Store, key: &SigningKey) -> Result<(), Failure> {
    for scan in store.unfinished()? {
        finish(store, key, scan, ScanStatus::Aborted, Vec::new(), now())?;
    }
    Ok(())
}

/// Ends a scan: its footer, its seal.
pub(crate) fn finish(
    store: &Store,
    key: &SigningKey,
    scan: u64,
    status: ScanStatus,
    lax: Vec<LaxParameter>,
    ended: DateTime<Utc>,
) -> Result<(), Failure> {
    store.flush()?;
    let ended = ended.to_rfc3339_opts(SecondsFormat::Millis, true);
    let footer = footer(store, scan, &ended, status, lax)?;
    let seal = seal_scan(store, scan, &footer, key)?;
    store.finish(scan, &footer, &seal)?;
    Ok(())
}

/// The machine's clock: when a scan begins and ends. What is judged is judged by the time in the
/// scan's header.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the place where a use case reads the machine's clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
