//! Verdicts as CSV, with the numbers of the captures, which are others in every scan, at the end.

use std::io::Write;

use super::csv::write;
use super::{ExportError, Exporter, Verdicts};

/// The rows of `csv`, with the captures.
pub(super) struct CsvCaptures;

impl Exporter for CsvCaptures {
    fn name(&self) -> &'static str {
        "csv-captures"
    }

    fn write(&self, _scan: u64, verdicts: Verdicts<'_>, out: &mut dyn Write) -> Result<(), ExportError> {
        write(verdicts, out, true)
    }
}
