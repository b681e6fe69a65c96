//! Opening stores, and sealing what a killed scan left.

use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use clap::Args;

use super::error::Failure;
use crate::model::scan::{LaxParameter, ScanStatus};
use crate::seal::key::{self, SigningKey};
use crate::seal::{footer, seal_scan};
use crate::store::Store;

/// Where the store is.
#[derive(Args, Clone)]
pub(super) struct StoreArgument {
    /// Directory of the store.
    #[arg(long, value_name = "DIR", default_value = ".tickmark", env = "TICKMARK_STORE")]
    pub(super) store: PathBuf,
}

/// Our clock, RFC 3339 with milliseconds, UTC.
pub(super) fn clock() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What making a store came to.
pub(super) struct Made {
    pub(super) store: Store,
    pub(super) key: SigningKey,
    /// Where the public key was put outside the store, for a new store.
    pub(super) trusted_at: Option<PathBuf>,
}

#[cfg(feature = "aws")]
/// Opens the store for writing, makes it and its key where there are none, and seals what a
/// killed scan left.
pub(super) fn open_or_make(dir: &Path) -> Result<Made, Failure> {
    if Store::exists(dir) {
        let store = Store::open(dir)?;
        let key = key::load(dir)?;
        seal_leftovers(&store, &key)?;
        return Ok(Made { store, key, trusted_at: None });
    }
    make(dir)
}

/// Makes a store and its key.
pub(super) fn make(dir: &Path) -> Result<Made, Failure> {
    let store = Store::create(dir, &key::new_store_id()?)?;
    let key = match key::load(dir) {
        Ok(key) => key,
        Err(key::KeyError::NotFound { .. }) => key::generate(dir)?,
        Err(error) => return Err(error.into()),
    };
    let trusted_at = Some(key::trust(&key.public_key())?);
    Ok(Made { store, key, trusted_at })
}

#[cfg(feature = "aws")]
/// Seals scans that a killed process left as aborted: the log has no gaps.
fn seal_leftovers(store: &Store, key: &SigningKey) -> Result<(), Failure> {
    for scan in store.unfinished()? {
        finish(store, key, scan, ScanStatus::Aborted, Vec::new())?;
    }
    Ok(())
}

#[cfg(feature = "aws")]
/// Ends a scan: its footer, its seal.
pub(super) fn finish(
    store: &Store,
    key: &SigningKey,
    scan: u64,
    status: ScanStatus,
    lax: Vec<LaxParameter>,
) -> Result<(), Failure> {
    store.flush()?;
    let footer = footer(store, scan, &clock(), status, lax)?;
    let seal = seal_scan(store, scan, &footer, key)?;
    store.finish(scan, &footer, &seal)?;
    Ok(())
}

/// Opens a store for reading, and chooses a scan of it: the one asked for, or the last sealed.
pub(super) fn open_scan(dir: &Path, asked: Option<u64>) -> Result<(Store, u64), Failure> {
    let store = Store::open_read_only(dir)?;
    let last = store.last_sealed()?;
    let scan = match (asked, last) {
        (Some(scan), Some(last)) if scan >= 1 && scan <= last => scan,
        (Some(scan), Some(last)) => {
            return Err(Failure::with_help(format!("find scan {scan}"), format!("the store has scans 1 to {last}")));
        }
        (None, Some(last)) => last,
        (_, None) => {
            return Err(Failure::with_help(
                format!("find a sealed scan in {}", dir.display()),
                "run `tickmark scan` or `tickmark demo` first",
            ));
        }
    };
    Ok((store, scan))
}
