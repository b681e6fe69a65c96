//! The evidence report of a scan, written from its store.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use super::error::Failure;
use super::rules::Rules;
use crate::control::load::LoadedControl;
use crate::evaluate::effective::left_out;
use crate::model::control::{Control, Source};
use crate::model::scan::ScanHeader;
use crate::model::verdict::ItemVerdict;
use crate::report::{ClaimState, Input, SealClaim, SealView, Summary, Verdicts, write};
use crate::seal::{ClaimOutcome, Options, key, verify};
use crate::store::Store;

/// Writes the report of a sealed scan.
///
/// # Errors
///
/// If the scan has no end, or the store or the folder fails.
pub fn write_report(store: &Store, dir: &Path, scan: u64, out: &Path) -> Result<Summary, Failure> {
    let header = store.header(scan)?;
    let footer = store.footer(scan)?.ok_or_else(|| Failure::new(format!("read the end of scan {scan}")))?;
    let rules = Rules::of_scan(store, scan)?;
    let by_control = index(store, scan)?;
    let controls: Vec<Control> = rules.controls.values().map(|loaded| Control::clone(&loaded.control)).collect();
    let not_tested: Vec<(String, String)> = rules
        .controls
        .iter()
        .filter(|(id, _)| !by_control.0.contains_key(*id))
        .map(|(id, loaded)| (id.clone(), why_not_tested(loaded, &rules, &header)))
        .collect();
    let seal = seal_view(store, dir, scan)?;
    let populations = store.populations(scan).collect::<Result<Vec<_>, _>>()?;
    let captures = store.captures(scan).collect::<Result<Vec<_>, _>>()?;
    let reconciled = store.reconciled(scan).collect::<Result<Vec<_>, _>>()?;
    let input = Input {
        header: &header,
        footer: &footer,
        criteria: &rules.criteria,
        controls: &controls,
        policy: &rules.policy,
        not_tested: &not_tested,
        verdicts: &by_control,
        populations: &populations,
        captures: &captures,
        reconciled: &reconciled,
        seal: &seal,
        bodies: &|sha256| store.capture_body(sha256).ok(),
    };
    Ok(write(&input, out)?)
}

/// The verdicts of a scan by control.
struct ByControl(BTreeMap<String, Vec<ItemVerdict>>);

impl Verdicts for ByControl {
    fn of_control(&self, control: &str) -> Result<Cow<'_, [ItemVerdict]>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Cow::Borrowed(self.0.get(control).map_or(&[], Vec::as_slice)))
    }
}

fn index(store: &Store, scan: u64) -> Result<ByControl, Failure> {
    let mut by_control: BTreeMap<String, Vec<ItemVerdict>> = BTreeMap::new();
    for verdict in store.verdicts(scan) {
        let verdict = verdict?;
        by_control.entry(verdict.control.clone()).or_default().push(verdict);
    }
    Ok(ByControl(by_control))
}

/// Why no verdict of a control is in a scan, as far as its rules and what was asked for tell.
fn why_not_tested(control: &LoadedControl, rules: &Rules, header: &ScanHeader) -> String {
    if header.code.is_none() {
        let not_asked = || match header.asked.services.as_slice() {
            [] => "nothing is collected from AWS for it yet".to_owned(),
            _ => "not of the services asked for (--service)".to_owned(),
        };
        return left_out(&control.summary, &rules.policy, &header.asked, Source::Live).unwrap_or_else(not_asked);
    }
    let not_there = || "the code holds nothing that it looks at".to_owned();
    rules.not_on_code(&control.summary, &header.asked).unwrap_or_else(not_there)
}

fn seal_view(store: &Store, dir: &Path, scan: u64) -> Result<SealView, Failure> {
    let Some(seal) = store.seal(scan)? else { return Ok(SealView::default()) };
    let beside = key::load_public(dir).ok();
    let pinned = match &beside {
        Some(key) => key::trusted(&key.fingerprint())?,
        None => None,
    };
    let claims = verify(store, &Options { pinned, beside: beside.clone(), heads: Vec::new() });
    let failed = claims.iter().filter(|claim| claim.outcome == ClaimOutcome::Failed).count();
    let verified = match failed {
        0 => "the whole store was verified when this report was made, and no claim failed".to_owned(),
        some => format!("the store was verified when this report was made, and {some} claims FAILED"),
    };
    Ok(SealView {
        log_size: seal.log_size,
        tree_root: seal.tree_root,
        log_root: seal.log_root,
        signed: seal.checkpoint.contains('\u{2014}'),
        checkpoint: seal.checkpoint,
        public_key_fingerprint: seal.key_fingerprint,
        public_key_pem: beside.map(|key| key.to_pem()).unwrap_or_default(),
        verified,
        claims: claims
            .into_iter()
            .map(|claim| SealClaim {
                claim: claim.statement.trim_end_matches('.').to_owned(),
                state: match claim.outcome {
                    ClaimOutcome::Proved => ClaimState::Proved,
                    ClaimOutcome::Failed => ClaimState::Failed,
                    ClaimOutcome::NotProvable => ClaimState::NotProvable,
                },
                detail: claim.detail,
            })
            .collect(),
    })
}
