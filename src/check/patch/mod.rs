//! A patch of the code for what fails in it, made by the controls' own data and judged again before it is shown.
//!
//! ```text
//! Checked ─ plan ─▶ candidates ─ prove ─▶ those that hold ─▶ edits of files ─▶ diff, write
//! ```
//!
//! A candidate is what one control changes in one block as it is written, whatever the number of instances and
//! of module calls that it stands for. It holds where all its findings pass afterwards, and no other verdict
//! changes but to pass.

mod candidate;
mod example;
mod plan;
mod prove;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::edit::{Edit, replacements, unified, write};
use super::{Request, exit_code};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::iac::deployment::Code;
use crate::model::check::{Action, Check, Outcome, Replacement};
use crate::model::exit;
use crate::model::output::{Fixes, PatchedFinding, UnpatchedFinding};
use plan::{Finding, Plan};

pub use example::unmended_examples;

/// What a patch is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope {
    /// Findings that the baseline knows, too.
    pub known: bool,
}

/// A patch that holds.
pub struct Patched {
    /// What came out.
    pub fixes: Fixes,
    /// Whether nothing was there to be checked.
    pub nothing: bool,
    edits: Vec<Edit>,
    /// What each finding's own patch replaces: by control, address, file and line.
    of_findings: BTreeMap<(String, String, String, u32), Vec<Replacement>>,
}

/// Makes a patch of code for what fails in it.
///
/// # Errors
///
/// If a control, criterion, baseline or policy that the request names cannot be used.
pub fn patch(
    code: &Code,
    request: &Request,
    rules: &Rules,
    now: DateTime<Utc>,
    scope: Scope,
) -> Result<Patched, Failure> {
    let request = Request { keep: true, ..request.clone() };
    let checked = super::judge(code, &request, rules, now)?;
    let plan = Plan::of(&checked, scope);
    let proved = prove::prove(&checked, &plan)?;
    let mended: BTreeSet<usize> =
        proved.held.iter().flat_map(|at| plan.candidates[*at].findings.iter().copied()).collect();
    let mut unpatched: Vec<UnpatchedFinding> =
        plan.refused.iter().map(|(at, reason)| left(&plan, *at, reason)).collect();
    for (at, reason) in &proved.thrown_away {
        unpatched.extend(plan.candidates[*at].findings.iter().map(|finding| left(&plan, *finding, reason)));
    }
    unpatched.sort_by(|a, b| (&a.file, a.line, &a.control, &a.address).cmp(&(&b.file, b.line, &b.control, &b.address)));
    unpatched.dedup();
    let cautions: BTreeMap<usize, &str> = proved
        .held
        .iter()
        .filter_map(|at| Some((*at, plan.candidates[*at].change.caution.as_deref()?)))
        .flat_map(|(at, caution)| plan.candidates[at].findings.iter().map(move |finding| (*finding, caution)))
        .collect();
    let mut patched: Vec<PatchedFinding> =
        mended.iter().map(|at| mended_finding(&plan.findings[*at], cautions.get(at).copied())).collect();
    patched.sort_by(|a, b| (&a.file, a.line, &a.control, &a.address).cmp(&(&b.file, b.line, &b.control, &b.address)));
    patched.dedup();
    let edits = plan.texts.edits(&proved.texts);
    // What is left fails the gate as it does in a check.
    let mut after = checked.check.clone();
    let is_mended = |control: &str, address: &str, file: &str| {
        patched.iter().any(|one| one.control == control && one.address == address && one.file == file)
    };
    let fail_on = after.summary.fail_on;
    after.results.retain(|result| {
        let file = result.locations.first().map_or("", |location| location.file.as_str());
        result.verdict == Outcome::Fail && !is_mended(&result.control, &result.resource.address, file)
    });
    after.summary.denied = after
        .results
        .iter()
        .filter(|result| result.action == Action::Deny && result.severity >= fail_on && !result.in_baseline)
        .count() as u64;
    let code = exit_code(&request, rules, &after, checked.nothing);
    let fixes = Fixes {
        written: false,
        diff: unified(&edits),
        files: edits.iter().map(|edit| edit.shown.clone()).collect(),
        patched,
        unpatched,
        left: after.summary.denied,
        exit_code: code.min(exit::INCOMPLETE),
    };
    Ok(Patched { fixes, nothing: checked.nothing, edits, of_findings: of_findings(&plan, &proved) })
}

/// What the patch of each finding replaces, by itself.
fn of_findings(plan: &Plan<'_>, proved: &prove::Proved) -> BTreeMap<(String, String, String, u32), Vec<Replacement>> {
    let mut all: BTreeMap<_, Vec<Replacement>> = BTreeMap::new();
    for candidate in proved.held.iter().map(|at| &plan.candidates[*at]) {
        let mut draft = candidate::Draft::new(&plan.texts);
        if draft.make(candidate).is_err() {
            continue;
        }
        let replaced: Vec<Replacement> = plan.texts.edits(&draft.changed).iter().flat_map(replacements).collect();
        for finding in candidate.findings.iter().map(|at| &plan.findings[*at]) {
            let key = (finding.control.clone(), finding.address.clone(), finding.file.clone(), finding.line);
            let known = all.entry(key).or_default();
            known.extend(replaced.iter().filter(|one| !known.contains(one)).cloned().collect::<Vec<_>>());
        }
    }
    all
}

impl Patched {
    /// Puts its own patch beside each result that it mends.
    pub fn attach(&self, check: &mut Check) {
        for result in check.results.iter_mut().filter(|result| result.verdict == Outcome::Fail) {
            let Some(place) = result.locations.first() else { continue };
            let key = (result.control.clone(), result.resource.address.clone(), place.file.clone(), place.line);
            if let Some(patch) = self.of_findings.get(&key) {
                result.patch.clone_from(patch);
            }
        }
    }

    /// Writes the files, each as a whole or not at all. None is written where one of them has changed since it
    /// was read.
    ///
    /// # Errors
    ///
    /// If a file has changed, or cannot be written.
    pub fn write(&mut self) -> Result<(), Failure> {
        write(&self.edits)?;
        self.fixes.written = true;
        Ok(())
    }
}

fn mended_finding(finding: &Finding, caution: Option<&str>) -> PatchedFinding {
    PatchedFinding {
        control: finding.control.clone(),
        address: finding.address.clone(),
        file: finding.file.clone(),
        line: finding.line,
        caution: caution.map(ToOwned::to_owned),
    }
}

fn left(plan: &Plan<'_>, at: usize, reason: &str) -> UnpatchedFinding {
    let finding = &plan.findings[at];
    UnpatchedFinding {
        control: finding.control.clone(),
        address: finding.address.clone(),
        file: finding.file.clone(),
        line: finding.line,
        reason: reason.to_owned(),
    }
}
