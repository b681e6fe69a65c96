//! Scans of what was recorded: a tape played into a store, and the captures of a scan as a tape.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::pipeline::{Request, Silent, run_scan};
use super::selection::select;
use super::sink::StoreSink;
use crate::collect::exchange::recorder::CaptureSink;
use crate::collect::exchange::session::Session;
use crate::collect::exchange::tape::{Exchange, Tape};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::evidence::stores::Made;
use crate::model::scan::ScanSelection;
use crate::store::Store;

/// Plays a tape into a store through the collectors, evaluation and seal of a live scan, with the tape's
/// clock. Gives the store with the number of the scan, which is sealed and marked synthetic.
///
/// # Errors
///
/// If the tape or the store cannot be read, or the store cannot be written.
pub fn play(tape: Tape, rules: &Rules, made: Made) -> Result<(Store, u64), Failure> {
    let now = clock(&tape.header.started, "the tape")?;
    let asked = ScanSelection { regions: tape.header.asked.regions.clone(), ..ScanSelection::default() };
    let first_region = tape.exchanges().first().map(|exchange| exchange.capture.region.clone());
    let selection = select(rules, &asked)?;
    let sink = Arc::new(StoreSink::new(made.store));
    let scan = super::runtime()?.block_on(async {
        let keep = Arc::clone(&sink) as Arc<dyn CaptureSink>;
        let session = Session::play_and_record(Arc::new(tape), first_region.as_deref(), keep);
        let request = Request { rules, asked, synthetic: true, now, ended: Some(now) };
        run_scan(&session, &sink, &made.key, &request, &selection, &Silent).await
    })?;
    let sink = Arc::into_inner(sink).ok_or_else(|| Failure::new("close the store: captures are still under way"))?;
    Ok((sink.into_store(), scan))
}

/// The captures of a scan with their bodies, as a tape has them.
///
/// # Errors
///
/// If the store cannot be read.
pub fn exchanges(store: &Store, scan: u64) -> Result<Vec<Exchange>, Failure> {
    let mut exchanges = Vec::new();
    for capture in store.captures(scan) {
        let capture = capture?;
        let body = capture.body_sha256.as_deref().map(|sha256| store.capture_body(sha256)).transpose()?;
        exchanges.push(Exchange { capture, body });
    }
    Ok(exchanges)
}

/// The clock that stands in the header of a scan or tape.
pub(super) fn clock(started: &str, of: &str) -> Result<DateTime<Utc>, Failure> {
    DateTime::parse_from_rfc3339(started)
        .map(|time| time.with_timezone(&Utc))
        .map_err(|error| Failure::new(format!("read the clock of {of}: {error}")))
}
