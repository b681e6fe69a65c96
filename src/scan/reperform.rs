//! Playing the stored answers of a scan back through the same collectors and the same evaluation, offline.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::pipeline::{Silent, account};
use super::recorded::{clock, exchanges};
use super::selection::select;
use crate::collect::exchange::recorder::CaptureSink;
use crate::collect::exchange::session::Session;
use crate::collect::exchange::tape::Tape;
use crate::collect::scope::{account_scope, caller};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::model::attr::CaptureId;
use crate::model::canonical::to_string;
use crate::model::capture::Capture;
use crate::model::output::{Comparison, Reperformed, VerdictDifference};
use crate::model::scan::ScanStatus;
use crate::model::verdict::ItemVerdict;
use crate::seal::verdict_sha256;
use crate::store::Store;

/// Plays a sealed scan back, by the rules that were kept with it, and compares what is reached.
///
/// # Errors
///
/// If the scan was aborted, judged code, or cannot be read.
pub fn reperform(store: &Store, scan: u64) -> Result<Reperformed, Failure> {
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
    let rules = Rules::of_scan(store, scan)?;
    let again = super::runtime()?.block_on(replay(store, scan, &rules))?;
    let reached = verdict_sha256(&again).map_err(|error| Failure::new(error.to_string()))?;
    let same = reached == footer.verdict_sha256;
    Ok(Reperformed {
        scan,
        captures: footer.captures,
        verdicts: again.len() as u64,
        outcome: if same { Comparison::Same } else { Comparison::Different },
        differences: if same { Vec::new() } else { differences(store, scan, &again)? },
        sealed: footer.verdict_sha256,
        reached,
    })
}

/// The verdicts that the stored answers lead to.
async fn replay(store: &Store, scan: u64, rules: &Rules) -> Result<Vec<ItemVerdict>, Failure> {
    let header = store.header(scan)?;
    let now = clock(&header.started, &format!("scan {scan}"))?;
    let exchanges = exchanges(store, scan)?;
    let asked = header.asked.clone();
    let selection = select(rules, &asked)?;
    let first_region = exchanges.first().map(|exchange| exchange.capture.region.clone());
    let tape = Arc::new(Tape::new(header, exchanges));
    let session = Session::play(tape, first_region.as_deref(), Arc::new(Nowhere));
    let failed = |gap| Failure::new(format!("play scan {scan} back: {gap}"));
    let identity = caller(&session).await.map_err(failed)?;
    let scope = account_scope(&session, &identity, &asked.regions).await;
    Ok(account(&session, &scope, &selection, rules, now, &Silent).await.verdicts)
}

/// Keeps nothing: what is played back was kept before.
struct Nowhere;

impl CaptureSink for Nowhere {
    fn put(&self, capture: Capture, _body: Option<&[u8]>) -> Result<CaptureId, String> {
        Ok(capture.n)
    }
}

/// The verdicts that differ, in the form that is hashed: what is kept has its numbers in that form.
fn differences(store: &Store, scan: u64, again: &[ItemVerdict]) -> Result<Vec<VerdictDifference>, Failure> {
    let canonical = |verdict: &ItemVerdict| to_string(verdict).map_err(|error| Failure::new(error.to_string()));
    let of = |verdict: &ItemVerdict| VerdictDifference {
        control: verdict.control.clone(),
        account: verdict.account.clone(),
        region: verdict.region.clone(),
        r#type: verdict.r#type.clone(),
        id: verdict.id.clone(),
        sealed: None,
        reached: None,
    };
    let sealed = store.verdicts(scan).collect::<Result<Vec<_>, _>>()?;
    let reached = again.iter().map(canonical).collect::<Result<BTreeSet<_>, _>>()?;
    let now: BTreeMap<_, _> = again.iter().map(|verdict| (verdict.key(), verdict.verdict)).collect();
    let mut all = Vec::new();
    for verdict in &sealed {
        if !reached.contains(&canonical(verdict)?) {
            let reached = now.get(&verdict.key()).copied();
            all.push(VerdictDifference { sealed: Some(verdict.verdict), reached, ..of(verdict) });
        }
    }
    let before: BTreeSet<_> = sealed.iter().map(ItemVerdict::key).collect();
    let new = again.iter().filter(|verdict| !before.contains(&verdict.key()));
    all.extend(new.map(|verdict| VerdictDifference { reached: Some(verdict.verdict), ..of(verdict) }));
    Ok(all)
}
