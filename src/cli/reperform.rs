//! `tickmark reperform`: plays the stored answers back through the same collectors and the same
//! evaluation, offline, and must reach the same verdicts.

use std::io::Write;

use clap::Args;

use super::console::{Console, FormatArgument};
use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::evidence::stores::open_scan;
use crate::model::exit;
use crate::model::output::{Comparison, Reperformed};
use crate::scan::reperform;

/// Most differences that are shown unasked.
const ROWS: usize = 10;

#[derive(Args)]
pub(super) struct Arguments {
    /// Number of the scan; the last sealed one where left out.
    #[arg(long, value_name = "N")]
    scan: Option<u64>,
    #[command(flatten)]
    format: FormatArgument,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let (store, scan) = open_scan(&arguments.store.store, arguments.scan)?;
    let again = reperform(&store, scan)?;
    let code = console.decide(match again.outcome {
        Comparison::Same => exit::CLEAN,
        Comparison::Different => exit::EXCEPTIONS,
        Comparison::NotComparable => exit::INCOMPLETE,
    });
    console.result(arguments.format.format, &again, |out| print(&again, console.verbose, out))?;
    Ok(code)
}

fn print(again: &Reperformed, all: bool, out: &mut impl Write) -> Result<(), Failure> {
    let Reperformed { scan, captures, verdicts, sealed, reached, .. } = again;
    writeln!(out, "scan {scan}: {captures} captures played back, {verdicts} verdicts reached")?;
    writeln!(out, "sealed  {sealed}")?;
    writeln!(out, "reached {reached}")?;
    let rows = if all { usize::MAX } else { ROWS };
    for difference in again.differences.iter().take(rows) {
        let sealed = difference.sealed.map_or_else(|| "not sealed".to_owned(), |verdict| format!("sealed {verdict}"));
        let reached = difference.reached.map_or_else(|| "not reached".to_owned(), |verdict| format!("now {verdict}"));
        let why =
            difference.not_asked.as_ref().map(|operation| format!(" (not comparable: {operation} was not asked then)"));
        let changed = difference.changed.as_ref();
        let changed = changed.map(|function| format!(" (not comparable: {function} says something else since then)"));
        let why = why.or(changed).unwrap_or_default();
        writeln!(out, "  {} on {}: {sealed}, {reached}{why}", difference.control, difference.id)?;
    }
    if again.differences.len() > rows {
        writeln!(out, "  … and {} more; --verbose shows them all", again.differences.len() - rows)?;
    }
    if again.collectors_then != again.collectors_now {
        writeln!(out, "collectors: revision {} then, {} now", again.collectors_then, again.collectors_now)?;
        for (when, operations) in [("now", &again.asked_only_now), ("then", &again.asked_only_then)] {
            if !operations.is_empty() {
                writeln!(out, "asked only {when}: {}", operations.join(", "))?;
            }
        }
    }
    let result = match again.outcome {
        Comparison::Same => "the same verdicts",
        Comparison::NotComparable => "the same verdicts where they can be compared; NOT COMPARABLE where not",
        Comparison::Different => "OTHER verdicts",
    };
    writeln!(out, "result: {result}")?;
    Ok(())
}
