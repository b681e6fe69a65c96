//! `tickmark history`: the scans of a store.

use std::io::Write as _;

use clap::Args;

use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::model::exit;
use crate::model::verdict::Verdict;
use crate::store::Store;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let store = Store::open_read_only(&arguments.store.store)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "scan  started               gate       status    exceptions  not evaluated  captures  verdict hash"
    )?;
    for number in store.scan_numbers()? {
        let header = store.header(number)?;
        let Some(footer) = store.footer(number)? else {
            writeln!(out, "{number:>4}  {:<20}  {:<9}  running", header.started, header.gate)?;
            continue;
        };
        let count = |verdict: Verdict| footer.verdicts.get(verdict.as_str()).copied().unwrap_or(0);
        writeln!(
            out,
            "{number:>4}  {:<20}  {:<9}  {:<8}  {:>10}  {:>13}  {:>8}  {}",
            header.started,
            header.gate,
            footer.status.as_str(),
            count(Verdict::Fail),
            count(Verdict::NotEvaluated),
            footer.captures,
            footer.verdict_sha256.get(..16).unwrap_or_default(),
        )?;
    }
    Ok(exit::CLEAN)
}
