//! Making and opening stores.

use std::path::{Path, PathBuf};

use super::error::Failure;
use crate::seal::key::{self, SigningKey};
use crate::store::Store;

/// What making a store came to.
pub struct Made {
    /// The store, open for writing.
    pub store: Store,
    /// Its signing key.
    pub key: SigningKey,
    /// Where the public key was put outside the store, for a new store.
    pub trusted_at: Option<PathBuf>,
}

/// Makes a store and its key.
///
/// # Errors
///
/// If there is a store already, or the files cannot be written.
pub fn make(dir: &Path) -> Result<Made, Failure> {
    let store = Store::create(dir, &key::new_store_id()?)?;
    let key = match key::load(dir) {
        Ok(key) => key,
        Err(key::KeyError::NotFound { .. }) => key::generate(dir)?,
        Err(error) => return Err(error.into()),
    };
    let trusted_at = Some(key::trust(&key.public_key())?);
    Ok(Made { store, key, trusted_at })
}

/// Opens a store for reading, and chooses a scan of it: the one asked for, or the last sealed.
///
/// # Errors
///
/// If there is no store, or no such scan that is sealed.
pub fn open_scan(dir: &Path, asked: Option<u64>) -> Result<(Store, u64), Failure> {
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
