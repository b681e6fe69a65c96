//! The handover package of a scan, written from its store.

use std::path::Path;

use super::error::Failure;
use super::report::write_report;
use crate::model::output::WrittenPackage;
use crate::seal::key;
use crate::seal::package::{Inputs, write};
use crate::store::Store;

/// Writes the handover package of a sealed scan, with its report; `dir` is the directory of the store,
/// which has the key.
///
/// # Errors
///
/// If the scan has no end, or the store, its key or the file fails.
pub fn write_package(store: &Store, dir: &Path, scan: u64, out: &Path) -> Result<WrittenPackage, Failure> {
    let key = key::load(dir)?;
    let away = tempfile::tempdir().map_err(Failure::io("make a temporary directory"))?;
    let report = away.path().join("report");
    write_report(store, dir, scan, &report)?;
    let written = write(out, &Inputs { records: store, scan, report: Some(&report), key: &key })?;
    Ok(WrittenPackage {
        scan,
        file: out.to_owned(),
        files: written.files,
        bytes: written.bytes,
        sha256: written.sha256,
        key: key.public_key().fingerprint(),
    })
}
