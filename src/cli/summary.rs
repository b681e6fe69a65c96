//! What a scan came to, in a screenful.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::{Value, json};

use crate::evidence::error::Failure;
use crate::model::control::Severity;
use crate::model::gap::Gap;
use crate::model::policy::Policy;
use crate::model::scan::{ScanFooter, ScanHeader};
use crate::model::verdict::Verdict;
use crate::store::Store;

/// Most rows of a list on the screen; the report has them all.
const ROWS: usize = 12;

/// What a scan came to.
pub(super) struct Summary {
    header: ScanHeader,
    footer: ScanFooter,
    threshold: Severity,
    /// Exceptions by severity and control, not waived.
    exceptions: BTreeMap<(std::cmp::Reverse<Severity>, String), u64>,
    waived: u64,
    /// Why items were not evaluated, with how many and the controls.
    gaps: BTreeMap<String, (u64, BTreeSet<String>, Option<String>)>,
    pub(super) failed_at_threshold: u64,
    not_evaluated: u64,
}

impl Summary {
    /// Reads a sealed scan.
    pub(super) fn read(store: &Store, scan: u64, policy: &Policy) -> Result<Self, Failure> {
        let header = store.header(scan)?;
        let footer = store
            .footer(scan)?
            .ok_or_else(|| Failure::new(format!("read the end of scan {scan}: it is not sealed")))?;
        let mut summary = Self {
            header,
            footer,
            threshold: policy.fail_on,
            exceptions: BTreeMap::new(),
            waived: 0,
            gaps: BTreeMap::new(),
            failed_at_threshold: 0,
            not_evaluated: 0,
        };
        for verdict in store.verdicts(scan) {
            let verdict = verdict?;
            match verdict.verdict {
                Verdict::Fail if verdict.waived.is_some() => summary.waived += 1,
                Verdict::Fail => {
                    let key = (std::cmp::Reverse(verdict.severity), verdict.control);
                    *summary.exceptions.entry(key).or_default() += 1;
                    summary.failed_at_threshold += u64::from(verdict.severity >= policy.fail_on);
                }
                Verdict::NotEvaluated => {
                    summary.not_evaluated += 1;
                    summary.add_gap(verdict.reason, verdict.control);
                }
                Verdict::Pass | Verdict::NotApplicable => {}
            }
        }
        Ok(summary)
    }

    fn add_gap(&mut self, gap: Option<Gap>, control: String) {
        let (what, action) = gap.map_or_else(
            || ("no reason was kept".to_owned(), None),
            |gap| {
                let operation = gap.operation.map(|operation| format!("{operation}: ")).unwrap_or_default();
                (format!("{operation}{}", gap.code.meaning()), gap.action)
            },
        );
        let entry = self.gaps.entry(what).or_insert_with(|| (0, BTreeSet::new(), action));
        entry.0 += 1;
        entry.1.insert(control);
    }

    /// Whether something could not be looked at.
    pub(super) fn incomplete(&self) -> bool {
        self.not_evaluated > 0 || self.footer.status != crate::model::scan::ScanStatus::Complete
    }

    fn count(&self, verdict: Verdict) -> u64 {
        self.footer.verdicts.get(verdict.as_str()).copied().unwrap_or(0)
    }

    /// The summary as JSON, on one line.
    pub(super) fn to_json(&self) -> Value {
        let exceptions: Vec<Value> = self
            .exceptions
            .iter()
            .map(|((severity, control), count)| {
                json!({ "control": control, "severity": severity.0.as_str(), "items": count })
            })
            .collect();
        let gaps: Vec<Value> = self
            .gaps
            .iter()
            .map(|(what, (count, controls, action))| {
                json!({ "gap": what, "items": count, "controls": controls, "action": action })
            })
            .collect();
        json!({
            "schema": "tickmark.scan/1",
            "scan": self.header.number,
            "status": self.footer.status.as_str(),
            "synthetic": self.header.synthetic,
            "accounts": self.header.accounts.iter().map(|account| &account.id).collect::<Vec<_>>(),
            "verdicts": self.footer.verdicts,
            "waived": self.waived,
            "exceptions": exceptions,
            "not_evaluated": gaps,
            "captures": self.footer.captures,
            "verdict_sha256": self.footer.verdict_sha256,
            "fail_on": self.threshold.as_str(),
            "failed_at_threshold": self.failed_at_threshold,
        })
    }
}

/// Prints the summary: gaps before good news.
pub(super) fn print(summary: &Summary, out: &mut impl Write) -> Result<(), Failure> {
    let header = &summary.header;
    let synthetic = if header.synthetic { " (synthetic: not evidence from AWS)" } else { "" };
    writeln!(out, "scan {} {}{synthetic}", header.number, summary.footer.status.as_str())?;
    for account in &header.accounts {
        let scanned: Vec<&str> =
            account.regions.iter().filter(|region| region.scanned).map(|region| region.name.as_str()).collect();
        writeln!(out, "account {} as {}", account.id, account.caller_arn)?;
        writeln!(out, "regions {} of {}: {}", scanned.len(), account.regions.len(), scanned.join(", "))?;
    }
    if summary.not_evaluated > 0 {
        writeln!(out, "\nnot evaluated: {} items", summary.not_evaluated)?;
        for (what, (count, controls, action)) in summary.gaps.iter().take(ROWS) {
            let action = action.as_deref().map(|action| format!("; needs {action}")).unwrap_or_default();
            writeln!(out, "  {count:>5}  {what} ({} controls{action})", controls.len())?;
        }
        more(summary.gaps.len(), out)?;
    }
    let exceptions: u64 = summary.exceptions.values().sum();
    writeln!(
        out,
        "\nexceptions: {exceptions} items, {} at or above {}",
        summary.failed_at_threshold, summary.threshold
    )?;
    for ((severity, control), count) in summary.exceptions.iter().take(ROWS) {
        writeln!(out, "  {count:>5}  {:<13}  {control}", severity.0.as_str())?;
    }
    more(summary.exceptions.len(), out)?;
    if summary.waived > 0 {
        writeln!(out, "waived: {} items, shown in the report with their approvals", summary.waived)?;
    }
    writeln!(
        out,
        "\nno exception noted: {} items; not applicable: {}; captures: {}",
        summary.count(Verdict::Pass),
        summary.count(Verdict::NotApplicable),
        summary.footer.captures
    )?;
    for lax in &summary.footer.lax {
        let (control, parameter) = (&lax.control, &lax.parameter);
        writeln!(out, "laxer than the catalogue: {control} {parameter} = {} (default {})", lax.value, lax.default)?;
    }
    writeln!(out, "verdict hash {}", summary.footer.verdict_sha256)?;
    Ok(())
}

fn more(rows: usize, out: &mut impl Write) -> Result<(), Failure> {
    if rows > ROWS {
        writeln!(out, "         … and {} more; the report has them all", rows - ROWS)?;
    }
    Ok(())
}
