//! `tickmark check`: Terraform and `CloudFormation` judged before a merge, by the controls of the
//! nightly scan.

mod output;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::rules::{RuleArguments, SelectionArguments};
use crate::check::{self, Parameter, Request, Scope, Sealed};
use crate::evidence::error::Failure;
use crate::evidence::sealing::now;
use crate::iac::deployment::Language;
use crate::iac::suppressions::Tool;
use crate::model::check::{Check, Excluded};
use crate::model::control::Severity;

/// The code, and values from outside of it.
#[derive(Args)]
pub(super) struct CodeArguments {
    /// Directories and files: Terraform or `OpenTofu` configuration, plans as JSON (with the saved
    /// plan beside), `CloudFormation`, SAM and CDK templates. The form is detected.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Value of a Terraform variable; repeatable.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// File of values of Terraform variables; repeatable.
    #[arg(long = "var-file", value_name = "FILE")]
    variable_files: Vec<PathBuf>,
    /// Value of a `CloudFormation` parameter, or a JSON file of them; repeatable.
    #[arg(long = "parameter-override", value_name = "NAME=VALUE|FILE", alias = "parameters")]
    parameters: Vec<String>,
    /// Leave out directories and files below the paths, as in .gitignore: a name at any depth, or with a
    /// `/` a path below the directory that is named. Adds to the policy's; repeatable.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
}

impl CodeArguments {
    /// A request for this code, and nothing else.
    pub(super) fn request(&self) -> Result<Request, Failure> {
        let variable = |given: &String| {
            given
                .split_once('=')
                .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
                .ok_or_else(|| Failure::with_help(format!("use --var {given}"), "write it as --var 'name=value'"))
        };
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter_map(|(name, value)| Some((name.strip_prefix("TF_VAR_")?.to_owned(), value)))
            .collect();
        Ok(Request {
            paths: self.paths.clone(),
            variables: self.variables.iter().map(variable).collect::<Result<_, _>>()?,
            variable_files: self.variable_files.clone(),
            environment,
            parameters: self.parameters.iter().map(|given| parameter(given)).collect(),
            exclude: self.exclude.clone(),
            ..Request::default()
        })
    }
}

/// What is checked, and how.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    code: CodeArguments,
    /// Where a plan's configuration is: the root module's directory, or the saved plan file. Findings
    /// are then shown at its lines.
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    #[command(flatten)]
    selection: SelectionArguments,
    #[command(flatten)]
    rules: RuleArguments,
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
    /// Let suppressions of other tools beside the code count, without an end date: cfn-guard, cfn-nag,
    /// checkov, kics, tfsec, trivy. `tickmark migrate suppressions` writes ours beside them.
    #[arg(long, value_name = "TOOL", value_delimiter = ',')]
    accept_suppressions: Vec<Tool>,
    /// Only resources that the plan makes or changes.
    #[arg(long)]
    changed: bool,
    /// Only resources that come out otherwise than at this git revision.
    #[arg(long, value_name = "GIT_REF")]
    since: Option<String>,
    /// Output: human, json, sarif, junit, github, gitlab or markdown; with =FILE into a file.
    /// Repeatable. json-v1 is the JSON of before, which goes away with the next version.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", default_value = "human")]
    formats: Vec<output::Wanted>,
    /// Say which controls were not run, and why.
    #[arg(long)]
    explain: bool,
    /// Fetch modules that are not on this machine with your own terraform or tofu: `init -backend=false` in a
    /// temporary copy of the configuration, without your credentials, and with an empty home.
    #[arg(long, conflicts_with = "since")]
    init: bool,
    /// Give with each finding the patch that mends it (see `tickmark fix`), in SARIF and JSON.
    #[arg(long)]
    fixes: bool,
    /// Nothing to check is a success.
    #[arg(long)]
    allow_empty: bool,
    /// Seal the verdicts in the store at DIR, as a pre-merge scan tied to the commit.
    #[arg(long, value_name = "DIR", alias = "store")]
    seal_into: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    output::apart(&arguments.formats)?;
    let rules = arguments.rules.load("pre-merge")?;
    let mut request = Request { exclude_by_policy: rules.policy.exclude.clone(), ..request(arguments)? };
    rules.know(&request.asked)?;
    // What was fetched is there as long as it is needed.
    let fetched = if arguments.init { Some(check::initialise(&request)?) } else { None };
    if let Some(fetched) = &fetched {
        for run in &fetched.runs {
            console.note(format_args!("ran {} in a copy of {}", run.command(), run.directory));
            console.detail(&run.output);
        }
        request.modules.clone_from(&fetched.modules);
    }
    let code = check::read(&request)?;
    for deployment in &code.deployments {
        let language = match deployment.language {
            Language::Terraform => "Terraform",
            Language::Cloudformation => "CloudFormation",
        };
        console.detail(format_args!("read {} ({language})", deployment.path));
    }
    let mut checked = check::judge(&code, &request, &rules, now())?;
    if arguments.fixes {
        check::patch(&code, &request, &rules, now(), Scope { known: true })?.attach(&mut checked.check);
    }
    let summary = &checked.check.summary;
    console.detail(format_args!("judged {} resources by {} controls", summary.resources, summary.controls));
    let exit = console.decide(summary.exit_code);
    if let Some(file) = &arguments.write_baseline {
        let written = check::write_baseline(file, &checked.check)?;
        let items = if written == 1 { "failed item" } else { "failed items" };
        console.note(format_args!("wrote {written} {items} to {}", file.display()));
    }
    let shown = output::Shown { explain: arguments.explain, baseline: arguments.baseline.is_some() };
    let written = output::write(&arguments.formats, &checked.check, &code, &shown);
    if checked.nothing && !arguments.allow_empty {
        nothing(&checked.check, console);
    }
    // What cannot be written, or is not read to its end, does not keep the evidence back.
    if let Some(store) = &arguments.seal_into {
        let Sealed { scan, trusted_at, no_commit_at } = checked.seal(store, now())?;
        if let Some(trusted) = &trusted_at {
            console.note(format_args!("made the store {} and its key", store.display()));
            console.note(format_args!("the public key is pinned in {}; give it to your auditor", trusted.display()));
        }
        if let Some(near) = &no_commit_at {
            console.note(format_args!("the scan is tied to no commit: git knows none at {}", near.display()));
        }
        console.note(format_args!("sealed as scan {scan} of {}", store.display()));
    }
    written?;
    Ok(exit)
}

/// Says that there is nothing to check, and why where it is known.
fn nothing(check: &Check, console: &Console) {
    let left_out: Vec<&Excluded> = check.excluded.iter().filter(|excluded| !excluded.paths.is_empty()).collect();
    if left_out.is_empty() {
        return console.warn(
            "nothing to check: no resource of Terraform or CloudFormation was found",
            "name a directory or file that holds some, or say --allow-empty",
        );
    }
    let patterns: Vec<String> = left_out.iter().map(|excluded| format!("`{}`", excluded.pattern)).collect();
    console.warn(
        format!("nothing to check: what may hold resources was left out by {}", patterns.join(", ")),
        "name it itself (what is named is not left out), give a policy without these patterns, or say --allow-empty",
    );
}

/// The request of the command line and the environment.
fn request(arguments: &Arguments) -> Result<Request, Failure> {
    Ok(Request {
        source: arguments.source.clone(),
        asked: arguments.selection.asked(),
        fail_on: arguments.fail_on,
        allow_not_evaluated: arguments.allow_not_evaluated,
        allow_empty: arguments.allow_empty,
        baseline: arguments.baseline.clone(),
        write_baseline: arguments.write_baseline.clone(),
        accept_suppressions: arguments.accept_suppressions.iter().copied().collect(),
        changed: arguments.changed,
        since: arguments.since.clone(),
        explain: arguments.explain,
        keep: arguments.seal_into.is_some(),
        ..arguments.code.request()?
    })
}

/// `NAME=VALUE`, or a file.
fn parameter(given: &str) -> Parameter {
    match given.split_once('=').filter(|(name, _)| !name.contains(['/', '.'])) {
        Some((name, value)) => Parameter::Value { name: name.to_owned(), value: value.to_owned() },
        None => Parameter::File(PathBuf::from(given)),
    }
}
