//! `tickmark migrate`: what other tools left beside the code, written anew as ours.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::console::Console;
use crate::check::{self, Request};
use crate::evidence::error::Failure;
use crate::export::check::plain;
use crate::iac::suppressions::Tool;
use crate::model::exit;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write `tickmark:ignore` beside the suppressions of other tools, for the controls that they are about.
    /// Prints the change as a patch. What has no reason or last day is left to be filled in.
    Suppressions(SuppressionArguments),
}

#[derive(Args)]
struct SuppressionArguments {
    /// Directories and files of Terraform and `CloudFormation`.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only those of these tools: cfn-guard, cfn-nag, checkov, kics, tfsec, trivy.
    #[arg(long, value_name = "TOOL", value_delimiter = ',')]
    from: Vec<Tool>,
    /// Write the files, instead of printing the change.
    #[arg(long)]
    write: bool,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let Command::Suppressions(arguments) = &arguments.command;
    let from = if arguments.from.is_empty() { &Tool::ALL[..] } else { &arguments.from };
    let request = Request { paths: arguments.paths.clone(), ..Request::default() };
    let code = check::read(&request)?;
    let migration = check::migrate(&code, &arguments.paths, &from.iter().copied().collect());
    let exit = console.decide(exit::CLEAN);
    for (at, directive, why) in &migration.left {
        console.note(format_args!("not carried over: {} at {}: {why}", plain(directive), plain(at)));
    }
    for (at, directive) in &migration.wider {
        let (directive, at) = (plain(directive), plain(at));
        console.note(format_args!("accepts more than before: {directive} at {at}: ours is about the whole block"));
    }
    if arguments.write {
        migration.write()?;
    } else {
        let mut out = std::io::stdout().lock();
        out.write_all(migration.diff()?.as_bytes())
            .and_then(|()| out.flush())
            .map_err(Failure::io("write the output"))?;
    }
    let (carried, left) = (migration.carried, migration.left.len());
    let done = if arguments.write { "carried over" } else { "to be carried over" };
    console.note(format_args!("{carried} {done}, {left} not; in {} files", migration.files.len()));
    if migration.files.iter().any(|file| file.lines.values().flatten().any(|line| line.contains("\"\""))) {
        console.note("fill in reason and until where they are empty: until then these accept nothing");
    }
    Ok(exit)
}
