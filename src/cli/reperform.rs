//! `tickmark reperform`: plays the stored answers back through the same collectors and the same
//! evaluation, offline, and must reach the same verdicts.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::Args;

use super::stores::StoreArgument;
use crate::collect::exchange::recorder::CaptureSink;
use crate::collect::exchange::session::Session;
use crate::collect::exchange::tape::{Exchange, Tape};
use crate::collect::schedule::Progress;
use crate::collect::scope::{account_scope, caller};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::evidence::stores::open_scan;
use crate::model::attr::CaptureId;
use crate::model::canonical::to_string;
use crate::model::capture::Capture;
use crate::model::exit;
use crate::model::scan::ScanStatus;
use crate::model::verdict::ItemVerdict;
use crate::scan::pipeline::{account, plan};
use crate::seal::verdict_sha256;
use crate::store::Store;

#[derive(Args)]
pub(super) struct Arguments {
    /// Number of the scan; the last sealed one where left out.
    #[arg(long, value_name = "N")]
    scan: Option<u64>,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let (store, scan) = open_scan(&arguments.store.store, arguments.scan)?;
    let footer = store.footer(scan)?.ok_or_else(|| Failure::new(format!("read the end of scan {scan}")))?;
    if footer.status == ScanStatus::Aborted {
        return Err(Failure::with_help(
            format!("perform scan {scan} again: it was aborted and has no verdicts"),
            "choose another scan with --scan",
        ));
    }
    if let Some(code) = store.header(scan)?.code {
        let commit = code.commit.unwrap_or_else(|| "the commit".to_owned());
        return Err(Failure::with_help(
            format!("perform scan {scan} again: it judged code, and the code is not in the store"),
            format!("check out {commit} and run `tickmark check {}`", code.paths.join(" ")),
        ));
    }
    let rules = Rules::of_scan(&store, scan)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("start the asynchronous runtime"))?;
    let again = runtime.block_on(replay(&store, scan, &rules))?;
    let reached = verdict_sha256(&again).map_err(|error| Failure::new(error.to_string()))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "scan {scan}: {} captures played back, {} verdicts reached", footer.captures, again.len())?;
    writeln!(out, "sealed  {}", footer.verdict_sha256)?;
    writeln!(out, "reached {reached}")?;
    if reached == footer.verdict_sha256 {
        writeln!(out, "result: the same verdicts")?;
        return Ok(exit::CLEAN);
    }
    differences(&store, scan, &again, &mut out)?;
    writeln!(out, "result: OTHER verdicts")?;
    Ok(exit::EXCEPTIONS)
}

/// Plays a sealed scan back and gives the verdicts reached.
pub(super) async fn replay(store: &Store, scan: u64, rules: &Rules) -> Result<Vec<ItemVerdict>, Failure> {
    let header = store.header(scan)?;
    let now = DateTime::parse_from_rfc3339(&header.started)
        .map_err(|error| Failure::new(format!("read the clock of scan {scan}: {error}")))?
        .with_timezone(&Utc);
    let mut exchanges = Vec::new();
    for capture in store.captures(scan) {
        let capture = capture?;
        let body = capture.body_sha256.as_deref().map(|sha256| store.capture_body(sha256)).transpose()?;
        exchanges.push(Exchange { capture, body });
    }
    let asked = header.asked.clone();
    let plan = plan(rules, &asked)?;
    let first_region = exchanges.first().map(|exchange| exchange.capture.region.clone());
    let tape = Arc::new(Tape::new(header, exchanges));
    let session = Session::play(tape, first_region.as_deref(), Arc::new(Nowhere));
    let failed = |gap| Failure::new(format!("play scan {scan} back: {gap}"));
    let identity = caller(&session).await.map_err(failed)?;
    let scope = account_scope(&session, &identity, &asked.regions).await;
    Ok(account(&session, &scope, &plan, rules, now, &Silent).await.verdicts)
}

/// Keeps nothing: what is played back was kept before.
struct Nowhere;

impl CaptureSink for Nowhere {
    fn put(&self, capture: Capture, _body: Option<&[u8]>) -> Result<CaptureId, String> {
        Ok(capture.n)
    }
}

struct Silent;

impl Progress for Silent {
    fn planned(&self, _units: usize) {}
    fn finished(&self, _service: &str, _region: &str) {}
}

fn canonical(verdict: &ItemVerdict) -> Result<String, Failure> {
    to_string(verdict).map_err(|error| Failure::new(error.to_string()))
}

/// Shows the first verdicts that differ.
fn differences(store: &Store, scan: u64, again: &[ItemVerdict], out: &mut impl std::io::Write) -> Result<(), Failure> {
    let mut sealed = Vec::new();
    for verdict in store.verdicts(scan) {
        sealed.push(verdict?);
    }
    let mut shown = 0;
    // Both sides in the form that is hashed: what is kept has its numbers in that form.
    let mut reached = BTreeSet::new();
    for verdict in again {
        reached.insert(canonical(verdict)?);
    }
    for verdict in &sealed {
        if shown == 10 || reached.contains(&canonical(verdict)?) {
            continue;
        }
        let now = again.iter().find(|other| other.key() == verdict.key());
        let now = now.map_or_else(|| "not reached".to_owned(), |other| format!("now {}", other.verdict));
        writeln!(out, "  {} on {}: sealed {}, {now}", verdict.control, verdict.id, verdict.verdict)?;
        shown += 1;
    }
    let keys: BTreeSet<_> = sealed.iter().map(ItemVerdict::key).collect();
    for verdict in again.iter().filter(|verdict| !keys.contains(&verdict.key())).take(10 - shown) {
        writeln!(out, "  {} on {}: not sealed, now {}", verdict.control, verdict.id, verdict.verdict)?;
    }
    Ok(())
}
