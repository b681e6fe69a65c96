//! `tickmark history`: the scans of a store.

use std::io::Write;

use clap::Args;

use super::console::{Console, FormatArgument};
use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::evidence::history::history;
use crate::model::exit;
use crate::model::output::{History, PastScan};
use crate::model::verdict::Verdict;
use crate::store::Store;

/// How much of a hash is shown.
const SHORT: usize = 16;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    format: FormatArgument,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let past = history(&Store::open_read_only(&arguments.store.store)?)?;
    let code = console.decide(exit::CLEAN);
    console.result(arguments.format.format, &past, |out| print(&past, console.verbose, out))?;
    Ok(code)
}

fn print(past: &History, whole: bool, out: &mut impl Write) -> Result<(), Failure> {
    writeln!(
        out,
        "scan  started               account       gate       status    exceptions  not evaluated  captures  outcome hash"
    )?;
    for PastScan { scan, started, gate, status, accounts, verdicts, captures, outcome_sha256, .. } in &past.scans {
        let account = match accounts.as_slice() {
            [] => "-".to_owned(),
            [one] => one.clone(),
            several => several.join(","),
        };
        let (Some(captures), Some(hash)) = (captures, outcome_sha256) else {
            writeln!(out, "{scan:>4}  {started:<20}  {account:<12}  {gate:<9}  {}", status.as_str())?;
            continue;
        };
        let count = |verdict: Verdict| verdicts.get(verdict.as_str()).copied().unwrap_or(0);
        let hash = if whole { hash } else { hash.get(..SHORT).unwrap_or_default() };
        writeln!(
            out,
            "{scan:>4}  {started:<20}  {account:<12}  {gate:<9}  {:<8}  {:>10}  {:>13}  {captures:>8}  {hash}",
            status.as_str(),
            count(Verdict::Fail),
            count(Verdict::NotEvaluated),
        )?;
    }
    Ok(())
}
