//! Verdicts as CSV (RFC 4180), one a row.

use std::io::Write;

use serde_json::Value;

use super::{ExportError, Exporter, Verdicts, reason};

/// A header row, then every verdict. Cells that a spreadsheet would take for a formula begin with
/// an apostrophe. What may move from night to night stands last: the words of a reason, in which AWS or a
/// control can name an age. Without it, the rows of two nights on which nothing changed are the same.
pub(super) struct Csv;

const COLUMNS: [&str; 14] = [
    "control",
    "verdict",
    "reason_code",
    "reason_operation",
    "account",
    "region",
    "type",
    "id",
    "name",
    "kind",
    "severity",
    "criteria",
    "waived_until",
    "reason_detail",
];

const CAPTURES: &str = "captures";

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn write(&self, _scan: u64, verdicts: Verdicts<'_>, out: &mut dyn Write) -> Result<(), ExportError> {
        write(verdicts, out, false)
    }
}

/// Writes the rows, with or without the numbers of the captures at the end.
pub(super) fn write(verdicts: Verdicts<'_>, out: &mut dyn Write, with_captures: bool) -> Result<(), ExportError> {
    let mut writer = ::csv::Writer::from_writer(out);
    writer.write_record(COLUMNS.iter().chain(with_captures.then_some(&CAPTURES)))?;
    for verdict in verdicts {
        let verdict = verdict?;
        let reason = reason(&verdict);
        let part = |key: &str| reason.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = serde_json::to_value(verdict.kind).ok();
        let cells = [
            verdict.control.clone(),
            verdict.verdict.to_string(),
            part("code"),
            part("operation"),
            verdict.account.clone(),
            verdict.region.clone(),
            verdict.r#type.clone(),
            verdict.id.clone(),
            verdict.name.clone(),
            kind.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
            verdict.severity.to_string(),
            verdict.criteria.join(" "),
            verdict.waived.as_ref().map(|waived| waived.until.clone()).unwrap_or_default(),
            part("detail"),
        ];
        let captures: Vec<String> = verdict.captures.iter().map(ToString::to_string).collect();
        let captures = with_captures.then(|| captures.join(" "));
        writer.write_record(cells.iter().chain(&captures).map(|cell| safe(cell)))?;
    }
    writer.flush()?;
    Ok(())
}

/// A cell that no spreadsheet takes for a formula.
fn safe(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn a_formula_from_a_name_stays_text() {
        assert_eq!(safe("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(safe("@sum"), "'@sum");
        assert_eq!(safe("plain"), "plain");
    }
}
