//! Verdicts as CSV (RFC 4180), one a row.

use std::io::Write;

use serde_json::Value;

use super::{ExportError, Exporter, Verdicts, reason};

/// A header row, then every verdict. Cells that a spreadsheet would take for a formula begin with
/// an apostrophe.
pub(super) struct Csv;

const COLUMNS: [&str; 15] = [
    "control",
    "verdict",
    "reason_code",
    "reason_operation",
    "reason_detail",
    "account",
    "region",
    "type",
    "id",
    "name",
    "kind",
    "severity",
    "criteria",
    "captures",
    "waived_until",
];

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn write(&self, _scan: u64, verdicts: Verdicts<'_>, out: &mut dyn Write) -> Result<(), ExportError> {
        let mut writer = ::csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        for verdict in verdicts {
            let verdict = verdict?;
            let reason = reason(&verdict);
            let part = |key: &str| reason.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let kind = serde_json::to_value(verdict.kind).ok();
            let captures: Vec<String> = verdict.captures.iter().map(ToString::to_string).collect();
            let cells = [
                verdict.control.clone(),
                verdict.verdict.to_string(),
                part("code"),
                part("operation"),
                part("detail"),
                verdict.account.clone(),
                verdict.region.clone(),
                verdict.r#type.clone(),
                verdict.id.clone(),
                verdict.name.clone(),
                kind.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
                verdict.severity.to_string(),
                verdict.criteria.join(" "),
                captures.join(" "),
                verdict.waived.map(|waived| waived.until).unwrap_or_default(),
            ];
            writer.write_record(cells.iter().map(|cell| safe(cell)))?;
        }
        writer.flush()?;
        Ok(())
    }
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
