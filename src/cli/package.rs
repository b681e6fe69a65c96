//! `tickmark package`: the handover package of a scan.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::console::{Console, FormatArgument};
use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::evidence::package::write_package;
use crate::evidence::stores::open_scan;
use crate::model::exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// File to write.
    #[arg(long, value_name = "FILE.zip")]
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
    let dir = &arguments.store.store;
    let (store, scan) = open_scan(dir, arguments.scan)?;
    let written = write_package(&store, dir, scan, &arguments.out)?;
    let code = console.decide(exit::CLEAN);
    console.result(arguments.format.format, &written, |out| {
        writeln!(out, "wrote {}: {} files, {} bytes", written.file.display(), written.files, written.bytes)?;
        writeln!(out, "sha256      {}", written.sha256)?;
        writeln!(out, "key         {}", written.key)?;
        Ok(())
    })?;
    console.note(
        "\nHand it over; give the auditor the key's fingerprint by another way. VERIFY.txt inside says how to check it.",
    );
    Ok(code)
}
