//! Playing the stored answers of a scan back through the same collectors and the same evaluation, offline.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::pipeline::{Silent, account};
use super::recorded::{clock, exchanges};
use super::selection::select;
use crate::collect::REVISION;
use crate::collect::exchange::recorder::CaptureSink;
use crate::collect::exchange::session::Session;
use crate::collect::exchange::tape::Tape;
use crate::collect::scope::{account_scope, caller};
use crate::control::functions::CHANGED;
use crate::control::load::LoadedControl;
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::model::attr::CaptureId;
use crate::model::canonical::to_string;
use crate::model::capture::Capture;
use crate::model::gap::GapCode;
use crate::model::output::{Comparison, Reperformed, VerdictDifference};
use crate::model::scan::ScanStatus;
use crate::model::verdict::{ItemKind, ItemVerdict};
use crate::seal::verdict_sha256;
use crate::store::Store;

/// The revision of the collectors that made scans whose header names none.
const FIRST_REVISION: u32 = 1;

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
    let header = store.header(scan)?;
    let collectors_then = header.collectors.unwrap_or(FIRST_REVISION);
    let tape = Arc::new(Tape::new(header, exchanges(store, scan)?));
    let again = super::runtime()?.block_on(replay(&tape, scan, &rules))?;
    let reached = verdict_sha256(&again).map_err(|error| Failure::new(error.to_string()))?;
    let sealed = store.verdicts(scan).collect::<Result<Vec<_>, _>>()?;
    let alike = if collectors_then == REVISION { Alike::Whole } else { Alike::Verdict };
    let mut differences = differences(&sealed, &again, alike);
    for difference in differences.iter_mut().filter(|difference| difference.not_asked.is_none()) {
        difference.changed =
            rules.controls.get(&difference.control).and_then(|control| changed(control, collectors_then));
    }
    Ok(Reperformed {
        scan,
        captures: footer.captures,
        verdicts: again.len() as u64,
        outcome: outcome(&differences),
        differences,
        sealed: footer.verdict_sha256,
        reached,
        collectors_then,
        collectors_now: REVISION,
        asked_only_now: tape.unanswered().into_iter().collect(),
        asked_only_then: tape.unplayed().into_iter().collect(),
    })
}

/// The verdicts that the stored answers lead to.
async fn replay(tape: &Arc<Tape>, scan: u64, rules: &Rules) -> Result<Vec<ItemVerdict>, Failure> {
    let now = clock(&tape.header.started, &format!("scan {scan}"))?;
    let asked = tape.header.asked.clone();
    let selection = select(rules, &asked)?;
    let first_region = tape.exchanges().first().map(|exchange| exchange.capture.region.clone());
    let session = Session::play(Arc::clone(tape), first_region.as_deref(), Arc::new(Nowhere));
    let failed = |gap| Failure::new(format!("play scan {scan} back: {gap}"));
    let identity = caller(&session, &asked.regions).await.map_err(failed)?;
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

/// What must be alike of a verdict that was sealed and one that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alike {
    /// All of it, captures and what was read included: the same collectors made both.
    Whole,
    /// The verdict: other collectors may reach it by other calls.
    Verdict,
}

impl Alike {
    fn holds(self, sealed: &ItemVerdict, reached: &ItemVerdict) -> bool {
        match self {
            // What is kept has its numbers in the form that is hashed.
            Self::Whole => to_string(sealed).ok() == to_string(reached).ok(),
            Self::Verdict => sealed.verdict == reached.verdict,
        }
    }
}

/// The verdicts that differ.
///
/// Where another revision asks what was not asked then, there is no answer to compare: the verdict is
/// not evaluated for that reason, or the items of a listing that was not made are not there at all.
fn differences(sealed: &[ItemVerdict], reached: &[ItemVerdict], alike: Alike) -> Vec<VerdictDifference> {
    let now: BTreeMap<_, &ItemVerdict> = reached.iter().map(|verdict| (verdict.key(), verdict)).collect();
    let before: BTreeSet<_> = sealed.iter().map(ItemVerdict::key).collect();
    // Controls of which some population could not be listed for want of an answer.
    let unlisted: BTreeMap<&str, String> = reached
        .iter()
        .filter(|verdict| verdict.kind == ItemKind::Population)
        .filter_map(|verdict| Some((verdict.control.as_str(), not_asked(verdict)?)))
        .collect();
    let of = |verdict: &ItemVerdict| VerdictDifference {
        control: verdict.control.clone(),
        account: verdict.account.clone(),
        region: verdict.region.clone(),
        r#type: verdict.r#type.clone(),
        id: verdict.id.clone(),
        sealed: None,
        reached: None,
        not_asked: unlisted.get(verdict.control.as_str()).cloned(),
        changed: None,
    };
    let mut all = Vec::new();
    for verdict in sealed {
        let sealed = Some(verdict.verdict);
        match now.get(&verdict.key()) {
            Some(other) if alike.holds(verdict, other) => {}
            Some(other) => all.push(VerdictDifference {
                sealed,
                reached: Some(other.verdict),
                not_asked: not_asked(other),
                ..of(verdict)
            }),
            None => all.push(VerdictDifference { sealed, ..of(verdict) }),
        }
    }
    let new = reached.iter().filter(|verdict| !before.contains(&verdict.key()));
    all.extend(new.map(|verdict| {
        let difference = of(verdict);
        let not_asked = not_asked(verdict).or_else(|| difference.not_asked.clone());
        VerdictDifference { reached: Some(verdict.verdict), not_asked, ..difference }
    }));
    all
}

/// The function that the rule of a control asks and that says something else since this revision.
fn changed(control: &LoadedControl, then: u32) -> Option<String> {
    let rule = [Some(control.control.assert.as_str()), control.control.when.as_deref()];
    let asks = |name: &str| rule.iter().flatten().any(|rule| rule.contains(&format!("{name}(")));
    CHANGED.iter().find(|(name, since)| then < *since && asks(name)).map(|(name, _)| (*name).to_owned())
}

/// The question for want of whose answer a verdict was not reached.
fn not_asked(verdict: &ItemVerdict) -> Option<String> {
    let gap = verdict.reason.as_ref().filter(|gap| gap.code == GapCode::NotRecorded)?;
    Some(gap.operation.clone().unwrap_or_default())
}

/// One difference on the same answers makes the whole different.
fn outcome(differences: &[VerdictDifference]) -> Comparison {
    match differences {
        [] => Comparison::Same,
        all if all.iter().all(|it| it.not_asked.is_some() || it.changed.is_some()) => Comparison::NotComparable,
        _ => Comparison::Different,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::control::Severity;
    use crate::model::gap::Gap;
    use crate::model::verdict::Verdict;

    fn verdict(id: &str, kind: ItemKind, verdict: Verdict, reason: Option<Gap>) -> ItemVerdict {
        ItemVerdict {
            control: "c".to_owned(),
            verdict,
            reason,
            message: None,
            kind,
            account: "1".to_owned(),
            region: "r".to_owned(),
            r#type: "T".to_owned(),
            id: id.to_owned(),
            name: id.to_owned(),
            severity: Severity::Low,
            criteria: Vec::new(),
            captures: Vec::new(),
            read: Vec::new(),
            waived: None,
            accepted: None,
        }
    }

    fn item(id: &str, word: Verdict) -> ItemVerdict {
        verdict(id, ItemKind::Resource, word, None)
    }

    fn unrecorded() -> Gap {
        Gap::new(GapCode::NotRecorded, "").at("ec2:DescribeVpcs".to_owned(), "ec2:DescribeVpcs".to_owned())
    }

    fn compared(sealed: &[ItemVerdict], reached: &[ItemVerdict]) -> Comparison {
        outcome(&differences(sealed, reached, Alike::Verdict))
    }

    #[test]
    fn other_captures_are_no_difference_and_another_word_is_one() {
        let sealed = [item("a", Verdict::Pass)];
        let again = [ItemVerdict { captures: vec![7], ..item("a", Verdict::Pass) }];
        assert_eq!(compared(&sealed, &again), Comparison::Same);
        assert_eq!(outcome(&differences(&sealed, &again, Alike::Whole)), Comparison::Different, "the same collectors");
        assert_eq!(compared(&sealed, &[item("a", Verdict::Fail)]), Comparison::Different);
        assert_eq!(compared(&sealed, &[]), Comparison::Different);
        assert_eq!(compared(&[], &sealed), Comparison::Different);
    }

    #[test]
    fn a_question_that_was_not_put_is_not_comparable_and_named() {
        let sealed = [item("a", Verdict::Pass)];
        let again = [verdict("a", ItemKind::Resource, Verdict::NotEvaluated, Some(unrecorded()))];
        assert_eq!(compared(&sealed, &again), Comparison::NotComparable);
        assert_eq!(differences(&sealed, &again, Alike::Verdict)[0].not_asked.as_deref(), Some("ec2:DescribeVpcs"));
        let denied = Some(Gap::new(GapCode::AccessDenied, ""));
        let again = [verdict("a", ItemKind::Resource, Verdict::NotEvaluated, denied)];
        assert_eq!(compared(&sealed, &again), Comparison::Different, "another reason is a difference");
    }

    #[test]
    fn items_of_a_listing_that_was_not_made_are_not_comparable() {
        let sealed = [item("a", Verdict::Pass), item("b", Verdict::Fail)];
        let unlisted = verdict("T", ItemKind::Population, Verdict::NotEvaluated, Some(unrecorded()));
        assert_eq!(compared(&sealed, std::slice::from_ref(&unlisted)), Comparison::NotComparable);
        let mixed = [unlisted, item("b", Verdict::Pass)];
        assert_eq!(compared(&sealed, &mixed), Comparison::Different, "b was judged otherwise on the same answers");
    }
}
