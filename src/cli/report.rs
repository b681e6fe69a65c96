//! `tickmark report`: the evidence report of a scan.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::console::{Console, FormatArgument};
use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::evidence::report::write_report;
use crate::evidence::stores::open_scan;
use crate::model::exit;
use crate::model::output::WrittenReport;

/// Most captures that are named.
const NAMED: usize = 10;

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder to write; an earlier report there is replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
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
    let summary = write_report(&store, &arguments.store.store, scan, &arguments.out)?;
    let written = WrittenReport {
        scan,
        index: arguments.out.join("index.html"),
        pages: summary.pages,
        verdicts: summary.verdicts,
        raw_without_page: summary.raw_without_page,
        mismatched: summary.mismatched,
    };
    let code = console.decide(if written.mismatched.is_empty() { exit::CLEAN } else { exit::FAILURE });
    console.result(arguments.format.format, &written, |out| {
        writeln!(out, "report of scan {scan}: {} pages, {} verdicts", written.pages, written.verdicts)?;
        writeln!(out, "open {}", written.index.display())?;
        if written.raw_without_page > 0 {
            writeln!(out, "{} raw answers have no page; the handover package has them all", written.raw_without_page)?;
        }
        Ok(())
    })?;
    if !written.mismatched.is_empty() {
        let named: Vec<String> = written.mismatched.iter().take(NAMED).map(ToString::to_string).collect();
        return Err(Failure::with_help(
            format!(
                "trust {} raw answers: their bytes are not those recorded (captures {})",
                written.mismatched.len(),
                named.join(", ")
            ),
            "the report says so too; run `tickmark verify` and restore the store from a backup",
        ));
    }
    Ok(code)
}
