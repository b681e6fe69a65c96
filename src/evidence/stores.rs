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

/// What is taken away again where nothing came of a new store: the store, its key, and the public key that was
/// pinned. A store that holds a scan stays.
pub struct Unmade {
    dir: PathBuf,
    trusted_at: PathBuf,
    dir_was_there: bool,
}

impl Unmade {
    /// What to take away of a store that is new; `None` for one that was there.
    #[must_use]
    pub fn of(made: &Made, dir_was_there: bool) -> Option<Self> {
        let trusted_at = made.trusted_at.clone()?;
        Some(Self { dir: made.store.dir().to_owned(), trusted_at, dir_was_there })
    }

    /// Takes it away, where no scan was begun. Whether it did.
    #[must_use]
    pub fn apply(self) -> bool {
        let is_empty =
            Store::open_read_only(&self.dir).and_then(|store| store.scan_numbers()).is_ok_and(|all| all.is_empty());
        if !is_empty {
            return false;
        }
        // What cannot be taken away does no harm: the next run takes it up.
        Store::remove(&self.dir);
        std::fs::remove_dir_all(self.dir.join(key::DIR)).ok();
        std::fs::remove_file(&self.trusted_at).ok();
        if !self.dir_was_there {
            std::fs::remove_dir(&self.dir).ok();
        }
        true
    }
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
