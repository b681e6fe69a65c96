//! The command line: one file per subcommand; it wires the rooms, and is the only room that prints.
//!
//! Exit codes: 0 nothing failed at the threshold, 1 exceptions (or a claim that failed), 2 the
//! tool or its input failed, 3 incomplete.

mod check;
mod controls;
#[cfg(feature = "aws")]
mod demo;
mod export;
mod history;
mod init;
mod package;
#[cfg(feature = "aws")]
mod permissions;
#[cfg(feature = "aws")]
mod progress;
#[cfg(feature = "aws")]
mod reperform;
mod report;
mod rules;
#[cfg(feature = "aws")]
mod scan;
mod stores;
#[cfg(feature = "aws")]
mod summary;
#[cfg(feature = "aws")]
mod tape;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::evidence::error::Failure;
use crate::model::exit;

#[derive(Parser)]
#[command(
    name = "tickmark",
    version,
    about = "SOC 2 scanner and evidence collector for AWS",
    long_about = "Tests SOC 2 controls against AWS accounts, keeps the evidence sealed, and hands the auditor \
                  workpapers that can be verified and performed again without trusting us.",
    after_help = "Exit codes: 0 nothing failed at the threshold, 1 exceptions, 2 the tool or its input failed, \
                  3 incomplete."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Scan an AWS account, and seal what was found.
    #[cfg(feature = "aws")]
    Scan(scan::Arguments),
    /// Show what tickmark does, without an AWS account: plays a recorded estate.
    #[cfg(feature = "aws")]
    Demo(demo::Arguments),
    /// Check Terraform and CloudFormation before a merge: which controls would this change break, and
    /// at which line.
    Check(Box<check::Arguments>),
    /// Write every verdict of a scan, for other programs.
    Export(export::Arguments),

    /// Write the evidence report: a folder of pages that open offline.
    Report(report::Arguments),
    /// Write the handover package: one zip that the auditor can check with stock tools.
    Package(package::Arguments),
    /// Verify the store, or a handover package: proved, failed, or not provable here.
    Verify(verify::Arguments),
    /// Play the stored answers back, offline, and reach the same verdicts.
    #[cfg(feature = "aws")]
    Reperform(reperform::Arguments),
    /// Write the captures of a scan as a tape, to be played back elsewhere.
    #[cfg(feature = "aws")]
    Tape(tape::Arguments),
    /// List the scans of a store.
    History(history::Arguments),
    /// Make a store and its signing key.
    Init(init::Arguments),
    /// Print the least-privilege IAM policy for the selected controls.
    #[cfg(feature = "aws")]
    Permissions(permissions::Arguments),
    /// List, show, test, lint and create control files.
    Controls(controls::Arguments),
}

/// Parses the command line, runs it, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        #[cfg(feature = "aws")]
        Command::Scan(arguments) => scan::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Demo(arguments) => demo::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Tape(arguments) => tape::run(&arguments),

        Command::Check(arguments) => check::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),

        #[cfg(feature = "aws")]
        Command::Reperform(arguments) => reperform::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Package(arguments) => package::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::History(arguments) => history::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        #[cfg(feature = "aws")]
        Command::Permissions(arguments) => permissions::run(&arguments),
        Command::Controls(arguments) => controls::run(&arguments),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(Failure::ClosedPipe) => ExitCode::from(exit::CLEAN),
        Err(failure) => {
            eprintln!("error: {failure}");
            if let Some(help) = failure.help() {
                eprintln!("help: {help}");
            }
            ExitCode::from(exit::FAILURE)
        }
    }
}
