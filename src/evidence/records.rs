//! The seam between the store, which keeps records, and the seal, which verifies them.

use crate::model::scan::ScanFooter;
use crate::model::sealed::{Record, SealedScan};
use crate::seal::{Items, Records, SourceError};
use crate::store::Store;

impl Records for Store {
    fn store_id(&self) -> Result<String, SourceError> {
        Ok(Self::store_id(self)?)
    }

    fn faults(&self) -> Result<Vec<String>, SourceError> {
        Ok(Self::faults(self)?)
    }

    fn scan_numbers(&self) -> Result<Vec<u64>, SourceError> {
        Ok(Self::scan_numbers(self)?)
    }

    fn footer(&self, scan: u64) -> Result<Option<ScanFooter>, SourceError> {
        Ok(Self::footer(self, scan)?)
    }

    fn seal(&self, scan: u64) -> Result<Option<SealedScan>, SourceError> {
        Ok(Self::seal(self, scan)?)
    }

    fn records(&self, scan: u64) -> Items<'_, Record> {
        Box::new(Self::records(self, scan).map(|record| Ok(record?)))
    }

    fn blobs(&self) -> Items<'_, (String, Vec<u8>)> {
        Box::new(Self::blobs(self).map(|row| {
            let row = row?;
            Ok((row.sha256, row.bytes?))
        }))
    }

    fn blob_size(&self, sha256: &str) -> Result<Option<u64>, SourceError> {
        Ok(Self::blob_size(self, sha256)?)
    }

    fn body(&self, sha256: &str) -> Result<Vec<u8>, SourceError> {
        Ok(self.capture_body(sha256)?)
    }

    fn unnamed_blobs(&self) -> Result<u64, SourceError> {
        Ok(Self::unnamed_blobs(self)?)
    }
}

#[cfg(test)]
mod package_tests;
#[cfg(test)]
mod tests;
