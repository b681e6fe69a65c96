//! The two tables of a package, for a spreadsheet. Part of [`super::FORMAT`]: verifying writes
//! them again from the records and compares.

use std::io::Write;

use crate::model::canonical::{self, CanonicalError};
use crate::model::capture::Capture;
use crate::model::verdict::ItemVerdict;

pub(super) const CAPTURE_COLUMNS: [&str; 19] = [
    "n",
    "file",
    "account",
    "region",
    "service",
    "operation",
    "page",
    "attempt",
    "outcome",
    "status",
    "request_id",
    "aws_date",
    "started",
    "ended",
    "endpoint",
    "content_type",
    "body_size",
    "body_sha256",
    "input",
];

pub(super) const VERDICT_COLUMNS: [&str; 17] = [
    "control",
    "verdict",
    "account",
    "region",
    "type",
    "id",
    "name",
    "kind",
    "severity",
    "criteria",
    "message",
    "reason",
    "reason_detail",
    "waiver_reason",
    "waiver_approver",
    "waiver_until",
    "captures",
];

/// Writes rows for a spreadsheet: text that it would take for a formula is marked as text.
pub(super) struct Table<W: Write>(csv::Writer<W>);

impl<W: Write> Table<W> {
    pub(super) fn new(to: W, columns: &[&str]) -> Result<Self, csv::Error> {
        let mut table = Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to));
        table.0.write_record(columns)?;
        Ok(table)
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) -> Result<(), csv::Error> {
        self.0.write_record(cells.map(inert))
    }

    pub(super) fn finish(mut self) -> Result<(), csv::Error> {
        Ok(self.0.flush()?)
    }
}

/// `cell` with an apostrophe before it where a spreadsheet would run it: names and tags in AWS
/// can be chosen by anyone.
fn inert(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell }
}

pub(super) fn capture_row(capture: &Capture, file: Option<String>) -> Result<[String; 19], CanonicalError> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let outcome = serde_json::to_value(capture.outcome)?;
    Ok([
        capture.n.to_string(),
        file.unwrap_or_default(),
        capture.account.clone(),
        capture.region.clone(),
        capture.service.clone(),
        capture.operation.clone(),
        capture.page.to_string(),
        capture.attempt.to_string(),
        outcome.as_str().unwrap_or_default().to_owned(),
        capture.status.map(|status| status.to_string()).unwrap_or_default(),
        text(&capture.request_id),
        text(&capture.aws_date),
        capture.started.clone(),
        capture.ended.clone(),
        capture.endpoint.clone(),
        text(&capture.content_type),
        capture.body_size.to_string(),
        text(&capture.body_sha256),
        canonical::to_string(&capture.input)?,
    ])
}

pub(super) fn verdict_row(verdict: &ItemVerdict) -> Result<[String; 17], CanonicalError> {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let reason = verdict.reason.as_ref();
    let waived = verdict.waived.as_ref();
    let numbers: Vec<String> = verdict.captures.iter().map(ToString::to_string).collect();
    Ok([
        verdict.control.clone(),
        verdict.verdict.as_str().to_owned(),
        verdict.account.clone(),
        verdict.region.clone(),
        verdict.r#type.clone(),
        verdict.id.clone(),
        verdict.name.clone(),
        word(serde_json::to_value(verdict.kind)?),
        word(serde_json::to_value(verdict.severity)?),
        verdict.criteria.join(" "),
        verdict.message.clone().unwrap_or_default(),
        reason.map(|gap| gap.code.as_str().to_owned()).unwrap_or_default(),
        reason.map(ToString::to_string).unwrap_or_default(),
        waived.map(|waived| waived.reason.clone()).unwrap_or_default(),
        waived.map(|waived| waived.approver.clone()).unwrap_or_default(),
        waived.map(|waived| waived.until.clone()).unwrap_or_default(),
        numbers.join(" "),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_marked_as_text() {
        let mut bytes = Vec::new();
        let mut table = Table::new(&mut bytes, &["a", "b", "c"]).expect("writes");
        table.row(["=1+1".into(), "@SUM(A1)".into(), "\tx".into()]).expect("writes");
        table.row(["plain".into(), "a,\"b\"".into(), "-5".into()]).expect("writes");
        table.finish().expect("writes");
        let text = String::from_utf8(bytes).expect("text");
        assert_eq!(text, "a,b,c\r\n'=1+1,'@SUM(A1),'\tx\r\nplain,\"a,\"\"b\"\"\",'-5\r\n");
    }
}
