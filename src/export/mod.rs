//! Exports: one file per format, one trait. Pure functions of a sealed scan.

pub mod check;
mod csv;
mod csv_captures;
pub mod fix;
mod json;

use std::io::Write;

use serde_json::{Value, json};

use crate::model::gap::Gap;
use crate::model::verdict::{ItemVerdict, Verdict};

/// Why an export could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The CSV writer failed.
    #[error(transparent)]
    Csv(#[from] ::csv::Error),
    /// A verdict could not be read.
    #[error("{0}")]
    Source(Box<dyn std::error::Error + Send + Sync>),
}

/// The verdicts of one scan, one after the other.
pub type Verdicts<'a> = &'a mut dyn Iterator<Item = Result<ItemVerdict, ExportError>>;

/// One format.
pub trait Exporter: Sync {
    /// Its name, as `--format` takes it.
    fn name(&self) -> &'static str;
    /// Writes every verdict of a scan.
    ///
    /// # Errors
    ///
    /// When the stream fails or a verdict cannot be read.
    fn write(&self, scan: u64, verdicts: Verdicts<'_>, out: &mut dyn Write) -> Result<(), ExportError>;
}

/// Every format. A new one is a file and a line here.
pub static EXPORTERS: &[&dyn Exporter] = &[&json::Json, &csv::Csv, &csv_captures::CsvCaptures];

/// The reason of a verdict in an export: code, operation and detail; for `not_applicable` the
/// rule, for an exception its sentence.
fn reason(verdict: &ItemVerdict) -> Value {
    match (&verdict.reason, verdict.verdict) {
        (Some(gap), _) => gap_reason(gap),
        (None, Verdict::Fail) => json!({ "code": "exception", "operation": null, "detail": verdict.message }),
        (None, Verdict::NotApplicable) => {
            json!({ "code": "not_applicable", "operation": null, "detail": verdict.message })
        }
        (None, Verdict::Pass | Verdict::NotEvaluated) => Value::Null,
    }
}

fn gap_reason(gap: &Gap) -> Value {
    let mut detail = gap.detail.clone();
    if detail.is_empty() {
        gap.code.meaning().clone_into(&mut detail);
    }
    json!({
        "code": gap.code.as_str(),
        "operation": gap.operation,
        "action": gap.action,
        "error": gap.error,
        "detail": detail,
    })
}
