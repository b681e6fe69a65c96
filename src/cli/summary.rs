//! What a scan came to, in a screenful.

use std::io::Write;

use crate::evidence::error::Failure;
use crate::evidence::summary::Summary;
use crate::model::verdict::Verdict;

/// Most rows of a list that are shown unasked; the report has them all.
const ROWS: usize = 12;

/// Prints the summary: gaps before good news. `all` prints every row.
pub(super) fn print(summary: &Summary, all: bool, out: &mut impl Write) -> Result<(), Failure> {
    let shown = if all { usize::MAX } else { ROWS };
    let header = &summary.header;
    let count = |verdict: Verdict| summary.footer.verdicts.get(verdict.as_str()).copied().unwrap_or(0);
    let synthetic = if header.synthetic { " (synthetic: not evidence from AWS)" } else { "" };
    writeln!(out, "scan {} {}{synthetic}", header.number, summary.footer.status.as_str())?;
    for account in &header.accounts {
        let scanned: Vec<&str> =
            account.regions.iter().filter(|region| region.scanned).map(|region| region.name.as_str()).collect();
        writeln!(out, "account {} as {}", account.id, account.caller_arn)?;
        writeln!(out, "regions {} of {}: {}", scanned.len(), account.regions.len(), scanned.join(", "))?;
        for region in account.asked_and_not_scanned(&header.asked.regions) {
            let why = region.why_not.as_ref().map(|gap| gap.detail.as_str()).unwrap_or_default();
            writeln!(out, "asked for and not scanned: {}: {why}", region.name)?;
        }
    }
    for region in &summary.footer.given_up {
        writeln!(out, "given up, for nothing answered there: {region}")?;
    }
    if let Some(behind) = summary.footer.clock_behind_seconds {
        let way = if behind > 0 { "behind" } else { "ahead of" };
        let minutes = behind.unsigned_abs() / 60;
        writeln!(out, "the clock of this machine is {minutes} minutes {way} AWS's: times and ages are in doubt")?;
    }
    if !summary.other_accounts.is_empty() {
        let others: Vec<&str> = summary.other_accounts.iter().map(String::as_str).collect();
        writeln!(out, "the store holds scans of other accounts: {}", others.join(", "))?;
    }
    if summary.open_gaps() > 0 {
        writeln!(out, "\nnot evaluated: {} items", summary.open_gaps())?;
        for (what, (count, controls, action)) in summary.gaps.iter().take(shown) {
            let action = action.as_deref().map(|action| format!("; needs {action}")).unwrap_or_default();
            writeln!(out, "  {count:>5}  {what} ({} controls{action})", controls.len())?;
        }
        more(summary.gaps.len(), shown, out)?;
    }
    if !summary.accepted.is_empty() {
        let items: u64 = summary.accepted.values().sum();
        writeln!(out, "\nnot evaluated and accepted: {items} items")?;
        for (accepted, items) in &summary.accepted {
            writeln!(out, "  {items:>5}  {} (until {})", accepted.reason, accepted.until)?;
        }
    }
    for idle in &summary.idle {
        let why = if idle.expired { "has expired" } else { "covers nothing" };
        writeln!(out, "an acceptance {why}: {} (until {})", idle.reason, idle.until)?;
    }
    let exceptions: u64 = summary.exceptions.values().sum();
    writeln!(
        out,
        "\nexceptions: {exceptions} items, {} at or above {}",
        summary.failed_at_threshold, summary.threshold
    )?;
    for ((severity, control), count) in summary.exceptions.iter().take(shown) {
        writeln!(out, "  {count:>5}  {:<13}  {control}", severity.0.as_str())?;
    }
    more(summary.exceptions.len(), shown, out)?;
    if summary.waived > 0 {
        writeln!(out, "waived: {} items, shown in the report with their approvals", summary.waived)?;
    }
    writeln!(
        out,
        "\nno exception noted: {} items; not applicable: {}; captures: {}",
        count(Verdict::Pass),
        count(Verdict::NotApplicable),
        summary.footer.captures
    )?;
    for lax in &summary.footer.lax {
        let (control, parameter) = (&lax.control, &lax.parameter);
        writeln!(out, "laxer than the catalogue: {control} {parameter} = {} (default {})", lax.value, lax.default)?;
    }
    if let Some(hash) = &summary.footer.outcome_sha256 {
        writeln!(out, "outcome hash {hash}")?;
    }
    writeln!(out, "verdict hash {}", summary.footer.verdict_sha256)?;
    Ok(())
}

fn more(rows: usize, shown: usize, out: &mut impl Write) -> Result<(), Failure> {
    if rows > shown {
        writeln!(out, "         … and {} more; the report has them all", rows - shown)?;
    }
    Ok(())
}
