//! `tickmark package`: the handover package of a scan.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::report::write_report;
use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::evidence::stores::open_scan;
use crate::model::exit;
use crate::seal::key;
use crate::seal::package::{Inputs, write};

#[derive(Args)]
pub(super) struct Arguments {
    /// File to write.
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    /// Number of the scan; the last sealed one where left out.
    #[arg(long, value_name = "N")]
    scan: Option<u64>,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let dir = &arguments.store.store;
    let (store, scan) = open_scan(dir, arguments.scan)?;
    let key = key::load(dir)?;
    let away = tempfile::tempdir().map_err(Failure::io("make a temporary directory"))?;
    let report = away.path().join("report");
    write_report(&store, dir, scan, &report)?;
    let written = write(&arguments.out, &Inputs { records: &store, scan, report: Some(&report), key: &key })?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "wrote {}: {} files, {} bytes", arguments.out.display(), written.files, written.bytes)?;
    writeln!(out, "sha256      {}", written.sha256)?;
    writeln!(out, "key         {}", key.public_key().fingerprint())?;
    writeln!(
        out,
        "\nHand it over; give the auditor the key's fingerprint by another way. VERIFY.txt inside says how to check it."
    )?;
    Ok(exit::CLEAN)
}
