//! `tickmark tape`: the captures of a scan as a tape, to be played back elsewhere.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::stores::StoreArgument;
use crate::collect::exchange::tape::{Exchange, Tape};
use crate::evidence::error::Failure;
use crate::evidence::stores::open_scan;
use crate::model::exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Number of the scan; the last sealed one where left out.
    #[arg(long, value_name = "N")]
    scan: Option<u64>,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let (store, scan) = open_scan(&arguments.store.store, arguments.scan)?;
    let header = store.header(scan)?;
    let mut exchanges = Vec::new();
    for capture in store.captures(scan) {
        let capture = capture?;
        let body = capture.body_sha256.as_deref().map(|sha256| store.capture_body(sha256)).transpose()?;
        exchanges.push(Exchange { capture, body });
    }
    let count = exchanges.len();
    let what = format!("write {}", arguments.out.display());
    let file = std::fs::File::create(&arguments.out).map_err(Failure::io(what.clone()))?;
    Tape::write(file, &header, exchanges).map_err(|error| Failure::new(format!("{what}: {error}")))?;
    writeln!(std::io::stdout().lock(), "wrote {}: {count} captures of scan {scan}", arguments.out.display())?;
    Ok(exit::CLEAN)
}
