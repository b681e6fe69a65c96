//! `tickmark fix`: a patch of the code for what a check finds.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::check::CodeArguments;
use super::console::{Console, Format, FormatArgument};
use super::rules::{RuleArguments, SelectionArguments};
use crate::check::{self, Request, Scope};
use crate::evidence::error::Failure;
use crate::evidence::sealing::now;
use crate::export::fix::beside;
use crate::model::control::Severity;

/// What is patched, and how.
#[derive(Args)]
#[command(
    after_help = "Standard output has the patch alone, as `git apply` and `patch -p1` take it. The exit code is \
                        that of a check with the patch applied: 0 nothing is left that fails the gate, 1 something \
                        is, 2 the tool or its input failed, 3 something could not be read."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    code: CodeArguments,
    #[command(flatten)]
    selection: SelectionArguments,
    #[command(flatten)]
    rules: RuleArguments,
    /// The least severity that fails the gate, instead of the policy's.
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// What this baseline knows is not patched.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// What the baseline knows is patched, too.
    #[arg(long, requires = "baseline")]
    known: bool,
    /// Write the patch into the files, in place of printing it.
    #[arg(long)]
    write: bool,
    /// Nothing to check is a success.
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    format: FormatArgument,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let rules = arguments.rules.load("pre-merge")?;
    let request = Request {
        asked: arguments.selection.asked(),
        fail_on: arguments.fail_on,
        allow_not_evaluated: true,
        allow_empty: arguments.allow_empty,
        baseline: arguments.baseline.clone(),
        exclude_by_policy: rules.policy.exclude.clone(),
        ..arguments.code.request()?
    };
    rules.know(&request.asked)?;
    let code = check::read(&request)?;
    for problem in &code.problems {
        console.detail(format_args!("{}: could not {}", problem.file, problem.message));
    }
    match code.problems.len() {
        0 => {}
        1 => console.note("one thing could not be read: `tickmark check` says which"),
        more => console.note(format_args!("{more} things could not be read: `tickmark check` says which")),
    }
    let mut patched = check::patch(&code, &request, &rules, now(), Scope { known: arguments.known })?;
    if arguments.write {
        patched.write()?;
    }
    let exit = console.decide(patched.fixes.exit_code);
    if patched.nothing && !arguments.allow_empty {
        console.warn(
            "nothing to patch: no resource of Terraform or CloudFormation was found",
            "name a directory or file that holds some, or say --allow-empty",
        );
    }
    if arguments.format.format == Format::Human {
        for line in beside(&patched.fixes, console.verbose).lines() {
            console.note(line);
        }
    }
    console.result(arguments.format.format, &patched.fixes, |out| {
        if !patched.fixes.written {
            out.write_all(patched.fixes.diff.as_bytes())?;
        }
        Ok(())
    })?;
    Ok(exit)
}
