//! The command line: one file per subcommand. It turns arguments into requests, calls the use cases, and
//! is the only room that prints.
//!
//! Exit codes are those of [`crate::model::exit`], whichever the command. A code that was computed holds
//! where the reader of the output goes away before its end: a gate does not open because of `| head`.

mod check;
mod completions;
mod console;
mod controls;
#[cfg(feature = "aws")]
mod demo;
mod export;
mod fix;
mod history;
mod init;
mod migrate;
mod package;
#[cfg(feature = "aws")]
mod permissions;
#[cfg(feature = "aws")]
mod progress;
mod reference;
#[cfg(feature = "aws")]
mod reperform;
mod report;
mod rules;
#[cfg(feature = "aws")]
mod scan;
mod stores;
#[cfg(feature = "aws")]
mod summary;
mod verify;

use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::evidence::error::Failure;
use crate::model::exit;
use console::{Console, ConsoleArguments};

/// What every command says of its exit codes.
const EXIT_CODES: &str = "Exit codes: 0 nothing failed at the threshold, 1 exceptions (or a claim or case that \
                          failed), 2 the tool or its input failed, 3 incomplete (or not provable here).";

#[derive(Parser)]
#[command(
    name = "tickmark",
    version,
    about = "SOC 2 scanner and evidence collector for AWS",
    long_about = "Tests SOC 2 controls against AWS accounts, keeps the evidence sealed, and hands the auditor \
                  workpapers that can be verified and performed again without trusting us.",
    after_help = EXIT_CODES
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    console: ConsoleArguments,
}

#[derive(Subcommand)]
enum Command {
    /// Scan an AWS account, and seal what was found.
    #[cfg(feature = "aws")]
    Scan(Box<scan::Arguments>),
    /// Show what tickmark does, without an AWS account: plays a recorded estate.
    #[cfg(feature = "aws")]
    Demo(demo::Arguments),
    /// Check Terraform and CloudFormation before a merge: which controls would this change break, and
    /// at which line.
    Check(Box<check::Arguments>),
    /// Patch Terraform and CloudFormation so that what a check finds passes; what a patch cannot mend says why.
    Fix(Box<fix::Arguments>),
    /// Write anew as ours what other tools left beside the code.
    Migrate(migrate::Arguments),
    /// Write every verdict of a scan for other programs, or its captures as a tape.
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
    /// The old name of `export --format tape`.
    #[cfg(feature = "aws")]
    #[command(hide = true)]
    Tape(export::TapeArguments),
    /// List the scans of a store.
    History(history::Arguments),
    /// Make a store and its signing key.
    Init(init::Arguments),
    /// Print the least-privilege IAM policy for the selected controls.
    #[cfg(feature = "aws")]
    Permissions(permissions::Arguments),
    /// List, show, test, lint and create control files.
    Controls(controls::Arguments),
    /// Print the completions of a shell.
    Completions(completions::Arguments),
}

/// Parses the command line, runs it, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let parsed = Arguments::command()
        .color(asked_colour(std::env::args_os()))
        .try_get_matches()
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no failure; that nobody reads them is none either.
            error.print().ok();
            return ExitCode::from(if error.use_stderr() { exit::FAILURE } else { exit::CLEAN });
        }
    };
    let console = Console::new(&arguments.console);
    let code = match run(&arguments.command, &console) {
        Ok(code) => code,
        Err(Failure::ClosedPipe) => console.decided().unwrap_or(exit::FAILURE),
        Err(failure) => {
            console.fail(&failure);
            exit::FAILURE
        }
    };
    ExitCode::from(code)
}

fn run(command: &Command, console: &Console) -> Result<u8, Failure> {
    match command {
        #[cfg(feature = "aws")]
        Command::Scan(arguments) => scan::run(arguments, console),
        #[cfg(feature = "aws")]
        Command::Demo(arguments) => demo::run(arguments, console),
        Command::Check(arguments) => check::run(arguments, console),
        Command::Fix(arguments) => fix::run(arguments, console),
        Command::Export(arguments) => export::run(arguments, console),
        Command::Report(arguments) => report::run(arguments, console),
        Command::Package(arguments) => package::run(arguments, console),
        Command::Verify(arguments) => verify::run(arguments, console),
        #[cfg(feature = "aws")]
        Command::Reperform(arguments) => reperform::run(arguments, console),
        #[cfg(feature = "aws")]
        Command::Tape(arguments) => export::tape(arguments, console),
        Command::History(arguments) => history::run(arguments, console),
        Command::Init(arguments) => init::run(arguments, console),
        Command::Migrate(arguments) => migrate::run(arguments, console),
        #[cfg(feature = "aws")]
        Command::Permissions(arguments) => permissions::run(arguments, console),
        Command::Controls(arguments) => controls::run(arguments, console),
        Command::Completions(arguments) => completions::run(arguments, console),
    }
}

/// What `--color` says, before the command line is parsed: help and errors of parsing are coloured too.
fn asked_colour(arguments: impl Iterator<Item = std::ffi::OsString>) -> ColorChoice {
    let arguments: Vec<String> =
        arguments.map_while(|argument| argument.into_string().ok()).take_while(|argument| argument != "--").collect();
    let given =
        arguments.iter().enumerate().rev().find_map(|(at, argument)| match argument.strip_prefix("--color")? {
            "" => arguments.get(at + 1).map(String::as_str),
            value => value.strip_prefix('='),
        });
    given.and_then(|given| given.parse().ok()).unwrap_or(ColorChoice::Auto)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_is_known_before_the_command_line_is_parsed() {
        let asked = |line: &str| asked_colour(line.split(' ').map(Into::into));
        assert_eq!(asked("tickmark check . --color always"), ColorChoice::Always);
        assert_eq!(asked("tickmark --color=never check ."), ColorChoice::Never);
        assert_eq!(asked("tickmark check . --color"), ColorChoice::Auto);
        assert_eq!(asked("tickmark check -- --color=never"), ColorChoice::Auto);
        assert_eq!(asked("tickmark check . --color=blue"), ColorChoice::Auto);
    }

    #[test]
    fn the_command_line_has_no_fault() {
        Arguments::command().debug_assert();
    }
}
