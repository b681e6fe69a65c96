//! `tickmark check`: Terraform and `CloudFormation` judged before a merge, by the controls of the
//! nightly scan.

mod baseline;
mod gate;
mod input;
mod judge;
mod judged;
mod keep;
mod output;
mod since;
mod worlds;

use std::path::PathBuf;

use clap::Args;

use super::error::Failure;
use super::rules::{RuleArguments, Rules};
use super::sealing::now;
use super::{EXIT_CLEAN, EXIT_EXCEPTIONS, EXIT_INCOMPLETE};
use crate::iac::plan;
use crate::iac::unit::Code;
use crate::model::check::{Action, Check, LeftOut, Outcome};
use crate::model::control::{Control, Severity};
use crate::model::scan::Asked;

/// What is checked, and how.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Args)]
pub(super) struct Arguments {
    /// Directories and files: Terraform or `OpenTofu` configuration, plans as JSON (with the saved
    /// plan beside), `CloudFormation`, SAM and CDK templates. The form is detected.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Where a plan's configuration is: the root module's directory, or the saved plan file. Findings
    /// are then shown at its lines.
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// Value of a Terraform variable; repeatable.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// File of values of Terraform variables; repeatable.
    #[arg(long = "var-file", value_name = "FILE")]
    variable_files: Vec<PathBuf>,
    /// Value of a `CloudFormation` parameter, or a JSON file of them; repeatable.
    #[arg(long = "parameters", value_name = "NAME=VALUE|FILE")]
    parameters: Vec<String>,
    /// Only this control; repeatable.
    #[arg(long = "control", value_name = "ID")]
    controls: Vec<String>,
    /// Only controls that serve this criterion; repeatable.
    #[arg(long = "criterion", value_name = "ID")]
    criteria: Vec<String>,
    /// Directory whose control files are added to the built-in ones; one with the same id overrides.
    #[arg(long, value_name = "DIR")]
    controls_dir: Option<PathBuf>,
    /// Policy file, or the name of a built-in policy.
    #[arg(long, value_name = "FILE", default_value = "pre-merge")]
    policy: String,
    /// The least severity that fails the gate, instead of the policy's.
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// Exit code 0 where nothing failed and something could not be evaluated; it is still shown.
    #[arg(long)]
    allow_not_evaluated: bool,
    /// Only what a baseline does not know fails the gate.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the failed items as a baseline, and fail nothing but what cannot be read.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Only resources that the plan makes or changes.
    #[arg(long)]
    changed: bool,
    /// Only resources that come out otherwise than at this git revision.
    #[arg(long, value_name = "GIT_REF")]
    since: Option<String>,
    /// Output: human, json, sarif, junit, github, gitlab or markdown; with =FILE into a file.
    /// Repeatable.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", default_value = "human")]
    formats: Vec<output::Wanted>,
    /// Say which controls were not run, and why.
    #[arg(long)]
    explain: bool,
    /// Nothing to check is a success.
    #[arg(long)]
    allow_empty: bool,
    /// Seal the verdicts in this store, as a pre-merge scan tied to the commit.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    output::apart(&arguments.formats)?;
    let rules =
        Rules::load(&RuleArguments { controls_dir: arguments.controls_dir.clone(), policy: arguments.policy.clone() })?;
    let asked = asked(arguments, &rules)?;
    let options = input::Options::of(arguments)?;
    let code = input::read(&arguments.paths, &options)?;
    let known = arguments.baseline.as_deref().map(baseline::read).transpose()?;

    let now = now();
    let mut outcome = judge::all(&code, &rules, &asked, now)?;
    let verdicts = |code: &Code, path: &dyn Fn(&str) -> String| judge::Verdicts::of(code, &rules, &asked, now, path);
    let before = arguments.since.as_deref();
    let before = before.map(|revision| since::read(revision, &arguments.paths, &options, verdicts)).transpose()?;
    let changed = arguments.changed.then(|| verdicts(&plan::before(&code), &str::to_owned)).transpose()?;
    let wanted = gate::Wanted { changed: changed.as_ref(), before: before.as_ref() };
    let gate = gate::Gate::new(&rules, &asked, arguments.fail_on, known.as_ref(), now)?;
    let (mut check, accepted) = gate.check(&code, &mut outcome, arguments.store.is_some(), &wanted);
    if arguments.explain {
        check.left_out = left_out(&rules, &asked);
    }
    let nothing = check.summary.resources == 0 && check.errors.iter().all(|error| error.kind != "unreadable");
    check.summary.exit_code = exit_code(arguments, &rules, &check, nothing);
    if let Some(file) = &arguments.write_baseline {
        let written = baseline::write(file, &check)?;
        let items = if written == 1 { "failed item" } else { "failed items" };
        eprintln!("wrote {written} {items} to {}", file.display());
    }
    let shown = output::Shown { explain: arguments.explain, baseline: arguments.baseline.is_some() };
    output::write(&arguments.formats, &check, &code, &shown)?;
    if nothing && !arguments.allow_empty {
        eprintln!("nothing to check: no resource of Terraform or CloudFormation was found");
        eprintln!("help: name a directory or file that holds some, or say --allow-empty");
    }
    if let Some(store) = &arguments.store {
        let kept = keep::Kept { rules: &rules, asked: &asked, arguments, code: &code, accepted: &accepted };
        let scan = kept.seal(store, outcome, &check, now)?;
        eprintln!("sealed as scan {scan} of {}", store.display());
    }
    Ok(check.summary.exit_code)
}

fn exit_code(arguments: &Arguments, rules: &Rules, check: &Check, nothing: bool) -> u8 {
    let open = check.results.iter().any(|result| result.verdict == Outcome::NotEvaluated)
        || check.errors.iter().any(|error| error.kind == "missing");
    let open = open && rules.policy.not_evaluated == Action::Deny && !arguments.allow_not_evaluated;
    let unreadable = check.errors.iter().any(|error| error.kind == "unreadable");
    // What is written as a baseline fails nothing; what was not seen is not in it.
    let written = arguments.write_baseline.is_some();
    if check.summary.denied > 0 && !written {
        EXIT_EXCEPTIONS
    } else if (open && !written) || unreadable || (nothing && !arguments.allow_empty) {
        EXIT_INCOMPLETE
    } else {
        EXIT_CLEAN
    }
}

fn asked(arguments: &Arguments, rules: &Rules) -> Result<Asked, Failure> {
    rules.know(&arguments.controls, &arguments.criteria)?;
    Ok(Asked { controls: arguments.controls.clone(), criteria: arguments.criteria.clone(), ..Asked::default() })
}

/// The controls that are not run on code, as the effective policy says.
fn left_out(rules: &Rules, asked: &Asked) -> Vec<LeftOut> {
    let controls = rules.controls.values().map(|loaded| &loaded.control);
    let why = |control: &Control| {
        let reason = rules.not_on_code(control, asked)?;
        Some(LeftOut { control: control.id.clone(), reason })
    };
    controls.filter_map(why).collect()
}
