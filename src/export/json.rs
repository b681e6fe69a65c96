//! Verdicts as JSON, schema `tickmark.results/1`.

use std::io::Write;

use serde_json::{Value, json};

use super::{ExportError, Exporter, Verdicts, reason};
use crate::model::verdict::ItemVerdict;

/// One object with every verdict in `results`, one a line.
pub(super) struct Json;

impl Exporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, scan: u64, verdicts: Verdicts<'_>, out: &mut dyn Write) -> Result<(), ExportError> {
        write!(out, "{{\"schema\": \"tickmark.results/1\", \"scan\": {scan}, \"results\": [")?;
        let mut first = true;
        for verdict in verdicts {
            out.write_all(if first { b"\n" } else { b",\n" })?;
            first = false;
            write!(out, "{}", row(&verdict?))?;
        }
        out.write_all(b"\n]}\n")?;
        Ok(())
    }
}

fn row(verdict: &ItemVerdict) -> Value {
    json!({
        "control": verdict.control,
        "verdict": verdict.verdict,
        "reason": reason(verdict),
        "account": verdict.account,
        "region": verdict.region,
        "type": verdict.r#type,
        "id": verdict.id,
        "name": verdict.name,
        "kind": verdict.kind,
        "severity": verdict.severity,
        "criteria": verdict.criteria,
        "waived": verdict.waived,
        "accepted": verdict.accepted,
        // What moves with each scan comes last.
        "message": verdict.message,
        "captures": verdict.captures,
    })
}
