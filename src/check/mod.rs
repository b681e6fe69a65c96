//! A check of Terraform and `CloudFormation` before a merge, by the controls of the nightly scan: the
//! code is read, judged in each scenario, and what comes out is put before the gate.
//!
//! ```text
//! Request ─ read ─▶ Code ─ judge ─▶ Checked ─ seal ─▶ store
//! ```

mod baseline;
mod edit;
mod fingerprint;
mod gate;
mod init;
mod input;
mod judge;
mod judged;
mod migrate;
mod others;
mod patch;
mod rendered;
mod repository;
mod scenarios;
mod seal;
mod sensitive;
mod since;
mod undecided;
mod unjudged;
mod ways;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::control::load::Summary;
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::iac::deployment::Code;
use crate::iac::plan;
use crate::iac::suppressions::Tool;
use crate::model::check::{AcceptedException, Action, Check, Excluded, LeftOut, Outcome};
use crate::model::control::Severity;
use crate::model::exit;
use crate::model::scan::ScanSelection;

pub use baseline::write as write_baseline;
pub use init::{Initialised, Run, initialise};
pub use migrate::{Migrated, Migration, migrate};
pub use patch::{Patched, Scope, patch, unmended_examples};
pub use seal::Sealed;
pub use sensitive::sensitive_lines;

/// What is checked, and how.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Directories and files: Terraform or `OpenTofu` configuration, plans as JSON (with the saved plan
    /// beside), `CloudFormation`, SAM and CDK templates.
    pub paths: Vec<PathBuf>,
    /// Where a plan's configuration is: the root module's directory, or the saved plan file.
    pub source: Option<PathBuf>,
    /// Values of Terraform variables, in the order given.
    pub variables: Vec<(String, String)>,
    /// Files of values of Terraform variables.
    pub variable_files: Vec<PathBuf>,
    /// Values of Terraform variables that the environment has, by the name of the variable.
    pub environment: BTreeMap<String, String>,
    /// Where modules of root modules were fetched to, as [`Initialised::modules`] has it.
    pub modules: BTreeMap<PathBuf, PathBuf>,
    /// Values of `CloudFormation` parameters.
    pub parameters: Vec<Parameter>,
    /// Patterns, as `.gitignore` has them, of what is left out below the directories in `paths`.
    pub exclude: Vec<String>,
    /// The same of the policy: it is not said where one of these matches nothing.
    pub exclude_by_policy: Vec<String>,
    /// Which controls are run.
    pub asked: ScanSelection,
    /// The least severity that fails the gate, instead of the policy's.
    pub fail_on: Option<Severity>,
    /// What could not be evaluated fails nothing.
    pub allow_not_evaluated: bool,
    /// Nothing to check is a success.
    pub allow_empty: bool,
    /// Only what this baseline does not know fails the gate.
    pub baseline: Option<PathBuf>,
    /// A baseline will be written of what failed: it fails nothing.
    pub write_baseline: Option<PathBuf>,
    /// Tools whose suppressions beside the code count, without an end date.
    pub accept_suppressions: BTreeSet<Tool>,
    /// Only resources that the plan makes or changes.
    pub changed: bool,
    /// Only resources that come out otherwise than at this git revision.
    pub since: Option<String>,
    /// Say which controls were not run, and why.
    pub explain: bool,
    /// The verdicts will be sealed: what was judged is kept until then.
    pub keep: bool,
}

/// Values of `CloudFormation` parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// The value of one.
    Value {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A file of them, in a form that the AWS CLI takes.
    File(PathBuf),
}

/// Code that was judged, and put before the gate.
pub struct Checked<'a> {
    /// What came out, with the exit code.
    pub check: Check,
    /// Whether nothing was there to be checked.
    pub nothing: bool,
    code: &'a Code,
    request: &'a Request,
    rules: &'a Rules,
    outcome: judge::Outcome<'a>,
    accepted: BTreeMap<String, AcceptedException>,
    now: DateTime<Utc>,
}

/// Reads the code that a request names.
///
/// # Errors
///
/// If a path, or a file of values, cannot be read. Code that cannot be read is a problem of the code.
pub fn read(request: &Request) -> Result<Code, Failure> {
    input::read(&request.paths, &input::Options::of(request)?)
}

/// Judges code, and decides what of it fails the gate.
///
/// # Errors
///
/// If a control, criterion, baseline, revision or policy that the request names cannot be used.
pub fn judge<'a>(
    code: &'a Code,
    request: &'a Request,
    rules: &'a Rules,
    now: DateTime<Utc>,
) -> Result<Checked<'a>, Failure> {
    rules.know(&request.asked)?;
    let asked = &request.asked;
    let options = input::Options::of(request)?;
    let known = request.baseline.as_deref().map(baseline::read).transpose()?;
    let verdicts = |code: &Code, path: &dyn Fn(&str) -> String| judge::Verdicts::of(code, rules, asked, now, path);
    let before = request.since.as_deref();
    let before = before.map(|revision| since::read(revision, &request.paths, &options, verdicts)).transpose()?;
    let taken = before.as_ref().map(|before| before.settings_taken_away(code)).unwrap_or_default();
    let mut outcome = judge::all(code, rules, asked, now, &taken);
    let changed = request.changed.then(|| verdicts(&plan::before(code), &str::to_owned));
    let wanted = gate::Wanted { changed: changed.as_ref(), before: before.as_ref() };
    let tools = &request.accept_suppressions;
    let others = (!tools.is_empty()).then(|| others::Others::read(code, tools, now.date_naive()));
    let gate = gate::Gate::new(rules, &outcome.controls, asked, request.fail_on, known.as_ref(), now)?;
    let gate = gate.with(others.as_ref());
    let (mut check, accepted) = gate.check(code, &request.paths, &mut outcome, request.keep, &wanted);
    check.excluded = excluded(code, request);
    if request.explain {
        check.left_out = left_out(rules, asked);
    }
    let nothing = check.summary.resources == 0 && check.errors.iter().all(|error| error.kind != "unreadable");
    check.summary.exit_code = exit_code(request, rules, &check, nothing);
    drop(gate);
    Ok(Checked { check, nothing, code, request, rules, outcome, accepted, now })
}

impl Checked<'_> {
    /// Seals the verdicts in a store, which is made where there is none, as a pre-merge scan tied to the
    /// commit. `ended` is the time at which the scan ends. What was judged must have been kept
    /// ([`Request::keep`]).
    ///
    /// # Errors
    ///
    /// If the store cannot be opened, made or written.
    pub fn seal(self, store: &Path, ended: DateTime<Utc>) -> Result<Sealed, Failure> {
        let kept = seal::Kept {
            rules: self.rules,
            asked: &self.request.asked,
            request: self.request,
            code: self.code,
            accepted: &self.accepted,
        };
        kept.seal(store, self.outcome, &self.check, self.now, ended)
    }
}

fn exit_code(request: &Request, rules: &Rules, check: &Check, nothing: bool) -> u8 {
    let open = check.results.iter().any(|result| result.verdict == Outcome::NotEvaluated)
        || check.errors.iter().any(|error| error.kind == "missing");
    let open = open && rules.policy.not_evaluated == Action::Deny && !request.allow_not_evaluated;
    let unreadable = check.errors.iter().any(|error| error.kind == "unreadable");
    // What is written as a baseline fails nothing; what was not seen is not in it.
    let written = request.write_baseline.is_some();
    if check.summary.denied > 0 && !written {
        exit::EXCEPTIONS
    } else if (open && !written) || unreadable || (nothing && !request.allow_empty) {
        exit::INCOMPLETE
    } else {
        exit::CLEAN
    }
}

/// What patterns left out, and those that were asked for and matched nothing.
fn excluded(code: &Code, request: &Request) -> Vec<Excluded> {
    let patterns: BTreeSet<&String> = request.exclude.iter().chain(&request.exclude_by_policy).collect();
    let of = |pattern: &String| {
        let of_it = || code.left_out.iter().filter(|left| left.pattern == *pattern);
        let paths: BTreeSet<&str> = of_it().map(|left| left.path.as_str()).collect();
        let directories: BTreeSet<&str> =
            of_it().filter(|left| left.is_directory).map(|left| left.path.as_str()).collect();
        (!paths.is_empty() || request.exclude.contains(pattern)).then(|| Excluded {
            pattern: pattern.clone(),
            directories: directories.len() as u64,
            files: (paths.len() - directories.len()) as u64,
            paths: paths.into_iter().map(ToOwned::to_owned).collect(),
        })
    };
    patterns.into_iter().filter_map(of).collect()
}

/// The controls that are not run on code, as the effective policy says.
fn left_out(rules: &Rules, asked: &ScanSelection) -> Vec<LeftOut> {
    let controls = rules.controls.values().map(|loaded| &loaded.summary);
    let why = |control: &Summary| {
        let reason = rules.not_on_code(control, asked)?;
        Some(LeftOut { control: control.id.clone(), reason })
    };
    controls.filter_map(why).collect()
}
