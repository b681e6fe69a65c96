//! The public key that lies in a package. It proves nothing by itself; it says which of the keys
//! that were pinned elsewhere to look for.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zip::ZipArchive;

use super::super::key::PublicKey;
use super::{PUBLIC_KEY, PackageError};

/// Longest key file, in bytes.
const LONGEST: u64 = 4096;

/// The public key in the package at `path`; `None` where it holds none that can be read.
///
/// # Errors
///
/// [`PackageError::Io`] when the file cannot be opened.
pub fn public_key(path: &Path) -> Result<Option<PublicKey>, PackageError> {
    let file = File::open(path).map_err(|source| PackageError::Io { path: path.to_owned(), source })?;
    let Ok(mut zip) = ZipArchive::new(file) else { return Ok(None) };
    let Ok(entry) = zip.by_name(PUBLIC_KEY) else { return Ok(None) };
    let mut pem = String::new();
    if entry.take(LONGEST).read_to_string(&mut pem).is_err() {
        return Ok(None);
    }
    Ok(PublicKey::from_pem(&pem))
}
