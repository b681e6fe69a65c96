//! What the policy, the directives beside the code and the baseline make of the verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::baseline::Fingerprints;
use super::fingerprint::{self, by_shown_paths};
use super::judge::{self, Verdicts};
use super::judged::Judged;
use super::others::Others;
use super::repository;
use super::since::Before;
use super::unjudged;
use crate::control::diagnostic::nearest;
use crate::evaluate::engine::like;
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::iac::deployment::{Block, Change, Code, Deployment, Ignore, Language};
use crate::iac::origin::Origin;
use crate::iac::value::{Unknown, Value};
use crate::model::check::{
    AcceptedException, Action, Check, CheckError, CheckResult, CheckSummary, CheckedResource, Location, Outcome, SCHEMA,
};
use crate::model::control::{Control, Fix, Severity};
use crate::model::gap::{Gap, GapCode};
use crate::model::instance::{Instance, names};
use crate::model::policy::GateRule;
use crate::model::scan::ScanSelection;
use crate::model::verdict::Verdict;

/// Which results are wanted.
pub(super) struct Wanted<'a> {
    /// Only of resources that a plan makes or changes, and of those of which something else is said
    /// than before the plan: a bucket whose public access block is deleted stays as it is.
    pub(super) changed: Option<&'a Verdicts>,
    /// Only of resources that are not as they were, or of which something else is said.
    pub(super) before: Option<&'a Before>,
}

/// The gate: a policy, a baseline, a day.
pub(super) struct Gate<'a> {
    rules: &'a Rules,
    /// What is told of a finding, by control.
    told: BTreeMap<&'a str, Told>,
    asked: &'a ScanSelection,
    fail_on: Severity,
    paths: Vec<Option<GlobSet>>,
    baseline: Option<&'a Fingerprints>,
    others: Option<&'a Others>,
    now: DateTime<Utc>,
}

impl<'a> Gate<'a> {
    /// The gate for what these controls found.
    pub(super) fn new(
        rules: &'a Rules,
        controls: &BTreeSet<String>,
        asked: &'a ScanSelection,
        fail_on: Option<Severity>,
        baseline: Option<&'a Fingerprints>,
        now: DateTime<Utc>,
    ) -> Result<Self, Failure> {
        let paths = rules.policy.rules.iter().map(globs).collect::<Result<_, _>>()?;
        let known = controls.iter().filter_map(|id| rules.controls.get_key_value(id));
        let told = known.map(|(id, loaded)| (id.as_str(), Told::of(&loaded.control))).collect();
        let fail_on = fail_on.unwrap_or(rules.policy.fail_on);
        Ok(Self { rules, told, asked, fail_on, paths, baseline, others: None, now })
    }

    /// The same gate, at which the suppressions of other tools count.
    pub(super) fn with(self, others: Option<&'a Others>) -> Self {
        Self { others, ..self }
    }

    /// Decides on everything that was judged, which is gone afterwards unless it is to be kept. `named` are the
    /// paths that the code was read from.
    /// Gives also every accepted exception by its item (as [`by_shown_paths`] has it), those too that are not
    /// wanted.
    pub(super) fn check<'j>(
        &self,
        code: &'j Code,
        named: &[PathBuf],
        outcome: &mut judge::Outcome<'j>,
        keep: bool,
        wanted: &Wanted<'_>,
    ) -> (Check, BTreeMap<String, AcceptedException>) {
        let mut check = Check {
            schema: SCHEMA.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            results: Vec::new(),
            errors: Vec::new(),
            in_repository: BTreeMap::new(),
            left_out: Vec::new(),
            excluded: Vec::new(),
            other_suppressions: None,
            summary: CheckSummary { fail_on: self.fail_on, ..CheckSummary::default() },
        };
        // The text of a plan is not kept: secrets stand in it in clear.
        let is_json = |path: &str| Path::new(path).extension().is_some_and(|extension| extension == "json");
        let plans = code
            .deployments
            .iter()
            .filter(|deployment| is_json(&deployment.path) && !code.files.contains_key(&*deployment.path));
        let texts = code.files.keys().filter(|file| !code.is_of_left_out_root(file));
        check.summary.files = (texts.count() + plans.count()) as u64;
        check.summary.resources = outcome.resources;
        check.summary.controls = outcome.controls.len() as u64;
        check.errors.extend(code.problems.iter().map(|problem| CheckError {
            kind: "unreadable".to_owned(),
            file: problem.file.clone(),
            line: problem.line,
            message: format!("could not {}", problem.message),
        }));
        check.errors.extend(code.notes.iter().chain(&unjudged::notes(code)).map(|note| CheckError {
            kind: "not_judged".to_owned(),
            file: note.file.clone(),
            line: note.line,
            message: note.message.clone(),
        }));
        check.errors.extend(code.deployments.iter().flat_map(missing));
        let paths = repository::paths(code, named);
        let mut used: BTreeSet<(&str, u32, &str)> = BTreeSet::new();
        let mut accepted = BTreeMap::new();
        for judged in std::mem::take(&mut outcome.judged) {
            let result = self.result(code, &judged, &paths, &mut used);
            accepted.extend(result.waived.clone().map(|waived| (by_shown_paths(&judged), waived)));
            if wanted.includes(code, &judged) {
                check.results.push(result);
            }
            if keep {
                outcome.judged.push(judged);
            }
        }
        self.directives(code, &outcome.controls, &used, &mut check.errors);
        check.errors.retain(|error| !code.is_of_left_out_root(&error.file));
        check.errors.sort();
        check.errors.dedup();
        check.results.sort_by(CheckResult::order);
        // A template that is named beside the assembly that it lies in is read twice.
        check.results.dedup();
        let of_results = check.results.iter().filter_map(|result| result.locations.first());
        check.in_repository = of_results
            .filter_map(|location| Some((&location.file, paths.get(location.file.as_str())?)))
            .filter(|(shown, path)| shown != path)
            .map(|(shown, path)| (shown.clone(), path.clone()))
            .collect();
        self.sums(&mut check);
        check.other_suppressions = self.others.map(|others| others.sums(&check));
        (check, accepted)
    }

    fn sums(&self, check: &mut Check) {
        let sums = &mut check.summary;
        for outcome in Outcome::ALL {
            sums.verdicts.insert(outcome.as_str().to_owned(), 0);
        }
        for result in &check.results {
            *sums.verdicts.entry(result.verdict.as_str().to_owned()).or_default() += 1;
            if result.verdict == Outcome::Fail {
                *sums.failed.entry(result.severity.as_str().to_owned()).or_default() += 1;
                sums.in_baseline += u64::from(result.in_baseline);
                let denied = result.action == Action::Deny && result.severity >= self.fail_on && !result.in_baseline;
                sums.denied += u64::from(denied);
            }
        }
    }

    fn result<'j>(
        &self,
        code: &'j Code,
        judged: &Judged<'j>,
        paths: &BTreeMap<&str, String>,
        used: &mut BTreeSet<(&'j str, u32, &'j str)>,
    ) -> CheckResult {
        let verdict = &judged.verdict;
        let locations = judged.locations();
        let shown = matches!(verdict.verdict, Verdict::Fail | Verdict::NotEvaluated);
        let told = self.told.get(verdict.control.as_str()).filter(|_| shown);
        let address = judged.blocks.first().map(|(block, _)| block.address.clone()).unwrap_or_default();
        let mut result = CheckResult {
            control: verdict.control.clone(),
            title: told.map(|told| told.title.clone()).unwrap_or_default(),
            verdict: match verdict.verdict {
                Verdict::Pass => Outcome::Pass,
                Verdict::Fail => Outcome::Fail,
                Verdict::NotEvaluated => Outcome::NotEvaluated,
                Verdict::NotApplicable => Outcome::NotApplicable,
            },
            severity: verdict.severity,
            action: Action::Deny,
            criteria: told.map(|told| told.criteria.clone()).unwrap_or_default(),
            resource: CheckedResource { r#type: verdict.r#type.clone(), address },
            message: verdict.message.clone(),
            reason: verdict.reason.as_ref().map(reason),
            gap: verdict.reason.clone(),
            fix: None,
            patch: Vec::new(),
            waived: None,
            in_baseline: false,
            fingerprint: String::new(),
            name: None,
            locations,
        };
        result.name = said_name(&result, &verdict.name);
        if verdict.verdict == Verdict::Fail {
            result.fix = told.map(|told| match code.deployments[judged.deployment].language {
                Language::Terraform => told.terraform.clone(),
                Language::Cloudformation => told.cloudformation.clone(),
            });
            result.fingerprint = fingerprint::of(judged, paths);
            result.in_baseline = self.baseline.is_some_and(|known| {
                if known.by_shown_paths {
                    known.contain(&by_shown_paths(judged))
                } else {
                    known.contain(&result.fingerprint)
                }
            });
            result.action = self.action(judged, &result);
            if let Some(accepted) = self.accepted(judged, used) {
                result.verdict = Outcome::Waived;
                result.waived = Some(accepted);
            }
        } else if verdict.verdict == Verdict::NotEvaluated {
            result.action = self.rules.policy.not_evaluated;
        }
        result
    }

    /// What the first matching rule of the policy says.
    fn action(&self, judged: &Judged<'_>, result: &CheckResult) -> Action {
        let rules = self.rules.policy.rules.iter().zip(&self.paths);
        for (rule, paths) in rules {
            let control = rule.controls.is_empty() || rule.controls.contains(&result.control);
            let severity = rule.severities.is_empty() || rule.severities.contains(&result.severity);
            let file = result.locations.first().map_or("", |location| location.file.as_str());
            let path = paths.as_ref().is_none_or(|globs| globs.is_match(file));
            let tagged = || judged.blocks.first().is_some_and(|(block, _)| has_tags(block, &rule.tags));
            if control && severity && path && (rule.tags.is_empty() || tagged()) {
                return rule.action;
            }
        }
        Action::Deny
    }

    /// The accepted exception that covers a failed item: one of the policy, or a directive at its block,
    /// at a module call that leads to it, or at all the other blocks that made it fail; else one of another
    /// tool, where those are asked for.
    fn accepted<'j>(
        &self,
        judged: &Judged<'j>,
        used: &mut BTreeSet<(&'j str, u32, &'j str)>,
    ) -> Option<AcceptedException> {
        if let Some(waived) = &judged.verdict.waived {
            let (reason, until) = (waived.reason.clone(), Some(waived.until.clone()));
            return Some(AcceptedException { reason, until, by: None, at: None });
        }
        let control = judged.verdict.control.as_str();
        let (primary, others) = judged.blocks.split_first()?;
        let mut found = directives(primary.0, control);
        if found.is_empty() && !others.is_empty() && primary.1.is_empty() {
            let each: Vec<Vec<&Ignore>> = others.iter().map(|(block, _)| directives(block, control)).collect();
            for ignore in each.iter().flatten() {
                used.insert(key(ignore));
            }
            if each.iter().all(|found| found.iter().any(|ignore| self.holds(ignore).is_ok())) {
                found = each.into_iter().flatten().collect();
            }
        }
        for ignore in &found {
            used.insert(key(ignore));
        }
        let Some(ignore) = found.into_iter().find(|ignore| self.holds(ignore).is_ok()) else {
            return self.others.and_then(|others| others.accepted(judged));
        };
        Some(AcceptedException {
            reason: ignore.reason.clone().unwrap_or_default(),
            until: ignore.until.clone(),
            by: None,
            at: Some(Location {
                file: ignore.place.file.to_string(),
                line: ignore.place.line,
                end_line: ignore.place.end_line,
                address: ignore.at.clone(),
                lines: Vec::new(),
            }),
        })
    }

    /// Whether a directive suppresses anything today; what is wrong with it where it does not: the kind
    /// of error, and the words.
    fn holds(&self, ignore: &Ignore) -> Result<(), (&'static str, String)> {
        let malformed = |what: String| Err(("malformed", what));
        if let Some(what) = &ignore.malformed {
            return malformed(what.clone());
        }
        if !self.rules.controls.contains_key(&ignore.control) {
            let near = nearest(&ignore.control, self.rules.controls.keys().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return malformed(format!("there is no control `{}`{near}", ignore.control));
        }
        if ignore.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
            return malformed("it gives no reason; write reason=\"…\"".to_owned());
        }
        let until = ignore.until.as_deref().unwrap_or_default();
        match NaiveDate::parse_from_str(until, "%Y-%m-%d") {
            Err(_) => malformed("it has no last day; write until=YYYY-MM-DD".to_owned()),
            Ok(day) if day < self.now.date_naive() => {
                let what = format!("the exception for {} was accepted until {until}: it counts again", ignore.control);
                Err(("expired", what))
            }
            Ok(_) => Ok(()),
        }
    }

    /// Directives that are of no use: malformed, expired, or suppressing nothing.
    fn directives(
        &self,
        code: &Code,
        ran: &BTreeSet<String>,
        used: &BTreeSet<(&str, u32, &str)>,
        errors: &mut Vec<CheckError>,
    ) {
        let scenarios = code.deployments.iter().flat_map(|deployment| &deployment.scenarios);
        let beside = scenarios.flat_map(|scenario| &scenario.blocks).flat_map(|block| &block.ignores);
        let mut seen = BTreeSet::new();
        for ignore in beside.chain(&code.ignores) {
            if !seen.insert(key(ignore)) {
                continue;
            }
            let (kind, message) = match self.holds(ignore) {
                Err((kind, what)) => (kind, what),
                // A control that was not asked for may well fail there.
                Ok(()) if used.contains(&key(ignore)) || !self.selected(&ignore.control, ran) => continue,
                Ok(()) if ignore.at.is_empty() => ("unused", "it stands at no resource and no module call".to_owned()),
                Ok(()) => ("unused", format!("{} does not fail there: take the directive out", ignore.control)),
            };
            errors.push(CheckError {
                kind: kind.to_owned(),
                file: ignore.place.file.to_string(),
                line: Some(ignore.place.line),
                message,
            });
        }
    }

    /// Whether a control was run, or would have been if something had been there for it.
    fn selected(&self, control: &str, ran: &BTreeSet<String>) -> bool {
        let all = self.asked.controls.is_empty() && self.asked.criteria.is_empty();
        ran.contains(control) || (all && !self.asked.except.iter().any(|id| id == control))
    }
}

impl Wanted<'_> {
    fn includes(&self, code: &Code, judged: &Judged<'_>) -> bool {
        let deployment = &code.deployments[judged.deployment].path;
        let blocks = || judged.blocks.iter().map(|(block, _)| *block);
        let made = |block: &Block| block.change.is_none_or(|change| change == Change::Made);
        let changed = |before: &Verdicts| blocks().any(made) || !before.say(deployment, &judged.verdict);
        let other = |before: &Before| {
            blocks().any(|block| !before.has(deployment, block)) || !before.verdicts.say(deployment, &judged.verdict)
        };
        self.changed.is_none_or(changed) && self.before.is_none_or(other)
    }
}

/// What is deployed with a deployment and is not in the code, where no problem says so already: a macro's work, the
/// template of a nested stack, the rest of a plan with a target. Of a directory of Terraform's, every one is a
/// problem too.
fn missing(deployment: &Deployment) -> Vec<CheckError> {
    if deployment.language == Language::Terraform && Path::new(&deployment.path).is_dir() {
        return Vec::new();
    }
    let error = |unknown: &Unknown| CheckError {
        kind: "missing".to_owned(),
        file: deployment.path.clone(),
        line: None,
        message: format!("not all that is deployed can be judged: {}", unknown.shown),
    };
    deployment.missing.iter().filter(|unknown| unknown.origin != Origin::Problem).map(error).collect()
}

fn directives<'j>(block: &'j Block, control: &str) -> Vec<&'j Ignore> {
    block.ignores.iter().filter(|ignore| ignore.control == control).collect()
}

fn key(ignore: &Ignore) -> (&str, u32, &str) {
    (&ignore.place.file, ignore.place.line, &ignore.control)
}

fn globs(rule: &GateRule) -> Result<Option<GlobSet>, Failure> {
    if rule.paths.is_empty() {
        return Ok(None);
    }
    let wrong = |error: globset::Error| {
        Failure::with_help(format!("use the policy: {error}"), "write paths as globs, such as examples/**")
    };
    let mut set = GlobSetBuilder::new();
    for path in &rule.paths {
        set.add(Glob::new(path.trim_start_matches("./")).map_err(wrong)?);
    }
    Ok(Some(set.build().map_err(wrong)?))
}

/// Whether a block has all of these tags. Terraform writes a map, `CloudFormation` mostly a list.
fn has_tags(block: &Block, wanted: &BTreeMap<String, String>) -> bool {
    let tag = |name: &str| -> Option<&str> {
        for member in ["tags", "tags_all", "Tags"] {
            match block.body.get(member) {
                Some(map @ Value::Map(_)) => {
                    if let Some(value) = map.get(name).and_then(Value::as_text) {
                        return Some(value);
                    }
                }
                Some(Value::List(items)) => {
                    let named = |item: &&Value| {
                        item.get("Key").or_else(|| item.get("key")).and_then(Value::as_text) == Some(name)
                    };
                    let item = items.iter().find(named);
                    let value = item.and_then(|item| item.get("Value").or_else(|| item.get("value")));
                    if let Some(value) = value.and_then(Value::as_text) {
                        return Some(value);
                    }
                }
                _ => {}
            }
        }
        None
    };
    wanted.iter().all(|(name, pattern)| tag(name).is_some_and(|value| like(pattern, value)))
}

/// The name of an item, where the message or the reason says it apart from its address.
fn said_name(result: &CheckResult, name: &str) -> Option<Box<str>> {
    let instance = Instance { address: &result.resource.address, name: Some(name) };
    let detail = result.gap.as_ref().map(|gap| &gap.detail);
    let said = result.message.iter().chain(&result.reason).chain(detail);
    let mut said = said.filter(|said| said.contains(name));
    (!name.is_empty() && said.any(|said| names(&instance.open(said)))).then(|| Box::from(name))
}

/// The reason in words. What is sensitive is not named further.
fn reason(gap: &Gap) -> String {
    match gap.code {
        GapCode::Sensitive => gap.code.meaning().to_owned(),
        _ => gap.to_string(),
    }
}

/// What every finding of a control tells, kept once.
struct Told {
    title: Arc<str>,
    criteria: Arc<BTreeMap<String, String>>,
    terraform: Arc<Fix>,
    cloudformation: Arc<Fix>,
}

impl Told {
    fn of(control: &Control) -> Self {
        Self {
            title: Arc::from(control.title.as_str()),
            criteria: Arc::new(control.criteria.clone()),
            terraform: Arc::new(fix(control, Language::Terraform)),
            cloudformation: Arc::new(fix(control, Language::Cloudformation)),
        }
    }
}

/// The fix, with the snippet of the language that the item is written in.
fn fix(control: &Control, language: Language) -> Fix {
    let mut fix = control.fix.clone();
    fix.cli = None;
    match language {
        Language::Terraform => fix.cloudformation = None,
        Language::Cloudformation => fix.terraform = None,
    }
    fix
}
